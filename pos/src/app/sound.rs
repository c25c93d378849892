//! Short sounds, so that eyes may stay on the goods.
//!
//! They are made here, written once into the data folder and played by a program that the machine
//! has: no library is linked for them. Where there is none, the till is silent.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is heard. What comes later in this list matters more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    /// A line was entered.
    Scanned,
    /// A card or ID card is good.
    Verified,
    /// The sale is paid.
    Paid,
    /// Look at the screen: refused, unknown, or something is asked.
    Attention,
}

const ALL: [Sound; 4] = [Sound::Scanned, Sound::Verified, Sound::Paid, Sound::Attention];
/// Samples a second.
const RATE: u32 = 22_050;
/// Milliseconds in which a tone comes and goes, so that it does not crack.
const FADE: u32 = 6;
/// A player that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(3);
/// How long nothing is tried after no player could play.
const SILENCE: Duration = Duration::from_secs(60);

impl Sound {
    fn file(self) -> &'static str {
        match self {
            Self::Scanned => "scanned.wav",
            Self::Verified => "verified.wav",
            Self::Paid => "paid.wav",
            Self::Attention => "attention.wav",
        }
    }

    /// Its tones: hertz (0 is a rest) and milliseconds.
    fn tones(self) -> &'static [(u16, u32)] {
        match self {
            Self::Scanned => &[(1760, 70)],
            Self::Verified => &[(784, 90), (1175, 140)],
            Self::Paid => &[(1047, 80), (1319, 80), (1568, 180)],
            Self::Attention => &[(330, 140), (0, 50), (262, 200)],
        }
    }

    /// A WAV file of 16 bits and one channel.
    fn wave(self) -> Vec<u8> {
        let samples: Vec<u8> = self.tones().iter().flat_map(|(hertz, ms)| tone(*hertz, *ms)).collect();
        let size = u32::try_from(samples.len()).unwrap_or(0);
        let mut file = Vec::with_capacity(samples.len() + 44);
        file.extend(b"RIFF");
        file.extend((size + 36).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16_u32.to_le_bytes());
        for half in [1_u16, 1] {
            file.extend(half.to_le_bytes());
        }
        file.extend(RATE.to_le_bytes());
        file.extend((RATE * 2).to_le_bytes());
        for half in [2_u16, 16] {
            file.extend(half.to_le_bytes());
        }
        file.extend(b"data");
        file.extend(size.to_le_bytes());
        file.extend(samples);
        file
    }
}

fn tone(hertz: u16, ms: u32) -> impl Iterator<Item = u8> {
    let (count, fade) = (RATE * ms / 1000, RATE * FADE / 1000);
    (0..count).flat_map(move |n| {
        let edge = n.min(count - n).min(fade) as f32 / fade as f32;
        let turn = std::f32::consts::TAU * f32::from(hertz) * n as f32 / RATE as f32;
        ((turn.sin() * edge * 12_000.0) as i16).to_le_bytes()
    })
}

