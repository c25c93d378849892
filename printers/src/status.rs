//! What a printer says of itself: the bytes, and the condition that they add up to.

use std::collections::VecDeque;
use std::fmt;

use domain::lang::Lang;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// DLE EOT 1: whether it is on line.
    Printer,
    /// DLE EOT 2: why it is not.
    Offline,
    /// DLE EOT 3: what is broken.
    Fault,
    /// DLE EOT 4: the paper.
    Paper,
    /// GS r 1: the paper, answered only when all that was sent before is dealt with.
    Done,
}

impl Question {
    /// The bytes to send.
    pub fn bytes(self) -> [u8; 3] {
        match self {
            Self::Printer => [0x10, 0x04, 1],
            Self::Offline => [0x10, 0x04, 2],
            Self::Fault => [0x10, 0x04, 3],
            Self::Paper => [0x10, 0x04, 4],
            Self::Done => [0x1D, 0x72, 1],
        }
    }
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It answers this question.
    Asked(Question),
    /// The printer said so by itself (ASB).
    Auto,
}

/// One answer. What it does not speak of is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What it answers.
    pub source: Source,
    /// The drawer's switch; which way is open differs between drawers.
    pub drawer: bool,
    /// Takes nothing for now.
    pub offline: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// The roll is near its end.
    pub low: bool,
    /// There is no paper.
    pub out: bool,
    /// What is broken.
    pub fault: Option<Fault>,
}

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The cutter is jammed.
    Cutter,
    /// Only off and on again helps, or a mechanic.
    Unrecoverable,
    /// Too hot, or another thing that passes by itself.
    Passing,
    /// The printer does not say what.
    Other,
}

/// Tells answers apart on the printer's stream, in whatever pieces it comes.
#[derive(Debug, Default)]
pub struct Decoder {
    asked: VecDeque<Question>,
    /// The bytes of an ASB message so far.
    auto: Vec<u8>,
}

impl Decoder {
    /// Notes a question, since answers do not say what they answer.
    pub fn asked(&mut self, question: Question) {
        self.asked.push_back(question);
    }

    /// The answers that end within the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Status> {
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<Status> {
        // A real-time answer may come between the bytes of an ASB message.
        if byte & 0x93 == 0x12 {
            let question = self.answered(|question| question != Question::Done)?;
            return Some(real_time(question, byte));
        }
        if byte & 0x93 == 0x10 {
            self.auto = vec![byte];
            return None;
        }
        if byte & 0x90 != 0 {
            // XON, XOFF or noise.
            return None;
        }
        if self.auto.is_empty() {
            self.answered(|question| question == Question::Done)?;
            let source = Source::Asked(Question::Done);
            return Some(Status { low: byte & 0x03 != 0, out: byte & 0x0C != 0, ..Status::nothing(source) });
        }
        self.auto.push(byte);
        if self.auto.len() < 4 {
            return None;
        }
        let message = std::mem::take(&mut self.auto);
        Some(Status {
            drawer: message[0] & 0x04 != 0,
            offline: message[0] & 0x08 != 0,
            cover_open: message[0] & 0x20 != 0,
            low: message[2] & 0x03 != 0,
            out: message[2] & 0x0C != 0,
            fault: fault(message[1]),
            ..Status::nothing(Source::Auto)
        })
    }

    /// The first open question of a kind; it is open no more.
    fn answered(&mut self, kind: impl Fn(Question) -> bool) -> Option<Question> {
        let at = self.asked.iter().position(|question| kind(*question))?;
        self.asked.remove(at)
    }
}

impl Status {
    fn nothing(source: Source) -> Self {
        Self { source, drawer: false, offline: false, cover_open: false, low: false, out: false, fault: None }
    }
}

fn real_time(question: Question, byte: u8) -> Status {
    let bit = |mask: u8| byte & mask != 0;
    let nothing = Status::nothing(Source::Asked(question));
    match question {
        Question::Printer => Status { drawer: bit(0x04), offline: bit(0x08), ..nothing },
        Question::Offline => {
            Status { cover_open: bit(0x04), out: bit(0x20), fault: bit(0x40).then_some(Fault::Other), ..nothing }
        }
        Question::Fault => Status { fault: fault(byte), ..nothing },
        // Printers without a sensor for the roll's end leave its bits empty even when paper is out.
        Question::Paper | Question::Done => Status { low: bit(0x0C), out: bit(0x60), ..nothing },
    }
}

