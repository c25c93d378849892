//! A bad disk: a small C library put under the programs, built once.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What the disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: it counts.
    Count,
    /// Power is cut.
    Crash,
    /// One call fails.
    Io,
    /// One call finds no room.
    NoRoom,
    /// There is no room from there on.
    Full,
    /// Nothing can be written from there on.
    ReadOnly,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Crash => "crash",
            Self::Io => "eio",
            Self::NoRoom => "enospc",
            Self::Full => "full",
            Self::ReadOnly => "rofs",
        }
    }

    /// Whether the disk is well again after it.
    pub fn passes(self) -> bool {
        matches!(self, Self::Io | Self::NoRoom)
    }
}

/// Puts the disk under a command; it strikes at the `n`th call.
pub fn put_under(command: &mut Command, mode: Mode, n: u64, seed: u64, hit: &Path) {
    command
        .env("LD_PRELOAD", library())
        .env("JIHUI_FAULT", format!("{}:{n}:{}", mode.word(), seed & 0xFFFF_FFFF | 1))
        .env("JIHUI_FAULT_HIT", hit);
}

fn library() -> &'static PathBuf {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let (source, path) =
            (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sturdy/fault.c"), dir.path().join("libfault.so"));
        let built =
            Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&path).arg(source).arg("-ldl").status();
        assert!(built.expect("a C compiler").success());
        (dir, path)
    });
    path
}
