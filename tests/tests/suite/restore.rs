//! Backups put back: nothing is lost, nothing is claimed twice.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Drive, Lab, id_number};

const RICE: &str = "6900000000014";

fn sell(drive: &mut Drive, count: usize, claims: &mut BTreeSet<String>) {
    for n in 0..count {
        let sale = drive.sell(&[RICE], Some(&id_number(n % 3)));
        claims.extend(sale["claims"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
    }
}

fn claimed_once(lab: &Lab, claims: &BTreeSet<String>) {
    let listed: Vec<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), unique.len());
    assert_eq!(&unique, claims);
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_restored_till_is_noticed_and_every_sale_is_claimed_once() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    let backup = lab.dir.path().join("till.backup");
    till.ok(&["backup", backup.to_str().unwrap()], "");
    sell(&mut drive, 4, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);

    till.ok(&["restore", backup.to_str().unwrap()], "");
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    till.ok(&["verify"], "");
    let epochs: BTreeSet<String> = tests::lines(&lab.hq_ok(&["records", "--till", "S001/01", "--json"]))
        .iter()
        .map(|r| r["epoch"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(epochs.len(), 2, "the till went on in one new epoch: {epochs:?}");
}

#[test]
fn a_till_restored_with_its_whole_folder_is_noticed_by_headquarters() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    let copy = lab.dir.path().join("copy");
    copy_dir(&till.dir, &copy);
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    sell(&mut drive, 3, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);

    // The old folder comes back, witness and all, and sells before it hears anything.
    std::fs::remove_dir_all(&till.dir).unwrap();
    copy_dir(&copy, &till.dir);
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    let states: BTreeSet<String> = lab.claims().iter().map(|c| c["state"].as_str().unwrap().to_owned()).collect();
    assert!(states.contains("held"), "what came by branch waits for people: {states:?}");
}

#[test]
fn a_restored_headquarters_gets_everything_again() {
    let lab = Lab::with_households(3);
    let mut server = lab.serve();
    let address = server.address();
    let till = lab.till(&server, "S001/01");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    let backup = lab.dir.path().join("hq.backup");
    lab.hq_ok(&["backup", backup.to_str().unwrap()]);
    sell(&mut drive, 3, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    server.kill();
    lab.hq_ok(&["restore", backup.to_str().unwrap()]);
    let _server = lab.serve_on(&address);
    sell(&mut drive, 1, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
}

#[test]
fn a_till_that_is_enrolled_anew_goes_on_with_its_books() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    let code = lab.hq_ok(&["till", "add", "S001/01"]);
    till.ok(&["enrol", "--hq", &server.url, "--code", code.trim()], "");
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    till.ok(&["verify"], "");
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
