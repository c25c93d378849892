//! Goods that come back at another till of the store than they were sold at.

use domain::quantity::Quantity;
use domain::sale::ReturnLine;
use domain::till::{Event, Refusal};
use pos::effects::Driver;
use pos::shop::Shop;
use serde_json::{Value, json};
use tests::{Lab, Server, Till, id_number, lines};

const RICE: &str = "6900000000014";
const WHY: &str = "质量问题";

fn tills(lab: &Lab, server: &Server) -> [Till; 3] {
    let tills = ["S001/01", "S001/02", "S002/01"].map(|name| lab.till(server, name));
    for till in tills.iter().chain(&tills) {
        till.ok(&["sync"], "");
    }
    tills
}

/// A till as its window has it, with a shift open.
fn counter(till: &Till) -> Driver {
    let mut driver = Driver::start(Shop::open(&till.dir).unwrap()).unwrap();
    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    driver.handle(Event::OpenShift { float: "200.00".into() });
    driver
}

fn back(quantity: &str) -> [ReturnLine; 1] {
    [ReturnLine { line: 1, quantity: Quantity::parse(quantity).unwrap() }]
}

/// A sale of so many to a family at a till, known at headquarters; the answer's `sale`.
fn sell(till: &Till, count: usize) -> Value {
    let mut drive = till.open();
    let sale = drive.sell(&vec![RICE; count], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    sale
}

#[test]
fn all_of_it_comes_back_in_steps_to_the_fen_and_no_more() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, _] = tills(&lab, &server);
    let sale = sell(&one, 3);
    let number = sale["number"].as_str().unwrap();
    let mut driver = counter(&two);
    let found = driver.foreign_sale(number).unwrap();
    assert_eq!((found.till.as_str(), found.sale.lines[0].name.as_str()), ("01", "杏坛东北大米 5kg"));
    let first = driver.take_back_foreign(number, &back("1"), WHY).unwrap();
    // Headquarters has not heard of the first step; the till itself has.
    let refused = driver.take_back_foreign(number, &back("3"), WHY).unwrap_err();
    assert_eq!(refused, Refusal::ReturnTooMuch { line: 1, left: "2".into() });
    let rest = driver.take_back_foreign(number, &back("2"), WHY).unwrap();
    assert_eq!(json!(first.refund + rest.refund), sale["totals"]["due"], "what was paid, to the fen");
    assert_ne!(first.number, rest.number);
    assert_eq!(
        driver.take_back_foreign(number, &back("1"), WHY).unwrap_err(),
        Refusal::ReturnTooMuch { line: 1, left: "0".into() }
    );
    let receipt = driver.shop.store.receipt(&rest.number).unwrap().unwrap();
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!((&receipt["kind"]["Return"]["of"], &receipt["due"]), (&json!(number), &json!(rest.refund)));
    let report = driver.x_report().unwrap();
    assert_eq!(report["sums"]["refunds"], json!(first.refund + rest.refund), "{report}");
    drop(driver);
    two.ok(&["sync"], "");
    let records = lines(&lab.hq_ok(&["records", "--till", "S001/02", "--json"]));
    let reversals: Vec<&Value> = records.iter().filter(|r| r["kind"] == "reversal").collect();
    assert!(reversals.len() == 2 && reversals.iter().all(|r| r["outcome"] == "accepted"), "{records:?}");
    let mut driver = counter(&two);
    let line = &driver.foreign_sale(number).unwrap().sale.lines[0];
    assert_eq!((line.returned, &line.reversed), (line.quantity, &line.sold));
    lab.hq_ok(&["verify"]);
}

#[test]
fn the_second_till_is_refused_what_the_first_took_back() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, _] = tills(&lab, &server);
    let three = lab.till(&server, "S001/03");
    let number = sell(&one, 1)["number"].as_str().unwrap().to_owned();
    let mut late = counter(&three);
    assert_eq!(late.foreign_sale(&number).unwrap().sale.lines[0].returned, Quantity::ZERO);
    counter(&two).take_back_foreign(&number, &back("1"), WHY).unwrap();
    two.ok(&["sync"], "");
    // What the third till's screen shows is old: it asks again before it gives money.
    let refused = late.take_back_foreign(&number, &back("1"), WHY).unwrap_err();
    assert_eq!(refused, Refusal::ReturnTooMuch { line: 1, left: "0".into() });
    assert_eq!(late.x_report().unwrap()["sums"]["refunds"], "0.00");
}

#[test]
fn what_headquarters_does_not_know_is_refused_kindly() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, other] = tills(&lab, &server);
    let number = sell(&one, 1)["number"].as_str().unwrap().to_owned();
    let mut driver = counter(&two);
    assert_eq!(driver.foreign_sale("S001-09-1-000001").unwrap_err(), Refusal::NotOwnSale("S001-09-1-000001".into()));
    assert!(matches!(driver.foreign_sale("S0011-01-1-000001").unwrap_err(), Refusal::UnknownSale(_)));
    assert!(matches!(counter(&other).foreign_sale(&number).unwrap_err(), Refusal::UnknownSale(_)));
    assert_eq!(driver.take_back_foreign(&number, &back("1"), " ").unwrap_err(), Refusal::NoReason);
    assert_eq!(driver.take_back_foreign(&number, &[], WHY).unwrap_err(), Refusal::BasketEmpty);
    assert!(matches!(driver.take_back_foreign(&number, &back("0.5"), WHY).unwrap_err(), Refusal::BadQuantity(_)));
    drop(server);
    let refused = driver.take_back_foreign(&number, &back("1"), WHY).unwrap_err();
    assert_eq!(refused, Refusal::Offline);
    assert!(refused.zh().contains("原款台"));
    driver.shop.is_training = true;
    assert!(matches!(driver.foreign_sale(&number).unwrap_err(), Refusal::NotOwnSale(_)), "nobody is asked in training");
}
