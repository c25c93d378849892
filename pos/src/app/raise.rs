//! Beside another till: the window comes up and goes away at a key, or when it is called.
//!
//! The key is the desktop's (`global-hotkey`: Windows and X11). Where a desktop gives none, its own
//! key settings run `jihui-till raise`, which calls at a port of this machine; the file `raise` in the
//! data folder holds port and word.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{self, ViewportCommand, ViewportId, WindowLevel};
use global_hotkey::hotkey::HotKey;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};

use super::App;

/// Keys that the menu offers, the usual one first.
pub const HOTKEYS: [&str; 4] = ["Ctrl+F12", "Ctrl+F11", "Ctrl+Alt+J", "Alt+F12"];
/// Name of the file that says where to call.
const FILE: &str = "raise";
/// How long a caller may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The desktop's key takes the keys away from a window while it is down: that is not yet another window.
const WHILE_DOWN: Duration = Duration::from_millis(400);
/// Longest line of a caller.
const LONGEST: u64 = 100;

/// What the window is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Come up, over everything else.
    Up,
    /// Go away.
    Down,
    /// The other of both.
    Turn,
}

impl Call {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Turn => "turn",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Up, Self::Down, Self::Turn].into_iter().find(|call| call.word() == word)
    }
}

/// Calls that the window has not answered yet.
type Calls = Arc<Mutex<VecDeque<Call>>>;

/// What connects the window with its desktop.
pub struct Desk {
    calls: Calls,
    file: PathBuf,
    keys: Keys,
    /// Since when another window has the keys.
    away: Option<Instant>,
}

/// The desktop's key.
enum Keys {
    /// Not asked for.
    Unused,
    /// It calls. The manager lives as long as the key is ours.
    Ours { manager: GlobalHotKeyManager, key: HotKey, text: String },
    /// This desktop gives none, or not this one.
    Refused { text: String },
}

impl Desk {
    /// Opens the port and writes where it is.
    ///
    /// # Errors
    /// Where the port or the file cannot be made.
    pub fn open(ctx: &egui::Context, dir: &Path) -> io::Result<Self> {
        let calls = Calls::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let word = secret()?;
        let file = dir.join(FILE);
        write_private(&file, &format!("{} {word}\n", listener.local_addr()?.port()))?;
        let (heard, ctx_of_thread) = (Arc::clone(&calls), ctx.clone());
        std::thread::Builder::new().name("raise".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller that breaks off has asked for nothing.
                if let Ok(Some(call)) = hear(stream, &word) {
                    push(&heard, call, &ctx_of_thread);
                }
            }
        })?;
        let (pressed, ctx) = (Arc::clone(&calls), ctx.clone());
        GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
            if event.state() == HotKeyState::Pressed {
                push(&pressed, Call::Turn, &ctx);
            }
        }));
        Ok(Self { calls, file, keys: Keys::Unused, away: None })
    }

    /// Holds the key while the till stands beside another one. Whether it is refused.
    pub fn follow(&mut self, is_beside: bool, wanted: &str) -> bool {
        let is_right = match &self.keys {
            Keys::Unused => !is_beside,
            Keys::Ours { text, .. } | Keys::Refused { text } => is_beside && text == wanted,
        };
        if !is_right {
            if let Keys::Ours { manager, key, .. } = std::mem::replace(&mut self.keys, Keys::Unused) {
                manager.unregister(key).ok();
            }
            if is_beside {
                self.keys = take(wanted);
            }
        }
        matches!(self.keys, Keys::Refused { .. })
    }

    /// Whether the window is in sight and has the keys.
    fn is_up(&mut self, ctx: &egui::Context) -> bool {
        let (minimized, focused) = ctx.input(|i| (i.viewport().minimized, i.viewport().focused));
        self.away = if focused == Some(false) { self.away.or_else(|| Some(Instant::now())) } else { None };
        minimized != Some(true) && self.away.is_none_or(|since| since.elapsed() < WHILE_DOWN)
    }

    fn next(&self) -> Option<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        std::fs::remove_file(&self.file).ok();
    }
}

fn push(calls: &Calls, call: Call, ctx: &egui::Context) {
    calls.lock().unwrap_or_else(PoisonError::into_inner).push_back(call);
    ctx.request_repaint_of(ViewportId::ROOT);
}

