//! The console's lists and reports over very many claims, each beside its bare SQL. `speed [CLAIMS] [postgres]`; a
//! million unless said otherwise, on SQLite unless PostgreSQL is named. Ratios count; a debug build tells them a little too high.
#![expect(clippy::unwrap_used, reason = "a benchmark that does not stand says so")]

mod fill;
mod pages;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hq::params;
use hq::service::Hq;
use hq::store::Db;
use hq::store::place::Database;
use rusqlite::Connection;
use tower_service::Service as _;

/// Each page and each statement runs so often; the median counts.
const RUNS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let claims = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let place: Database = match words.iter().any(|word| word == "postgres") {
        true => Database::parse(&tests::cluster::durable()).unwrap(),
        false => dir.path().into(),
    };
    let hq = Arc::new(Hq::open(place.clone(), &dir.path().join("keys.json")).unwrap());
    let start = Instant::now();
    let made = fill::fill(&hq, claims);
    say(&format!("{claims} claims of {} households filled in {} s", made.households, start.elapsed().as_secs()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = hq::console::router(Arc::clone(&hq), false);
    let cookies = made.users.map(|user| {
        let token = hq::service::session::sign_in(&hq, user, fill::PASSWORD, "bench").unwrap().unwrap();
        (user, format!("jihui_session={token}"))
    });
    let bare = match &place {
        Database::Folder(dir) => Bare::Sqlite(Connection::open(dir.join("hq.db")).unwrap()),
        Database::Server(_) => Bare::Postgres(Db::open_reader(&place).unwrap()),
    };
    // What any page costs: a session, and HTML.
    let cookie = &cookies[0].1;
    let empty = median(|| open(&runtime, &router, cookie, "/console/account"));
    say(&format!("an empty page: {empty:.1?}"));
    say("| page | ours | bare SQL and an empty page | ratio |");
    let mut slow = 0;
    for page in pages::pages(&made) {
        let cookie = &cookies.iter().find(|(user, _)| *user == page.who).unwrap().1;
        let ours = median(|| open(&runtime, &router, cookie, &page.path));
        let sql = median(|| page.sql.iter().for_each(|sql| bare.read(sql))) + empty;
        let hundredths = ours.as_nanos() * 100 / sql.as_nanos().max(1);
        let mark = if ours > Duration::from_millis(100) { " !" } else { "" };
        slow += usize::from(!mark.is_empty());
        say(&format!(
            "| {} | {ours:.1?}{mark} | {sql:.1?} | {}.{:02} |",
            page.name,
            hundredths / 100,
            hundredths % 100
        ));
    }
    say(&format!("{slow} pages above 100 ms"));
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

/// The median of some runs, after one that warms up.
fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn open(runtime: &tokio::runtime::Runtime, router: &Router, cookie: &str, path: &str) {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let mut router = router.clone();
    runtime.block_on(async move {
        let answer = router.call(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        std::hint::black_box(to_bytes(answer.into_body(), usize::MAX).await.unwrap());
    });
}

/// The database without a program above it.
enum Bare {
    Sqlite(Connection),
    Postgres(Db),
}

impl Bare {
    /// All rows of a statement.
    fn read(&self, sql: &str) {
        match self {
            Self::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(sql).unwrap();
                let mut rows = statement.query([]).unwrap();
                while let Some(row) = rows.next().unwrap() {
                    std::hint::black_box(row.get_ref(0).unwrap());
                }
            }
            Self::Postgres(db) => {
                std::hint::black_box(db.conn.all(sql, params![], |_| Ok(())).unwrap());
            }
        }
    }
}
