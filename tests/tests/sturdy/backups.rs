//! Backups, daily copies, and putting them back.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tests::{Lab, Till, lines};

use super::hands::{RICE, claimed_once, claims_of, copy_dir, drive_again, folders, mode, offline_till, sales, sell};

fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < end, "{what} never came");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_backup_of_a_till_that_sells_is_whole_private_and_written_over_nothing() {
    let (lab, till) = offline_till(3);
    let mut drive = till.open();
    let mut kept = BTreeSet::new();
    for n in 0..4 {
        let sale = drive.sell(&[RICE], None);
        kept.insert(sale["number"].as_str().unwrap().to_owned());
        let file = lab.dir.path().join(format!("backup-{n}.db"));
        let text = file.to_str().unwrap();
        std::thread::scope(|scope| {
            // Somebody sells while it is written.
            let till = &till;
            let writing = scope.spawn(move || till.run(&["backup", text], ""));
            drive.ok(&json!({"do": "scan", "code": RICE}));
            drive.ok(&json!({"do": "clear"}));
            assert_eq!(writing.join().unwrap().code, 0);
        });
        copies::sound(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        let again = till.run(&["backup", text], "");
        assert_eq!(again.code, 2, "{}", again.err);
        let alone = Till { dir: lab.dir.path().join(format!("alone-{n}")) };
        alone.ok(&["restore", text], "");
        assert_eq!(sales(&alone.dir), kept);
    }
    assert!(folders(lab.dir.path(), "backup-0.db.").is_empty(), "nothing unfinished stays behind");
    let nowhere = till.run(&["backup", "/nowhere/backup.db"], "");
    assert_eq!(nowhere.code, 1);
}

#[test]
fn a_restore_needs_the_folder_alone_and_puts_the_old_data_aside() {
    let (lab, till) = offline_till(3);
    let backup = lab.dir.path().join("till.backup");
    let text = backup.to_str().unwrap();
    let mut drive = till.open();
    drive.sell(&[RICE], None);
    till.ok(&["backup", text], "");
    drive.sell(&[RICE], None);
    let refused = till.run(&["restore", text], "");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("使用"), "{}", refused.err);
    drop(drive);
    let said: Value = serde_json::from_str(&till.ok(&["restore", text], "")).unwrap();
    let aside = Path::new(said["old"].as_str().unwrap());
    assert_eq!(sales(&till.dir).len(), 1);
    assert_eq!(sales(aside).len(), 2, "the old database is whole where it was put");
    let wrong = lab.file("text.db", b"no database");
    assert_eq!(till.run(&["restore", &wrong], "").code, 1);
    assert_eq!(sales(&till.dir).len(), 1);

    let hq_backup = lab.dir.path().join("hq.backup");
    let text = hq_backup.to_str().unwrap();
    let server = lab.serve();
    lab.hq_ok(&["backup", text]);
    assert_eq!(mode(&hq_backup), 0o600);
    assert_eq!(lab.hq(&["backup", text]).code, 2);
    let refused = lab.hq(&["restore", text]);
    assert!(refused.code == 1 && refused.err.contains("使用"), "{}", refused.err);
    drop(server);
    let said: Value = serde_json::from_str(&lab.hq_ok(&["restore", text])).unwrap();
    assert!(Path::new(said["old"].as_str().unwrap()).join("hq.db").exists());
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_restore_that_a_power_cut_stopped_is_ended_at_the_next_start() {
    let (lab, till) = offline_till(3);
    let backup = lab.dir.path().join("till.backup");
    let mut drive = till.open();
    drive.sell(&[RICE], None);
    till.ok(&["backup", backup.to_str().unwrap()], "");
    drive.sell(&[RICE], None);
    // The journal of the old database, full: it is copied while the till is open.
    let cut = Till { dir: lab.dir.path().join("cut") };
    copy_dir(&till.dir, &cut.dir);
    drop(drive);
    assert!(std::fs::metadata(cut.dir.join("till.db-wal")).unwrap().len() > 0);
    let aside = cut.dir.join("before-restore-x");
    std::fs::create_dir(&aside).unwrap();
    std::fs::write(cut.dir.join("till.db.aside"), aside.to_str().unwrap()).unwrap();
    std::fs::copy(&backup, cut.dir.join("till.db.incoming")).unwrap();
    std::fs::rename(cut.dir.join("till.db"), aside.join("till.db")).unwrap();
    cut.ok(&["verify"], "");
    assert_eq!(sales(&cut.dir).len(), 1, "the backup, without the old journal");
    assert_eq!(sales(&aside).len(), 2, "the old database, with its journal");
}

#[test]
fn a_till_copies_its_data_at_the_first_start_of_a_day_and_when_the_day_is_closed() {
    let (lab, till) = offline_till(3);
    let list = || lines(&till.ok(&["copies"], ""));
    let mut drive = till.open();
    until("the day's copy", || list().len() == 1);
    let copy = list()[0].clone();
    let file = Path::new(copy["file"].as_str().unwrap()).to_owned();
    assert_eq!(copy["kind"], "daily");
    assert_eq!(mode(&file), 0o600);
    let number = drive.sell(&[RICE], None)["number"].as_str().unwrap().to_owned();
    drive.ok(&json!({"do": "close_shift", "counted": "241.40"}));
    drive.ok(&json!({"do": "close_day"}));
    let in_copy = || super::hands::column(&file, "SELECT number FROM sales");
    until("the copy of the closed day", || in_copy() == [number.clone()]);
    drop(drive);

    // Seven days are kept, and three from before upgrades.
    let folder = file.parent().unwrap();
    for day in 10..20 {
        std::fs::copy(&file, folder.join(format!("till-2026-01-{day}.db"))).unwrap();
        let old = std::fs::File::options().write(true).open(folder.join(format!("till-2026-01-{day}.db"))).unwrap();
        old.set_modified(
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_768_000_000 + day * 86_400),
        )
        .unwrap();
    }
    till.ok(&["copy"], "");
    let kept = list();
    assert_eq!(kept.len(), 7, "{kept:?}");
    assert!(kept[0]["file"].as_str().unwrap().ends_with("till-2026-01-14.db"));

    // Another place, and a place that is not there.
    let stick = lab.dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    till.ok(&["set", "copies_folder", stick.to_str().unwrap()], "");
    till.ok(&["copy"], "");
    assert_eq!(folders(&stick, "till-").len(), 1);
    std::fs::remove_dir_all(&stick).unwrap();
    let failed = till.run(&["copy"], "");
    assert_eq!(failed.code, 1);
    assert!(failed.err.contains("备份文件夹"), "{}", failed.err);
    assert_eq!(till.run(&["set", "copies_folder", "/nowhere"], "").code, 2);
    // It sells all the same.
    let mut drive = drive_again(&till);
    drive.ok(&json!({"do": "open_shift", "float": "0.00"}));
    drive.sell(&[RICE], None);
}

#[test]
fn headquarters_copies_its_data_and_its_home_page_says_how_old_the_copy_is() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    let made: Value = serde_json::from_str(&lab.hq_ok(&["copy"])).unwrap();
    let file = made["file"].as_str().unwrap().to_owned();
    assert_eq!(mode(Path::new(&file)), 0o600);
    assert_eq!(lines(&lab.hq_ok(&["copies"])).len(), 1);
    claims.extend(claims_of(&drive.sell(&[RICE], Some(&tests::id_number(0)))));
    drive.ok(&json!({"do": "sync"}));
    let address = server.address();
    drop(server);
    lab.hq_ok(&["restore", &file]);
    let _server = lab.serve_on(&address);
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    // What failed is noted beside the copies, and older copies stay.
    let stick = lab.dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    assert_eq!(lab.hq(&["--copies", "/nowhere", "copy"]).code, 2);
    lab.hq_ok(&["--copies", stick.to_str().unwrap(), "copy"]);
    assert_eq!(folders(&stick, "hq-").len(), 1);
}
