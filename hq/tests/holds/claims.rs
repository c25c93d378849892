//! What headquarters makes of a claim that names a hold.

use domain::time::rfc3339;
use hq::params;
use hq::service::access::Role;
use hq::service::decide::{self, Order, Seen, Verdict};
use hq::service::now;
use hq::service::session::Person;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lab::{Held, Lab, Till, bags, body, nothing_offline, programme};

struct Shop {
    lab: Lab,
    family: (String, String),
    a: Till,
    b: Till,
}

/// A till in each store; without a hold nothing goes above the limit.
fn shop() -> Shop {
    let lab = Lab::open(programme(&nothing_offline()));
    let family = lab.family(0);
    let (a, b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    Shop { lab, family, a, b }
}

impl Shop {
    fn hold(&self, till: &Till, pieces: u32) -> Held {
        till.hold(&self.lab, Uuid::now_v7(), &self.family, bags(pieces))
    }

    /// What became of a claim: state, reasons, granted fen.
    fn judged(&self, held: &Held) -> (String, Vec<String>, i64) {
        self.lab.claim(held.claim)
    }

    fn books(&self) {
        assert_eq!(self.lab.verify().map(|_| ()), Ok(()));
    }
}

fn accepted(fen: i64) -> (String, Vec<String>, i64) {
    ("accepted".into(), Vec::new(), fen)
}

fn excess(fen: i64) -> (String, Vec<String>, i64) {
    ("held".into(), vec!["R03".into()], fen)
}

#[test]
fn a_claim_moves_what_was_held_into_the_balance() {
    let mut s = shop();
    let held = s.hold(&s.a, 3);
    let record = s.a.claim(&held);
    s.a.upload(&s.lab, std::slice::from_ref(&record));
    assert_eq!(s.judged(&held), accepted(3000));
    assert_eq!(s.lab.balance(&s.family), 3000);
    s.books();
    // Told twice, nothing changes.
    assert_eq!(s.a.upload(&s.lab, &[record]), ["duplicate"]);
    let next = s.hold(&s.b, 9);
    assert_eq!((next.discount(), &next.answer["used"]), ("20.00", &json!({"RICE": {"m": "30.00"}})));
    // Goods come back, and the quota with them.
    let back = s.a.reversal(held.claim, 3, "30.00");
    assert_eq!(s.a.upload(&s.lab, &[back]), ["accepted"]);
    assert_eq!(s.b.hold(&s.lab, next.claim, &s.family, bags(9)).discount(), "50.00");
    s.books();
}

#[test]
fn paid_in_time_it_counts_however_late_the_claim_comes_and_whatever_others_took() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    let record = s.a.claim(&held);
    // The line is down; the hold lapses at headquarters, and another store takes the quota.
    let at = rfc3339(now());
    s.lab.minutes_pass(15);
    s.lab.sql("UPDATE holds SET expires_at = expires_at + 5000");
    assert!(at < rfc3339(now() + chrono::TimeDelta::seconds(5)));
    s.lab.sql("UPDATE holds SET state = 'lapsed', ended_at = expires_at");
    let other = s.hold(&s.b, 5);
    assert_eq!(other.discount(), "50.00");
    let others = s.b.claim(&other);
    s.b.upload(&s.lab, &[others]);
    s.a.upload(&s.lab, &[record]);
    assert_eq!((s.judged(&other), s.judged(&held)), (accepted(5000), accepted(4000)));
    assert_eq!(s.lab.balance(&s.family), 9000, "the one way above the limit: a hold paid in time came late");
    s.books();
}

/// Another store takes everything as soon as it can; then the claim comes. What becomes of it?
fn after_others_took_all(s: &mut Shop, held: &Held, record: String) -> (String, Vec<String>, i64) {
    let other = s.hold(&s.b, 5);
    let others = s.b.claim(&other);
    s.b.upload(&s.lab, &[others]);
    s.a.upload(&s.lab, &[record]);
    s.books();
    s.judged(held)
}

#[test]
fn paid_too_late_it_does_not_count() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    s.lab.minutes_pass(16);
    let record = s.a.claim(&held);
    assert_eq!(after_others_took_all(&mut s, &held, record), excess(0));
}

#[test]
fn let_go_or_replaced_it_does_not_count() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    let record = s.a.claim(&held);
    s.a.let_go(&s.lab, held.id);
    assert_eq!(after_others_took_all(&mut s, &held, record), excess(0));

    let mut s = shop();
    let held = s.hold(&s.a, 4);
    s.a.hold(&s.lab, held.claim, &s.family, bags(1));
    let record = s.a.claim(&held);
    // The newer hold keeps one bag until the claim comes; others take what is left.
    assert_eq!(after_others_took_all(&mut s, &held, record), excess(1000));
}

