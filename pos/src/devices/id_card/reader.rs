//! Which command a reader gets next.
//!
//! Readers differ in what they say while a card that was read still lies there: most do not find it
//! again, some do. So a card has gone when it was not found twice in a row; one that is found again
//! after a single miss is read again, but told of only if it is another card.

use std::time::Duration;

use domain::resident::Credential;

use super::{CardProblem, Command, Event, IdCard, Status};
use crate::devices::sentence::Sentence;

/// Pause between two questions for a card.
const PAUSE: Duration = Duration::from_millis(300);
/// Longest wait for a short answer.
const SHORT: Duration = Duration::from_millis(1500);
/// Longest wait for a card's data: a second to read, and 1295 bytes at 9600 baud.
const LONG: Duration = Duration::from_secs(4);
/// Tries before the cashier is asked to help.
const TRIES: u8 = 3;
/// Times that a card is not found before it counts as gone.
const GONE: u8 = 2;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this.
    Send(Command),
    /// A card was laid down and read.
    Card(IdCard),
    /// Tell the cashier.
    Trouble(Sentence),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Pause,
    Finding,
    Selecting,
    Reading,
}

/// The dialogue with a reader.
#[derive(Debug)]
pub struct Reader {
    phase: Phase,
    /// Time in this phase.
    since: Duration,
    /// The card that lies there was dealt with.
    is_dealt_with: bool,
    /// Its number, to tell it from the next; gone as soon as the card is.
    last: Option<Credential>,
    misses: u8,
    failures: u8,
    silences: u8,
    /// The reader's own trouble was told.
    is_told: bool,
}

impl Default for Reader {
    fn default() -> Self {
        // The first question needs no pause.
        Self {
            phase: Phase::Pause,
            since: PAUSE,
            is_dealt_with: false,
            last: None,
            misses: 0,
            failures: 0,
            silences: 0,
            is_told: false,
        }
    }
}

impl Reader {
    /// Time went by.
    pub fn tick(&mut self, elapsed: Duration) -> Option<Step> {
        self.since = self.since.saturating_add(elapsed);
        let patience = match self.phase {
            Phase::Pause if self.since >= PAUSE => return Some(self.send(Phase::Finding, Command::Find)),
            Phase::Pause => return None,
            Phase::Finding | Phase::Selecting => SHORT,
            Phase::Reading => LONG,
        };
        if self.since < patience {
            return None;
        }
        self.pause();
        self.silences = self.silences.saturating_add(1);
        if self.silences < TRIES || self.is_told {
            return None;
        }
        self.is_told = true;
        Some(Step::Trouble(Sentence::new(
            "读卡器没有应答，请检查连线和波特率。",
            "The ID-card reader does not answer: check its cable and baud rate",
        )))
    }

    /// The reader answered.
    pub fn hear(&mut self, event: Event) -> Option<Step> {
        let phase = self.phase;
        if phase == Phase::Pause {
            // An answer that came too late for its question.
            return None;
        }
        self.silences = 0;
        match event {
            Event::Status(Status::Module) => self.module(),
            Event::Card(card) if phase == Phase::Reading => self.card(card),
            Event::Problem(CardProblem::NotSupported) if phase == Phase::Reading => {
                self.is_told = false;
                self.deal(None);
                Some(Step::Trouble(CardProblem::NotSupported.sentence()))
            }
            Event::Status(Status::Found | Status::Done) if phase == Phase::Finding => self.found(),
            Event::Status(Status::NotFound) if phase == Phase::Finding => self.missed(),
            Event::Status(Status::Done) if phase == Phase::Selecting => Some(self.send(Phase::Reading, Command::Read)),
            Event::Status(_) | Event::Card(_) | Event::Problem(_) | Event::Garbled => {
                self.pause();
                if phase == Phase::Finding { None } else { self.failed() }
            }
        }
    }

    fn send(&mut self, phase: Phase, command: Command) -> Step {
        self.phase = phase;
        self.since = Duration::ZERO;
        Step::Send(command)
    }

