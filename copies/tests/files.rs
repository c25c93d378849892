//! Copies of small databases: whole, private, pruned, put back.

use std::path::{Path, PathBuf};

use chrono::{Duration, Utc};
use copies::{CopyError, Daily, Fit, Hold, Over};
use domain::disk::DiskTrouble;
use rusqlite::Connection;

fn database(path: &Path, rows: i64) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE b (a INTEGER REFERENCES a (id));").unwrap();
    for n in 0..rows {
        conn.execute("INSERT INTO a (text) VALUES (?1)", [format!("{n:0200}")]).unwrap();
    }
    conn
}

fn rows(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_copy_is_made_beside_who_writes_and_over_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let conn = database(&dir.path().join("x.db"), 50);
    let other = Connection::open(dir.path().join("x.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO a (text) VALUES ('not yet')").unwrap();
    let to = dir.path().join("copy.db");
    copies::write(&conn, &to, Over::Never).unwrap();
    assert_eq!(rows(&to), 50, "what is not committed is not copied");
    other.execute_batch("COMMIT").unwrap();
    assert!(matches!(copies::write(&conn, &to, Over::Never), Err(CopyError::Exists(_))));
    assert_eq!(rows(&to), 50);
    copies::write(&conn, &to, Over::Replace).unwrap();
    assert_eq!(rows(&to), 51);
    assert_eq!(names(dir.path()).iter().filter(|name| name.contains("part")).count(), 0);
}

#[test]
fn what_is_not_sound_is_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let conn = database(&path, 300);
    conn.execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO b VALUES (9999)").unwrap();
    assert!(copies::problem(&conn).unwrap().unwrap().contains('b'));
    let daily = Daily::own(dir.path(), "x");
    let now = Utc::now();
    assert!(daily.make(&conn, now).is_err());
    let failed = daily.state();
    assert!(failed.last.is_none() && failed.failed.unwrap().contains("refers"), "it is said beside the copies");
    conn.execute("DELETE FROM b", []).unwrap();
    daily.make(&conn, now).unwrap();
    let state = daily.state();
    assert!(state.last.is_some() && state.failed.is_none());
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len() / 2);
    bytes[from..to].fill(0x5A);
    std::fs::write(&path, bytes).unwrap();
    assert!(copies::sound(&path).is_err());
    let conn = Connection::open(&path).unwrap();
    assert!(daily.make(&conn, now + Duration::days(1)).is_err());
    assert_eq!(daily.list().len(), 1, "the sound copy stays");
}

#[test]
fn seven_days_and_three_upgrades_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let conn = database(&dir.path().join("x.db"), 1);
    let daily = Daily::own(dir.path(), "x");
    let made = |path: PathBuf, n: i64| {
        let at = std::time::SystemTime::now() - std::time::Duration::from_secs(3600 * u64::try_from(20 - n).unwrap());
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    };
    for n in 0..10 {
        made(daily.make(&conn, Utc::now() + Duration::days(n)).unwrap(), n);
    }
    for n in 0..5 {
        made(daily.before_upgrade(&conn, n, Utc::now() + Duration::seconds(n.into())).unwrap(), n.into());
    }
    let kept = daily.list();
    assert_eq!(kept.iter().filter(|one| one.is_before_upgrade).count(), 3);
    assert_eq!(kept.iter().filter(|one| !one.is_before_upgrade).count(), 7);
    assert!(kept.iter().any(|one| one.path.to_str().unwrap().contains("x-V4-")), "{kept:?}");
    assert!(kept.iter().all(|one| !one.path.to_str().unwrap().contains("x-V0-")), "{kept:?}");
    // Somebody else's files stay.
    std::fs::write(daily.folder().join("x-notes.db"), b"").unwrap();
    std::fs::write(daily.folder().join("y-2026-01-01.db"), b"").unwrap();
    assert_eq!(daily.list().len(), 10);
}

#[test]
fn a_folder_that_was_chosen_is_not_made_where_it_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let conn = database(&dir.path().join("x.db"), 1);
    let stick = dir.path().join("stick");
    let daily = Daily::elsewhere(stick.clone(), "x");
    let said = daily.make(&conn, Utc::now()).unwrap_err();
    assert!(matches!(said, CopyError::NoFolder(_)) && !stick.exists(), "{said}");
}

