//! A quarter of three stores, from sales to payment, through the programs' real interfaces. Every sum is
//! reckoned again from what was claimed and compared to the fen.

use std::collections::{BTreeMap, BTreeSet};

use domain::money::Money;
use pos::effects::Driver;
use pos::shop::Shop;
use serde_json::{Value, json};
use tests::lines;

use crate::money;
use crate::site::Site;

/// Days of the quarter.
const DAYS: u64 = 92;
const STORES: [&str; 3] = ["S001", "S002", "S003"];

fn fen(text: &Value) -> i128 {
    Money::parse(text.as_str().unwrap_or("0")).unwrap().fen()
}

/// Families of the quarter: few in the daily run, as many as wanted by `JIHUI_QUARTER`.
fn families() -> usize {
    std::env::var("JIHUI_QUARTER").ok().and_then(|n| n.parse().ok()).unwrap_or(16)
}

/// Every held claim is let go by a reviewer, page by page of those that are alike.
fn let_go(site: &Site) {
    let held: Vec<Value> = site.lab.claims().into_iter().filter(|c| c["state"] == "held").collect();
    let kinds: BTreeSet<(String, String)> =
        held.iter().map(|c| (c["store"].to_string(), c["reasons"].to_string())).collect();
    let mut reviewer = site.signed_in("reviewer");
    let db = site.lab.db();
    for (store, reasons) in kinds {
        let sql = "SELECT id, version FROM claims WHERE state = 'held' AND store = ?1 AND reasons = ?2 ORDER BY id";
        let store: String = serde_json::from_str(&store).unwrap();
        let picks: Vec<(i64, i64)> =
            db.conn.all(sql, hq::params![store, reasons], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        for some in picks.chunks(200) {
            let mut form: Vec<(String, String)> =
                some.iter().map(|(id, version)| ("pick".into(), format!("{id}.{version}"))).collect();
            form.extend([("verdict", "let_go"), ("code", ""), ("note", "")].map(|(k, v)| (k.into(), v.into())));
            let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let done = reviewer.post("/console/review/bulk", &form, None);
            assert_eq!(done.status, 303, "{store} {reasons}: {}", done.body);
        }
    }
    assert!(site.lab.claims().iter().all(|c| c["state"] != "held"));
}

/// Statements of all stores for all periods, through every step of people, to the bank's reference.
fn settle(site: &Site, periods: &BTreeMap<&str, Vec<String>>) {
    let mut accountant = site.signed_in("accountant");
    for (store, periods) in periods {
        for period in periods {
            let form = [("payer", ""), ("store", store), ("period", period)];
            let made = accountant.post("/console/settlement", &form, None);
            assert_eq!(made.status, 200, "{store} {period}: {}", made.body);
            for row in rows(site).iter().filter(|row| row["state"] == "made") {
                let step = format!("/console/settlement/batch/{}/step", row["number"].as_str().unwrap());
                for (role, act) in [("reviewer", "check"), ("approver", "approve")] {
                    let done = site.signed_in(role).post(&step, &[("act", act)], None);
                    assert_eq!(done.status, 303, "{step} {act}: {}", done.body);
                }
            }
            pay(site);
        }
    }
}

/// The payments clerk pays what is approved, by the payment file; the file's sum is what statements say.
fn pay(site: &Site) {
    let waiting: Vec<Value> = rows(site).into_iter().filter(|row| row["state"] == "approved").collect();
    let numbers: Vec<(&str, &str)> = waiting.iter().map(|row| ("number", row["number"].as_str().unwrap())).collect();
    if numbers.is_empty() {
        return;
    }
    let mut payer = site.signed_in("payer");
    let file = payer.post("/console/settlement/payments/file", &numbers, None).body;
    let table: Vec<&str> =
        file.lines().map(|line| line.trim_end().trim_start_matches('\u{feff}')).filter(|l| !l.is_empty()).collect();
    let today = domain::time::business_date(chrono::Utc::now()).to_string();
    let filled: Vec<String> = table
        .iter()
        .enumerate()
        .map(|(n, line)| if n == 0 { (*line).to_owned() } else { money::filled_in(line, &today) })
        .collect();
    for row in &waiting {
        let (number, payable) = (row["number"].as_str().unwrap(), row["payable"].as_str().unwrap());
        assert!(fen(&row["payable"]) == 0 || table.iter().any(|l| l.contains(number) && l.contains(payable)), "{file}");
    }
    let form = [("text", filled.join("\n"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = payer.post("/console/settlement/payments/references", &form, None);
    assert_eq!(done.status, 303, "{}", done.body);
}

fn rows(site: &Site) -> Vec<Value> {
    lines(&site.lab.hq_ok(&["batches", "--json"]))
}

/// What a till says of the quarter beside headquarters: claimed, granted and what came back, in fen; both
/// sides agree on every day.
fn till_books(site: &Site, store: &str, months: &BTreeSet<String>) -> [i128; 3] {
    let dir = site.lab.dir.path().join(format!("{store}-01"));
    let mut driver = Driver::start(Shop::open(&dir).unwrap()).unwrap();
    let mut sums = [0; 3];
    for name in months {
        let month = driver.month(name).unwrap();
        assert!(month.is_fresh);
        for day in &month.days {
            assert_eq!(day.verdict, pos::counter::Verdict::Agrees, "{store} {}: {day:?}", day.date);
            let there = day.there.as_ref().unwrap();
            assert_eq!(there.claimed, day.claimed);
            sums[0] += there.claimed.fen();
            sums[1] += there.granted.fen();
            sums[2] += there.returned.fen();
        }
        let own: i128 = month.claims.iter().map(|c| c.own.claimed.fen()).sum();
        let there: i128 = month.days.iter().map(|d| d.claimed.fen()).sum();
        assert_eq!(own, there, "{store} {name}");
    }
    sums
}

#[test]
fn the_quarter_closes_to_the_fen() {
    let site = Site::after(DAYS, families());
    money::register(&site, &STORES.map(|store| (store, if store == "S002" { "quarter" } else { "month" })));
    let_go(&site);
    for store in STORES {
        tests::Till { dir: site.lab.dir.path().join(format!("{store}-01")) }.ok(&["sync"], "");
    }
    let claims = site.lab.claims();
    let dates = claims.iter().filter_map(|c| c["business_date"].as_str());
    let months: BTreeSet<String> = dates.map(|date| date[..7].to_owned()).collect();
    assert!(months.len() >= 3, "{months:?}");
    let quarters: BTreeSet<String> = months.iter().map(|month| quarter_of(month)).collect();
    let by_month: Vec<String> = months.iter().cloned().collect();
    let periods =
        BTreeMap::from([("S001", by_month.clone()), ("S002", quarters.into_iter().collect()), ("S003", by_month)]);
    settle(&site, &periods);

    let statements = rows(&site);
    assert!(statements.iter().all(|row| row["state"] == "paid"), "{statements:?}");
    let told = site.lab.claims();
    for store in STORES {
        let of_store = |rows: &[Value]| rows.iter().filter(|row| row["store"] == store).cloned().collect::<Vec<_>>();
        let own = of_store(&told);
        let [claimed, granted, returned] = till_books(&site, store, &months);
        let listed: i128 = own.iter().map(|c| fen(&c["totals"]["claim"])).sum();
        let listed_granted: i128 =
            own.iter().filter(|c| c["state"] != "rejected").map(|c| fen(&c["granted"]["claim"])).sum();
        assert_eq!((claimed, granted), (listed, listed_granted), "{store}: the till's books and the listing");
        let paid: i128 = of_store(&statements).iter().map(|row| fen(&row["payable"])).sum();
        assert_eq!(paid, granted - returned, "{store}: what was paid is what was granted, less what came back");
        let states: BTreeSet<String> =
            own.iter().filter(|c| fen(&c["granted"]["claim"]) > 0).map(|c| c["state"].to_string()).collect();
        assert!(states.iter().all(|s| ["\"paid\"", "\"rejected\""].contains(&s.as_str())), "{store}: {states:?}");
    }
    vouchers_balance(&site, statements.iter().map(|row| fen(&row["payable"])).sum());
    site.lab.hq_ok(&["verify"]);
}

/// `2026-Q4` of `2026-11`.
fn quarter_of(month: &str) -> String {
    let (year, month) = month.split_once('-').unwrap();
    format!("{year}-Q{}", (month.parse::<u32>().unwrap() - 1) / 3 + 1)
}

/// Debit and credit of all vouchers are equal, and what the bank paid is what statements say.
fn vouchers_balance(site: &Site, paid: i128) {
    let csv =
        site.signed_in("auditor").get("/console/settlement/reports/vouchers.csv?from=2000-01-01&to=2099-12-31").body;
    let mut reader = csv.trim_start_matches('\u{feff}').lines();
    let head: Vec<String> = reader.next().unwrap().split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
    let column = |name: &str| head.iter().position(|cell| cell == name).unwrap_or_else(|| panic!("{name}: {head:?}"));
    let (debit, credit) = (column("借方金额"), column("贷方金额"));
    let mut sums = [0_i128; 2];
    for line in reader {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        for (sum, at) in sums.iter_mut().zip([debit, credit]) {
            *sum += fen(&json!(if cells[at].is_empty() { "0" } else { cells[at] }));
        }
    }
    assert_eq!(sums[0], sums[1], "vouchers balance");
    assert!(sums[0] >= paid, "what was paid is booked");
}
