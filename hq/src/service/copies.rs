//! Headquarters' copies of each day: made in the background beside whoever works, checked, kept seven days.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use copies::State;
use domain::lang::Lang;

use super::{Hq, now};
use crate::store::Db;

/// A server looks so soon after its start, and so often, whether the day has its copy.
const FIRST: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(5 * 60);
/// After so many days without a copy people are told.
const OLD_DAYS: i64 = 2;

/// Checks the database and makes the day's copy, in the place of an earlier one.
pub fn make(hq: &Hq) -> Result<PathBuf> {
    hq.copies.make_with(now(), |to| Db::copy(&hq.place, to))
}

/// Starts the thread that makes the day's copy; it ends with the program.
pub fn keep(hq: &Arc<Hq>) -> Result<()> {
    let hq = Arc::downgrade(hq);
    let run = move || {
        let mut pause = FIRST;
        loop {
            std::thread::sleep(pause);
            pause = LOOK;
            let Some(hq) = hq.upgrade() else { return };
            if hq.copies.has(now()) {
                continue;
            }
            if let Err(err) = make(&hq) {
                crate::cli::log(&format!(
                    "今天的备份没有做成，请检查磁盘和备份文件夹。 Today's copy was not made; check the disk and the folder of copies: {err:#}"
                ));
            }
        }
    };
    std::thread::Builder::new().name("copies".into()).spawn(run).context("starting the thread of copies")?;
    Ok(())
}

/// What a page says of the copies, and whether somebody should look.
pub fn sentence(state: &State, lang: Lang) -> (String, bool) {
    let age = state.last.map(|last| ((now() - last).num_days(), last));
    let (last, is_old) = match age {
        None => (lang.of("还没有每日备份。", "There is no daily copy yet.").to_owned(), false),
        Some((days, at)) => {
            let at = at.with_timezone(&domain::time::shanghai()).format("%m-%d %H:%M").to_string();
            let said = match days {
                ..=0 => lang.of(format!("上次备份 {at}。"), format!("Last daily copy {at}.")),
                days => {
                    lang.of(format!("上次备份 {at}，{days} 天前。"), format!("Last daily copy {at}, {days} days ago."))
                }
            };
            (said, days > OLD_DAYS)
        }
    };
    match &state.failed {
        None => (last, is_old),
        Some(why) => {
            let why: String = why.chars().take(200).collect();
            let failed = lang.of(
                "最近一次备份失败，请检查磁盘和备份文件夹。",
                "The last daily copy failed; check the disk and the folder of copies.",
            );
            (format!("{failed}{last}（{why}）"), true)
        }
    }
}