#[test]
fn a_copy_put_back_is_never_mixed_with_the_old_journal() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let conn = database(&data.join("x.db"), 10);
    let copy = dir.path().join("copy.db");
    copies::write(&conn, &copy, Over::Never).unwrap();
    conn.execute("INSERT INTO a (text) VALUES ('later')", []).unwrap();
    assert!(matches!(copies::put_back(&data, "x.db", &copy, &["no_such"], Utc::now()), Err(CopyError::Unsound { .. })));
    assert_eq!(rows(&data.join("x.db")), 11, "a file of something else changes nothing");
    // At each step at which power may be cut, the next start finds one database or the other.
    for step in 0..4 {
        let cut = dir.path().join(format!("cut-{step}"));
        std::fs::create_dir(&cut).unwrap();
        for name in names(&data) {
            std::fs::copy(data.join(&name), cut.join(name)).unwrap();
        }
        let aside = cut.join("aside");
        std::fs::create_dir(&aside).unwrap();
        std::fs::write(cut.join("x.db.aside"), aside.to_str().unwrap()).unwrap();
        std::fs::copy(&copy, cut.join("x.db.incoming")).unwrap();
        for name in ["x.db", "x.db-wal", "x.db-shm"].iter().take(step) {
            std::fs::rename(cut.join(name), aside.join(name)).unwrap();
        }
        copies::finish(&cut, "x.db").unwrap();
        assert_eq!(rows(&cut.join("x.db")), if step == 0 { 11 } else { 10 }, "step {step}");
        if step > 0 {
            assert_eq!(rows(&aside.join("x.db")), 11, "step {step}: the old one is whole aside");
        }
        assert!(!cut.join("x.db.incoming").exists());
    }
    drop(conn);
    let aside = copies::put_back(&data, "x.db", &copy, &["a", "b"], Utc::now()).unwrap().unwrap();
    assert_eq!((rows(&data.join("x.db")), rows(&aside.join("x.db"))), (10, 11));
}

#[test]
fn versions_fit_or_do_not() {
    let conn = Connection::open_in_memory().unwrap();
    assert_eq!(copies::fit(&conn, 3).unwrap(), Fit::Fresh);
    conn.execute_batch("CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY)").unwrap();
    assert_eq!(copies::fit(&conn, 3).unwrap(), Fit::Fresh);
    conn.execute("INSERT INTO refinery_schema_history VALUES (1), (3)", []).unwrap();
    assert_eq!(copies::fit(&conn, 3).unwrap(), Fit::Same);
    assert_eq!(copies::fit(&conn, 4).unwrap(), Fit::Older(3));
    assert_eq!(copies::fit(&conn, 2).unwrap(), Fit::Newer(3));
}

#[test]
fn a_folder_is_shared_or_had_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Hold::share(dir.path()).unwrap();
    let second = Hold::share(dir.path()).unwrap();
    assert!(matches!(Hold::alone(dir.path()), Err(CopyError::InUse(_))));
    drop((first, second));
    let alone = Hold::alone(dir.path()).unwrap();
    assert!(Hold::share(dir.path()).is_err());
    drop(alone);
    Hold::share(dir.path()).unwrap();
}

#[test]
fn errors_say_what_the_disk_did() {
    let io = |code| copies::of_io(&std::io::Error::from_raw_os_error(code));
    assert_eq!(
        (io(28), io(30), io(5), io(2)),
        (Some(DiskTrouble::Full), Some(DiskTrouble::ReadOnly), Some(DiskTrouble::Failing), None)
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text.db");
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    let err = Connection::open(&path).unwrap().query_row("SELECT 1 FROM sqlite_schema", [], |_| Ok(())).unwrap_err();
    assert_eq!(copies::of_sqlite(&err), Some(DiskTrouble::Damaged));
    let carried: CopyError = err.into();
    assert_eq!(copies::of_any(&carried), Some(DiskTrouble::Damaged));
    assert!(carried.to_string().contains("损坏") && !carried.to_string().contains('\n'));
}
