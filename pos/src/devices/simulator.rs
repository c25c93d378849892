//! Devices that are not there: what a reader, a scale and a scanner say on a line, for tests, for
//! trying a till without hardware, and for the demonstration.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::id_card::{Command, Frames, TEXT, frame};
use super::setting::Protocol;

/// Pause between two lines of a scale that sends them of its own accord.
const STREAM: Duration = Duration::from_millis(100);
const PHOTO: usize = 1024;

/// What happens to a simulated device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// An ID card with this number is laid down.
    Present(String),
    /// A foreigner's card is laid down.
    PresentForeign,
    /// The card is lifted.
    Remove,
    /// Something lies on the scale.
    Weigh(Load),
    /// A code is scanned.
    Scan(String),
    /// These bytes come as they are.
    Raw(Vec<u8>),
    /// Nothing happens for a while.
    Wait(Duration),
}

/// What a scale carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// At rest.
    Stable(u32),
    /// Still swinging.
    Moving(u32),
    /// Too much.
    Over,
    /// So many grams below zero.
    Negative(u32),
}

impl Act {
    /// Reads `present NUMBER`, `foreign`, `remove`, `weigh GRAMS`, `moving GRAMS`, `over`, `negative GRAMS`,
    /// `scan CODE` or `wait MILLISECONDS`.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let number = || rest.trim().parse().map_err(|_| format!("`{line}`: a whole number follows `{verb}`"));
        Ok(match verb {
            "present" if !rest.is_empty() => Self::Present(rest.trim().into()),
            "foreign" => Self::PresentForeign,
            "remove" => Self::Remove,
            "weigh" => Self::Weigh(Load::Stable(number()?)),
            "moving" => Self::Weigh(Load::Moving(number()?)),
            "over" => Self::Weigh(Load::Over),
            "negative" => Self::Weigh(Load::Negative(number()?)),
            "scan" if !rest.is_empty() => Self::Scan(rest.into()),
            "wait" => Self::Wait(Duration::from_millis(u64::from(number()?))),
            _ => {
                return Err(format!(
                    "`{line}` is none of: present NUMBER, foreign, remove, weigh GRAMS, moving GRAMS, over, negative GRAMS, scan CODE, wait MS"
                ));
            }
        })
    }
}

/// The text block of a card, with an invented name and address.
pub fn card_text(number: &str, kind: char, until: &str) -> Vec<u8> {
    let mut text: Vec<u8> = [0x20, 0x00].repeat(TEXT / 2);
    let mut put = |at: usize, words: &str| {
        let bytes: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
        text[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    put(0, "测试人");
    put(30, "1");
    put(32, "01");
    put(36, "19491231");
    put(52, "测试省测试市测试路1号");
    put(122, number);
    put(158, "测试市公安局");
    put(188, "20100101");
    put(204, until);
    put(248, &kind.to_string());
    text
}

/// A frame of a CAS scale.
pub fn cas_frame(state: char, sign: char, figure: &str) -> Vec<u8> {
    let mut frame = vec![0x01, 0x02];
    frame.extend(format!("{state}{sign}{figure:>6}kg").bytes());
    frame.push(frame.iter().fold(0, |sum, byte| sum ^ byte));
    frame.extend([0x03, 0x04]);
    frame
}

/// A reader for ID cards.
#[derive(Default)]
pub struct CardPeer {
    frames: Frames,
    /// Text of the card that lies there.
    card: Option<Vec<u8>>,
    is_read: bool,
    is_selected: bool,
    /// It finds a card again that it has read, as some readers do.
    pub finds_again: bool,
}

impl CardPeer {
    /// A card is laid down.
    pub fn present(&mut self, number: &str) {
        self.lay(card_text(number, ' ', "20401231"));
    }

    /// A foreigner's card is laid down.
    pub fn present_foreign(&mut self) {
        self.lay(card_text("CHN110123456789", 'I', ""));
    }

    fn lay(&mut self, text: Vec<u8>) {
        self.remove();
        self.card = Some(text);
    }

    /// It is lifted.
    pub fn remove(&mut self) {
        self.card = None;
        self.is_read = false;
        self.is_selected = false;
    }

    /// What it answers.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut asked = Vec::new();
        self.frames.push(bytes, &mut |body| asked.push(body.map(<[u8]>::to_vec)));
        asked.into_iter().flat_map(|body| body.map_or_else(|| status(0x10), |body| self.answer(&body))).collect()
    }

    fn answer(&mut self, body: &[u8]) -> Vec<u8> {
        let is = |command: Command| frame(body) == command.bytes();
        if is(Command::Find) {
            self.is_selected = false;
            let is_found = self.card.is_some() && (self.finds_again || !self.is_read);
            if is_found { frame(&[0, 0, 0x9F, 0, 0, 0, 0]) } else { status(0x80) }
        } else if is(Command::Select) {
            self.is_selected = self.card.is_some();
            if self.is_selected { frame(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0]) } else { status(0x81) }
        } else if is(Command::Read) {
            let Some(text) = self.card.as_ref().filter(|_| self.is_selected) else {
                return status(0x41);
            };
            self.is_read = true;
            let mut data = vec![0, 0, 0x90];
            data.extend([1, 0, 4, 0]);
            data.extend(text);
            data.extend([0x57; PHOTO]);
            frame(&data)
        } else {
            status(0x21)
        }
    }
}

