//! Lines that many weighing terminals send without being asked: `ST,GS,+ 1.234kg`.

use super::{Event, Unit, grams};

/// Longest line; what is longer is noise.
const LONGEST: usize = 64;

/// Cuts a stream into lines.
#[derive(Default)]
pub struct Generic {
    line: Vec<u8>,
}

impl Generic {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<Event> {
        if !matches!(byte, b'\r' | b'\n') {
            // One byte more than fits marks the line as too long.
            if self.line.len() <= LONGEST {
                self.line.push(byte);
            }
            return None;
        }
        let line = std::mem::take(&mut self.line);
        let is_blank = line.iter().all(u8::is_ascii_whitespace);
        (!is_blank).then(|| if line.len() > LONGEST { Event::Fault } else { decode(&line) })
    }
}

fn decode(line: &[u8]) -> Event {
    let Ok(line) = std::str::from_utf8(line) else {
        return Event::Fault;
    };
    let line = line.trim().to_ascii_uppercase();
    let mut fields = line.splitn(3, ',').map(str::trim);
    let stable = match fields.next() {
        Some("ST") => true,
        Some("US") => false,
        Some("OL") => return Event::Overload,
        _ => return Event::Fault,
    };
    let (Some("GS" | "NT" | "GR" | "TR"), Some(figure)) = (fields.next(), fields.next()) else {
        return Event::Fault;
    };
    let (figure, is_negative) = match figure.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (figure.strip_prefix('+').unwrap_or(figure), false),
    };
    let (figure, unit) = match (figure.strip_suffix("KG"), figure.strip_suffix('G')) {
        (Some(figure), _) => (figure, Unit::Kg),
        (None, Some(figure)) => (figure, Unit::Gram),
        // Pounds, or none: a guess would be a wrong price.
        (None, None) => return Event::Fault,
    };
    Event::weight(grams(figure.as_bytes(), unit), is_negative, stable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(input: &[u8]) -> Vec<Event> {
        let whole = Generic::default().push(input);
        for at in 0..=input.len() {
            let mut decoder = Generic::default();
            let (a, b) = input.split_at(at);
            assert_eq!([decoder.push(a), decoder.push(b)].concat(), whole, "cut at {at}");
        }
        whole
    }

    #[test]
    fn lines() {
        let weight = |grams, stable| Event::Weight { grams, stable };
        let cases: [(&[u8], Event); 9] = [
            (b"ST,GS,+ 1.234kg\r\n", weight(1234, true)),
            (b"US,NT,-0.5kg\r\n", Event::Negative),
            (b"US,GS,+  0.500 kg\r\n", weight(500, false)),
            (b"ST,NT,+   250 g\r", weight(250, true)),
            (b"ST,GS,-0.000kg\n", weight(0, true)),
            (b"OL,GS,+ -----kg\r\n", Event::Overload),
            (b"OL\r\n", Event::Overload),
            (b"st,gs,   1.000kg\n", weight(1000, true)),
            (b"\r\n\r\nST,GS,2kg\r\n", weight(2000, true)),
        ];
        for (line, event) in cases {
            assert_eq!(events(line), [event], "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn what_cannot_be_read() {
        for line in
            ["ST,GS,+1.234lb", "ST,GS,1.234", "ST,XX,1kg", "ST", "1.234kg", "ST,GS,kg", "ST,GS,--1kg", "\u{fffd}"]
        {
            assert_eq!(events(format!("{line}\r\n").as_bytes()), [Event::Fault], "{line}");
        }
        assert_eq!(events(b"\xff\xfe\n"), [Event::Fault]);
        let mut long = vec![b'S'; 70_000];
        long.extend(b"\r\nST,GS,+1kg\r\n");
        assert_eq!(Generic::default().push(&long), [Event::Fault, Event::Weight { grams: 1000, stable: true }]);
    }
}
