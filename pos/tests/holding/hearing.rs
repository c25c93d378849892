//! When a till has heard (spec/sync.md): every record up to then acknowledged, and balances that count them
//! applied after that; offline amounts start afresh then, and only then.

use std::cell::{Cell, RefCell};

use chrono::Utc;
use domain::money::Money;
use domain::record::{Before, RecordKind, event_body};
use domain::sale::Heard;
use domain::time::{business_date, rfc3339};
use domain::usage::{Movement, OFFLINE};
use pos::outbox::{StoreOutbox, open_epoch, payload_of};
use pos::seal::{Statement, sign};
use pos::shop::{Shop, fresh_id};
use serde_json::json;
use sync::engine::{Method, Moved, Request, Response, Transport, let_go, put_hold, round};
use sync::jws::Key;
use sync::protocol::{Chain, ChainEpoch, Hold, Keys, ListEnd, Receipt, Time, Uploaded, typ};
use sync::{b64, chain, list};
use tempfile::TempDir;

use super::bench::{EPOCH, entry, folder};

/// Headquarters in memory, and where it does not do as it should.
struct Headquarters {
    key: Key,
    /// Records by epoch, as they came.
    epochs: RefCell<Vec<(String, Vec<String>)>>,
    /// So many of an epoch's last records are in no receipt.
    unreceipted: Cell<usize>,
    /// So many of them are in no balances.
    uncounted: Cell<usize>,
    /// Done just before balances are answered, and how often more.
    meanwhile: RefCell<Option<Box<dyn FnMut()>>>,
    times: Cell<usize>,
    balances: Cell<usize>,
}

fn number(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

impl Headquarters {
    fn new() -> Self {
        Self {
            key: Key::generate(),
            epochs: RefCell::default(),
            unreceipted: Cell::new(0),
            uncounted: Cell::new(0),
            meanwhile: RefCell::default(),
            times: Cell::new(usize::MAX),
            balances: Cell::new(0),
        }
    }

    fn take(&self, epoch: &str, body: &[u8]) -> Uploaded {
        let mut epochs = self.epochs.borrow_mut();
        if epochs.iter().all(|(name, _)| name != epoch) {
            epochs.push((epoch.into(), Vec::new()));
        }
        let records = &mut epochs.iter_mut().find(|(name, _)| name == epoch).unwrap().1;
        for line in std::str::from_utf8(body).unwrap().lines() {
            if !records.iter().any(|known| known == line) {
                records.push(line.into());
            }
        }
        let acknowledged = records.len() - self.unreceipted.get().min(records.len());
        let receipt = (acknowledged > 0).then(|| {
            let receipt = Receipt {
                store: "S1".into(),
                till: "01".into(),
                epoch: epoch.into(),
                through: Some(number(acknowledged)),
                hash: Some(chain::hash(&records[acknowledged - 1])),
                taken: None,
                at: rfc3339(Utc::now()),
            };
            self.key.sign_json(typ::RECEIPT, &receipt)
        });
        Uploaded { epoch: epoch.into(), through: number(records.len()), results: Vec::new(), receipt }
    }

    fn list(&self, name: &str, after: &str) -> Vec<u8> {
        let heard = (name == "balances").then(|| {
            let epochs = self.epochs.borrow();
            let (epoch, records) = epochs.last().expect("something was sent");
            Heard { epoch: epoch.clone(), through: number(records.len() - self.uncounted.get()) }
        });
        let end = ListEnd {
            hq: "HQ1".into(),
            list: name.into(),
            store: "S1".into(),
            after: after.parse().ok(),
            version: 1,
            issued_at: rfc3339(Utc::now()),
            rows: 0,
            sha256: String::new(),
            heard,
        };
        list::build(&[], end, &self.key)
    }
}

impl Transport for Headquarters {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let value = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            pair.unwrap_or_default().to_owned()
        };
        let json = |value: serde_json::Value| value.to_string().into_bytes();
        let body = match (request.method, path) {
            (Method::Get, "/v1/time") => {
                let time = Time { nonce: value("nonce"), at: rfc3339(Utc::now()) };
                self.key.sign_json(typ::TIME, &time).into_bytes()
            }
            (Method::Get, "/v1/keys") => {
                let keys = Keys { roster_salt: b64(&[1; 16]), roster_key: b64(&[2; 32]), hq_next: None };
                self.key.sign_json(typ::KEYS, &keys).into_bytes()
            }
            (Method::Get, "/v1/chain") => {
                let epochs = self.epochs.borrow();
                let all = epochs.iter().map(|(epoch, records)| ChainEpoch {
                    epoch: epoch.clone(),
                    through: number(records.len()),
                    hash: records.last().map(|last| chain::hash(last)),
                });
                json(serde_json::to_value(Chain { hq: "HQ1".into(), epochs: all.collect() }).unwrap())
            }
            (Method::Post, "/v1/records") => {
                json(serde_json::to_value(self.take(&value("epoch"), &request.body)).unwrap())
            }
            (Method::Get, "/v1/balances") => {
                self.balances.set(self.balances.get() + 1);
                // Headquarters counts what it has; while the answer is on its way, the till goes on.
                let answer = self.list("balances", &value("after"));
                if self.times.get() > 0
                    && let Some(meanwhile) = self.meanwhile.borrow_mut().as_mut()
                {
                    self.times.set(self.times.get() - 1);
                    meanwhile();
                }
                answer
            }
            (Method::Get, path) => match path.strip_prefix("/v1/").filter(|list| *list != "shop") {
                Some(list) => self.list(list, &value("after")),
                None => {
                    return Ok(Response {
                        status: 404,
                        body: json(json!({ "type": "unknown", "title": "", "status": 404, "detail": "" })),
                    });
                }
            },
            other => panic!("{other:?}"),
        };
        Ok(Response { status: 200, body })
    }
}

