//! Setting up and trying the printer.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use printers::{Condition, Profile, Roll, Target, Tray, answer, font, paper, send, test_page};

use super::{print, wrong_input};
use crate::shop::{Shop, commands_log};

/// Largest job in bytes that the virtual printer takes.
const MAX_JOB: usize = 1024 * 1024;
/// Most jobs at once: a till that hangs holds its own place and no other.
const MAX_AT_ONCE: usize = 16;
/// After so long without a byte a job has ended.
const SILENCE: Duration = Duration::from_secs(10);
/// Longest that a job may take.
const LONGEST: Duration = Duration::from_secs(120);

/// Says which printer there is.
pub fn set(dir: &Path, target: &str, columns: usize) -> Result<()> {
    put(&Shop::open(dir)?, target, columns)
}

/// Keeps where the receipts' printer is.
pub fn put(shop: &Shop, target: &str, columns: usize) -> Result<()> {
    put_as(shop, 1, target, columns)
}

/// Keeps where a printer is. What it can do besides is kept, if it was set before.
pub fn put_as(shop: &Shop, number: u8, target: &str, columns: usize) -> Result<()> {
    if Target::parse(target).map_err(wrong_input)? == Target::Virtual
        && let Err(sentence) = font::system()
    {
        commands_log(&sentence);
    }
    check_columns(columns)?;
    let name = if number == 2 { "printer2" } else { "printer" };
    if let Some((_, profile)) = shop.printer_number(number)? {
        let profile = Profile { columns, ..profile };
        shop.store.set_setting(&format!("{name}_profile"), &profile.to_string())?;
    }
    shop.store.set_setting(name, target)?;
    Ok(shop.store.set_setting(&format!("{name}_columns"), &columns.to_string())?)
}

/// Prints the test page.
pub fn test(dir: &Path) -> Result<()> {
    print_test_page(&Shop::open(dir)?, 1)
}

/// Sends the test page to a printer that is set.
pub fn print_test_page(shop: &Shop, number: u8) -> Result<()> {
    let Some((target, profile)) = shop.printer_number(number)? else {
        return Err(wrong_input("no printer is set; run `jihui-till printer set tcp://HOST:9100`"));
    };
    let bytes = test_page(profile).map_err(anyhow::Error::msg)?;
    send(&target, shop.store.dir(), &bytes, &mut || {})?;
    Ok(())
}

/// A virtual printer: each job as received, as text and as a picture in a folder.
/// `condition` is how it says it is; without paper a job waits, as in a printer's memory.
pub fn serve(listen: &str, out: &Path, columns: usize, condition: &str) -> Result<()> {
    check_columns(columns)?;
    let unknown = || wrong_input(format!("`{condition}` is no condition (ready, paper_low, paper_out, cover_open)"));
    let condition = Condition::parse(condition).ok_or_else(unknown)?;
    let font = font::system().map_err(|sentence| commands_log(&sentence)).ok();
    let dots = Profile::with_columns(columns).dots();
    let tray = Tray::new(out, Some(dots), font).with_context(|| format!("creating {}", out.display()))?;
    let listener = TcpListener::bind(listen).map_err(|err| wrong_input(format!("{listen}: {err}")))?;
    print(&format!("listening on tcp://{}", listener.local_addr().context("the address")?))?;
    let tray = Arc::new(Mutex::new(Roll::new(tray, condition)));
    for stream in listener.incoming() {
        // The listener's share and one for each that is served.
        if Arc::strong_count(&tray) > MAX_AT_ONCE {
            continue;
        }
        let tray = Arc::clone(&tray);
        let served = stream.and_then(|stream| {
            std::thread::Builder::new().name("paper".into()).spawn(move || {
                if let Err(err) = take(&stream, &tray) {
                    commands_log(&format!("a job was lost: {err:#}"));
                }
            })
        });
        if let Err(err) = served {
            commands_log(&format!("a job was not taken: {err}"));
        }
    }
    Ok(())
}

/// Takes one job, answers the questions in it, and keeps what there is when it ends, however it
/// ends: a printer too has on paper what it was sent before the line broke.
fn take(mut stream: &TcpStream, roll: &Mutex<Roll>) -> Result<()> {
    let until = Instant::now() + LONGEST;
    stream.set_read_timeout(Some(SILENCE)).context("setting the timeout")?;
    stream.set_write_timeout(Some(SILENCE)).context("setting the timeout")?;
    let condition = roll.lock().map_err(|_| poisoned())?.condition();
    let mut job = Vec::new();
    let mut piece = [0; 4096];
    while Instant::now() < until {
        let Some(piece) = stream.read(&mut piece).ok().and_then(|count| piece.get(..count)).filter(|p| !p.is_empty())
        else {
            break;
        };
        let seen = job.len();
        job.extend_from_slice(piece);
        // A till that asks and does not listen has its own trouble.
        stream.write_all(&answer::as_condition(&job, seen, condition)).ok();
        if job.len() >= MAX_JOB {
            commands_log("a job is longer than 1 MiB: the rest was not taken");
            job.truncate(MAX_JOB);
            break;
        }
    }
    if paper::read(&job).is_blank() {
        return Ok(());
    }
    roll.lock().map_err(|_| poisoned())?.take(&job).context("writing")?;
    Ok(())
}

fn poisoned() -> anyhow::Error {
    anyhow::anyhow!("the folder's lock is poisoned")
}

fn check_columns(columns: usize) -> Result<()> {
    if ![32, 42, 48].contains(&columns) {
        return Err(wrong_input(format!("{columns} columns: a receipt has 32, 42 or 48")));
    }
    Ok(())
}
