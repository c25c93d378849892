//! The public log at headquarters: what tills and the public are told, what `verify` finds, what a
//! restored headquarters goes on with.

#[allow(dead_code, reason = "shared with the suite `rights`")]
#[path = "../rights/lab.rs"]
mod lab;
mod slip;
#[allow(dead_code, reason = "shared with the suite `rights`")]
#[path = "../rights/till.rs"]
mod till;

use axum::body::Body;
use axum::http::Request;
use hq::params;
use hq::service::log as service;
use hq::service::{Hq, verify};
use hq::store::Db;
use serde_json::{Value, json};
use sync::chain;
use sync::jws;
use sync::log::{self, Hash, Peaks};
use sync::protocol::{LogConsistency, LogHead, LogProof, typ};

use crate::lab::Lab;
use crate::till::Till;

fn get(lab: &Lab, path: &str) -> (u16, Vec<u8>) {
    let answer = lab.send(Request::get(path).body(Body::empty()).unwrap());
    (answer.status, answer.body)
}

fn ask<T: serde::de::DeserializeOwned>(lab: &Lab, path: &str) -> T {
    let (status, body) = get(lab, path);
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

fn head(lab: &Lab) -> LogHead {
    let (status, body) = get(lab, "/v1/log/head");
    assert_eq!(status, 200);
    jws::read(std::str::from_utf8(&body).unwrap(), typ::HEAD, &lab.hq.keys.signing.jwk()).unwrap()
}

fn root(text: &str) -> Hash {
    log::read(text).unwrap()
}

/// Uploads so many events as one body; their ids and records.
fn upload(lab: &Lab, till: &mut Till, count: usize) -> Vec<(String, String)> {
    let records: Vec<(String, String)> = (0..count)
        .map(|n| till.record("event", &json!({ "event": "drawer", "detail": { "n": n } })))
        .map(|(id, jws)| (id.to_string(), jws))
        .collect();
    let body: String = records.iter().map(|(_, jws)| format!("{jws}\n")).collect();
    let answer = till.send(lab, "POST", &format!("/v1/records?epoch={}", till.me.epoch), body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    records
}

fn proof(lab: &Lab, id: &str, jws: &str) -> LogProof {
    ask(lab, &format!("/v1/log/proof?record={id}&hash={}", chain::hash(jws)))
}

fn verified(hq: &Hq) {
    verify::verify(hq).unwrap().unwrap();
}

fn difference(hq: &Hq) -> String {
    match verify::verify(hq).unwrap() {
        Ok(_) => panic!("nothing was found"),
        Err(problem) => problem,
    }
}

#[test]
fn every_record_is_in_the_log_and_the_log_only_grows() {
    let lab = Lab::open();
    assert_eq!(head(&lab), LogHead { size: 0, root: sync::b64(&log::empty()), at: head(&lab).at });
    let mut one = Till::enrol(&lab, "S001", "01");
    let mut two = Till::enrol(&lab, "S002", "01");
    let (mut all, mut heads, mut grown) = (Vec::new(), Vec::new(), Peaks::default());
    for count in [1, 1, 3, 27, 1, 40, 2, 31, 1] {
        for till in [&mut one, &mut two] {
            let records = upload(&lab, till, count);
            records.iter().for_each(|(_, jws)| grown.push(log::leaf(jws.as_bytes())));
            all.extend(records);
            let head = head(&lab);
            assert_eq!((head.size, root(&head.root)), (grown.size(), grown.root()));
            heads.push(head);
        }
    }
    let last = heads.last().unwrap().clone();
    for (index, (id, jws)) in (0..).zip(&all) {
        let proof = proof(&lab, id, jws);
        assert_eq!((proof.index, proof.size), (index, last.size));
        let path = log::from_text(&proof.path).unwrap();
        assert_eq!(log::root_by_path(&log::leaf(jws.as_bytes()), index, proof.size, &path), Some(root(&last.root)));
    }
    for older in &heads {
        let said: LogConsistency = ask(&lab, &format!("/v1/log/consistency?from={}&to={}", older.size, last.size));
        let path = log::from_text(&said.path).unwrap();
        assert!(log::is_consistent(older.size, &root(&older.root), last.size, &root(&last.root), &path));
    }
    // The same again is no other record.
    let epoch = &one.me.epoch;
    one.send(&lab, "POST", &format!("/v1/records?epoch={epoch}"), format!("{}\n", all[0].1));
    assert_eq!(head(&lab).size, last.size);
    assert_eq!(head(&lab), last, "a head that nothing was added to is the same one");
    verified(&lab.hq);
}

#[test]
fn unknown_and_wrong_are_the_same_answer() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let records = upload(&lab, &mut till, 2);
    let (id, hash) = (&records[0].0, chain::hash(&records[0].1));
    let other = chain::hash(&records[1].1);
    let unknown = get(&lab, &format!("/v1/log/proof?record=018f0000-0000-7000-8000-000000000000&hash={hash}"));
    assert_eq!(unknown.0, 404);
    for query in [format!("record={id}&hash={other}"), format!("record={id}&hash="), "record=&hash=".into()] {
        assert_eq!(get(&lab, &format!("/v1/log/proof?{query}")), unknown);
    }
    for query in ["from=2&to=1", "from=0&to=3", "from=-1&to=2", "from=1"] {
        assert_eq!(get(&lab, &format!("/v1/log/consistency?{query}")), unknown);
    }
}

#[test]
fn a_log_that_is_not_its_records_is_found() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    upload(&lab, &mut till, 70);
    head(&lab);
    verified(&lab.hq);
    let tile = |level: u32, index: u64| hq::store::log::tile(&lab.hq.db().conn, level, index).unwrap().unwrap();
    let put = |level: u32, index: u64, bytes: Vec<u8>| {
        let sql = "UPDATE log_tiles SET hashes = ?3 WHERE level = ?1 AND idx = ?2";
        assert_eq!(lab.hq.db().conn.execute(sql, params![level, index, bytes]).unwrap(), 1);
    };
    for (level, index) in [(0, 0), (0, 1), (0, 2), (1, 0)] {
        let good = tile(level, index).bytes();
        let mut bad = good.clone();
        bad[5] ^= 1;
        put(level, index, bad);
        let problem = difference(&lab.hq);
        assert!(problem.contains(&format!("level {level} from {} on", index * 32)), "{problem}");
        // A leaf that is not there is found, too.
        put(level, index, good[..good.len() - 32].to_vec());
        assert!(difference(&lab.hq).starts_with("the log: "), "{level} {index}");
        put(level, index, good);
    }
    let run = |leaf: u64| {
        lab.hq.db().conn.execute("UPDATE log_runs SET first_leaf = ?1", params![leaf]).unwrap();
    };
    run(1);
    assert!(difference(&lab.hq).contains("is noted as leaf"));
    run(0);
    let file = lab.dir.path().join("log-head.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut kept: Value = serde_json::from_str(&text).unwrap();
    let sign = |body: &LogHead, key: &jws::Key| key.sign_json(typ::HEAD, body);
    let said = head(&lab);
    let ours = &lab.hq.keys.signing;
    let another = jws::Key::generate();
    for (body, key, words) in [
        (said.clone(), &another, "is not signed"),
        (LogHead { size: 71, ..said.clone() }, ours, "its last head has 71"),
        (LogHead { size: 69, ..said }, ours, "another root"),
    ] {
        kept["head"] = sign(&body, key).into();
        std::fs::write(&file, kept.to_string()).unwrap();
        let problem = difference(&lab.hq);
        assert!(problem.contains(words), "{problem}");
    }
    std::fs::write(&file, text).unwrap();
    verified(&lab.hq);
}

#[test]
fn records_from_before_the_log_get_their_leaves_at_the_first_opening() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    upload(&lab, &mut till, 300);
    let whole = head(&lab);
    {
        let db = lab.hq.db();
        db.conn.execute("DELETE FROM log_tiles", params![]).unwrap();
        db.conn.execute("DELETE FROM log_runs", params![]).unwrap();
    }
    let again = Hq::open(lab.dir.path(), &lab.dir.path().join("keys.json")).unwrap();
    assert_eq!(service::head(&again).unwrap().body.root, whole.root);
    verified(&again);
    // A row's number that was left out is no leaf.
    let gap = "UPDATE records SET id = id + 7 WHERE id = (SELECT max(id) FROM records)";
    lab.hq.db().conn.execute(gap, params![]).unwrap();
    lab.hq.db().conn.execute("DELETE FROM log_tiles", params![]).unwrap();
    lab.hq.db().conn.execute("DELETE FROM log_runs", params![]).unwrap();
    let again = Hq::open(lab.dir.path(), &lab.dir.path().join("keys.json")).unwrap();
    assert_eq!(service::head(&again).unwrap().body.root, whole.root);
    let records = upload(&lab, &mut till, 1);
    assert_eq!(proof(&lab, &records[0].0, &records[0].1).index, 300);
    verified(&lab.hq);
}

