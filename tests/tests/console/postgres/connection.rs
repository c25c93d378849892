//! What the store may rely on, whichever database it has.

use std::sync::mpsc;
use std::time::Duration;

use hq::params;
use hq::store::place::Database;
use hq::store::sql::{Conn, Value, containing};
use hq::store::{Db, bump};
use tests::{Lab, cluster};

/// A row of the table that the tests make.
type Kept = (i64, Option<&'static str>, Option<&'static [u8]>);

fn place() -> Database {
    Database::parse(&cluster::database()).unwrap()
}

/// The same, asked of both.
fn both(ask: impl Fn(&Conn)) {
    let dir = tempfile::tempdir().unwrap();
    for place in [dir.path().into(), place()] {
        let db = Db::open(&place).unwrap();
        db.conn
            .batch("CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, c BLOB)".replace("BLOB", blob(&place)).as_str())
            .unwrap();
        ask(&db.conn);
    }
}

fn blob(place: &Database) -> &'static str {
    match place {
        Database::Folder(_) => "BLOB",
        Database::Server(_) => "BYTEA",
    }
}

#[test]
fn values_come_back_as_they_went() {
    both(|conn| {
        let rows: [Kept; 3] =
            [(i64::MAX, Some("济惠 ?1 'x' \\ \n"), Some(&[0, 255, b'\\'])), (-1, Some(""), Some(&[])), (0, None, None)];
        for (a, b, c) in rows {
            conn.execute("INSERT INTO t (a, b, c) VALUES (?1, ?2, ?3)", params![a, b, c]).unwrap();
            let read = |row: &hq::store::sql::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let found: (i64, Option<String>, Option<Vec<u8>>) =
                conn.one("SELECT a, b, c FROM t WHERE a = ?1", params![a], read).unwrap();
            assert_eq!((found.0, found.1.as_deref(), found.2.as_deref()), (a, b, c));
        }
        assert_eq!(conn.execute("UPDATE t SET b = 'Apple' WHERE a < ?1", params![1_i64]).unwrap(), 2);
        let count = |sql: &str, given: &[Value]| conn.value::<i64>(sql, given).unwrap();
        assert_eq!(count("SELECT count(*) FROM t WHERE b LIKE ?1 ESCAPE '\\'", params![containing("aPPL")]), 2);
        assert_eq!(count("SELECT count(*) FROM t WHERE ?1 IS NULL OR b = ?1", params![None::<String>]), 3);
        assert_eq!(count("SELECT count(*) FROM t WHERE ?1 IS NULL OR b = ?1", params!["Apple"]), 2);
        assert_eq!(count("SELECT count(*) FROM t WHERE ?1 IS NULL OR a > ?1", params![i64::MAX - 1]), 1);
        assert_eq!(count("SELECT count(*) FROM t WHERE (? OR a = 0) AND a < ?", params![false, 5_i64]), 1);
        assert_eq!(count("SELECT coalesce(sum(a), 0) FROM t WHERE a < 1 AND b = ?", params!["Apple"]), -1);
        // Long numbers where a server expects short ones.
        assert_eq!(count("SELECT count(*) FROM t WHERE a > ?1 - 1", params![5_i64]), 1);
        assert_eq!(count("SELECT count(*) FROM t WHERE a > ?1 - 1", params![i64::MAX - 5]), 1);
        assert_eq!(count("WITH few AS (SELECT a FROM t WHERE a < ?) SELECT count(*) FROM few", params![1_i64]), 2);
        assert!(conn.value::<bool>("SELECT EXISTS (SELECT 1 FROM t)", params![]).unwrap());
        assert_eq!(conn.optional("SELECT a FROM t WHERE a = 7", params![], |row| row.get::<i64>(0)).unwrap(), None);
        // A closure may ask the same connection.
        let sums = conn.all("SELECT a FROM t WHERE a < 1 ORDER BY a", params![], |row| {
            conn.value::<i64>("SELECT count(*) FROM t WHERE a <= ?1", params![row.get::<i64>(0)?])
        });
        assert_eq!(sums.unwrap(), [1, 2]);
    });
}

#[test]
fn a_transaction_that_failed_or_was_dropped_keeps_nothing() {
    both(|conn| {
        let insert = |a: i64| conn.execute("INSERT INTO t (a) VALUES (?1)", params![a]);
        let tx = conn.begin().unwrap();
        insert(1).unwrap();
        drop(tx);
        let tx = conn.begin().unwrap();
        insert(2).unwrap();
        tx.commit().unwrap();
        assert!(insert(2).is_err(), "twice the same key");
        insert(3).unwrap();
        assert_eq!(conn.all("SELECT a FROM t ORDER BY a", &[], |row| row.get::<i64>(0)).unwrap(), [2, 3]);
    });
}

