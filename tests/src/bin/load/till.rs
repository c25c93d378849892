//! A till as headquarters sees it: a key, a chain, and what it says.

use domain::money::Money;
use domain::time::{business_date, rfc3339};
use hq::service::{Hq, enrol, now};
use serde_json::{Value, json};
use sync::engine::{Method, Request, Transport, Waiting};
use sync::http::Http;
use sync::jws::{Key, Unverified};
use sync::protocol::{Enrolled, Uploaded, typ};
use sync::{chain, token};
use uuid::Uuid;

use super::place::{Family, Place};

/// A till whose key was made here.
pub struct Till {
    pub key: Key,
    pub me: Enrolled,
    /// Its store, counted from 0.
    pub store: usize,
    seq: u64,
    prev: String,
    total: Money,
}

impl Till {
    /// Enrols it.
    pub fn enrol(hq: &Hq, store: &str, till: &str, store_n: usize) -> Self {
        let code = enrol::make_code(hq, "load", store, till).unwrap().unwrap();
        let key = Key::generate();
        let asked = key.sign_with_jwk(typ::ENROL, json!({"code": code, "software": "load"}).to_string().as_bytes());
        let answer = enrol::enrol(hq, &asked).unwrap_or_else(|refused| panic!("{refused:?}"));
        let payload = Unverified::parse(&answer, typ::ENROLLED, true).unwrap().verify(&hq.keys.signing.jwk());
        let me: Enrolled = serde_json::from_slice(&payload.unwrap()).unwrap();
        let prev = chain::first_prev(&me.store, &me.till, &me.epoch, &me.kid);
        Self { key, me, store: store_n, seq: 0, prev, total: Money::ZERO }
    }

    /// Its next claim, signed.
    pub fn claim(&mut self, place: &Place, (household, person): &Family) -> Waiting {
        let at = now();
        self.seq += 1;
        self.total += place.claimed;
        let me = &self.me;
        let mut payload = place.stated.clone();
        let more = json!({
            "v": 1, "epoch": me.epoch, "seq": self.seq, "id": Uuid::now_v7(), "kind": "claim", "store": me.store,
            "till": me.till, "at": rfc3339(at), "business_date": business_date(at), "prev": self.prev,
            "total_claimed": self.total, "cashier": "c1", "household": household, "person": person,
            "sale": format!("{}-{}-{}-{:06}", me.store, me.till, me.epoch, self.seq), "started_at": rfc3339(at),
            "heard": {"epoch": me.epoch, "through": 0},
        });
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        let signed = chain::sign(&self.key, payload.to_string().as_bytes());
        self.prev.clone_from(&signed.hash);
        Waiting { seq: self.seq, hash: signed.hash, jws: signed.jws }
    }

    /// So many claims for the families of its store.
    pub fn claims(&mut self, place: &Place, count: usize, from: usize) -> Vec<Waiting> {
        (from..from + count).map(|n| self.claim(place, place.family(self.store, n))).collect()
    }

    /// A token as each request has one.
    fn token(&self) -> String {
        token::make(&self.key, &self.me.store, &self.me.till, now().timestamp())
    }

    /// Sends records as one body; what headquarters says of each.
    pub fn send(&self, http: &Http, records: &[Waiting]) -> Uploaded {
        let mut body = String::new();
        for record in records {
            body.push_str(&record.jws);
            body.push('\n');
        }
        let request = Request {
            method: Method::Post,
            path: format!("/v1/records?epoch={}", self.me.epoch),
            token: Some(self.token()),
            content_type: "application/jose",
            body: body.into_bytes(),
        };
        let answer = http.call(&request).unwrap();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Asks to hold a basket for a family, and lets it go; how long headquarters took to answer.
    pub fn hold(&self, http: &Http, place: &Place, (household, person): &Family) -> std::time::Duration {
        let id = Uuid::now_v7();
        let body: Value = json!({
            "claim": Uuid::now_v7(), "household": household, "person": person, "business_date": business_date(now()),
            "lines": place.lines, "decline": [], "purses": {},
        });
        let request = |method, body| Request {
            method,
            path: format!("/v1/holds/{id}"),
            token: Some(self.token()),
            content_type: "application/json",
            body,
        };
        let start = std::time::Instant::now();
        let answer = http.call(&request(Method::Put, body.to_string().into_bytes())).unwrap();
        let took = start.elapsed();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let gone = http.call(&request(Method::Delete, Vec::new())).unwrap();
        assert_eq!(gone.status, 200, "{}", String::from_utf8_lossy(&gone.body));
        took
    }
}
