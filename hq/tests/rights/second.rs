//! The second step of signing in.

use hq::params;
use hq::service::access::Role;
use hq::service::totp;
use hq::store::now_ms;

use crate::lab::{Lab, PASSWORD, Visitor};
use crate::walk::routes;

/// A secret as its page shows it.
fn unbase32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for c in text.chars() {
        let value = u32::try_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap()).unwrap();
        (bits, held) = ((bits << 5) | value, held + 5);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 255).unwrap());
        }
    }
    bytes
}

/// The code of a step, so many after the present one. Near its end a step is waited out: the test's codes
/// belong to the present one.
fn code(secret: &[u8], later: i64) -> String {
    let left = 30_000 - now_ms() % 30_000;
    if left < 3_000 {
        std::thread::sleep(std::time::Duration::from_millis(u64::try_from(left).unwrap() + 10));
    }
    totp::code(secret, totp::step(now_ms() / 1000) + later).unwrap()
}

/// Sets a second step up by its page; the secret and the recovery codes.
fn set_up(visitor: &mut Visitor<'_>) -> (Vec<u8>, Vec<String>) {
    let page = visitor.get("/console/account/second-step").text();
    assert!(page.contains("class=\"qr\""), "{page}");
    let shown = page.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(
        visitor.get("/console/account/second-step").text().matches(shown).count(),
        1,
        "the same when loaded again"
    );
    let secret = unbase32(shown);
    assert_eq!((secret.len(), totp::base32(&secret).as_str()), (20, shown));
    let wrong = visitor.post("/console/account/second-step", &[("code", "abcdef")]);
    assert!(wrong.status == 422 && wrong.text().contains(shown), "{}", wrong.text());
    // The step before the present one, so that the present one is not used up.
    let page = visitor.post("/console/account/second-step", &[("code", &code(&secret, -1))]);
    assert_eq!(page.status, 200, "{}", page.text());
    let codes: Vec<String> =
        page.text().split("<li><code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[test]
fn a_code_is_asked_for_and_works_once() {
    let lab = Lab::open();
    lab.everybody();
    let (secret, codes) = set_up(&mut lab.signed_in("payer"));
    let mut payer = lab.signed_in("payer");
    // With the password alone nothing is opened.
    for route in routes().iter().filter(|route| route.get && route.place().is_some()) {
        assert_eq!(payer.goes_to(&route.with(&[])), "/console/sign-in/code", "{}", route.path);
    }
    for page in ["/console/account", "/console/account/password", "/console/account/second-step", "/console/confirm"] {
        assert!(["/console/sign-in/code", "/console"].contains(&payer.goes_to(page).as_str()), "{page}");
    }
    let answer = payer.post("/console/account/sign-out-everywhere", &[]);
    assert_eq!(answer.header("location"), "/console/sign-in/code");
    let answer = payer.post("/console/sign-in/code", &[("code", "abcdef")]);
    assert!(answer.status == 422 && answer.text().contains("验证码不对"));
    let present = code(&secret, 0);
    assert_eq!(payer.post("/console/sign-in/code", &[("code", &present)]).header("location"), "/console");
    assert_eq!(payer.get("/console").status, 200);
    // The same code opens no second session; nor does one from before it.
    let mut other = lab.signed_in("payer");
    assert_eq!(other.post("/console/sign-in/code", &[("code", &present)]).status, 422);
    assert_eq!(other.post("/console/sign-in/code", &[("code", &code(&secret, -1))]).status, 422);
    // A recovery code does, once, however it is typed.
    let typed = codes[3].to_lowercase().replace('-', " ");
    assert_eq!(other.post("/console/sign-in/code", &[("code", &typed)]).status, 303);
    let mut third = lab.signed_in("payer");
    assert_eq!(third.post("/console/sign-in/code", &[("code", &codes[3])]).status, 422);
    assert!(payer.get("/console/account").text().contains("还有 9 个备用码"));
    // New ones take the place of the old ones.
    assert_eq!(payer.post("/console/account/recovery-codes", &[]).status, 200);
    assert_eq!(third.post("/console/sign-in/code", &[("code", &codes[4])]).status, 422);
    assert_eq!(payer.post("/console/account/second-step-off", &[]).status, 303);
    assert_eq!(lab.signed_in("payer").get("/console").status, 200);
}

#[test]
fn wrong_codes_are_slowed_down_and_secrets_are_sealed() {
    let lab = Lab::open();
    lab.everybody();
    let (secret, codes) = set_up(&mut lab.signed_in("admin"));
    let mut admin = lab.signed_in("admin");
    for n in 0..5 {
        assert_eq!(admin.post("/console/sign-in/code", &[("code", &format!("x{n}"))]).status, 422);
    }
    let answer = admin.post("/console/sign-in/code", &[("code", &code(&secret, 0))]);
    assert!(answer.status == 422 && answer.text().contains("秒后再试"), "{}", answer.text());
    // Signing in again with the right password does not make it shorter.
    let mut again = lab.signed_in("admin");
    assert!(again.post("/console/sign-in/code", &[("code", &codes[0])]).text().contains("秒后再试"));
    let audit = lab.signed_in("auditor").get("/console/audit").text();
    assert!(audit.contains("第二步被拒"));
    // What the database keeps opens nothing by itself.
    let db = lab.hq.db();
    let sealed: Vec<u8> = db.conn.value("SELECT totp_enc FROM users WHERE name = 'admin'", params![]).unwrap();
    assert!(sealed.len() > secret.len() && !sealed.windows(secret.len()).any(|part| part == secret));
    let macs = db.conn.all("SELECT mac FROM recovery_codes", params![], |row| row.get::<String>(0)).unwrap();
    assert_eq!(macs.len(), 10);
    let plain = codes[0].replace('-', "");
    assert!(macs.iter().all(|mac| !mac.contains(&plain) && *mac != sync::sha256(plain.as_bytes())));
}

#[test]
fn who_lets_money_go_can_be_made_to_have_one() {
    let lab = Lab::open();
    lab.everybody();
    let mut admin = lab.signed_in("admin");
    assert_eq!(admin.post("/console/people/second-step", &[("on", "1")]).status, 303);
    for role in Role::ALL {
        let mut visitor = lab.signed_in(role.code());
        if matches!(role, Role::Approver | Role::Payer | Role::Admin) {
            assert_eq!(visitor.goes_to("/console"), "/console/account/second-step", "{role:?}");
            assert_eq!(visitor.post("/console/people/second-step", &[("on", "0")]).status, 303);
            set_up(&mut visitor);
        }
        assert_eq!(visitor.get("/console").status, 200, "{role:?}");
    }
    // Required means required: turning it off leads back to setting it up.
    assert_eq!(lab.signed_in("reviewer").get("/console/people").status, 403);
    let db_says = hq::service::second::is_on(&lab.hq.db().conn).unwrap();
    assert!(db_says, "nobody without a second step turned it off");
    // The telephone is lost, and so are the codes.
    lab.user("second", Role::Admin, None, None);
    let mut second = lab.signed_in("second");
    set_up(&mut second);
    assert_eq!(second.post("/console/people/of/payer", &[("what", "second-step")]).status, 303);
    assert_eq!(lab.signed_in("payer").goes_to("/console"), "/console/account/second-step");
    assert_eq!(second.post("/console/people/second-step", &[("on", "0")]).status, 303);
    assert_eq!(lab.signed_in("payer").get("/console").status, 200);
}

#[test]
fn a_session_without_its_second_step_does_not_last() {
    let lab = Lab::open();
    lab.everybody();
    let (secret, _) = set_up(&mut lab.signed_in("payer"));
    let mut payer = lab.visitor();
    payer.sign_in("payer", PASSWORD);
    let sql = "UPDATE sessions SET created_at = created_at - 660000 WHERE code_due = 1";
    assert_eq!(lab.hq.db().conn.execute(sql, params![]).unwrap(), 1);
    let answer = payer.post("/console/sign-in/code", &[("code", &code(&secret, 0))]);
    assert!(answer.header("location").starts_with("/console/sign-in?"));
}
