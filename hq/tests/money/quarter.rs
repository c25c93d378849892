//! A generated quarter of three stores: every sum is reckoned again from the raw claims.

use std::collections::BTreeMap;

use domain::lang::Lang;
use domain::money::Money;
use hq::service::settle::figures::Figures;
use hq::service::settle::statement::Statement;
use hq::service::settle::{payment, published, voucher};
use hq::store::funds as fund_rows;

use crate::world::{Raw, World, done, part};

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn fen(&mut self, below: u64) -> i64 {
        i64::try_from(self.roll(below)).unwrap()
    }
}

fn month_of_claims(world: &World, dice: &mut Dice, month: &str, claims: &mut Vec<Raw>) {
    for store in ["S001", "S002", "S003"] {
        for _ in 0..60 {
            let date = format!("{month}-{:02}", dice.roll(28) + 1);
            let state = ["accepted", "accepted", "accepted", "adjusted", "held", "rejected"]
                [usize::try_from(dice.roll(6)).unwrap()];
            let mut parts = Vec::new();
            for (fund, chance) in [("A", 4), ("B", 2)] {
                if dice.roll(5) < chance {
                    let asked = dice.fen(9_000) + 1;
                    let granted = if matches!(state, "adjusted" | "held") {
                        dice.fen(u64::try_from(asked).unwrap() + 1)
                    } else {
                        asked
                    };
                    parts.push((fund, asked, if state == "rejected" { 0 } else { granted }));
                }
            }
            if !parts.is_empty() {
                claims.push(world.claim(store, &date, dice.roll(40), state, &parts));
            }
        }
    }
}

/// People decide on some held claims, and goods come back, also of claims that were paid.
fn meanwhile(world: &World, dice: &mut Dice, claims: &mut [Raw]) {
    for raw in claims {
        if raw.state == "held" && dice.roll(2) == 0 {
            world.decide(raw, ["accepted", "adjusted", "rejected"][usize::try_from(dice.roll(3)).unwrap()]);
        } else if raw.state != "rejected" && raw.state != "held" && dice.roll(8) == 0 {
            let fund = *raw.parts.keys().next().unwrap();
            let left = raw.parts[fund].2;
            world.give_back(raw, fund, dice.fen(u64::try_from(left).unwrap() + 1));
        }
    }
}

