//! Holds that price nothing any more.

use chrono::TimeDelta;
use domain::till::Event;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Bench, follows, gone, yuan};

#[test]
fn a_hold_that_lapsed_prices_nothing() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "0.00");
    bench.now += TimeDelta::minutes(16);
    assert_eq!(bench.wanted(), Some(ask.clone()));
    bench.say(Event::NotHeld { ask: Box::new(ask) });
    let draft = bench.pay();
    let body = follows(&draft);
    assert_eq!(
        (&body["online"], &body["hold"], draft.priced.totals.discount),
        (&json!(false), &Value::Null, yuan("10.00"))
    );
    assert_eq!(gone(&bench.committed(&draft)), [1]);
}

#[test]
fn a_hold_whose_renewal_was_not_answered_may_be_gone() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "0.00");
    bench.now += TimeDelta::minutes(13);
    bench.say(Event::NotHeld { ask: Box::new(ask.clone()) });
    assert_eq!((bench.discount(), bench.wanted()), (yuan("10.00"), Some(ask)));
    assert_eq!(follows(&bench.pay())["hold"], Value::Null);
}

#[test]
fn a_sum_that_was_told_goes_by_the_hold_that_it_was_told_by() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "0.00");
    bench.say(Event::Announce);
    bench.now += TimeDelta::minutes(13);
    assert_eq!(bench.wanted(), None, "a renewal could take its place unheard");
    let body = follows(&bench.pay());
    assert_eq!((&body["hold"], &body["totals"]["discount"]), (&json!(Uuid::from_u128(1)), &json!("20.00")));
}
