//! Printers that are without paper, slow, silent or gone, at the end of a line.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use printers::answer::{as_condition, held};
use printers::profile::Asking;
use printers::spooler::{Spooler, System};
use printers::transport::Patience;
use printers::{Condition, Failure, Profile, Sender, Target, ask, send};
use serialport::{SerialPort as _, TTYPort};

const JOB: &[u8] = b"\x1b\x40RECEIPT\n\x1d\x56\x42\x00";

/// A printer that is played.
#[derive(Clone)]
struct Printer {
    condition: Arc<Mutex<Condition>>,
    received: Arc<Mutex<Vec<u8>>>,
    /// Before each answer.
    delay: Duration,
    /// What it becomes when the first byte of a job comes.
    then: Option<Condition>,
}

impl Printer {
    fn new(condition: Condition) -> Self {
        let condition = Arc::new(Mutex::new(condition));
        Self { condition, received: Arc::default(), delay: Duration::ZERO, then: None }
    }

    fn set(&self, condition: Condition) {
        *self.condition.lock().unwrap() = condition;
    }

    fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }

    /// Whether a job came.
    fn has_job(&self) -> bool {
        self.received().windows(JOB.len()).any(|window| window == JOB)
    }

    /// Plays on a line until it ends.
    fn play(&self, mut line: impl Read + Write) {
        let (mut mine, mut is_held) = (Vec::new(), false);
        let mut piece = [0; 512];
        loop {
            let count = match line.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
                Err(_) => break,
            };
            let seen = mine.len();
            mine.extend_from_slice(&piece[..count]);
            self.received.lock().unwrap().extend_from_slice(&piece[..count]);
            if let Some(then) = self.then.filter(|_| mine.windows(7).any(|window| window == b"RECEIPT")) {
                if !is_held {
                    self.set(then);
                }
                is_held = true;
            }
            let condition = *self.condition.lock().unwrap();
            let mut answer = as_condition(&mine, seen, condition);
            if is_held && condition == Condition::Ready {
                answer.extend(held(&mine));
                mine.clear();
            }
            if !answer.is_empty() {
                std::thread::sleep(self.delay);
                line.write_all(&answer).ok();
            }
        }
    }

    /// Listens for one till after the other.
    fn listen(&self) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::Tcp(listener.local_addr().unwrap().to_string());
        let printer = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
                printer.play(stream);
            }
        });
        target
    }

    /// Is at the other end of a serial line; the line as a path, for as long as the port lives.
    fn plug(&self) -> (TTYPort, String) {
        let (mut master, slave) = TTYPort::pair().unwrap();
        let path = slave.name().unwrap();
        master.set_timeout(Duration::from_millis(20)).unwrap();
        let printer = self.clone();
        std::thread::spawn(move || printer.play(master));
        (slave, path)
    }
}

fn asking(status: Asking) -> Profile {
    Profile { status, ..Profile::default() }
}

fn confirming() -> Profile {
    Profile { confirm: true, ..asking(Asking::DleEot) }
}

/// Sends the job; whether it was started, and what became of it.
fn sent(target: &Target, profile: Profile, patience: Patience) -> (bool, Result<(), Failure>) {
    let mut is_started = false;
    let sender = Sender { patience, ..Sender::new(target, &profile, Path::new("")) };
    let outcome = sender.send(JOB, &mut || is_started = true);
    (is_started, outcome)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(2)
}

fn quick() -> Patience {
    let ms = Duration::from_millis;
    Patience { stall: ms(300), answer: ms(200), confirm: ms(400), ..Patience::default() }
}

#[test]
fn a_printer_that_cannot_print_gets_no_job() {
    for (condition, words) in [
        (Condition::PaperOut, "换上新纸卷"),
        (Condition::CoverOpen, "close it"),
        (Condition::parse("error").unwrap(), "cutter is jammed"),
    ] {
        for status in [Asking::DleEot, Asking::Asb] {
            let printer = Printer::new(condition);
            let target = printer.listen();
            assert_eq!(ask(&target, &asking(status), soon()), condition, "{status:?}");
            let (is_started, outcome) = sent(&target, asking(status), quick());
            let Err(Failure::BeforeFirstByte(sentence)) = outcome else { panic!("{condition:?}: {outcome:?}") };
            assert!(sentence.contains(words) && !is_started, "{sentence}");
            assert!(!printer.has_job());
            // Trying again is safe, and works with a new roll.
            printer.set(Condition::Ready);
            assert_eq!(sent(&target, asking(status), quick()), (true, Ok(())));
            assert!(printer.has_job());
        }
    }
}

