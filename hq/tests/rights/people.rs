//! Adding, changing and blocking people; passwords; sessions that end.

use hq::params;
use hq::service::access::{Action, Role};
use hq::service::session::{self, SignInError};
use hq::service::users::{self, Change, Rights, Wrong};

use crate::lab::{Lab, PASSWORD};

fn rights(role: Role) -> Rights {
    Rights { role, store: None, district: None }
}

#[test]
fn somebody_new_replaces_the_first_password_before_anything_else() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    let mut boss = lab.signed_in("boss");
    let form = [("name", "wang"), ("role", "reviewer"), ("store", ""), ("district", "")];
    let page = boss.post("/console/people", &form).text();
    let first = page.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!boss.get("/console/people").text().contains(&first), "it is shown once");
    assert!(boss.post("/console/people", &form).text().contains("已经有人用了"));
    let mut wang = lab.visitor();
    assert_eq!(wang.sign_in("wang", &first).status, 303);
    for page in ["/console", "/console/claims", "/console/claims.csv", "/console/account/second-step"] {
        assert_eq!(wang.goes_to(page), "/console/account/password");
    }
    assert_eq!(wang.post("/console/households", &[("number", "1")]).status, 303);
    let change = |old: &str, new: &str, again: &str| {
        [("old", old.to_owned()), ("new", new.to_owned()), ("again", again.to_owned())]
    };
    for (old, new, again, why) in [
        (first.as_str(), "a new password", "another", "不一样"),
        (&first, "short", "short", "太短"),
        (&first, &first, &first, "和现在的一样"),
        ("wrong", "a new password", "a new password", "现在的密码不对"),
    ] {
        let sent = change(old, new, again);
        let answer = wang.post("/console/account/password", &sent.each_ref().map(|(k, v)| (*k, v.as_str())));
        assert!(answer.status == 422 && answer.text().contains(why), "{why}: {}", answer.text());
    }
    let sent = change(&first, "a new password", "a new password");
    let answer = wang.post("/console/account/password", &sent.each_ref().map(|(k, v)| (*k, v.as_str())));
    assert_eq!(answer.header("location"), "/console/account?done=password");
    assert_eq!(wang.get("/console/claims").status, 200);
    assert_eq!(lab.visitor().sign_in("wang", &first).status, 422);
    // A new password by the administrator ends what was open.
    let page = boss.post("/console/people/of/wang", &[("what", "password")]);
    assert_eq!(page.status, 200);
    assert!(wang.goes_to("/console").starts_with("/console/sign-in"));
    assert_eq!(lab.visitor().sign_in("wang", "a new password").status, 422);
}

#[test]
fn another_role_or_a_block_ends_sessions() {
    let lab = Lab::open();
    lab.everybody();
    let mut admin = lab.signed_in("admin");
    let mut payer = lab.signed_in("payer");
    assert_eq!(payer.get("/console/claims").status, 403);
    let form = [("what", "rights"), ("role", "reviewer"), ("store", ""), ("district", "3708")];
    assert_eq!(admin.post("/console/people/of/payer", &form).status, 303);
    assert!(payer.goes_to("/console").starts_with("/console/sign-in"));
    let mut payer = lab.signed_in("payer");
    assert_eq!(payer.get("/console/claims").status, 200);
    assert_eq!(admin.post("/console/people/of/payer", &[("what", "block")]).status, 303);
    assert!(payer.goes_to("/console").starts_with("/console/sign-in"));
    assert_eq!(lab.visitor().sign_in("payer", PASSWORD).status, 422, "the right password opens nothing");
    assert!(admin.get("/console/people").text().contains("已停用"));
    assert_eq!(admin.post("/console/people/of/payer", &[("what", "unblock")]).status, 303);
    lab.signed_in("payer");
    let said = admin.get("/console/audit?who=admin").text();
    for word in ["修改角色和范围", "停用人员", "恢复人员"] {
        assert!(said.contains(word), "{word}");
    }
    assert!(admin.get("/console/people").text().contains("reviewer"));
}

#[test]
fn an_administrator_is_always_left() {
    let lab = Lab::open();
    let boss = lab.user("boss", Role::Admin, None, None);
    let change = |who, name: &str, change: Change| users::change(&lab.hq, who, name, &change).unwrap();
    for own in [Change::Blocked(true), Change::Rights(rights(Role::Auditor))] {
        assert_eq!(change(&boss, "boss", own), Err(Wrong::Own));
    }
    // One of a district alone is no other one.
    lab.user("local", Role::Admin, None, Some("3708"));
    let second = lab.user("second", Role::Admin, None, None);
    assert_eq!(change(&second, "boss", Change::Blocked(true)), Ok(None));
    // Blocked meanwhile, with a request that was under way.
    assert_eq!(change(&boss, "second", Change::Blocked(true)), Err(Wrong::NotAllowed));
    assert_eq!(change(&second, "boss", Change::Blocked(false)), Ok(None));
    // Both at once: the second one is an administrator no more when it is that one's turn.
    lab.hq.db().conn.execute("UPDATE users SET blocked = 1 WHERE name = 'boss'", params![]).unwrap();
    assert_eq!(change(&second, "second", Change::Blocked(true)), Err(Wrong::Own));
    let third = lab.user("third", Role::Admin, None, None);
    assert_eq!(change(&third, "second", Change::Rights(rights(Role::Payer))), Ok(None));
    lab.hq.db().conn.execute("UPDATE users SET district = '3708' WHERE name = 'third'", params![]).unwrap();
    let left = change(&third, "third", Change::Rights(rights(Role::Payer)));
    assert_eq!(left, Err(Wrong::Own));
}

