//! A reader for second-generation ID cards (SDT protocol, GA/T 490 data).
//!
//! The card carries name, address and photo too, unencrypted. They are overwritten as soon as the
//! frame was looked at, and no type here can hold or show them.

mod card;
mod frame;
mod reader;

pub(crate) use card::TEXT;
pub use card::{CardKind, CardProblem, IdCard, Validity};
pub use frame::{Frames, frame};
pub use reader::{Reader, Step};

/// What a reader is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Is there a card?
    Find,
    /// Choose the card that was found.
    Select,
    /// Read text and photo: there is no command that leaves the photo out.
    Read,
}

impl Command {
    /// The whole frame, with its checksum.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Find => &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x01, 0x22],
            Self::Select => &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x02, 0x21],
            Self::Read => &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x30, 0x01, 0x32],
        }
    }
}

/// The reader's answer in one byte (SW3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// A card lies there.
    Found,
    /// No card, or none that was not read yet.
    NotFound,
    /// The command arrived broken.
    Garbled,
    /// The card went away, or is of another kind.
    Failed,
    /// The security module in the reader refuses to work.
    Module,
    /// Something else.
    Other(u8),
}

impl Status {
    fn of(sw3: u8) -> Self {
        match sw3 {
            0x90 => Self::Done,
            0x9F => Self::Found,
            0x80 => Self::NotFound,
            0x10 | 0x11 | 0x21 => Self::Garbled,
            0x31..=0x33 | 0x40 | 0x41 | 0x81 | 0x91 => Self::Failed,
            0x47 | 0x60 | 0x66 => Self::Module,
            other => Self::Other(other),
        }
    }
}

/// What comes from a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An answer without a card's data.
    Status(Status),
    /// A card was read.
    Card(IdCard),
    /// A card was read and gives no number.
    Problem(CardProblem),
    /// A broken frame.
    Garbled,
}

/// Cuts a stream of bytes into answers.
#[derive(Default)]
pub struct Decoder {
    frames: Frames,
}

impl Decoder {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.frames.push(bytes, &mut |body| events.extend(body.map_or(Some(Event::Garbled), answer)));
        events
    }

    /// Forgets a frame that was begun: the rest of it will not come.
    pub fn clear(&mut self) {
        self.frames.clear();
    }
}

fn answer(body: &[u8]) -> Option<Event> {
    // A shorter body is a command: our own, from a line that echoes.
    let ([_, _, sw3], data) = body.split_first_chunk::<3>()?;
    Some(match Status::of(*sw3) {
        Status::Done => match card::read(data) {
            None => Event::Status(Status::Done),
            Some(Ok(card)) => Event::Card(card),
            Some(Err(problem)) => Event::Problem(problem),
        },
        status => Event::Status(status),
    })
}

/// Overwrites bytes that belong to a person.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    // Without a look at them the compiler may leave the writes out.
    std::hint::black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::simulator::CardPeer;

    #[test]
    fn commands_carry_their_checksum() {
        for (command, body) in
            [(Command::Find, [0x20, 0x01]), (Command::Select, [0x20, 0x02]), (Command::Read, [0x30, 0x01])]
        {
            assert_eq!(command.bytes(), frame(&body));
        }
    }

    /// Frames as published.
    #[test]
    fn published_answers() {
        let start = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
        let cases: [(&[u8], Status); 6] = [
            (&[0x00, 0x08, 0x00, 0x00, 0x9F, 0x00, 0x00, 0x00, 0x00, 0x97], Status::Found),
            (&[0x00, 0x04, 0x00, 0x00, 0x80, 0x84], Status::NotFound),
            (&[0x00, 0x0C, 0x00, 0x00, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x9C], Status::Done),
            (&[0x00, 0x04, 0x00, 0x00, 0x81, 0x85], Status::Failed),
            (&[0x00, 0x04, 0x00, 0x00, 0x41, 0x45], Status::Failed),
            (&[0x00, 0x04, 0x00, 0x00, 0x90, 0x94], Status::Done),
        ];
        for (rest, status) in cases {
            assert_eq!(Decoder::default().push(&[&start, rest].concat()), [Event::Status(status)]);
        }
    }

    #[test]
    fn a_card_byte_by_byte_after_noise() {
        let mut peer = CardPeer::default();
        peer.present("11010519491231002X");
        peer.hear(Command::Find.bytes());
        peer.hear(Command::Select.bytes());
        let answer = peer.hear(Command::Read.bytes());
        assert_eq!(answer.len(), 1295);
        let whole = Decoder::default().push(&answer);
        assert!(matches!(&whole[..], [Event::Card(card)] if card.credential.digest_input() == "11010519491231002X"));

        let mut decoder = Decoder::default();
        let mut noisy = b"\xAA\xAA\x96noise".to_vec();
        noisy.extend(&answer);
        let pieces: Vec<Event> = noisy.iter().flat_map(|byte| decoder.push(&[*byte])).collect();
        assert_eq!(pieces, whole);

        let mut broken = answer;
        broken[700] ^= 0x10;
        assert_eq!(Decoder::default().push(&broken), [Event::Garbled]);
    }

    #[test]
    fn an_echo_of_a_command_is_no_answer() {
        assert_eq!(Decoder::default().push(Command::Find.bytes()), []);
        assert_eq!(Decoder::default().push(&frame(&[0x00, 0x00, 0xEE])), [Event::Status(Status::Other(0xEE))]);
    }

    #[test]
    fn a_frame_that_stops_is_forgotten() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(&frame(&[0x00, 0x00, 0x80])[..8]), []);
        decoder.clear();
        assert_eq!(decoder.push(&frame(&[0x00, 0x00, 0x9F])), [Event::Status(Status::Found)]);
    }
}
