//! An id: the same question, another one, let go, replaced, lapsed; how many there may be; what is refused.

use domain::time::business_date;
use hq::params;
use hq::service::now;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lab::{Lab, Till, bags, body, nothing_offline, programme, word};

fn lab() -> Lab {
    Lab::open(programme(&nothing_offline()))
}

#[test]
fn the_same_again_is_answered_byte_for_byte_and_another_body_is_a_conflict() {
    let lab = lab();
    let (family, other) = (lab.family(0), lab.family(1));
    let (a, mut b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    let (id, claim) = (Uuid::now_v7(), Uuid::now_v7());
    let asked = body(claim, &family, &bags(3));
    let path = format!("/v1/holds/{id}");
    let first = a.ask(&lab, "PUT", &path, &asked);
    assert_eq!(first.0, 200, "{}", first.1);
    // More happens: others hold and use.
    let held = b.hold(&lab, Uuid::now_v7(), &family, bags(2));
    let record = b.claim(&held);
    assert_eq!(b.upload(&lab, &[record]), ["accepted"]);
    b.hold(&lab, Uuid::now_v7(), &other, bags(1));
    assert_eq!(a.ask(&lab, "PUT", &path, &asked), first);
    // The order in which it is written, and what nobody knows, say nothing.
    let mut written = asked.clone();
    written["colour"] = "red".into();
    written["lines"][0]["unit_price"] = "41.4".into();
    assert_eq!(a.ask(&lab, "PUT", &path, &written), first);
    for change in [json!({"lines": bags(4)}), json!({"claim": Uuid::now_v7()}), json!({"decline": ["RICE"]})] {
        let mut changed = asked.clone();
        for (name, value) in change.as_object().unwrap() {
            changed[name] = value.clone();
        }
        let (status, problem) = a.put(&lab, id, &changed);
        assert_eq!((status, word(&problem)), (409, "conflict".into()));
    }
    // A hold is its till's, also within a store.
    let neighbour = Till::enrol(&lab, "S001", "02");
    let (status, problem) = neighbour.put(&lab, id, &asked);
    assert_eq!((status, word(&problem)), (409, "conflict".into()));
    assert_eq!(neighbour.let_go(&lab, id), 404);
    assert_eq!(a.ask(&lab, "PUT", &path, &asked), first, "it stands");
    assert_eq!(lab.verify(), Ok(2));
}

#[test]
fn what_is_over_stays_dead() {
    let lab = lab();
    let family = lab.family(0);
    let mut till = Till::enrol(&lab, "S001", "01");
    let ended = |till: &Till, id: Uuid, asked: &Value| {
        let (status, problem) = till.put(&lab, id, asked);
        assert_eq!((status, word(&problem)), (409, "ended".into()), "{problem}");
    };
    // Let go, also before it came, and as often as one likes.
    let first = till.hold(&lab, Uuid::now_v7(), &family, bags(5));
    assert_eq!((till.let_go(&lab, first.id), till.let_go(&lab, first.id)), (200, 200));
    ended(&till, first.id, &body(first.claim, &family, &bags(5)));
    let early = Uuid::now_v7();
    assert_eq!((till.let_go(&lab, early), till.let_go(&lab, early)), (200, 200));
    ended(&till, early, &body(Uuid::now_v7(), &family, &bags(1)));
    // Replaced: at once, and the quota with it.
    let claim = Uuid::now_v7();
    let second = till.hold(&lab, claim, &family, bags(5));
    let third = till.hold(&lab, claim, &family, bags(4));
    assert_eq!((second.discount(), third.discount()), ("50.00", "40.00"));
    ended(&till, second.id, &body(claim, &family, &bags(5)));
    assert_eq!(till.let_go(&lab, second.id), 200);
    let other = Till::enrol(&lab, "S002", "01");
    assert_eq!(other.hold(&lab, Uuid::now_v7(), &family, bags(5)).discount(), "10.00");
    // Used.
    let record = till.claim(&third);
    assert_eq!(till.upload(&lab, &[record]), ["accepted"]);
    ended(&till, third.id, &body(claim, &family, &bags(4)));
    assert_eq!(till.let_go(&lab, third.id), 200);
    // The claim came: nothing is held for it any more, also under a new id.
    ended(&till, Uuid::now_v7(), &body(claim, &family, &bags(4)));
    // Lapsed.
    let last = till.hold(&lab, Uuid::now_v7(), &lab.family(1), bags(5));
    lab.minutes_pass(16);
    ended(&till, last.id, &body(last.claim, &lab.family(1), &bags(5)));
    // A claim that is still being rung up holds again, under a new id.
    assert_eq!(till.hold(&lab, last.claim, &lab.family(1), bags(5)).discount(), "50.00");
    ended(&till, last.id, &body(last.claim, &lab.family(1), &bags(5)));
    let state = |id: Uuid| -> String {
        let sql = "SELECT state FROM holds WHERE id = ?1";
        lab.hq.db().conn.value(sql, params![id.to_string()]).unwrap()
    };
    let states = [first.id, early, second.id, third.id, last.id].map(state);
    assert_eq!(states, ["deleted", "deleted", "replaced", "used", "replaced"]);
    // What has lapsed may still be named by a claim that comes late.
    let kept = "SELECT count(*) FROM holds WHERE state NOT IN ('live', 'lapsed') AND basket <> ''";
    let kept: i64 = lab.hq.db().conn.value(kept, &[]).unwrap();
    assert_eq!(kept, 0, "what was in a basket is forgotten");
}

#[test]
fn a_request_that_was_overtaken_takes_no_later_holds_place() {
    let lab = lab();
    let family = lab.family(0);
    let mut till = Till::enrol(&lab, "S001", "01");
    let (early, claim) = (Uuid::now_v7(), Uuid::now_v7());
    std::thread::sleep(std::time::Duration::from_millis(3));
    // Its answer is the one that the till goes by; the one before is still on its way, as is its letting go.
    let held = till.hold(&lab, claim, &family, bags(4));
    let (status, problem) = till.put(&lab, early, &body(claim, &family, &bags(5)));
    assert_eq!((status, word(&problem)), (409, "ended".into()), "{problem}");
    assert_eq!(till.let_go(&lab, early), 200);
    let record = till.claim(&held);
    assert_eq!(till.upload(&lab, &[record]), ["accepted"]);
    let posted: i64 = lab.hq.db().conn.value("SELECT count(*) FROM hold_claims", &[]).unwrap();
    assert_eq!(posted, 1, "by its hold");
}

#[test]
fn ids_that_are_over_are_kept_for_forty_days() {
    let lab = lab();
    let till = Till::enrol(&lab, "S001", "01");
    let held = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(1));
    till.let_go(&lab, held.id);
    let lapsing = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(1));
    let day = 24 * 60;
    let there = |id: Uuid| -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM holds WHERE id = ?1)";
        lab.hq.db().conn.value(sql, params![id.to_string()]).unwrap()
    };
    lab.sql(&format!("UPDATE holds SET ended_at = ended_at - {}", 39 * day * 60_000));
    lab.minutes_pass(39 * day);
    till.let_go(&lab, Uuid::now_v7());
    assert!(there(held.id) && there(lapsing.id));
    lab.sql(&format!("UPDATE holds SET ended_at = ended_at - {}", 2 * day * 60_000));
    till.let_go(&lab, Uuid::now_v7());
    assert!(!there(held.id) && !there(lapsing.id), "the next writing forgets them");
}

