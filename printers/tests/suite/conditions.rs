//! What printers say of themselves.

use domain::lang::Lang;
use printers::answer::{as_condition, held};
use printers::status::{Decoder, Fault, Question, Source, Status};
use printers::{Condition, Roll, Tray, paper};
use proptest::prelude::*;

const QUESTIONS: [Question; 5] =
    [Question::Printer, Question::Offline, Question::Fault, Question::Paper, Question::Done];

const ALL: [Condition; 9] = [
    Condition::Ready,
    Condition::PaperLow,
    Condition::PaperOut,
    Condition::CoverOpen,
    Condition::Offline,
    Condition::Error(Fault::Cutter),
    Condition::Error(Fault::Unrecoverable),
    Condition::Error(Fault::Passing),
    Condition::Unknown,
];

/// Decodes pieces as answers to questions.
fn decoded(questions: &[Question], pieces: &[&[u8]]) -> Vec<Status> {
    let mut decoder = Decoder::default();
    questions.iter().for_each(|question| decoder.asked(*question));
    pieces.iter().flat_map(|piece| decoder.push(piece)).collect()
}

fn asked(question: Question, answer: u8) -> Condition {
    Condition::of(&decoded(&[question], &[&[answer]]))
}

#[test]
fn bytes_that_printers_were_seen_to_send() {
    for (question, answer, condition) in [
        (Question::Printer, 0x12, Condition::Ready),
        (Question::Printer, 0x16, Condition::Ready),
        (Question::Printer, 0x1A, Condition::Offline),
        (Question::Printer, 0x1E, Condition::Offline),
        (Question::Offline, 0x12, Condition::Ready),
        (Question::Offline, 0x32, Condition::PaperOut),
        (Question::Offline, 0x16, Condition::CoverOpen),
        (Question::Offline, 0x52, Condition::Error(Fault::Other)),
        (Question::Fault, 0x1A, Condition::Error(Fault::Cutter)),
        (Question::Fault, 0x32, Condition::Error(Fault::Unrecoverable)),
        (Question::Fault, 0x52, Condition::Error(Fault::Passing)),
        (Question::Fault, 0x16, Condition::Error(Fault::Other)),
        (Question::Paper, 0x12, Condition::Ready),
        (Question::Paper, 0x1E, Condition::PaperLow),
        (Question::Paper, 0x7E, Condition::PaperOut),
        // No sensor for the end of the roll.
        (Question::Paper, 0x72, Condition::PaperOut),
        (Question::Done, 0x00, Condition::Ready),
        (Question::Done, 0x03, Condition::PaperLow),
        (Question::Done, 0x0C, Condition::PaperOut),
        // Neither XON, nor XOFF, nor noise is an answer.
        (Question::Paper, 0x11, Condition::Unknown),
        (Question::Paper, 0x13, Condition::Unknown),
        (Question::Paper, 0xFF, Condition::Unknown),
    ] {
        assert_eq!(asked(question, answer), condition, "{question:?} {answer:02X}");
    }
    let auto = |bytes: &[u8]| Condition::of(&decoded(&[], &[bytes]));
    assert_eq!(auto(&[0x14, 0, 0, 0]), Condition::Ready);
    assert_eq!(auto(&[0x3C, 0, 0, 0]), Condition::CoverOpen);
    assert_eq!(auto(&[0x1C, 0, 0x0C, 0x0F]), Condition::PaperOut);
    assert_eq!(auto(&[0x10, 0x08, 0, 0]), Condition::Error(Fault::Cutter));
    assert_eq!(auto(&[0x10, 0, 0]), Condition::Unknown, "a message has four bytes");
}

#[test]
fn answers_are_told_apart_wherever_the_stream_is_split() {
    // ASB with a real-time answer inside it, GS r, ASB, real time, an answer that nobody asked for.
    let stream = [0x3C, 0x00, 0x72, 0x03, 0x00, 0x0C, 0x14, 0x00, 0x00, 0x00, 0x16, 0x12];
    let questions = [Question::Paper, Question::Done, Question::Offline];
    let whole = decoded(&questions, &[&stream]);
    let sources: Vec<Source> = whole.iter().map(|one| one.source).collect();
    let by = Source::Asked;
    let wanted = [by(Question::Paper), Source::Auto, by(Question::Done), Source::Auto, by(Question::Offline)];
    assert_eq!(sources, wanted);
    let is = |n: usize| (whole[n].out, whole[n].cover_open, whole[n].low);
    assert_eq!(
        [is(0), is(1), is(2), is(3), is(4)],
        [(true, false, false), (false, true, true), (true, false, false), (false, false, false), (false, true, false)]
    );
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(decoded(&questions, &pieces), whole, "split at {first} and {second}");
        }
    }
}

