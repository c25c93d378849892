//! The description at `/v1/openapi.json` against the running server.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use hq::service::{enrol, now};
use serde_json::{Value, json};
use sync::jws::Key;
use uuid::Uuid;

use crate::lab::{Lab, id_number};
use crate::schema::Schemas;
use crate::till::{Till, enrolled, enrolment};

fn document(lab: &Lab) -> Value {
    let answer = lab.send(Request::get("/v1/openapi.json").body(Body::empty()).unwrap());
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

/// Method, path and description of every operation.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    all
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let lab = Lab::open();
    let document = document(&lab);
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let served: BTreeSet<(String, String)> =
        hq::api::routes().into_iter().map(|(method, path)| (method.into(), path.into())).collect();
    assert_eq!(described, served);
    let ids: BTreeSet<&str> =
        operations(&document).iter().map(|(_, _, o)| o["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), described.len(), "each has a name of its own");
    // What stands under a name is used, and what is used stands there.
    let text = document.to_string();
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/{kind}/{name}\"")), "{kind}/{name} is used nowhere");
        }
    }
    // Those that say so ask who is there, and the others do not.
    for (method, path, operation) in operations(&document) {
        let answer = lab.send(Request::builder().method(method.as_str()).uri(&path).body(Body::empty()).unwrap());
        let is_open = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(answer.status == 401, !is_open, "{method} {path}");
    }
}

/// A conversation of which every answer is held against the description.
struct Talk<'a> {
    lab: &'a Lab,
    document: &'a Value,
    schemas: Schemas<'a>,
    seen: RefCell<BTreeSet<(String, String, String)>>,
    words: RefCell<BTreeSet<String>>,
}

impl Talk<'_> {
    /// Asks, checks the answer, and gives status and body.
    fn ask(&self, token: Option<&str>, method: &str, target: &str, body: impl Into<Body>) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(target);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let answer = self.lab.send(request.body(body.into()).unwrap());
        let path = described_path(target);
        let said = &self.document["paths"][path][method.to_lowercase()]["responses"];
        let status = answer.status.to_string();
        let one = said.get(&status).or(said.get("default")).unwrap_or_else(|| panic!("{method} {target}: {status}"));
        assert!(said.get(&status).is_some() || answer.status == 500, "{method} {target}: {status} is not described");
        let content = self.schemas.follow(one)["content"].as_object().unwrap();
        let kind = answer.header("content-type").to_owned();
        let schema =
            &content.get(&kind).unwrap_or_else(|| panic!("{method} {target}: {kind} is not described"))["schema"];
        assert_eq!(answer.header("cache-control"), "no-store");
        let text = answer.text();
        let fits = match kind.as_str() {
            "application/x-ndjson" => self.schemas.lines_fit(schema, &text).map(|_| ()),
            "application/jose" => self.schemas.fits(schema, &json!(text)),
            _ => self.schemas.fits(schema, &serde_json::from_str(&text).unwrap()),
        };
        fits.unwrap_or_else(|problem| panic!("{method} {target} {status}: {problem}"));
        if kind == "application/problem+json" {
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["status"], answer.status);
            let word = problem["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let described = self.schemas.follow(one)["description"].as_str().unwrap();
            assert!(described.contains(&format!("`{word}`")), "{method} {target}: `{word}` is not described");
            self.words.borrow_mut().insert(word);
        }
        self.seen.borrow_mut().insert((method.into(), path.into(), status));
        (answer.status, text)
    }

    fn expect(&self, status: u16, token: Option<&str>, method: &str, target: &str, body: impl Into<Body>) -> String {
        let (found, text) = self.ask(token, method, target, body);
        assert_eq!(found, status, "{method} {target}: {text}");
        text
    }
}

/// Where an address stands in the description.
fn described_path(target: &str) -> &str {
    if target.starts_with("/v1/holds/") { "/v1/holds/{id}" } else { target.split('?').next().unwrap() }
}

const LISTS: [&str; 6] = ["roster", "programmes", "products", "balances", "decisions", "shop"];

#[test]
fn a_conversation_fits_its_description_and_every_status_can_be_provoked() {
    let lab = Lab::open();
    let document = document(&lab);
    let schemas = Schemas { document: &document, key: lab.hq.keys.signing.jwk() };
    let talk = Talk { lab: &lab, document: &document, schemas, seen: RefCell::default(), words: RefCell::default() };
    talk.expect(200, None, "GET", "/v1/openapi.json", "");
    let mut till = enrolments(&talk);
    goes_well(&talk, &mut till);
    goes_wrong(&talk, &till);
    refused_at_the_door(&talk, &till);
    // Headquarters itself fails.
    lab.hq.db().conn.batch("ALTER TABLE epochs RENAME TO gone").unwrap();
    talk.expect(500, Some(&till.token()), "GET", "/v1/chain", "");
    let seen = talk.seen.into_inner();
    for (method, path, operation) in operations(&document) {
        for status in operation["responses"].as_object().unwrap().keys().filter(|status| *status != "default") {
            let one = (method.clone(), path.clone(), status.clone());
            assert!(seen.contains(&one), "{method} {path}: {status} was not provoked");
        }
    }
    let kinds = &document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"];
    let kinds: BTreeSet<&str> =
        kinds.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(talk.words.into_inner().iter().map(String::as_str).collect::<BTreeSet<_>>(), kinds);
}