/// What each payer has settled with each store, as the test keeps it.
#[derive(Default)]
struct Books {
    settled: BTreeMap<(String, i64, &'static str), i64>,
    owed: BTreeMap<(String, String), i64>,
    paid: BTreeMap<String, i64>,
}

impl Books {
    /// What a batch must come to, by the raw claims alone.
    fn expect(&mut self, payer: &str, store: &str, last: &str, claims: &[Raw]) -> i64 {
        let mut due = -self.owed.get(&(payer.into(), store.into())).copied().unwrap_or(0);
        for raw in claims.iter().filter(|raw| raw.store == store && raw.date.as_str() <= last) {
            if matches!(raw.state.as_str(), "held" | "rejected") {
                continue;
            }
            for (fund, (_, _, left)) in &raw.parts {
                let now = part(payer, fund, *left);
                due += now - self.settled.insert((payer.into(), raw.id, fund), now).unwrap_or(0);
            }
        }
        self.owed.insert((payer.into(), store.into()), (-due).max(0));
        due.max(0)
    }
}

#[test]
fn a_quarter_of_three_stores_closes_to_the_fen() {
    let world = World::open();
    let (mut dice, mut claims, mut books) = (Dice(20_251_001), Vec::new(), Books::default());
    for (month, last) in [("2025-07", "2025-07-31"), ("2025-08", "2025-08-31"), ("2025-09", "2025-09-30")] {
        month_of_claims(&world, &mut dice, month, &mut claims);
        if month != "2025-07" {
            // Some of the month before come late.
            claims.push(world.claim("S001", "2025-07-15", 3, "accepted", &[("A", 1_001, 1_001), ("B", 77, 77)]));
        }
        meanwhile(&world, &mut dice, &mut claims);
        let quarter = [("S003", "2025-Q3")];
        let months = [("S001", month), ("S002", month)];
        let due = months.iter().chain(if month == "2025-09" { &quarter[..] } else { &[] });
        for (store, period) in due {
            // Whoever comes first settles only what is theirs.
            let payers = if dice.roll(2) == 0 { ["CITY", "COUNTY"] } else { ["COUNTY", "CITY"] };
            for payer in payers {
                let expected = books.expect(payer, store, last, &claims);
                let number = world.make(payer, store, period);
                let batch = world.batch(&number);
                assert_eq!(batch.payable, expected, "{number}");
                check_statement(&world, &number, payer, &claims);
                world.approve(&number);
                let fetched = done(payment::file(&world.hq, &world.payer, std::slice::from_ref(&number), Lang::Zh));
                assert_eq!(fetched.rows[0][5], Money::from_fen(expected.into()).into(), "the bank pays what is due");
                assert_eq!(fetched.rows[0][4], format!("62220000000000{}", &store[1..]).into());
                world.pay(&number);
                books.paid.insert(number, expected);
            }
        }
    }
    // A claim is paid when both have paid, and is told so.
    for raw in claims.iter().filter(|raw| !matches!(raw.state.as_str(), "held" | "rejected")) {
        assert_eq!(world.state(raw.id), "paid", "{raw:?}");
    }
    vouchers_balance(&world, &books);
    let db = world.hq.db();
    let list = published::list(&db.conn, "2025-07-01", "2025-09-30", None).unwrap();
    let all: i128 = list.iter().map(|line| line.amount.fen()).sum();
    let settled: i64 = books.settled.values().sum();
    assert_eq!(all, i128::from(settled), "what is published is what was settled");
    assert!(list.iter().all(|line| line.households.is_some_and(|n| n > 5)));
    let text = published::sheet(&list, "2025-07-01", "2025-09-30", Lang::Zh).to_csv();
    assert!(!text.contains('H'), "nobody's household is published");
    for fund in ["A", "B"] {
        let figures = hq::service::funds::figures(&fund_rows::sums(&db.conn, fund).unwrap());
        let paid: i64 = claims
            .iter()
            .filter(|raw| !matches!(raw.state.as_str(), "held" | "rejected"))
            .filter_map(|raw| raw.parts.get(fund))
            .map(|part| part.2)
            .sum();
        assert_eq!(figures.paid, paid, "fund {fund}");
    }
    assert_eq!(fund_rows::first_difference(&db.conn).unwrap(), None);
}

/// The two equations, and each figure that can be had from the raw claims.
fn check_statement(world: &World, number: &str, payer: &str, claims: &[Raw]) {
    let db = world.hq.db();
    let statement = Statement::read(&db.conn, number).unwrap().unwrap();
    let f: &Figures = &statement.figures;
    for equation in [statement.claims_equation(Lang::Zh), statement.money_equation(Lang::Zh)] {
        assert_eq!(equation.left(), equation.result.1, "{number}: {}", equation.line());
    }
    let last = &statement.batch.last_date;
    let store = &statement.batch.store;
    let held: i64 = claims
        .iter()
        .filter(|raw| raw.store == *store && raw.date <= *last && raw.state == "held")
        .flat_map(|raw| raw.parts.iter().map(|(fund, part_of)| part(payer, fund, part_of.0)))
        .sum();
    assert_eq!(f.closing_held, held, "{number}");
    let sheet = statement.sheet(Lang::Zh);
    let granted: Money = sheet.rows.iter().map(|row| amount(&row[9])).sum();
    let changes: Money = sheet.rows.iter().map(|row| amount(&row[10])).sum();
    assert_eq!(granted.fen(), i128::from(f.granted));
    assert_eq!(changes.fen(), i128::from(f.added + f.offset));
    assert_eq!(amount(&sheet.totals.as_ref().unwrap()[9]), granted);
    assert_eq!(f.by_rate.values().sum::<i64>(), f.granted + f.added + f.offset);
    assert!(f.by_rate.keys().all(|rate| [900, 100].contains(rate)), "{:?}", f.by_rate);
    assert!(sheet.to_csv().contains(&Money::from_fen(f.payable.into()).in_words()));
    assert!(!sheet.to_csv().contains("62220000"), "the account is masked");
}

fn amount(value: &sheets::Value) -> Money {
    match value {
        sheets::Value::Amount(amount) => *amount,
        other => panic!("{other:?} is no amount"),
    }
}

fn vouchers_balance(world: &World, books: &Books) {
    let entries = voucher::entries(&world.hq.db().conn, "2000-01-01", "2999-12-31", None, Lang::Zh).unwrap();
    let mut by_voucher: BTreeMap<u32, (Money, Money)> = BTreeMap::new();
    let mut by_subject: BTreeMap<&str, Money> = BTreeMap::new();
    for e in &entries {
        let sums = by_voucher.entry(e.number).or_default();
        *sums = (sums.0 + e.debit, sums.1 + e.credit);
        *by_subject.entry(&e.subject).or_default() += e.debit - e.credit;
    }
    for (number, (debit, credit)) in &by_voucher {
        assert_eq!(debit, credit, "voucher {number}");
    }
    let paid: i64 = books.paid.values().sum();
    let settled: i64 = books.settled.values().sum();
    let owed: i64 = books.owed.values().sum();
    assert_eq!(by_subject["1002"].fen(), i128::from(-paid), "what left the bank");
    assert_eq!(by_subject["2202"], Money::ZERO, "nothing is owed");
    assert_eq!(by_subject["5101"].fen(), i128::from(settled), "what it cost");
    assert_eq!(by_subject.get("1122").copied().unwrap_or_default().fen(), i128::from(owed), "what stores owe");
}
