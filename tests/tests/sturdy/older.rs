//! Tills and headquarters of different versions: what one says beyond what the other knows is ignored,
//! both ways.

use std::collections::BTreeSet;

use pos::outbox::StoreOutbox;
use pos::shop::Shop;
use serde_json::{Value, json};
use sync::engine::{self, Request, Response, Transport};
use sync::http::Http;
use sync::jws::Key;

use super::hands::{claimed_once, column, drive_again, offline_till, point_at, sell};

/// Headquarters of a later version, played: every answer says more than this till knows.
struct Later<'a> {
    http: Http,
    key: &'a Key,
}

fn more(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(more);
            fields.insert("later".into(), json!({"of": ["a", "later", "version"], "n": 1}));
        }
        Value::Array(items) => items.iter_mut().for_each(more),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Later<'_> {
    /// The same statement with more in it, signed again.
    fn signed(&self, jws: &str) -> String {
        let part = |n: usize| -> Value {
            serde_json::from_slice(&sync::from_b64(jws.split('.').nth(n).unwrap()).unwrap()).unwrap()
        };
        let mut payload = part(1);
        payload["later"] = json!({"of": "a later version"});
        self.key.sign_json(part(0)["typ"].as_str().unwrap(), &payload)
    }

    fn said(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        if text.lines().count() == 1 && text.split('.').count() == 3 && !text.starts_with('{') {
            return self.signed(text).into_bytes();
        }
        if path.starts_with("/v1/records") || path.starts_with("/v1/chain") {
            let Ok(mut value) = serde_json::from_str::<Value>(text) else { return body.to_vec() };
            if let Some(receipt) = value["receipt"].as_str() {
                value["receipt"] = self.signed(receipt).into();
            }
            more(&mut value);
            return value.to_string().into_bytes();
        }
        self.list(text)
    }

    /// A list whose lines say more, with an end that fits them.
    fn list(&self, text: &str) -> Vec<u8> {
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let Some(end) = lines.pop().filter(|end| end.get("end").is_some()) else { return text.as_bytes().to_vec() };
        let mut body = String::new();
        for mut line in lines {
            match line.get_mut("put") {
                // Programmes of a later version that mean something else are another test.
                Some(put) => put["later"] = json!(1),
                None => {}
            }
            body.push_str(&format!("{line}\n"));
        }
        let jws = end["end"].as_str().unwrap();
        let mut payload: Value =
            serde_json::from_slice(&sync::from_b64(jws.split('.').nth(1).unwrap()).unwrap()).unwrap();
        payload["sha256"] = json!(sync::sha256(body.as_bytes()));
        payload["later"] = json!(1);
        let end = json!({"end": self.key.sign_json("jihui-list", &payload), "later": 1});
        format!("{body}{end}\n").into_bytes()
    }
}

impl Transport for Later<'_> {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        let answer = self.http.call(request)?;
        Ok(Response { body: self.said(&request.path, &answer.body), ..answer })
    }
}

#[test]
fn a_till_ignores_what_a_later_headquarters_says_beyond_it() {
    let (lab, till) = offline_till(3);
    let server = lab.serve();
    point_at(&till.dir, &server.url);
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    drop(drive);
    let keys = hq::keys::Keys::open(&lab.hq_dir().join("keys.json")).unwrap();
    let later = Later { http: Http::new(&server.url).unwrap(), key: &keys.signing };
    let mut shop = Shop::open(&till.dir).unwrap();
    // All of every list anew, each line with more in it.
    shop.store.forget_lists(None).unwrap();
    let before = shop.programmes.len();
    engine::round(&mut StoreOutbox::new(&mut shop), &later).unwrap();
    shop.reload().unwrap();
    assert_eq!(shop.programmes.len(), before, "programmes that say more are understood");
    assert_eq!(shop.store.unsent().unwrap().0, 0);
    drop(shop);
    claimed_once(&lab, &claims);
    let mut drive = drive_again(&till);
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    till.ok(&["sync"], "");
    claimed_once(&lab, &claims);
}