fn status(sw3: u8) -> Vec<u8> {
    frame(&[0, 0, sw3])
}

/// A scale.
pub struct ScalePeer {
    protocol: Protocol,
    /// What it carries.
    pub load: Load,
    /// It sends of its own accord; otherwise it waits to be asked.
    pub streams: bool,
}

impl ScalePeer {
    /// An empty scale.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, load: Load::Stable(0), streams: protocol == Protocol::Generic }
    }

    /// What it answers.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = |byte: &u8| match (self.protocol, byte) {
            (Protocol::Cas, 0x05) => vec![0x06],
            (Protocol::Cas, 0x11) | (Protocol::Toledo, b'W') => self.line(),
            _ => Vec::new(),
        };
        bytes.iter().flat_map(answer).collect()
    }

    /// The line that says what it carries.
    pub fn line(&self) -> Vec<u8> {
        let kg = |grams: u32| format!("{}.{:03}", grams / 1000, grams % 1000);
        match self.protocol {
            Protocol::Cas => match self.load {
                Load::Stable(grams) => cas_frame('S', ' ', &kg(grams)),
                Load::Moving(grams) => cas_frame('U', ' ', &kg(grams)),
                Load::Over => cas_frame('F', ' ', "------"),
                Load::Negative(grams) => cas_frame('S', '-', &kg(grams)),
            },
            Protocol::Toledo => match self.load {
                Load::Stable(grams) => format!("\x02{:0>6}\r", kg(grams)).into_bytes(),
                Load::Moving(_) => b"\x02?\x01\r".to_vec(),
                Load::Over => b"\x02?\x02\r".to_vec(),
                Load::Negative(_) => b"\x02?\x04\r".to_vec(),
            },
            _ => match self.load {
                Load::Stable(grams) => format!("ST,GS,+{:>7}kg\r\n", kg(grams)),
                Load::Moving(grams) => format!("US,GS,+{:>7}kg\r\n", kg(grams)),
                Load::Over => "OL,GS,+-------kg\r\n".into(),
                Load::Negative(grams) => format!("ST,GS,-{:>7}kg\r\n", kg(grams)),
            }
            .into_bytes(),
        }
    }
}

/// A simulated device.
pub enum Peer {
    /// A reader for ID cards.
    Card(CardPeer),
    /// A scale.
    Scale(ScalePeer),
    /// A scanner.
    Scanner,
}

