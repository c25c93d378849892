//! A scanner on a serial line: codes that end with CR, LF or TAB.
//!
//! Nothing here guesses from a number what it is for (an ID number can look like a payment code, a
//! scale's label too): the till decides by what it is waiting for.

use domain::resident::half_width;

/// Longest code, in bytes; what is longer is noise and is dropped whole.
const LONGEST: usize = 512;
const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// FNC1 inside a GS1 code: part of the code, unlike other control bytes.
const GS: u8 = 0x1D;

/// What the scanner says that it read, by its AIM identifier (`]cm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// EAN-13 and UPC, as 13 digits.
    Ean13,
    /// EAN-8
    Ean8,
    /// Code 128
    Code128,
    /// GS1-128
    Gs1Code128,
    /// Code 39
    Code39,
    /// Codabar
    Codabar,
    /// Interleaved 2 of 5
    Itf,
    /// QR code
    Qr,
    /// QR code with GS1 data
    Gs1Qr,
    /// Data Matrix
    DataMatrix,
    /// Data Matrix with GS1 data
    Gs1DataMatrix,
    /// GS1 DataBar
    DataBar,
    /// Another kind of code.
    Other,
}

impl Symbology {
    fn of(letter: char, modifier: char) -> Self {
        match (letter, modifier) {
            ('E', '4') => Self::Ean8,
            ('E', _) => Self::Ean13,
            ('C', '1') => Self::Gs1Code128,
            ('C', _) => Self::Code128,
            ('A', _) => Self::Code39,
            ('F', _) => Self::Codabar,
            ('I', _) => Self::Itf,
            ('Q', '3') => Self::Gs1Qr,
            ('Q', _) => Self::Qr,
            ('d', '2') => Self::Gs1DataMatrix,
            ('d', _) => Self::DataMatrix,
            ('e', _) => Self::DataBar,
            _ => Self::Other,
        }
    }
}

/// What comes from a scanner.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// A code was read.
    Code {
        /// The code, in half-width characters, without prefix and end.
        text: String,
        /// What kind of code it was, if the scanner says so.
        symbology: Option<Symbology>,
    },
}

/// A code may be a family's card: it goes into no log.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Code { text, symbology } = self;
        write!(f, "Code({} bytes, {symbology:?})", text.len())
    }
}

/// Cuts a stream of bytes into codes.
#[derive(Default)]
pub struct Decoder {
    line: Vec<u8>,
    /// The line has grown too long: nothing of it counts.
    is_too_long: bool,
}

impl Decoder {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    /// Forgets a code that was begun: its rest got lost.
    pub fn clear(&mut self) {
        self.line.clear();
        self.is_too_long = false;
    }

    fn take(&mut self, byte: u8) -> Option<Event> {
        match byte {
            b'\r' | b'\n' | b'\t' => {
                let line = std::mem::take(&mut self.line);
                let is_code = !std::mem::take(&mut self.is_too_long);
                is_code.then(|| code(&line)).flatten()
            }
            // A new beginning: what stood before it was cut off.
            STX => {
                self.clear();
                None
            }
            ETX => None,
            0..=0x1F | 0x7F if byte != GS => None,
            _ if self.line.len() == LONGEST => {
                self.is_too_long = true;
                None
            }
            _ => {
                self.line.push(byte);
                None
            }
        }
    }
}

fn code(line: &[u8]) -> Option<Event> {
    let text = half_width(&String::from_utf8_lossy(line));
    let (text, symbology) = take_off_aim(text.trim_matches(' '));
    (!text.is_empty()).then(|| Event::Code { text: text.into(), symbology })
}

fn take_off_aim(text: &str) -> (&str, Option<Symbology>) {
    let mut chars = text.chars();
    if let (Some(']'), Some(letter), Some(modifier)) = (chars.next(), chars.next(), chars.next())
        && letter.is_ascii_alphabetic()
        && modifier.is_ascii_alphanumeric()
    {
        return (chars.as_str(), Some(Symbology::of(letter, modifier)));
    }
    (text, None)
}