/// A program that plays a file, which stands after its other words.
type Program = (&'static str, &'static [&'static str]);

/// What a machine may have, best first.
#[cfg(windows)]
const PROGRAMS: &[Program] = &[("powershell", &["-NoProfile", "-NonInteractive", "-Command"])];
/// What a machine may have, best first.
#[cfg(not(windows))]
const PROGRAMS: &[Program] = &[("pw-play", &[]), ("paplay", &[]), ("aplay", &["-q"]), ("afplay", &[])];

fn command((program, words): Program, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        /// No black window flashes up.
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.arg("(New-Object Media.SoundPlayer $env:JIHUI_SOUND).PlaySync()");
        command.env("JIHUI_SOUND", file).creation_flags(CREATE_NO_WINDOW);
    }
    #[cfg(not(windows))]
    command.arg(file);
    command
}

/// Plays sounds on a thread of its own, one at a time.
pub struct Player {
    slot: Arc<(Mutex<Slot>, Condvar)>,
}

/// The sound that waits: a newer one takes its place.
#[derive(Default)]
struct Slot {
    next: Option<Sound>,
    is_over: bool,
}

impl Player {
    /// Writes the sounds into the data folder and starts the thread.
    ///
    /// # Errors
    /// Where the folder cannot be written or no thread can start.
    pub fn start(dir: &Path) -> io::Result<Self> {
        Self::with(dir, PROGRAMS)
    }

    fn with(dir: &Path, programs: &'static [Program]) -> io::Result<Self> {
        let folder = dir.join("sounds");
        std::fs::create_dir_all(&folder)?;
        for sound in ALL {
            let (path, wave) = (folder.join(sound.file()), sound.wave());
            if std::fs::read(&path).ok().as_ref() != Some(&wave) {
                std::fs::write(path, wave)?;
            }
        }
        let player = Self { slot: Arc::default() };
        let slot = Arc::clone(&player.slot);
        std::thread::Builder::new().name("sound".into()).spawn(move || run(&slot, &folder, programs))?;
        Ok(player)
    }

    /// Plays it soon; returns at once.
    pub fn play(&self, sound: Sound) {
        let (slot, bell) = &*self.slot;
        lock(slot).next = Some(sound);
        bell.notify_one();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let (slot, bell) = &*self.slot;
        lock(slot).is_over = true;
        bell.notify_one();
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run((slot, bell): &(Mutex<Slot>, Condvar), folder: &Path, programs: &[Program]) {
    let mut best = 0;
    let mut silent_until = Instant::now();
    loop {
        let sound = {
            let mut slot = lock(slot);
            loop {
                if slot.is_over {
                    return;
                }
                if let Some(sound) = slot.next.take() {
                    break sound;
                }
                slot = bell.wait(slot).unwrap_or_else(PoisonError::into_inner);
            }
        };
        if Instant::now() < silent_until {
            continue;
        }
        // The one that played last time; a machine without its sound server may have another.
        let file = folder.join(sound.file());
        match (best..programs.len()).find(|n| programs.get(*n).is_some_and(|program| plays(*program, &file))) {
            Some(works) => best = works,
            None => (best, silent_until) = (0, Instant::now() + SILENCE),
        }
    }
}

/// Whether the program is there and played it.
fn plays(program: Program, file: &Path) -> bool {
    command(program, file).spawn().is_ok_and(ends_well)
}

fn ends_well(mut child: Child) -> bool {
    let until = Instant::now() + LONGEST;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => {
                child.kill().ok();
                child.wait().ok();
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sound_is_a_short_wave_of_its_own() {
        let waves = ALL.map(Sound::wave);
        for (n, wave) in waves.iter().enumerate() {
            assert_eq!((&wave[..4], &wave[8..12], &wave[36..40]), (&b"RIFF"[..], &b"WAVE"[..], &b"data"[..]));
            let size = u32::from_le_bytes(wave[40..44].try_into().unwrap());
            assert_eq!(usize::try_from(size).unwrap(), wave.len() - 44);
            let ms = size / 2 * 1000 / RATE;
            assert!((60..=400).contains(&ms), "{ms} ms");
            let loudest = wave[44..].chunks(2).map(|s| i16::from_le_bytes([s[0], s[1]]).unsigned_abs()).max();
            assert!(loudest > Some(9_000), "it can be heard");
            assert!(waves[..n].iter().all(|other| other != wave));
        }
    }

    #[cfg(unix)]
    const NOTES: Program = ("sh", &["-c", "echo \"+$(basename $1)\" >> $1.log; sleep 0.3; echo - >> $1.log", "sh"]);
    #[cfg(unix)]
    const ABSENT: Program = ("a-player-that-no-machine-has", &[]);

    #[cfg(unix)]
    fn log(dir: &Path, sound: Sound) -> String {
        std::fs::read_to_string(dir.join("sounds").join(format!("{}.log", sound.file()))).unwrap_or_default()
    }

    #[cfg(unix)]
    #[test]
    fn one_at_a_time_and_a_newer_one_replaces_what_waits() {
        let dir = tempfile::tempdir().unwrap();
        let player = Player::with(dir.path(), &[ABSENT, NOTES]).unwrap();
        let started = Instant::now();
        player.play(Sound::Scanned);
        std::thread::sleep(Duration::from_millis(120));
        player.play(Sound::Verified);
        player.play(Sound::Paid);
        assert!(started.elapsed() < Duration::from_millis(280), "playing holds nobody up");
        let until = Instant::now() + Duration::from_secs(10);
        while !log(dir.path(), Sound::Paid).ends_with("-\n") {
            assert!(Instant::now() < until, "the last one is played");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(log(dir.path(), Sound::Scanned), "+scanned.wav\n-\n");
        assert_eq!(log(dir.path(), Sound::Verified), "", "it was replaced");
    }

    #[cfg(unix)]
    #[test]
    fn a_machine_without_a_player_is_silent() {
        let dir = tempfile::tempdir().unwrap();
        let player = Player::with(dir.path(), &[ABSENT]).unwrap();
        player.play(Sound::Scanned);
        let until = Instant::now() + Duration::from_secs(10);
        while lock(&player.slot.0).next.is_some() {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