/// A claim of 5.00 offline is appended.
fn sell(shop: &mut Shop) {
    let identity = shop.enrolled().unwrap().clone();
    let now = shop.now();
    let moved = |limit: &str, period: String| Movement {
        programme: "HALF".into(),
        limit: limit.into(),
        period,
        per_person: false,
        money: true,
        milli: 5_000,
    };
    let month = business_date(now).format("%Y-%m").to_string();
    let statement = Statement {
        holder: Some(("H1".into(), "P1".into())),
        movements: vec![moved(OFFLINE, String::new()), moved("m", month)],
        ..Statement::plain(RecordKind::Event, fresh_id(now), now, None, event_body("x", json!({})))
    };
    shop.store.append(None, "x", "", |head| Ok(sign(&identity, head, statement))).unwrap();
}

/// What the family has used of the offline amount, as the till counts.
fn offline(shop: &Shop) -> String {
    let used = shop.store.used(&entry("H1"), business_date(shop.now()), &shop.programmes).unwrap();
    used.get("HALF", OFFLINE).to_string()
}

fn till(hq: &Headquarters) -> (TempDir, Shop) {
    let dir = folder("http://127.0.0.1:9", &hq.key);
    let mut shop = Shop::open(dir.path()).unwrap();
    sell(&mut shop);
    sell(&mut shop);
    assert_eq!(offline(&shop), "10.00");
    (dir, shop)
}

fn talk(shop: &mut Shop, hq: &Headquarters) -> Moved {
    round(&mut StoreOutbox::new(shop), hq).unwrap()
}

/// Nothing of the balances was taken, and the offline amount goes on as it was.
fn has_not_heard(shop: &Shop, moved: &Moved, used: &str) {
    assert!(!moved.heard, "{moved:?}");
    assert_eq!((shop.store.heard().unwrap(), shop.store.list_version("balances").unwrap()), (None, None));
    assert_eq!(offline(shop), used);
}

fn heard(epoch: &str, through: u64) -> Option<Heard> {
    Some(Heard { epoch: epoch.into(), through })
}

#[test]
fn it_has_heard_when_everything_is_acknowledged_and_counted() {
    let hq = Headquarters::new();
    let (_dir, mut shop) = till(&hq);
    let moved = talk(&mut shop, &hq);
    assert!(moved.heard && moved.unsent == 0, "{moved:?}");
    assert_eq!((shop.store.heard().unwrap(), offline(&shop).as_str()), (heard(EPOCH, 2), "0.00"));
    // What is sold next counts from there.
    sell(&mut shop);
    assert_eq!((shop.store.heard().unwrap(), offline(&shop).as_str()), (heard(EPOCH, 2), "5.00"));
}

#[test]
fn balances_from_before_the_acknowledgement_are_no_hearing() {
    let hq = Headquarters::new();
    let (_dir, mut shop) = till(&hq);
    hq.uncounted.set(1);
    let moved = talk(&mut shop, &hq);
    assert_eq!(moved.unsent, 0, "every record is acknowledged");
    has_not_heard(&shop, &moved, "10.00");
    hq.uncounted.set(0);
    assert!(talk(&mut shop, &hq).heard);
    assert_eq!(offline(&shop), "0.00");
}

#[test]
fn a_record_without_a_receipt_is_no_hearing() {
    let hq = Headquarters::new();
    let (_dir, mut shop) = till(&hq);
    hq.unreceipted.set(1);
    let moved = talk(&mut shop, &hq);
    assert_eq!((moved.unsent, hq.balances.get()), (1, 0), "balances are not even asked for");
    has_not_heard(&shop, &moved, "10.00");
    hq.unreceipted.set(0);
    assert!(talk(&mut shop, &hq).heard);
}

