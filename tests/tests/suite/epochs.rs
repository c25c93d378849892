//! Tills that were copied, stolen, replaced: every sale is claimed once, and people are told.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Drive, Lab, Till, id_number};

const RICE: &str = "6900000000014";

fn sell(drive: &mut Drive, count: usize, claims: &mut BTreeSet<String>) {
    for n in 0..count {
        let sale = drive.sell(&[RICE], Some(&id_number(n % 3)));
        claims.extend(sale["claims"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
    }
}

fn signed_in(till: &Till) -> Drive {
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    drive
}

fn claimed_once(lab: &Lab, claims: &BTreeSet<String>) {
    let listed: Vec<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!((listed.len(), &unique), (unique.len(), claims));
    lab.hq_ok(&["verify"]);
}

fn reasons(lab: &Lab, ids: &BTreeSet<String>) -> BTreeSet<String> {
    let claims = lab.claims();
    let of = claims.iter().filter(|c| ids.contains(c["id"].as_str().unwrap()));
    of.flat_map(|c| c["reasons"].as_array().unwrap().iter().map(|r| r.as_str().unwrap().to_owned())).collect()
}

fn copied(till: &Till, to: &std::path::Path) -> Till {
    for (path, bytes) in tests::files(&till.dir) {
        let target = to.join(path.strip_prefix(&till.dir).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
    Till { dir: to.to_path_buf() }
}

fn notice(till: &Till, name: &str) -> Option<String> {
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    conn.query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0)).ok()
}

#[test]
fn two_copies_of_a_till_lose_nothing_and_wait_for_people_until_one_is_enrolled_anew() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut all = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut all);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let copy = copied(&till, &lab.dir.path().join("copy"));
    for machine in [&till, &copy] {
        let mut drive = signed_in(machine);
        sell(&mut drive, 2, &mut all);
        drive.ok(&json!({"do": "sync"}));
    }
    // Each learns of the other, sells on, and sends what it has.
    for _ in 0..2 {
        for machine in [&till, &copy] {
            let mut drive = signed_in(machine);
            sell(&mut drive, 1, &mut all);
            drive.ok(&json!({"do": "sync"}));
        }
    }
    claimed_once(&lab, &all);
    assert!(notice(&copy, "notice_records").is_some_and(|text| text.contains("另一台机器")), "people are told");
    // One of them is enrolled anew; the other is of no use any more, but for what it sold.
    let code = lab.hq_ok(&["till", "add", "S001/01"]);
    copy.ok(&["enrol", "--hq", &server.url, "--code", code.trim()], "");
    let mut fresh = BTreeSet::new();
    let mut drive = signed_in(&copy);
    sell(&mut drive, 2, &mut fresh);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    all.extend(fresh.clone());
    assert_eq!(reasons(&lab, &fresh), BTreeSet::new(), "the one that was enrolled anew is one machine again");
    let mut drive = signed_in(&till);
    sell(&mut drive, 1, &mut all);
    drop(drive);
    till.run(&["sync"], "");
    claimed_once(&lab, &all);
}

#[test]
fn a_stolen_till_grants_nothing_more_and_what_it_sold_waits_for_people() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let (stolen, other) = (lab.till(&server, "S001/01"), lab.till(&server, "S001/02"));
    let mut before = BTreeSet::new();
    let mut drive = stolen.open();
    sell(&mut drive, 2, &mut before);
    drop(drive);
    drop(other.open());
    let key = |till: &Till| notice(till, "roster_key").unwrap();
    let old_key = key(&other);
    lab.hq_ok(&["till", "revoke", "S001/01"]);

    stolen.run(&["sync"], "");
    assert!(notice(&stolen, "notice_key").is_some_and(|text| text.contains("停用")), "people are told");
    assert!(notice(&stolen, "roster_key").is_none(), "the key to the roster is gone");
    claimed_once(&lab, &before);
    assert_eq!(reasons(&lab, &before), BTreeSet::from(["R12".into()]), "what it sold was taken, and waits");
    let mut drive = signed_in(&stolen);
    drive.ok(&json!({"do": "scan", "code": RICE}));
    let refused = drive.send(&json!({"do": "verify", "id_number": id_number(0)})).unwrap();
    assert_eq!(refused["ok"], json!(false), "{refused}");
    let sale = drive.ok(&json!({"do": "pay", "tender": "cash"}))["sale"].clone();
    assert_eq!(sale["claims"], json!([]), "the goods themselves are sold as to anybody");
    drop(drive);

    // The store's other till gets a new key to the roster, and still knows every family.
    let mut all = before.clone();
    let mut drive = signed_in(&other);
    drive.ok(&json!({"do": "sync"}));
    assert_ne!(key(&other), old_key);
    sell(&mut drive, 2, &mut all);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &all);
}

#[test]
fn a_replaced_till_takes_its_place_and_the_old_one_still_hands_in_what_it_sold() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let old = lab.till(&server, "S001/01");
    let mut all = BTreeSet::new();
    let mut drive = old.open();
    sell(&mut drive, 2, &mut all);
    drive.ok(&json!({"do": "sync"}));
    sell(&mut drive, 2, &mut all);
    drop(drive);
    // A new machine under the same name, with an empty folder.
    let new = Till { dir: lab.dir.path().join("new-machine") };
    let code = lab.hq_ok(&["till", "add", "S001/01"]);
    new.ok(&["enrol", "--hq", &server.url, "--code", code.trim()], "");
    new.ok(&["products", "import", tests::data().join("products.csv").to_str().unwrap()], "");
    new.ok(&["staff", "add", "c1", "--role", "cashier"], "1234\n");
    let mut drive = new.open();
    sell(&mut drive, 2, &mut all);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    // The old one is plugged in once more: it grants nothing, and hands in the rest.
    old.run(&["sync"], "");
    claimed_once(&lab, &all);
    let numbers: BTreeSet<String> = lab.claims().iter().map(|c| c["sale"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers.len(), all.len(), "no receipt number stands twice");
    let states: Vec<Value> = lab.claims().iter().map(|c| c["state"].clone()).collect();
    assert!(states.iter().any(|state| state == "accepted"));
}
