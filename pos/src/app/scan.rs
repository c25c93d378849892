//! A scanner that types like a keyboard (wedge), told apart from people by its speed.
//!
//! The plugin sees keys before any widget does, so neither focus nor an input method can eat a scan,
//! and the scanner's Enter presses no button. What turns out to be typed by hand is handed on, in
//! order. egui gives events no time of their own, only frames; so a pause counts only while the
//! window was idle: keys that queued up during a slow frame were not typed slowly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::resident::half_width;
use eframe::egui::{self, Event, ImeEvent, Key};

/// Longest pause within a scan, in seconds.
const PAUSE: f64 = 0.08;
/// Fewest characters of a scan: short codes are typed.
const FEWEST: usize = 6;
/// Fewest characters of a scan by a scanner that sends no Enter.
const FEWEST_WITHOUT_END: usize = 8;
/// Most idle time for each character of a scan, in seconds: nobody types six keys that fast.
const EACH: f64 = 0.035;
/// Keys that come together in one frame were typed faster than any person does.
const QUEUED: usize = 2;
/// Longest scan, in characters: a QR code of a receipt has some 100.
const MOST: usize = 512;

/// Scans that wait for the till, oldest first.
pub type Scans = Arc<Mutex<VecDeque<String>>>;

/// The egui plugin.
#[derive(Debug, Default)]
pub struct Scanner {
    scans: Scans,
    text: String,
    /// The burst's own events, to be handed on if a person typed them.
    held: Vec<Event>,
    /// Idle time between the keys of the burst.
    idle: f64,
    /// Idle time since the last of them.
    since: f64,
    /// End of the last frame.
    rested: f64,
    frame: Option<(f64, Instant)>,
    /// Keys that went to the customers' window: they are the till's.
    strays: Vec<Event>,
}

impl Scanner {
    /// A scanner that leaves its scans in `scans`.
    pub fn new(scans: Scans) -> Self {
        Self { scans, ..Self::default() }
    }

    fn is_scan(&self, has_end: bool) -> bool {
        let count = self.text.chars().count();
        let fewest = if has_end { FEWEST } else { FEWEST_WITHOUT_END };
        let budget = EACH * f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        (fewest..=MOST).contains(&count) && self.idle <= budget
    }

    /// Ends the burst: a scan is kept, typing is handed on. Whether it was a scan.
    fn close(&mut self, has_end: bool, onward: &mut Vec<Event>) -> bool {
        let is_scan = self.is_scan(has_end);
        let text = std::mem::take(&mut self.text);
        let held = std::mem::take(&mut self.held);
        (self.idle, self.since) = (0.0, 0.0);
        if is_scan {
            let mut scans = self.scans.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            scans.push_back(half_width(text.trim()));
        } else {
            onward.extend(held);
        }
        is_scan
    }

    /// The customers' window has no use for keys: the till's takes them in with its next frame.
    fn stray(&mut self, ctx: &egui::Context, input: &mut egui::RawInput, pause: f64) {
        if !self.text.is_empty() {
            self.since += pause;
        }
        let is_key =
            |event: &Event| matches!(event, Event::Text(_) | Event::Key { .. } | Event::Ime(_) | Event::Paste(_));
        let (keys, others) = std::mem::take(&mut input.events).into_iter().partition(is_key);
        input.events = others;
        let mut keys: Vec<Event> = keys;
        if !keys.is_empty() {
            self.strays.append(&mut keys);
            ctx.request_repaint_of(egui::ViewportId::ROOT);
        }
    }

    fn take(&mut self, event: Event, onward: &mut Vec<Event>) {
        match &event {
            Event::Text(text) | Event::Ime(ImeEvent::Commit(text)) if is_key(text) => {
                self.text.push_str(text);
                self.idle += std::mem::take(&mut self.since);
                self.held.push(event);
            }
            Event::Key { key: Key::Enter | Key::Tab, pressed: true, modifiers, .. } if modifiers.is_none() => {
                let was_scan = self.close(true, onward);
                if !was_scan {
                    onward.push(event);
                }
            }
            // The keys of printable characters go with their text; they would press nothing else.
            Event::Key { key, modifiers, .. }
                if !self.held.is_empty() && is_printable(*key) && !modifiers.command && !modifiers.alt =>
            {
                self.held.push(event);
            }
            Event::Text(_) | Event::Ime(ImeEvent::Commit(_)) | Event::Paste(_) | Event::Key { pressed: true, .. } => {
                self.close(false, onward);
                onward.push(event);
            }
            _ => onward.push(event),
        }
    }
}

/// Whether it is one key of a scanner: words of an input method and pasted text are not.
fn is_key(text: &str) -> bool {
    let text = half_width(text);
    text.len() == 1 && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// Whether it is a key of a scan or its end.
fn is_of_scan(event: &Event) -> bool {
    match event {
        Event::Text(text) | Event::Ime(ImeEvent::Commit(text)) => is_key(text),
        Event::Key { key: Key::Enter | Key::Tab, pressed, modifiers, .. } => *pressed && modifiers.is_none(),
        _ => false,
    }
}

fn is_printable(key: Key) -> bool {
    key.symbol_or_name().chars().count() == 1 || key == Key::Space || key == Key::Minus
}

impl egui::Plugin for Scanner {
    fn debug_name(&self) -> &'static str {
        "scanner"
    }

    fn input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        let now = input.time.unwrap_or_else(|| ctx.input(|i| i.time) + f64::from(input.predicted_dt));
        let pause = (now - self.rested).max(0.0);
        self.frame = Some((now, Instant::now()));
        if input.viewport_id != egui::ViewportId::ROOT {
            self.stray(ctx, input, pause);
            return;
        }
        let mut events = std::mem::take(&mut self.strays);
        events.append(&mut input.events);
        let onward = &mut input.events;
        if !self.text.is_empty() {
            self.since += pause;
            if self.since > PAUSE {
                if events.iter().filter(|event| is_of_scan(event)).count() < QUEUED {
                    self.close(false, onward);
                } else {
                    // They queued up while the graphics driver drew, which no clock of ours sees.
                    self.since = 0.0;
                }
            }
        }
        for event in events {
            self.take(event, onward);
        }
    }

    fn on_end_pass(&mut self, ui: &mut egui::Ui) {
        // What is held must be decided even if nothing else happens.
        if !self.text.is_empty() {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(PAUSE * 1.1));
        }
    }

    fn output_hook(&mut self, _: &egui::Context, _: &mut egui::FullOutput) {
        if let Some((started, at)) = self.frame {
            self.rested = started + at.elapsed().as_secs_f64();
        }
    }
}