#[test]
fn a_printer_whose_roll_is_low_is_told_of_and_prints() {
    let printer = Printer::new(Condition::PaperLow);
    let target = printer.listen();
    assert_eq!(ask(&target, &asking(Asking::DleEot), soon()), Condition::PaperLow);
    assert_eq!(sent(&target, confirming(), quick()), (true, Ok(())));
}

#[test]
fn a_confirmed_job_is_on_paper() {
    let printer = Printer::new(Condition::Ready);
    let target = printer.listen();
    assert_eq!(sent(&target, confirming(), quick()), (true, Ok(())));
    assert!(printer.received().ends_with(&[JOB, b"\x1d\x72\x01"].concat()), "asked behind the cut");
    // Nothing is asked where nothing is known of the printer.
    let plain = Printer::new(Condition::PaperOut);
    send(&plain.listen(), Path::new(""), JOB, &mut || {}).unwrap();
    assert_eq!(plain.received(), JOB);
}

#[test]
fn paper_that_ends_inside_a_job_leaves_it_uncertain_and_is_named() {
    let printer = Printer { then: Some(Condition::PaperOut), ..Printer::new(Condition::Ready) };
    let target = printer.listen();
    let patience = Patience { confirm: Duration::from_secs(20), ..quick() };
    let (is_started, outcome) = sent(&target, confirming(), patience);
    let Err(Failure::AfterFirstByte { sent: bytes, problem }) = outcome else { panic!("{outcome:?}") };
    assert!(is_started && bytes == JOB.len() && problem.contains("缺纸"), "{problem}");
    assert_eq!(printer.received().windows(7).filter(|window| *window == b"RECEIPT").count(), 1, "sent once");
}

#[test]
fn a_new_roll_within_the_time_makes_the_job_certain() {
    let printer = Printer { then: Some(Condition::PaperOut), ..Printer::new(Condition::Ready) };
    let target = printer.listen();
    let mender = printer.clone();
    std::thread::spawn(move || {
        while !mender.has_job() {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(200));
        mender.set(Condition::Ready);
    });
    let profile = Profile { confirm: true, ..Profile::default() };
    let patience = Patience { confirm: Duration::from_secs(20), ..quick() };
    assert_eq!(sent(&target, profile, patience), (true, Ok(())));
}

#[test]
fn a_silent_printer_is_unknown_and_prints_unless_it_should_confirm() {
    let printer = Printer::new(Condition::Unknown);
    let target = printer.listen();
    for status in [Asking::DleEot, Asking::Asb] {
        let begun = Instant::now();
        assert_eq!(ask(&target, &asking(status), soon()), Condition::Unknown);
        let took = begun.elapsed();
        assert!((250..1500).contains(&took.as_millis()), "one question of 300 ms, not all: {took:?}");
        assert_eq!(sent(&target, asking(status), quick()), (true, Ok(())));
    }
    let (_, outcome) = sent(&target, confirming(), quick());
    let Err(Failure::AfterFirstByte { sent: bytes, problem }) = outcome else { panic!("{outcome:?}") };
    assert!(bytes == JOB.len() && problem.contains("没有回答"), "{problem}");
}

#[test]
fn a_slow_printer_is_waited_for_and_a_very_slow_one_is_not() {
    let slow = Printer { delay: Duration::from_millis(120), ..Printer::new(Condition::PaperOut) };
    assert_eq!(ask(&slow.listen(), &asking(Asking::DleEot), soon()), Condition::PaperOut);
    let deadline = Instant::now() + Duration::from_millis(50);
    assert_eq!(ask(&slow.listen(), &asking(Asking::DleEot), deadline), Condition::Unknown, "not past the deadline");
    assert_eq!(ask(&slow.listen(), &asking(Asking::DleEot), Instant::now()), Condition::Unknown);
    let dozing = Printer { delay: Duration::from_millis(900), ..Printer::new(Condition::PaperOut) };
    assert_eq!(ask(&dozing.listen(), &asking(Asking::DleEot), soon()), Condition::Unknown);
}

#[test]
fn a_printer_that_is_gone_is_off_line() {
    let target = Target::Tcp(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string());
    assert_eq!(ask(&target, &asking(Asking::DleEot), soon()), Condition::Offline);
    let (is_started, outcome) = sent(&target, asking(Asking::DleEot), quick());
    let Err(Failure::BeforeFirstByte(sentence)) = outcome else { panic!("{outcome:?}") };
    assert!(
        !is_started && sentence.contains("请检查电源和连线") && sentence.contains("cannot be reached"),
        "{sentence}"
    );
}

