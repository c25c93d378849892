//! Headquarters inside the test, and tills that hold, sell and send.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use domain::money::Money;
use domain::time::{business_date, rfc3339};
use hq::params;
use hq::service::{Hq, catalogue, enrol, now, roster};
use hq::store::place::Database;
use serde_json::{Value, json};
use sync::jws::{Key, Unverified};
use sync::protocol::{Enrolled, typ};
use sync::{chain, token};
use tower_service::Service as _;
use uuid::Uuid;

use crate::cluster;

pub struct Lab {
    pub dir: tempfile::TempDir,
    pub hq: Arc<Hq>,
    pub place: Database,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// 10.00 off each bag, at most 50.00 a month; an excess is never let through by itself.
pub fn programme(offline: &Value) -> Value {
    let mut programme = json!({
        "code": "RICE", "version": 1, "name": {"zh": "大米（演示）", "en": "Rice (demo)"}, "fund": "DEMO",
        "valid_from": "2020-01-01", "valid_to": "2099-12-31", "categories": ["urban_dibao"],
        "scope": {"include": ["group:food/grain"]}, "benefit": {"amount_off": "10.00", "unit": "piece"},
        "subsidy_share": "100", "priority": 10, "limits": [{"id": "m", "per": "month", "discount": "50.00"}],
    });
    if !offline.is_null() {
        programme["offline"] = offline.clone();
    }
    programme
}

pub fn nothing_offline() -> Value {
    json!({"home": "0.00", "other": "0.00"})
}

/// The `n`th fictitious ID number.
fn id_number(n: usize) -> String {
    let digits = format!("37089919500101{n:03}");
    format!("{digits}{}", domain::resident::check_character(&digits))
}

impl Lab {
    /// Two stores, eight households, one programme.
    pub fn open(programme: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = if cluster::is_wanted() {
            Database::parse(&cluster::database()).unwrap()
        } else {
            Database::from(dir.path())
        };
        Self::on(dir, place, vec![programme])
    }

    pub fn on(dir: tempfile::TempDir, place: Database, programmes: Vec<Value>) -> Self {
        let hq = Arc::new(Hq::open(place.clone(), &dir.path().join("keys.json")).unwrap());
        for (code, name) in [("S001", "和平路店"), ("S002", "新华街店")] {
            assert!(roster::add_store(&hq, code, name, "370811", vec!["370811".into()]).unwrap());
        }
        let mut rows = String::from(
            "id_number,card_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n",
        );
        for n in 0..8 {
            let district = if n == 7 { "370899" } else { "370811" };
            let status = if n == 6 { "suspended" } else { "active" };
            let id = id_number(n);
            rows += &format!("{id},,示例{n},DEMO-{n},head,2,urban_dibao,{district},S001,{status},2020-01-01\n");
        }
        roster::import(&hq, rows.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
        let file = json!({ "programmes": programmes }).to_string();
        catalogue::import_programmes(&hq, file.as_bytes(), false).unwrap().unwrap();
        let router = hq::api::router(Arc::clone(&hq));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { dir, hq, place, router, runtime }
    }

    /// Another server on the same database.
    pub fn beside(&self) -> Hq {
        Hq::open(self.place.clone(), &self.dir.path().join("keys.json")).unwrap()
    }

    /// Household and person.
    pub fn family(&self, n: usize) -> (String, String) {
        let db = self.hq.db();
        let household =
            hq::store::people::household_id(&db.conn, &self.hq.keys, &format!("DEMO-{n}")).unwrap().unwrap();
        let sql = "SELECT person FROM members WHERE household = ?1 AND to_version IS NULL";
        let person = db.conn.value(sql, params![household]).unwrap();
        (household, person)
    }

    pub fn sql(&self, sql: &str) {
        self.hq.db().conn.batch(sql).unwrap();
    }

    /// The minutes of every live hold go by.
    pub fn minutes_pass(&self, minutes: i64) {
        self.sql(&format!("UPDATE holds SET expires_at = expires_at - {}", minutes * 60_000));
    }

    /// What balances count, in fen.
    pub fn balance(&self, family: &(String, String)) -> i64 {
        let sql = "SELECT coalesce(sum(used_milli), 0) FROM balances WHERE household = ?1 AND limit_id = 'm'";
        let milli: i64 = self.hq.db().conn.value(sql, params![family.0]).unwrap();
        milli / 10
    }

    /// State, reasons and granted fen of a claim.
    pub fn claim(&self, id: Uuid) -> (String, Vec<String>, i64) {
        let sql = "SELECT state, reasons, granted_fen FROM claims WHERE uuid = ?1";
        let read = |row: &hq::store::sql::Row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?));
        let (state, reasons, fen) = self.hq.db().conn.one(sql, params![id.to_string()], read).unwrap();
        (state, serde_json::from_str(&reasons).unwrap(), fen)
    }

