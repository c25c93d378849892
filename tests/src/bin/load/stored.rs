//! What a claim costs where many are stored already, beside what it costs where few are.

use std::process::Command;
use std::time::{Duration, Instant};

use sync::http::Http;
use tests::window::p50;

use super::Sizes;
use super::fill::fill;
use super::place::{Family, Kind, Place};
use super::table::{Limit, Table, aside};
use super::till::Till;

/// Batches that are measured, after one that warms up, and claims of each.
const BATCHES: usize = 8;
const SIZE: usize = 200;

/// What a claim takes of the disk, with all that belongs to it, and what is left alone.
const BYTES: u64 = 4_000;
const GB: u64 = 1_000_000_000;
const SPARE: u64 = 12 * GB;

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let (few, many) = sizes.stored;
    let (free, needed) = (free_bytes(), many * BYTES + SPARE);
    if free < needed {
        return aside(&format!("{many} claims are not stored: {} GB are free, {} are needed", free / GB, needed / GB));
    }
    let place = Place::open(kind, sizes);
    let mut tills = place.tills(BATCHES + 1);
    let mut after = |claims: u64, before: u64| {
        let start = Instant::now();
        let families = fill(&place, tills.len(), claims - before, claims);
        aside(&format!("{claims} claims of {families} families stored in {:.0?}", start.elapsed()));
        measure(&place, &mut tills, families)
    };
    let calm = after(few, 0);
    let full = after(many, few);
    table.time(
        &format!("a claim (of a batch) at {many} stored, {}, beside {few} stored", kind.word()),
        full,
        calm,
        Limit::Ratio(120),
    );
}

/// What the disk has left where databases are made.
fn free_bytes() -> u64 {
    let said = Command::new("df").args(["--output=avail", "-B1"]).arg(std::env::temp_dir()).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    text.lines().nth(1).unwrap().trim().parse().unwrap()
}

/// The median batch, by claim.
fn measure(place: &Place, tills: &mut [Till], families: u64) -> Duration {
    let server = place.serve();
    let http = Http::new(&server.url).unwrap();
    let mut times = Vec::new();
    for (n, till) in tills.iter_mut().enumerate() {
        let family = |at: usize| -> Family {
            // Somewhere among all of them.
            let which = u64::try_from(n * SIZE + at).unwrap() * 7_919 % families;
            (format!("H{which}"), format!("H{which}a"))
        };
        let batch: Vec<_> = (0..SIZE).map(|at| till.claim(place, &family(at))).collect();
        let start = Instant::now();
        let said = till.send(&http, &batch);
        times.push(start.elapsed());
        assert_eq!(said.results.len(), SIZE);
    }
    p50(times.split_off(1)) / u32::try_from(SIZE).unwrap()
}
