//! SQL, HTML and formulas in every text that comes in, and every page and file that shows it.

use hq::service::access::Role;
use hq::service::{catalogue, roster};
use serde_json::json;
use uuid::Uuid;

use crate::lab::{Answer, Lab, Visitor, id_number};
use crate::till::Till;
use crate::walk::{FORM, routes};

/// Ends an attribute, a tag, a statement; begins a script, a formula; turns the line round.
const EVIL: &str = "=1+'\"><script>alert(1)</script>'; DROP TABLE claims; --\u{202E}%s";

/// No page has a script, and an attribute ends where the page ends it.
fn refuses_script(path: &str, answer: &Answer) {
    let text = answer.text();
    if answer.header("content-type").starts_with("text/html") {
        assert!(!text.contains("<script") && !text.contains("1+'\""), "{path} shows it as it is: {text}");
    }
}

/// Texts that come by files and commands.
fn imported(lab: &Lab) {
    roster::add_store(&lab.hq, "S003", EVIL, "370811", vec!["370811".into()]).unwrap();
    let quoted = EVIL.replace('"', "\"\"");
    let head =
        "id_number,card_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n";
    let row = format!("{},,\"{quoted}\",\"{quoted}\",head,2,urban_dibao,370811,S001,active,2020-01-01\n", id_number(5));
    // Refused or taken: it must stay what it is.
    roster::import(&lab.hq, format!("{head}{row}").as_bytes(), false, &mut |_, _| {}).unwrap().ok();
    let mut programmes: serde_json::Value = serde_json::from_slice(&crate::lab::data("programmes.json")).unwrap();
    let mut one = programmes["programmes"][0].clone();
    one["code"] = "EVIL".into();
    one["name"] = json!({"zh": EVIL, "en": EVIL});
    one["fund"] = EVIL.into();
    programmes["programmes"] = json!([one]);
    catalogue::import_programmes(&lab.hq, programmes.to_string().as_bytes(), false).unwrap().ok();
    let products = format!(
        "barcode,name,spec,unit_name,unit,group,price\n6901234567892,\"{quoted}\",\"{quoted}\",袋,piece,food/grain,1.00\n"
    );
    catalogue::import_products(&lab.hq, products.as_bytes(), false).unwrap().ok();
}

/// Texts that a till sends; the ids of its claims.
fn sent(lab: &Lab) -> Vec<String> {
    let mut till = Till::enrol(lab, "S001", "01");
    let (taken, record) = till.claim(&lab.household(0), EVIL);
    till.upload(lab, &[record]);
    let names = [
        "cashier",
        "sale",
        "household",
        "person",
        "proxy",
        "category",
        "district",
        "home_store",
        "verified_by",
        "host_receipt",
        "store",
        "till",
        "kind",
    ];
    let mut claims = vec![taken.to_string()];
    for name in names {
        let kind = if name == "kind" { EVIL } else { "claim" };
        let (id, record) =
            till.record(kind, &json!({ name: EVIL, "lines": [{"line": 1, "name": EVIL, "group": EVIL}] }));
        till.upload(lab, &[record]);
        claims.push(id.to_string());
    }
    let (_, event) = till.record("event", &json!({"event": EVIL, "detail": {EVIL: EVIL}, "cashier": EVIL}));
    let (_, close) = till.record("day_close", &json!({"sales": EVIL, "tenders": {EVIL: EVIL}}));
    till.upload(lab, &[event, close]);
    for claim in &claims {
        let letter = json!({"id": EVIL, "claim": claim, "note": EVIL, "by": EVIL, "name": EVIL, "picture": null});
        till.send(lab, "POST", "/v1/disputes", letter.to_string());
    }
    let signature = json!({"id": Uuid::now_v7(), "month": "2026-11", "statement": null, "claimed": "1.00", "granted": "1.00", "by": EVIL, "at": "2026-11-24T09:00:00+08:00", "note": EVIL});
    till.send(lab, "POST", "/v1/signatures", signature.to_string());
    let mut kept = 0;
    for (kind, key, body) in [
        (
            "product",
            "barcode:6900000000014",
            json!({"name": EVIL, "spec": EVIL, "unit_name": EVIL, "unit": "piece", "group": "food/grain", "price": "1.00"}),
        ),
        ("product", "barcode:6900000000014", json!({"name": EVIL, "unit": "piece", "group": EVIL, "price": EVIL})),
        ("promotion", "P1", json!({"code": "P1", "name": EVIL, "kind": EVIL})),
        ("staff", "c1", json!({"role": EVIL, "pin_hash": EVIL, "active": true})),
        (
            "staff",
            EVIL,
            json!({"role": "cashier", "pin_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA", "active": true}),
        ),
        ("setting", "phone", json!({"value": EVIL})),
        ("setting", "promotions_note", json!({"value": EVIL})),
        ("setting", EVIL, json!({"value": EVIL})),
    ] {
        let change = json!({"id": Uuid::now_v7(), "kind": kind, "key": key, "body": body, "at": "2026-11-24T09:00:00+08:00", "by": EVIL});
        let answer = till.send(lab, "POST", "/v1/shop", json!({"changes": [change]}).to_string());
        assert!([200, 422].contains(&answer.status), "{kind} {key}: {}", answer.text());
        kept += usize::from(answer.status == 200);
    }
    assert!(kept > 1, "nothing was kept");
    for path in [
        "/v1/sales?number=",
        "/v1/accounts?month=",
        "/v1/balances?household=",
        "/v1/records?epoch=",
        "/v1/roster?after=",
    ] {
        let asked: String = EVIL.bytes().map(|b| format!("%{b:02X}")).collect();
        let answer = till.send(lab, "GET", &format!("{path}{asked}"), "");
        assert!([200, 400, 404, 422].contains(&answer.status), "{path}: {}", answer.status);
    }
    claims
}

