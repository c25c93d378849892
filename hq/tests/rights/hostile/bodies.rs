//! Bodies that are larger than they look, or that no reader was made for.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use uuid::Uuid;

use crate::lab::{Answer, Lab};
use crate::till::Till;

const POSTS: [&str; 5] = ["/v1/lookups", "/v1/shop", "/v1/disputes", "/v1/signatures", "/v1/records"];

/// So many bytes of one letter as a zstd frame: four bytes for each 128 KiB.
fn zstd_bomb(size: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58];
    let block = 128 * 1024;
    let count = size / block;
    for at in 0..count {
        let head = u32::try_from(block << 3).unwrap() | 2 | u32::from(at + 1 == count);
        frame.extend(&head.to_le_bytes()[..3]);
        frame.push(b'x');
    }
    frame
}

/// The same as a gzip file.
fn gzip_bomb(size: usize) -> Vec<u8> {
    let mut file = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3];
    file.extend(miniz_oxide::deflate::compress_to_vec(&vec![b'x'; size], 9));
    file.extend([0; 8]);
    file
}

fn packed(lab: &Lab, till: &Till, path: &str, encoding: &str, body: Vec<u8>) -> Answer {
    let path = if path == "/v1/records" { format!("{path}?epoch={}", till.me.epoch) } else { path.into() };
    let request = Request::post(path).header("authorization", till.token()).header("content-encoding", encoding);
    lab.send(request.body(Body::from(body)).unwrap())
}

#[test]
fn a_bomb_is_counted_as_it_unpacks() {
    let lab = Lab::open();
    let till = Till::enrol(&lab, "S001", "01");
    let bombs = [("zstd", zstd_bomb(1 << 30)), ("gzip", gzip_bomb(64 << 20))];
    for (encoding, bomb) in &bombs {
        assert!(bomb.len() < 100_000, "{encoding}: {}", bomb.len());
        for path in POSTS {
            let answer = packed(&lab, &till, path, encoding, bomb.clone());
            assert_eq!(answer.status, 413, "{encoding} {path}: {}", answer.text());
        }
        // Nobody has a token yet who enrols.
        let request = Request::post("/v1/enrolments").header("content-encoding", *encoding);
        assert_eq!(lab.send(request.body(Body::from(bomb.clone())).unwrap()).status, 413, "{encoding}");
    }
    // A frame that asks for a window of gigabytes, garbage, and codings that nobody agreed on.
    let window = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xFF, 0x01, 0x00, 0x00].to_vec();
    for (encoding, body) in [
        ("zstd", window),
        ("zstd", vec![0xFF; 100]),
        ("gzip", vec![0; 100]),
        ("br", vec![0; 10]),
        ("gzip, gzip", vec![0; 10]),
    ] {
        let answer = packed(&lab, &till, "/v1/records", encoding, body);
        assert!([400, 415, 422].contains(&answer.status), "{encoding}: {}", answer.status);
    }
    assert_eq!(packed(&lab, &till, "/v1/records", "identity", Vec::new()).status, 200);
}

#[test]
fn lines_records_and_nesting_are_bounded() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let path = format!("/v1/records?epoch={}", till.me.epoch);
    let long = format!("{}\n", "x".repeat(512 * 1024 + 1));
    for body in ["x\n".repeat(1001), long, "x".repeat(4 * 1024 * 1024 + 1)] {
        assert_eq!(till.send(&lab, "POST", &path, body).status, 413);
    }
    let deep = "[".repeat(200_000);
    for path in ["/v1/lookups", "/v1/shop", "/v1/disputes", "/v1/signatures"] {
        let answer = till.send(&lab, "POST", path, deep.clone());
        assert_eq!(answer.status, 400, "{path}");
    }
    // A signed record may be as odd as it likes: the chain goes on.
    let odd =
        json!({"lines": {"a": [[[[[[]]]]]]}, "totals": 7, "heard": "\u{0}", "sale": "\u{0}\u{202E}", "cashier": [1]});
    let (_, record) = till.record("claim", &odd);
    let taken = till.upload(&lab, &[record]);
    assert_eq!(taken["results"][0]["reasons"], json!(["R17"]), "{taken}");
    // PostgreSQL has no room for a NUL: it may not come that far.
    let sale: String = lab.hq.db().conn.value("SELECT sale FROM claims ORDER BY id DESC", &[]).unwrap();
    assert_eq!(sale, "\u{FFFD}\u{202E}");
    let (_, next) = till.record("event", &json!({"event": "void"}));
    assert_eq!(till.upload(&lab, &[next])["through"], 2);
}

#[test]
fn a_flood_of_lookups_is_stopped_for_that_till_alone() {
    let lab = Lab::open();
    let (till, other) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S001", "02"));
    let nobody = json!({"s": sync::b64(&[7; 32])}).to_string();
    let counts = |till: &Till| {
        (0..80).map(|_| till.send(&lab, "POST", "/v1/lookups", nobody.clone()).status).collect::<Vec<_>>()
    };
    let said = counts(&till);
    // A minute may end meanwhile, and another thirty be answered.
    assert!((20..=50).contains(&said.iter().filter(|status| **status == 429).count()), "{said:?}");
    assert_eq!(other.send(&lab, "POST", "/v1/lookups", nobody.clone()).status, 404);
}

#[test]
fn a_change_of_the_shop_stays_small_and_its_own() {
    let lab = Lab::open();
    let till = Till::enrol(&lab, "S001", "01");
    let change = |key: &str, body: serde_json::Value| {
        let one = json!({"id": Uuid::now_v7(), "kind": "setting", "key": key, "body": body, "at": "2026-11-24T09:00:00+08:00", "by": "m1"});
        till.send(&lab, "POST", "/v1/shop", json!({"changes": [one]}).to_string())
    };
    assert_eq!(change("phone", json!({"value": "x".repeat(17 * 1024)})).status, 422);
    assert_eq!(change("../../keys", json!({"value": "x"})).status, 422);
    assert_eq!(change("phone", json!({"value": "x"})).status, 200);
    let other = Till::enrol(&lab, "S002", "01");
    assert!(!other.send(&lab, "GET", "/v1/shop", "").text().contains("phone"));
}
