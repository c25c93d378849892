//! The driver, which the window, `drive` and the local API all go through.

use std::time::{Duration, Instant};

use domain::money::Money;
use domain::till::Event;
use pos::holds::{Asker, PATIENCE};
use serde_json::{Value, json};

use super::bench::{card, folder, held, open, pay, rice};
use super::server::{Mood, Server};

/// What a till does beside waiting may take so long on a machine that is busy.
const SLACK: Duration = Duration::from_millis(1200);

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

#[test]
fn the_claim_names_the_hold_and_says_what_headquarters_said() {
    let server = Server::start(Mood::Holds("35.00"));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    till.handle(rice("40.00"));
    till.handle(card("H1"));
    let id = held(&mut till);
    let (finished, claim) = pay(&mut till);
    assert_eq!((finished.totals.discount, &claim["hold"]), (yuan("15.00"), &json!(id)));
    assert_eq!((&claim["online"], &claim["used"]), (&json!(true), &json!({ "HALF": { "m": "35.00" } })));
    let seen = server.seen();
    let (_, path, body) = seen.iter().find(|(method, ..)| method == "PUT").unwrap();
    assert_eq!((&body["claim"], path.rsplit('/').next()), (&claim["id"], claim["hold"].as_str()));
    assert_eq!((&body["household"], &body["person"], &body["decline"]), (&json!("H1"), &json!("P1"), &json!([])));
    assert_eq!(body["lines"][0]["plu"], json!("1"));
    assert!(server.gone().is_empty());
}

#[test]
fn the_basket_is_held_in_the_background_once_it_stands_still() {
    let server = Server::start(Mood::Holds("0.00"));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    till.handle(card("H1"));
    for _ in 0..8 {
        till.handle(rice("2.00"));
    }
    server.wait_for("a hold", |server| {
        server.asked().last().is_some_and(|body| body["lines"][0]["quantity"] == json!("8"))
    });
    held(&mut till);
    // Scans in a burst are one request; on a slow machine a few.
    let before = server.asked().len();
    assert!(before < 8, "{before}");
    pay(&mut till);
    assert_eq!(server.asked().len(), before, "whoever pays has nothing to wait for");
}

#[test]
fn whoever_pays_at_once_is_waited_for() {
    let pause = Duration::from_millis(100);
    let server = Server::start(Mood::Slow("0.00", pause));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    // A machine that is busy may need more than the patience for one of them, but not for all.
    let waited = (0..5).any(|n| {
        till.handle(rice("40.00"));
        till.handle(card(&format!("H{n}")));
        till.handle(Event::Announce);
        let is_online = till.till.screen.open().unwrap().held.is_some();
        assert_eq!(pay(&mut till).1["online"], json!(is_online));
        // A fresh program has not learnt that the line is slow.
        till.holds = Box::new(Asker::new(dir.path()));
        is_online
    });
    assert!(waited);
}

#[test]
fn a_dead_line_is_waited_for_once_and_no_longer_than_the_patience() {
    let server = Server::start(Mood::Slow("0.00", Duration::from_secs(4)));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    let mut later = Duration::ZERO;
    for n in 0..4 {
        till.handle(rice("40.00"));
        till.handle(card(&format!("H{n}")));
        let started = Instant::now();
        let (finished, claim) = pay(&mut till);
        let took = started.elapsed();
        assert!(took < PATIENCE + SLACK, "{n}: {took:?}");
        later += if n == 0 { Duration::ZERO } else { took };
        assert_eq!((&claim["online"], &claim["hold"]), (&json!(false), &Value::Null));
        assert_eq!(finished.totals.discount, yuan("10.00"), "within the offline amount");
    }
    assert!(later < PATIENCE * 3, "the next families do not wait for this line: {later:?}");
    // What was held too late is let go.
    let claim = server.asked()[0]["claim"].clone();
    let until = Instant::now() + Duration::from_secs(20);
    let first = server.seen().iter().find(|(.., body)| body["claim"] == claim).unwrap().1.clone();
    let id = first.rsplit('/').next().unwrap().to_owned();
    while !server.gone().contains(&id) {
        assert!(Instant::now() < until, "{:?}", server.seen());
        std::thread::sleep(Duration::from_millis(10));
        till.tend();
    }
}

