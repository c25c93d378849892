//! The copy of each day: made in the background, at the first start of the day and again when the day is
//! closed. It reads beside the till on a connection of its own, and no sale waits for it.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use store::{Copies, CopyState};

use crate::shop::commands_log;

/// How often a till that stays on looks whether a new day has begun.
const LOOK: Duration = Duration::from_secs(15 * 60);

/// The window's and the commands' handle to the thread.
pub struct CopyKeeper {
    bell: SyncSender<()>,
    state: Arc<Mutex<CopyState>>,
}

impl CopyKeeper {
    /// Starts the thread; it ends when the till does.
    pub fn start(dir: &Path) -> Result<Self> {
        let (bell, rung) = sync_channel(1);
        let copies = Copies::of(dir);
        let state = Arc::new(Mutex::new(copies.state()));
        let shared = Arc::clone(&state);
        std::thread::Builder::new()
            .name("copies".into())
            .spawn(move || run(&copies, &rung, &shared))
            .context("starting the thread of copies")?;
        Ok(Self { bell, state })
    }

    /// Asks for the day's copy anew: the day was closed. One that waits already is enough.
    pub fn day_closed(&self) {
        self.bell.try_send(()).ok();
    }

    /// How the copies are.
    pub fn state(&self) -> CopyState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn run(copies: &Copies, rung: &Receiver<()>, state: &Mutex<CopyState>) {
    let mut is_wanted = false;
    loop {
        let now = Utc::now();
        let made = if is_wanted { copies.make(now).map(|_| ()) } else { copies.make_if_due(now) };
        let mut present = copies.state();
        if let Err(err) = made {
            commands_log(&format!(
                "今天的备份没有做成，照常收银；请店长检查。 Today's copy was not made; selling goes on: {err}"
            ));
            // A disk that takes no copy may take no note of that either.
            present.failed.get_or_insert_with(|| err.to_string());
        }
        *state.lock().unwrap_or_else(PoisonError::into_inner) = present;
        is_wanted = match rung.recv_timeout(LOOK) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

/// How the copies are, for people: what to say, in Chinese and English, and whether it needs looking at.
pub fn sentence(state: &CopyState, now: chrono::DateTime<Utc>) -> (String, String, bool) {
    let days = state.last.map(|last| (now - last).num_days());
    let (zh, en) = match (state.last, days) {
        (Some(last), Some(days)) => {
            let at = last.with_timezone(&domain::time::shanghai()).format("%m-%d %H:%M").to_string();
            match days {
                ..=0 => (format!("上次备份 {at}。"), format!("Last copy {at}.")),
                days => (format!("上次备份 {at}，{days} 天前。"), format!("Last copy {at}, {days} days ago.")),
            }
        }
        (None, _) | (_, None) => ("还没有备份。".to_owned(), "No copy yet.".to_owned()),
    };
    match &state.failed {
        Some(why) => {
            let why: String = why.chars().take(160).collect();
            (
                format!("最近一次备份失败，请店长检查磁盘和备份文件夹。{zh}（{why}）"),
                format!("The last copy failed; check the disk and the folder of copies. {en} ({why})"),
                true,
            )
        }
        None => (zh, en, days.is_some_and(|days| days > 2)),
    }
}
