//! What a printer answers when it is asked how it is (DLE EOT, GS r, GS a): the other end of `status`.

use crate::status::{Condition, Fault};

/// The bits that every answer to DLE EOT has, and no other: nothing is wrong.
const IDLE: u8 = 0x12;
/// The same of an ASB message's first byte.
const IDLE_AUTO: u8 = 0x10;
/// Bytes of each question.
const QUESTION: usize = 3;

/// Answers, as a printer that is well and idle, to the questions that end behind the first `seen`
/// bytes of what was received.
pub fn idle(received: &[u8], seen: usize) -> Vec<u8> {
    as_condition(received, seen, Condition::Ready)
}

/// The same as a printer in some condition. Without paper, GS r has no answer before there is a new
/// roll: see [`held`].
pub fn as_condition(received: &[u8], seen: usize, condition: Condition) -> Vec<u8> {
    answers(received, seen, |question| match question {
        _ if condition == Condition::Unknown => Vec::new(),
        [0x10, 0x04, n @ 1..=4] => vec![real_time(*n, condition)],
        [0x1D, b'r', 1 | 2 | b'1' | b'2'] if is_printing(condition) => {
            vec![if condition == Condition::PaperLow { 0x03 } else { 0x00 }]
        }
        [0x1D, b'a', 1..=255] => automatic(condition).to_vec(),
        _ => Vec::new(),
    })
}

/// What a printer that could not print answers to the GS r of a job when it has printed it after all.
pub fn held(received: &[u8]) -> Vec<u8> {
    answers(received, 0, |question| match question {
        [0x1D, b'r', 1 | 2 | b'1' | b'2'] => vec![0x00],
        _ => Vec::new(),
    })
}

/// Whether jobs come out on paper.
pub(crate) fn is_printing(condition: Condition) -> bool {
    match condition {
        Condition::Ready | Condition::PaperLow | Condition::Unknown => true,
        Condition::PaperOut | Condition::CoverOpen | Condition::Offline | Condition::Error(_) => false,
    }
}

fn answers(received: &[u8], seen: usize, answer: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let from = seen.saturating_sub(QUESTION - 1);
    let news = received.get(from..).unwrap_or_default();
    let ending = news.windows(QUESTION).enumerate().filter(|(n, _)| from + n + QUESTION > seen);
    ending.flat_map(|(_, question)| answer(question)).collect()
}

fn real_time(n: u8, condition: Condition) -> u8 {
    let offline = if is_printing(condition) { 0 } else { 0x08 };
    let bits = match (n, condition) {
        (1, _) => offline,
        (2, Condition::CoverOpen) => 0x04,
        (2, Condition::PaperOut) => 0x20,
        (2, Condition::Error(_)) => 0x40,
        (3, Condition::Error(fault)) => fault_bit(fault),
        (4, Condition::PaperLow) => 0x0C,
        // As printers without a sensor for the roll's end do.
        (4, Condition::PaperOut) => 0x60,
        _ => 0,
    };
    IDLE | bits
}

fn automatic(condition: Condition) -> [u8; 4] {
    let mut message = [IDLE_AUTO, 0, 0, 0];
    if !is_printing(condition) {
        message[0] |= 0x08;
    }
    match condition {
        Condition::CoverOpen => message[0] |= 0x20,
        Condition::Error(fault) => message[1] |= fault_bit(fault),
        Condition::PaperLow => message[2] |= 0x03,
        Condition::PaperOut => message[2] |= 0x0C,
        Condition::Ready | Condition::Offline | Condition::Unknown => {}
    }
    message
}

fn fault_bit(fault: Fault) -> u8 {
    match fault {
        Fault::Cutter => 0x08,
        Fault::Unrecoverable => 0x20,
        Fault::Passing => 0x40,
        Fault::Other => 0x04,
    }
}
