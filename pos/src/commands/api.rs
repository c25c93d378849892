//! The local API on the command line: on, off, its token, and serving without a window.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use store::Lock;

use super::{print, wrong_input};
use crate::api::{Api, Desk, SETTING, USUAL, address, token};
use crate::app::drainer::Drainer;
use crate::app::worker::Request;
use crate::effects::Driver;
use crate::shop::{Shop, commands_log};

/// Requests that may wait.
const QUEUE: usize = 64;
/// How long the till sleeps when nothing happens.
const IDLE: Duration = Duration::from_secs(30);

/// The local API.
#[derive(Debug, clap::Subcommand)]
pub enum ApiCommand {
    /// Serve it, from the next start of the window on.
    On {
        /// Address on this machine.
        #[arg(long, default_value = USUAL)]
        listen: String,
    },
    /// Serve it no more.
    Off,
    /// Print the token that the other till's program needs.
    Token,
    /// Serve it without the window, until standard input ends.
    Serve {
        /// Address on this machine, where another than the setting's is wanted.
        #[arg(long)]
        listen: Option<String>,
    },
}

/// Does what the command says.
pub fn run(dir: &Path, command: ApiCommand) -> Result<()> {
    match command {
        ApiCommand::On { listen } => {
            let listen = address(&listen).map_err(wrong_input)?;
            let shop = Shop::open(dir)?;
            token(dir)?;
            shop.store.set_setting(SETTING, &listen.to_string())?;
            print(&json!({ "api": listen.to_string() }).to_string())
        }
        ApiCommand::Off => {
            Shop::open(dir)?.store.set_setting(SETTING, "off")?;
            print(&json!({ "api": "off" }).to_string())
        }
        ApiCommand::Token => {
            // The folder is made before its token.
            Shop::open(dir)?;
            print(&token(dir)?)
        }
        ApiCommand::Serve { listen } => serve(dir, listen),
    }
}

fn serve(dir: &Path, listen: Option<String>) -> Result<()> {
    let _lock = Lock::take(dir)?;
    let mut driver = Driver::start(Shop::open(dir)?)?;
    driver.keep_copies();
    driver.shop.enrolled()?;
    let setting = || driver.shop.store.setting(SETTING).map(|text| text.filter(|text| text != "off"));
    let listen = match listen {
        Some(listen) => listen,
        None => setting()?.unwrap_or_else(|| USUAL.into()),
    };
    let listen = address(&listen).map_err(wrong_input)?;
    let (requests, todo) = sync_channel(QUEUE);
    let api = Api::start(&driver.shop, listen, {
        let requests = requests.clone();
        move |call, reply| requests.try_send(Request::Api(Box::new(call), reply)).is_ok()
    })?;
    let drainer = Drainer::start(dir, requests.clone())?;
    let is_over = Arc::new(AtomicBool::new(false));
    if input_can_end() {
        watch_input(requests, Arc::clone(&is_over))?;
    }
    print(&format!("listening on http://{}", api.address()))?;
    work(driver, &todo, &drainer, &is_over)
}

/// A service has nothing on its standard input from the start; that is no end.
fn input_can_end() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let is_device = std::fs::metadata("/dev/stdin").is_ok_and(|m| m.file_type().is_char_device());
        !is_device || std::io::stdin().is_terminal()
    }
    #[cfg(not(unix))]
    std::io::stdin().is_terminal()
}

fn watch_input(requests: SyncSender<Request>, is_over: Arc<AtomicBool>) -> Result<()> {
    let watch = move || {
        let mut some = [0; 256];
        while std::io::stdin().lock().read(&mut some).is_ok_and(|count| count > 0) {}
        is_over.store(true, Ordering::Release);
        // Where the till works just now it looks afterwards.
        requests.try_send(Request::Look).ok();
    };
    std::thread::Builder::new().name("input".into()).spawn(watch).context("watching the standard input")?;
    Ok(())
}

/// The till's thread without a window: calls, paper, and what comes down from headquarters.
fn work(mut driver: Driver, todo: &Receiver<Request>, drainer: &Drainer, is_over: &AtomicBool) -> Result<()> {
    let mut desk = Desk::default();
    while !is_over.load(Ordering::Acquire) {
        let patience = driver.spool.next_look().unwrap_or(IDLE);
        let request = match todo.recv_timeout(patience) {
            Ok(request) => Some(request),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match request {
            Some(Request::Api(call, reply)) => {
                let goes_up = call.goes_up();
                // Whoever asked may have given up waiting; what was done stays done.
                reply.try_send(desk.answer(&mut driver, *call, false)).ok();
                if goes_up {
                    drainer.wake();
                }
            }
            Some(Request::Synced(sync)) if sync.error.is_none() => driver.refresh()?,
            Some(_) | None => {}
        }
        desk.tend(&mut driver, false);
        if let Err(err) = driver.spool.pump(&driver.shop) {
            commands_log(&format!("the print queue: {err:#}"));
        }
    }
    desk.tend(&mut driver, true);
    Ok(())
}