#[test]
fn a_hold_counts_for_its_own_claim_family_and_date_alone() {
    let yesterday = (now() - chrono::TimeDelta::days(1)).with_timezone(&domain::time::shanghai());
    let other_date = json!({"slip": {"no": "1", "date": yesterday.date_naive()}});
    let mut wrong: Vec<Box<dyn Fn(&Lab, &mut Held) -> Value>> = vec![
        Box::new(|_, held| {
            held.claim = Uuid::now_v7();
            json!({})
        }),
        Box::new(|_, _| json!({"person": "P-other"})),
        Box::new(|_, _| json!({"hold": Uuid::now_v7()})),
        Box::new(|_, _| json!({"hold": null})),
    ];
    wrong.push(Box::new(move |_, _| other_date.clone()));
    for (n, wrong) in wrong.iter().enumerate() {
        let mut s = shop();
        let mut held = s.hold(&s.a, 1);
        let more = wrong(&s.lab, &mut held);
        let record = s.a.claim_with(&held, &more);
        s.a.upload(&s.lab, &[record]);
        let sql = "SELECT count(*) FROM hold_claims";
        assert_eq!(s.lab.hq.db().conn.value::<i64>(sql, &[]).unwrap(), 0, "case {n}");
        s.books();
    }
    // Nor for another till of the store.
    let s = shop();
    let held = s.hold(&s.a, 4);
    let mut neighbour = Till::enrol(&s.lab, "S001", "02");
    let record = neighbour.claim(&held);
    neighbour.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&held), excess(1000), "four are held for the first till");
    assert_eq!(s.hold(&s.b, 9).discount(), "0.00", "what waits counts as claimed, and the hold stands");
}

#[test]
fn a_hold_posts_once() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    let first = s.a.claim(&held);
    // The same id with other content: the first counts.
    let second = s.a.claim_with(&held, &json!({"sale": "another"}));
    // Another claim of the same hold.
    let third = Held { claim: Uuid::now_v7(), ..held.clone() };
    let again = s.a.claim(&third);
    assert_eq!(s.a.upload(&s.lab, &[first, second, again]), ["accepted", "held", "adjusted"]);
    assert_eq!(s.judged(&third), ("adjusted".into(), vec!["R03".into()], 1000), "a till knows its own records");
    assert_eq!(s.lab.balance(&s.family), 5000);
    s.books();
}

#[test]
fn earlier_claims_that_headquarters_did_not_know_undo_a_hold() {
    let lab = Lab::open(programme(&json!({"home": "20.00", "other": "20.00"})));
    let family = lab.family(0);
    let mut till = Till::enrol(&lab, "S001", "01");
    let first = till.hold(&lab, Uuid::now_v7(), &family, bags(2));
    till.let_go(&lab, first.id);
    // Sold while the line was down, not sent yet; then the line is back and a hold comes first.
    let offline = till.claim_with(&first, &json!({"hold": null, "online": false}));
    let second = till.hold(&lab, Uuid::now_v7(), &family, bags(5));
    assert_eq!(second.discount(), "50.00", "headquarters knows no better");
    let by_hold = till.claim(&second);
    assert_eq!(till.upload(&lab, &[offline, by_hold]), ["accepted", "adjusted"]);
    assert_eq!(lab.claim(second.claim), ("adjusted".into(), vec!["R03".into()], 3000), "the till knew its own");
    assert_eq!(lab.balance(&family), 5000);
    // That hold did not count: its claim was judged as offline.
    assert_eq!(lab.hq.db().conn.value::<i64>("SELECT count(*) FROM hold_claims", &[]).unwrap(), 0);
    assert_eq!(lab.verify(), Ok(0));
}

#[test]
fn a_claim_of_more_than_its_hold_is_cut_to_it() {
    let mut s = shop();
    let held = s.hold(&s.a, 2);
    // The till adds a bag without asking again: it was granted two.
    let mut more = s.hold(&s.b, 3);
    s.b.let_go(&s.lab, more.id);
    more = Held { id: held.id, claim: held.claim, ..more };
    let record = s.a.claim(&more);
    s.a.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&held), ("adjusted".into(), vec!["R03".into()], 2000));
    assert_eq!(s.lab.balance(&s.family), 2000);
    s.books();
}

#[test]
fn a_claim_of_less_than_its_hold_frees_the_rest() {
    let mut s = shop();
    let held = s.hold(&s.a, 5);
    let one = s.b.try_hold(&s.lab, Uuid::now_v7(), &s.lab.family(1), bags(1)).unwrap();
    let less = Held { lines: bags(1), answer: one.answer, ..held };
    let record = s.a.claim(&less);
    s.a.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&less), accepted(1000));
    assert_eq!(s.hold(&s.b, 9).discount(), "40.00");
    s.books();
}