fn enrolments(talk: &Talk<'_>) -> Till {
    let code = enrol::make_code(&talk.lab.hq, "test", "S001", "01").unwrap().unwrap();
    let key = Key::generate();
    let path = "/v1/enrolments";
    let answer = talk.expect(200, None, "POST", path, enrolment(&key, &code));
    talk.expect(400, None, "POST", path, "nonsense");
    talk.expect(403, None, "POST", path, enrolment(&Key::generate(), &code));
    talk.expect(413, None, "POST", path, "x".repeat(600 * 1024));
    talk.expect(200, None, "GET", "/v1/time?nonce=abc", "");
    talk.expect(400, None, "GET", "/v1/time", "");
    // Whoever guesses codes is soon not answered any more; a minute that ends just now begins again.
    assert!((0..70).any(|_| talk.ask(None, "POST", path, enrolment(&Key::generate(), "guessed")).0 == 429));
    Till::of(key, enrolled(talk.lab, &answer))
}

/// What a till does on a good day.
fn goes_well(talk: &Talk<'_>, till: &mut Till) {
    let token = till.token();
    let token = Some(token.as_str());
    let epoch = till.me.epoch.clone();
    talk.expect(200, token, "GET", "/v1/keys", "");
    talk.expect(200, token, "GET", "/v1/chain", "");
    let (claim, first) = till.claim(&talk.lab.household(0), "S001-01-0001");
    let (_, second) = till.record(
        "reversal",
        &json!({"of": claim, "lines": [{"line": 1, "quantity": "1"}], "totals": {"subsidy": "0.00", "purse": "0.00"}}),
    );
    let upload = format!("/v1/records?epoch={epoch}");
    talk.expect(200, token, "POST", &upload, format!("{first}\n{second}\n"));
    // The same again is no other; a branch has a receipt of another kind.
    talk.expect(200, token, "POST", &upload, first.clone());
    talk.expect(200, token, "POST", &format!("{upload}&branch=true"), first.clone());
    talk.expect(200, token, "GET", &upload, "");
    talk.expect(200, token, "GET", "/v1/chain", "");
    talk.expect(200, token, "GET", "/v1/sales?number=S001-01-0001", "");
    log(talk, &claim.to_string(), &sync::chain::hash(&first));
    accounts(talk, token, till, &claim.to_string());
    holds(talk, till);
    let change = json!({
        "id": Uuid::now_v7(), "kind": "setting", "key": "phone", "body": {"value": "0537-1234567"},
        "at": "2026-11-24T09:00:00+08:00", "by": "m1",
    });
    talk.expect(200, token, "POST", "/v1/shop", json!({"changes": [change.clone()]}).to_string());
    let other = json!({
        "id": change["id"], "kind": "setting", "key": "phone", "at": "2026-11-24T09:00:00+08:00", "by": "m1",
    });
    talk.expect(409, token, "POST", "/v1/shop", json!({"changes": [other]}).to_string());
    for list in LISTS {
        let whole = talk.expect(200, token, "GET", &format!("/v1/{list}"), "");
        // No programme gave anything: nothing is used of any limit yet.
        assert_eq!(whole.lines().count() > 1, list != "balances", "{list}: {whole}");
        talk.expect(200, token, "GET", &format!("/v1/{list}?after=0"), "");
    }
    talk.expect(200, token, "GET", &format!("/v1/balances?household={}", talk.lab.household(0)), "");
    // Somebody of the other district, who is not in this store's roster.
    let number = domain::resident::IdNumber::parse(&id_number(1)).unwrap();
    let input = domain::resident::Credential::Id(number).digest_input();
    let s = sync::roster::stretch(&input, &talk.lab.hq.keys.roster_salt).unwrap();
    talk.expect(200, token, "POST", "/v1/lookups", json!({"s": sync::b64(&s)}).to_string());
}

