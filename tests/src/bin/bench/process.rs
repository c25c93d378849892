//! The window as a process: what it costs while nobody touches it. The bare equivalent is a window
//! of the same kind with one label in it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use eframe::egui::CentralPanel;
use tests::window::TillFolder;

use crate::say;

/// The argument that opens the bare window.
pub const EMPTY: &str = "--empty-window";
/// How long a window is left alone before it is looked at.
const CALM: Duration = Duration::from_secs(4);
/// How long it is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Processor time while idle, and memory.
pub fn rows(till: &TillFolder) {
    let display = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1366x768x24", "+extension", "GLX"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut display) = display else {
        return say("| idle processor and memory | not measured: Xvfb is not installed | - | - |");
    };
    let mut number = String::new();
    BufReader::new(display.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let name = format!(":{}", number.trim());
    let this = std::env::current_exe().unwrap();
    let program = this.with_file_name("jihui-till");
    let ours = look(Command::new(program).arg("--data").arg(till.dir.path()), &name);
    let bare = look(Command::new(this).arg(EMPTY), &name);
    for (what, unit, ours, bare) in [
        ("idle processor, thousandths of a core", "", ours.0, bare.0),
        ("resident memory after opening, MiB", "", ours.1, bare.1),
    ] {
        let hundredths = ours * 100 / bare.max(1);
        say(&format!("| {what} | {ours}{unit} | {bare}{unit} | {}.{:02} |", hundredths / 100, hundredths % 100));
    }
    display.kill().unwrap();
    display.wait().unwrap();
}

/// Thousandths of a core while idle, and MiB.
fn look(command: &mut Command, display: &str) -> (u64, u64) {
    let quiet = command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").stderr(Stdio::null());
    let mut child = quiet.spawn().unwrap();
    std::thread::sleep(CALM);
    let (before, start) = (ticks(&child), Instant::now());
    std::thread::sleep(LOOK);
    let spent = ticks(&child) - before;
    let measured = start.elapsed().as_millis();
    let memory = resident(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    // A tick is a hundredth of a second.
    (spent * 10_000 / u64::try_from(measured).unwrap(), memory)
}

fn proc_file(child: &Child, name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(format!("/proc/{}/{name}", child.id()))).unwrap_or_default()
}

fn ticks(child: &Child) -> u64 {
    let stat = proc_file(child, "stat");
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn resident(child: &Child) -> u64 {
    let status = proc_file(child, "status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// A window with one label, until it is killed.
pub fn empty_window() {
    let options = eframe::NativeOptions::default();
    eframe::run_ui_native("empty", options, |ui, _| {
        CentralPanel::default_margins().show(ui, |ui| ui.label("empty"));
    })
    .unwrap();
}
