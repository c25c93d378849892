//! Reviewers, stores that dispute, and signs of fraud.

use domain::money::Money;
use hq::params;
use hq::service::access::Role;
use hq::service::decide::{self, NotDone, Order, Seen, Verdict};
use hq::service::session::Person;
use hq::service::{Hq, signs};
use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{Lab, Till, id_number};

use crate::site::{Site, Visitor};

const RICE: &str = "6900000000014";

/// Two tills sold to one family without a line, quickly: from the third on claims are held, in one store
/// alike, in the other also above what the family may have.
fn held() -> Site {
    let lab = Lab::with_households(1);
    let mut server = lab.serve();
    let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
    let address = server.address();
    server.kill();
    for till in &tills {
        let mut drive = till.open();
        for _ in 0..5 {
            drive.sell(&[RICE], Some(&id_number(0)));
        }
    }
    watch(&lab, &[("S02", &[("n", 3), ("seconds", 900)])]);
    let server = lab.serve_on(&address);
    for till in &tills {
        till.ok(&["sync"], "");
    }
    Site::of(lab, server)
}

/// From now on signs look at every till, with these figures.
fn watch(lab: &Lab, figures: &[(&str, &[(&str, i64)])]) {
    let hq = Hq::open(lab.place(), &lab.hq_dir().join("keys.json")).unwrap();
    let admin = Person { role: Role::Admin, ..reviewer("setup") };
    let all = [("ALL", [("learn_days", 0)].as_slice())];
    for (code, numbers) in all.iter().chain(figures) {
        let numbers = numbers.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        signs::set(&hq, &admin, code, true, &numbers).unwrap().unwrap();
    }
}

/// Headquarters, opened a second time beside the server.
fn service(site: &Site) -> Hq {
    Hq::open(site.lab.place(), &site.lab.hq_dir().join("keys.json")).unwrap()
}

fn reviewer(name: &str) -> Person {
    Person { name: name.into(), role: Role::Reviewer, store: None, district: None, confirmed_at: 0 }
}

fn order(verdict: Verdict, code: Option<&str>, note: &str) -> Order {
    Order { verdict, code: code.map(Into::into), note: note.into() }
}

/// Claims of a state: what a reviewer saw, id, claimed and granted in fen.
fn in_state(site: &Site, state: &str) -> Vec<(Seen, String, i64, i64)> {
    let sql = "SELECT id, version, uuid, claimed_fen, granted_fen FROM claims WHERE state = ?1 ORDER BY store, id";
    let rows = site.lab.db().conn.all(sql, params![state], |row| {
        Ok((Seen { id: row.get(0)?, version: row.get(1)? }, row.get(2)?, row.get(3)?, row.get(4)?))
    });
    rows.unwrap()
}

fn one_held(site: &Site) -> (Seen, String, i64, i64) {
    in_state(site, "held").into_iter().find(|c| c.3 > 0).expect("a claim is held, and would be granted something")
}

fn claim(site: &Site, id: &str) -> Value {
    site.lab.claims().into_iter().find(|c| c["id"] == id).unwrap()
}

/// What balances count of a limit in all.
fn counted(site: &Site) -> i64 {
    site.lab.db().conn.value("SELECT sum(used_milli) FROM balances", params![]).unwrap()
}

