//! The window while everything around it is ill: a printer that takes a connection and nothing else, a
//! headquarters that never answers, and a backlog that goes up. Beside each stands the calm window of the
//! same run.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use pos::app::App;
use pos::shop::Shop;
use serde_json::json;
use tests::window::{self, Drawn, TillFolder, code, put_products};
use tests::{Lab, Server};

use super::{row, say};

/// Records that wait when the line comes back.
const BACKLOG: usize = 3_000;
/// Papers that wait for a dead printer.
const PAPERS: usize = 50;
/// Scans a second for a minute.
const PACE: Duration = Duration::from_millis(50);
const SCANS: usize = 1_200;

/// Calm and ill windows take turns so often, so that a slower minute of the machine hits both.
const TURNS: usize = 3;

/// All rows.
pub fn rows(calm: &TillFolder) {
    let printer = Hung::start();
    let silent = Hung::start();
    let offline = || {
        let till = window::till();
        ail(&till, &printer, Some(&silent));
        till
    };
    compare("dead printer and dead network", calm, offline, |_| {});
    let lab = Lab::with_households(2);
    let server = lab.serve();
    // Headquarters has a machine of its own in life: here it gives way.
    let pid = server.pid().to_string();
    std::process::Command::new("chrt").args(["--all-tasks", "--idle", "--pid", "0", &pid]).output().ok();
    let mut numbers = 1..;
    let mut backlog = || {
        let till = enrolled(&lab, &server, &format!("S001/{:02}", numbers.next().unwrap()));
        ail(&till, &printer, None);
        till
    };
    let mut went_up = 0;
    compare("dead printer and a backlog going up", calm, &mut backlog, |till| {
        went_up += BACKLOG.saturating_sub(unsent(till));
        // What is left of it must not disturb the calm.
        let until = Instant::now() + Duration::from_secs(30);
        while unsent(till) > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    say(&format!("| records of the backlog of {} that went up meanwhile | {went_up} | - | - |", TURNS * BACKLOG));
    minute(&backlog());
}

fn compare(what: &str, calm: &TillFolder, mut ill: impl FnMut() -> TillFolder, mut after: impl FnMut(&TillFolder)) {
    let (mut well, mut not) = (Drawn::default(), Drawn::default());
    for _ in 0..TURNS {
        let till = ill();
        well.add(window::measure(calm));
        not.add(window::measure(&till));
        after(&till);
    }
    row(&format!("scan to drawn line, p50, {what}, beside calm"), not.scan_p50(), well.scan_p50());
    row(&format!("frame, p99, {what}, beside calm"), not.frame_p99(), well.frame_p99());
}

fn unsent(till: &TillFolder) -> usize {
    usize::try_from(Shop::open(till.dir.path()).unwrap().store.unsent().unwrap().0).unwrap()
}

/// A till of a real headquarters, with very many products and records that wait.
fn enrolled(lab: &Lab, server: &Server, name: &str) -> TillFolder {
    let till = lab.till(server, name);
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in tests::files(&till.dir) {
        let to = dir.path().join(path.strip_prefix(&till.dir).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    let folder = TillFolder { dir };
    let mut driver = pos::effects::Driver::start(Shop::open(folder.dir.path()).unwrap()).unwrap();
    put_products(&mut driver.shop.store);
    for n in 0..BACKLOG {
        driver.record_event("price", json!({ "n": n })).unwrap();
    }
    folder
}

/// Papers that wait for the hung printer, and a headquarters that hangs, where one is given.
fn ail(till: &TillFolder, printer: &Hung, silent: Option<&Hung>) {
    let shop = Shop::open(till.dir.path()).unwrap();
    shop.store.set_setting("printer", &format!("tcp://{}", printer.address)).unwrap();
    if let Some(silent) = silent {
        shop.store.set_setting("hq_url", &format!("http://{}", silent.address)).unwrap();
    }
    let now = shop.now().timestamp_millis();
    for n in 0..PAPERS {
        shop.store.queue_print(1, &format!("N{n}"), 0, &[b'x'; 200_000], now).unwrap();
    }
}

/// Twenty scans a second for a minute, all of them in the basket at the end.
fn minute(till: &TillFolder) {
    let font = printers::font::system().unwrap();
    let ctx = Context::default();
    let mut app = App::new(&ctx, till.dir.path(), &font).unwrap();
    let mut time = 0.0;
    if app.snapshot().screen.open().is_err() {
        window::sign_in(&ctx, &mut app, &mut time);
    }
    let start = Instant::now();
    for n in 0..SCANS {
        window::app_frame(&ctx, &mut app, window::scan(&code(n % 250)), &mut time);
        while start.elapsed() < PACE * u32::try_from(n + 1).unwrap() {
            std::thread::sleep(Duration::from_millis(8));
            window::app_frame(&ctx, &mut app, Vec::new(), &mut time);
        }
    }
    window::settle(&ctx, &mut app, &mut time);
    let sale = app.snapshot().screen.open().unwrap();
    let sold: i128 = sale.lines.iter().map(|line| line.basket.quantity.milli() / 1000).sum();
    let lost = i128::try_from(SCANS).unwrap() - sold;
    say(&format!("| scans lost of {SCANS}, 20 a second for a minute, backlog and dead printer | {lost} | - | - |"));
}

/// Something that takes connections and never says a word.
struct Hung {
    address: String,
}

impl Hung {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let held: Vec<TcpStream> = listener.incoming().filter_map(Result::ok).collect();
            drop(held);
        });
        Self { address }
    }
}
