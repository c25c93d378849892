//! Signing in, staying in, and being sent out.

use crate::site::{PASSWORD, Site};

#[test]
fn a_wrong_password_is_refused_and_slowed_down() {
    let site = Site::open();
    let mut visitor = site.visitor();
    for _ in 0..5 {
        let page = visitor.sign_in("reviewer", "wrong");
        assert_eq!(page.status, 422);
        assert!(page.body.contains("用户名或密码不对") || page.body.contains("Name or password is wrong"));
    }
    // The right one has to wait too; other people do not.
    let page = visitor.sign_in("reviewer", PASSWORD);
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("秒后再试") || page.body.contains("wait"));
    assert_eq!(visitor.sign_in("nobody-here", PASSWORD).status, 422);
    site.signed_in("auditor");
    let audit = site.signed_in("admin").get("/console/audit").body;
    assert!(audit.contains("sign-in refused"));
}

#[test]
fn an_expired_session_comes_back_to_the_page() {
    let site = Site::open();
    let mut visitor = site.signed_in("reviewer");
    let database = site.lab.db().conn;
    let tokens: Vec<String> = database.all("SELECT digest FROM sessions", &[], |row| row.get(0)).unwrap();
    let secret = visitor.cookie.split('=').nth(1).unwrap().to_owned();
    assert!(!tokens.contains(&secret), "the database does not hold tokens");
    database.execute("UPDATE sessions SET seen_at = seen_at - 31 * 60000", &[]).unwrap();
    let page = visitor.get("/console/claims?state=held");
    assert_eq!(page.status, 303);
    assert_eq!(page.location, "/console/sign-in?expired=1&next=%2Fconsole%2Fclaims%3Fstate%3Dheld");
    let page = visitor.get(&page.location);
    assert!(page.body.contains("已为您退出"), "{}", page.body);
    let form = [("name", "reviewer"), ("password", PASSWORD), ("next", "/console/claims?state=held")];
    assert_eq!(visitor.post("/console/sign-in", &form, None).location, "/console/claims?state=held");
    // Twelve hours are the end, however busy they were.
    database.execute("UPDATE sessions SET created_at = created_at - 13 * 3600000", &[]).unwrap();
    assert_eq!(visitor.get("/console").status, 303);
}

#[test]
fn nobody_is_sent_to_another_site() {
    let site = Site::open();
    for next in ["https://example.org/", "//example.org/", "/\\example.org", "/consolex", "javascript:alert(1)"] {
        let form = [("name", "auditor"), ("password", PASSWORD), ("next", next)];
        assert_eq!(site.visitor().post("/console/sign-in", &form, None).location, "/console", "{next}");
    }
}

#[test]
fn forms_of_other_sites_are_refused() {
    let site = Site::open();
    let mut admin = site.signed_in("admin");
    let form = [("store", "S001"), ("till", "09")];
    assert_eq!(admin.post("/console/stores/till", &form, Some("https://example.org")).status, 403);
    assert!(!admin.get("/console/stores").body.contains("<td>09</td>"));
    assert_eq!(admin.post("/console/sign-out", &[], Some("https://example.org")).status, 403);
    assert_eq!(admin.get("/console").status, 200);
    assert_eq!(admin.post("/console/sign-out", &[], None).status, 303);
    assert_eq!(admin.get("/console").status, 303);
}

#[test]
fn pages_say_what_browsers_may_do_with_them() {
    let site = Site::open();
    let page = site.signed_in("auditor").get("/console");
    let header = |name: &str| page.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let cookie = site.visitor().sign_in("auditor", PASSWORD).headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    // The tills' API is as it was.
    assert_eq!(site.visitor().get("/v1/keys").status, 401);
    assert_eq!(site.visitor().get("/").location, "/console");
}

#[test]
fn a_new_password_ends_sessions_and_opens_the_door_again() {
    let site = Site::open();
    let mut visitor = site.signed_in("payer");
    site.lab.hq_ok(&["user", "password", "payer"]);
    assert_eq!(visitor.get("/console").status, 303);
    site.signed_in("payer");
    assert_eq!(site.lab.hq(&["user", "password", "nobody"]).code, 2);
}

#[test]
fn nobody_fills_the_memory_by_signing_in() {
    let site = Site::open();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", site.server.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    };
    // No name is as long as this: it is refused before it is remembered.
    assert_eq!(site.visitor().sign_in(&"x".repeat(200), PASSWORD).status, 422);
    assert_eq!(site.visitor().sign_in(&"x".repeat(100_000), PASSWORD).status, 413);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let site = &site;
        let tries: Vec<_> = (0..48)
            .map(|n| scope.spawn(move || site.visitor().sign_in(&format!("nobody-{n}"), PASSWORD).status))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // Some may have been asked to come again; nobody got more than a refusal.
    assert!(answers.iter().all(|status| [422, 429, 503].contains(status)), "{answers:?}");
    let mib = resident();
    assert!(mib < 400, "48 passwords at once cost {mib} MiB");
    site.signed_in("auditor");
}
