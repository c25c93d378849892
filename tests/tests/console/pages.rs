//! What pages hold.

use serde_json::Value;
use tests::{card_number, id_number};

use crate::site::{Site, secrets};

fn amount(claims: &[Value], which: &str) -> domain::money::Money {
    claims.iter().map(|c| domain::money::Money::parse(c[which]["claim"].as_str().unwrap()).unwrap()).sum()
}

#[test]
fn filters_live_in_the_address_and_sums_follow_them() {
    let site = Site::open();
    let mut visitor = site.signed_in("reviewer");
    let all = site.lab.claims();
    let page = visitor.get("/console/claims").body;
    assert!(page.contains("共 3 笔"));
    assert!(page.contains(&format!("<td class=\"number\">¥{}</td>", amount(&all, "totals"))));
    let of_store: Vec<Value> = all.iter().filter(|c| c["store"] == "S002").cloned().collect();
    let page = visitor.get("/console/claims?store=S002").body;
    assert!(page.contains("共 1 笔") && page.contains(of_store[0]["sale"].as_str().unwrap()));
    assert!(page.contains("<option value=\"S002\" selected>"), "the form shows the filter");
    let sale = all[0]["sale"].as_str().unwrap();
    assert!(visitor.get(&format!("/console/claims?sale={sale}")).body.contains("共 1 笔"));
    let date = all[0]["business_date"].as_str().unwrap();
    assert!(visitor.get(&format!("/console/claims?from={date}&to={date}")).body.contains("共 3 笔"));
    assert!(visitor.get("/console/claims?from=2030-01-01").body.contains("没有符合条件的申报"));
    assert!(visitor.get("/console/claims?state=rejected").body.contains("没有符合条件的申报"));
    assert!(visitor.get("/console/claims?programme=GRAIN").body.contains("共 "));
    assert!(visitor.get("/console/claims?programme=NONE").body.contains("没有符合条件的申报"));
    // A quote in a filter stays a quote.
    assert!(visitor.get("/console/claims?sale=%27%3B%20DROP").body.contains("没有符合条件的申报"));
}

#[test]
fn columns_sort_both_ways() {
    let site = Site::open();
    let mut visitor = site.signed_in("reviewer");
    let order = |page: &str| {
        let first = page.find("S001/01").unwrap();
        first < page.find("S002/01").unwrap()
    };
    assert!(order(&visitor.get("/console/claims?sort=store&order=up").body));
    assert!(!order(&visitor.get("/console/claims?sort=store").body));
    assert!(visitor.get("/console/claims?sort=store").body.contains("aria-sort=\"descending\""));
}

#[test]
fn an_export_is_for_spreadsheets_and_is_noted() {
    let site = Site::open();
    let mut visitor = site.signed_in("accountant");
    let file = visitor.get("/console/claims.csv?store=S001");
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(file.body.starts_with('\u{feff}'));
    assert_eq!(file.body.lines().count(), 3);
    for secret in secrets() {
        assert!(!file.body.contains(&secret));
    }
    assert!(site.signed_in("auditor").get("/console/audit?action=export%20claims").body.contains("export claims"));
}

#[test]
fn a_claim_stands_beside_headquarters_own_answer() {
    let site = Site::open();
    let claim = &site.lab.claims()[0];
    let page = site.signed_in("reviewer").get(&format!("/console/claims/{}", claim["id"].as_str().unwrap())).body;
    for words in ["款台", "总部", "一致", "杏坛东北大米", "已核准", "1-", "联网"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for secret in secrets() {
        assert!(!page.contains(&secret), "{secret}");
    }
    // Who may not see families sees no way to them.
    let page = site.signed_in("accountant").get(&format!("/console/claims/{}", claim["id"].as_str().unwrap())).body;
    assert!(!page.contains("/console/households/"));
}

#[test]
fn a_household_is_found_by_number_and_shown_masked() {
    let site = Site::open();
    let mut visitor = site.signed_in("reviewer");
    for number in [id_number(0), card_number(0)] {
        let found = visitor.post("/console/households", &[("number", &number)], None);
        assert_eq!(found.status, 303);
        assert!(found.location.starts_with("/console/households/H") && !found.location.contains(&number));
        let page = visitor.get(&found.location).body;
        assert!(page.contains('*'));
        for secret in secrets() {
            assert!(!page.contains(&secret), "{secret}");
        }
    }
    let nobody = visitor.post("/console/households", &[("number", "370899194001010022")], None);
    assert!(visitor.get(&nobody.location).body.contains("没有查到"));
    assert_eq!(visitor.get("/console/households/HNOBODY").status, 404);
}

#[test]
fn usage_adds_up_to_the_claims() {
    let site = Site::open();
    let claims = site.lab.claims();
    let discount: domain::money::Money =
        claims.iter().map(|c| domain::money::Money::parse(c["granted"]["discount"].as_str().unwrap()).unwrap()).sum();
    let page = site.signed_in("auditor").get("/console/usage").body;
    let foot = page.split("<tfoot>").nth(1).unwrap();
    assert!(foot.contains(&format!("¥{discount}")), "{discount}: {foot}");
    assert!(page.contains("<svg") && page.contains("<title id=\"chart-title\">"));
}

#[test]
fn cards_carry_a_barcode_and_no_reason() {
    let site = Site::open();
    let page = site.signed_in("roster").get("/console/cards").body;
    assert!(page.contains(&card_number(0)) && page.contains("爱心卡") && page.contains("<rect"));
    for word in ["低保", "特困", "困难"] {
        assert!(!page.contains(word), "{word}");
    }
    for n in 0..5 {
        assert!(!page.contains(&id_number(n)) && !page.contains(&tests::name(n)));
    }
    assert!(site.signed_in("auditor").get("/console/audit").body.contains("cards page"));
}

#[test]
fn pages_are_in_both_languages() {
    let site = Site::open();
    let mut visitor = site.signed_in("reviewer");
    let chinese = visitor.get("/console/claims").body;
    assert!(chinese.contains("<html lang=\"zh-CN\">") && chinese.contains("申报金额"));
    visitor.cookie.push_str("; jihui_lang=en");
    for place in [
        "",
        "/claims",
        "/stores",
        "/households",
        "/programmes",
        "/usage",
        "/usage/stores",
        "/usage/funds",
        "/unreached",
        "/disclosure",
    ] {
        let page = visitor.get(&format!("/console{place}")).body;
        assert!(page.contains("<html lang=\"en\">"));
        let title = page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
        assert!(title.is_ascii(), "{place}: {title}");
    }
}
