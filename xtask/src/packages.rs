//! Debian packages beyond Rust, gcc and libc6-dev, installed where they are missing.

use std::process::{Command, Stdio};

use crate::say;

/// The picture of a receipt needs a Chinese font.
pub const PAPER: &[&str] = &["fonts-wqy-microhei"];

/// What the till's window opens at run time.
pub const WINDOW: &[&str] = &[
    "libx11-6",
    "libx11-xcb1",
    "libxcursor1",
    "libxi6",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libgl1",
    "libglx-mesa0",
    "libgl1-mesa-dri",
    "libegl1",
    "libegl-mesa0",
];

/// What the tests look at window, console and paper with.
pub const TEST: &[&str] =
    &["chromium", "chromium-driver", "zbar-tools", "mesa-vulkan-drivers", "xvfb", "xdotool", "openbox"];

/// The tests start servers of their own, each for itself.
pub const DATABASE: &[&str] = &["postgresql"];

/// What keeps Debian's package from starting a server of the machine's own, which nobody asked for.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

/// Installs PostgreSQL's programs, without a server for the machine.
pub fn install_database() {
    if missing(DATABASE).is_none_or(|missing| missing.is_empty()) {
        return;
    }
    // Where it is there already, it is somebody's.
    if missing(&["postgresql-common"]).is_some_and(|missing| !missing.is_empty()) {
        install(&["postgresql-common"]);
        if let Some(prefix) = as_root() {
            let mut words = prefix.iter().chain(&["sh", "-c"]);
            let mut command = Command::new(words.next().copied().unwrap_or("sh"));
            let no = format!("echo 'create_main_cluster = false' >> {NO_CLUSTER}");
            if !command.args(words).arg(no).status().is_ok_and(|status| status.success()) {
                say(&format!("{NO_CLUSTER} could not be written: Debian may start a PostgreSQL of its own"));
            }
        }
    }
    install(DATABASE);
}

/// Installs what is missing. Where that cannot be done it says so and goes on: what needs a package
/// says itself that it is not there.
pub fn install(wanted: &[&str]) {
    let Some(missing) = missing(wanted) else { return };
    if missing.is_empty() {
        return;
    }
    let list = missing.join(" ");
    let Some(prefix) = as_root() else {
        say(&format!("Missing packages; as root: apt-get install {list}"));
        return;
    };
    say(&format!("Installing with apt-get: {list}"));
    // A machine without a line must not wait for minutes.
    let patience = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20"];
    let apt = |args: &[&str]| {
        let mut words = prefix.iter().chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]);
        let program = words.next().copied().unwrap_or("env");
        let mut command = Command::new(program);
        command.args(words).args(patience).args(args).stdin(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let install = [&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat();
    if !(apt(&["update"]) && apt(&install)) {
        say(&format!("apt-get did not install them all; what needs them will say so: {list}"));
    }
}

/// Those that are not installed; none where this is no Debian.
fn missing<'a>(wanted: &[&'a str]) -> Option<Vec<&'a str>> {
    let query = Command::new("dpkg-query")
        .args(["-W", "-f=${Package} ${db:Status-Status}\\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let known = String::from_utf8_lossy(&query.stdout);
    let is_there = |package: &&str| known.lines().any(|line| line == format!("{package} installed"));
    Some(wanted.iter().copied().filter(|package| !is_there(package)).collect())
}

/// The words before a command that make it run as root; none where that is not possible.
fn as_root() -> Option<&'static [&'static str]> {
    let works = |words: &[&str]| {
        let [program, args @ ..] = words else { return None };
        let mut command = Command::new(program);
        let done = command.args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    works(&["apt-get", "--version"])?;
    if works(&["id", "-u"])? == "0" {
        return Some(&[]);
    }
    works(&["sudo", "-n", "true"]).map(|_| &["sudo", "-n"] as &[&str])
}
