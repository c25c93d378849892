//! A large roster of people whom headquarters knows.

use std::fmt::Write as _;
use std::time::Instant;

use hq::service::Hq;
use hq::service::roster;
use hq::store::people;

const ROWS: usize = 100_000;

/// Rows that are as they were, and rows that all changed: without Argon2, which each number costs once.
pub fn rows() {
    let dir = tempfile::tempdir().unwrap();
    let hq = Hq::open(dir.path(), &dir.path().join("keys.json")).unwrap();
    roster::add_store(&hq, "S001", "S001", "370811", vec!["3708".into()]).unwrap();
    let db = hq.db();
    let tx = db.begin().unwrap();
    for n in 0..ROWS {
        people::put_stretched(&tx, &hq.keys, &hq.keys.mac("credential", &number(n)), &sync::random()).unwrap();
    }
    tx.commit().unwrap();
    drop(db);
    import(&hq, "active");
    for (what, status) in [("as they were", "active"), ("all changed", "suspended")] {
        let start = Instant::now();
        import(&hq, status);
        super::say(&format!("| 100,000 roster rows of known people, {what} | {:?} | - | - |", start.elapsed()));
    }
}

fn import(hq: &Hq, status: &str) {
    let mut text =
        "id_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n".to_owned();
    for n in 0..ROWS {
        let relation = if n % 2 == 0 { "head" } else { "spouse" };
        let household = n / 2;
        writeln!(text, "{},示例,F{household},{relation},2,urban_dibao,370811,S001,{status},2026-01-01", number(n))
            .unwrap();
    }
    roster::import(hq, text.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
}

/// As many different fictitious ID numbers as a roster has.
fn number(n: usize) -> String {
    let born = 19_400_101 + (n % 60) * 10_000 + (n / 60 % 12) * 100 + n / 720 % 28;
    let digits = format!("370899{born}{:03}", n / 20_160 * 50 + n % 50);
    format!("{digits}{}", domain::resident::check_character(&digits))
}
