//! Tokens and records that somebody forged, or sent again.

use axum::body::Body;
use axum::http::Request;
use hq::service::now;
use serde_json::{Value, json};
use sync::chain;
use sync::jws::Key;

use crate::lab::Lab;
use crate::till::Till;

/// What a token is answered with.
fn status(lab: &Lab, bearer: &str) -> (u16, String) {
    let request = Request::get("/v1/chain").header("authorization", bearer).body(Body::empty()).unwrap();
    let answer = lab.send(request);
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status, problem["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned())
}

fn signed(key: &Key, header: &Value, payload: &Value) -> String {
    use ed25519_dalek::Signer as _;
    let part = |value: &Value| sync::b64(value.to_string().as_bytes());
    let input = format!("{}.{}", part(header), part(payload));
    let signature = ed25519_dalek::SigningKey::from_bytes(&key.seed()).sign(input.as_bytes());
    format!("{input}.{}", sync::b64(&signature.to_bytes()))
}

#[test]
fn a_forged_token_opens_nothing() {
    let lab = Lab::open();
    let till = Till::enrol(&lab, "S001", "01");
    let other = Till::enrol(&lab, "S001", "02");
    let at = now().timestamp();
    let header = json!({"alg": "EdDSA", "kid": till.key.kid(), "typ": "JWT"});
    let payload = json!({"iss": "S001/01", "aud": "jihui-hq", "iat": at, "exp": at + 60});
    let bearer = |token: &str| format!("Bearer {token}");
    let good = bearer(&signed(&till.key, &header, &payload));
    assert_eq!(status(&lab, &good).0, 200);
    let with = |value: &Value, name: &str, to: Value| {
        let mut value = value.clone();
        value[name] = to;
        value
    };
    let refused = |token: &str, why: &str, word: &str| {
        assert_eq!(status(&lab, token), (401, word.to_owned()), "{why}");
    };
    for (name, to) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("eddsa")),
        ("typ", json!("jihui-record")),
        ("typ", json!("at+jwt")),
        ("jku", json!("https://example.invalid/keys")),
        ("x5u", json!("https://example.invalid/cert")),
        ("x5c", json!(["AAAA"])),
        ("jwk", json!(other.key.jwk())),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("kid", json!(other.key.kid())),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(7)),
        ("kid", json!("../../keys.json")),
    ] {
        refused(
            &bearer(&signed(&till.key, &with(&header, name, to.clone()), &payload)),
            &format!("{name} {to}"),
            "token",
        );
    }
    for (name, to, word) in [
        ("aud", json!("another"), "token"),
        ("aud", json!(["jihui-hq"]), "token"),
        ("iss", json!("S001/02"), "token"),
        ("iss", json!("S002/01"), "token"),
        ("iss", json!("S001/01/"), "token"),
        ("exp", json!(at + 61), "token"),
        ("exp", json!(at - 1), "token"),
        ("exp", json!(i64::MAX), "token"),
        ("iat", json!(i64::MIN), "token"),
        ("exp", json!("soon"), "token"),
        ("iat", Value::Null, "token"),
    ] {
        refused(&bearer(&signed(&till.key, &header, &with(&payload, name, to.clone()))), &format!("{name} {to}"), word);
    }
    for off in [-3600, -95, 35, 3600] {
        let payload = json!({"iss": "S001/01", "aud": "jihui-hq", "iat": at + off, "exp": at + off + 60});
        refused(&bearer(&signed(&till.key, &header, &payload)), &format!("{off} s"), "clock");
    }
    // Signed by somebody else under this till's name, cut off, without a signature, or changed.
    refused(&bearer(&signed(&other.key, &header, &payload)), "another key", "token");
    let (head, _) = good.rsplit_once('.').unwrap();
    for bad in [
        head.to_owned(),
        format!("{head}."),
        format!("{head}.AAAA"),
        good.replace("Bearer ", "Basic "),
        "Bearer ".into(),
    ] {
        refused(&bad, &bad, "token");
    }
    let name_of_other = sync::b64(with(&payload, "iss", json!("S001/02")).to_string().as_bytes());
    let parts: Vec<&str> = good.split('.').collect();
    refused(&format!("{}.{name_of_other}.{}", parts[0], parts[2]), "another payload", "token");
}

