//! A refund goes back by the means that paid the sale: drawer, reports and paper follow.

use domain::money::Money;
use domain::quantity::Quantity;
use domain::returns::PayBack;
use domain::sale::{Entry, ReturnLine};
use domain::tender::TenderKind::{self, Cash, ECny, Wechat};
use domain::till::{Event, Reply};
use pos::counter::{Approval, Returned};
use pos::effects::Driver;
use pos::outbox::payload_of;
use pos::shop::Shop;
use serde_json::{Value, json};
use tests::{Lab, Till};

/// 41.40 a bag.
const RICE: &str = "6900000000014";
const WHY: &str = "质量问题";

fn counter(till: &Till) -> Driver {
    let mut driver = Driver::start(Shop::open(&till.dir).unwrap()).unwrap();
    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    driver.handle(Event::OpenShift { float: "200.00".into() });
    driver
}

/// So many bags, paid so; the receipt's number.
fn sell(driver: &mut Driver, bags: u32, tenders: &[(TenderKind, &str)]) -> String {
    for _ in 0..bags {
        driver.handle(Event::Scanned { code: RICE.into(), entry: Entry::Scan, quantity: None });
    }
    let pay = |(kind, amount): &(TenderKind, &str)| {
        let amount = Some((*amount).into());
        driver.handle(Event::Pay { kind: *kind, amount, reference: None, seen: None })
    };
    match tenders.iter().map(pay).last() {
        Some(Reply::Sale(sale)) => sale.number,
        reply => panic!("not paid: {reply:?}"),
    }
}

fn bags(quantity: &str) -> [ReturnLine; 1] {
    [ReturnLine { line: 1, quantity: Quantity::parse(quantity).unwrap() }]
}

fn by(returned: &Returned) -> Vec<(TenderKind, String)> {
    returned.tenders.iter().map(|(kind, amount)| (*kind, amount.to_string())).collect()
}

fn part(kind: TenderKind, amount: &str) -> (TenderKind, String) {
    (kind, amount.into())
}

fn manager() -> Approval {
    Approval { staff: "m1".into(), pin: "9999".into() }
}

fn paper(driver: &Driver, number: &str) -> Value {
    serde_json::from_str(&driver.shop.store.receipt(number).unwrap().unwrap()).unwrap()
}

#[test]
fn a_split_sale_comes_back_in_steps_as_it_was_paid() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let mut driver = counter(&lab.till(&server, "S001/01"));
    // 124.20: 60.00 by WeChat, 40.00 in e-CNY, and 24.20 in cash of a note of 50.
    let number = sell(&mut driver, 3, &[(Wechat, "60"), (ECny, "40"), (Cash, "50")]);
    let first = driver.take_back(&number, &bags("1"), WHY).unwrap();
    assert_eq!(by(&first), [part(Wechat, "41.40")]);
    // 40.00 in e-CNY are left, more than 18.60 by WeChat and 24.20 in cash.
    let second = driver.take_back(&number, &bags("1"), WHY).unwrap();
    assert_eq!(by(&second), [part(ECny, "40.00"), part(Cash, "1.40")]);
    assert_eq!(paper(&driver, &second.number)["tenders"], json!([["数字人民币", "40.00"], ["现金", "1.40"]]));
    let third = driver.take_back(&number, &bags("1"), WHY).unwrap();
    assert_eq!(by(&third), [part(Cash, "22.80"), part(Wechat, "18.60")]);
    let report = driver.x_report().unwrap();
    assert_eq!(report["sums"]["refunds"], "124.20");
    assert_eq!(report["sums"]["refunded"], json!({"cash": "24.20", "e_cny": "40.00", "wechat": "60.00"}));
    assert_eq!(report["expected_cash"], "200.00", "all cash that came in went out");
    let closed = driver.close_shift("200.01", Some("原因不明")).unwrap();
    assert_eq!(closed["over_short"], "0.01");
}

#[test]
fn a_void_and_the_days_sums_follow_the_means() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut driver = counter(&till);
    sell(&mut driver, 1, &[(Cash, "50")]);
    let number = sell(&mut driver, 2, &[(Wechat, "82.80")]);
    let void = driver.void_last("点错了", Some(&manager())).unwrap();
    assert_eq!(by(&void), [part(Wechat, "82.80")]);
    assert_eq!(paper(&driver, &void.number)["kind"]["Void"]["of"], json!(number));
    let report = driver.x_report().unwrap();
    assert_eq!((&report["sums"]["refunds"], &report["expected_cash"]), (&json!("82.80"), &json!("241.40")));
    let closed = driver.close_shift("241.40", None).unwrap();
    assert_eq!(closed["over_short"], "0.00");
    driver.close_day().unwrap();
    let epoch = driver.shop.store.epochs().unwrap().pop().unwrap().epoch;
    let records = driver.shop.store.waiting(&epoch, None, 100).unwrap();
    let day = records.iter().map(|r| payload_of(&r.jws).unwrap()).find(|p| p["kind"] == "day_close").unwrap();
    assert_eq!(day["tenders"], json!({"cash": "41.40", "wechat": "0.00"}));
    drop(driver);
    till.ok(&["sync"], "");
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
}

#[test]
fn cash_is_chosen_where_the_shop_allows_it() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut driver = counter(&till);
    let number = sell(&mut driver, 3, &[(Wechat, "124.20")]);
    let sale = driver.shop.store.sale(&number).unwrap().unwrap();
    assert!(driver.may_choose_cash(&sale).unwrap());
    let in_cash = driver.take_back_by(&number, &bags("1"), WHY, PayBack::Cash).unwrap();
    assert_eq!(by(&in_cash), [part(Cash, "41.40")]);
    till.ok(&["set", "cash_refunds", "as_paid"], "");
    assert!(!driver.may_choose_cash(&sale).unwrap());
    let refused = driver.take_back_by(&number, &bags("1"), WHY, PayBack::Cash).unwrap_err();
    assert!(refused.zh().contains("原付款方式"), "{refused:?}");
    let rest = driver.take_back(&number, &bags("2"), WHY).unwrap();
    assert_eq!(by(&rest), [part(Wechat, "82.80")]);
    assert_eq!(driver.x_report().unwrap()["expected_cash"], "158.60");
    let cash_only = sell(&mut driver, 1, &[(Cash, "41.40")]);
    let sale = driver.shop.store.sale(&cash_only).unwrap().unwrap();
    till.ok(&["set", "cash_refunds", "allowed"], "");
    assert!(!driver.may_choose_cash(&sale).unwrap(), "there is nothing to choose");
}

#[test]
fn returns_of_an_older_program_stay_cash() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut driver = counter(&till);
    let number = sell(&mut driver, 3, &[(Wechat, "100"), (Cash, "24.20")]);
    driver.take_back(&number, &bags("1"), WHY).unwrap();
    // As the older program left it.
    let db = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    assert_eq!(db.execute("DELETE FROM refund_tenders", []).unwrap(), 1);
    assert_eq!(driver.x_report().unwrap()["expected_cash"], "182.80");
    let sale = driver.shop.store.sale(&number).unwrap().unwrap();
    let paid = driver.shop.store.paid_by(sale.id).unwrap();
    let left: Vec<(TenderKind, Money)> = paid.iter().map(|by| (by.kind, by.paid - by.back)).collect();
    assert_eq!(left, [(Wechat, Money::from_fen(10_000)), (Cash, Money::from_fen(-1_720))]);
    let rest = driver.take_back(&number, &bags("2"), WHY).unwrap();
    assert_eq!(by(&rest), [part(Wechat, "82.80")]);
}
