//! What is said to each kind of device and what is heard from it, without the line itself.

use std::time::Duration;

use super::DeviceEvent;
use super::display::{Model, Show};
use super::id_card::{self, Reader, Step};
use super::scale::{self, Steady};
use super::scanner;
use super::sentence::Sentence;
use super::setting::{Protocol, Setting};

/// A code that stops in the middle for so long has lost its end.
const HALF_A_CODE: Duration = Duration::from_secs(1);
/// Pause between two questions to a scale.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// Longest that a weight is asked for.
const ASK_LONGEST: Duration = Duration::from_secs(10);
/// Broken frames in a row before a scale is said to be set wrongly.
const FAULTS: u32 = 5;

/// What the till wants of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Show this.
    Show(Show),
    /// Find out the weight.
    AskWeight,
}

/// What goes out: bytes to the device, events to the till.
#[derive(Default)]
pub struct Out {
    /// For the device.
    pub bytes: Vec<u8>,
    /// For the till.
    pub events: Vec<DeviceEvent>,
}

/// The dialogue with one device. Times are counted from when the line was opened.
pub trait Talk: Send {
    /// The line is open: everything begins anew.
    fn opened(&mut self, out: &mut Out);
    /// Bytes came.
    fn heard(&mut self, now: Duration, bytes: &[u8], out: &mut Out);
    /// Nothing came for a moment.
    fn idle(&mut self, now: Duration, out: &mut Out);
    /// The till wants something; without a time the line is not open.
    fn told(&mut self, now: Option<Duration>, order: Order, out: &mut Out);
}

/// The dialogue that a setting asks for.
pub fn of(setting: &Setting) -> Box<dyn Talk> {
    let scale = |decoder| Box::new(Scale::new(decoder)) as Box<dyn Talk>;
    match setting.protocol {
        Protocol::Lines => {
            Box::new(Scanner { decoder: Default::default(), prefix: setting.prefix.clone(), last: Duration::ZERO })
        }
        Protocol::Sdt => Box::new(Cards::default()),
        Protocol::Cas => scale(scale::Decoder::Cas(Default::default())),
        Protocol::Toledo => scale(scale::Decoder::Toledo(Default::default())),
        Protocol::Generic => scale(scale::Decoder::Generic(Default::default())),
        Protocol::Display(model) => Box::new(Display { model, show: Show::Welcome }),
    }
}

struct Scanner {
    decoder: scanner::Decoder,
    prefix: String,
    last: Duration,
}

impl Talk for Scanner {
    fn opened(&mut self, _: &mut Out) {
        self.decoder.clear();
        self.last = Duration::ZERO;
    }

    fn heard(&mut self, now: Duration, bytes: &[u8], out: &mut Out) {
        self.last = now;
        for scanner::Event::Code { text, .. } in self.decoder.push(bytes) {
            out.events.push(DeviceEvent::Scanned(scanner::strip_prefix(&text, &self.prefix).into()));
        }
    }

    fn idle(&mut self, now: Duration, _: &mut Out) {
        if now.saturating_sub(self.last) >= HALF_A_CODE {
            self.decoder.clear();
        }
    }

    fn told(&mut self, _: Option<Duration>, _: Order, _: &mut Out) {}
}

#[derive(Default)]
struct Cards {
    decoder: id_card::Decoder,
    reader: Reader,
    last: Duration,
}

impl Cards {
    fn tick(&mut self, now: Duration, out: &mut Out) {
        let step = self.reader.tick(now.saturating_sub(std::mem::replace(&mut self.last, now)));
        self.take(step, out);
    }

    fn take(&mut self, step: Option<Step>, out: &mut Out) {
        match step {
            None => {}
            Some(Step::Send(command)) => {
                // The reader speaks only when asked: what still waits is the rest of a broken answer.
                self.decoder.clear();
                out.bytes.extend(command.bytes());
            }
            Some(Step::Card(card)) => out.events.push(DeviceEvent::Card(card)),
            Some(Step::Trouble(sentence)) => out.events.push(DeviceEvent::CardTrouble(sentence)),
        }
    }
}

impl Talk for Cards {
    fn opened(&mut self, out: &mut Out) {
        *self = Self::default();
        self.tick(Duration::ZERO, out);
    }

    fn heard(&mut self, now: Duration, bytes: &[u8], out: &mut Out) {
        for event in self.decoder.push(bytes) {
            let step = self.reader.hear(event);
            self.take(step, out);
        }
        self.tick(now, out);
    }

