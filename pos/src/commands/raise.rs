//! Calls the running window: for a key of the desktop, where programs cannot take one.

use std::path::Path;

use anyhow::Result;

use crate::app::raise::{Call, call};

/// Without a word it comes up, or goes away if it is up.
#[derive(Debug, clap::Args)]
pub struct Raise {
    /// Come up, whatever it was.
    #[arg(long)]
    up: bool,
    /// Go away, whatever it was.
    #[arg(long, conflicts_with = "up")]
    down: bool,
}

/// Calls the window of a data folder.
pub fn run(dir: &Path, args: &Raise) -> Result<()> {
    let asked = match (args.up, args.down) {
        (true, _) => Call::Up,
        (false, true) => Call::Down,
        (false, false) => Call::Turn,
    };
    anyhow::ensure!(call(dir, asked), "收银台窗口没有打开，请先打开它。 The till's window is not open: open it first");
    Ok(())
}
