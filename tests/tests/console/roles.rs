//! Who may open what.

use crate::site::{Site, secrets};

/// Places and the roles that may open them.
const PLACES: [(&str, &[&str]); 16] = [
    ("", &["reviewer", "approver", "accountant", "payer", "auditor", "roster", "manager", "admin"]),
    ("/claims", &["reviewer", "approver", "accountant", "auditor", "manager", "admin"]),
    ("/review", &["reviewer", "auditor"]),
    ("/signs", &["reviewer", "auditor", "admin"]),
    ("/stores", &["reviewer", "approver", "accountant", "payer", "auditor", "manager", "admin"]),
    ("/households", &["reviewer", "auditor", "roster"]),
    ("/roster", &["auditor", "roster"]),
    ("/programmes", &["reviewer", "approver", "accountant", "payer", "auditor", "roster", "manager", "admin"]),
    ("/usage", &["reviewer", "approver", "accountant", "payer", "auditor", "manager", "admin"]),
    ("/funds", &["reviewer", "approver", "accountant", "payer", "auditor", "admin"]),
    ("/settlement", &["reviewer", "approver", "accountant", "payer", "auditor", "manager", "admin"]),
    ("/unreached", &["reviewer", "approver", "accountant", "auditor", "roster", "admin"]),
    ("/disclosure", &["reviewer", "approver", "accountant", "payer", "auditor", "admin"]),
    ("/cards", &["roster", "admin"]),
    ("/people", &["admin"]),
    ("/audit", &["auditor", "admin"]),
];

#[test]
fn each_role_opens_its_pages_and_no_others() {
    let site = Site::open();
    for role in domain::role::HQ_ROLES {
        let mut visitor = site.signed_in(role);
        for (place, roles) in PLACES {
            let page = visitor.get(&format!("/console{place}"));
            let expected = if roles.contains(&role) { 200 } else { 403 };
            assert_eq!(page.status, expected, "{role} at {place}");
            assert_eq!(page.body.contains("不能打开"), expected == 403);
            assert!(!page.body.contains("<script"), "{place}");
            if place != "/cards" {
                for secret in secrets() {
                    assert!(!page.body.contains(&secret), "{secret} at {place} for {role}");
                }
            }
        }
        // What is not offered is not needed: the column shows only what can be opened.
        let home = visitor.get("/console").body;
        for (place, roles) in &PLACES[1..] {
            assert_eq!(home.contains(&format!("href=\"/console{place}\"")), roles.contains(&role), "{role}: {place}");
        }
    }
}

#[test]
fn a_manager_sees_the_own_store_only() {
    let site = Site::open();
    let mut manager = site.signed_in("manager");
    let claims = manager.get("/console/claims").body;
    assert!(claims.contains("S001/01") && !claims.contains("S002/01"), "{claims}");
    assert!(claims.contains("共 2 笔"));
    let foreign = site.lab.claims().into_iter().find(|c| c["store"] == "S002").unwrap();
    let id = foreign["id"].as_str().unwrap();
    assert_eq!(manager.get(&format!("/console/claims/{id}")).status, 404);
    assert_eq!(site.signed_in("reviewer").get(&format!("/console/claims/{id}")).status, 200);
    let stores = manager.get("/console/stores").body;
    assert!(stores.contains("S001") && !stores.contains("S002"));
    // The address cannot widen what is seen.
    assert!(!manager.get("/console/claims?store=S002").body.contains("S002/01"));
    assert!(!manager.get("/console/claims.csv").body.contains("S002"));
}

#[test]
fn only_an_administrator_adds_and_revokes_tills() {
    let site = Site::open();
    let form = [("store", "S001"), ("till", "07")];
    assert_eq!(site.signed_in("auditor").post("/console/stores/till", &form, None).status, 403);
    let mut admin = site.signed_in("admin");
    let made = admin.post("/console/stores/till", &form, None);
    assert_eq!(made.status, 200);
    let code = made.body.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(code.contains('.'), "{code}");
    assert!(!admin.get("/console/stores").body.contains(&code), "the code is shown once");
    let wrong = admin.post("/console/stores/till", &[("store", "S001"), ("till", "0 7")], None);
    assert!(wrong.status == 200 && wrong.body.contains("款台编号不能用"), "{}", wrong.body);
    assert_eq!(admin.get("/console/stores/revoke/S001/99").status, 404);
    assert_eq!(admin.post("/console/stores/revoke/S001/01", &[], None).status, 303);
    assert!(admin.get("/console/stores").body.contains("密钥已作废"));
    assert!(admin.get("/console/audit").body.contains("till revoke"));
}
