//! Sending bytes to a printer, with a deadline, and knowing whether the first byte went out.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::font;
use crate::link::{self, Device, Link, Serial, Tcp, left};
use crate::profile::{Asking, Profile};
use crate::spooler::{self, Spooler};
use crate::status::{Condition, Decoder, Question, Source, Status};
use crate::target::Target;
use crate::tray::Tray;

/// Bytes a write: a single large write to a serial line can hang past any timeout.
const CHUNK: usize = 256;
/// How often a printer that has not confirmed is asked what keeps it.
const LOOK: Duration = Duration::from_secs(1);
/// GS a: the printer tells its condition now and at every change, or no more.
const TELL: [u8; 3] = [0x1D, 0x61, 0x0F];
const TELL_NO_MORE: [u8; 3] = [0x1D, 0x61, 0x00];
/// Reads after which a line that never falls silent is taken as it is.
const STALE: usize = 64;
/// What the system's print queue shows.
const TITLE: &str = "Jihui";

/// Why a job is not known to be on paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not one byte went out: trying again is safe.
    #[error("没有打印。 Nothing was printed: {0}")]
    BeforeFirstByte(String),
    /// Some bytes went out: only a person can see what is on the paper.
    #[error(
        "不知道打全了没有，请看小票，不完整就补打。 Look at the paper, and print again if it is not whole ({sent} bytes were sent): {problem}"
    )]
    AfterFirstByte {
        /// Bytes that were handed over.
        sent: usize,
        /// What happened.
        problem: String,
    },
}

/// How long a printer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For connecting: a printer that is off must not hold a job for minutes.
    pub connect: Duration,
    /// Taking nothing while it is being written to.
    pub stall: Duration,
    /// For the answer to a question.
    pub answer: Duration,
    /// For saying that a job is done, from its last byte on.
    pub confirm: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            stall: Duration::from_secs(10),
            answer: Duration::from_millis(300),
            confirm: Duration::from_secs(15),
        }
    }
}

/// A way to a printer.
pub struct Sender<'a> {
    /// Where it is.
    pub target: &'a Target,
    /// What it can.
    pub profile: Profile,
    /// The till's data folder, in which a virtual printer has its paper.
    pub dir: &'a Path,
    /// How long it may take.
    pub patience: Patience,
    /// The system's print queues.
    pub spooler: &'a dyn Spooler,
}

/// Sends a job to a printer of which nothing is known. `started` is called just before the first byte
/// may go out.
///
/// # Errors
/// Where the job is not known to have been handed over.
pub fn send(target: &Target, dir: &Path, bytes: &[u8], started: &mut dyn FnMut()) -> Result<(), Failure> {
    send_with(target, &Profile::default(), dir, bytes, started)
}

/// Sends a job: not to a printer that says that it cannot print, and where the printer confirms, not
/// without its word that all is on paper.
///
/// # Errors
/// Where the job is not known to have been handed over, or to be on paper where the printer would tell.
pub fn send_with(
    target: &Target,
    profile: &Profile,
    dir: &Path,
    bytes: &[u8],
    started: &mut dyn FnMut(),
) -> Result<(), Failure> {
    Sender::new(target, profile, dir).send(bytes, started)
}

/// Asks a printer how it is, until a moment at the latest. Nothing is sent to one that cannot answer.
pub fn ask(target: &Target, profile: &Profile, deadline: Instant) -> Condition {
    Sender::new(target, profile, Path::new("")).ask(deadline)
}

impl<'a> Sender<'a> {
    /// A way to a printer, with the usual patience.
    pub fn new(target: &'a Target, profile: &Profile, dir: &'a Path) -> Self {
        Self { target, profile: *profile, dir, patience: Patience::default(), spooler: &spooler::System }
    }