/// The public log, without a token.
fn log(talk: &Talk<'_>, record: &str, hash: &str) {
    talk.expect(200, None, "GET", "/v1/log/head", "");
    talk.expect(200, None, "GET", &format!("/v1/log/proof?record={record}&hash={hash}"), "");
    let wrong = sync::sha256(b"another");
    for query in [format!("?record={record}&hash={wrong}"), format!("?record=x&hash={hash}"), String::new()] {
        talk.expect(404, None, "GET", &format!("/v1/log/proof{query}"), "");
    }
    talk.expect(200, None, "GET", "/v1/log/consistency?from=1&to=2", "");
    for query in ["?from=2&to=1", "?from=1&to=3", "?from=x&to=2", ""] {
        talk.expect(404, None, "GET", &format!("/v1/log/consistency{query}"), "");
    }
}

/// Holds, well and badly.
fn holds(talk: &Talk<'_>, till: &Till) {
    let token = till.token();
    let token = Some(token.as_str());
    let id = || format!("/v1/holds/{}", Uuid::now_v7());
    let household = talk.lab.household(0);
    let person = "SELECT person FROM members WHERE household = ?1";
    let person: String = talk.lab.hq.db().conn.value(person, hq::params![household]).unwrap();
    let body = |claim: Uuid, household: &str, quantity: &str| {
        json!({
            "claim": claim, "household": household, "person": person, "decline": [], "purses": {},
            "business_date": domain::time::business_date(now()),
            "lines": [{ "line": 1, "barcode": "6900000000014", "group": "food/grain/rice", "content_kg": "5",
                "unit_price": "41.40", "quantity": quantity }],
        })
        .to_string()
    };
    let (claim, one) = (Uuid::now_v7(), id());
    talk.expect(200, token, "PUT", &one, body(claim, &household, "1"));
    talk.expect(409, token, "PUT", &one, body(claim, &household, "2"));
    talk.expect(429, token, "PUT", &id(), body(Uuid::now_v7(), &household, "1"));
    talk.expect(404, token, "PUT", &id(), body(claim, "H-NONE", "1"));
    talk.expect(422, token, "PUT", &id(), body(claim, &household, "0"));
    talk.expect(400, token, "PUT", &id(), "{");
    talk.expect(413, token, "PUT", &id(), "x".repeat(600 * 1024));
    talk.expect(200, token, "DELETE", &one, "");
    talk.expect(409, token, "PUT", &one, body(claim, &household, "1"));
    talk.expect(422, token, "DELETE", "/v1/holds/one", "");
    let other = Till::enrol(talk.lab, "S002", "01");
    talk.expect(404, Some(&other.token()), "DELETE", &one, "");
}

/// Disputes, accounts and signatures, well and badly.
fn accounts(talk: &Talk<'_>, token: Option<&str>, till: &mut Till, accepted: &str) {
    let (rejected, jws) = till.record("claim", &json!({ "lines": [] }));
    let rejected = rejected.to_string();
    talk.expect(200, token, "POST", &format!("/v1/records?epoch={}", till.me.epoch), format!("{jws}\n"));
    let dispute = |claim: &str, picture: Value| {
        json!({ "claim": claim, "note": "请复核", "by": "m1", "picture": picture }).to_string()
    };
    talk.expect(200, token, "POST", "/v1/disputes", dispute(&rejected, Value::Null));
    talk.expect(400, token, "POST", "/v1/disputes", "{");
    talk.expect(404, token, "POST", "/v1/disputes", dispute("nothing", Value::Null));
    let twice =
        |claim: &str| json!({ "id": "one", "claim": claim, "note": "请复核", "by": "m1", "picture": null }).to_string();
    talk.ask(token, "POST", "/v1/disputes", twice(accepted));
    talk.expect(409, token, "POST", "/v1/disputes", twice(&rejected));
    talk.expect(413, token, "POST", "/v1/disputes", "x".repeat(5 * 1024 * 1024));
    talk.expect(422, token, "POST", "/v1/disputes", dispute(&rejected, json!("bm8gcGljdHVyZQ==")));

    talk.expect(200, token, "GET", "/v1/accounts?month=2026-11", "");
    talk.expect(400, token, "GET", "/v1/accounts", "");
    talk.expect(422, token, "GET", "/v1/accounts?month=November", "");
    let sign = |month: Value, statement: Value| {
        json!({
            "id": Uuid::now_v7(), "month": month, "statement": statement, "claimed": "1.00", "granted": "1.00", "by": "m1",
            "at": "2026-11-24T09:00:00+08:00", "note": "",
        })
        .to_string()
    };
    talk.expect(200, token, "POST", "/v1/signatures", sign(json!("2026-11"), Value::Null));
    talk.expect(400, token, "POST", "/v1/signatures", "{");
    talk.expect(413, token, "POST", "/v1/signatures", "x".repeat(600 * 1024));
    talk.expect(422, token, "POST", "/v1/signatures", sign(Value::Null, Value::Null));
    talk.expect(422, token, "POST", "/v1/signatures", sign(Value::Null, json!("2026-11-S001-CITY-1")));
    {
        let db = talk.lab.hq.db();
        let payer =
            "INSERT INTO payers (code, name, bank, account_enc, shown) VALUES ('CITY', '市慈善总会', '', ?1, '')";
        db.conn.execute(payer, hq::params![Vec::<u8>::new()]).unwrap();
        let made = "INSERT INTO batches (number, payer, store, period, last_date, state, made_at, payable_fen, prepaid_fen,
                      owed_fen, figures, payee, bank, shown, approvals)
                    VALUES ('2026-11-S001-CITY-1', 'CITY', 'S001', '2026-11', '2026-11-30', 'made', 0, 0, 0, 0, '{}', '', '', '', 0)";
        db.conn.execute(made, hq::params![]).unwrap();
    }
    // It was not paid yet.
    talk.expect(409, token, "POST", "/v1/signatures", sign(Value::Null, json!("2026-11-S001-CITY-1")));
}

