//! The store's accounts: the till's own claims beside what headquarters has of them.

use domain::money::Money;
use domain::sale::ReturnLine;
use domain::till::Event;
use pos::counter::{Approval, Month, Problem, Saying, Verdict};
use pos::effects::Driver;
use pos::shop::Shop;
use serde_json::json;
use tests::{Lab, Till, id_number};

const RICE: &str = "6900000000014";

fn manager(pin: &str) -> Approval {
    Approval { staff: "m1".into(), pin: pin.into() }
}

/// A till as its window has it.
fn counter(till: &Till) -> Driver {
    let mut driver = Driver::start(Shop::open(&till.dir).unwrap()).unwrap();
    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    driver.handle(Event::OpenShift { float: "200.00".into() });
    driver
}

fn this_month(driver: &mut Driver) -> Month {
    let month = driver.this_month();
    driver.month(&month).unwrap()
}

#[test]
fn both_sides_agree_to_the_fen_once_everything_was_sent() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["sync"], "");
    let mut drive = till.open();
    let sale = drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
    drop(drive);

    let mut driver = counter(&till);
    let month = this_month(&mut driver);
    let claim = Money::parse(sale["totals"]["claim"].as_str().unwrap()).unwrap();
    assert!(month.is_fresh && claim > Money::ZERO);
    assert_eq!((month.claimed, month.granted), (claim, Money::ZERO));
    assert_eq!((month.days.len(), month.days[0].unsent, month.days[0].verdict), (1, 1, Verdict::Unsent));
    let refused = driver.say(&month, &Saying::SignMonth, &manager("9999")).unwrap_err();
    assert!(refused.zh.contains("对不上"), "{}", refused.zh);

    let back = [ReturnLine { line: 1, quantity: domain::quantity::Quantity::ONE }];
    let number = sale["number"].as_str().unwrap();
    driver.take_back(number, &back, "质量问题").unwrap();
    drop(driver);
    till.ok(&["sync"], "");

    let mut driver = counter(&till);
    let month = this_month(&mut driver);
    let day = &month.days[0];
    let there = day.there.as_ref().unwrap();
    assert_eq!(day.verdict, Verdict::Agrees);
    assert_eq!((there.claims, there.claimed, there.granted), (1, claim, claim));
    assert_eq!(month.claimed, claim - there.returned, "what came back is the same on both sides");
    assert!(there.returned > Money::ZERO);
    assert_eq!(month.told.as_ref().unwrap().owed, claim);

    // The month is signed by a manager, and by nobody else.
    assert!(driver.say(&month, &Saying::SignMonth, &manager("0000")).is_err());
    driver.say(&month, &Saying::SignMonth, &manager("9999")).unwrap();
    drop(driver);
    till.ok(&["sync"], "");
    let mut driver = counter(&till);
    let month = this_month(&mut driver);
    assert_eq!(month.told.unwrap().signed.unwrap().by, "m1");
    assert_eq!(month.signature.unwrap().state, "taken");
}

#[test]
fn without_a_line_what_was_last_said_is_shown_with_its_age() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["sync"], "");
    let mut drive = till.open();
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let asked = this_month(&mut counter(&till));
    assert!(asked.is_fresh);
    drop(server);

    let mut driver = counter(&till);
    let month = this_month(&mut driver);
    assert!(!month.is_fresh);
    assert_eq!((&month.told, month.told_ms), (&asked.told, asked.told_ms));
    assert_eq!(month.days[0].verdict, Verdict::Agrees);
    let Problem { en, .. } = driver.say(&month, &Saying::SignMonth, &manager("9999")).unwrap_err();
    assert!(en.contains("connected"), "{en}");
    // A month of which nobody ever asked is no error.
    let before = driver.month("2020-01").unwrap();
    assert!(before.told.is_none() && before.days.is_empty());
}

#[test]
fn a_claim_that_headquarters_lost_or_gained_is_flagged() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["sync"], "");
    let mut drive = till.open();
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let db = rusqlite::Connection::open(lab.hq_dir().join("hq.db")).unwrap();
    db.execute("UPDATE claims SET claimed_fen = claimed_fen - 1", []).unwrap();
    assert_eq!(this_month(&mut counter(&till)).days[0].verdict, Verdict::Less);
    db.execute("UPDATE claims SET claimed_fen = claimed_fen + 2", []).unwrap();
    assert_eq!(this_month(&mut counter(&till)).days[0].verdict, Verdict::More);
}