/// A record says more wherever it has fields of its own; maps of programmes and amounts have none.
fn say_more(payload: &mut Value) {
    payload["later"] = json!({"of": "a later version"});
    for name in ["heard", "totals"] {
        if payload.get(name).is_some_and(Value::is_object) {
            payload[name]["later"] = json!(1);
        }
    }
    for line in payload.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
        line["later"] = json!(["more"]);
    }
}

#[test]
fn headquarters_takes_what_a_later_till_says_beyond_it() {
    let (lab, till) = offline_till(3);
    let server = lab.serve();
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drop(drive);
    let key = pos::keyfile::read(&till.dir).unwrap().unwrap();
    let db = till.dir.join("till.db");
    let said: Vec<String> = column(&db, "SELECT jws FROM records WHERE adopted = 0 ORDER BY seq");
    let epoch = &column(&db, "SELECT epoch FROM epochs WHERE closed = 0")[0];
    // The same records as a later version would have written them, chained anew.
    let mut prev: Option<String> = None;
    let mut body = String::new();
    for jws in said {
        let mut payload = pos::outbox::payload_of(&jws).unwrap();
        say_more(&mut payload);
        if let Some(prev) = prev {
            payload["prev"] = json!(prev);
        }
        let jws = key.sign_json(sync::chain::TYP, &payload);
        prev = Some(sync::chain::hash(&jws));
        body.push_str(&format!("{jws}\n"));
    }
    let token = sync::token::make(&key, "S001", "01", chrono::Utc::now().timestamp());
    let answer = ureq::post(format!("{}/v1/records?epoch={epoch}&later=1", server.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/jose")
        .send(body.as_bytes())
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let outcomes: BTreeSet<&str> =
        answer["results"].as_array().unwrap().iter().map(|result| result["outcome"].as_str().unwrap()).collect();
    assert!(outcomes.is_subset(&["accepted", "adjusted"].into()), "{answer}");
    claimed_once(&lab, &claims);
}

/// What a till of the first version asked and what it read of each answer (spec/sync.md as it was then).
const FIRST_TILL: [(&str, &[&str]); 8] = [
    ("/v1/time?nonce=n", &["nonce", "at"]),
    ("/v1/keys", &["roster_salt", "roster_key", "hq_next"]),
    ("/v1/chain", &["hq", "epochs"]),
    ("/v1/roster", &["hq", "list", "store", "after", "version", "issued_at", "rows", "sha256"]),
    ("/v1/programmes", &["hq", "list", "store", "after", "version", "issued_at", "rows", "sha256"]),
    ("/v1/products", &["hq", "list", "store", "after", "version", "issued_at", "rows", "sha256"]),
    ("/v1/balances", &["hq", "list", "store", "after", "version", "issued_at", "rows", "sha256", "epoch", "through"]),
    ("/v1/decisions", &["hq", "list", "store", "after", "version", "issued_at", "rows", "sha256"]),
];

#[test]
fn headquarters_still_answers_all_that_a_till_of_the_first_version_reads() {
    let (lab, till) = offline_till(2);
    let server = lab.serve();
    sell(&mut till.open(), 2, &mut BTreeSet::new());
    point_at(&till.dir, &server.url);
    till.ok(&["sync"], "");
    let key = pos::keyfile::read(&till.dir).unwrap().unwrap();
    for (path, fields) in FIRST_TILL {
        let token = sync::token::make(&key, "S001", "01", chrono::Utc::now().timestamp());
        let text = ureq::get(format!("{}{path}", server.url))
            .header("authorization", format!("Bearer {token}"))
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        let last = text.lines().last().unwrap();
        let jws = serde_json::from_str::<Value>(last)
            .map_or(Some(last.to_owned()), |line| line["end"].as_str().map(str::to_owned));
        let said = match jws {
            Some(jws) => pos::outbox::payload_of(&jws).unwrap(),
            None => serde_json::from_str(last).unwrap(),
        };
        for field in fields {
            assert!(said.get(field).is_some(), "{path}: {field} is gone from {said}");
        }
    }
}
