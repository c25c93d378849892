//! The print workers: a thread for each printer, so that no sale waits for one, and none for the other.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use printers::status::Condition;
use printers::{Failure, Profile, Target, ask, send_with};
use store::{Job, JobState, Store};

use crate::shop::{Shop, commands_log};

/// Longest that paper waits for a dead printer, in ms, before it prints by 补打 alone: hours later it
/// would come out among other people's.
const LONGEST_WAIT_MS: i64 = 10 * 60 * 1000;
/// Longest that the drawer's pulse waits for the printer, in ms: a drawer that opens when nobody
/// expects it is an open drawer.
const DRAWER_WAIT_MS: i64 = 5_000;
/// Time between two questions to a printer that can answer and has nothing to do.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// Longest that such questions take.
const ANSWER: Duration = Duration::from_millis(1500);

enum Work {
    /// Which printer it is; it is asked how it is when nothing else happens.
    Watch(Target, Profile),
    Print(Job, Target, Profile),
}

enum Done {
    Job(i64, std::result::Result<(), Failure>),
    Condition(Condition),
}

/// Both printers.
pub struct Spool {
    lanes: [Lane; 2],
}

impl Spool {
    /// Starts the workers.
    pub fn start(dir: PathBuf) -> Result<Self> {
        Ok(Self { lanes: [Lane::start(1, dir.clone())?, Lane::start(2, dir)?] })
    }

    /// Notes what is done and sends what waits.
    pub fn pump(&mut self, shop: &Shop) -> Result<()> {
        self.lanes.iter_mut().try_for_each(|lane| lane.pump(shop))
    }

    /// How soon [`Self::pump`] has something to do; none while nothing is on its way to paper.
    pub fn next_look(&self) -> Option<Duration> {
        self.lanes.iter().filter_map(Lane::next_look).min()
    }

    /// How the receipts' printer said it is.
    pub fn condition(&self) -> Condition {
        self.lanes[0].condition
    }

    /// Waits until a receipt is printed or known not to be, but not for long. Whether it is on paper.
    pub fn wait(&mut self, shop: &Shop, id: i64, longest: Duration) -> Result<bool> {
        self.lanes[0].wait(shop, id, longest)
    }
}

/// One printer's worker and what it is busy with.
struct Lane {
    number: u8,
    work: SyncSender<Work>,
    done: Receiver<Done>,
    busy: Option<i64>,
    /// After a failure nothing is sent for a while, so that a dead printer costs little.
    resting_until: Option<Instant>,
    watched: Option<(Target, Profile)>,
    condition: Condition,
}

impl Lane {
    fn start(number: u8, dir: PathBuf) -> Result<Self> {
        // A job and a change of printer may wait in the channel; the rest waits in the store.
        let (work, todo) = sync_channel::<Work>(2);
        let (tell, done) = sync_channel(4);
        std::thread::Builder::new()
            .name(format!("printer {number}"))
            .spawn(move || run(&dir, &todo, &tell))
            .context("starting a print worker")?;
        Ok(Self { number, work, done, busy: None, resting_until: None, watched: None, condition: Condition::Unknown })
    }

    fn pump(&mut self, shop: &Shop) -> Result<()> {
        while let Ok(done) = self.done.try_recv() {
            self.note(done);
        }
        self.dispatch(shop)
    }

    fn next_look(&self) -> Option<Duration> {
        let rests = self.resting_until.is_some_and(|until| Instant::now() < until);
        match self.busy {
            Some(_) => Some(Duration::from_millis(50)),
            None if rests => Some(Duration::from_secs(1)),
            None => self.watched.as_ref().filter(|(_, profile)| answers(profile)).map(|_| ASK_EVERY / 2),
        }
    }

    fn wait(&mut self, shop: &Shop, id: i64, longest: Duration) -> Result<bool> {
        let until = Instant::now() + longest;
        self.dispatch(shop)?;
        while self.busy.is_some() {
            let left = until.saturating_duration_since(Instant::now());
            match self.done.recv_timeout(left) {
                Ok(Done::Job(done, outcome)) => {
                    let is_printed = outcome.is_ok();
                    self.note(Done::Job(done, outcome));
                    if done == id {
                        return Ok(is_printed);
                    }
                    self.dispatch(shop)?;
                }
                Ok(condition @ Done::Condition(_)) => self.note(condition),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(false),
            }
        }
        Ok(false)
    }

    fn note(&mut self, done: Done) {
        let outcome = match done {
            Done::Condition(condition) => {
                self.condition = condition;
                return;
            }
            Done::Job(_, outcome) => outcome,
        };
        self.busy = None;
        if let Err(failure) = &outcome {
            if matches!(failure, Failure::BeforeFirstByte(_)) {
                self.resting_until = Some(Instant::now() + Duration::from_secs(2));
            }
            commands_log(&format!("打印机：请检查打印机和纸。 Printer: {failure}; check printer and paper"));
        }
    }