#[test]
fn a_restored_headquarters_begins_its_log_with_the_last_head() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let records = upload(&lab, &mut till, 40);
    let backup = lab.dir.path().join("backup.db");
    lab.hq.db().backup(&backup).unwrap();
    upload(&lab, &mut till, 5);
    let last = service::head(&lab.hq).unwrap();
    let keys = lab.dir.path().join("keys.json");
    let kept = service::kept_head(&keys).unwrap().unwrap();
    assert_eq!(kept.head, last.jws);
    assert_eq!(kept.hq, lab.hq.db().hq_id().unwrap());

    let folder = tempfile::tempdir().unwrap();
    let moved = folder.path().join("keys.json");
    std::fs::copy(&keys, &moved).unwrap();
    std::fs::copy(lab.dir.path().join("log-head.json"), folder.path().join("log-head.json")).unwrap();
    hq::cli::restore(&folder.path().into(), &backup, &moved).unwrap();
    let again = Hq::open(folder.path(), &moved).unwrap();
    verified(&again);
    assert_ne!(again.db().hq_id().unwrap(), kept.hq);
    let mut grown = Peaks::default();
    grown.push(log::leaf(last.jws.as_bytes()));
    records.iter().for_each(|(_, jws)| grown.push(log::leaf(jws.as_bytes())));
    let head = service::head(&again).unwrap();
    assert_eq!((head.body.size, root(&head.body.root)), (41, grown.root()));
    let (id, jws) = &records[7];
    assert_eq!(service::proof(&again, id, &chain::hash(jws)).unwrap().index, 8);
    verified(&again);
    let planted = "UPDATE meta SET value = 'x' WHERE name = 'log_before'";
    again.db().conn.execute(planted, params![]).unwrap();
    assert!(difference(&again).contains("the head that it starts with"));
    drop(again);

    // A head file that is another headquarters' is refused before anything is put back.
    std::fs::write(folder.path().join("log-head.json"), json!({ "hq": "X", "head": "x.y.z" }).to_string()).unwrap();
    let refused = hq::cli::restore(&folder.path().into(), &backup, &moved).unwrap_err().to_string();
    assert!(refused.contains("log-head.json"), "{refused}");
    // Without one there is nothing to begin with.
    std::fs::remove_file(folder.path().join("log-head.json")).unwrap();
    hq::cli::restore(&folder.path().into(), &backup, &moved).unwrap();
    let db = Db::open(&folder.path().into()).unwrap();
    assert_eq!(hq::store::log::size(&db.conn).unwrap(), 40);
}

#[test]
fn a_copy_that_was_put_back_by_hand_is_found_by_verify() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    upload(&lab, &mut till, 3);
    let backup = lab.dir.path().join("backup.db");
    lab.hq.db().backup(&backup).unwrap();
    upload(&lab, &mut till, 2);
    head(&lab);
    let folder = tempfile::tempdir().unwrap();
    for name in ["keys.json", "log-head.json"] {
        std::fs::copy(lab.dir.path().join(name), folder.path().join(name)).unwrap();
    }
    std::fs::copy(&backup, folder.path().join("hq.db")).unwrap();
    let again = Hq::open(folder.path(), &folder.path().join("keys.json")).unwrap();
    assert!(difference(&again).contains("its last head has 5 records, the database 3"));
}
