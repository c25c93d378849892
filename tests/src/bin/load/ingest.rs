//! Records as fast as one client sends them, by batches and one by one.

use std::time::{Duration, Instant};

use sync::engine::Waiting;
use sync::http::Http;
use sync::jws::Jwk;
use sync::protocol::{Outcome, Uploaded};
use tests::window::{p50, p99};

use super::Sizes;
use super::bare::{Beside, empty_tables, rows_of};
use super::place::{Kind, Place};
use super::table::{Limit, Table, aside};

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let place = Place::open(kind, sizes);
    let (count, size) = sizes.batches;
    // One more, that warms up.
    let mut tills = place.tills(count + 2);
    let mut single = tills.pop().unwrap();
    let empty = empty_tables(&place.lab, kind);
    let mut beside = Beside::copy(&place.lab);
    let server = place.serve();
    let http = Http::new(&server.url).unwrap();
    let batches: Vec<Vec<Waiting>> =
        tills.iter_mut().enumerate().map(|(n, till)| till.claims(&place, size, n)).collect();
    let mut ours = Vec::new();
    for (till, batch) in tills.iter().zip(&batches) {
        let start = Instant::now();
        let said = till.send(&http, batch);
        ours.push(start.elapsed());
        all_accepted(&said, size);
    }
    let rows = rows_of(&place.lab, kind, &empty);
    let sent: Vec<(Jwk, Vec<Waiting>)> = tills.iter().map(|till| till.key.jwk()).zip(batches).collect();
    let bare = beside.batches(&sent, &rows);
    aside(&format!("batches: {:.1?} each, bare {:.1?}", p50(ours[1..].to_vec()), p50(bare[1..].to_vec())));
    let rate = |times: &[Duration]| {
        let nanos = times.iter().map(Duration::as_nanos).sum::<u128>().max(1);
        u128::try_from(size * count).unwrap() * 1_000_000_000 / nanos
    };
    let word = kind.word();
    table.share(
        &format!("claims in batches of {size}, {word}, beside verifying and inserting the same"),
        rate(&ours[1..]),
        rate(&bare[1..]),
        40,
    );
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    beside.begin_singles();
    for n in 0..sizes.singles {
        let record = single.claims(&place, 1, n);
        let start = Instant::now();
        let said = single.send(&http, &record);
        ours.push(start.elapsed());
        all_accepted(&said, 1);
        bare.push(beside.single(record[0].jws.as_bytes()));
    }
    table.time(
        &format!("a single claim, {word}, p50, beside a bare durable insert"),
        p50(ours.clone()),
        p50(bare.clone()),
        Limit::RatioAnd(150, Duration::from_micros(500)),
    );
    table.time(&format!("a single claim, {word}, p99, beside the same"), p99(ours), p99(bare), Limit::None);
}

/// What is measured is the plain case.
pub fn all_accepted(said: &Uploaded, count: usize) {
    assert_eq!(said.results.len(), count);
    let other = said.results.iter().find(|result| result.outcome != Outcome::Accepted);
    assert!(other.is_none(), "{other:?}");
}
