//! From claims to the bank's reference, through the pages.

use serde_json::{Value, json};
use tests::{Lab, id_number, lines};

use crate::site::{Site, Visitor};

/// Sends a form that must be done; where it leads.
fn done(visitor: &mut Visitor, path: &str, form: &[(&str, &str)]) -> String {
    let answer = visitor.post(&format!("/console/{path}"), form, None);
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    answer.location
}

/// Payers and shares, and the register of S001, settled by month; a wrong code and a single person are
/// refused on the way.
fn prepare(site: &Site) {
    let mut accountant = site.signed_in("accountant");
    let wrong = [("legal_name", "演示商店"), ("credit_code", "9144030071526726XA"), ("taxpayer", "small_scale")];
    let wrong = accountant.post("/console/stores/register/S001/entry", &wrong, None);
    assert!(wrong.status == 409 && wrong.body.contains("校验位不对"), "{}", wrong.body);
    register(site, &[("S001", "month")]);
}

/// The register, payers and shares that statements need: stores, and how each settles.
pub fn register(site: &Site, stores: &[(&str, &str)]) {
    let mut accountant = site.signed_in("accountant");
    let mut approver = site.signed_in("approver");
    for (code, name) in [("CITY", "市慈善总会"), ("COUNTY", "区慈善总会")] {
        done(
            &mut accountant,
            "funds/payers",
            &[("code", code), ("name", name), ("bank", "演示银行"), ("account", "6200 0000 1111")],
        );
    }
    for fund in ["CIXIN", "JISHIJIU"] {
        done(&mut accountant, "funds", &[("code", fund), ("name", "慈心基金"), ("purpose", "惠民")]);
        done(&mut accountant, &format!("funds/{fund}/shares"), &[("shares", "CITY 60%; COUNTY 40%")]);
    }
    for (store, settlement) in stores {
        let base = format!("stores/register/{store}");
        let entry = [("legal_name", "演示商店"), ("credit_code", "9144030071526726XG"), ("taxpayer", "small_scale")];
        done(&mut accountant, &format!("{base}/entry"), &entry);
        done(
            &mut accountant,
            &format!("{base}/account"),
            &[("holder", "演示商店"), ("bank", "演示银行"), ("number", "6222000012349876")],
        );
        let to_do = approver.get("/console").body;
        assert!(to_do.contains(&format!("/console/{base}")), "it waits for a second person");
        let page = approver.get(&format!("/console/{base}")).body;
        assert!(page.contains("****9876") && !page.contains("6222000012349876"));
        let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let own = accountant.post(&format!("/console/{base}/decide"), &[("id", &id), ("act", "confirm")], None);
        assert_eq!(own.status, 409, "another person confirms");
        done(&mut approver, &format!("{base}/decide"), &[("id", &id), ("act", "confirm")]);
        let contract = [
            ("from", "2020-01-01"),
            ("settlement", *settlement),
            ("subsidy", "third_party_payment"),
            ("tax_rate", "1%"),
        ];
        done(&mut accountant, &format!("{base}/contract"), &contract);
    }
}

/// A statement of S001 that was made; its number.
pub fn statement(site: &Site) -> String {
    register(site, &[("S001", "month")]);
    let claims = site.lab.claims();
    let dates = claims.iter().filter(|c| c["store"] == "S001").filter_map(|c| c["business_date"].as_str());
    let month = dates.min().unwrap()[..7].to_owned();
    let form = [("payer", ""), ("store", "S001"), ("period", month.as_str())];
    assert_eq!(site.signed_in("accountant").post("/console/settlement", &form, None).status, 200);
    batches(&site.lab)[0]["number"].as_str().unwrap().to_owned()
}

fn batches(lab: &Lab) -> Vec<Value> {
    lines(&lab.hq_ok(&["batches", "--json"]))
}