#[test]
fn nobody_else_manages_people_and_wrong_rights_are_refused() {
    let lab = Lab::open();
    lab.everybody();
    for role in Role::ALL.into_iter().filter(|role| !role.may_do(Action::ManagePeople)) {
        let actor = session::Person {
            name: role.code().into(),
            role,
            store: (role == Role::Manager).then(|| "S001".into()),
            district: None,
            confirmed_at: hq::store::now_ms(),
        };
        assert_eq!(users::add(&lab.hq, &actor, "new", &rights(Role::Admin)).unwrap(), Err(Wrong::NotAllowed));
        let more = Change::Rights(rights(Role::Admin));
        assert_eq!(users::change(&lab.hq, &actor, role.code(), &more).unwrap(), Err(Wrong::NotAllowed));
        assert!(!hq::service::second::require(&lab.hq, &actor, false).unwrap());
    }
    let admin = lab.user("boss", Role::Admin, None, None);
    let with = |role, store: Option<&str>, district: Option<&str>| Rights {
        role,
        store: store.map(Into::into),
        district: district.map(Into::into),
    };
    for (name, rights, wrong) in [
        ("王芳", rights(Role::Auditor), Wrong::Name),
        ("a/b", rights(Role::Auditor), Wrong::Name),
        ("payer", rights(Role::Auditor), Wrong::Taken),
        ("new", rights(Role::Manager), Wrong::Store),
        ("new", with(Role::Payer, Some("S001"), None), Wrong::Store),
        ("new", with(Role::Manager, Some("S009"), None), Wrong::NoSuchStore),
        ("new", with(Role::Payer, None, Some("37o8")), Wrong::District),
    ] {
        assert_eq!(users::add(&lab.hq, &admin, name, &rights).unwrap(), Err(wrong), "{name}");
    }
}

#[test]
fn one_signs_out_everywhere_and_sees_where_one_is() {
    let lab = Lab::open();
    lab.everybody();
    let (mut here, mut there) = (lab.signed_in("auditor"), lab.signed_in("auditor"));
    let mut other = lab.signed_in("reviewer");
    let page = here.get("/console/account").text();
    assert_eq!((page.matches("127.0.0.1").count(), page.matches("现在这个").count()), (2, 1));
    let answer = here.post("/console/account/sign-out-everywhere", &[]);
    assert_eq!(answer.header("location"), "/console/sign-in");
    assert!(there.goes_to("/console").starts_with("/console/sign-in"));
    assert_eq!(other.get("/console").status, 200);
    // One's own new password ends the others and keeps this one.
    let (mut here, mut there) = (lab.signed_in("auditor"), lab.signed_in("auditor"));
    let form = [("old", PASSWORD), ("new", "a better password"), ("again", "a better password")];
    assert_eq!(here.post("/console/account/password", &form).status, 303);
    assert_eq!(here.get("/console").status, 200);
    assert!(there.goes_to("/console").starts_with("/console/sign-in"));
}

#[test]
fn something_sensitive_asks_for_the_password_again() {
    let lab = Lab::open();
    lab.everybody();
    let mut admin = lab.signed_in("admin");
    let form = [("what", "block")];
    let long_ago = || {
        let sql = "UPDATE sessions SET confirmed_at = confirmed_at - 660000";
        lab.hq.db().conn.execute(sql, params![]).unwrap();
    };
    long_ago();
    let answer = admin.post("/console/people/of/payer", &form);
    let page = "/console/confirm?next=%2Fconsole%2Fpeople%2Fof%2Fpayer";
    assert_eq!((answer.status, answer.header("location")), (303, page));
    lab.signed_in("payer");
    assert!(admin.get(page).text().contains("再输一次密码"));
    let wrong = admin.post("/console/confirm", &[("password", "wrong"), ("next", "/console/people/of/payer")]);
    assert!(wrong.status == 422 && wrong.text().contains("密码不对"));
    let right = admin.post("/console/confirm", &[("password", PASSWORD), ("next", "/console/people/of/payer")]);
    assert_eq!(right.header("location"), "/console/people/of/payer");
    assert_eq!(admin.post("/console/people/of/payer", &form).status, 303);
    assert_eq!(lab.visitor().sign_in("payer", PASSWORD).status, 422);
    // Wrong ones are slowed down as at the door, and by the same count.
    for _ in 0..5 {
        admin.post("/console/confirm", &[("password", "wrong")]);
    }
    assert!(matches!(session::sign_in(&lab.hq, "admin", PASSWORD, "127.0.0.1").unwrap(), Err(SignInError::Wait(_))));
}
