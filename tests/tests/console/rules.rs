//! What pages are held to: figures that agree with the books, and who learns what.

use domain::money::Money;
use domain::resident::mask_name;
use serde_json::{Value, json};
use tests::{Lab, Till, households, id_number, name};

use crate::site::{PASSWORD, Site};

const RICE: &str = "6900000000014";

fn granted(claims: &[Value], key: &str) -> Money {
    claims.iter().map(|c| Money::parse(c["granted"][key].as_str().unwrap()).unwrap()).sum()
}

fn usage_foot(site: &Site) -> String {
    let page = site.signed_in("auditor").get("/console/usage").body;
    page.split("<tfoot>").nth(1).unwrap().to_owned()
}

#[test]
fn what_came_back_is_no_usage() {
    let site = Site::open();
    let claims = site.lab.claims();
    let sale = claims.iter().find(|c| c["store"] == "S001").unwrap();
    assert!(usage_foot(&site).contains(&format!("¥{}", granted(&claims, "discount"))));
    let till = Till { dir: site.lab.dir.path().join("S001-01") };
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    let lines = json!([{"line": 1, "quantity": "1"}, {"line": 2, "quantity": "1"}]);
    drive.ok(&json!({"do": "return", "sale": sale["sale"], "lines": lines, "reason": "变质"}));
    drive.ok(&json!({"do": "sync"}));
    let rest: Vec<Value> = claims.iter().filter(|c| c["id"] != sale["id"]).cloned().collect();
    let foot = usage_foot(&site);
    for key in ["discount", "subsidy"] {
        assert!(foot.contains(&format!("¥{}", granted(&rest, key))), "{key}: {foot}");
    }
    let page = site.signed_in("auditor").get(&format!("/console/claims/{}", sale["id"].as_str().unwrap())).body;
    assert!(page.contains("退货") && page.contains("已减去"), "{page}");
    site.lab.hq_ok(&["verify"]);
}

#[test]
fn a_claim_above_a_limit_says_which_line_is_above_it() {
    let lab = Lab::with_households(1);
    let mut server = lab.serve();
    let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
    let address = server.address();
    server.kill();
    for till in &tills {
        let mut drive = till.open();
        for _ in 0..4 {
            drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
        }
    }
    let server = lab.serve_on(&address);
    for till in &tills {
        till.ok(&["sync"], "");
    }
    let site = Site::of(lab, server);
    let mut reviewer = site.signed_in("reviewer");
    let above: Vec<Value> = site.lab.claims().into_iter().filter(|c| c["reasons"] == json!(["R03"])).collect();
    assert!(!above.is_empty());
    for claim in above {
        let page = reviewer.get(&format!("/console/claims/{}", claim["id"].as_str().unwrap())).body;
        assert!(page.contains("少 −¥") && page.contains("R03"), "{page}");
        let within = claim["state"] == "accepted";
        let home = reviewer.get("/console").body;
        let waits = home.contains(&format!("/console/claims/{}", claim["id"].as_str().unwrap()));
        assert_eq!(waits, !within, "what waits is named at home: {home}");
        assert_eq!(page.contains("在离线额度以内"), within, "{page}");
    }
}

#[test]
fn the_audit_only_grows() {
    let site = Site::open();
    site.signed_in("reviewer");
    let database = site.lab.db().conn;
    assert!(database.execute("UPDATE audit SET who = 'nobody'", &[]).is_err());
    assert!(database.execute("DELETE FROM audit", &[]).is_err());
    let mut auditor = site.signed_in("auditor");
    let page = auditor.get("/console/audit?action=sign-in&who=reviewer").body;
    assert!(page.contains("登录") && page.contains("127.0.0.1") && page.contains("共 1 条"), "{page}");
    site.visitor().sign_in("reviewer", "wrong");
    let page = auditor.get("/console/audit?action=sign-in&who=reviewer").body;
    assert!(page.contains("共 1 条"), "a refused sign-in is another thing: {page}");
    assert!(auditor.get("/console/audit?from=2099-01-01").body.contains("没有符合条件的记录"));
}

