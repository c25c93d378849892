//! One whole day at one till, by every command that `drive` has: headquarters is away for a while, the
//! power fails once, and the reports say what was taken.
#![expect(clippy::unwrap_used, reason = "what does not stand fails its test")]

use std::collections::BTreeSet;

use domain::money::Money;
use serde_json::{Value, json};
use tests::{Drive, Lab, Printer, Till, card_number, id_number};

/// Every command of `drive` (spec/cli.md).
const COMMANDS: [&str; 19] = [
    "clear",
    "close_day",
    "close_shift",
    "decline",
    "login",
    "open_shift",
    "park",
    "pay",
    "purse",
    "quantity",
    "recall",
    "remove",
    "reprint",
    "return",
    "scan",
    "sync",
    "unverify",
    "verify",
    "x_report",
];
/// Rice at 41.40 a bag, potatoes at 2.50 a kilogram, beer at 4.30 a bottle, noodles at 5.60.
const RICE: &str = "6900000000014";
const POTATOES: &str = "10002";
const BEER: &str = "6900000002742";
const NOODLES: &str = "6900000000502";

/// What the day came to, in fen, as whoever stands beside the till adds it up.
#[derive(Default)]
struct Sums {
    sales: i64,
    claims: i64,
    gross: i64,
    discount: i64,
    purse: i64,
    cash: i64,
    other: i64,
    refunds: i64,
}

/// A till, what was asked of it, and what it came to.
struct Counter<'a> {
    till: &'a Till,
    drive: Option<Drive>,
    asked: BTreeSet<String>,
    sums: Sums,
}

fn fen(value: &Value) -> i64 {
    let money = Money::parse_signed(value.as_str().unwrap_or_else(|| panic!("{value} is no amount"))).unwrap();
    i64::try_from(money.fen()).unwrap()
}

fn yuan(fen: i64) -> String {
    Money::from_fen(fen.into()).to_string()
}

impl<'a> Counter<'a> {
    fn new(till: &'a Till) -> Self {
        Self { till, drive: Some(till.drive()), asked: BTreeSet::new(), sums: Sums::default() }
    }

    fn noted(&mut self, name: &str, mut fields: Value) -> Value {
        self.asked.insert(name.into());
        fields["do"] = json!(name);
        fields
    }

    fn ok(&mut self, name: &str, fields: Value) -> Value {
        let command = self.noted(name, fields);
        self.drive.as_mut().unwrap().ok(&command)
    }

    fn refused(&mut self, name: &str, fields: Value) -> String {
        let command = self.noted(name, fields);
        self.drive.as_mut().unwrap().refused(&command)
    }

    fn scan(&mut self, codes: &[&str]) -> Value {
        codes.iter().fold(Value::Null, |_, code| self.ok("scan", json!({"code": code}))["basket"].clone())
    }

    fn sign_in(&mut self) {
        self.ok("login", json!({"staff": "c1", "pin": "1234"}));
    }

    /// The last payment, after `other` was paid by other means; the finished sale.
    fn pay(&mut self, fields: Value, other: i64) -> Value {
        let is_cash = fields["tender"] == json!("cash");
        let sale = self.ok("pay", fields)["sale"].clone();
        let totals = &sale["totals"];
        let last = fen(&totals["due"]) - other;
        self.sums.sales += 1;
        self.sums.claims += i64::from(sale["claims"] != json!([]));
        self.sums.gross += fen(&totals["gross"]);
        self.sums.discount += fen(&totals["discount"]);
        self.sums.purse += fen(&totals["purse"]);
        *(if is_cash { &mut self.sums.cash } else { &mut self.sums.other }) += last;
        self.sums.other += other;
        assert_eq!(sale["printed"], json!(true));
        sale
    }

    /// The power fails between two commands.
    fn loses_power(&mut self) {
        self.drive.take().unwrap().kill();
        self.drive = Some(self.till.drive());
    }

    /// A report's sums are what was added up beside the till.
    fn is_right(&self, report: &Value) {
        let (sums, said) = (&self.sums, &report["sums"]);
        assert_eq!(said["sales"], json!(sums.sales));
        assert_eq!(said["subsidised_sales"], json!(sums.claims));
        assert_eq!(said["returns"], json!(i64::from(sums.refunds > 0)));
        for (name, expected) in [
            ("gross", sums.gross),
            ("promotion", 0),
            ("discount", sums.discount),
            ("purse", sums.purse),
            ("rounding", 0),
            ("refunds", sums.refunds),
        ] {
            assert_eq!(fen(&said[name]), expected, "{name}: {said}");
        }
        let tenders = said["tenders"].as_object().unwrap();
        let cash = tenders.get("cash").map_or(0, fen);
        assert_eq!((cash, tenders.values().map(fen).sum::<i64>()), (sums.cash, sums.cash + sums.other), "{said}");
    }
}