    pub fn verify(&self) -> Result<u64, String> {
        hq::service::verify::verify(&self.hq).unwrap().map(|checked| checked.holds)
    }

    fn send(&self, method: &str, path: &str, token: &str, body: String) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("authorization", token);
        let request = request.body(Body::from(body)).unwrap();
        let mut router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.call(request).await.unwrap();
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }
}

/// So many bags of rice.
pub fn bags(n: u32) -> Vec<Value> {
    vec![json!({
        "line": 1, "barcode": "6900000000014", "group": "food/grain/rice", "unit": "piece", "content_kg": "5",
        "unit_price": "41.40", "quantity": n.to_string(),
    })]
}

pub struct Till {
    key: Key,
    pub me: Enrolled,
    seq: u64,
    prev: String,
    total_fen: i64,
}

/// A quota that a till holds.
#[derive(Debug, Clone)]
pub struct Held {
    pub id: Uuid,
    pub claim: Uuid,
    pub family: (String, String),
    pub lines: Vec<Value>,
    pub answer: Value,
}

impl Held {
    pub fn discount(&self) -> &str {
        self.answer["totals"]["discount"].as_str().unwrap()
    }
}

impl Till {
    pub fn enrol(lab: &Lab, store: &str, till: &str) -> Self {
        let code = enrol::make_code(&lab.hq, "test", store, till).unwrap().unwrap();
        let key = Key::generate();
        let asked = key.sign_with_jwk(typ::ENROL, json!({"code": code, "software": "test"}).to_string().as_bytes());
        let answer = enrol::enrol(&lab.hq, &asked).unwrap();
        let payload = Unverified::parse(&answer, typ::ENROLLED, true).unwrap().verify(&lab.hq.keys.signing.jwk());
        let me: Enrolled = serde_json::from_slice(&payload.unwrap()).unwrap();
        let prev = chain::first_prev(&me.store, &me.till, &me.epoch, &me.kid);
        Self { key, me, seq: 0, prev, total_fen: 0 }
    }

    pub fn ask(&self, lab: &Lab, method: &str, path: &str, body: impl ToString) -> (u16, String) {
        let token = token::make(&self.key, &self.me.store, &self.me.till, now().timestamp());
        lab.send(method, path, &format!("Bearer {token}"), body.to_string())
    }

    /// Status and body of a hold, asked for as it stands.
    pub fn put(&self, lab: &Lab, id: Uuid, body: &Value) -> (u16, Value) {
        let (status, text) = self.ask(lab, "PUT", &format!("/v1/holds/{id}"), body);
        (status, serde_json::from_str(&text).unwrap())
    }

    pub fn let_go(&self, lab: &Lab, id: Uuid) -> u16 {
        self.ask(lab, "DELETE", &format!("/v1/holds/{id}"), "").0
    }

    /// A new hold, or why not: status and word.
    pub fn try_hold(
        &self,
        lab: &Lab,
        claim: Uuid,
        family: &(String, String),
        lines: Vec<Value>,
    ) -> Result<Held, (u16, String)> {
        let id = Uuid::now_v7();
        let (status, answer) = self.put(lab, id, &body(claim, family, &lines));
        if status == 200 {
            Ok(Held { id, claim, family: family.clone(), lines, answer })
        } else {
            Err((status, word(&answer)))
        }
    }

