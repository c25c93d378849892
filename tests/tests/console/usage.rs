//! Usage: figures against what the claims themselves say, scopes, and sums that somebody touched.

use std::collections::{BTreeMap, BTreeSet};

use domain::money::Money;
use hq::params;
use hq::store::sql::Row;
use serde_json::Value;

use crate::site::{Site, secrets};

/// What an independent sum makes of a group of claims.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    claims: i64,
    households: BTreeSet<String>,
    discount: i128,
    subsidy: i128,
    purse: i128,
}

/// A claim as it is counted: date, store, household, and what it gave.
struct Counted {
    date: String,
    store: String,
    household: String,
    given: [i128; 3],
}

fn fen(text: &str) -> i128 {
    Money::parse(text).unwrap().fen()
}

/// Claims as `jihui-hq claims --json` lists them. Of those with returns, and of those that wait, what is counted is
/// what their own rows say: `granted` knows neither.
fn counted(site: &Site) -> Vec<Counted> {
    let db = site.lab.db();
    let claims = site.lab.claims();
    let mut plain = 0;
    let all: Vec<Counted> = claims
        .iter()
        .map(|claim: &Value| {
            let id = claim["id"].as_str().unwrap();
            let household: String =
                db.conn.value("SELECT coalesce(household, '') FROM claims WHERE uuid = ?1", params![id]).unwrap();
            let sql = "SELECT count(*) FROM reversals r JOIN claims c ON c.id = r.claim_id
                       WHERE c.uuid = ?1 AND r.state = 'accepted'";
            let returned: i64 = db.conn.value(sql, params![id]).unwrap();
            let part = |name: &str| fen(claim["granted"][name].as_str().unwrap());
            let given = if returned == 0 && claim["state"] != "held" {
                plain += 1;
                [part("discount"), part("subsidy"), part("purse")]
            } else {
                let sql = "SELECT sum(p.discount_fen), sum(p.subsidy_fen), sum(p.purse_fen) FROM claim_programmes p
                           JOIN claims c ON c.id = p.claim_id WHERE c.uuid = ?1";
                let row = |row: &Row| {
                    let at = |n| row.get::<Option<i64>>(n).map(|fen| i128::from(fen.unwrap_or(0)));
                    Ok([at(0)?, at(1)?, at(2)?])
                };
                let left = db.conn.one(sql, params![id], row).unwrap();
                let claimed = fen(claim["totals"]["discount"].as_str().unwrap());
                assert!(left[0] <= claimed, "{id}");
                left
            };
            let text = |name: &str| claim[name].as_str().unwrap().to_owned();
            Counted { date: text("business_date"), store: text("store"), household, given }
        })
        .collect();
    assert!(plain * 10 > claims.len() * 8, "{plain} of {} claims are plain", claims.len());
    all
}

fn expected(claims: &[Counted], key: impl Fn(&Counted) -> String) -> BTreeMap<String, Expected> {
    let mut groups: BTreeMap<String, Expected> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.given != [0, 0, 0]) {
        let group = groups.entry(key(claim)).or_default();
        group.claims += 1;
        group.households.insert(claim.household.clone());
        group.discount += claim.given[0];
        group.subsidy += claim.given[1];
        group.purse += claim.given[2];
    }
    groups
}

/// The rows of a file: what stands in the first column, and the figures behind it.
fn rows(csv: &str) -> BTreeMap<String, Vec<String>> {
    let lines = csv.trim_start_matches('\u{feff}').lines().skip(1);
    lines
        .map(|line| {
            let mut cells = line.split(',').map(|cell| cell.trim_matches('"').to_owned());
            (cells.next().unwrap(), cells.collect())
        })
        .collect()
}

