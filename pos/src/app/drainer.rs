//! The thread that talks to headquarters. It has a database connection of its own, so that no sale
//! waits for the network.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

use super::worker::Request;
use crate::commands;
use crate::shop::{Shop, commands_log};

/// Time between rounds while headquarters answers: balances stay fresh.
const ROUND: Duration = Duration::from_secs(20);
/// Longest time between tries while it does not.
const LONGEST: Duration = Duration::from_secs(120);

/// How the last round went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sync {
    /// Rounds so far; 0 before the first.
    pub rounds: u64,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

/// The window's handle to the thread.
pub struct Drainer {
    bell: SyncSender<()>,
}

impl Drainer {
    /// Starts the thread; it ends when the till's thread does.
    pub fn start(dir: &Path, tell: SyncSender<Request>) -> Result<Self> {
        let (bell, rung) = sync_channel(1);
        let dir = dir.to_path_buf();
        std::thread::Builder::new()
            .name("sync".into())
            .spawn(move || {
                give_way();
                match Shop::open(&dir) {
                    Ok(mut shop) => run(&mut shop, &rung, &tell),
                    Err(err) => commands_log(&format!("sync cannot start: {err:#}")),
                }
            })
            .context("starting the sync thread")?;
        Ok(Self { bell })
    }

    /// Asks for a round soon. One that waits already is enough.
    pub fn wake(&self) {
        self.bell.try_send(()).ok();
    }
}

/// A long backlog must not cost a cashier anything where processors are few: this thread comes after the
/// others, but not so far that it would keep the database from them. A system that refuses changes nothing else.
fn give_way() {
    let Ok(low) = ThreadPriorityValue::try_from(25_u8) else { return };
    if let Err(err) = set_current_thread_priority(ThreadPriority::Crossplatform(low)) {
        commands_log(&format!("sync keeps its priority: {err}"));
    }
}

fn run(shop: &mut Shop, rung: &Receiver<()>, tell: &SyncSender<Request>) {
    let mut said = Sync::default();
    let mut pause = Duration::ZERO;
    let mut failures = 0;
    loop {
        match rung.recv_timeout(pause) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        pause = ROUND;
        match shop.reload() {
            // Before enrolment there is nobody to talk to; the bell rings when there is.
            Ok(()) if shop.identity.is_none() => continue,
            Ok(()) => {}
            Err(err) => commands_log(&format!("sync: {err:#}")),
        }
        said.rounds += 1;
        match commands::sync::round(shop) {
            Ok(_) => (said.error, failures) = (None, 0),
            Err(err) => {
                said.error = Some(format!("{err:#}"));
                failures += 1;
                pause = ROUND.saturating_mul(failures).min(LONGEST);
            }
        }
        if tell.send(Request::Synced(said.clone())).is_err() {
            return;
        }
    }
}
