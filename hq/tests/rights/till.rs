//! A till of few words: it enrols, signs and sends.

use axum::body::Body;
use axum::http::Request;
use domain::time::{business_date, rfc3339};
use hq::service::{enrol, now};
use serde_json::{Value, json};
use sync::jws::{Key, Unverified};
use sync::protocol::{Enrolled, typ};
use sync::{chain, token};
use uuid::Uuid;

use crate::lab::{Answer, Lab};

pub struct Till {
    pub key: Key,
    pub me: Enrolled,
    seq: u64,
    prev: String,
    total_fen: i64,
}

/// A JWS by which a new key enrols.
pub fn enrolment(key: &Key, code: &str) -> String {
    key.sign_with_jwk(typ::ENROL, json!({"code": code, "software": "test"}).to_string().as_bytes())
}

/// What the answer to an enrolment says; its header carries headquarters' key, which no till knows before.
pub fn enrolled(lab: &Lab, answer: &str) -> Enrolled {
    let payload = Unverified::parse(answer, typ::ENROLLED, true).unwrap().verify(&lab.hq.keys.signing.jwk());
    serde_json::from_slice(&payload.unwrap()).unwrap()
}

impl Till {
    pub fn of(key: Key, me: Enrolled) -> Self {
        let prev = chain::first_prev(&me.store, &me.till, &me.epoch, &me.kid);
        Self { key, me, seq: 0, prev, total_fen: 0 }
    }

    /// Enrols a till.
    pub fn enrol(lab: &Lab, store: &str, till: &str) -> Self {
        let code = enrol::make_code(&lab.hq, "test", store, till).unwrap().unwrap();
        let key = Key::generate();
        let answer = enrol::enrol(&lab.hq, &enrolment(&key, &code)).unwrap();
        let me = enrolled(lab, &answer);
        Self::of(key, me)
    }

    /// A token as of a moment, in seconds since 1970.
    pub fn token_at(&self, at: i64) -> String {
        format!("Bearer {}", token::make(&self.key, &self.me.store, &self.me.till, at))
    }

    pub fn token(&self) -> String {
        self.token_at(now().timestamp())
    }

    pub fn send(&self, lab: &Lab, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", self.token());
        lab.send(request.body(body.into()).unwrap())
    }

    /// A record that is not the next one.
    pub fn stray(&self, seq: u64, prev: &str) -> String {
        let payload =
            json!({ "epoch": self.me.epoch, "seq": seq, "id": Uuid::now_v7(), "kind": "event", "prev": prev });
        chain::sign(&self.key, payload.to_string().as_bytes()).jws
    }

    /// The next record.
    pub fn record(&mut self, kind: &str, more: &Value) -> (Uuid, String) {
        self.seq += 1;
        let (id, at) = (Uuid::now_v7(), now());
        let amount = |name: &str| more["totals"][name].as_str().unwrap_or("0.00").replace('.', "").parse().unwrap_or(0);
        let sign = if kind == "reversal" { -1 } else { 1 };
        self.total_fen += sign * (amount("subsidy") + amount("purse"));
        let mut payload = json!({
            "v": 1, "epoch": self.me.epoch, "seq": self.seq, "id": id, "kind": kind, "store": self.me.store,
            "till": self.me.till, "at": rfc3339(at), "business_date": business_date(at), "prev": self.prev,
            "total_claimed": domain::money::Money::from_fen(self.total_fen.into()),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            payload[name] = value.clone();
        }
        let signed = chain::sign(&self.key, payload.to_string().as_bytes());
        self.prev = signed.hash;
        (id, signed.jws)
    }

    /// A claim of one bag of rice for a household; no programme gave anything.
    pub fn claim(&mut self, household: &str, sale: &str) -> (Uuid, String) {
        let zero = "0.00";
        self.record(
            "claim",
            &json!({
                "sale": sale, "household": household, "person": "P1", "roster_version": 1, "online": true,
                "programmes": [], "decline": [], "purses": {},
                "lines": [{
                    "line": 1, "barcode": "6900000000014", "group": "food/grain/rice", "unit": "piece",
                    "unit_price": "41.40", "quantity": "1", "promotion": zero, "gross": "41.40", "programme": null,
                    "discount": zero, "subsidy": zero, "concession": zero, "net": "41.40", "purse": zero, "purses": {},
                }],
                "totals": {
                    "gross": "41.40", "promotion": zero, "discount": zero, "subsidy": zero, "concession": zero,
                    "net": "41.40", "purse": zero, "due": "41.40", "claim": zero,
                },
            }),
        )
    }

    /// Sends records and expects them to be taken.
    pub fn upload(&self, lab: &Lab, records: &[String]) -> Value {
        let path = format!("/v1/records?epoch={}", self.me.epoch);
        let answer = self.send(lab, "POST", &path, records.join("\n"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }
}

/// Headquarters with a claim of each store; the claims' ids.
pub fn claims(lab: &Lab) -> [String; 2] {
    [("S001", 0), ("S002", 1)].map(|(store, n)| {
        let mut till = Till::enrol(lab, store, "01");
        let (id, record) = till.claim(&lab.household(n), &format!("{store}-0001"));
        till.upload(lab, &[record]);
        id.to_string()
    })
}