#[test]
fn one_for_a_household_and_five_for_a_till() {
    let lab = lab();
    let till = Till::enrol(&lab, "S001", "01");
    let claims: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    let too_many = |family: usize| {
        let refused = till.try_hold(&lab, Uuid::now_v7(), &lab.family(family), bags(1)).unwrap_err();
        assert_eq!(refused, (429, "too_many".into()));
    };
    let mut holds = Vec::new();
    for (n, claim) in claims.iter().enumerate() {
        holds.push(till.hold(&lab, *claim, &lab.family(n), bags(1)));
        too_many(n);
    }
    too_many(5);
    // A new hold of the same claim takes the place of the one before, and does not count.
    let again = till.hold(&lab, claims[4], &lab.family(4), bags(2));
    // Also for another family that shows its card.
    let moved = till.hold(&lab, claims[4], &lab.family(5), bags(2));
    assert_eq!(till.put(&lab, again.id, &body(again.claim, &again.family, &again.lines)).0, 409);
    let refused = till.try_hold(&lab, claims[4], &lab.family(3), bags(1)).unwrap_err();
    assert_eq!(refused.0, 429, "that household is held for by another claim");
    // Other tills are not concerned.
    Till::enrol(&lab, "S001", "02").hold(&lab, Uuid::now_v7(), &lab.family(0), bags(1));
    till.let_go(&lab, moved.id);
    till.hold(&lab, Uuid::now_v7(), &lab.family(4), bags(1));
    too_many(5);
    // What has lapsed does not count.
    lab.minutes_pass(16);
    till.hold(&lab, Uuid::now_v7(), &lab.family(5), bags(1));
}