    pub fn hold(&self, lab: &Lab, claim: Uuid, family: &(String, String), lines: Vec<Value>) -> Held {
        self.try_hold(lab, claim, family, lines).unwrap()
    }

    /// The next record, signed.
    pub fn record(&mut self, kind: &str, id: Uuid, more: &Value) -> String {
        self.seq += 1;
        let at = now();
        let fen = |name: &str| more["totals"][name].as_str().map_or(0, |text| Money::parse(text).unwrap().fen_i64());
        let sign = if kind == "reversal" { -1 } else { 1 };
        self.total_fen += sign * (fen("subsidy") + fen("purse"));
        let mut payload = json!({
            "v": 1, "epoch": self.me.epoch, "seq": self.seq, "id": id, "kind": kind, "store": self.me.store,
            "till": self.me.till, "at": rfc3339(at), "business_date": business_date(at), "prev": self.prev,
            "total_claimed": Money::from_fen(self.total_fen.into()), "cashier": "c1", "sale": null,
        });
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        let signed = chain::sign(&self.key, payload.to_string().as_bytes());
        self.prev = signed.hash;
        signed.jws
    }

    /// The claim of a hold, as its answer says.
    pub fn claim(&mut self, held: &Held) -> String {
        self.claim_with(held, &json!({}))
    }

    /// The same with other fields.
    pub fn claim_with(&mut self, held: &Held, more: &Value) -> String {
        let mut claim = stated(&held.lines, &held.answer);
        claim["household"] = held.family.0.clone().into();
        claim["person"] = held.family.1.clone().into();
        claim["hold"] = held.id.to_string().into();
        claim["heard"] = json!({"epoch": self.me.epoch, "through": 0});
        for (name, value) in more.as_object().unwrap() {
            claim[name] = value.clone();
        }
        self.record("claim", held.claim, &claim)
    }

    /// Goods of a claim come back, whole.
    pub fn reversal(&mut self, of: Uuid, quantity: u32, subsidy: &str) -> String {
        let totals = json!({"subsidy": subsidy, "purse": "0.00"});
        let lines = json!([{"line": 1, "quantity": quantity.to_string()}]);
        self.record("reversal", Uuid::now_v7(), &json!({"of": of, "lines": lines, "totals": totals, "reason": "test"}))
    }

    /// Sends records; outcome of each.
    pub fn upload(&self, lab: &Lab, records: &[String]) -> Vec<String> {
        self.upload_to(lab, &format!("/v1/records?epoch={}", self.me.epoch), records)
    }

    pub fn upload_to(&self, lab: &Lab, path: &str, records: &[String]) -> Vec<String> {
        let (status, text) = self.ask(lab, "POST", path, records.join("\n"));
        assert_eq!(status, 200, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["results"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap().into()).collect()
    }
}

/// Body of a hold.
pub fn body(claim: Uuid, family: &(String, String), lines: &[Value]) -> Value {
    json!({
        "claim": claim, "household": family.0, "person": family.1, "business_date": business_date(now()),
        "lines": lines, "decline": [], "purses": {},
    })
}

/// The word of a problem.
pub fn word(problem: &Value) -> String {
    problem["type"].as_str().unwrap().rsplit('/').next().unwrap().into()
}

/// Lines of basket and answer as a claim states them, online by what the answer went by.
pub fn stated(lines: &[Value], answer: &Value) -> Value {
    let together = |(line, own): (&Value, &Value)| {
        let mut both = line.clone();
        for (name, value) in own.as_object().unwrap() {
            both[name] = value.clone();
        }
        both
    };
    let lines: Vec<Value> = lines.iter().zip(answer["lines"].as_array().unwrap()).map(together).collect();
    json!({
        "lines": lines, "programmes": answer["programmes"], "totals": answer["totals"], "used": answer["used"],
        "online": true, "decline": [], "purses": {}, "roster_version": 1,
    })
}