#[test]
fn money_goes_from_claims_to_the_banks_reference() {
    let site = Site::open();
    prepare(&site);
    let claims: Vec<Value> = site.lab.claims().into_iter().filter(|c| c["store"] == "S001").collect();
    let granted: domain::money::Money =
        claims.iter().map(|c| domain::money::Money::parse(c["granted"]["claim"].as_str().unwrap()).unwrap()).sum();
    assert!(granted > domain::money::Money::ZERO);
    let month = claims[0]["business_date"].as_str().unwrap()[..7].to_owned();
    let mut accountant = site.signed_in("accountant");
    let made = accountant.post("/console/settlement", &[("payer", ""), ("store", ""), ("period", &month)], None);
    assert!(made.status == 200 && made.body.contains("制好 2 张"), "{}", made.body);
    let rows = batches(&site.lab);
    let payable = |row: &Value| domain::money::Money::parse(row["payable"].as_str().unwrap()).unwrap();
    assert_eq!(rows.iter().map(payable).sum::<domain::money::Money>(), granted, "both payers make the whole");
    let city = rows.iter().find(|row| row["payer"] == "CITY").unwrap();
    let number = city["number"].as_str().unwrap().to_owned();
    let step = format!("settlement/batch/{number}/step");
    assert!(site.signed_in("reviewer").get("/console").body.contains("/console/settlement?state=made"));
    // Nobody does another's step.
    for (role, act) in [
        ("accountant", "check"),
        ("payer", "approve"),
        ("reviewer", "approve"),
        ("auditor", "withdraw"),
        ("manager", "check"),
    ] {
        let answer = site.signed_in(role).post(&format!("/console/{step}"), &[("act", act), ("text", "x")], None);
        assert_eq!(answer.status, 409, "{role}: {act}");
    }
    assert_eq!(site.signed_in("roster").post(&format!("/console/{step}"), &[("act", "check")], None).status, 403);
    done(&mut site.signed_in("reviewer"), &step, &[("act", "check")]);
    done(&mut site.signed_in("approver"), &step, &[("act", "approve")]);
    let mut payer = site.signed_in("payer");
    assert!(payer.get("/console/settlement/payments").body.contains(&number));
    let file = payer.post("/console/settlement/payments/file", &[("number", &number)], None);
    assert!(
        file.body.contains("6222000012349876") && file.body.contains(city["payable"].as_str().unwrap()),
        "{}",
        file.body
    );
    let today = claims[0]["business_date"].as_str().unwrap();
    let back =
        file.body.lines().map(|line| line.trim_end().trim_start_matches('\u{feff}')).filter(|line| !line.is_empty());
    let back: Vec<String> =
        back.enumerate().map(|(n, line)| if n == 0 { line.to_owned() } else { filled_in(line, today) }).collect();
    done(&mut payer, "settlement/payments/references", &[("text", &back.join("\n"))]);
    let paid = batches(&site.lab).into_iter().find(|row| row["number"] == json!(number)).unwrap();
    assert_eq!((&paid["state"], &paid["reference"]), (&json!("paid"), &json!("BANK1")));
    let mut manager = site.signed_in("manager");
    let page = manager.get(&format!("/console/settlement/batch/{number}")).body;
    assert!(page.contains("钱已收到") && page.contains("人民币") && page.contains("****9876"));
    done(&mut manager, &step, &[("act", "confirm")]);
    exports(&site, &number);
    let told = site.lab.claims().into_iter().find(|c| c["id"] == claims[0]["id"]).unwrap();
    assert_eq!(told["state"], json!("batched"), "the county has not paid");
    site.lab.hq_ok(&["verify"]);
    assert!(site.signed_in("auditor").get("/console/audit").body.contains("payment file"));
}

/// A line of the payment file with reference and day.
pub fn filled_in(line: &str, day: &str) -> String {
    let mut cells: Vec<&str> = line.split(',').collect();
    let n = cells.len();
    cells[n - 2] = "BANK1";
    cells[n - 1] = day;
    cells.join(",")
}

fn exports(site: &Site, number: &str) {
    let mut auditor = site.signed_in("auditor");
    let base = format!("/console/settlement/batch/{number}");
    let csv = auditor.get(&format!("{base}/statement.csv")).body;
    assert!(csv.contains("期末未付") && csv.contains("核定金额") && !csv.contains("6222000012349876"));
    assert!(auditor.get(&format!("{base}/claims.csv")).body.contains("CIXIN"));
    assert_eq!(auditor.get(&format!("{base}/statement.doc")).status, 404);
    for file in ["vouchers.csv", "published.csv"] {
        let answer = auditor.get(&format!("/console/settlement/reports/{file}"));
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(site.signed_in("manager").get(&format!("/console/settlement/reports/{file}")).status, 403);
    }
    assert_eq!(auditor.get(&format!("/console/settlement/batch/{number}x")).status, 404);
}