fn fault(byte: u8) -> Option<Fault> {
    match byte {
        _ if byte & 0x08 != 0 => Some(Fault::Cutter),
        _ if byte & 0x20 != 0 => Some(Fault::Unrecoverable),
        _ if byte & 0x40 != 0 => Some(Fault::Passing),
        _ if byte & 0x04 != 0 => Some(Fault::Other),
        _ => None,
    }
}

/// How a printer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It prints.
    Ready,
    /// It prints, and the roll is near its end.
    PaperLow,
    /// There is no paper.
    PaperOut,
    /// The cover is open.
    CoverOpen,
    /// It takes nothing, and does not say why, or cannot be reached.
    Offline,
    /// Something is broken.
    Error(Fault),
    /// It cannot be asked, or does not answer.
    Unknown,
}

impl Condition {
    /// What several answers add up to: what a person has to mend first.
    pub fn of(answers: &[Status]) -> Self {
        let any = |is: fn(&Status) -> bool| answers.iter().any(is);
        // What is named is known better than that there is something.
        let named = answers.iter().filter_map(|one| one.fault).find(|fault| *fault != Fault::Other);
        if answers.is_empty() {
            Self::Unknown
        } else if any(|one| one.cover_open) {
            Self::CoverOpen
        } else if any(|one| one.out) {
            Self::PaperOut
        } else if any(|one| one.fault.is_some()) {
            Self::Error(named.unwrap_or(Fault::Other))
        } else if any(|one| one.offline) {
            Self::Offline
        } else if any(|one| one.low) {
            Self::PaperLow
        } else {
            Self::Ready
        }
    }

    /// Whether a job may be sent. A printer that is off line without a reason takes it all the same.
    pub fn takes_jobs(self) -> bool {
        match self {
            Self::Ready | Self::PaperLow | Self::Offline | Self::Unknown => true,
            Self::PaperOut | Self::CoverOpen | Self::Error(_) => false,
        }
    }

    /// Reads a condition's name, such as `paper_out`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ready" => Self::Ready,
            "paper_low" => Self::PaperLow,
            "paper_out" => Self::PaperOut,
            "cover_open" => Self::CoverOpen,
            "offline" => Self::Offline,
            "error" => Self::Error(Fault::Cutter),
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }

    /// What there is to do about it.
    pub fn sentence(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Ready => ("打印机正常。", "The printer is ready."),
            Self::PaperLow => {
                ("打印纸快用完了，请准备新纸卷。", "The paper roll is nearly used up: have a new one at hand.")
            }
            Self::PaperOut => ("打印机缺纸，请换上新纸卷。", "The printer is out of paper: put in a new roll."),
            Self::CoverOpen => ("打印机盖开着，请合上。", "The printer's cover is open: close it."),
            Self::Offline => (
                "打印机不在线，请检查电源和连线，再按打印机上的走纸键。",
                "The printer is off line: look at its power and cable, then press its feed button.",
            ),
            Self::Error(Fault::Cutter) => (
                "打印机切刀卡住了，请关机，开盖取出卡住的纸，再开机。",
                "The printer's cutter is jammed: switch it off, take the paper out under the cover, switch it on.",
            ),
            Self::Error(Fault::Unrecoverable) => (
                "打印机故障，请关机再开机；仍不行请报修。",
                "The printer has a fault: switch it off and on; if that does not help, call for repair.",
            ),
            Self::Error(Fault::Passing) => {
                ("打印机过热或暂停，请等一两分钟再打。", "The printer is too hot or pausing: wait a minute or two.")
            }
            Self::Error(Fault::Other) => (
                "打印机报错，请看打印机上的指示灯，关机再开机。",
                "The printer reports an error: look at its lights, switch it off and on.",
            ),
            Self::Unknown => ("打印机不报告状态，请看打印机本身。", "The printer does not tell: look at it."),
        };
        lang.of(zh, en)
    }
}

impl fmt::Display for Condition {
    /// In both languages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sentence(Lang::Zh), self.sentence(Lang::En))
    }
}
