//! Why a claim was cut: the first reason that explains it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lab::{Held, Lab, Till, bags, body, programme};

fn generous() -> Value {
    json!({"home": "100.00", "other": "100.00"})
}

/// What becomes of a claim for a bag of rice (10.00 off) and something else, of which a purse pays so much, once
/// headquarters has moved the rice out of scope.
fn out_of_scope(purse_pays: &str) -> (String, Vec<String>, i64) {
    let purse = json!({
        "code": "CARD", "version": 1, "name": {"zh": "购物卡（演示）", "en": "Card (demo)"}, "fund": "DEMO",
        "valid_from": "2020-01-01", "valid_to": "2099-12-31", "categories": ["urban_dibao"],
        "scope": {"include": ["group:food"]}, "benefit": {"purse": true}, "subsidy_share": "100", "priority": 20,
        "limits": [{"id": "q", "per": "quarter", "discount": "40.00"}], "offline": generous(),
    });
    let dir = tempfile::tempdir().unwrap();
    let place = hq::store::place::Database::from(dir.path());
    let lab = Lab::on(dir, place, vec![programme(&generous()), purse]);
    let mut till = Till::enrol(&lab, "S001", "01");
    let (id, claim, family) = (Uuid::now_v7(), Uuid::now_v7(), lab.family(0));
    let mut lines = bags(1);
    lines.push(json!({
        "line": 2, "barcode": "6900000000519", "group": "food/other", "unit": "piece", "content_kg": "0.8",
        "unit_price": "8.00", "quantity": "1",
    }));
    let mut asked = body(claim, &family, &lines);
    asked["purses"] = json!({"CARD": purse_pays});
    let (status, answer) = till.put(&lab, id, &asked);
    assert_eq!((status, &answer["totals"]["purse"]), (200, &json!(purse_pays)), "{answer}");
    till.let_go(&lab, id);
    let csv = "barcode,name,spec,unit_name,unit,content_kg,group,price,tax_rate,plu\n\
               6900000000014,大米,5kg,袋,piece,5,food/instant,41.40,0.09,\n";
    hq::service::catalogue::import_products(&lab.hq, csv.as_bytes(), false).unwrap().unwrap();
    let held = Held { id, claim, family, lines, answer };
    let offline = json!({"hold": null, "online": false, "used": {}, "purses": {"CARD": purse_pays}});
    let record = till.claim_with(&held, &offline);
    till.upload(&lab, &[record]);
    assert_eq!(lab.verify().map(|_| ()), Ok(()));
    lab.claim(claim)
}

#[test]
fn goods_out_of_scope_are_the_reason_also_where_a_purse_pays_as_claimed() {
    assert_eq!(out_of_scope("5.00"), ("adjusted".into(), vec!["R04".into()], 500));
}

#[test]
fn they_are_the_reason_also_where_the_purse_then_pays_for_them_and_less_for_other_goods() {
    // Of 33.00 the rice at 31.40 left 1.60 for the rest; at its whole price it leaves nothing.
    assert_eq!(out_of_scope("33.00"), ("adjusted".into(), vec!["R04".into()], 3140));
}

#[test]
fn a_version_that_headquarters_lost_is_the_reason_and_no_mistake_of_the_till() {
    let lab = Lab::open(programme(&generous()));
    let mut till = Till::enrol(&lab, "S001", "01");
    let mut held = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(1));
    // As a version would say that was published and lost with the disk: 12.00 off.
    let newer = held.answer.to_string().replace("10.00", "12.00").replace("31.40", "29.40");
    held.answer = serde_json::from_str(&newer).unwrap();
    for place in ["/programmes/0/version", "/lines/0/version"] {
        *held.answer.pointer_mut(place).unwrap() = json!(2);
    }
    till.let_go(&lab, held.id);
    let record = till.claim_with(&held, &json!({"hold": null, "online": false, "used": {}}));
    till.upload(&lab, &[record]);
    assert_eq!(lab.claim(held.claim), ("adjusted".into(), vec!["R07".into()], 1000));
}
