//! Clocks that are wrong. The till's own correction is moved, which is what a computer whose clock is off comes to.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use domain::money::Money;
use domain::time::{business_date, parse_rfc3339, shanghai};
use serde_json::{Value, json};
use tests::{Drive, Lab, Till, id_number};

const RICE: &str = "6900000000014";
const DAY_MS: i64 = 86_400_000;

/// The till's clock from now on, as far from the true time.
fn set_wrong(till: &Till, by_ms: i64) {
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    let sql = "INSERT INTO settings (name, value) VALUES ('clock_offset_ms', ?1)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    conn.execute(sql, [by_ms.to_string()]).unwrap();
}

fn signed_in(till: &Till) -> Drive {
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    drive
}

fn claim_of(lab: &Lab, sale: &Value) -> Value {
    let id = &sale["claims"][0];
    let found: Vec<Value> = lab.claims().into_iter().filter(|claim| claim["id"] == *id).collect();
    assert_eq!(found.len(), 1, "claimed once");
    found.into_iter().next().unwrap()
}

/// What the till's records say, from the oldest on: kind, epoch, time.
fn chain(till: &Till) -> Vec<(String, String, DateTime<Utc>)> {
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    let mut statement = conn.prepare("SELECT jws FROM records ORDER BY id").unwrap();
    let all = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let read = |jws: String| {
        let payload = sync::from_b64(jws.split('.').nth(1).unwrap()).unwrap();
        let record: Value = serde_json::from_slice(&payload).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        (text("kind"), text("epoch"), parse_rfc3339(&text("at")).unwrap())
    };
    all.map(read).collect()
}

#[test]
fn one_wrong_time_holds_one_claim_and_not_those_after_it() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    drop(till.open());
    set_wrong(&till, 2 * DAY_MS);
    let mut drive = signed_in(&till);
    let ahead = drive.sell(&[RICE], Some(&id_number(0)));
    // The day is closed by the wrong clock, too.
    let due = Money::parse(ahead["totals"]["due"].as_str().unwrap()).unwrap();
    let counted = Money::from_fen(20_000) + due;
    drive.ok(&json!({"do": "close_shift", "counted": counted.to_string()}));
    drive.ok(&json!({"do": "close_day"}));
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    drive.ok(&json!({"do": "open_shift", "float": "200.00"}));
    let right = drive.sell(&[RICE], Some(&id_number(1)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let (held, taken) = (claim_of(&lab, &ahead), claim_of(&lab, &right));
    assert_eq!((&held["state"], &held["reasons"]), (&json!("held"), &json!(["R11"])));
    assert_eq!((&taken["state"], &taken["reasons"]), (&json!("accepted"), &json!([])));
    assert_eq!(taken["business_date"], business_date(Utc::now()).to_string());
    let chain = chain(&till);
    for pair in chain.windows(2).filter(|pair| pair[0].1 == pair[1].1) {
        assert!(pair[0].2 <= pair[1].2, "times never go back within an epoch: {pair:?}");
    }
    assert!(chain.iter().any(|(kind, ..)| kind == "epoch"), "the till went on in a new epoch");
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
}

#[test]
fn a_clock_that_fell_back_changes_no_day() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    let before = drive.sell(&[RICE], Some(&id_number(0)));
    drop(drive);
    // The battery is empty: the computer believes that it is years ago, and there is no line.
    set_wrong(&till, -3_000 * DAY_MS);
    let mut drive = signed_in(&till);
    let after = drive.sell(&[RICE], Some(&id_number(1)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    for sale in [&before, &after] {
        let claim = claim_of(&lab, sale);
        assert_eq!((&claim["state"], &claim["reasons"]), (&json!("accepted"), &json!([])));
        assert_eq!(claim["business_date"], business_date(Utc::now()).to_string());
    }
    let chain = chain(&till);
    assert!(chain.windows(2).all(|pair| pair[0].2 <= pair[1].2));
    assert!(chain.iter().all(|(kind, ..)| kind != "epoch"), "nothing was wrong with the chain");
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_total_that_was_announced_before_midnight_is_of_that_day() {
    // On a slow machine midnight comes before the first payment; then there is more time.
    assert!([12, 60].into_iter().any(announced_before_midnight), "the machine is too slow to see midnight come");
}

/// Whether the total was announced so many seconds before midnight; all else must hold.
fn announced_before_midnight(wait: i64) -> bool {
    let lab = Lab::with_households(3);
    let mut server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let address = server.address();
    // No line: headquarters would set the clock right as soon as it is asked to hold the basket.
    server.kill();
    // Before the midnight that was last.
    let now = Utc::now();
    let since = i64::from(now.with_timezone(&shanghai()).num_seconds_from_midnight());
    set_wrong(&till, -(since + wait) * 1000);
    let mut drive = till.open();
    drive.ok(&json!({"do": "scan", "code": RICE}));
    drive.ok(&json!({"do": "verify", "id_number": id_number(0)}));
    let due = drive.ok(&json!({"do": "pay", "tender": "cash", "amount": "1.00"}));
    assert!(due["due"].is_string(), "{due}");
    if Utc::now() >= now + TimeDelta::seconds(wait - 1) {
        return false;
    }
    let yesterday = business_date(now) - TimeDelta::days(1);
    while Utc::now() < now + TimeDelta::seconds(wait + 1) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let late = drive.ok(&json!({"do": "pay", "tender": "cash"}))["sale"].clone();
    let next = drive.sell(&[RICE], Some(&id_number(1)));
    let _server = lab.serve_on(&address);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let (late, next) = (claim_of(&lab, &late), claim_of(&lab, &next));
    assert_eq!((&late["state"], &late["business_date"]), (&json!("accepted"), &json!(yesterday.to_string())), "{late}");
    assert_eq!((&next["state"], &next["business_date"]), (&json!("accepted"), &json!(business_date(now).to_string())));
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
    true
}
