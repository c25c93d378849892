//! Databases as each earlier version left them (tests/fixtures/upgrades) open in the newest, with all that
//! was in them; and an older program leaves a newer one's data alone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::Value;
use tests::{Lab, Till, lines};

use super::hands::{RICE, claimed_once, column, drive_again, folders, mode, number, offline_till, point_at, sales};

/// What each version left, by the version's number of migrations: till and headquarters.
const LEFT: [(&str, i64, i64); 4] = [("one", 1, 1), ("three", 2, 3), ("four", 5, 4), ("five", 7, 13)];

fn fixture(name: &str, file: &str) -> PathBuf {
    tests::root().join("tests/fixtures/upgrades").join(name).join(file)
}

/// A lab and a till as that version left them.
fn left(name: &str) -> (Lab, Till) {
    let lab = Lab::on(None);
    let till = Till { dir: lab.dir.path().join("till") };
    for (dir, db, files) in
        [(lab.hq_dir(), "hq", vec!["keys.json"]), (till.dir.clone(), "till", vec!["till.key", "witness"])]
    {
        std::fs::create_dir_all(&dir).unwrap();
        let conn = Connection::open(dir.join(format!("{db}.db"))).unwrap();
        // The tables come in the order of their names, not in that of what refers to what.
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch(&std::fs::read_to_string(fixture(name, &format!("{db}.sql"))).unwrap()).unwrap();
        for file in files {
            std::fs::copy(fixture(name, file), dir.join(file)).unwrap();
        }
    }
    (lab, till)
}

fn version(db: &std::path::Path) -> i64 {
    number(db, "SELECT max(version) FROM refinery_schema_history")
}

#[test]
fn what_each_earlier_version_left_opens_whole() {
    for (name, till_version, hq_version) in LEFT {
        let (lab, till) = left(name);
        let (till_db, hq_db) = (till.dir.join("till.db"), lab.hq_dir().join("hq.db"));
        assert_eq!((version(&till_db), version(&hq_db)), (till_version, hq_version), "{name}");
        let expected: Value = serde_json::from_slice(&std::fs::read(fixture(name, "expected.json")).unwrap()).unwrap();
        let set = |field: &str| -> BTreeSet<String> {
            expected[field].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let rows = |db: &std::path::Path, sql: &str| column(db, sql);
        let told = "SELECT jws FROM records ORDER BY id";
        let before = (rows(&till_db, told), rows(&hq_db, told));

        let verified = &lines(&till.ok(&["verify"], ""))[0];
        assert_eq!(verified["sales"], 6, "{name}");
        lab.hq_ok(&["verify"]);
        assert_eq!((rows(&till_db, told), rows(&hq_db, told)), before, "{name}: records as they were signed");
        assert_eq!(sales(&till.dir), set("sales"));
        for (folder, db, from) in [(&till.dir, "till", till_version), (&lab.hq_dir(), "hq", hq_version)] {
            let kept = folders(&folder.join("copies"), &format!("{db}-V{from}-"));
            let is_newest = version(&folder.join(format!("{db}.db"))) == from;
            assert_eq!(kept.len(), usize::from(!is_newest), "{name}: a copy from before the upgrade of {db}");
            for copy in kept {
                copies::sound(&copy).unwrap();
                assert_eq!((version(&copy), mode(&copy)), (from, 0o600));
            }
        }
        // What waited goes up, and the till goes on.
        let server = lab.serve();
        point_at(&till.dir, &server.url);
        till.ok(&["sync"], "");
        claimed_once(&lab, &set("claims"));
        let mut drive = drive_again(&till);
        drive.ok(&serde_json::json!({"do": "open_shift", "float": "0.00"}));
        let sale = drive.sell(&[RICE], Some(&tests::id_number(0)));
        drive.ok(&serde_json::json!({"do": "sync"}));
        drop(drive);
        let mut claims = set("claims");
        claims.extend(super::hands::claims_of(&sale));
        claimed_once(&lab, &claims);
        till.ok(&["verify"], "");
        assert_eq!(till.run(&["verify"], "").code, 0);
    }
}

#[test]
fn an_upgrade_keeps_the_last_three_copies() {
    let (_lab, till) = left("one");
    let folder = till.dir.join("copies");
    std::fs::create_dir(&folder).unwrap();
    for n in 1..=4 {
        let path = folder.join(format!("till-V{n}-2026-01-0{n}-120000.db"));
        std::fs::write(&path, b"old").unwrap();
        let old = std::fs::File::options().write(true).open(&path).unwrap();
        old.set_modified(
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_768_000_000 + n * 86_400),
        )
        .unwrap();
    }
    till.ok(&["verify"], "");
    let names: Vec<String> =
        folders(&folder, "till-V").iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("till-V1-") && !name.contains("2026-01-01")), "{names:?}");
}

#[test]
fn an_upgrade_that_cannot_be_copied_first_does_not_happen() {
    let (_lab, till) = left("four");
    // Where the copies belong there is a file.
    std::fs::write(till.dir.join("copies"), b"").unwrap();
    assert_eq!(till.run(&["verify"], "").code, 1);
    assert_eq!(version(&till.dir.join("till.db")), 5);
}

#[test]
fn an_older_program_leaves_newer_data_alone_and_still_gives_them_out() {
    let (lab, till) = offline_till(2);
    let mut drive = till.open();
    let mut claims = BTreeSet::new();
    super::hands::sell(&mut drive, 2, &mut claims);
    drop(drive);
    let (till_db, hq_db) = (till.dir.join("till.db"), lab.hq_dir().join("hq.db"));
    for db in [&till_db, &hq_db] {
        let conn = Connection::open(db).unwrap();
        let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
        conn.execute(sql, []).unwrap();
    }
    let bytes = std::fs::read(&till_db).unwrap();
    for call in ["verify", "drive", "sync"] {
        let said = till.run(&[call], "");
        assert_eq!(said.code, 1, "{call}");
        assert!(
            said.err.contains("新版本") && said.err.contains("V99") && said.err.contains("newer program"),
            "{}",
            said.err
        );
    }
    assert_eq!(std::fs::read(&till_db).unwrap(), bytes, "nothing was written");
    let (copy, records) = (lab.dir.path().join("copy.db"), lab.dir.path().join("records.ndjson"));
    till.ok(&["backup", copy.to_str().unwrap()], "");
    assert_eq!(version(&copy), 99);
    let told = &lines(&till.ok(&["export", records.to_str().unwrap()], ""))[0];
    let listed = lines(&std::fs::read_to_string(&records).unwrap());
    assert_eq!(
        (told["records"].as_u64(), told["unreadable"].as_u64()),
        (Some(u64::try_from(listed.len()).unwrap()), Some(0))
    );
    let jws: Vec<String> = listed.iter().map(|line| line["jws"].as_str().unwrap().to_owned()).collect();
    assert_eq!(jws, column(&till_db, "SELECT jws FROM records ORDER BY id"));
    assert!(listed.iter().all(|line| line["waits"] == true));
    assert_eq!(mode(&records), 0o600);
    let said = lab.hq(&["verify"]);
    assert!(said.code == 1 && said.err.contains("新版本"), "{}", said.err);
    let hq_copy = lab.dir.path().join("hq-copy.db");
    lab.hq_ok(&["backup", hq_copy.to_str().unwrap()]);
    assert_eq!(version(&hq_copy), 99);
}