fn events(site: &Site, seen: Seen) -> Vec<(String, String)> {
    let sql = "SELECT event, who FROM claim_events WHERE claim_id = ?1 ORDER BY id";
    site.lab.db().conn.all(sql, params![seen.id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn a_held_claim_is_let_go_put_back_and_rejected_and_the_books_follow() {
    let site = held();
    let hq = service(&site);
    let me = reviewer("reviewer");
    let (seen, id, claimed, granted) = one_held(&site);
    let before = counted(&site);
    let done = decide::decide(&hq, &me, &[seen], &order(Verdict::LetGo, None, "")).unwrap().unwrap();
    assert_eq!(done[0].granted.fen_i64(), granted);
    let state = if granted == claimed { "accepted" } else { "adjusted" };
    assert_eq!((done[0].state, claim(&site, &id)["state"].as_str().unwrap()), (state, state));
    let after = counted(&site);
    assert!(after <= before, "what is held counts as claimed, what is let go as granted");
    site.lab.hq_ok(&["verify"]);

    // As it was seen before, it is gone; as it stands now, it can be put back.
    let stale = decide::decide(&hq, &me, &[seen], &order(Verdict::Reject, Some("R16"), "没有小票")).unwrap();
    assert!(matches!(stale, Err(NotDone::Changed { .. })), "{stale:?}");
    let now = in_state(&site, state).into_iter().find(|c| c.1 == id).unwrap().0;
    decide::decide(&hq, &me, &[now], &order(Verdict::Hold, Some("R16"), "等照片")).unwrap().unwrap();
    assert_eq!(counted(&site), before);
    assert!(claim(&site, &id)["reasons"].as_array().unwrap().contains(&json!("R16")));
    site.lab.hq_ok(&["verify"]);

    let now = in_state(&site, "held").into_iter().find(|c| c.1 == id).unwrap();
    assert_eq!(now.3, granted, "letting it go would give what it would have given");
    decide::decide(&hq, &me, &[now.0], &order(Verdict::Reject, Some("R16"), "没有小票")).unwrap().unwrap();
    assert_eq!(claim(&site, &id)["granted"]["claim"], "0.00");
    assert!(counted(&site) < after, "what is rejected counts nothing");
    site.lab.hq_ok(&["verify"]);
    let told: Vec<String> = events(&site, seen).into_iter().map(|(event, who)| format!("{event} {who}")).collect();
    assert_eq!(told, ["judged ", "decided reviewer", "decided reviewer", "decided reviewer"]);
    // The till learns it, in words.
    let till = Till { dir: site.lab.dir.path().join("S001-01") };
    let store = claim(&site, &id)["store"].as_str().unwrap().to_owned();
    let till = if store == "S001" { till } else { Till { dir: site.lab.dir.path().join("S002-01") } };
    till.ok(&["sync"], "");
    let known = Connection::open(till.dir.join("till.db")).unwrap();
    let line: String =
        known.query_row("SELECT document FROM decisions WHERE claim = ?1", [&id], |row| row.get(0)).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["state"].as_str(), line["subsidy"].as_str()), (Some("rejected"), Some("0.00")));
    assert_eq!(line["note"], "没有小票");
}

#[test]
fn less_is_granted_by_line_and_never_more_than_was_claimed() {
    let site = held();
    let hq = service(&site);
    let me = reviewer("reviewer");
    let asking = in_state(&site, "held").into_iter().find(|c| c.2 > 100).expect("a held claim asks for money");
    let (seen, id, claimed, _) = asking;
    let grant = |fen: i64| Verdict::Grant([(1, Money::from_fen(fen.into()))].into_iter().collect());
    let high = decide::decide(&hq, &me, &[seen], &order(grant(claimed + 1), Some("R04"), "看过了")).unwrap();
    assert_eq!(high, Err(NotDone::Amount(1)));
    let done = decide::decide(&hq, &me, &[seen], &order(grant(100), Some("R04"), "只认一半")).unwrap().unwrap();
    assert_eq!(done[0].state, "adjusted");
    let granted = claim(&site, &id)["granted"].clone();
    assert_eq!((granted["claim"].as_str(), done[0].granted.fen_i64()), (Some("1.00"), 100));
    site.lab.hq_ok(&["verify"]);
    let sql = "SELECT sum(subsidy_fen + purse_fen) FROM claim_programmes WHERE claim_id = ?1";
    let programmes: i64 = site.lab.db().conn.value(sql, params![seen.id]).unwrap();
    assert_eq!(programmes, 100);
    // An adjusted claim can get all of it after all.
    let now = in_state(&site, "adjusted").into_iter().find(|c| c.1 == id).unwrap().0;
    decide::decide(&hq, &me, &[now], &order(grant(claimed), Some("R04"), "小票补来了")).unwrap().unwrap();
    let whole = claim(&site, &id);
    assert_eq!((whole["state"].as_str(), &whole["reasons"]), (Some("accepted"), &json!([])));
    assert_eq!(whole["granted"]["claim"], whole["totals"]["claim"]);
    site.lab.hq_ok(&["verify"]);
}

#[test]
fn of_two_reviewers_one_decides_and_the_other_is_told() {
    let site = held();
    let (seen, id, ..) = one_held(&site);
    let doors = [service(&site), service(&site)];
    let verdicts = [order(Verdict::LetGo, None, ""), order(Verdict::Reject, Some("R15"), "不像真的")];
    let results: Vec<_> = std::thread::scope(|scope| {
        let run = |i: usize| {
            let (hq, order) = (&doors[i], &verdicts[i]);
            scope.spawn(move || decide::decide(hq, &reviewer(["甲", "乙"][i]), &[seen], order).unwrap())
        };
        let threads = [run(0), run(1)];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    let winner = if results[0].is_ok() { "甲" } else { "乙" };
    let Some(Err(NotDone::Changed { last: Some(last), .. })) = results.iter().find(|r| r.is_err()) else {
        panic!("{results:?}")
    };
    assert_eq!(last.who, winner);
    assert_eq!(events(&site, seen).iter().filter(|(event, _)| event == "decided").count(), 1);
    assert_ne!(claim(&site, &id)["state"], "held");
    site.lab.hq_ok(&["verify"]);
}

#[test]
fn who_may_not_decide_is_refused() {
    let site = held();
    let hq = service(&site);
    let (seen, id, ..) = one_held(&site);
    let let_go = order(Verdict::LetGo, None, "");
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Reviewer) {
        let person = Person { role, store: Some("S001".into()), ..reviewer("somebody") };
        assert_eq!(decide::decide(&hq, &person, &[seen], &let_go).unwrap(), Err(NotDone::Role), "{role:?}");
    }
    let elsewhere = Person { district: Some("370899".into()), ..reviewer("far") };
    assert_eq!(decide::decide(&hq, &elsewhere, &[seen], &let_go).unwrap(), Err(NotDone::Gone));
    for missing in [
        order(Verdict::Reject, Some("R15"), " "),
        order(Verdict::Reject, None, "不行"),
        order(Verdict::Reject, Some("R99x"), "不行"),
        order(Verdict::Hold, None, ""),
    ] {
        assert_eq!(decide::decide(&hq, &reviewer("r"), &[seen], &missing).unwrap(), Err(NotDone::Words), "{missing:?}");
    }
    let refuse = order(Verdict::Refuse, None, "没有申诉");
    assert_eq!(decide::decide(&hq, &reviewer("r"), &[seen], &refuse).unwrap(), Err(NotDone::State("held".into())));
    let household: String =
        site.lab.db().conn.value("SELECT household FROM claims WHERE id = ?1", params![seen.id]).unwrap();
    let noted =
        site.signed_in("admin").post("/console/signs/own", &[("user", "reviewer"), ("household", &household)], None);
    assert_eq!(noted.status, 303, "{}", noted.body);
    assert_eq!(decide::decide(&hq, &reviewer("reviewer"), &[seen], &let_go).unwrap(), Err(NotDone::Own));
    assert_eq!(claim(&site, &id)["state"], "held", "nothing was decided");
    assert_eq!(events(&site, seen).len(), 1);
}

#[test]
fn the_steps_of_a_claims_life_are_these() {
    let states = [
        "accepted",
        "adjusted",
        "held",
        "rejected",
        "disputed",
        "reviewed",
        "batched",
        "approved",
        "paid",
        "confirmed",
    ];
    let may = |from: &str| states.into_iter().filter(|to| decide::may_become(from, to)).collect::<Vec<_>>();
    assert_eq!(may("held"), ["accepted", "adjusted", "held", "rejected", "disputed"]);
    assert_eq!(may("accepted"), ["held", "batched"]);
    assert_eq!(may("adjusted"), ["accepted", "adjusted", "held", "rejected", "disputed", "batched"]);
    assert_eq!(may("rejected"), ["held", "disputed"]);
    assert_eq!(may("disputed"), ["reviewed"]);
    assert_eq!(may("reviewed"), ["held", "batched"]);
    assert_eq!(may("batched"), ["accepted", "adjusted", "reviewed", "approved"]);
    assert_eq!(may("paid"), ["approved", "confirmed"]);
    assert!(may("confirmed").is_empty());
    let site = held();
    let hq = service(&site);
    let (seen, ..) = one_held(&site);
    let db = hq.db();
    let tx = db.begin().unwrap();
    assert!(decide::set_state(&tx, seen.id, "paid", "payer", "paid", &json!({})).is_err());
    assert!(decide::set_state(&tx, 0, "held", "payer", "paid", &json!({})).is_err());
}

fn form<'a>(seen: &'a str, id: &'a str, verdict: &'a str, code: &'a str, note: &'a str) -> [(&'a str, &'a str); 6] {
    [("version", seen), ("claim", id), ("tab", "held"), ("verdict", verdict), ("code", code), ("note", note)]
}

#[test]
fn a_reviewer_works_through_the_queue_by_pages() {
    let site = held();
    let all = in_state(&site, "held");
    assert!(all.len() > 2, "{all:?}");
    let mut browser = site.signed_in("reviewer");
    let queue = browser.get("/console/review").body;
    assert_eq!(queue.matches("name=\"pick\"").count(), all.len());
    assert!(queue.contains("accesskey=\"j\"") && queue.contains("按键"), "{queue}");
    let first = queue.split("href=\"/console/claims/").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let page = browser.get(&format!("/console/claims/{first}")).body;
    for word in ["accesskey=\"a\"", "accesskey=\"r\"", "这一户这个月", "记录链前后", "经过", "前后的日结", "总部自动"]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(page.contains("accesskey=\"j\"") && !page.contains("accesskey=\"k\""), "the first has no one before it");
    let id = first.split('?').next().unwrap();
    let (seen, ..) = all.iter().find(|c| c.1 == id).unwrap();
    let (path, version) = (format!("/console/review/claims/{}", seen.id), seen.version.to_string());
    let refused = browser.post(&path, &form(&version, id, "reject", "", "不对"), None);
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("请写明原因") && refused.body.contains("value=\"不对\""), "{}", refused.body);
    let done = browser.post(&path, &form(&version, id, "let_go", "", ""), None);
    assert_eq!(done.status, 303);
    assert!(done.location.starts_with("/console/claims/") && !done.location.contains(id), "{}", done.location);
    assert!(browser.get(&done.location).body.contains("已决定："));
    let late = site.signed_in("reviewer").post(&path, &form(&version, id, "reject", "R15", "不对"), None);
    assert_eq!(late.status, 409);
    assert!(late.body.contains("已经处理了这笔申报"), "{}", late.body);
    for role in ["auditor", "manager", "admin"] {
        let (seen, id, ..) = one_held(&site);
        let path = format!("/console/review/claims/{}", seen.id);
        let mut other = site.signed_in(role);
        let answer = other.post(&path, &form(&seen.version.to_string(), &id, "let_go", "", ""), None);
        assert!([403, 404, 409].contains(&answer.status), "{role}: {}", answer.status);
        assert_eq!(claim(&site, &id)["state"], "held", "{role}");
        let page = other.get(&format!("/console/claims/{id}")).body;
        assert!(!page.contains("name=\"verdict\""), "{role}");
    }
}