/// What a till does wrong.
fn goes_wrong(talk: &Talk<'_>, till: &Till) {
    let token = till.token();
    let token = Some(token.as_str());
    let upload = format!("/v1/records?epoch={}", till.me.epoch);
    for target in ["/v1/records", "/v1/records?epoch=1-A&after=x", "/v1/sales"] {
        talk.expect(400, token, "GET", target, "");
    }
    talk.expect(400, token, "POST", "/v1/records", "");
    talk.expect(404, token, "GET", "/v1/records?epoch=7-NONE", "");
    talk.expect(404, token, "POST", "/v1/records?epoch=0-NONE", "");
    talk.expect(404, token, "GET", "/v1/sales?number=none", "");
    for list in LISTS {
        talk.expect(400, token, "GET", &format!("/v1/{list}?after=x"), "");
        talk.expect(404, token, "GET", &format!("/v1/{list}?after=999999"), "");
    }
    talk.expect(413, token, "POST", &upload, "x\n".repeat(1001));
    talk.expect(413, token, "POST", "/v1/shop", json!({"changes": vec![json!({}); 501]}).to_string());
    talk.expect(400, token, "POST", "/v1/shop", "{");
    talk.expect(422, token, "POST", "/v1/shop", json!({"changes": [{}]}).to_string());
    let gap = talk.expect(409, token, "POST", &upload, till.stray(9, "x"));
    assert_eq!(serde_json::from_str::<Value>(&gap).unwrap()["expected"], 4);
    talk.lab.hq.uploading.lock().unwrap().extend(1..9);
    talk.expect(409, token, "POST", &upload, "");
    talk.lab.hq.uploading.lock().unwrap().clear();
    talk.expect(422, token, "POST", &upload, "nonsense");
    // That closed the epoch.
    talk.expect(409, token, "POST", &upload, till.stray(4, "x"));
    talk.expect(400, token, "POST", "/v1/lookups", "{}");
    talk.expect(413, token, "POST", "/v1/lookups", "x".repeat(600 * 1024));
    let nobody = json!({"s": sync::b64(&[7; 32])}).to_string();
    talk.expect(404, token, "POST", "/v1/lookups", nobody.clone());
    let last = (0..31).map(|_| talk.ask(token, "POST", "/v1/lookups", nobody.clone()).0).max();
    // Thirty of a minute are answered; a minute that ends just now begins again.
    assert!(last == Some(429) || (0..31).any(|_| talk.ask(token, "POST", "/v1/lookups", nobody.clone()).0 == 429));
}

/// No token, a clock that is off, a key that was revoked: everywhere alike.
fn refused_at_the_door(talk: &Talk<'_>, till: &Till) {
    let late = till.token_at(now().timestamp() - 3600);
    let revoked = Till::enrol(talk.lab, "S001", "02");
    let id = hq::store::tills::till_id(&talk.lab.hq.db().conn, "S001", "02", false).unwrap().unwrap();
    hq::store::tills::revoke(&talk.lab.hq.db().conn, id).unwrap();
    for (method, path, operation) in operations(talk.document) {
        if operation["security"].as_array().unwrap().is_empty() {
            continue;
        }
        talk.expect(401, None, &method, &path, "");
        talk.expect(401, Some(&late), &method, &path, "");
        // What was sold before may still be sent.
        let expected = if operation["operationId"] == "upload" { 400 } else { 403 };
        let target = match path.as_str() {
            "/v1/sales" => "/v1/sales?number=1",
            "/v1/accounts" => "/v1/accounts?month=2026-11",
            other => other,
        };
        talk.expect(expected, Some(&revoked.token()), &method, target, "");
    }
}