#[test]
fn who_shops_for_two_households_is_asked_which() {
    let lab = Lab::with_households(15);
    let server = lab.serve();
    let site = Site::of(lab, server);
    let neighbour = households(15)[13].people[0].n;
    let mut keeper = site.signed_in("roster");
    let page = keeper.post("/console/households", &[("number", &id_number(neighbour))], None);
    assert_eq!(page.status, 200);
    assert_eq!(page.body.matches("href=\"/console/households/H").count(), 2, "{}", page.body);
    assert!(!page.body.contains(&id_number(neighbour)));
    let page = keeper.post("/console/households", &[("number", "DEMO-00003")], None);
    assert!(page.location.starts_with("/console/households/H"), "{}", page.location);
    let page = keeper.get(&page.location).body;
    assert!(page.contains("本期额度") && page.contains("剩余"), "{page}");
}

#[test]
fn a_manager_learns_no_names() {
    let site = Site::open();
    let masked = mask_name(&name(0));
    let claim = site.lab.claims().into_iter().find(|c| c["store"] == "S001").unwrap();
    let path = format!("/console/claims/{}", claim["id"].as_str().unwrap());
    assert!(site.signed_in("reviewer").get(&path).body.contains(&masked));
    assert!(site.signed_in("reviewer").get("/console/claims").body.contains(&masked));
    let mut manager = site.signed_in("manager");
    for path in [path.as_str(), "/console/claims", "/console/claims?household=H", "/console/claims.csv"] {
        let page = manager.get(path);
        assert_eq!(page.status, 200);
        assert!(!page.body.contains(&masked), "{path}");
    }
}

#[test]
fn an_address_that_makes_no_sense_is_still_a_page() {
    let site = Site::open();
    let mut visitor = site.signed_in("auditor");
    for path in
        ["/console/claims?page=abc", "/console/claims?page=-1", "/console/audit?from=x", "/console/usage?year=x"]
    {
        assert_eq!(visitor.get(path).status, 200, "{path}");
    }
    let page = visitor.get("/console/nowhere/at/all");
    assert_eq!(page.status, 404);
    assert!(page.body.contains("没有找到"));
    // Somebody who is not signed in learns nothing of what there is.
    assert_eq!(site.visitor().get("/console/nowhere").status, 303);
}

#[test]
fn a_cookie_behind_a_proxy_goes_by_tls_alone() {
    let site = Site::open();
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let form = [("name", "auditor"), ("password", PASSWORD), ("next", "/console")];
    let cookie = |proto: &str| {
        let request = agent.post(format!("{}/console/sign-in", site.server.url)).header("x-forwarded-proto", proto);
        let answer = request.send_form(form).unwrap();
        // Without this, browsers would send forms with an origin that nobody can check.
        assert_eq!(answer.headers()["referrer-policy"], "same-origin");
        answer.headers()["set-cookie"].to_str().unwrap().to_owned()
    };
    assert!(cookie("https").ends_with("; Secure"));
    assert!(!cookie("http").contains("Secure"));
}

#[test]
fn a_form_of_another_site_is_refused_in_words() {
    let site = Site::open();
    let page = site.signed_in("admin").post("/console/sign-out", &[], Some("https://example.org"));
    assert_eq!(page.status, 403);
    assert!(page.body.contains("不是从本网站的页面发来的"), "{}", page.body);
}

#[test]
fn no_card_is_printed_for_who_is_not_entitled_today() {
    let lab = Lab::with_households(49);
    let server = lab.serve();
    let site = Site::of(lab, server);
    let mut keeper = site.signed_in("roster");
    let mut printed = String::new();
    for page in 0..5 {
        printed.push_str(&keeper.get(&format!("/console/cards?page={page}")).body);
    }
    for family in households(49) {
        let has_card = family.people[0].has_card;
        let number = format!("aria-label=\"{}\"", tests::card_number(family.n));
        assert_eq!(printed.contains(&number), has_card && family.is_eligible(), "{family:?}");
    }
}