/// Every form, with the text in some of its fields at a time: each pair of fields is at some time one with
/// and one without.
fn typed(lab: &Lab, claims: &[String]) -> usize {
    let mut posts = 0;
    for route in routes()
        .into_iter()
        .filter(|route| route.post && !route.path.contains("sign-") && !route.path.contains("language"))
    {
        for role in Role::ALL.into_iter().filter(|role| route.place().is_some_and(|place| role.may(place))) {
            let mut visitor = lab.signed_in(role.code());
            let path = route.with(&[("store", "S001"), ("id", &claims[0]), ("code", "EVIL"), ("kind", "product")]);
            for round in 0..15_usize {
                let is_evil = |at: usize| round == 14 || (at >> (round / 2)) & 1 == round % 2;
                let form: Vec<(&str, &str)> = FORM
                    .iter()
                    .enumerate()
                    .map(|(at, (name, value))| (*name, if is_evil(at) && *name != "password" { EVIL } else { *value }))
                    .collect();
                let answer = visitor.post(&path, &form);
                posts += 1;
                assert!(answer.status < 500, "{role:?} {path}: {}", answer.text());
                refuses_script(&path, &answer);
            }
        }
    }
    posts
}

/// What pages and files show.
fn looked_at(visitor: &mut Visitor<'_>, claims: &[String], asks: bool) -> usize {
    let mut shown = 0;
    let asked: String = EVIL.bytes().map(|b| format!("%{b:02X}")).collect();
    let mut paths: Vec<String> = claims.iter().map(|id| format!("/console/claims/{id}")).collect();
    for route in routes().iter().filter(|route| route.get) {
        let path = route.with(&[("store", "S001"), ("id", &claims[0]), ("code", "EVIL"), ("name", "products.csv")]);
        paths.push(path.clone());
        paths.push(path.replace("S001", "S003"));
        let names = [
            "store", "q", "who", "sort", "state", "from", "to", "page", "month", "reason", "saved", "done", "next",
            "district",
        ];
        for name in names {
            if asks {
                paths.push(format!("{path}?{name}={asked}"));
            }
        }
    }
    for path in paths {
        let answer = visitor.get(&path);
        assert!(answer.status < 500, "{path}: {}", answer.text());
        for (name, value) in &answer.headers {
            assert!(value.to_str().is_ok_and(|value| !value.contains("<script")), "{path}: {name}");
        }
        let text = answer.text();
        if answer.header("content-type").starts_with("text/csv") {
            let cells = text
                .split("\r\n")
                .flat_map(|line| line.split(",\""))
                .map(|cell| cell.trim_start_matches(['"', '\u{feff}']));
            assert!(cells.into_iter().all(|cell| !cell.starts_with("=1")), "{path}: {text}");
        } else {
            refuses_script(&path, &answer);
        }
        shown += usize::from(text.contains("&lt;script&gt;alert(1)") || text.contains("'=1+"));
    }
    shown
}

#[test]
fn what_people_and_tills_write_is_shown_as_they_wrote_it_and_does_nothing() {
    let lab = Lab::open();
    lab.everybody();
    imported(&lab);
    let claims = sent(&lab);
    let posts = typed(&lab, &claims);
    assert!(posts > 300, "{posts}");
    let mut shown = 0;
    for role in [Role::Admin, Role::Reviewer, Role::Auditor, Role::Manager, Role::Accountant, Role::Roster] {
        shown += looked_at(&mut lab.signed_in(role.code()), &claims, role == Role::Admin);
    }
    assert!(shown > 20, "it was shown {shown} times");
    let kept: i64 = lab.hq.db().conn.value("SELECT count(*) FROM claims", &[]).unwrap();
    assert!(kept > 10);
    assert!(hq::service::verify::verify(&lab.hq).unwrap().is_ok());
}