    fn pause(&mut self) {
        self.phase = Phase::Pause;
        self.since = Duration::ZERO;
    }

    fn found(&mut self) -> Option<Step> {
        if self.is_dealt_with && self.misses == 0 {
            self.is_told = false;
            self.pause();
            return None;
        }
        Some(self.send(Phase::Selecting, Command::Select))
    }

    fn missed(&mut self) -> Option<Step> {
        self.is_told = false;
        self.pause();
        self.misses = self.misses.saturating_add(1);
        if self.misses < GONE {
            return None;
        }
        self.is_dealt_with = false;
        self.last = None;
        // It was there and went away unread.
        (std::mem::take(&mut self.failures) > 0).then(|| Step::Trouble(CardProblem::Unreadable.sentence()))
    }

    fn card(&mut self, card: IdCard) -> Option<Step> {
        self.is_told = false;
        let is_new = self.last.as_ref() != Some(&card.credential);
        self.deal(Some(card.credential.clone()));
        is_new.then_some(Step::Card(card))
    }

    /// Leaves the card in peace until it is lifted.
    fn deal(&mut self, credential: Option<Credential>) {
        self.last = credential;
        self.is_dealt_with = true;
        self.misses = 0;
        self.failures = 0;
        self.pause();
    }

    fn failed(&mut self) -> Option<Step> {
        self.misses = 0;
        self.failures += 1;
        if self.failures < TRIES {
            return None;
        }
        self.deal(None);
        Some(Step::Trouble(CardProblem::Unreadable.sentence()))
    }

