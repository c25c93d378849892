//! What a hold answers: pricing.md's quote, and what it went by.

use domain::basket::{Basket, BasketLine, Beneficiary};
use domain::json::{Node, Unknown};
use domain::money::Money;
use domain::pricing::price;
use domain::programme::{Programme, read_programmes};
use domain::time::business_date;
use domain::usage::Used;
use hq::service::{catalogue, now};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lab::{Held, Lab, Till, bags, body, nothing_offline, programme};

/// What a till makes of it by itself, given what headquarters says is used.
fn by_till(programmes: &[Programme], store: &str, held: &Held, groups: &str) -> Value {
    let read = |line: &Value| {
        let mut line = line.clone();
        line["group"] = groups.into();
        BasketLine::read(&Node::root("line", &line, Unknown::Ignore)).unwrap()
    };
    let basket = Basket {
        store: store.into(),
        business_date: business_date(now()),
        online: true,
        beneficiary: Some(Beneficiary {
            household: held.family.0.clone(),
            category: "urban_dibao".into(),
            district: "370811".into(),
            size: 2,
            home_store: Some("S001".into()),
            tags: Vec::new(),
        }),
        used: Used::read(&Node::root("used", &held.answer["used"], Unknown::Refuse), programmes).unwrap(),
        decline: Vec::new(),
        purses: [("CARD".to_owned(), Money::parse("12.00").unwrap())].into(),
        lines: held.lines.iter().map(read).collect(),
    };
    serde_json::to_value(price(programmes, &basket)).unwrap()
}

fn documents() -> Vec<Value> {
    let rice = programme(&nothing_offline());
    let weekly = json!({
        "code": "WEEK", "version": 2, "name": {"zh": "每周（演示）", "en": "Weekly (demo)"}, "fund": "DEMO",
        "valid_from": "2020-01-01", "valid_to": "2099-12-31", "categories": ["urban_dibao"],
        "scope": {"include": ["group:food/grain"]}, "benefit": {"percent_off": "33.33"},
        "subsidy_share": "60", "priority": 20,
        "limits": [
            {"id": "kg", "per": "week", "quantity": "12.5", "unit": "kg"},
            {"id": "each", "per": "programme", "discount": "33.33", "holder": "person"},
            {"id": "once", "per": "sale", "discount": "30.00"},
        ],
    });
    let card = json!({
        "code": "CARD", "version": 1, "name": {"zh": "购物卡（演示）", "en": "Card (demo)"}, "fund": "DEMO",
        "valid_from": "2020-01-01", "valid_to": "2099-12-31", "categories": ["urban_dibao"],
        "scope": {"include": ["group:food"]}, "benefit": {"purse": true}, "subsidy_share": "100", "priority": 40,
        "limits": [{"id": "year", "per": "year", "discount": "30.00"}],
    });
    let later = json!({
        "code": "WEEK", "version": 3, "name": {"zh": "每周（演示）", "en": "Weekly (demo)"}, "fund": "DEMO",
        "valid_from": "2098-01-01", "valid_to": "2099-12-31", "categories": ["urban_dibao"],
        "scope": {"include": ["all"]}, "benefit": {"percent_off": "99"}, "subsidy_share": "60", "priority": 20,
    });
    vec![rice, weekly, card, later]
}