#[test]
fn what_cannot_be_held_says_why() {
    let lab = lab();
    let till = Till::enrol(&lab, "S001", "01");
    let family = lab.family(0);
    let asked = body(Uuid::now_v7(), &family, &bags(1));
    let refused = |asked: &Value| {
        let (status, problem) = till.put(&lab, Uuid::now_v7(), asked);
        (status, word(&problem), problem["detail"].as_str().unwrap().to_owned())
    };
    let with = |name: &str, value: Value| {
        let mut changed = asked.clone();
        changed[name] = value;
        changed
    };
    let today = business_date(now());
    let far = [today - chrono::Days::new(2), today + chrono::Days::new(2)];
    for (changed, place) in [
        (with("claim", json!("one")), "hold.claim"),
        (with("claim", json!(Uuid::now_v7().to_string().to_uppercase())), "hold.claim"),
        (with("household", json!("")), "hold.household"),
        (with("business_date", json!("2026-2-3")), "hold.business_date"),
        (with("business_date", json!(far[0])), "hold.business_date"),
        (with("business_date", json!(far[1])), "hold.business_date"),
        (with("decline", json!(["NONE"])), "hold.decline"),
        (with("purses", json!({"RICE": "1.00"})), "hold.purses"),
        (with("purses", json!({"RICE": "1.001"})), "hold.purses.RICE"),
        (with("lines", json!([{}])), "hold.lines[0]"),
        (with("lines", json!([bags(1)[0], bags(2)[0]])), "hold.lines"),
        (with("lines", json!(bags(0))), "hold.lines[0].quantity"),
    ] {
        let (status, word, detail) = refused(&changed);
        assert_eq!((status, word.as_str()), (422, "invalid"), "{detail}");
        assert!(detail.starts_with(place), "{detail}");
    }
    let mut short = asked.clone();
    short.as_object_mut().unwrap().remove("lines");
    for broken in [json!([]), json!("text"), short, with("lines", json!({})), with("person", json!(null))] {
        assert_eq!(refused(&broken).0, 400, "{broken}");
    }
    assert_eq!(till.ask(&lab, "PUT", &format!("/v1/holds/{}", Uuid::now_v7()), "{").0, 400);
    assert_eq!(till.ask(&lab, "PUT", "/v1/holds/one", &asked).0, 422);
    assert_eq!(till.ask(&lab, "DELETE", "/v1/holds/%FF", "").0, 422);
    assert_eq!(refused(&with("household", json!("H-NONE"))).1, "unknown");
    assert_eq!(refused(&with("person", json!(lab.family(1).1))).1, "unknown");
    // Yesterday and tomorrow are near enough: a clock strikes while a family shops.
    for near in [today - chrono::Days::new(1), today + chrono::Days::new(1)] {
        let mut changed = with("business_date", json!(near));
        changed["claim"] = asked["claim"].clone();
        assert_eq!(till.put(&lab, Uuid::now_v7(), &changed).0, 200);
    }
    let id = hq::store::tills::till_id(&lab.hq.db().conn, "S001", "01", false).unwrap().unwrap();
    hq::store::tills::revoke(&lab.hq.db().conn, id).unwrap();
    assert_eq!((refused(&asked).0, till.let_go(&lab, Uuid::now_v7())), (403, 403));
}
