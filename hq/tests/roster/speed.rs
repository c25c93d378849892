//! A hundred thousand rows of known people. The figure is said; the bound is the machine's worst.

use std::fmt::Write as _;
use std::time::Instant;

use hq::service::roster::import;

use crate::{Desk, id_number};

#[test]
fn a_large_roster_of_known_people_takes_seconds() {
    let rows: usize = std::env::var("JIHUI_ROSTER_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let desk = Desk::open();
    let file = |status: &str| {
        let mut text =
            "id_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n"
                .to_owned();
        for n in 0..rows {
            let relation = if n % 2 == 0 { "head" } else { "spouse" };
            writeln!(
                text,
                "{},王春华,F{},{relation},2,urban_dibao,370811,S001,{status},2026-01-01",
                id_number(n),
                n / 2
            )
            .unwrap();
        }
        text
    };
    // What stands for the numbers is known: that alone costs tens of milliseconds each, once.
    let db = desk.hq.db();
    let tx = db.begin().unwrap();
    for n in 0..rows {
        let mac = desk.hq.keys.mac("credential", &id_number(n));
        hq::store::people::put_stretched(&tx, &desk.hq.keys, &mac, &sync::random()).unwrap();
    }
    tx.commit().unwrap();
    drop(db);
    let timed = |what: &str, text: &str| {
        let start = Instant::now();
        let outcome = import(&desk.hq, text.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
        println!("{what}: {rows} rows in {:?}", start.elapsed());
        (outcome.added, outcome.changed, outcome.unchanged)
    };
    let n = u64::try_from(rows).unwrap();
    assert_eq!(timed("all new in the roster", &file("active")), (n, 0, 0));
    assert_eq!(timed("all as they were", &file("active")), (0, 0, n));
    assert_eq!(timed("all changed", &file("suspended")), (0, n, 0));
}
