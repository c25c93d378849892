//! The audit is chained: what was changed, dropped or put in between shows.

use std::sync::Arc;

use hq::params;
use hq::service::Hq;
use hq::service::access::Role;
use hq::service::verify::verify;
use hq::store::audit as note;

use crate::lab::Lab;

/// As somebody would who has the database file.
fn open_up(lab: &Lab) {
    lab.hq.db().conn.batch("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept").unwrap();
}

fn problem(lab: &Lab) -> String {
    verify(&lab.hq).unwrap().unwrap_err()
}

fn lab() -> Lab {
    let lab = Lab::open();
    lab.everybody();
    for name in ["auditor", "admin", "payer"] {
        lab.signed_in(name);
    }
    lab
}

#[test]
fn the_database_itself_keeps_every_line() {
    let lab = lab();
    let db = lab.hq.db();
    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "UPDATE audit SET hash = NULL"] {
        let refused = db.conn.execute(sql, params![]).unwrap_err();
        assert!(format!("{refused:#}").contains("the audit only grows"), "{refused:#}");
    }
}

#[test]
fn whatever_is_tampered_with_is_found() {
    for (tampering, found) in [
        ("UPDATE audit SET who = 'payer' WHERE id = 3", "line 3 "),
        ("UPDATE audit SET detail = '{}' WHERE id = 4", "line 4 "),
        ("UPDATE audit SET at = at + 1 WHERE id = 5", "line 5 "),
        ("UPDATE audit SET hash = 'x' WHERE id = 2", "line 2 "),
        ("UPDATE audit SET hash = NULL WHERE id = 6", "line 6 is in no chain"),
        ("DELETE FROM audit WHERE id = 3", "line 3 is missing"),
        ("DELETE FROM audit WHERE id = 1", "line 2 "),
        ("DELETE FROM audit WHERE id = 3; UPDATE audit SET id = id - 1 WHERE id > 3", "line 3 "),
    ] {
        let lab = lab();
        let checked = verify(&lab.hq).unwrap().unwrap();
        assert!(checked.audit > 6 && checked.audit_head.len() == 43);
        open_up(&lab);
        lab.hq.db().conn.batch(tampering).unwrap();
        let problem = problem(&lab);
        assert!(problem.starts_with("audit: ") && problem.contains(found), "{tampering}: {problem}");
    }
}

#[test]
fn lines_that_were_cut_off_show_by_the_hash_that_was_noted() {
    let lab = lab();
    let page = lab.signed_in("auditor").get("/console/audit").text();
    let noted = verify(&lab.hq).unwrap().unwrap();
    assert!(page.contains(&noted.audit_head), "the page shows the head");
    open_up(&lab);
    lab.hq.db().conn.batch("DELETE FROM audit WHERE id > 5").unwrap();
    let after = verify(&lab.hq).unwrap().unwrap();
    assert!(after.audit < noted.audit && after.audit_head != noted.audit_head);
}

#[test]
fn lines_from_before_the_chain_are_covered_by_its_first_link() {
    let lab = lab();
    open_up(&lab);
    lab.hq.db().conn.batch("UPDATE audit SET hash = NULL").unwrap();
    // As after the upgrade: the next start begins the chain.
    let path = lab.dir.path();
    let again = Hq::open(path, &path.join("keys.json")).unwrap();
    let checked = verify(&again).unwrap().unwrap();
    let sql = "SELECT count(*) FROM audit WHERE hash IS NOT NULL AND action = 'audit chain'";
    assert_eq!(again.db().conn.value::<i64>(sql, params![]).unwrap(), 1);
    note(&again.db().conn, "test", "later", "{}").unwrap();
    assert_eq!(verify(&again).unwrap().unwrap().audit, checked.audit + 1);
    again.db().conn.batch("UPDATE audit SET who = 'nobody' WHERE id = 2").unwrap();
    assert!(problem(&lab).contains("or one before it"), "{}", problem(&lab));
}

#[test]
fn two_servers_write_one_chain() {
    let lab = lab();
    let before = verify(&lab.hq).unwrap().unwrap().audit;
    let path = lab.dir.path();
    let other = Arc::new(Hq::open(path, &path.join("keys.json")).unwrap());
    std::thread::scope(|scope| {
        for (n, hq) in [&lab.hq, &other, &lab.hq, &other].into_iter().enumerate() {
            scope.spawn(move || {
                for m in 0..25 {
                    let db = hq.db();
                    // Some inside a transaction, as most are.
                    let tx = (m % 2 == 0).then(|| db.begin().unwrap());
                    note(&db.conn, &format!("writer-{n}"), "line", "{}").unwrap();
                    if let Some(tx) = tx {
                        tx.commit().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(verify(&lab.hq).unwrap().unwrap().audit, before + 100);
}

#[test]
fn the_audit_is_exported_with_its_hashes_and_says_so() {
    let lab = lab();
    let mut auditor = lab.signed_in("auditor");
    let file = auditor.get("/console/audit.csv?who=payer");
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let head = verify(&lab.hq).unwrap().unwrap().audit_head;
    let whole = auditor.get("/console/audit.csv").text();
    assert!(whole.contains(&head) && whole.contains("export audit") && !file.text().contains("\"admin\""));
    assert_eq!(lab.signed_in("payer").get("/console/audit.csv").status, 403);
    // Every detail is an object.
    let details = lab.hq.db().conn.all("SELECT detail FROM audit", params![], |row| row.get::<String>(0)).unwrap();
    for detail in details {
        assert!(serde_json::from_str::<serde_json::Value>(&detail).is_ok_and(|d| d.is_object()), "{detail}");
    }
    assert!(Role::Auditor.may(hq::service::access::Place::Audit));
}