    fn module(&mut self) -> Option<Step> {
        self.pause();
        (!std::mem::replace(&mut self.is_told, true)).then(|| {
            Step::Trouble(Sentence::new(
                "读卡器的安全模块不工作，请重新插拔读卡器；还不行请联系供应商。",
                "The security module of the ID-card reader does not work: plug it in again, or call its supplier",
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::resident::IdNumber;

    use super::*;
    use crate::devices::id_card::{CardKind, Validity};

    const TICK: Duration = Duration::from_millis(50);

    fn card(number: &str) -> IdCard {
        let credential = Credential::Id(IdNumber::parse(number).unwrap());
        IdCard { credential, kind: CardKind::Citizen, from: None, until: Validity::LongTerm }
    }

    fn first() -> IdCard {
        card("11010519491231002X")
    }

    /// Waits for the next question and answers it.
    fn ask(reader: &mut Reader, answer: Event) -> (Command, Option<Step>) {
        for _ in 0..=6 {
            if let Some(Step::Send(command)) = reader.tick(TICK) {
                return (command, reader.hear(answer));
            }
        }
        panic!("no question within 350 ms");
    }

    fn find(reader: &mut Reader, status: Status) -> Option<Step> {
        let (command, step) = ask(reader, Event::Status(status));
        assert_eq!(command, Command::Find);
        step
    }

    fn present(reader: &mut Reader, card: IdCard) -> Option<Step> {
        assert_eq!(find(reader, Status::Found), Some(Step::Send(Command::Select)));
        assert_eq!(reader.hear(Event::Status(Status::Done)), Some(Step::Send(Command::Read)));
        reader.hear(Event::Card(card))
    }

    #[test]
    fn a_card_is_told_once_while_it_lies_there() {
        let mut reader = Reader::default();
        assert_eq!(reader.tick(Duration::ZERO), Some(Step::Send(Command::Find)), "at once");
        assert_eq!(reader.hear(Event::Status(Status::NotFound)), None);
        assert_eq!(reader.tick(Duration::from_millis(299)), None);
        assert_eq!(present(&mut reader, first()), Some(Step::Card(first())));
        // A reader that finds it again.
        for _ in 0..5 {
            assert_eq!(find(&mut reader, Status::Found), None);
        }
        // A single miss: it is looked at, and not told again.
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert_eq!(present(&mut reader, first()), None);
        // Lifted and laid down again.
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert!(reader.last.is_none(), "nothing is kept of a card that is gone");
        assert_eq!(present(&mut reader, first()), Some(Step::Card(first())));
    }

    #[test]
    fn another_card_after_a_single_miss_is_told() {
        let other = card("440524188001010014");
        let mut reader = Reader::default();
        assert_eq!(present(&mut reader, first()), Some(Step::Card(first())));
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert_eq!(present(&mut reader, other.clone()), Some(Step::Card(other)));
    }

    #[test]
    fn failures_are_tried_again_and_then_told() {
        let trouble = Some(Step::Trouble(CardProblem::Unreadable.sentence()));
        let mut reader = Reader::default();
        let answers = [Event::Status(Status::Failed), Event::Garbled, Event::Problem(CardProblem::Unreadable)];
        let told = answers.map(|answer| {
            assert_eq!(find(&mut reader, Status::Found), Some(Step::Send(Command::Select)));
            reader.hear(answer)
        });
        assert_eq!(told, [None, None, trouble.clone()]);
        assert_eq!(find(&mut reader, Status::Found), None, "left in peace until it is lifted");

        // Swiped past: selected, and gone.
        let mut reader = Reader::default();
        assert_eq!(find(&mut reader, Status::Found), Some(Step::Send(Command::Select)));
        assert_eq!(reader.hear(Event::Status(Status::Failed)), None);
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert_eq!(find(&mut reader, Status::NotFound), trouble);
        assert_eq!(find(&mut reader, Status::NotFound), None);
    }

    #[test]
    fn a_foreigners_card_is_told_once() {
        let mut reader = Reader::default();
        assert_eq!(find(&mut reader, Status::Found), Some(Step::Send(Command::Select)));
        assert_eq!(reader.hear(Event::Status(Status::Done)), Some(Step::Send(Command::Read)));
        let told = reader.hear(Event::Problem(CardProblem::NotSupported));
        assert_eq!(told, Some(Step::Trouble(CardProblem::NotSupported.sentence())));
        assert_eq!(find(&mut reader, Status::Found), None);
    }

    #[test]
    fn silence_is_told_once_and_asked_again() {
        let mut reader = Reader::default();
        let (mut questions, mut troubles) = (0, 0);
        for _ in 0..(20 * 20) {
            match reader.tick(TICK) {
                Some(Step::Send(_)) => questions += 1,
                Some(Step::Trouble(_)) => troubles += 1,
                Some(Step::Card(_)) | None => {}
            }
        }
        assert_eq!((questions, troubles), (12, 1), "every 1.8 s for 20 s");
        assert_eq!(reader.tick(SHORT), None);
        find(&mut reader, Status::NotFound);
        assert_eq!(present(&mut reader, first()), Some(Step::Card(first())));
    }

    #[test]
    fn silence_in_the_middle_begins_anew() {
        let mut reader = Reader::default();
        find(&mut reader, Status::Found);
        assert_eq!(reader.hear(Event::Status(Status::Done)), Some(Step::Send(Command::Read)));
        assert_eq!(reader.tick(Duration::from_millis(3900)), None);
        assert_eq!(reader.tick(Duration::from_millis(100)), None);
        assert_eq!(reader.hear(Event::Card(first())), None, "too late");
        assert_eq!(present(&mut reader, first()), Some(Step::Card(first())));
    }

    #[test]
    fn a_dead_module_is_told_once() {
        let mut reader = Reader::default();
        assert!(matches!(find(&mut reader, Status::Module), Some(Step::Trouble(_))));
        assert_eq!(find(&mut reader, Status::Module), None);
        assert_eq!(find(&mut reader, Status::NotFound), None);
        assert!(matches!(find(&mut reader, Status::Module), Some(Step::Trouble(_))));
    }

    #[test]
    fn answers_that_fit_no_question_are_survived() {
        let mut reader = Reader::default();
        assert_eq!(reader.hear(Event::Card(first())), None);
        for answer in [Event::Card(first()), Event::Garbled, Event::Status(Status::Other(1))] {
            assert_eq!(ask(&mut reader, answer).1, None);
        }
    }
}