#[test]
fn a_sale_during_the_round_goes_up_before_the_till_has_heard() {
    let hq = Headquarters::new();
    let (dir, mut shop) = till(&hq);
    let mut other = Shop::open(dir.path()).unwrap();
    *hq.meanwhile.borrow_mut() = Some(Box::new(move || sell(&mut other)));
    hq.times.set(1);
    let moved = talk(&mut shop, &hq);
    assert!(moved.heard && hq.balances.get() == 2, "{moved:?}");
    assert_eq!((shop.store.heard().unwrap(), offline(&shop).as_str()), (heard(EPOCH, 3), "0.00"));
}

#[test]
fn a_till_that_sells_without_a_pause_goes_on_as_it_was() {
    let hq = Headquarters::new();
    let (dir, mut shop) = till(&hq);
    let mut other = Shop::open(dir.path()).unwrap();
    *hq.meanwhile.borrow_mut() = Some(Box::new(move || sell(&mut other)));
    let moved = talk(&mut shop, &hq);
    has_not_heard(&shop, &moved, "25.00");
    *hq.meanwhile.borrow_mut() = None;
    assert!(talk(&mut shop, &hq).heard);
    assert_eq!(offline(&shop), "0.00");
}

#[test]
fn an_epoch_that_opens_meanwhile_must_be_counted_too() {
    let hq = Headquarters::new();
    let (dir, mut shop) = till(&hq);
    let mut other = Shop::open(dir.path()).unwrap();
    *hq.meanwhile.borrow_mut() = Some(Box::new(move || {
        let last = other.store.head().unwrap().unwrap();
        let before = Before {
            epoch: EPOCH.into(),
            through: last.seq,
            hash: Some(last.hash),
            total_claimed: Money::ZERO,
            reason: "restored".into(),
        };
        open_epoch(&mut other, "2-NEXT", Some(before)).unwrap();
    }));
    hq.times.set(1);
    let moved = talk(&mut shop, &hq);
    assert!(moved.heard && hq.balances.get() == 2, "{moved:?}");
    assert_eq!((shop.store.heard().unwrap(), offline(&shop).as_str()), (heard("2-NEXT", 1), "0.00"));
    let first = shop.store.records("2-NEXT").unwrap();
    assert_eq!(payload_of(&first[0].jws).unwrap()["kind"], json!("epoch"));
}

/// Headquarters' side of a hold: it first finds the clock wrong, then holds, and forgets nothing.
struct Holding<'a> {
    hq: &'a Headquarters,
    calls: RefCell<Vec<(Method, String)>>,
}

impl Transport for Holding<'_> {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        if !request.path.starts_with("/v1/holds/") {
            return self.hq.call(request);
        }
        assert!(request.token.as_ref().is_some_and(|token| token.split('.').count() == 3), "it says who asks");
        let mut calls = self.calls.borrow_mut();
        calls.push((request.method, request.path.clone()));
        let problem = |status: u16, word: &str| {
            let body = json!({ "type": format!("x/{word}"), "title": "", "status": status, "detail": "" });
            Ok(Response { status, body: body.to_string().into_bytes() })
        };
        match (request.method, calls.len()) {
            (Method::Put, 1) => problem(401, "clock"),
            (Method::Put, _) => {
                let body = json!({
                    "lines": [{ "line": 1, "discount": "1.00", "subsidy": "0.60", "purse": "0.00", "reason": "full" }],
                    "used": { "HALF": { "m": "3.00" } }, "expires_at": rfc3339(Utc::now()), "totals": {},
                });
                Ok(Response { status: 200, body: body.to_string().into_bytes() })
            }
            (Method::Delete, 3) => problem(409, "ended"),
            (Method::Delete, 4) => problem(404, "unknown"),
            _ => problem(429, "too_many"),
        }
    }
}

#[test]
fn a_hold_is_asked_for_as_any_call_and_what_has_ended_is_gone() {
    let hq = Headquarters::new();
    let (_dir, mut shop) = till(&hq);
    let line = Holding { hq: &hq, calls: RefCell::default() };
    let hold = Hold {
        claim: "c".into(),
        household: "H1".into(),
        person: "P1".into(),
        business_date: "2026-11-24".into(),
        lines: Vec::new(),
        decline: Vec::new(),
        purses: std::collections::BTreeMap::new(),
    };
    let id = fresh_id(shop.now());
    let mut outbox = StoreOutbox::new(&mut shop);
    let answer = put_hold(&mut outbox, &line, id, &hold).unwrap();
    assert_eq!((answer.lines[0].subsidy.as_str(), answer.used.get("HALF", "m").to_string()), ("0.60", "3.00".into()));
    let path = format!("/v1/holds/{id}");
    assert_eq!(*line.calls.borrow(), [(Method::Put, path.clone()), (Method::Put, path)], "the clock was set between");
    for _ in 0..2 {
        let_go(&mut outbox, &line, id).unwrap();
    }
    assert!(let_go(&mut outbox, &line, id).is_err(), "too many: it is tried again");
}