#[test]
fn a_virtual_printer_s_answers_say_its_condition() {
    for condition in ALL {
        let real_time = &QUESTIONS[..4];
        let questions: Vec<u8> = real_time.iter().flat_map(|question| question.bytes()).collect();
        assert_eq!(Condition::of(&decoded(real_time, &[&as_condition(&questions, 0, condition)])), condition);
        assert_eq!(Condition::of(&decoded(&[], &[&as_condition(b"\x1d\x61\x0f", 0, condition)])), condition);
        assert!(as_condition(b"\x1d\x61\x00", 0, condition).is_empty(), "it is told to be silent");
    }
    let job = b"A\n\x1d\x72\x01";
    assert_eq!(as_condition(job, 0, Condition::PaperLow), [0x03]);
    assert!(as_condition(job, 0, Condition::PaperOut).is_empty(), "it has not printed yet");
    assert_eq!(held(job), [0x00]);
    assert!(paper::read(b"\x1d\x61\x0f\x1d\x61\x00\x10\x04\x02\x1d\x72\x01").is_blank(), "questions are no paper");
}

#[test]
fn every_condition_says_what_to_do() {
    for condition in ALL.into_iter().chain([Condition::Error(Fault::Other)]) {
        let (zh, en) = (condition.sentence(Lang::Zh), condition.sentence(Lang::En));
        assert!(zh.ends_with('。') && en.ends_with('.') && en.is_ascii(), "{zh} {en}");
        assert_eq!(condition.to_string(), format!("{zh} {en}"));
    }
    for name in ["ready", "paper_low", "paper_out", "cover_open", "offline", "error", "unknown"] {
        assert!(ALL.contains(&Condition::parse(name).unwrap()), "{name}");
    }
    assert_eq!(Condition::parse("tired"), None);
    let stopped: Vec<Condition> = ALL.into_iter().filter(|condition| !condition.takes_jobs()).collect();
    assert_eq!(stopped, [ALL[2], ALL[3], ALL[5], ALL[6], ALL[7]]);
}

#[test]
fn what_a_person_mends_first_comes_first() {
    let of = |answers: &[(Question, u8)]| {
        let statuses: Vec<Status> = answers.iter().flat_map(|(q, byte)| decoded(&[*q], &[&[*byte]])).collect();
        Condition::of(&statuses)
    };
    assert_eq!(
        of(&[(Question::Printer, 0x1A), (Question::Offline, 0x36), (Question::Paper, 0x72)]),
        Condition::CoverOpen
    );
    assert_eq!(of(&[(Question::Printer, 0x1A), (Question::Offline, 0x72)]), Condition::PaperOut);
    assert_eq!(of(&[(Question::Offline, 0x52), (Question::Fault, 0x1A)]), Condition::Error(Fault::Cutter));
    assert_eq!(of(&[(Question::Printer, 0x1A), (Question::Paper, 0x1E)]), Condition::Offline);
    assert_eq!(of(&[]), Condition::Unknown);
}

#[test]
fn a_printer_without_paper_prints_all_when_there_is_a_new_roll() {
    let dir = tempfile::tempdir().unwrap();
    let mut roll = Roll::new(Tray::new(dir.path(), Some(384), None).unwrap(), Condition::PaperOut);
    for job in [b"FIRST\n".as_slice(), b"SECOND\n"] {
        assert_eq!(roll.take(job).unwrap(), None);
    }
    assert_eq!((roll.waiting(), std::fs::read_dir(dir.path()).unwrap().count()), (2, 0));
    assert!(roll.set(Condition::CoverOpen).unwrap().is_empty(), "the roll is in, the cover is not closed");
    let printed = roll.set(Condition::Ready).unwrap();
    let texts: Vec<String> =
        printed.iter().map(|stem| std::fs::read_to_string(stem.with_extension("txt")).unwrap()).collect();
    assert_eq!(
        (texts, roll.waiting(), roll.condition()),
        (vec!["FIRST\n".into(), "SECOND\n".into()], 0, Condition::Ready)
    );
    assert!(roll.take(b"THIRD\n").unwrap().is_some());
    assert!(roll.set(Condition::Ready).unwrap().is_empty(), "once is enough");
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_say_more_than_they_can(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        asked in prop::collection::vec(prop::sample::select(QUESTIONS.to_vec()), 0..8),
    ) {
        let answers = decoded(&asked, &[&bytes]);
        let auto = answers.iter().filter(|one| one.source == Source::Auto).count();
        prop_assert!(answers.len() - auto <= asked.len() && 4 * auto <= bytes.len());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(decoded(&asked, &single), answers);
    }
}
