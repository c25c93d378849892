//! Backups carry headquarters from one database to the other.

use serde_json::{Value, json};
use tests::{Lab, cluster, id_number};

use super::lab;

/// Another headquarters with the same keys, empty.
fn beside(lab: &Lab, database: Option<String>) -> Lab {
    let other = Lab::on(database);
    std::fs::create_dir(other.hq_dir()).unwrap();
    std::fs::copy(lab.hq_dir().join("keys.json"), other.hq_dir().join("keys.json")).unwrap();
    other
}

/// Lines of the audit: number, who, what.
type Audit = Vec<(i64, String, String)>;

fn audit(lab: &Lab) -> Audit {
    // The move itself is noted where it is made.
    let sql = "SELECT id, who, action FROM audit WHERE action NOT IN ('backup', 'restore') ORDER BY id";
    lab.db().conn.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

/// Everything that a till and a person would ask for.
fn seen(lab: &Lab) -> (Vec<Value>, String, String, Audit) {
    let records = lab.hq_ok(&["records", "--till", "S001/01", "--json"]);
    let mut checked: Value = serde_json::from_str(&lab.hq_ok(&["verify"])).unwrap();
    for noted in ["audit", "audit_head"] {
        checked.as_object_mut().unwrap().remove(noted).unwrap();
    }
    (lab.claims(), records, checked.to_string(), audit(lab))
}

#[test]
fn a_backup_moves_headquarters_to_sqlite_and_back() {
    let there = lab(3);
    let server = there.serve();
    let till = there.till(&server, "S001/01");
    let mut drive = till.open();
    drive.sell(&["6900000000014"], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    let file = there.dir.path().join("backup.db");
    let file = file.to_str().unwrap();
    there.hq_ok(&["backup", file]);
    assert_eq!(there.hq(&["backup", file]).code, 2, "a backup overwrites nothing");
    let kept = seen(&there);
    assert_eq!(kept.0.len(), 1);

    let here = beside(&there, None);
    here.hq_ok(&["restore", file]);
    assert_eq!(seen(&here), kept);
    assert_ne!(here.db().hq_id().unwrap(), there.db().hq_id().unwrap(), "tills notice");
    // A new claim at the new place, by the same till.
    let address = server.address();
    drop(server);
    let server = here.serve_on(&address);
    drive.sell(&["6900000000014"], Some(&id_number(1)));
    drive.ok(&json!({"do": "sync"}));
    assert_eq!(here.claims().len(), 2);
    let file = here.dir.path().join("again.db");
    here.hq_ok(&["backup", file.to_str().unwrap()]);
    let kept = seen(&here);
    drop(server);

    // What is there is replaced; new rows get numbers after those that came.
    there.hq_ok(&["restore", file.to_str().unwrap()]);
    assert_eq!(seen(&there), kept);
    there.hq_ok(&["till", "add", "S001/02"]);
    let server = there.serve_on(&address);
    drive.sell(&["6900000000014"], Some(&id_number(2)));
    drive.ok(&json!({"do": "sync"}));
    drop((drive, server));
    assert_eq!(there.claims().len(), 3);
    assert_eq!(audit(&there).len(), kept.3.len() + 1);
    there.hq_ok(&["verify"]);
}

#[test]
fn a_restore_that_fails_leaves_what_was_there() {
    let lab = lab(1);
    let before = audit(&lab);
    let text = lab.file("text.db", b"no database");
    assert_ne!(lab.hq(&["restore", &text]).code, 0);
    // A sound SQLite file of ours in which a row is not what PostgreSQL can keep.
    let bad = Lab::on(None);
    bad.hq_ok(&["verify"]);
    let file = bad.hq_dir().join("hq.db");
    let open = rusqlite::Connection::open(&file).unwrap();
    open.execute("INSERT INTO lists (name, version) VALUES ('x', 'no number')", []).unwrap();
    open.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert_eq!(lab.hq(&["restore", file.to_str().unwrap()]).code, 1);
    assert_eq!(audit(&lab), before);
    assert_eq!(lab.hq(&["restore", "/nowhere/backup.db"]).code, 2);
}

#[test]
fn a_backup_of_a_running_server_is_one_moment() {
    let lab = lab(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let file = lab.dir.path().join("backup.db");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut drive = till.open();
            for n in 0..10 {
                drive.sell(&["6900000000014"], Some(&id_number(n % 2)));
                drive.ok(&json!({"do": "sync"}));
            }
        });
        std::thread::sleep(std::time::Duration::from_millis(900));
        lab.hq_ok(&["backup", file.to_str().unwrap()]);
    });
    let here = beside(&lab, None);
    here.hq_ok(&["restore", file.to_str().unwrap()]);
    here.hq_ok(&["verify"]);
    let fresh = beside(&lab, Some(cluster::database()));
    fresh.hq_ok(&["restore", file.to_str().unwrap()]);
    assert_eq!(fresh.claims(), here.claims());
}