#[test]
fn claims_that_are_alike_are_decided_together_or_not_at_all() {
    let site = held();
    let all = in_state(&site, "held");
    let key = |id: &str| (claim(&site, id)["store"].clone(), claim(&site, id)["reasons"].clone());
    let first = key(&all[0].1);
    let (alike, other): (Vec<_>, Vec<_>) = all.iter().partition(|c| key(&c.1) == first);
    assert!(alike.len() > 1 && !other.is_empty(), "{all:?}");
    let mut browser = site.signed_in("reviewer");
    let picks = |of: &[&(Seen, String, i64, i64)]| {
        of.iter().map(|c| format!("{}.{}", c.0.id, c.0.version)).collect::<Vec<String>>()
    };
    let query: Vec<String> = picks(&alike).iter().map(|pick| format!("pick={pick}")).collect();
    let sheet = browser.get(&format!("/console/review/bulk?{}", query.join("&"))).body;
    let sum: i64 = alike.iter().map(|c| c.2).sum();
    assert!(sheet.contains(&domain::words::yuan(Money::from_fen(sum.into()))), "{sheet}");
    assert!(sheet.contains("全部放行"));
    let reject = |picks: &[String]| {
        let mut form: Vec<(String, String)> = picks.iter().map(|pick| ("pick".into(), pick.clone())).collect();
        form.extend(
            [("verdict", "reject"), ("code", "R16"), ("note", "都没有小票")].map(|(k, v)| (k.into(), v.into())),
        );
        form
    };
    let post = |browser: &mut Visitor, form: &[(String, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        browser.post("/console/review/bulk", &form, None)
    };
    let mut mixed = picks(&alike);
    mixed.extend(picks(&other[..1]));
    assert_eq!(post(&mut browser, &reject(&mixed)).status, 409);
    assert_eq!(in_state(&site, "held").len(), all.len(), "none was decided");
    let mut stale = picks(&alike);
    stale[0] = format!("{}.0", alike[0].0.id);
    assert_eq!(post(&mut browser, &reject(&stale)).status, 409);
    assert_eq!(in_state(&site, "held").len(), all.len(), "one had changed: none was decided");
    let done = post(&mut browser, &reject(&picks(&alike)));
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(in_state(&site, "rejected").len(), alike.len());
    site.lab.hq_ok(&["verify"]);
}

#[test]
fn a_sign_that_is_set_holds_a_claim_and_says_why() {
    let site = Site::open();
    let mut reviewer = site.signed_in("reviewer");
    let page = reviewer.get("/console/signs").body;
    assert!(page.contains("快得不可能") && page.contains("在 60 秒里做了 5 笔申报"), "{page}");
    let set = |browser: &mut Visitor, form: &[(&str, &str)]| browser.post("/console/signs", form, None).status;
    assert_eq!(set(&mut reviewer, &[("sign", "ALL"), ("on", "1"), ("learn_days", "0")]), 303);
    let fast = [("sign", "S02"), ("on", "1"), ("n", "3"), ("seconds", "900")];
    assert_eq!(set(&mut site.signed_in("auditor"), &fast), 422, "who only looks changes nothing");
    assert_eq!(site.signed_in("manager").post("/console/signs", &fast, None).status, 403);
    assert_eq!(set(&mut reviewer, &[("sign", "S02"), ("on", "1"), ("n", "3"), ("seconds", "90000")]), 422);
    assert_eq!(set(&mut reviewer, &fast), 303);
    assert!(site.signed_in("auditor").get("/console/audit?action=set+sign").body.contains("设置可疑迹象"));
    let till = Till { dir: site.lab.dir.path().join("S001-01") };
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    // Of the family that was in two stores just now: S04 sees that, too.
    let family = id_number(1);
    let sale = drive.sell(&["10001"], Some(&family));
    drive.ok(&json!({"do": "sync"}));
    let id = sale["claims"][0].as_str().expect("a claim was made");
    let found = claim(&site, id);
    assert_eq!((found["state"].as_str(), &found["reasons"]), (Some("held"), &json!(["R15"])));
    let page = reviewer.get(&format!("/console/claims/{id}")).body;
    assert!(
        page.contains("S02 快得不可能") && page.contains("做了 3 笔申报") && page.contains("S04 几家店连着买"),
        "{page}"
    );
    assert!(reviewer.get("/console/review?sign=S02").body.contains(id));
    assert!(!reviewer.get("/console/review?sign=S01").body.contains(id));
    // The store sees that somebody looks at it, not what was seen.
    assert!(!site.signed_in("manager").get(&format!("/console/claims/{id}")).body.contains("S02"));
    // It is held, and nothing else: the family goes on as before.
    assert_eq!(set(&mut reviewer, &[("sign", "S02"), ("n", "3"), ("seconds", "900")]), 303);
    assert_eq!(set(&mut reviewer, &[("sign", "S04"), ("n", "3"), ("stores", "2"), ("minutes", "30")]), 303);
    let sale = drive.sell(&["10001"], Some(&family));
    drive.ok(&json!({"do": "sync"}));
    assert_eq!(claim(&site, sale["claims"][0].as_str().unwrap())["state"], "accepted");
    site.lab.hq_ok(&["verify"]);
}

#[test]
fn an_honest_month_is_left_alone() {
    // Watched from the first day on, unlike a new till would be.
    let site = Site::after_with(30, 60, |lab| watch(lab, &[("S06", &[("from", 6), ("to", 22)])]));
    let db = site.lab.db();
    let count = |sql: &str| db.conn.value::<i64>(sql, params![]).unwrap();
    let (all, held) = (count("SELECT count(*) FROM claims"), count("SELECT count(DISTINCT claim_id) FROM claim_signs"));
    let sql = "SELECT sign, count(*), max(zh) FROM claim_signs GROUP BY sign";
    let by_sign: Vec<(String, i64, String)> =
        db.conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert!(all > 300, "{all}");
    assert!(held * 100 <= all * 3, "{held} of {all} honest claims were held: {by_sign:?}");
}
