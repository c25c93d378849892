//! Holding a family's quota, with both programs: two stores at one moment, an answer that comes too late.

use std::time::{Duration, Instant};

use domain::money::Money;
use serde_json::{Value, json};
use tests::{Drive, Lab, Till, id_number};

/// GRAIN takes 15 percent off these until the month's 45.00 are used.
const NOODLES: &str = "food/grain/noodles";
/// What a family of two gets in a month.
const MONTH: &str = "45.00";

fn dear_noodles() -> String {
    let csv = std::fs::read_to_string(tests::data().join("products.csv")).unwrap();
    let row = csv.lines().find(|line| line.split(',').nth(6) == Some(NOODLES)).unwrap();
    row.split(',').next().unwrap().into()
}

fn discount(sale: &Value) -> Money {
    Money::parse(sale["totals"]["discount"].as_str().unwrap()).unwrap()
}

/// The first family shows its card, and keeps what has no limit for another day.
fn verify(drive: &mut Drive) {
    drive.ok(&json!({"do": "verify", "id_number": id_number(0)}));
    drive.ok(&json!({"do": "decline", "programme": "JIANSHOU"}));
}

/// Twenty packs for the first family, sent at once.
fn buy(drive: &mut Drive, code: &str) -> Money {
    drive.ok(&json!({"do": "scan", "code": code}));
    drive.ok(&json!({"do": "quantity", "line": 1, "value": "20"}));
    verify(drive);
    let sale = drive.sell(&[], None);
    drive.ok(&json!({"do": "sync"}));
    discount(&sale)
}

/// The claims of all tills are granted as they were made, and come to what the programme gives, to the fen.
fn come_to_the_month(lab: &Lab, tills: &[Till]) {
    let claims = lab.claims();
    for claim in &claims {
        assert_eq!((&claim["state"], &claim["reasons"]), (&json!("accepted"), &json!([])), "{claim}");
    }
    let granted: Money = claims.iter().map(|c| Money::parse(c["granted"]["discount"].as_str().unwrap()).unwrap()).sum();
    assert_eq!(granted.to_string(), MONTH);
    lab.hq_ok(&["verify"]);
    for till in tills {
        till.ok(&["verify"], "");
    }
}

/// Buys again until nothing is given, which says that nobody holds anything: a hold that is let go is soon gone.
fn buy_all(drive: &mut Drive, code: &str, already: Money) {
    let month = Money::parse(MONTH).unwrap();
    let (mut had, until) = (already, Instant::now() + Duration::from_secs(60));
    while had < month {
        had = had + buy(drive, code);
        assert!(had <= month && Instant::now() < until, "{had} of {month}");
    }
    assert_eq!(buy(drive, code), Money::ZERO);
}

#[test]
fn two_stores_at_one_moment_give_a_family_its_month_and_no_more() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
    let code = dear_noodles();
    let (mut one, mut two) = (tills[0].open(), tills[1].open());
    // In one store the family has been told what it pays, and looks for its money.
    one.ok(&json!({"do": "scan", "code": code}));
    one.ok(&json!({"do": "quantity", "line": 1, "value": "10"}));
    verify(&mut one);
    one.ok(&json!({"do": "pay", "tender": "cash", "amount": "1.00"}));
    // Meanwhile the other buys as much as it can get.
    let two_had = buy(&mut two, &code) + buy(&mut two, &code) + buy(&mut two, &code);
    let sale = one.ok(&json!({"do": "pay", "tender": "cash"}))["sale"].clone();
    one.ok(&json!({"do": "sync"}));
    assert!(discount(&sale) > Money::ZERO && two_had > Money::ZERO);
    buy_all(&mut two, &code, two_had + discount(&sale));
    drop((one, two));
    come_to_the_month(&lab, &tills);
}

#[test]
fn an_answer_that_comes_after_the_customer_paid_is_let_go() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
    let code = dear_noodles();
    let (mut one, mut two) = (tills[0].open(), tills[1].open());
    let signal = |name: &str| {
        let sent = std::process::Command::new("kill").args([name, &server.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    one.ok(&json!({"do": "scan", "code": code}));
    signal("-STOP");
    let asked = Instant::now();
    verify(&mut one);
    let sale = one.sell(&[], None);
    let took = asked.elapsed();
    signal("-CONT");
    assert!(took < Duration::from_secs(4), "the customer waits 0.8 s at most, beside a busy machine: {took:?}");
    assert!(discount(&sale) > Money::ZERO, "without an answer the till gives what it may by itself");
    one.ok(&json!({"do": "sync"}));
    buy_all(&mut two, &code, discount(&sale));
    drop((one, two));
    come_to_the_month(&lab, &tills);
}