#[test]
fn a_whole_day_adds_up() {
    let lab = Lab::with_households(16);
    let mut server = lab.serve();
    let address = server.address();
    let printer = Printer::default();
    let till = lab.till(&server, "S001/01");
    till.ok(&["printer", "set", &printer.target], "");
    let mut counter = Counter::new(&till);

    morning(&mut counter);
    let first = anybody(&mut counter);
    families(&mut counter);
    baskets_that_come_to_nothing(&mut counter);
    assert_eq!(counter.ok("sync", json!({}))["moved"]["unsent"], json!(0));
    assert_eq!(lab.claims().len(), 2);

    server.kill();
    without_a_line(&mut counter);
    power_fails(&mut counter);
    comes_back(&mut counter, &first);

    let server = lab.serve_on(&address);
    assert_eq!(server.address(), address);
    let moved = counter.ok("sync", json!({}))["moved"].clone();
    assert_eq!(moved["unsent"], json!(0), "what waited is sent: {moved}");
    evening(&mut counter);

    assert!(counter.asked.iter().map(String::as_str).eq(COMMANDS), "{:?}", counter.asked);
    let sales = counter.sums.sales;
    drop(counter);
    let claims = lab.claims();
    assert!(claims.len() == 3 && claims.iter().all(|claim| claim["state"] == json!("accepted")), "{claims:?}");
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
    // Each sale, the return, and one receipt again.
    assert_eq!(i64::try_from(printer.jobs().len()).unwrap(), sales + 2);
}

fn morning(counter: &mut Counter<'_>) {
    counter.refused("scan", json!({"code": RICE}));
    counter.refused("login", json!({"staff": "c1", "pin": "9999"}));
    counter.sign_in();
    counter.refused("scan", json!({"code": RICE}));
    counter.refused("x_report", json!({}));
    counter.ok("open_shift", json!({"float": "200.00"}));
    counter.refused("open_shift", json!({"float": "200.00"}));
    let unknown = counter.drive.as_mut().unwrap().refused(&json!({"do": "give_away"}));
    assert!(unknown.contains("no command"), "{unknown}");
}

/// Somebody who is nobody's family; the receipt's number.
fn anybody(counter: &mut Counter<'_>) -> String {
    counter.scan(&[RICE, RICE, POTATOES, BEER]);
    counter.ok("quantity", json!({"line": 1, "value": "3"}));
    counter.refused("quantity", json!({"line": 1, "value": "0.5"}));
    counter.ok("quantity", json!({"line": 2, "value": "1.235"}));
    let basket = counter.ok("remove", json!({"line": 3}))["basket"].clone();
    // 3 × 41.40 and 1.235 × 2.50 = 3.0875.
    assert_eq!(basket["totals"]["due"], json!("127.29"));
    let sale = counter.pay(json!({"tender": "cash", "amount": "200.00"}), 0);
    assert_eq!((&sale["change"], &sale["claims"]), (&json!("72.71"), &json!([])));
    assert!(sale["number"].as_str().unwrap().ends_with("-000001"));
    sale["number"].as_str().unwrap().into()
}

fn families(counter: &mut Counter<'_>) {
    counter.scan(&[RICE, BEER]);
    let shown = counter.ok("verify", json!({"id_number": id_number(0)}));
    assert_eq!(shown["beneficiary"]["category"], json!("urban_dibao"));
    let with = counter.ok("decline", json!({"programme": "RICE"}))["basket"].clone();
    assert_ne!(with["totals"]["discount"], json!("0.00"));
    let without = counter.ok("unverify", json!({}))["basket"].clone();
    assert_eq!(without["totals"]["due"], json!("45.70"));
    counter.ok("verify", json!({"card": card_number(0)}));
    let left = counter.ok("pay", json!({"tender": "wechat", "amount": "10.00", "reference": "W1"}));
    counter.refused("scan", json!({"code": RICE}));
    let sale = counter.pay(json!({"tender": "cash"}), 1_000);
    assert_eq!(fen(&left["due"]), fen(&sale["totals"]["due"]) - 1_000);

    counter.scan(&[NOODLES, RICE]);
    counter.refused("purse", json!({"programme": "CARD", "amount": "20.00"}));
    let shown = counter.ok("verify", json!({"card": card_number(1)}));
    assert_eq!(shown["beneficiary"]["category"], json!("tekun"));
    counter.ok("purse", json!({"programme": "CARD", "amount": "20.00"}));
    counter.refused("pay", json!({"tender": "alipay", "amount": "500.00"}));
    let sale = counter.pay(json!({"tender": "alipay"}), 0);
    assert_eq!(sale["totals"]["purse"], json!("20.00"));
}

