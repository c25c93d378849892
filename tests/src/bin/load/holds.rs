//! Tills that all hold at once: each asks, waits for the answer, and lets go; at the pace of a brisk cashier, and as
//! fast as they can. Beside it: as many threads with one bare database, each inserting a row durably at the same pace
//! and waiting for its turn.

use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use sync::http::Http;
use tests::window::{p50, p99};

use super::Sizes;
use super::bare::Beside;
use super::place::{Kind, Place};
use super::table::{Limit, Table};
use super::till::Till;

/// A brisk cashier scans so often.
const PACE: Duration = Duration::from_millis(250);

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let (count, times) = sizes.holds;
    let place = Place::open(kind, sizes);
    let tills = place.tills(count);
    let mut beside = Beside::copy(&place.lab);
    beside.begin_singles();
    let beside = Mutex::new(beside);
    let server = place.serve();
    let https: Vec<Http> = (0..count).map(|_| Http::new(&server.url).unwrap()).collect();
    let hold = |n: usize, round: usize| {
        let till: &Till = &tills[n];
        till.hold(&https[n], &place, place.family(till.store, n + round))
    };
    let bytes = [b'x'; 1_500];
    let insert = |_, _| {
        let start = Instant::now();
        beside.lock().unwrap().single(&bytes);
        start.elapsed()
    };
    // Connected, and known to headquarters.
    together(count, 1, None, &hold);
    let most = match kind {
        Kind::Sqlite => 100,
        Kind::Postgres => 50,
    };
    for (how, pace) in [("a brisk cashier's pace", Some(PACE)), ("as fast as they can", None)] {
        let (rate, ours) = together(count, times, pace, &hold);
        let (_, bare) = together(count, times, pace, &insert);
        let name = |what: &str| format!("{count} tills hold, {}, {how} ({rate} holds/s): {what}", kind.word());
        table.time(&name("p50"), p50(ours.clone()), p50(bare.clone()), Limit::None);
        table.time(&name("p99"), p99(ours), p99(bare), Limit::Time(Duration::from_millis(most)));
    }
}

/// Works so often in each of some threads, at a pace; how often a second in all, and how long each took.
fn together(
    count: usize,
    times: usize,
    pace: Option<Duration>,
    work: &(dyn Fn(usize, usize) -> Duration + Sync),
) -> (u128, Vec<Duration>) {
    let start = Barrier::new(count);
    let run = |n: usize| -> Vec<Duration> {
        start.wait();
        let began = Instant::now();
        let one = |round: usize| {
            if let Some(pace) = pace {
                // Each at its own moment.
                let share = pace * u32::try_from(n).unwrap() / u32::try_from(count).unwrap();
                let at = pace * u32::try_from(round).unwrap() + share;
                std::thread::sleep(at.saturating_sub(began.elapsed()));
            }
            work(n, round)
        };
        (0..times).map(one).collect()
    };
    let began = Instant::now();
    let took: Vec<Duration> = std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = (0..count).map(|n| scope.spawn(move || run(n))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    (u128::try_from(took.len()).unwrap() * 1_000 / began.elapsed().as_millis().max(1), took)
}