fn same(found: &BTreeMap<String, Vec<String>>, expected: &BTreeMap<String, Expected>, word: &dyn Fn(&str) -> String) {
    for (key, group) in expected {
        let row = found.get(&word(key)).unwrap_or_else(|| panic!("no row {key}: {found:?}"));
        let money = |fen: i128| Money::from_fen(fen).to_string();
        let figures = [
            group.claims.to_string(),
            group.households.len().to_string(),
            money(group.discount),
            money(group.subsidy),
            money(group.discount - group.subsidy),
            money(group.purse),
        ];
        assert_eq!(row[..6], figures, "{key}");
    }
    // And the row of the whole.
    assert_eq!(found.len(), expected.len() + 1, "{found:?}");
}

#[test]
fn figures_are_those_of_the_claims() {
    let site = Site::after(16, 40);
    let claims = counted(&site);
    let mut visitor = site.signed_in("reviewer");
    let year = claims[0].date[..4].to_owned();
    let month = claims.iter().map(|c| c.date[..7].to_owned()).max().unwrap();
    let own = |key: &str| key.to_owned();
    let by_month = expected(&claims, |c| c.date[..7].into());
    same(&rows(&visitor.get(&format!("/console/usage.csv?period={year}")).body), &by_month, &own);
    let of_month: Vec<Counted> = counted(&site).into_iter().filter(|c| c.date.starts_with(&month)).collect();
    let by_day = expected(&of_month, |c| c.date.clone());
    same(&rows(&visitor.get(&format!("/console/usage.csv?by=day&period={month}")).body), &by_day, &own);
    let by_store = expected(&claims, |c| c.store.clone());
    let names: BTreeMap<&str, &str> = [("S001", "和平路店"), ("S002", "新华街店"), ("S003", "城南店")].into();
    let named = |code: &str| format!("{code} {}", names[code]);
    let file = visitor.get(&format!("/console/usage.csv?by=store&period={year}")).body;
    same(&rows(&file), &by_store, &named);
    // A household that came to two stores counts once in the whole.
    let whole = expected(&claims, |_| "整个时期".into());
    assert_eq!(rows(&file)["整个时期"][1], whole["整个时期"].households.len().to_string());
    // Ways that the claims' list does not tell add up to the same.
    for by in ["district", "category", "size"] {
        let found = rows(&visitor.get(&format!("/console/usage.csv?by={by}&period={year}")).body);
        let sum: i64 =
            found.iter().filter(|(key, _)| *key != "整个时期").map(|(_, row)| row[1].parse::<i64>().unwrap()).sum();
        assert_eq!(sum, found["整个时期"][1].parse::<i64>().unwrap(), "{by}: each household stands in one row");
    }
    let goods = rows(&visitor.get(&format!("/console/usage.csv?by=goods&period={year}")).body);
    let discount: i128 = goods.iter().filter(|(key, _)| *key != "整个时期").map(|(_, row)| fen(&row[2])).sum();
    assert_eq!(discount, fen(&goods["整个时期"][2]));
    drill_down(&mut visitor, &year);
    compared(&mut visitor, &year);
    scopes(&site, &year);
    unreached(&site, &year);
    assert!(site.lab.hq(&["verify"]).code == 0, "{}", site.lab.hq(&["verify"]).err);
    touched(&site);
}

/// Behind each figure are just so many claims.
fn drill_down(visitor: &mut crate::site::Visitor, year: &str) {
    for by in ["month", "store", "programme", "category", "size", "district"] {
        let page = visitor.get(&format!("/console/usage?by={by}&period={year}")).body;
        let body = page.split("<tbody>").nth(1).unwrap();
        let link = body.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let count = body.split("href=\"").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
        let claims = visitor.get(&link).body;
        assert!(claims.contains(&format!("共 {count} 笔")), "{by}: {count} behind {link}");
    }
    let xlsx = visitor.get(&format!("/console/usage?by=store&period={year}"));
    assert!(xlsx.body.contains("<svg") && xlsx.body.contains("usage.xlsx?"));
}