/// Takes the desktop's key.
fn take(wanted: &str) -> Keys {
    let refused = || Keys::Refused { text: wanted.to_owned() };
    if !gives_keys(std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())) {
        return refused();
    }
    let (Ok(key), Ok(manager)) = (HotKey::from_str(wanted), GlobalHotKeyManager::new()) else { return refused() };
    match manager.register(key) {
        Ok(()) => Keys::Ours { manager, key, text: wanted.to_owned() },
        Err(_) => refused(),
    }
}

/// Whether programs may take keys here. Under Wayland X11's keys reach X11's windows alone.
fn gives_keys(is_wayland: bool) -> bool {
    cfg!(not(any(target_os = "linux", target_os = "freebsd"))) || !is_wayland
}

fn secret() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Only whoever may read the data folder can call.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// What a caller asks for; none where it does not know the word.
fn hear(mut stream: TcpStream, word: &str) -> io::Result<Option<Call>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&stream).take(LONGEST)).read_line(&mut line)?;
    let call =
        line.trim_end().split_once(' ').filter(|(said, _)| *said == word).and_then(|(_, call)| Call::parse(call));
    stream.write_all(if call.is_some() { b"ok\n" } else { b"no\n" })?;
    Ok(call)
}

/// Calls the window of a data folder. Whether it answered.
pub fn call(dir: &Path, call: Call) -> bool {
    let asked = || -> Option<String> {
        let text = std::fs::read_to_string(dir.join(FILE)).ok()?;
        let (port, word) = text.trim_end().split_once(' ')?;
        let at = (Ipv4Addr::LOCALHOST, port.parse().ok()?).into();
        let mut stream = TcpStream::connect_timeout(&at, PATIENCE).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(format!("{word} {}\n", call.word()).as_bytes()).ok()?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer).ok()?;
        Some(answer)
    };
    asked().is_some_and(|answer| answer.trim_end() == "ok")
}

impl App {
    /// Brings the window up over everything else, with the keys (and so the scanner), or puts it away.
    pub fn raise(&mut self, ctx: &egui::Context, up: bool) {
        let commands = if up {
            vec![
                ViewportCommand::Minimized(false),
                ViewportCommand::WindowLevel(WindowLevel::AlwaysOnTop),
                ViewportCommand::Focus,
            ]
        } else {
            vec![ViewportCommand::WindowLevel(WindowLevel::Normal), ViewportCommand::Minimized(true)]
        };
        for command in commands {
            ctx.send_viewport_cmd_to(ViewportId::ROOT, command);
        }
    }

    /// Does what the desktop asks of the window.
    pub(super) fn follow_desk(&mut self, ctx: &egui::Context) {
        let Some(desk) = &mut self.desk else { return };
        self.view.front.key_refused = desk.follow(self.snap.is_beside, &self.view.front.hotkey);
        let mut is_up = desk.is_up(ctx);
        while let Some(call) = self.desk.as_ref().and_then(Desk::next) {
            is_up = call == Call::Up || call == Call::Turn && !is_up;
            self.raise(ctx, is_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_called_by_whoever_can_read_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!call(dir.path(), Call::Up), "nobody is there");
        let desk = Desk::open(&egui::Context::default(), dir.path()).unwrap();
        for each in [Call::Up, Call::Down, Call::Turn] {
            assert!(call(dir.path(), each));
            let until = Instant::now() + PATIENCE;
            let heard = loop {
                match desk.next() {
                    None if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
                    heard => break heard,
                }
            };
            assert_eq!(heard, Some(each));
        }
        let text = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        let port = text.split_once(' ').unwrap().0;
        std::fs::write(dir.path().join(FILE), format!("{port} guessed\n")).unwrap();
        assert!(!call(dir.path(), Call::Up), "without the word there is no answer");
        assert_eq!(desk.next(), None);
        drop(desk);
        assert!(!dir.path().join(FILE).exists());
    }

    #[test]
    fn the_keys_that_the_menu_offers_can_be_taken() {
        for text in HOTKEYS {
            assert!(HotKey::from_str(text).is_ok(), "{text}");
        }
        assert!(matches!(take("Ctrl+NoSuchKey"), Keys::Refused { .. }));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn wayland_gives_no_keys() {
        assert!(!gives_keys(true));
        assert!(gives_keys(false));
    }
}
