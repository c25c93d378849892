//! The public log from both ends: what a till checks and keeps, and what an auditor finds.

mod auditor;

use domain::money::Money;
use pos::counter::Month;
use pos::effects::Driver;
use pos::outbox::StoreOutbox;
use pos::shop::Shop;
use serde_json::{Value, json};
use sync::engine::{self, Request, Response, Transport};
use sync::http::Http;
use sync::jws::Key;
use sync::protocol::{LogHead, typ};
use tests::{Drive, Lab, Till, id_number};

const RICE: &str = "6900000000014";

/// A line on which answers can be changed.
struct Line<'a> {
    http: Http,
    change: &'a dyn Fn(&str) -> Option<Response>,
}

impl Transport for Line<'_> {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        match (self.change)(&request.path) {
            Some(answer) => Ok(answer),
            None => self.http.call(request),
        }
    }
}

/// A round of a till on such a line: it must work whatever is found.
fn round(till: &Till, url: &str, change: &dyn Fn(&str) -> Option<Response>) {
    let mut shop = Shop::open(&till.dir).unwrap();
    let line = Line { http: Http::new(url).unwrap(), change };
    let moved = engine::round(&mut StoreOutbox::new(&mut shop), &line).unwrap();
    assert_eq!((moved.unsent, moved.heard), (0, true));
}

/// Ends shift and day with what the drawer should hold.
fn close(drive: &mut Drive) {
    let counted = drive.ok(&json!({"do": "x_report"}))["report"]["expected_cash"].clone();
    drive.ok(&json!({"do": "close_shift", "counted": counted}));
    drive.ok(&json!({"do": "close_day"}));
}

fn head(till: &Till) -> LogHead {
    Shop::open(&till.dir).unwrap().store.last_log_head().unwrap().unwrap()
}

fn problem(till: &Till) -> Option<String> {
    Shop::open(&till.dir).unwrap().store.log_problem().unwrap().map(|found| found.problem)
}

/// Headquarters' signing key.
fn hq_key(lab: &Lab) -> Key {
    let keys: Value = serde_json::from_slice(&std::fs::read(lab.hq_dir().join("keys.json")).unwrap()).unwrap();
    let seed = sync::from_b64(keys["signing"].as_str().unwrap()).unwrap();
    Key::from_seed(&seed.try_into().unwrap())
}

fn audit(till: &Till, action: &str) -> i64 {
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    conn.query_row("SELECT count(*) FROM audit WHERE action = ?1", [action], |row| row.get(0)).unwrap()
}

#[test]
fn a_till_sees_every_way_in_which_a_log_is_not_the_one_it_was_and_sells_on() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let sell = || {
        let mut drive = till.drive();
        drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
        drive.sell(&[RICE], Some(&id_number(0)));
    };
    drop(till.open());
    sell();
    let as_it_is = |_: &str| None;
    round(&till, &server.url, &as_it_is);
    let before = head(&till);
    assert!(before.size > 1 && problem(&till).is_none());
    sell();
    round(&till, &server.url, &as_it_is);
    assert!(head(&till).size > before.size && problem(&till).is_none(), "it grew, and that was shown");

    let (key, kept) = (hq_key(&lab), head(&till));
    let signed = |key: &Key, head: &LogHead| key.sign_json(typ::HEAD, head);
    let another = sync::b64(&[7; 32]);
    let larger = LogHead { size: kept.size + 1, ..kept.clone() };
    let wrong = [
        (signed(&Key::generate(), &kept), "没有总部的签名"),
        (signed(&key, &LogHead { size: kept.size - 1, ..kept.clone() }), "少了记录"),
        (signed(&key, &LogHead { root: another, ..kept.clone() }), "换了内容"),
        (signed(&key, &larger), "改动过"),
    ];
    for (n, (told, words)) in wrong.iter().enumerate() {
        // What was found before is another story: each stands against the same head.
        let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
        conn.execute("DELETE FROM log_problems", []).unwrap();
        let change = |path: &str| {
            let body = |text: &str| Some(Response { status: 200, body: text.as_bytes().to_vec() });
            match path.split('?').next() {
                Some("/v1/log/head") => body(told),
                Some("/v1/log/consistency") => body(r#"{"from": 1, "to": 2, "path": []}"#),
                _ => None,
            }
        };
        sell();
        round(&till, &server.url, &change);
        round(&till, &server.url, &change);
        let said = problem(&till).unwrap();
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(head(&till), kept, "the head that was verified stays");
        assert_eq!(audit(&till, "log differs"), i64::try_from(n).unwrap() + 1, "once, not with every round");
    }
    // The manager reads it on the page of accounts; a headquarters that is itself again is believed.
    let mut driver = Driver::start(Shop::open(&till.dir).unwrap()).unwrap();
    let name = driver.this_month();
    let month: Month = driver.month(&name).unwrap();
    assert!(month.log_problem.unwrap().contains("请店长告诉上级或审计"));
    assert!(month.claimed > Money::ZERO);
    drop(driver);
    round(&till, &server.url, &as_it_is);
    assert_eq!(problem(&till), None);
    assert!(head(&till).size > kept.size);
    // An older headquarters has no log, and one that is out of breath is asked again.
    for status in [404, 500, 429] {
        let change = |path: &str| path.starts_with("/v1/log").then(|| Response { status, body: Vec::new() });
        round(&till, &server.url, &change);
        assert_eq!(problem(&till), None);
    }
    // But one that gave a head shows how it came there.
    sell();
    round(&till, &server.url, &|path| {
        path.starts_with("/v1/log/consistency").then(|| Response { status: 404, body: Vec::new() })
    });
    assert!(problem(&till).unwrap().contains("改动过"));
}

