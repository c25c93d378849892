//! Toledo 8217: `W` is answered with a weight or with a state.
//!
//! `02 dd.ddd [N] 0D`, or `02 3F state 0D`. The line is 7 bits; where a port delivers 8, the parity
//! stands in the highest. Figures are kilograms, as a scale for China is set.

use super::{Event, Unit, grams};

const STX: u8 = 0x02;
/// Longest answer without STX and CR.
const LONGEST: usize = 12;

/// Cuts a stream into answers.
#[derive(Default)]
pub struct Toledo {
    /// What came since STX.
    answer: Option<Vec<u8>>,
}

impl Toledo {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        bytes.iter().filter_map(|byte| self.take(byte & 0x7F)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<Event> {
        let answer = self.answer.as_mut();
        match (byte, answer) {
            // A state can have the value of STX or CR.
            (state, Some(answer)) if answer[..] == *b"?" => {
                answer.push(state);
                None
            }
            (STX, _) => {
                self.answer = Some(Vec::new());
                None
            }
            (_, None) => None,
            (b'\r', Some(answer)) => {
                let event = decode(answer);
                self.answer = None;
                Some(event)
            }
            (_, Some(answer)) if answer.len() == LONGEST => {
                self.answer = None;
                Some(Event::Fault)
            }
            (byte, Some(answer)) => {
                answer.push(byte);
                None
            }
        }
    }
}

fn decode(answer: &[u8]) -> Event {
    match answer {
        [b'?', state] => by_state(*state),
        [figure @ .., b'N'] => Event::weight(grams(figure, Unit::Kg), false, true),
        [b'-', figure @ ..] => Event::weight(grams(figure, Unit::Kg), true, true),
        figure => Event::weight(grams(figure, Unit::Kg), false, true),
    }
}

/// 01 in motion, 02 over, 04 under, 08 outside the range in which it zeroes itself, 10 at zero,
/// 20 net, 40 bad command.
fn by_state(state: u8) -> Event {
    if state & 0x40 != 0 {
        Event::Fault
    } else if state & 0x02 != 0 {
        Event::Overload
    } else if state & 0x04 != 0 {
        Event::Negative
    } else if state & 0x01 != 0 {
        Event::Moving
    } else if state & 0x10 != 0 {
        Event::Weight { grams: 0, stable: true }
    } else {
        Event::Fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(input: &[u8]) -> Vec<Event> {
        let whole = Toledo::default().push(input);
        for at in 0..=input.len() {
            let mut decoder = Toledo::default();
            let (a, b) = input.split_at(at);
            assert_eq!([decoder.push(a), decoder.push(b)].concat(), whole, "cut at {at}");
        }
        whole
    }

    #[test]
    fn weights() {
        let weight = |grams| Event::Weight { grams, stable: true };
        assert_eq!(events(b"\x0201.234\r\x02 0.500N\r"), [weight(1234), weight(500)]);
        assert_eq!(events(b"noise\r\x0200.000\r"), [weight(0)]);
        assert_eq!(events(b"\x02-0.100\r"), [Event::Negative]);
        // Even parity left in the highest bit: 1 and 4 have an odd number of ones.
        assert_eq!(events(&[0x82, 0x30, 0xB1, 0x2E, 0xB2, 0x33, 0xB4, 0x8D]), [weight(1234)]);
    }

    #[test]
    fn states() {
        let cases: [(u8, Event); 9] = [
            (0x01, Event::Moving),
            (0x02, Event::Overload),
            (0x03, Event::Overload),
            (0x04, Event::Negative),
            (0x0D, Event::Negative),
            (0x10, Event::Weight { grams: 0, stable: true }),
            (0x30, Event::Weight { grams: 0, stable: true }),
            (0x40, Event::Fault),
            (0x00, Event::Fault),
        ];
        for (state, event) in cases {
            assert_eq!(events(&[0x02, b'?', state, 0x0D]), [event], "{state:02x}");
        }
    }

    #[test]
    fn noise_is_survived() {
        assert_eq!(events(b"\x02what is this\r"), [Event::Fault]);
        assert_eq!(events(b"\x02\r\x02?\r\r\x02?\x01x\r"), [Event::Fault, Event::Negative, Event::Fault]);
        assert_eq!(events(b"\x020123456789012345\r\x0201.000\r").len(), 2);
        assert_eq!(events(b"\x0201.2\x0201.234\r"), [Event::Weight { grams: 1234, stable: true }]);
        let all: Vec<u8> = (0..=255).cycle().take(2000).collect();
        let mut decoder = Toledo::default();
        decoder.push(&all);
        decoder.push(b"\r");
        assert_eq!(decoder.push(b"\x0201.000\r"), [Event::Weight { grams: 1000, stable: true }]);
    }
}
