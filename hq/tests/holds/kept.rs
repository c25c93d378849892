//! `verify` notices holds that are not what they say.

use uuid::Uuid;

use crate::lab::{Lab, Till, bags, nothing_offline, programme};

#[test]
fn a_reservation_that_is_not_its_answers_is_found() {
    for change in [
        r#"UPDATE holds SET uses = replace(uses, '40000', '30000')"#,
        r#"UPDATE holds SET uses = '[]'"#,
        r#"UPDATE holds SET answer = replace(answer, '"discount":"40.00"', '"discount":"41.00"')"#,
        r#"UPDATE holds SET basket = '[]'"#,
    ] {
        let lab = Lab::open(programme(&nothing_offline()));
        let till = Till::enrol(&lab, "S001", "01");
        let held = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(4));
        assert_eq!(lab.verify(), Ok(1));
        lab.sql(change);
        assert_eq!(lab.verify(), Err(format!("hold {} reserves something else than it answered", held.id)), "{change}");
        till.let_go(&lab, held.id);
        assert_eq!(lab.verify(), Ok(0));
    }
}

#[test]
fn a_hold_that_posted_another_claim_is_found() {
    for change in [
        "UPDATE holds SET state = 'live' WHERE state = 'used'",
        "UPDATE holds SET claim = 'another' WHERE state = 'used'",
        "UPDATE hold_claims SET hold_id = 'another'",
    ] {
        let lab = Lab::open(programme(&nothing_offline()));
        let mut till = Till::enrol(&lab, "S001", "01");
        let held = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(4));
        let record = till.claim(&held);
        till.upload(&lab, &[record]);
        assert_eq!(lab.verify(), Ok(0));
        lab.sql("UPDATE holds SET expires_at = 0");
        lab.sql(change);
        let problem = lab.verify().unwrap_err();
        assert!(problem.contains("which is not its own"), "{change}: {problem}");
    }
    // Posted twice: the database does not let it.
    let lab = Lab::open(programme(&nothing_offline()));
    let mut till = Till::enrol(&lab, "S001", "01");
    let held = till.hold(&lab, Uuid::now_v7(), &lab.family(0), bags(4));
    let record = till.claim(&held);
    till.upload(&lab, &[record]);
    let twice = hq::store::holds::note_claim(&lab.hq.db().conn, &held.id.to_string(), 1);
    assert!(twice.is_err());
}
