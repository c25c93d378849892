//! A till that was away for long and sells while its backlog goes up. Beside it: the same till, once all is sent.

use std::path::Path;
use std::time::{Duration, Instant};

use domain::record::RecordKind;
use eframe::egui::Context;
use pos::app::App;
use pos::seal::{Statement, sign};
use pos::shop::Shop;
use serde_json::json;
use tests::Server;
use tests::window::{TillFolder, app_frame, code, lines, p50, p99, put_products, scan, settle, sign_in};
use uuid::Uuid;

use super::Sizes;
use super::place::{Kind, Place};
use super::table::{Limit, Table, aside};

/// A brisk cashier: so long from scan to scan.
const PACE: Duration = Duration::from_millis(50);
/// Until then it has to be sent.
const MOST: Duration = Duration::from_secs(10);
/// After so long the benchmark gives up.
const HOPELESS: Duration = Duration::from_secs(120);
/// Lines of a basket; then the next family comes.
const LINES: usize = 100;

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let place = Place::open(kind, sizes);
    let server = place.serve();
    // Headquarters has a machine of its own in life: here it gives way.
    let pid = server.pid().to_string();
    std::process::Command::new("chrt").args(["--all-tasks", "--idle", "--pid", "0", &pid]).output().ok();
    let till = enrolled(&place, &server, sizes.backlog);
    let watch = Shop::open(&till.path()).unwrap().store;
    let (mut sent_at, start) = (None, Instant::now());
    let beside = sell(&till.path(), |n| {
        // Looking is cheap, but not free.
        if n % 5 == 0 && watch.unsent().unwrap().0 == 0 {
            sent_at.get_or_insert_with(|| start.elapsed());
        }
        // A median of a handful says nothing.
        sent_at.is_some() && n >= 20 || start.elapsed() > HOPELESS
    });
    let left = watch.unsent().unwrap().0;
    let calm = sell(&till.path(), |n| n >= beside.len());
    let name = |what: &str| format!("a backlog of {}, {}: {what}", sizes.backlog, kind.word());
    table.count(&name("records left"), usize::try_from(left).unwrap(), 0);
    table.time(
        &name(&format!("sent, {} scans beside it", beside.len())),
        sent_at.unwrap_or(HOPELESS),
        MOST,
        Limit::Time(MOST),
    );
    table.time(
        &name("scan to line, p50, beside the calm till"),
        p50(beside.clone()),
        p50(calm.clone()),
        Limit::Ratio(130),
    );
    table.time(&name("scan to line, p99, beside the calm till"), p99(beside), p99(calm), Limit::None);
}

/// A till of the first store with very many products and claims that wait.
fn enrolled(place: &Place, server: &Server, backlog: usize) -> TillFolder {
    let till = place.lab.till(server, "S001/99");
    let folder = TillFolder { dir: tempfile::tempdir().unwrap() };
    for (path, bytes) in tests::files(&till.dir) {
        let to = folder.path().join(path.strip_prefix(&till.dir).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    let mut shop = Shop::open(&folder.path()).unwrap();
    put_products(&mut shop.store);
    let start = Instant::now();
    let identity = shop.enrolled().unwrap().clone();
    for n in 0..backlog {
        let (household, person) = place.family(0, n);
        let mut body = place.stated.clone();
        body["household"] = household.clone().into();
        body["person"] = person.clone().into();
        body["heard"] = json!({"epoch": "", "through": 0});
        let statement = Statement {
            kind: RecordKind::Claim,
            id: Uuid::now_v7(),
            at: shop.now(),
            business_date: None,
            cashier: Some("c1".into()),
            sale: Some(format!("S001-99-{n:06}")),
            claimed: place.claimed,
            body: body.as_object().unwrap().clone(),
            holder: Some((household.clone(), person.clone())),
            movements: Vec::new(),
        };
        shop.store.append(Some("c1"), "load", "", |head| Ok(sign(&identity, head, statement))).unwrap();
    }
    aside(&format!("{backlog} claims kept at the till in {:.1?}", start.elapsed()));
    folder
}

/// Scans at a brisk cashier's pace until it is enough; from each scan to its line.
fn sell(dir: &Path, mut enough: impl FnMut(usize) -> bool) -> Vec<Duration> {
    let font = printers::font::system().unwrap();
    let ctx = Context::default();
    let mut app = App::new(&ctx, dir, &font).unwrap();
    let mut time = 0.0;
    if app.snapshot().screen.open().is_err() {
        sign_in(&ctx, &mut app, &mut time);
    }
    let mut scans = Vec::new();
    while !enough(scans.len()) {
        let n = scans.len();
        let start = Instant::now();
        app_frame(&ctx, &mut app, scan(&code(n % LINES)), &mut time);
        while lines(&app) <= n.min(LINES - 1) {
            app_frame(&ctx, &mut app, Vec::new(), &mut time);
        }
        scans.push(start.elapsed());
        while start.elapsed() < PACE {
            std::thread::sleep(Duration::from_millis(8));
            app_frame(&ctx, &mut app, Vec::new(), &mut time);
        }
    }
    settle(&ctx, &mut app, &mut time);
    scans
}