/// Takes off what a scanner is set to type before each code: an AIM identifier, or the prefix of the
/// setting, or both. Text without them is left as it is, and nothing is ever left empty.
pub fn strip_prefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    let own = |text: &'a str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(text);
    match take_off_aim(own(text)) {
        (rest, Some(_)) if !rest.is_empty() => own(rest),
        _ => own(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(input: &[u8]) -> Vec<(String, Option<Symbology>)> {
        let whole = read(&mut Decoder::default(), [input]);
        let pieces = read(&mut Decoder::default(), input.chunks(1));
        assert_eq!(whole, pieces, "byte by byte it is the same");
        for at in 0..input.len() {
            let (a, b) = input.split_at(at);
            assert_eq!(read(&mut Decoder::default(), [a, b]), whole, "cut at {at}");
        }
        whole
    }

    fn read<'a>(decoder: &mut Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, Option<Symbology>)> {
        let events = pieces.into_iter().flat_map(|piece| decoder.push(piece));
        events.map(|Event::Code { text, symbology }| (text, symbology)).collect()
    }

    fn plain(text: &str) -> (String, Option<Symbology>) {
        (text.into(), None)
    }

    #[test]
    fn ends_of_all_kinds_and_no_empties() {
        let want = vec![plain("6901234567892"), plain("123"), plain("A-1")];
        assert_eq!(codes(b"6901234567892\r\n\r\n123\t\tA-1\n"), want);
        assert_eq!(codes(b"\r\n\t  \r\x02\x03\r"), []);
        assert_eq!(codes(b"not ended"), []);
    }

    #[test]
    fn frames_and_control_bytes() {
        assert_eq!(codes(b"lost\x02690\x03\r"), [plain("690")]);
        assert_eq!(codes(b"\x00\x1b69\x07\x7f0\r"), [plain("690")]);
        assert_eq!(codes(b"]C10112345\x1d10A\r"), [("0112345\x1d10A".into(), Some(Symbology::Gs1Code128))]);
    }

    #[test]
    fn aim_identifiers() {
        let seen = codes(b"]E06901234567892\r]E412345670\r]Q1CS1:7\r]d2010\r]z9x\r]E0\r]\r");
        let want = [
            ("6901234567892", Some(Symbology::Ean13)),
            ("12345670", Some(Symbology::Ean8)),
            ("CS1:7", Some(Symbology::Qr)),
            ("010", Some(Symbology::Gs1DataMatrix)),
            ("x", Some(Symbology::Other)),
            ("]", None),
        ];
        assert_eq!(seen, want.map(|(text, symbology)| (text.to_owned(), symbology)));
    }

    #[test]
    fn full_width_and_bytes_that_are_no_text() {
        assert_eq!(codes("６９０１Ｘ\r".as_bytes()), [plain("6901X")]);
        assert_eq!(codes(b"\xff12\r"), [plain("\u{fffd}12")]);
    }

    #[test]
    fn too_long_is_dropped_whole() {
        let mut input = vec![b'1'; 513];
        input.extend(b"\r690\r");
        assert_eq!(read(&mut Decoder::default(), [&input[..]]), [plain("690")]);
        input.remove(0);
        assert_eq!(read(&mut Decoder::default(), input.chunks(7))[0].0.len(), 512);
        let mut decoder = Decoder::default();
        decoder.push(&[b'9'; 100_000]);
        assert_eq!(read(&mut decoder, [&b"8\r7\r"[..]]), [plain("7")]);
    }

    #[test]
    fn every_byte_is_survived() {
        let all: Vec<u8> = (0..=255).chain([b'\r']).collect();
        assert_eq!(codes(&all).len(), 1);
    }

    #[test]
    fn prefixes_of_a_keyboard_wedge() {
        assert_eq!(strip_prefix("#690", "#"), "690");
        assert_eq!(strip_prefix("690", "#"), "690");
        assert_eq!(strip_prefix("690", ""), "690");
        assert_eq!(strip_prefix("]E0690", ""), "690");
        assert_eq!(strip_prefix("#]E0690", "#"), "690");
        assert_eq!(strip_prefix("]E0#690", "#"), "690");
        assert_eq!(strip_prefix("#", "#"), "#");
        assert_eq!(strip_prefix("]E0", ""), "]E0");
    }

    #[test]
    fn a_log_shows_no_code() {
        let event = Event::Code { text: "12345678901234564".into(), symbology: None };
        assert_eq!(format!("{event:?}"), "Code(17 bytes, None)");
    }
}