    /// See [`send_with`].
    ///
    /// # Errors
    /// As there.
    pub fn send(&self, bytes: &[u8], started: &mut dyn FnMut()) -> Result<(), Failure> {
        match self.target {
            Target::Virtual => {
                // Without a font the paper is text alone; `printer set` said so.
                let tray = Tray::new(&self.dir.join("paper"), None, font::system().ok())
                    .map_err(|err| Failure::BeforeFirstByte(format!("the paper folder: {err}")))?;
                started();
                let kept =
                    tray.keep(bytes).map_err(|err| Failure::AfterFirstByte { sent: 0, problem: err.to_string() });
                kept.map(drop)
            }
            Target::Spooler(queue) => {
                started();
                self.spooler.raw(queue, TITLE, bytes)
            }
            Target::Tcp(_) | Target::Serial { .. } | Target::File(_) => self.send_on(bytes, started),
        }
    }

    fn send_on(&self, bytes: &[u8], started: &mut dyn FnMut()) -> Result<(), Failure> {
        let mut link = self.open(&self.patience).map_err(|err| Failure::BeforeFirstByte(self.unreachable(&err)))?;
        let link = link.as_mut();
        let answers = self.wants_answers();
        if answers {
            forget(link);
            let condition = self.ask_on(link, Instant::now() + 4 * self.patience.answer);
            if !condition.takes_jobs() {
                return Err(Failure::BeforeFirstByte(condition.to_string()));
            }
        }
        started();
        write_all(link, bytes, self.patience.stall)?;
        let after = |problem: String| Failure::AfterFirstByte { sent: bytes.len(), problem };
        if answers && self.profile.confirm {
            self.confirm(link).map_err(after)?;
        }
        link.finish(&self.patience).map_err(|err| after(stopped(&err)))
    }

    /// See [`ask`].
    pub fn ask(&self, deadline: Instant) -> Condition {
        let Some(time) = left(deadline).filter(|_| self.can_answer() && self.profile.status != Asking::None) else {
            return Condition::Unknown;
        };
        let patience = Patience { connect: self.patience.connect.min(time), ..self.patience };
        match self.open(&patience) {
            Ok(mut link) => {
                forget(link.as_mut());
                self.ask_on(link.as_mut(), deadline)
            }
            Err(_) => Condition::Offline,
        }
    }

    /// Whether there is a way back from the printer.
    fn can_answer(&self) -> bool {
        match self.target {
            Target::Tcp(_) | Target::Serial { .. } => true,
            Target::File(path) => link::answers(path),
            Target::Spooler(_) | Target::Virtual => false,
        }
    }

    fn wants_answers(&self) -> bool {
        self.can_answer() && (self.profile.confirm || self.profile.status != Asking::None)
    }

    fn open(&self, patience: &Patience) -> io::Result<Box<dyn Link>> {
        Ok(match self.target {
            Target::Tcp(address) => Box::new(Tcp::open(address, patience)?),
            Target::Serial { path, baud } => Box::new(Serial::open(path, *baud)?),
            Target::File(path) => Box::new(Device::open(path, self.wants_answers())?),
            Target::Spooler(_) | Target::Virtual => return Err(ErrorKind::Unsupported.into()),
        })
    }

    fn unreachable(&self, err: &io::Error) -> String {
        let place = match self.target {
            Target::Tcp(address) => address.clone(),
            Target::Serial { path, .. } => path.clone(),
            Target::File(path) => path.display().to_string(),
            Target::Spooler(queue) => queue.clone(),
            Target::Virtual => "virtual".into(),
        };
        format!(
            "连不上打印机 {place}，请检查电源和连线。 The printer {place} cannot be reached: look at its power and cable ({err})"
        )
    }