impl Peer {
    /// The device that speaks a protocol; a display has nothing to say.
    pub fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Lines => Some(Self::Scanner),
            Protocol::Sdt => Some(Self::Card(CardPeer::default())),
            Protocol::Cas | Protocol::Toledo | Protocol::Generic => Some(Self::Scale(ScalePeer::new(protocol))),
            Protocol::Display(_) => None,
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Card(card) => card.hear(bytes),
            Self::Scale(scale) => scale.hear(bytes),
            Self::Scanner => Vec::new(),
        }
    }

    fn stream(&self) -> Vec<u8> {
        match self {
            Self::Scale(scale) if scale.streams => scale.line(),
            Self::Scale(_) | Self::Card(_) | Self::Scanner => Vec::new(),
        }
    }

    /// Does it; what goes out at once, or nothing if this device cannot.
    fn act(&mut self, act: Act) -> Option<Vec<u8>> {
        match (self, act) {
            (Self::Card(card), Act::Present(number)) => card.present(&number),
            (Self::Card(card), Act::PresentForeign) => card.present_foreign(),
            (Self::Card(card), Act::Remove) => card.remove(),
            (Self::Scale(scale), Act::Weigh(load)) => scale.load = load,
            (Self::Scanner, Act::Scan(code)) => return Some(format!("{code}\r\n").into_bytes()),
            (_, Act::Raw(bytes)) => return Some(bytes),
            _ => return None,
        }
        Some(Vec::new())
    }
}

/// A simulated device at work on a line. Dropping it unplugs it.
pub struct Simulator {
    acts: Option<Sender<Act>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts it on an open line, whose timeout should be short. Pieces of `piece` bytes go out at a time.
    pub fn start(port: impl Read + Write + Send + 'static, peer: Peer, piece: usize) -> std::io::Result<Self> {
        let (acts, wanted) = mpsc::channel();
        let mut line = Line { port, peer, piece: piece.max(1), plan: VecDeque::new(), free: Instant::now() };
        let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || line.run(&wanted))?;
        Ok(Self { acts: Some(acts), thread: Some(thread) })
    }

    /// Does this when what was asked before is done. False once the line broke.
    pub fn act(&self, act: Act) -> bool {
        self.acts.as_ref().is_some_and(|acts| acts.send(act).is_ok())
    }

    /// Waits until all is done, or the line broke.
    pub fn finish(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.acts = None;
        if let Some(thread) = self.thread.take() {
            // A simulator that panicked has said so itself.
            thread.join().ok();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.end();
    }
}

struct Line<P> {
    port: P,
    peer: Peer,
    piece: usize,
    plan: VecDeque<Act>,
    /// Until then nothing new is done.
    free: Instant,
}

impl<P: Read + Write> Line<P> {
    fn run(&mut self, acts: &Receiver<Act>) {
        let mut streamed = Instant::now();
        let mut input = [0; 256];
        loop {
            let is_over = loop {
                match acts.try_recv() {
                    Ok(act) => self.plan.push_back(act),
                    Err(TryRecvError::Empty) => break false,
                    Err(TryRecvError::Disconnected) => break true,
                }
            };
            let mut out = self.next_acts();
            if is_over && self.plan.is_empty() && Instant::now() >= self.free {
                self.send(&out);
                return;
            }
            if streamed.elapsed() >= STREAM {
                streamed = Instant::now();
                out.extend(self.peer.stream());
            }
            match self.port.read(&mut input) {
                Ok(count) => out.extend(self.peer.hear(&input[..count])),
                Err(err) if matches!(err.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(_) => return,
            }
            if !self.send(&out) {
                return;
            }
        }
    }

    fn next_acts(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while Instant::now() >= self.free
            && let Some(act) = self.plan.pop_front()
        {
            match act {
                Act::Wait(time) => self.free = Instant::now() + time,
                // What this device cannot do is nothing that it does.
                act => out.extend(self.peer.act(act).unwrap_or_default()),
            }
        }
        out
    }

    fn send(&mut self, bytes: &[u8]) -> bool {
        bytes.chunks(self.piece).all(|piece| self.port.write_all(piece).is_ok())
    }
}