#[test]
fn a_till_that_prices_by_what_is_used_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().into();
    let lab = Lab::on(dir, place, documents());
    // Headquarters' own group counts, whatever the store says.
    let list = "barcode,name,spec,unit_name,unit,content_kg,group,price,tax_rate,plu\n\
                6900000000014,大米,5kg,袋,piece,5,food/grain/rice,41.40,0.09,\n";
    catalogue::import_products(&lab.hq, list.as_bytes(), false).unwrap().unwrap();
    let file = json!({ "programmes": documents() });
    let programmes = read_programmes(&Node::root("file", &file, Unknown::Refuse)).unwrap();
    let family = lab.family(0);
    let (mut a, b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    let mut seen = Vec::new();
    for (round, pieces) in [1, 2, 3, 1, 2].into_iter().enumerate() {
        let till = if round % 2 == 0 { &a } else { &b };
        let mut line = bags(pieces);
        line[0]["group"] = "toys".into();
        let (id, claim) = (Uuid::now_v7(), Uuid::now_v7());
        let mut asked = body(claim, &family, &line);
        asked["purses"] = json!({"CARD": "12.00"});
        let (status, answer) = till.put(&lab, id, &asked);
        assert_eq!(status, 200, "{answer}");
        let held = Held { id, claim, family: family.clone(), lines: line, answer };
        let own = by_till(&programmes, &till.me.store, &held, "food/grain/rice");
        for part in ["lines", "programmes", "totals"] {
            assert_eq!(held.answer[part], own[part], "round {round}");
        }
        assert_eq!(lab.verify().map(|_| ()), Ok(()));
        seen.push(held.answer["totals"]["claim"].as_str().unwrap().to_owned());
        // The first till sells. The second lets go once; its last hold stays.
        if round % 2 == 0 {
            let record = a.claim_with(&held, &json!({"purses": {"CARD": "12.00"}}));
            assert_eq!(a.upload(&lab, &[record]), ["accepted"], "{:?}", lab.claim(claim));
        } else if round == 1 {
            b.let_go(&lab, id);
        }
    }
    assert_eq!(
        seen.first().map(String::as_str),
        Some("20.28"),
        "a third off, 60 percent of it repaid, and 12.00 from the card"
    );
    assert_ne!(seen.first(), seen.last(), "what was used shows");
    assert_eq!(lab.verify(), Ok(1));
}

#[test]
fn the_answer_has_the_quotes_fields_what_it_went_by_and_its_end() {
    let lab = Lab::open(programme(&nothing_offline()));
    let family = lab.family(0);
    let (a, b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    a.hold(&lab, Uuid::now_v7(), &family, bags(2));
    let held = b.hold(&lab, Uuid::now_v7(), &family, bags(4));
    assert_eq!(
        held.answer["lines"][0],
        json!({"line": 1, "gross": "165.60", "promotion": "0.00", "programme": "RICE", "version": 1, "discount": "30.00",
            "subsidy": "30.00", "concession": "0.00", "net": "135.60", "purse": "0.00", "purses": {},
            "discounted_quantity": "3", "reason": "amount_limited"})
    );
    assert_eq!(held.answer["used"], json!({"RICE": {"m": "20.00"}}), "what another till holds counts");
    let ends = domain::time::parse_rfc3339(held.answer["expires_at"].as_str().unwrap()).unwrap();
    let minutes = (ends - now()).num_seconds();
    assert!((14 * 60 + 30..=15 * 60).contains(&minutes), "{minutes}");
    let fields: Vec<&String> = held.answer.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 5, "{fields:?}");
    // Holds are in no list of balances.
    let (_, list) = b.ask(&lab, "GET", &format!("/v1/balances?household={}", family.0), "");
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn an_empty_basket_tells_what_is_used_and_holds_nothing() {
    let lab = Lab::open(programme(&nothing_offline()));
    let family = lab.family(0);
    let (a, b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    let held = a.hold(&lab, Uuid::now_v7(), &family, Vec::new());
    assert_eq!((held.discount(), &held.answer["used"]), ("0.00", &json!({"RICE": {"m": "0.00"}})));
    assert_eq!(b.hold(&lab, Uuid::now_v7(), &family, bags(9)).discount(), "50.00");
}

#[test]
fn families_of_any_district_are_served_and_those_who_are_not_valid_get_nothing() {
    let lab = Lab::open(programme(&nothing_offline()));
    let till = Till::enrol(&lab, "S001", "01");
    assert_eq!(till.hold(&lab, Uuid::now_v7(), &lab.family(7), bags(1)).discount(), "10.00");
    let suspended = till.hold(&lab, Uuid::now_v7(), &lab.family(6), bags(1));
    assert_eq!(suspended.answer["lines"][0]["reason"], "no_beneficiary");
    let claim = Uuid::now_v7();
    let mut asked = body(claim, &lab.family(0), &bags(1));
    asked["decline"] = json!(["RICE"]);
    let (_, declined) = till.put(&lab, Uuid::now_v7(), &asked);
    assert_eq!(declined["lines"][0]["reason"], "not_eligible");
}