fn compared(visitor: &mut crate::site::Visitor, year: &str) {
    let page = visitor.get(&format!("/console/usage/stores?store=S002&period={year}")).body;
    for words in ["和平路店", "每户次数", "待审比例", "其他门店的中位数", "<td class=\"whole\">69"]
    {
        assert!(page.contains(words), "{words}");
    }
    let page = visitor.get("/console/usage/funds").body;
    assert!(page.contains("CIXIN") && page.contains("没有设定") && page.contains("fund0-title"));
}

/// A manager sees the own store, and no fund.
fn scopes(site: &Site, year: &str) {
    let mut manager = site.signed_in("manager");
    for path in ["/console/usage.csv?by=store", "/console/usage.csv?by=store&store=S002", "/console/usage/stores?"] {
        let page = manager.get(&format!("{path}&period={year}")).body;
        assert!(!page.contains("S002 ") && !page.contains("S003 "), "{path}: {page}");
    }
    assert!(manager.get("/console/usage.csv?by=store").body.contains("S001 "));
    assert!(manager.get("/console/usage/funds").body.contains("只有总会的人员能看"));
    assert_eq!(manager.get("/console/unreached").status, 403);
    site.lab.hq_ok(&["user", "add", "county", "--role", "auditor", "--district", "370812"]);
    let mut county = site.signed_in("county");
    let file = county.get(&format!("/console/usage.csv?by=store&period={year}")).body;
    assert!(file.contains("S002 ") && !file.contains("S001 ") && !file.contains("S003 "), "{file}");
    let districts = county.get(&format!("/console/unreached?period={year}")).body;
    assert!(districts.contains("370812") && !districts.contains(">370811<"), "{districts}");
}

/// Families are listed for who may see them, with a reason that is noted.
fn unreached(site: &Site, year: &str) {
    let path = format!("/console/unreached?period={year}");
    let mut roster = site.signed_in("roster");
    let page = roster.get(&path).body;
    assert!(page.contains("没有来过") && !page.contains("/console/households/H"), "no list without a reason");
    assert!(roster.post(&path, &[("reason", "?")], None).body.contains("写明原因"));
    let list = roster.post(&path, &[("reason", "入户走访前核对")], None).body;
    assert!(list.contains("/console/households/H"), "{list}");
    for secret in secrets() {
        assert!(!list.contains(&secret), "{secret}");
    }
    let mut auditor = site.signed_in("auditor");
    assert!(auditor.get("/console/audit?action=unreached%20list").body.contains("入户走访前核对"));
    assert!(!auditor.get(&path).body.contains("name=\"reason\""));
    assert_eq!(auditor.post(&path, &[("reason", "只是想看看")], None).status, 403);
}

/// Whatever kept figure is touched, `verify` says so.
fn touched(site: &Site) {
    let db = site.lab.db();
    for (table, column) in [
        ("usage_months", "subsidy_fen"),
        ("usage_days", "claims"),
        ("usage_goods", "discount_fen"),
        ("usage_reach", "claims"),
        ("usage_reached", "households"),
        ("usage_prices", "fen"),
        ("claim_totals", "granted_fen"),
    ] {
        let by = |n: i64| {
            let sql = format!(
                "UPDATE {table} SET {column} = {column} + {n} WHERE {column} = (SELECT max({column}) FROM {table})"
            );
            assert!(db.conn.execute(&sql, params![]).unwrap() > 0, "{table}");
        };
        by(1);
        let said = site.lab.hq(&["verify"]);
        assert_eq!(said.code, 1, "{table}");
        assert!(said.err.contains("kept"), "{table}: {}", said.err);
        by(-1);
    }
    assert_eq!(site.lab.hq(&["verify"]).code, 0);
    let one = "UPDATE claim_programmes SET discount_fen = discount_fen + 1
               WHERE claim_id = (SELECT min(claim_id) FROM claim_programmes WHERE discount_fen > 0)";
    db.conn.execute(one, params![]).unwrap();
    assert!(site.lab.hq(&["verify"]).err.contains("noted otherwise"));
}
