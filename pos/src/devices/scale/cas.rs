//! CAS and 顶尖 OS2: frames of 15 bytes, streamed or on request.
//!
//! `01 02 | S U F | space or - | 6 characters | kg | BCC | 03 04`. Manuals differ in where the BCC
//! begins, at 01 or at the state; either is taken.

use super::{Event, Unit, grams};

/// Asks a passive scale; it answers ACK.
pub(super) const ENQ: u8 = 0x05;
/// Lets it send.
pub(super) const DC1: u8 = 0x11;
const ACK: u8 = 0x06;
const START: [u8; 2] = [0x01, 0x02];
const FRAME: usize = 15;

/// Cuts a stream into frames.
#[derive(Default)]
pub struct Cas {
    waiting: Vec<u8>,
}

impl Cas {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<Event> {
        self.waiting.push(byte);
        if self.waiting.len() == FRAME {
            return Some(self.frame());
        }
        self.align().then_some(Event::Ready)
    }

    fn frame(&mut self) -> Event {
        let event = decode(&self.waiting);
        // Of a broken frame the rest may be the beginning of the next.
        let spoiled = if event.is_some() { FRAME } else { 1 };
        self.waiting.drain(..spoiled);
        self.align();
        event.unwrap_or(Event::Fault)
    }

    /// Drops what begins no frame; whether an ACK was among it.
    fn align(&mut self) -> bool {
        let begins = |rest: &[u8]| rest.iter().zip(START).all(|(byte, start)| *byte == start);
        let count = (0..self.waiting.len()).find(|at| begins(&self.waiting[*at..])).unwrap_or(self.waiting.len());
        self.waiting.drain(..count).any(|byte| byte == ACK)
    }
}

fn decode(frame: &[u8]) -> Option<Event> {
    let [0x01, 0x02, state, sign, figure @ .., bcc, 0x03, 0x04] = frame else {
        return None;
    };
    let xor = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum ^ byte);
    if *bcc != xor(&frame[..12]) && *bcc != xor(&frame[2..12]) {
        return None;
    }
    let (figure, unit) = figure.split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"kg") {
        return None;
    }
    match (state, sign) {
        (b'F', _) => Some(Event::Overload),
        (b'S' | b'U', b' ' | b'-' | b'+') => {
            Some(Event::weight(grams(figure, Unit::Kg), *sign == b'-', *state == b'S'))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::simulator::cas_frame as frame;

    fn events(input: &[u8]) -> Vec<Event> {
        let whole = Cas::default().push(input);
        for at in 0..=input.len() {
            let mut decoder = Cas::default();
            let (a, b) = input.split_at(at);
            assert_eq!([decoder.push(a), decoder.push(b)].concat(), whole, "cut at {at}");
        }
        whole
    }

    /// The manuals' example, with either checksum.
    #[test]
    fn the_published_frame() {
        for bcc in [0x65, 0x66] {
            let mut bytes = b"\x01\x02S 01.234kg".to_vec();
            bytes.extend([bcc, 0x03, 0x04]);
            assert_eq!(events(&bytes), [Event::Weight { grams: 1234, stable: true }], "{bcc:x}");
        }
    }

    #[test]
    fn states_signs_and_noise() {
        let mut stream = vec![0x06, 0xFF, 0x01, 0x01];
        stream.extend(frame('U', ' ', " 0.500"));
        stream.extend(frame('S', '-', " 0.020"));
        stream.extend(frame('S', '-', " 0.000"));
        stream.push(0x01);
        stream.extend(frame('F', ' ', "------"));
        stream.extend(frame('S', ' ', "  .  1"));
        let want = [
            Event::Ready,
            Event::Weight { grams: 500, stable: false },
            Event::Negative,
            Event::Weight { grams: 0, stable: true },
            Event::Overload,
            Event::Fault,
        ];
        assert_eq!(events(&stream), want);
    }

    #[test]
    fn a_broken_frame_does_not_swallow_the_next() {
        let mut stream = frame('S', ' ', " 1.000");
        stream[6] ^= 1;
        stream.extend(frame('S', ' ', " 2.000"));
        assert_eq!(events(&stream), [Event::Fault, Event::Weight { grams: 2000, stable: true }]);
        let mut cut = frame('S', ' ', " 1.000")[..9].to_vec();
        cut.extend(frame('S', ' ', " 2.000"));
        assert_eq!(events(&cut), [Event::Fault, Event::Weight { grams: 2000, stable: true }]);
    }

    #[test]
    fn noise_is_survived() {
        let mut decoder = Cas::default();
        decoder.push(&[0x01; 10_000]);
        decoder.push(&[0x01, 0x02].repeat(5000));
        assert!(decoder.waiting.len() < FRAME);
        let clean: Vec<u8> = [[0; FRAME].to_vec(), frame('S', ' ', " 2.000")].concat();
        assert_eq!(decoder.push(&clean).last(), Some(&Event::Weight { grams: 2000, stable: true }));
    }
}
