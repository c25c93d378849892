//! The line between tills and headquarters under load, each figure beside a bare equivalent of the same run:
//! `load [storm] [ingest] [holds] [stored] [backlog] [sqlite] [postgres]`; all of them unless some are named.
//! Ratios count. `JIHUI_LOAD_QUICK=1` makes everything small, to see that it stands;
//! `JIHUI_LOAD_CLAIMS=10000000` stores ten million claims instead of one.
#![expect(clippy::unwrap_used, reason = "a benchmark that does not stand says so")]

mod backlog;
mod bare;
mod fill;
mod holds;
mod ingest;
mod memory;
mod place;
mod stored;
mod storm;
mod table;
mod till;

use place::Kind;
use table::Table;

/// How much of everything.
pub struct Sizes {
    /// Stores, each with a district of its own.
    pub stores: usize,
    /// Families of a district.
    pub families: usize,
    /// Families of the first store's district besides.
    pub more_families: usize,
    /// Tills that come at once.
    pub tills: usize,
    /// Records that each of them has.
    pub records: usize,
    /// Records of one till that was away for long.
    pub backlog: usize,
    /// Batches, each of another store's till, and their records.
    pub batches: (usize, usize),
    /// Records that come one by one.
    pub singles: usize,
    /// Tills that hold at once, and how often each.
    pub holds: (usize, usize),
    /// Claims that are stored: few and many.
    pub stored: (u64, u64),
}

impl Sizes {
    fn wanted() -> Self {
        if std::env::var_os("JIHUI_LOAD_QUICK").is_some() {
            return Self {
                stores: 6,
                families: 20,
                more_families: 30,
                tills: 60,
                records: 3,
                backlog: 300,
                batches: (5, 100),
                singles: 40,
                holds: (32, 4),
                stored: (2_000, 20_000),
            };
        }
        let many = std::env::var("JIHUI_LOAD_CLAIMS").map_or(1_000_000, |text| text.parse().unwrap());
        Self {
            stores: 50,
            families: 40,
            more_families: 960,
            tills: 1_000,
            records: 5,
            backlog: 10_000,
            batches: (20, 500),
            singles: 300,
            holds: (32, 50),
            stored: (100_000, many),
        }
    }
}

/// A part of the table.
type Part = (&'static str, fn(&Sizes, Kind, &mut Table));

const PARTS: [Part; 5] = [
    ("storm", storm::rows),
    ("ingest", ingest::rows),
    ("holds", holds::rows),
    ("stored", stored::rows),
    // The last: what a window leaves running must not disturb the others.
    ("backlog", backlog::rows),
];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_of = |all: &[&str], one: &str| {
        let chosen = named.iter().filter(|name| all.contains(&name.as_str()));
        chosen.clone().count() == 0 || chosen.clone().any(|name| name == one)
    };
    let parts = PARTS.map(|(name, _)| name);
    let kinds = Kind::ALL.map(Kind::word);
    let unknown = named.iter().find(|name| !parts.contains(&name.as_str()) && !kinds.contains(&name.as_str()));
    assert!(unknown.is_none(), "{unknown:?} is neither of {parts:?} nor of {kinds:?}");
    let sizes = Sizes::wanted();
    let mut table = Table::begin();
    for (name, part) in PARTS.iter().filter(|(name, _)| is_of(&parts, name)) {
        for kind in Kind::ALL.into_iter().filter(|kind| is_of(&kinds, kind.word())) {
            let start = std::time::Instant::now();
            part(&sizes, kind, &mut table);
            table::aside(&format!("{name}, {}: {} s in all", kind.word(), start.elapsed().as_secs()));
        }
    }
    table.end();
}