    /// Asks on an open line. A printer that leaves a question open is asked nothing more.
    fn ask_on(&self, link: &mut dyn Link, deadline: Instant) -> Condition {
        let soon = || deadline.min(Instant::now() + self.patience.answer);
        match self.profile.status {
            Asking::None => Condition::Unknown,
            Asking::Asb => {
                let told = hear(link, &mut Decoder::default(), &TELL, soon(), Source::Auto);
                // What the printer says later would stand between the answers to other questions.
                write_all(link, &TELL_NO_MORE, self.patience.answer).ok();
                told.map_or(Condition::Unknown, |answers| Condition::of(&answers))
            }
            Asking::DleEot => {
                let mut known = Vec::new();
                let mut questions = VecDeque::from([Question::Printer, Question::Offline, Question::Paper]);
                while let Some(question) = questions.pop_front() {
                    let mut decoder = Decoder::default();
                    decoder.asked(question);
                    let heard = hear(link, &mut decoder, &question.bytes(), soon(), Source::Asked(question));
                    let Some(answer) = heard.ok().and_then(|answers| answers.first().copied()) else {
                        break;
                    };
                    if question == Question::Offline && answer.fault.is_some() {
                        questions.push_back(Question::Fault);
                    }
                    known.push(answer);
                }
                Condition::of(&known)
            }
        }
    }

    /// Asks whether all is on paper, and waits for it; the problem where it is not known.
    fn confirm(&self, link: &mut dyn Link) -> Result<(), String> {
        let until = Instant::now() + self.patience.confirm;
        let done = Source::Asked(Question::Done);
        let mut decoder = Decoder::default();
        let mut question = Some(Question::Done);
        while left(until).is_some() {
            let look = until.min(Instant::now() + LOOK);
            if let Some(question) = question {
                decoder.asked(question);
            }
            let bytes = question.map(Question::bytes);
            let bytes = bytes.as_ref().map_or(&[][..], |bytes| bytes);
            let heard = hear(link, &mut decoder, bytes, look, done).map_err(|err| stopped(&err))?;
            if heard.iter().any(|one| one.source == done) {
                return Ok(());
            }
            let condition = Condition::of(&heard);
            if !condition.takes_jobs() {
                return Err(condition.to_string());
            }
            // The answer waits for the paper; why, the printer tells at once.
            question = (self.profile.status == Asking::DleEot).then_some(Question::Offline);
        }
        Err("打印机没有回答打完了没有。 The printer did not say whether it is done".into())
    }
}

/// Sends a question and notes all answers up to the one that is meant, until a moment.
fn hear(
    link: &mut dyn Link,
    decoder: &mut Decoder,
    question: &[u8],
    until: Instant,
    wanted: Source,
) -> io::Result<Vec<Status>> {
    let mut heard = Vec::new();
    write_all(link, question, left(until).unwrap_or_default()).map_err(io::Error::other)?;
    while let Some(wait) = left(until) {
        heard.extend(decoder.push(&link.read(wait)?));
        if heard.iter().any(|one| one.source == wanted) {
            break;
        }
    }
    Ok(heard)
}

/// Why a printer takes or says no more.
fn stopped(err: &io::Error) -> String {
    match err.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::StorageFull => {
            "打印机不收数据了，请看是否缺纸或开盖。 The printer takes no more: look at its paper and cover".into()
        }
        _ => format!(
            "打印机断开了，请检查电源和连线。 The line to the printer broke: look at its power and cable ({err})"
        ),
    }
}

/// Forgets what the printer said to others: a serial line keeps it.
fn forget(link: &mut dyn Link) {
    for _ in 0..STALE {
        if !link.read(Duration::ZERO).is_ok_and(|bytes| !bytes.is_empty()) {
            break;
        }
    }
}

/// Writes in small pieces; a printer that takes nothing for too long has stopped.
fn write_all(to: &mut dyn Link, bytes: &[u8], stall: Duration) -> Result<(), Failure> {
    let mut sent = 0;
    let mut last_progress = Instant::now();
    while sent < bytes.len() {
        let end = bytes.len().min(sent + CHUNK);
        let problem = match to.write(&bytes[sent..end]) {
            Ok(0) => stopped(&ErrorKind::WouldBlock.into()),
            Ok(count) => {
                sent += count;
                last_progress = Instant::now();
                continue;
            }
            Err(err) if err.kind() == ErrorKind::Interrupted => continue,
            Err(err)
                if matches!(err.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
                    && last_progress.elapsed() < stall =>
            {
                continue;
            }
            Err(err) => stopped(&err),
        };
        return Err(Failure::AfterFirstByte { sent, problem });
    }
    Ok(())
}
