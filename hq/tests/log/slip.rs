//! The page behind the code on a receipt.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use sync::chain;

use crate::lab::{Answer, Lab};
use crate::till::Till;

fn open(lab: &Lab, path: &str, language: &str) -> Answer {
    lab.send(Request::get(path).header("accept-language", language).body(Body::empty()).unwrap())
}

fn address(id: &str, jws: &str) -> String {
    format!("/r/{id}.{}", &chain::hash(jws)[..16])
}

#[test]
fn a_slip_says_what_was_claimed_and_nothing_about_the_person() {
    let lab = Lab::open();
    let mut till = Till::enrol(&lab, "S001", "01");
    let household = lab.household(0);
    let (claim, sold) = till.claim(&household, "S001-01-1-000001");
    let (back, returned) = till.record(
        "reversal",
        &json!({
            "of": claim, "sale": "S001-01-1-000002", "reason": "坏了",
            "lines": [{ "line": 1, "quantity": "1" }], "totals": { "subsidy": "0.00", "purse": "0.00" },
        }),
    );
    let (close, day) = till.record("day_close", &json!({ "sales": 1 }));
    let body = format!("{sold}\n{returned}\n{day}\n");
    assert_eq!(till.send(&lab, "POST", &format!("/v1/records?epoch={}", till.me.epoch), body).status, 200);

    let page = open(&lab, &address(&claim.to_string(), &sold), "zh-CN");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-security-policy").split(';').next(), Some("default-src 'none'"));
    let text = page.text();
    for words in ["这笔优惠已经申报", "和平路店", "S001-01-1-000001", "¥0.00", "核", "第 1 条", &chain::hash(&sold)]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    for secret in [household.as_str(), "P1", "大米", "41.40", "6900000000014", "城市低保", "urban_dibao", "370811"]
    {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!text.contains("<script"));
    let english = open(&lab, &format!("{}?lang=en", address(&claim.to_string(), &sold)), "zh-CN").text();
    assert!(english.contains("This sale was claimed") && english.contains("Check it yourself"), "{english}");
    assert!(open(&lab, &address(&claim.to_string(), &sold), "en-GB").text().contains("This sale was claimed"));

    assert!(open(&lab, &address(&back.to_string(), &returned), "zh").text().contains("这是一笔退货"));
    let own = open(&lab, &address(&close.to_string(), &day), "zh").text();
    assert!(own.contains("收款台自己的记录") && own.contains("日结"), "{own}");

    let nowhere = open(&lab, "/r/018f0000-0000-7000-8000-000000000000.0123456789abcdef", "zh");
    assert_eq!(nowhere.status, 404);
    let hash = chain::hash(&sold);
    for wrong in [
        format!("{claim}.0123456789abcdef"),
        format!("{claim}.{}", &hash[..15]),
        format!("{claim}.{hash}"),
        format!("{claim}"),
        "%00".into(),
        "%ff".into(),
        "x".into(),
    ] {
        let answer = open(&lab, &format!("/r/{wrong}"), "zh");
        assert_eq!((answer.status, answer.text()), (404, nowhere.text()), "{wrong}");
    }
}

#[test]
fn an_auditor_of_the_whole_network_downloads_a_period_and_one_of_a_district_does_not() {
    let lab = Lab::open();
    lab.everybody();
    let mut till = Till::enrol(&lab, "S001", "01");
    let (_, jws) = till.record("event", &json!({ "event": "drawer", "detail": {} }));
    till.send(&lab, "POST", &format!("/v1/records?epoch={}", till.me.epoch), format!("{jws}\n"));
    let file = "/console/audit/period.ndjson?from=2020-01-01&to=2099-12-31";
    let mut auditor = lab.signed_in("auditor");
    assert!(auditor.get("/console/audit?from=2020-01-01&to=2099-12-31").text().contains("导出记录供核验"));
    let answer = auditor.get(file);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(answer.text().lines().count(), 3, "header, record, end");
    assert!(answer.text().contains(&jws));
    let noted = "SELECT count(*) FROM audit WHERE action = 'export period'";
    assert_eq!(lab.hq.db().conn.value::<i64>(noted, hq::params![]).unwrap(), 1);
    assert_eq!(auditor.get("/console/audit/period.ndjson?from=2020-01-02&to=2020-01-01").status, 303);
    let bound = "UPDATE users SET district = '370811' WHERE name = 'auditor'";
    lab.hq.db().conn.execute(bound, hq::params![]).unwrap();
    assert_eq!(auditor.get(file).status, 403);
}
