//! Without a hold: the offline amount, and what sums up to it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lab::{Held, Lab, Till, bags, programme};

/// The state of three claims of one bag each that exceed the limit, with what they went by.
fn states(offline: &Value, heard: [u64; 3]) -> Vec<(String, Vec<String>)> {
    let lab = Lab::open(programme(offline));
    let family = lab.family(0);
    let (mut a, mut b) = (Till::enrol(&lab, "S001", "01"), Till::enrol(&lab, "S002", "01"));
    // What a bag is given.
    let one = b.hold(&lab, Uuid::now_v7(), &family, bags(1));
    b.let_go(&lab, one.id);
    // The other store uses the limit up; this till has not heard of it.
    let all = b.hold(&lab, Uuid::now_v7(), &family, bags(5));
    let record = b.claim(&all);
    assert_eq!(b.upload(&lab, &[record]), ["accepted"]);
    let mut claims = Vec::new();
    for through in heard {
        let sold = Held { claim: Uuid::now_v7(), ..one.clone() };
        let heard = json!({"epoch": a.me.epoch, "through": through});
        let record = a.claim_with(&sold, &json!({"hold": null, "online": false, "used": {}, "heard": heard}));
        a.upload(&lab, &[record]);
        claims.push(sold.claim);
    }
    assert_eq!(lab.verify().map(|_| ()), Ok(()));
    claims.into_iter().map(|claim| lab.claim(claim)).map(|(state, reasons, _)| (state, reasons)).collect()
}

fn r03(state: &str) -> (String, Vec<String>) {
    (state.into(), vec!["R03".into()])
}

#[test]
fn an_excess_within_the_offline_amount_is_accepted_and_marked() {
    let all = states(&json!({"home": "30.00", "other": "0.00"}), [0, 0, 0]);
    assert_eq!(all, vec![r03("accepted"); 3]);
}

#[test]
fn beyond_the_offline_amount_it_is_cut_since_the_till_knew_its_own() {
    let all = states(&json!({"home": "20.00", "other": "0.00"}), [0, 0, 0]);
    assert_eq!(all, [r03("accepted"), r03("accepted"), r03("adjusted")]);
}

#[test]
fn it_starts_afresh_when_the_till_heard() {
    let all = states(&json!({"home": "20.00", "other": "0.00"}), [0, 0, 2]);
    assert_eq!(all, vec![r03("accepted"); 3]);
}

#[test]
fn without_an_offline_amount_there_is_no_bound() {
    assert_eq!(states(&Value::Null, [0, 0, 0]), vec![r03("accepted"); 3]);
}
