//! The witness notices a database that was put back before any network is there.

use std::collections::BTreeSet;

use serde_json::json;
use tests::Till;

use super::hands::{Hand, claimed_once, column, command, copy_dir, drive_again, offline_till, point_at, sell};

fn epochs(till: &Till) -> usize {
    column(&till.dir.join("till.db"), "SELECT epoch FROM epochs").len()
}

/// Starts and ends the till; what it said to people.
fn start(till: &Till) -> String {
    let mut hand = Hand::start(command("jihui-till", &till.dir, &["drive"]));
    hand.send(&json!({"do": "login", "staff": "c1", "pin": "1234"})).unwrap();
    hand.end()
}

#[test]
fn a_database_put_back_is_noticed_without_a_line_and_all_is_claimed_once() {
    let (lab, till) = offline_till(3);
    let backup = lab.dir.path().join("till.backup");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    till.ok(&["backup", backup.to_str().unwrap()], "");
    let server = lab.serve();
    drop(drive);
    point_at(&till.dir, &server.url);
    let mut drive = drive_again(&till);
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    drop(server);
    till.ok(&["restore", backup.to_str().unwrap()], "");
    assert_eq!(epochs(&till), 1);
    let said = start(&till);
    assert!(said.contains("从备份恢复") && said.contains("同步"), "{said}");
    assert_eq!(epochs(&till), 2, "it goes on in the next epoch before anybody is asked");
    assert!(start(&till).is_empty(), "it is said once");
    let server = lab.serve();
    point_at(&till.dir, &server.url);
    let mut drive = drive_again(&till);
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    till.ok(&["verify"], "");
}

#[test]
fn a_witness_that_is_gone_or_unreadable_says_what_to_do_and_is_written_anew() {
    let (_lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    let witness = till.dir.join("witness");
    assert!(start(&till).is_empty());
    for content in [None, Some(Vec::new()), Some(b"nonsense".to_vec()), Some(vec![0xFF; 300])] {
        match content {
            None => std::fs::remove_file(&witness).unwrap(),
            Some(bytes) => std::fs::write(&witness, bytes).unwrap(),
        }
        let said = start(&till);
        assert!(said.contains("见证文件") && said.contains("同步"), "{said}");
        assert!(start(&till).is_empty(), "it is there again");
        assert_eq!(epochs(&till), 1, "nothing says that the data were put back");
    }
}

#[test]
fn a_whole_folder_put_back_is_noticed_by_headquarters() {
    let (lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let server = lab.serve();
    point_at(&till.dir, &server.url);
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    let copy = lab.dir.path().join("copy");
    copy_dir(&till.dir, &copy);
    let mut drive = drive_again(&till);
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    std::fs::remove_dir_all(&till.dir).unwrap();
    copy_dir(&copy, &till.dir);
    let mut drive = drive_again(&till);
    sell(&mut drive, 2, &mut claims);
    assert_eq!(epochs(&till), 1, "the witness came back with the folder and knows nothing");
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    assert_eq!(epochs(&till), 2);
    claimed_once(&lab, &claims);
}
