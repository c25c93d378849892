//! Tills that all hold at once, as fast as they can: each asks, waits, lets go and asks again. Beside it: as many
//! threads with one bare database, each inserting a row durably and waiting for its turn.

use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use sync::http::Http;
use tests::window::{p50, p99};

use super::Sizes;
use super::bare::Beside;
use super::place::{Kind, Place};
use super::table::{Limit, Table, aside};

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let (count, times) = sizes.holds;
    let place = Place::open(kind, sizes);
    let tills = place.tills(count);
    let mut beside = Beside::copy(&place.lab);
    beside.begin_singles();
    let server = place.serve();
    let start = Barrier::new(count);
    let (place, url) = (&place, server.url.as_str());
    let work = |n: usize| {
        let (till, http) = (&tills[n], Http::new(url).unwrap());
        // Connected, and known to headquarters.
        till.hold(&http, place, place.family(till.store, n));
        start.wait();
        (0..times).map(|round| till.hold(&http, place, place.family(till.store, n + round))).collect()
    };
    let (took, ours) = together(count, work);
    let beside = Mutex::new(beside);
    let bytes = [b'x'; 1_500];
    let insert = |_| -> Vec<Duration> {
        start.wait();
        let one = |_| {
            let start = Instant::now();
            beside.lock().unwrap().single(&bytes);
            start.elapsed()
        };
        (0..times).map(one).collect()
    };
    let (_, bare) = together(count, insert);
    let rate = u128::try_from(ours.len()).unwrap() * 1_000 / took.as_millis().max(1);
    aside(&format!("{rate} holds a second were asked for and let go"));
    let name = |what: &str| format!("{count} tills hold, {rate} holds/s, {}, {what}", kind.word());
    let most = match kind {
        Kind::Sqlite => 100,
        Kind::Postgres => 50,
    };
    table.time(&name("p50"), p50(ours.clone()), p50(bare.clone()), Limit::None);
    table.time(&name("p99"), p99(ours), p99(bare), Limit::Time(Duration::from_millis(most)));
}

/// Each in a thread of its own; from first to last, and all that they say.
fn together(count: usize, work: impl Fn(usize) -> Vec<Duration> + Sync) -> (Duration, Vec<Duration>) {
    let start = Instant::now();
    let said = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn({
                    let work = &work;
                    move || work(n)
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    (start.elapsed(), said)
}