#[test]
fn a_spent_fund_makes_a_claim_wait_until_there_is_more() {
    let lab = Lab::with_households(5);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let site = Site::of(lab, server);
    let mut approver = site.signed_in("approver");
    for fund in ["CIXIN", "JISHIJIU"] {
        done(
            &mut approver,
            &format!("funds/{fund}/budget"),
            &[("budget", "0.01"), ("date", "2026-01-01"), ("note", "")],
        );
    }
    let mut drive = till.open();
    // The family gets what it gets: the till knows nothing of funds.
    drive.sell(&["6900000000014", "10001"], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    let claim = || site.lab.claims().remove(0);
    assert_eq!((&claim()["state"], &claim()["reasons"]), (&json!("held"), &json!(["R13"])), "{}", claim());
    assert!(approver.get("/console").body.contains("已用完"), "a warning stands on the page of what is to do");
    for fund in ["CIXIN", "JISHIJIU"] {
        done(
            &mut approver,
            &format!("funds/{fund}/budget"),
            &[("budget", "1000"), ("date", "2026-01-02"), ("note", "追加")],
        );
    }
    for fund in ["CIXIN", "JISHIJIU"] {
        done(&mut approver, &format!("funds/{fund}/release"), &[]);
    }
    assert_eq!((&claim()["state"], &claim()["reasons"]), (&json!("accepted"), &json!([])));
    site.lab.hq_ok(&["verify"]);
}

/// Days of sales with returns; and, where `JIHUI_LOOK` names a folder, the pages as people see them.
#[test]
fn statements_of_days_of_sales_close() {
    let site = Site::after(3, 40);
    prepare(&site);
    let claims = site.lab.claims();
    let month = claims.iter().filter_map(|c| c["business_date"].as_str()).max().unwrap()[..7].to_owned();
    let mut accountant = site.signed_in("accountant");
    let made = accountant.post("/console/settlement", &[("payer", ""), ("store", "S001"), ("period", &month)], None);
    assert!(made.body.contains("制好 2 张"), "{}", made.body);
    let granted: i128 = due_of_store(&claims);
    let batched: Vec<Value> =
        site.lab.claims().into_iter().filter(|c| c["store"] == "S001" && c["state"] == "batched").collect();
    assert!(!batched.is_empty());
    let payable: i128 = batches(&site.lab)
        .iter()
        .map(|row| domain::money::Money::parse(row["payable"].as_str().unwrap()).unwrap().fen())
        .sum();
    assert!(payable > 0 && payable <= granted, "returns are taken off: {payable} of {granted}");
    site.lab.hq_ok(&["verify"]);
    if let Some(folder) = std::env::var_os("JIHUI_LOOK") {
        let number = batches(&site.lab)[0]["number"].as_str().unwrap().to_owned();
        done(
            &mut site.signed_in("approver"),
            "funds/CIXIN/budget",
            &[("budget", "100"), ("date", "2026-01-01"), ("note", "年度")],
        );
        crate::browser::look(
            &site,
            std::path::Path::new(&folder),
            "reviewer",
            &["settlement", &format!("settlement/batch/{number}"), "funds", "funds/CIXIN", "stores/register/S001"],
        );
        crate::browser::look(
            &site,
            std::path::Path::new(&folder),
            "accountant",
            &["settlement", "settlement/reports", "funds/CIXIN", "stores/register/S001"],
        );
        crate::browser::look(&site, std::path::Path::new(&folder), "payer", &["settlement/payments"]);
        let pdf = site.signed_in("auditor").bytes(&format!("/console/settlement/batch/{number}/statement.pdf")).2;
        std::fs::write(std::path::Path::new(&folder).join("statement.pdf"), pdf).unwrap();
    }
}

/// What S001 is granted before returns, in fen.
fn due_of_store(claims: &[Value]) -> i128 {
    let of_store =
        claims.iter().filter(|c| c["store"] == "S001" && matches!(c["state"].as_str(), Some("accepted" | "adjusted")));
    of_store.map(|c| domain::money::Money::parse(c["granted"]["claim"].as_str().unwrap()).unwrap().fen()).sum()
}