#[test]
fn a_token_that_was_overheard_works_again_for_its_minute_and_can_do_no_harm() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let (_, record) = till.claim(&lab.household(0), "S001-01-0001");
    let (token, path) = (till.token(), format!("/v1/records?epoch={}", till.me.epoch));
    let send = |method: &str, path: &str, body: &str| {
        let request = Request::builder().method(method).uri(path).header("authorization", &token);
        lab.send(request.body(Body::from(body.to_owned())).unwrap())
    };
    assert_eq!(send("POST", &path, &record).status, 200);
    // The same again is no second claim, and it cannot be made another one: records are signed by themselves.
    let again: Value = serde_json::from_slice(&send("POST", &path, &record).body).unwrap();
    assert_eq!(again["results"][0]["outcome"], "duplicate");
    let stranger = chain::sign(&Key::generate(), br#"{"epoch":"1","seq":2,"id":"x"}"#).jws;
    assert_eq!(send("POST", &format!("{path}&branch=true"), &stranger).status, 200);
    let claims: i64 = lab.hq.db().conn.value("SELECT count(*) FROM claims", &[]).unwrap();
    assert_eq!(claims, 1);
    // What it reads is what the till itself reads; the roster's lines stay sealed.
    let keys: Value = serde_json::from_slice(&send("GET", "/v1/chain", "").body).unwrap();
    assert_eq!(keys["epochs"][0]["through"], 1);
    // It works no longer than its minute and the skew.
    let late = till.token_at(now().timestamp() - 91);
    assert_eq!(status(&lab, &late), (401, "clock".into()));
}

#[test]
fn a_till_claims_for_nobody_else() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let other = Till::enrol(&lab, "S002", "01");
    let path = format!("/v1/records?epoch={}", till.me.epoch);
    // A record that names another store or till joins this till's chain and waits for people (R12).
    for (name, value) in [("store", "S002"), ("till", "09")] {
        let (_, record) = till.record("claim", &json!({ name: value, "lines": [] }));
        let taken = till.upload(&lab, &[record]);
        let result = &taken["results"][0];
        assert!(result["outcome"] != "accepted", "{taken}");
        let store: String = lab.hq.db().conn.value("SELECT store FROM claims ORDER BY id DESC", &[]).unwrap();
        assert_eq!(store, "S001", "it is this till's, whatever it says");
    }
    // Another till's record under this till's token, as it is and by branch.
    let foreign = other.stray(1, &chain::first_prev("S002", "01", &other.me.epoch, other.key.kid()));
    let branch = till.send(&lab, "POST", &format!("{path}&branch=true"), foreign.clone());
    let said: Value = serde_json::from_slice(&branch.body).unwrap();
    assert_eq!((branch.status, &said["results"][0]["outcome"]), (200, &json!("rejected")), "{said}");
    assert_eq!(till.send(&lab, "POST", &path, foreign).status, 422);
    // Another till's epoch: nothing is known of it here.
    let epoch = format!("/v1/records?epoch={}-XXXX", 1);
    assert_eq!(till.send(&lab, "GET", &epoch, "").status, 404);
    let of_other: i64 =
        lab.hq.db().conn.value("SELECT count(*) FROM records WHERE epoch = ?1", hq::params![other.me.epoch]).unwrap();
    assert_eq!(of_other, 0);
    // What is read is bounded by the token alone.
    let sale = till.send(&lab, "GET", "/v1/sales?number=S002-01-0001", "");
    assert_eq!(sale.status, 404);
}

#[test]
fn a_till_cannot_use_up_the_numbers_of_its_epochs() {
    let lab = Lab::open();
    let till = Till::enrol(&lab, "S001", "01");
    for number in ["18446744073709551615", "9223372036854775807", "1000001"] {
        for branch in ["", "&branch=true"] {
            let epoch = format!("{number}-AAAA");
            let prev = chain::first_prev("S001", "01", &epoch, till.key.kid());
            let payload = json!({"epoch": epoch, "seq": 1, "id": "x", "kind": "event", "prev": prev});
            let record = chain::sign(&till.key, payload.to_string().as_bytes()).jws;
            let answer = till.send(&lab, "POST", &format!("/v1/records?epoch={epoch}{branch}"), record);
            assert_eq!(answer.status, 400, "{number}: {}", answer.text());
        }
    }
    // Whoever comes after a stolen till still enrols.
    assert!(Till::enrol(&lab, "S001", "01").me.epoch.starts_with("2-"));
}