#[test]
fn a_restored_headquarters_has_a_new_log_and_the_old_head_is_kept() {
    let lab = Lab::with_households(1);
    let mut server = lab.serve();
    let address = server.address();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    let backup = lab.dir.path().join("hq.backup");
    lab.hq_ok(&["backup", backup.to_str().unwrap()]);
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    let old = head(&till);
    server.kill();
    lab.hq_ok(&["restore", backup.to_str().unwrap()]);
    let _server = lab.serve_on(&address);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    assert_eq!(problem(&till), None, "another log, not a changed one");
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    let heads: Vec<u64> = conn
        .prepare("SELECT size FROM log_heads ORDER BY seen_at")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!((heads.len(), heads[0], audit(&till, "log anew")), (2, old.size, 1));
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_slips_code_leads_to_its_page_and_to_its_sale_and_a_days_close_bears_witness() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    let sale = drive.sell(&[RICE], Some(&id_number(0)));
    let plain = drive.sell(&[RICE], None);
    drive.ok(&json!({"do": "sync"}));
    close(&mut drive);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let shop = Shop::open(&till.dir).unwrap();
    let number = sale["number"].as_str().unwrap();
    let receipt: Value = serde_json::from_str(&shop.store.receipt(number).unwrap().unwrap()).unwrap();
    let code = receipt["qr"].as_str().unwrap();
    let (host, slip) = code.strip_prefix("https://").unwrap().split_once("/r/").unwrap();
    assert_eq!(host, server.address());
    let (id, short) = slip.split_once('.').unwrap();
    assert_eq!((id, short.len()), (sale["claims"][0].as_str().unwrap(), 16));
    assert_eq!(shop.store.number_of(id).unwrap().as_deref(), Some(number), "scanned, it is the sale's number");
    let receipt: Value =
        serde_json::from_str(&shop.store.receipt(plain["number"].as_str().unwrap()).unwrap().unwrap()).unwrap();
    assert_eq!(receipt["qr"], Value::Null);

    let http = Http::new(&server.url).unwrap();
    let ask = |path: String| {
        http.call(&Request { method: engine::Method::Get, path, token: None, content_type: "", body: Vec::new() })
            .unwrap()
    };
    let page = ask(format!("/r/{slip}"));
    let text = String::from_utf8(page.body).unwrap();
    assert_eq!(page.status, 200);
    assert!(text.contains("这笔优惠已经申报") && text.contains(number) && text.contains("演示店S001"), "{text}");
    assert_eq!(ask(format!("/r/{id}.0000000000000000")).status, 404);

    let closes = shop.store.epochs().unwrap().into_iter().flat_map(|e| shop.store.records(&e.epoch).unwrap());
    let closed =
        closes.filter_map(|r| pos::outbox::payload_of(&r.jws).ok()).find(|p| p["kind"] == "day_close").unwrap();
    let seen: LogHead = serde_json::from_value(closed["log_head"].clone()).unwrap();
    assert!(seen.size > 0 && seen.size < head(&till).size, "the last head before the close");
}
