//! A changed byte is found.

use rusqlite::Connection;
use serde_json::json;
use tests::{Lab, id_number};

const RICE: &str = "6900000000014";

/// Changes one character of a record in a database.
fn change(path: &std::path::Path, row: i64) {
    let conn = Connection::open(path).unwrap();
    let jws: String = conn.query_row("SELECT jws FROM records WHERE id = ?1", [row], |r| r.get(0)).unwrap();
    let middle = jws.len() / 2;
    let other = if &jws[middle..=middle] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &jws[..middle], &jws[middle + 1..]);
    conn.execute("UPDATE records SET jws = ?2 WHERE id = ?1", rusqlite::params![row, changed]).unwrap();
}

fn put_back(path: &std::path::Path, row: i64, jws: &str) {
    let conn = Connection::open(path).unwrap();
    conn.execute("UPDATE records SET jws = ?2 WHERE id = ?1", rusqlite::params![row, jws]).unwrap();
}

fn records(path: &std::path::Path) -> Vec<(i64, String)> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare("SELECT id, jws FROM records ORDER BY id").unwrap();
    statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_changed_byte_in_any_record_is_found_by_verify() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    for n in 0..3 {
        drive.sell(&[RICE], Some(&id_number(n)));
    }
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let (at_till, at_hq) = (till.dir.join("till.db"), lab.hq_dir().join("hq.db"));
    for (row, jws) in records(&at_till) {
        change(&at_till, row);
        let said = till.run(&["verify"], "");
        assert_eq!(said.code, 1, "row {row} of the till");
        assert!(said.err.contains("record"), "{}", said.err);
        put_back(&at_till, row, &jws);
    }
    till.ok(&["verify"], "");
    for (row, jws) in records(&at_hq) {
        change(&at_hq, row);
        assert_eq!(lab.hq(&["verify"]).code, 1, "row {row} of headquarters");
        put_back(&at_hq, row, &jws);
    }
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_record_that_was_changed_before_it_was_sent_is_refused_and_written_anew() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    let mut claims = Vec::new();
    for n in 0..4 {
        let sale = drive.sell(&[RICE], Some(&id_number(n % 3)));
        claims.push(sale["claims"][0].as_str().unwrap().to_owned());
    }
    drop(drive);
    // The signature of the second claim is broken on the till's disk; its payload can still be read.
    let path = till.dir.join("till.db");
    let conn = Connection::open(&path).unwrap();
    let (row, jws): (i64, String) = conn
        .query_row("SELECT id, jws FROM records WHERE uuid = ?1", [&claims[1]], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap();
    drop(conn);
    let (rest, signature) = jws.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    put_back(&path, row, &format!("{rest}.{flipped}"));

    till.ok(&["sync"], "");
    let mut listed: Vec<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    claims.sort();
    assert_eq!(listed, claims, "every sale is claimed once");
    lab.hq_ok(&["verify"]);
    assert_eq!(till.run(&["verify"], "").code, 1, "the till still shows which of its records was changed");
}

#[test]
fn a_changed_balance_is_found() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let conn = Connection::open(lab.hq_dir().join("hq.db")).unwrap();
    conn.execute("UPDATE balances SET used_milli = used_milli - 10 WHERE limit_id = 'month'", []).unwrap();
    let said = lab.hq(&["verify"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("balance"), "{}", said.err);
}
