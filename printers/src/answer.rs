//! What a printer answers when it is asked how it is (DLE EOT, GS r), as one that is well and idle.

/// The bits that every answer to DLE EOT has, and no other: nothing is wrong.
const IDLE: u8 = 0x12;
/// The answer to GS r: enough paper, drawer closed.
const ENOUGH: u8 = 0x00;
/// Bytes of the longest question.
const QUESTION: usize = 3;

/// Answers to the questions that end behind the first `seen` bytes of what was received.
pub fn idle(received: &[u8], seen: usize) -> Vec<u8> {
    let from = seen.saturating_sub(QUESTION - 1);
    let news = received.get(from..).unwrap_or_default();
    let answer = |(n, question): (usize, &[u8])| {
        if from + n + QUESTION <= seen {
            return None;
        }
        match question {
            [0x10, 0x04, 1..=4] => Some(IDLE),
            [0x1D, b'r', 1 | 2 | b'1' | b'2'] => Some(ENOUGH),
            _ => None,
        }
    };
    news.windows(QUESTION).enumerate().filter_map(answer).collect()
}