#[test]
fn postgres_never_commits_half_of_what_failed() {
    let db = Db::open(&place()).unwrap();
    let tx = db.begin().unwrap();
    bump(&tx, "balances").unwrap();
    assert!(tx.execute("INSERT INTO lists (name, version) VALUES ('roster', 1)", &[]).is_err());
    assert!(tx.commit().unwrap_err().to_string().contains("nothing was kept"));
    assert_eq!(hq::store::list_version(&db.conn, "balances").unwrap(), 0);
    bump(&db.conn, "balances").unwrap();
}

#[test]
fn one_writes_at_a_time_whatever_the_number_of_servers() {
    let place = place();
    let first = Db::open(&place).unwrap();
    let tx = first.begin().unwrap();
    assert_eq!(bump(&tx, "balances").unwrap(), 1);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        let place = &place;
        let tell = &tell;
        for who in ["in a transaction", "alone"] {
            scope.spawn(move || {
                let second = Db::open(place).unwrap();
                let version = if who == "alone" {
                    bump(&second.conn, "decisions").unwrap()
                } else {
                    let tx = second.begin().unwrap();
                    let version = bump(&tx, "balances").unwrap();
                    tx.commit().unwrap();
                    version
                };
                tell.send((who, version)).unwrap();
            });
        }
        assert!(told.recv_timeout(Duration::from_millis(400)).is_err(), "somebody wrote beside an open transaction");
        let reader = Db::open_reader(place).unwrap();
        assert_eq!(hq::store::list_version(&reader.conn, "balances").unwrap(), 0, "who reads does not wait");
        tx.commit().unwrap();
        let mut all: Vec<_> = (0..2).map(|_| told.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [("alone", 1), ("in a transaction", 2)]);
    });
}

#[test]
fn a_snapshot_sees_one_moment_and_a_reader_cannot_write() {
    let place = place();
    let (writer, reader) = (Db::open(&place).unwrap(), Db::open_reader(&place).unwrap());
    let version = || hq::store::list_version(&reader.conn, "roster").unwrap();
    let moment = reader.conn.snapshot().unwrap();
    assert_eq!(version(), 0);
    bump(&writer.conn, "roster").unwrap();
    assert_eq!(version(), 0);
    drop(moment);
    assert_eq!(version(), 1);
    assert!(bump(&reader.conn, "roster").is_err());
}

#[test]
fn two_servers_that_start_at_once_make_one_headquarters() {
    let place = place();
    let ids = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Db::open(&place).unwrap().hq_id().unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(ids.len(), 1);
}

#[test]
fn a_connection_that_broke_is_opened_again() {
    let place = place();
    let (db, other) = (Db::open(&place).unwrap(), Db::open(&place).unwrap());
    let break_it = || {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert_eq!(other.conn.value::<i64>(sql, &[]).unwrap(), 1);
        std::thread::sleep(Duration::from_millis(100));
    };
    break_it();
    assert_eq!(hq::store::list_version(&db.conn, "roster").unwrap(), 0);
    break_it();
    assert_eq!(bump(&db.conn, "roster").unwrap(), 1);
    break_it();
    let tx = db.begin().unwrap();
    bump(&tx, "roster").unwrap();
    // What was open is lost, and says so.
    break_it();
    assert!(bump(&tx, "roster").is_err());
    assert!(tx.commit().is_err());
    assert_eq!(bump(&db.conn, "roster").unwrap(), 2);
}

#[test]
fn a_server_that_is_gone_is_named_without_the_password() {
    let lab = Lab::on(Some("postgres://jihui:sEcret@127.0.0.1:1/hq".into()));
    let said = lab.hq(&["verify"]);
    assert_eq!((said.code, said.err.lines().count()), (1, 1), "{}", said.err);
    assert!(said.err.contains("127.0.0.1/hq") && !said.err.contains("sEcret"), "{}", said.err);
    let said = Lab::on(Some("postgres://jihui:sEcret@db/hq?sslmode=require".into())).hq(&["verify"]);
    assert!(said.code == 2 && said.err.contains("TLS") && !said.err.contains("sEcret"), "{}", said.err);
}

#[test]
fn a_server_with_other_keys_does_not_start() {
    let lab = Lab::on(Some(cluster::database()));
    lab.hq_ok(&["store", "add", "S001", "--name", "店", "--district", "370811"]);
    let other = Lab::on(lab.database.clone());
    let said = other.hq(&["verify"]);
    assert!(said.code == 1 && said.err.contains("keys.json"), "{}", said.err);
    std::fs::copy(lab.hq_dir().join("keys.json"), other.hq_dir().join("keys.json")).unwrap();
    other.hq_ok(&["verify"]);
}