fn baskets_that_come_to_nothing(counter: &mut Counter<'_>) {
    counter.refused("park", json!({}));
    counter.scan(&[NOODLES, NOODLES]);
    let empty = counter.ok("park", json!({}))["basket"].clone();
    assert_eq!(empty["lines"], json!([]));
    counter.refused("recall", json!({"n": 2}));
    let basket = counter.ok("recall", json!({"n": 1}))["basket"].clone();
    assert_eq!(basket["totals"]["due"], json!("11.20"));
    // Whoever shops for two households says for which; then they go after all.
    let choose = counter.ok("verify", json!({"id_number": id_number(neighbour())}))["choose"].clone();
    let household = choose[1]["household"].clone();
    counter.ok("verify", json!({"id_number": id_number(neighbour()), "household": household}));
    counter.ok("clear", json!({}));
    counter.refused("pay", json!({"tender": "cash"}));
}

/// Somebody who shops for a neighbour too.
fn neighbour() -> usize {
    let all = tests::households(16);
    all.iter().flat_map(|household| &household.people).find(|person| person.is_proxy).unwrap().n
}

fn without_a_line(counter: &mut Counter<'_>) {
    counter.refused("sync", json!({}));
    counter.scan(&[RICE, RICE]);
    counter.ok("verify", json!({"card": card_number(3)}));
    let sale = counter.pay(json!({"tender": "cash", "amount": "100.00"}), 0);
    assert_eq!(sale["claims"].as_array().unwrap().len(), 1, "a family is served without a line");
    counter.scan(&[BEER]);
    counter.pay(json!({"tender": "bank_card"}), 0);
}

fn power_fails(counter: &mut Counter<'_>) {
    let report = |counter: &mut Counter<'_>| counter.ok("x_report", json!({}))["report"].clone();
    let before = report(counter);
    counter.is_right(&before);
    counter.scan(&[RICE]);
    counter.ok("pay", json!({"tender": "wechat", "amount": "1.00"}));
    counter.loses_power();
    counter.refused("x_report", json!({}));
    counter.sign_in();
    counter.refused("open_shift", json!({"float": "100.00"}));
    let after = report(counter);
    assert_eq!((&after["sums"], &after["expected_cash"]), (&before["sums"], &before["expected_cash"]));
    counter.refused("pay", json!({"tender": "cash"}));
}

/// One of three bags of rice comes back.
fn comes_back(counter: &mut Counter<'_>, number: &str) {
    let back = |quantity: &str, pin: &str| {
        json!({"sale": number, "lines": [{"line": 1, "quantity": quantity}], "reason": "变质",
               "manager": {"staff": "m1", "pin": pin}})
    };
    counter.refused("return", back("4", "9999"));
    counter.refused("return", back("1", "0000"));
    let returned = counter.ok("return", back("1", "9999"));
    assert_eq!((&returned["refund"], &returned["reversals"]), (&json!("41.40"), &json!([])));
    counter.sums.refunds += 4_140;
    counter.refused("reprint", json!({"sale": "S001-01-1-999999"}));
    assert_eq!(counter.ok("reprint", json!({"sale": number}))["report"]["copy"], json!(1));
}

fn evening(counter: &mut Counter<'_>) {
    counter.refused("close_day", json!({}));
    let report = counter.ok("x_report", json!({}))["report"].clone();
    counter.is_right(&report);
    let in_drawer = 20_000 + counter.sums.cash - counter.sums.refunds;
    assert_eq!(fen(&report["expected_cash"]), in_drawer);
    counter.scan(&[BEER]);
    counter.refused("close_shift", json!({"counted": yuan(in_drawer)}));
    counter.ok("clear", json!({}));
    // Half a yuan is missing.
    let closed = counter.ok("close_shift", json!({"counted": yuan(in_drawer - 50)}))["report"].clone();
    counter.is_right(&closed);
    assert_eq!(fen(&closed["over_short"]), -50);
    counter.refused("scan", json!({"code": RICE}));
    let day = counter.ok("close_day", json!({}))["report"].clone();
    counter.is_right(&day);
    counter.refused("close_day", json!({}));
    assert_eq!(counter.ok("sync", json!({}))["moved"]["unsent"], json!(0));
}