#[test]
fn what_others_hold_is_not_taken_by_a_claim_without_a_hold() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    let answer = s.b.hold(&s.lab, Uuid::now_v7(), &s.lab.family(1), bags(5)).answer;
    let sold = Held { id: Uuid::now_v7(), claim: Uuid::now_v7(), family: s.family.clone(), lines: bags(5), answer };
    let record = s.b.claim_with(&sold, &json!({"hold": null, "used": {}}));
    s.b.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&sold), excess(1000));
    let record = s.a.claim(&held);
    s.a.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&held), accepted(4000));
    s.books();
}

#[test]
fn what_a_branch_lacks_undoes_a_hold() {
    for complete in [true, false] {
        let mut s = shop();
        let event = s.a.record("event", Uuid::now_v7(), &json!({"event": "shift_open", "detail": {}}));
        let held = s.hold(&s.a, 4);
        let record = s.a.claim(&held);
        let epoch = s.a.me.epoch.clone();
        s.lab.sql("UPDATE epochs SET closed = 1");
        let path = format!("/v1/records?epoch={epoch}&branch=true");
        let records = if complete { vec![event, record] } else { vec![record] };
        s.a.upload_to(&s.lab, &path, &records);
        let (state, reasons, _) = s.judged(&held);
        assert_eq!((state.as_str(), reasons), ("held", vec!["R09".to_owned()]), "a branch waits for people");
        let by_hold: i64 = s.lab.hq.db().conn.value("SELECT count(*) FROM hold_claims", &[]).unwrap();
        assert_eq!(by_hold == 1, complete);
        s.books();
    }
}

#[test]
fn a_claim_that_cannot_be_read_frees_what_was_held_for_it() {
    let mut s = shop();
    let held = s.hold(&s.a, 5);
    let record = s.a.claim_with(&held, &json!({"lines": []}));
    assert_eq!(s.a.upload(&s.lab, &[record]), ["rejected"]);
    assert_eq!(s.hold(&s.b, 5).discount(), "50.00");
}

#[test]
fn a_held_claim_keeps_what_its_hold_granted_until_people_decide() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    let record = s.a.claim_with(&held, &json!({"total_claimed": "1.00"}));
    s.a.upload(&s.lab, &[record]);
    assert_eq!(s.judged(&held), ("held".into(), vec!["R09".into()], 4000));
    let last = s.hold(&s.b, 9);
    assert_eq!(last.discount(), "10.00");
    s.books();
}

#[test]
fn that_a_hold_came_to_nothing_is_kept_like_any_event() {
    let mut s = shop();
    let held = s.hold(&s.a, 4);
    s.a.let_go(&s.lab, held.id);
    let detail = json!({"event": "abandoned", "detail": {"hold": held.id, "household": held.family.0}});
    let event = s.a.record("event", Uuid::now_v7(), &detail);
    assert_eq!(s.a.upload(&s.lab, &[event]), ["accepted"]);
    let kept = "SELECT count(*) FROM records WHERE kind = 'event'";
    assert_eq!(s.lab.hq.db().conn.value::<i64>(kept, params![]).unwrap(), 1);
    assert_eq!(s.lab.balance(&s.family), 0);
    assert_eq!(s.a.put(&s.lab, held.id, &body(held.claim, &s.family, &held.lines)).0, 409);
    s.books();
}

#[test]
fn a_return_at_another_till_of_a_claim_that_people_reject_is_nobody_elses_use() {
    let mut s = shop();
    let first = s.hold(&s.a, 3);
    let record = s.a.claim(&first);
    assert_eq!(s.a.upload(&s.lab, &[record]), ["accepted"]);
    // Another till of the store takes all of it back.
    let mut c = Till::enrol(&s.lab, "S001", "02");
    let back = c.reversal(first.claim, 3, "30.00");
    assert_eq!(c.upload(&s.lab, &[back]), ["accepted"]);
    let who = Person { name: "fuhe".into(), role: Role::Reviewer, store: None, district: None, confirmed_at: 0 };
    for verdict in [Verdict::Hold, Verdict::Reject] {
        let sql = "SELECT id FROM claims WHERE uuid = ?1";
        let id: i64 = s.lab.hq.db().conn.value(sql, params![first.claim.to_string()]).unwrap();
        let stands = hq::store::reviews::stands(&s.lab.hq.db().conn, id).unwrap();
        let seen = Seen { id, version: stands.map_or(0, |(_, version)| version) };
        let order = Order { verdict, code: Some("R15".into()), note: "test".into() };
        assert!(decide::decide(&s.lab.hq, &who, &[seen], &order).unwrap().is_ok());
    }
    assert_eq!(s.lab.balance(&s.family), 0);
    // The till that took it back has used nothing: all of the limit is there for its next customer.
    let all = c.hold(&s.lab, Uuid::now_v7(), &s.family, bags(5));
    let record = c.claim(&all);
    assert_eq!(c.upload(&s.lab, &[record]), ["accepted"]);
    assert_eq!(s.lab.verify(), Ok(0));
}