    fn dispatch(&mut self, shop: &Shop) -> Result<()> {
        let present = shop.printer_number(self.number)?;
        if present != self.watched && self.busy.is_none() {
            self.condition = Condition::Unknown;
            if let Some((target, profile)) = present.clone()
                && self.work.try_send(Work::Watch(target, profile)).is_err()
            {
                return Ok(());
            }
            self.watched = present.clone();
        }
        let resting = self.resting_until.is_some_and(|until| Instant::now() < until);
        if self.busy.is_some() || resting {
            return Ok(());
        }
        let (Some((target, profile)), Some(job)) = (present, next_fresh(shop, self.number)?) else {
            return Ok(());
        };
        self.busy = Some(job.id);
        let work = Work::Print(job, target, profile);
        self.work.try_send(work).map_err(|_| anyhow::anyhow!("the print worker has stopped"))
    }
}

/// Whether a printer can say how it is.
fn answers(profile: &Profile) -> bool {
    profile.status != printers::profile::Asking::None
}

/// The worker: prints what it is given, and asks how the printer is when there is nothing to print.
fn run(dir: &Path, todo: &Receiver<Work>, tell: &SyncSender<Done>) {
    let mut watched: Option<(Target, Profile)> = None;
    let mut store = None;
    loop {
        let work = match &watched {
            Some((_, profile)) if answers(profile) => todo.recv_timeout(ASK_EVERY),
            Some(_) | None => todo.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match work {
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Work::Watch(target, profile)) => watched = Some((target, profile)),
            Ok(Work::Print(job, target, profile)) => {
                // A pulse is no paper: it needs no paper, and no answer.
                let plain = Profile { status: printers::profile::Asking::None, confirm: false, ..profile };
                let outcome = print(dir, &mut store, &job, &target, if job.is_drawer { &plain } else { &profile });
                let is_fine = outcome.is_ok();
                if tell.send(Done::Job(job.id, outcome)).is_err() {
                    return;
                }
                watched = Some((target, profile));
                if is_fine {
                    continue;
                }
            }
        }
        if let Some((target, profile)) = watched.as_ref().filter(|(_, profile)| answers(profile)) {
            let condition = ask(target, profile, Instant::now() + ANSWER);
            // Whoever does not look loses nothing: the next answer is as good.
            tell.try_send(Done::Condition(condition)).ok();
        }
    }
}

/// Sends one job and keeps where it stands. The worker has a connection of its own: each step is on the
/// disk before the next, and no scan waits for that disk.
fn print(
    dir: &Path,
    store: &mut Option<Store>,
    job: &Job,
    target: &Target,
    profile: &Profile,
) -> std::result::Result<(), Failure> {
    let unkept = |err: store::StoreError| Failure::BeforeFirstByte(err.to_string());
    let store = match store {
        Some(store) => store,
        None => store.insert(Store::open(dir).map_err(unkept)?),
    };
    // Said before the first byte can go out: a crash from here on leaves the paper uncertain.
    store.set_job_state(job.id, JobState::Sending, None).map_err(unkept)?;
    let outcome = send_with(target, profile, dir, &job.bytes, &mut || {});
    let (state, problem) = match &outcome {
        Ok(()) => (JobState::Sent, None),
        // Nothing went out: it goes back into the queue.
        Err(failure @ Failure::BeforeFirstByte(_)) => (JobState::Queued, Some(failure.to_string())),
        Err(failure @ Failure::AfterFirstByte { .. }) => (JobState::Uncertain, Some(failure.to_string())),
    };
    // What cannot be kept stays `sending`: the next start leaves it to a person.
    if let Err(err) = store.set_job_state(job.id, state, problem.as_deref()) {
        commands_log(&format!("the print queue: {err}"));
    }
    outcome
}

/// The oldest job that has not waited too long.
fn next_fresh(shop: &Shop, printer: u8) -> Result<Option<Job>> {
    let now = shop.now().timestamp_millis();
    let mut oldest = shop.store.next_print_job(printer)?;
    while let Some(late) = oldest.as_ref().filter(|job| job.is_drawer && job.at_ms < now - DRAWER_WAIT_MS) {
        shop.store.set_job_state(late.id, JobState::Failed, Some("expired"))?;
        oldest = shop.store.next_print_job(printer)?;
    }
    let overdue = now - LONGEST_WAIT_MS;
    if oldest.as_ref().is_none_or(|job| job.at_ms >= overdue) {
        return Ok(oldest);
    }
    let expired = shop.store.expire_print_jobs(overdue)?;
    commands_log(&format!(
        "有{expired}张小票等打印机超过10分钟，不再自动打印；需要时请补打。 \
         {expired} papers waited more than 10 minutes and will not print by themselves; reprint them if wanted"
    ));
    Ok(shop.store.next_print_job(printer)?)
}