#[test]
fn what_cannot_answer_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("paper.bin");
    let printer = Printer::new(Condition::Ready);
    for (target, profile) in [
        (Target::File(file.clone()), confirming()),
        (Target::Virtual, confirming()),
        (Target::Spooler("POS80".into()), confirming()),
        (printer.listen(), Profile::default()),
    ] {
        assert_eq!(ask(&target, &profile, soon()), Condition::Unknown, "{target:?}");
    }
    assert!(!file.exists() && printer.received().is_empty());
    assert_eq!(sent(&Target::File(file.clone()), confirming(), quick()), (true, Ok(())));
    assert_eq!(std::fs::read(&file).unwrap(), JOB, "a file has no questions in it");
}

#[test]
fn serial_lines_and_devices_answer_too() {
    for is_serial in [true, false] {
        let printer = Printer::new(Condition::PaperOut);
        let (port, path) = printer.plug();
        let target = if is_serial { Target::Serial { path, baud: 9600 } } else { Target::File(path.into()) };
        assert_eq!(ask(&target, &asking(Asking::DleEot), soon()), Condition::PaperOut, "{target:?}");
        let (is_started, outcome) = sent(&target, confirming(), quick());
        assert!(matches!(outcome, Err(Failure::BeforeFirstByte(_))) && !is_started, "{target:?} {outcome:?}");
        printer.set(Condition::Ready);
        assert_eq!(sent(&target, confirming(), quick()), (true, Ok(())), "{target:?}");
        assert!(printer.has_job(), "{target:?}");
        drop(port);
    }
}

#[test]
fn old_answers_on_a_serial_line_are_not_for_this_job() {
    let (mut master, slave) = TTYPort::pair().unwrap();
    let path = slave.name().unwrap();
    master.write_all(&[0x00, 0x12, 0x72]).unwrap();
    let profile = Profile { confirm: true, ..Profile::default() };
    let (_, outcome) = sent(&Target::Serial { path, baud: 9600 }, profile, quick());
    assert!(matches!(outcome, Err(Failure::AfterFirstByte { .. })), "{outcome:?}");
}

#[test]
fn a_device_that_takes_nothing_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lp0");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    // Nobody is at the other end: opening does not wait.
    let (is_started, outcome) = sent(&Target::File(path.clone()), Profile::default(), quick());
    assert!(matches!(outcome, Err(Failure::BeforeFirstByte(_))) && !is_started, "{outcome:?}");
    // Somebody is, and reads nothing.
    let _reader = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let target = Target::File(path);
    let sender = Sender { patience: quick(), ..Sender::new(&target, &Profile::default(), dir.path()) };
    let begun = Instant::now();
    let outcome = sender.send(&vec![b'A'; 200_000], &mut || {});
    let Err(Failure::AfterFirstByte { sent: bytes, problem }) = outcome else { panic!("{outcome:?}") };
    assert!((1..200_000).contains(&bytes) && begun.elapsed() < Duration::from_secs(3), "{bytes}");
    assert!(problem.contains("缺纸"), "{problem}");
}

#[test]
fn a_device_is_not_closed_on_its_last_piece() {
    let printer = Printer::new(Condition::Ready);
    let (_port, path) = printer.plug();
    assert_eq!(sent(&Target::File(path.into()), Profile::default(), quick()), (true, Ok(())));
    let wanted = [JOB, b"\x1b\x40"].concat();
    let until = soon();
    while printer.received() != wanted && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(printer.received(), wanted, "one more piece, which prints nothing, shows that the last was taken");
}

/// A queue that keeps what it is given, or does not exist.
struct Queue(Mutex<Vec<(String, Vec<u8>)>>);

impl Spooler for Queue {
    fn raw(&self, queue: &str, title: &str, bytes: &[u8]) -> Result<(), Failure> {
        if queue != "POS80" {
            return Err(Failure::BeforeFirstByte(format!("no queue {queue}")));
        }
        assert!(!title.is_empty() && title.is_ascii());
        self.0.lock().unwrap().push((queue.into(), bytes.into()));
        Ok(())
    }
}

#[test]
fn a_queue_of_the_system_gets_the_job_as_it_is() {
    let queue = Queue(Mutex::default());
    let profile = confirming();
    for (name, is_there) in [("POS80", true), ("POS58", false)] {
        let target = Target::Spooler(name.into());
        let sender = Sender { spooler: &queue, ..Sender::new(&target, &profile, Path::new("")) };
        assert_eq!(sender.send(JOB, &mut || {}).is_ok(), is_there);
    }
    assert_eq!(*queue.0.lock().unwrap(), [("POS80".to_owned(), JOB.to_vec())]);
    let Err(Failure::BeforeFirstByte(sentence)) = System.raw("POS80", "Jihui", JOB) else { panic!("no spooler here") };
    assert!(sentence.contains("Windows"), "{sentence}");
}