    fn idle(&mut self, now: Duration, out: &mut Out) {
        self.tick(now, out);
    }

    fn told(&mut self, _: Option<Duration>, _: Order, _: &mut Out) {}
}

/// A weight that was asked for.
struct Asked {
    until: Duration,
    next: Duration,
    has_answered: bool,
}

struct Scale {
    decoder: scale::Decoder,
    steady: Steady,
    faults: u32,
    asked: Option<Asked>,
    /// What was told last: the same again is no news.
    told: Option<DeviceEvent>,
}

impl Scale {
    fn new(decoder: scale::Decoder) -> Self {
        Self { decoder, steady: Steady::default(), faults: 0, asked: None, told: None }
    }

    fn tell(&mut self, event: DeviceEvent, out: &mut Out) {
        if self.told.as_ref() != Some(&event) {
            self.told = Some(event.clone());
            out.events.push(event);
        }
    }

    fn trouble(&mut self, zh: &'static str, en: &'static str, out: &mut Out) {
        self.tell(DeviceEvent::ScaleTrouble(Sentence::new(zh, en)), out);
    }

    fn take(&mut self, event: scale::Event, out: &mut Out) {
        let steady = self.steady.push(event);
        self.faults = if event == scale::Event::Fault { self.faults.saturating_add(1) } else { 0 };
        if let Some(asked) = &mut self.asked {
            asked.has_answered = true;
        }
        match event {
            scale::Event::Weight { grams, .. } => {
                self.tell(DeviceEvent::Weight { grams, stable: steady.is_some() }, out);
                if steady.is_some() {
                    self.asked = None;
                }
            }
            scale::Event::Ready => out.bytes.extend(self.decoder.go_on()),
            scale::Event::Moving => {}
            scale::Event::Overload => {
                self.trouble("秤上太重了，请分开称。", "Too heavy for the scale: weigh it in parts", out);
            }
            scale::Event::Negative => {
                self.trouble(
                    "秤的读数小于零，请清空秤盘后按置零。",
                    "The scale is below zero: empty it and set it to zero",
                    out,
                );
            }
            scale::Event::Fault if self.faults == FAULTS => {
                self.trouble(
                    "秤发来的数据看不懂，请检查秤的协议和波特率设置，或手工输入重量。",
                    "The scale's data cannot be read: check protocol and baud rate, or type the weight",
                    out,
                );
            }
            scale::Event::Fault => {}
        }
    }

    fn give_up(&mut self, asked: &Asked, out: &mut Out) {
        if asked.has_answered {
            self.trouble(
                "秤没有稳定下来，请放稳后再称，或手工输入重量。",
                "The scale did not settle: weigh again, or type the weight",
                out,
            );
        } else {
            self.trouble(
                "秤没有应答，请检查连线和设置，或手工输入重量。",
                "The scale does not answer: check cable and setting, or type the weight",
                out,
            );
        }
    }
}

impl Talk for Scale {
    fn opened(&mut self, _: &mut Out) {
        self.decoder.clear();
        self.steady.forget();
        self.faults = 0;
        self.asked = None;
        self.told = None;
    }

    fn heard(&mut self, now: Duration, bytes: &[u8], out: &mut Out) {
        for event in self.decoder.push(bytes) {
            self.take(event, out);
        }
        self.idle(now, out);
    }

    fn idle(&mut self, now: Duration, out: &mut Out) {
        let Some(mut asked) = self.asked.take() else {
            return;
        };
        if now >= asked.until {
            return self.give_up(&asked, out);
        }
        if now >= asked.next {
            asked.next = now + ASK_EVERY;
            out.bytes.extend(self.decoder.question());
        }
        self.asked = Some(asked);
    }

    fn told(&mut self, now: Option<Duration>, order: Order, out: &mut Out) {
        if order != Order::AskWeight {
            return;
        }
        // Whoever asks is told, even if it is what it was.
        self.told = None;
        self.steady.forget();
        match now {
            Some(now) => {
                self.asked = Some(Asked { until: now + ASK_LONGEST, next: now, has_answered: false });
                self.idle(now, out);
            }
            None => self.trouble(
                "秤没有连上，请检查连线，或手工输入重量。",
                "The scale is not connected: check its cable, or type the weight",
                out,
            ),
        }
    }
}

struct Display {
    model: Model,
    /// What it shows, for when it is plugged in again.
    show: Show,
}

impl Talk for Display {
    fn opened(&mut self, out: &mut Out) {
        out.bytes.extend(self.model.start());
        out.bytes.extend(self.model.encode(self.show));
    }