#[test]
fn no_answer_a_wrong_one_and_a_refusal_all_sell_offline() {
    let moods = [
        Mood::Silent,
        Mood::Nonsense,
        Mood::Says(404, "unknown"),
        Mood::Says(422, "invalid"),
        Mood::Says(429, "too_many"),
    ];
    for mood in moods {
        let server = Server::start(mood.clone());
        let dir = folder(&server.url, &server.key);
        let mut till = open(&dir);
        till.handle(rice("40.00"));
        till.handle(card("H1"));
        let (finished, claim) = pay(&mut till);
        assert_eq!((&claim["online"], &claim["hold"]), (&json!(false), &Value::Null), "{mood:?}");
        assert_eq!(finished.totals.discount, yuan("10.00"), "{mood:?}");
    }
    // Nobody listens at all.
    let server = Server::start(Mood::Silent);
    let dir = folder("http://127.0.0.1:9", &server.key);
    let mut till = open(&dir);
    till.handle(rice("40.00"));
    till.handle(card("H1"));
    assert_eq!(pay(&mut till).1["online"], json!(false));
}

#[test]
fn an_id_that_has_ended_is_drawn_anew_once() {
    for word in ["ended", "conflict"] {
        let server = Server::start(Mood::Says(409, word));
        let dir = folder(&server.url, &server.key);
        let mut till = open(&dir);
        till.handle(rice("40.00"));
        till.handle(card("H1"));
        assert_eq!(pay(&mut till).1["hold"], Value::Null);
        let ids: std::collections::BTreeSet<String> =
            server.seen().into_iter().filter(|(method, ..)| method == "PUT").map(|(_, path, _)| path).collect();
        assert_eq!((ids.len(), server.asked().len()), (2, 2), "{word}");
    }
}

#[test]
fn what_is_dropped_is_let_go_before_the_next_is_asked_for() {
    let server = Server::start(Mood::Holds("0.00"));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    till.handle(rice("40.00"));
    till.handle(card("H1"));
    let id = held(&mut till);
    till.handle(Event::Clear { reason: Some("x".into()) });
    till.handle(rice("40.00"));
    till.handle(card("H1"));
    let second = held(&mut till);
    let (_, claim) = pay(&mut till);
    assert_eq!(claim["hold"], json!(second));
    let order: Vec<String> = server.seen().into_iter().map(|(method, ..)| method).collect();
    assert_eq!((order, server.gone()), (vec!["PUT".to_owned(), "DELETE".into(), "PUT".into()], vec![id]));
    // The chain says that the first came to nothing, and which hold it was.
    let records = till.shop.store.records(super::bench::EPOCH).unwrap();
    let events: Vec<Value> = records.iter().map(|r| pos::outbox::payload_of(&r.jws).unwrap()).collect();
    let said = events.iter().find(|r| r["event"] == json!("abandoned")).unwrap();
    assert_eq!(said["detail"]["hold"], json!(server.gone()[0]));
}

#[test]
fn a_household_whose_last_claim_is_not_sent_is_not_held() {
    let server = Server::start(Mood::Holds("0.00"));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    till.handle(rice("4.00"));
    till.handle(card("H1"));
    held(&mut till);
    let (_, first) = pay(&mut till);
    assert_eq!(first["online"], json!(true));
    // Headquarters would judge the next one as offline: it has not had the first.
    till.handle(rice("4.00"));
    till.handle(card("H1"));
    let (_, second) = pay(&mut till);
    assert_eq!((&second["online"], &second["hold"], server.asked().len()), (&json!(false), &Value::Null, 1));
    // Another family is another matter.
    till.handle(rice("4.00"));
    till.handle(card("H2"));
    held(&mut till);
    assert_eq!(pay(&mut till).1["online"], json!(true));
}

#[test]
fn without_a_thread_headquarters_is_asked_when_somebody_waits() {
    let server = Server::start(Mood::Holds("45.00"));
    let dir = folder(&server.url, &server.key);
    let mut till = open(&dir);
    let shop = pos::shop::Shop::open(dir.path()).unwrap();
    let line = sync::http::Http::new(&server.url).unwrap();
    till.holds = Box::new(pos::holds::Direct::new(shop, Box::new(line)));
    till.handle(rice("40.00"));
    till.handle(card("H1"));
    till.handle(card("H2"));
    assert!(server.seen().is_empty(), "nobody waits");
    till.handle(Event::Announce);
    till.handle(Event::Clear { reason: Some("x".into()) });
    assert_eq!(server.gone().len(), 1);
    till.handle(rice("40.00"));
    till.handle(card("H3"));
    let (finished, claim) = pay(&mut till);
    assert_eq!((finished.totals.discount, &claim["online"]), (yuan("5.00"), &json!(true)));
    server.turn(Mood::Silent);
    till.handle(rice("40.00"));
    till.handle(card("H4"));
    assert_eq!(pay(&mut till).1["online"], json!(false));
}