    fn heard(&mut self, _: Duration, _: &[u8], _: &mut Out) {}

    fn idle(&mut self, _: Duration, _: &mut Out) {}

    fn told(&mut self, now: Option<Duration>, order: Order, out: &mut Out) {
        let Order::Show(show) = order else {
            return;
        };
        self.show = show;
        if now.is_some() {
            // What was to be shown a moment ago is over.
            out.bytes = self.model.encode(show);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::simulator::cas_frame;

    fn second(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn talk(protocol: Protocol) -> Box<dyn Talk> {
        of(&Setting::new(protocol, "COM1"))
    }

    #[test]
    fn a_scale_that_streams_tells_what_is_new() {
        let mut scale = talk(Protocol::Cas);
        let mut out = Out::default();
        for (state, figure) in [('U', " 0.300"), ('S', " 0.500"), ('S', " 0.500"), ('S', " 0.500"), ('S', " 0.000")] {
            scale.heard(second(1), &cas_frame(state, ' ', figure), &mut out);
        }
        let weight = |grams, stable| DeviceEvent::Weight { grams, stable };
        assert_eq!(out.events, [weight(300, false), weight(500, false), weight(500, true), weight(0, false)]);
        assert!(out.bytes.is_empty());
    }

    #[test]
    fn a_passive_scale_is_asked_until_it_is_steady() {
        let mut scale = talk(Protocol::Cas);
        let mut out = Out::default();
        scale.told(Some(second(1)), Order::AskWeight, &mut out);
        assert_eq!(std::mem::take(&mut out.bytes), [0x05]);
        scale.heard(second(1), &[0x06], &mut out);
        assert_eq!(std::mem::take(&mut out.bytes), [0x11]);
        scale.heard(second(1), &cas_frame('S', ' ', " 0.500"), &mut out);
        assert!(out.bytes.is_empty());
        scale.idle(second(2), &mut out);
        assert_eq!(std::mem::take(&mut out.bytes), [0x05]);
        scale.heard(second(2), &cas_frame('S', ' ', " 0.500"), &mut out);
        scale.idle(second(3), &mut out);
        assert!(out.bytes.is_empty(), "it is known");
        assert_eq!(out.events.last(), Some(&DeviceEvent::Weight { grams: 500, stable: true }));
    }

    #[test]
    fn asking_ends_with_a_sentence() {
        let told = |out: &Out| match out.events.last() {
            Some(DeviceEvent::ScaleTrouble(sentence)) => sentence.to_string(),
            other => panic!("{other:?}"),
        };
        let mut scale = talk(Protocol::Toledo);
        let mut out = Out::default();
        scale.told(Some(second(1)), Order::AskWeight, &mut out);
        assert_eq!(out.bytes, b"W");
        scale.idle(second(11), &mut out);
        assert!(told(&out).contains("does not answer"));
        scale.told(Some(second(12)), Order::AskWeight, &mut out);
        scale.heard(second(12), b"\x02?\x01\r", &mut out);
        scale.idle(second(22), &mut out);
        assert!(told(&out).contains("did not settle"));
        scale.told(None, Order::AskWeight, &mut out);
        assert!(told(&out).contains("not connected"));
        for _ in 0..5 {
            scale.heard(second(30), b"\x02what\r", &mut out);
        }
        assert!(told(&out).contains("cannot be read"));
    }

    #[test]
    fn half_a_code_is_forgotten() {
        let mut scanner = talk(Protocol::Lines);
        let mut out = Out::default();
        scanner.heard(second(1), b"690", &mut out);
        scanner.idle(second(2), &mut out);
        scanner.heard(second(3), b"1234\r", &mut out);
        assert_eq!(out.events, [DeviceEvent::Scanned("1234".into())]);
    }

    #[test]
    fn a_display_shows_the_newest_and_remembers_it() {
        let mut display = talk(Protocol::Display(Model::Led8));
        let mut out = Out::default();
        let (first, second_) = (Show::Total(domain::money::Money::from_fen(100)), Show::Clear);
        display.told(Some(second(1)), Order::Show(first), &mut out);
        display.told(Some(second(1)), Order::Show(second_), &mut out);
        assert_eq!(out.bytes, Model::Led8.encode(second_));
        display.told(None, Order::Show(first), &mut out);
        let mut out = Out::default();
        display.opened(&mut out);
        assert_eq!(out.bytes, [Model::Led8.start(), &Model::Led8.encode(first)].concat());
    }
}
