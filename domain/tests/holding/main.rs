//! The till's side of holds: what is asked for, by what a basket is priced, and what the claim says.

mod past;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::barcode::ProductKey;
use domain::basket::{Basket, SaleUnit};
use domain::household::{RosterEntry, Status};
use domain::json::{Node, Unknown};
use domain::money::Money;
use domain::pricing::price;
use domain::product::Product;
use domain::programme::{Programme, read_programmes};
use domain::record::claim_body;
use domain::role::StaffRole;
use domain::sale::{Draft, Entry, Heard, VerifiedBy};
use domain::tender::{CashRounding, TenderKind};
use domain::till::{
    Context, Effect, Event, Finished, Found, Grant, GrantedLine, HoldAsk, Looked, OpenSale, Reply, Shift, Staff, Till,
    family, holding, update,
};
use domain::usage::Used;
use serde_json::{Value, json};
use uuid::Uuid;

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// Half off food, 50.00 a month, 10.00 offline.
fn programmes() -> Vec<Programme> {
    let half = json!({ "programmes": [{
        "code": "HALF", "version": 1, "name": {"zh": "半价", "en": "Half"}, "fund": "F", "valid_from": "2026-01-01",
        "valid_to": "2099-12-31", "categories": ["urban_dibao"], "scope": {"include": ["group:food"]},
        "benefit": {"percent_off": "50"}, "subsidy_share": "100", "priority": 1,
        "limits": [{"id": "m", "per": "month", "discount": "50.00"}],
        "offline": {"home": "10.00", "other": "10.00"},
    }]});
    read_programmes(&Node::root("programmes", &half, Unknown::Refuse)).unwrap()
}

fn product(plu: &str, group: &str, price: &str) -> Product {
    Product {
        key: ProductKey::Plu(plu.into()),
        name: plu.into(),
        spec: String::new(),
        unit_name: "件".into(),
        unit: SaleUnit::Piece,
        content_kg: None,
        group: group.into(),
        price: Some(yuan(price)),
        tax_rate: String::new(),
    }
}

fn used(text: &str) -> Used {
    serde_json::from_value(json!({ "HALF": { "m": text } })).unwrap()
}

/// A till and its clock.
struct Bench {
    till: Till,
    now: DateTime<Utc>,
}

impl Bench {
    /// Open, with rice for 40.00 in the basket.
    fn new() -> Self {
        let till = Till::new(Some("S1".into()), programmes(), CashRounding::None, None);
        let now = "2026-11-24T04:00:00Z".parse().unwrap();
        let mut bench = Self { till, now };
        bench.say(Event::PinChecked(Ok(Staff { code: "c1".into(), role: StaffRole::Cashier })));
        bench.say(Event::OpenShift { float: "0".into() });
        bench.say(Event::ShiftOpened(Ok(Shift { id: 1, float: Money::ZERO })));
        bench.scan("rice", "food", "40.00");
        bench
    }

    /// The same with family H1 verified, who by the balances used so much.
    fn verified(by_balances: &str) -> Self {
        let mut bench = Self::new();
        bench.verify("H1", by_balances);
        bench
    }

    fn cx(&self) -> Context {
        Context { now: self.now, id: Uuid::from_u128(u128::from(self.now.timestamp_millis().unsigned_abs()) << 64 | 7) }
    }

    fn say(&mut self, event: Event) -> Vec<Effect> {
        self.now += TimeDelta::milliseconds(1);
        let cx = self.cx();
        update(&mut self.till, event, &cx)
    }

    fn scan(&mut self, plu: &str, group: &str, price: &str) {
        let found = Ok(Found::from(product(plu, group, price)));
        self.say(Event::ProductFound { code: plu.into(), entry: Entry::Plu, quantity: None, found });
    }

    fn verify(&mut self, household: &str, by_balances: &str) -> Vec<Effect> {
        let entry = RosterEntry {
            household: household.into(),
            person: "P1".into(),
            size: 1,
            category: "urban_dibao".into(),
            district: "370811".into(),
            tags: Vec::new(),
            home_store: None,
            name: "王*".into(),
            status: Status::Active,
            valid_from: NaiveDate::default(),
            valid_to: None,
            proxy: false,
        };
        let found = Looked {
            entries: vec![(entry, used(by_balances))],
            roster_version: 3,
            heard: Some(Heard { epoch: "1".into(), through: 9 }),
            online: true,
        };
        self.say(Event::Looked { found: Ok(found), by: VerifiedBy::Card, household: None })
    }

    fn wanted(&self) -> Option<HoldAsk> {
        holding::wanted(&self.till, &self.cx())
    }

    /// Headquarters holds what is asked for, where everyone together used so much; its own answer is the quote's.
    fn answer(&mut self, ask: &HoldAsk, hold: u128, by_all: &str) -> Vec<Effect> {
        let basket = Basket {
            store: "S1".into(),
            business_date: ask.business_date,
            online: true,
            beneficiary: self.sale().verified.as_ref().map(|v| v.entry.beneficiary()),
            used: used(by_all),
            decline: ask.decline.clone(),
            purses: ask.purses.clone(),
            lines: ask.lines.clone(),
        };
        let lines = price(&programmes(), &basket).lines;
        let lines = lines
            .iter()
            .map(|l| GrantedLine { line: l.line, discount: l.discount, subsidy: l.subsidy, purse: l.purse })
            .collect();
        self.grant(ask, hold, Grant { used: used(by_all), expires_at: self.now + TimeDelta::minutes(15), lines })
    }

    fn grant(&mut self, ask: &HoldAsk, hold: u128, grant: Grant) -> Vec<Effect> {
        self.say(Event::Held { id: Uuid::from_u128(hold), ask: Box::new(ask.clone()), grant })
    }

    fn sale(&self) -> &OpenSale {
        self.till.screen.open().unwrap()
    }

    fn discount(&self) -> Money {
        self.sale().priced.as_ref().unwrap().totals.discount
    }

    fn pay(&mut self) -> Draft {
        let pay = Event::Pay { kind: TenderKind::Cash, amount: None, reference: None, seen: None };
        match self.say(pay).as_slice() {
            [Effect::Commit(draft)] => (**draft).clone(),
            other => panic!("{other:?}"),
        }
    }

    fn committed(&mut self, draft: &Draft) -> Vec<Effect> {
        let claims = if draft.makes_claim() { vec![draft.id.to_string()] } else { Vec::new() };
        let finished = Finished {
            number: "1".into(),
            totals: draft.priced.totals,
            change: draft.change,
            rounding: draft.rounding,
            waived: draft.waived,
            beside: false,
            claims,
            job: None,
        };
        self.say(Event::Committed(Ok(finished)))
    }
}

/// Holds that go.
fn gone(effects: &[Effect]) -> Vec<u128> {
    effects.iter().filter_map(|e| if let Effect::LetGo { hold } = e { Some(hold.as_u128()) } else { None }).collect()
}

/// Details of the events that something came to nothing.
fn abandoned(effects: &[Effect]) -> Vec<Value> {
    let detail = |e: &Effect| match e {
        Effect::Note { event: "abandoned", detail } => Some(detail.clone()),
        _ => None,
    };
    effects.iter().filter_map(detail).collect()
}

/// A claim must follow from pricing.md for what it states.
fn follows(draft: &Draft) -> Value {
    assert_eq!(price(&programmes(), &draft.basket), draft.priced, "the claim follows from what it states");
    let body = Value::Object(claim_body(draft).unwrap());
    assert_eq!((&body["online"], &body["hold"]), (&json!(draft.basket.online), &json!(draft.hold)));
    body
}

#[test]
fn a_basket_is_held_from_verification_on_and_priced_by_the_answer() {
    let mut bench = Bench::new();
    assert_eq!(bench.wanted(), None, "nobody is verified");
    bench.verify("H1", "0.00");
    assert_eq!(bench.discount(), yuan("10.00"), "offline until headquarters answers");
    let ask = bench.wanted().unwrap();
    assert_eq!((ask.household.as_str(), ask.person.as_str(), ask.lines.len()), ("H1", "P1", 1));
    assert!(bench.answer(&ask, 1, "35.00").is_empty());
    assert_eq!(bench.discount(), yuan("15.00"), "what is left everywhere, and no offline amount binds");
    assert_eq!(bench.wanted(), None, "it is held");
    let draft = bench.pay();
    let body = follows(&draft);
    assert_eq!(draft.id, ask.claim, "the claim has the id that the hold named");
    assert_eq!((&body["online"], &body["used"]["HALF"]["m"]), (&json!(true), &json!("35.00")));
    assert_eq!(body["hold"], json!(Uuid::from_u128(1)));
    let after = bench.committed(&draft);
    assert!(gone(&after).is_empty() && abandoned(&after).is_empty(), "the claim is of the hold: {after:?}");
}

#[test]
fn what_is_left_is_asked_for_before_anything_is_scanned() {
    let mut bench = Bench::new();
    bench.say(Event::Clear { reason: None });
    bench.verify("H1", "0.00");
    let ask = bench.wanted().unwrap();
    assert!(ask.lines.is_empty() && !holding::waits(&bench.till, &bench.cx()), "nobody waits for it");
    bench.answer(&ask, 1, "45.00");
    let left =
        |bench: &Bench| family::family(&bench.till, &bench.cx()).unwrap().programmes[0].left[0].amount.to_string();
    assert_eq!((left(&bench).as_str(), bench.wanted()), ("5.00", None));
    bench.scan("rice", "food", "40.00");
    assert!(holding::waits(&bench.till, &bench.cx()));
    assert_eq!(
        (left(&bench).as_str(), bench.discount()),
        ("0.00", yuan("5.00")),
        "the freshest knowledge, also offline"
    );
}

#[test]
fn without_an_answer_it_is_priced_offline_with_the_same_id() {
    let mut bench = Bench::verified("5.00");
    let ask = bench.wanted().unwrap();
    bench.say(Event::NotHeld { ask: Box::new(ask.clone()) });
    assert!(!bench.sale().verified.as_ref().unwrap().online, "the screen says so");
    let draft = bench.pay();
    let body = follows(&draft);
    assert_eq!((draft.id, &body["online"], &body["hold"]), (ask.claim, &json!(false), &Value::Null));
    assert_eq!(body["totals"]["discount"], json!("10.00"));
    assert!(gone(&bench.committed(&draft)).is_empty());
    // The answer comes when the sale is over: what was held goes.
    assert_eq!(gone(&bench.answer_late(&ask, 1)), [1]);
}

impl Bench {
    fn answer_late(&mut self, ask: &HoldAsk, hold: u128) -> Vec<Effect> {
        let expires_at = self.now + TimeDelta::minutes(15);
        self.grant(ask, hold, Grant { used: used("0.00"), expires_at, lines: Vec::new() })
    }
}

#[test]
fn an_answer_for_a_basket_that_changed_is_not_applied() {
    let mut bench = Bench::verified("0.00");
    let first = bench.wanted().unwrap();
    bench.scan("oil", "food", "20.00");
    assert!(bench.answer(&first, 1, "0.00").is_empty(), "the next hold takes its place");
    assert_eq!(bench.discount(), yuan("10.00"), "still offline");
    let second = bench.wanted().unwrap();
    assert_eq!((second.claim, second.lines.len()), (first.claim, 2));
    bench.answer(&second, 2, "0.00");
    assert_eq!(bench.discount(), yuan("30.00"));
    // What no programme looks at is nobody's business, and changes no hold.
    bench.scan("soap", "other", "9.00");
    assert_eq!((bench.wanted(), bench.discount()), (None, yuan("30.00")));
    let draft = bench.pay();
    assert_eq!(follows(&draft)["hold"], json!(Uuid::from_u128(2)));
}

#[test]
fn a_claim_that_is_made_offline_lets_an_older_basket_s_hold_go() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "0.00");
    bench.scan("oil", "food", "20.00");
    let draft = bench.pay();
    let body = follows(&draft);
    assert_eq!((&body["online"], &body["hold"]), (&json!(false), &Value::Null));
    let after = bench.committed(&draft);
    assert_eq!((gone(&after), abandoned(&after).len()), (vec![1], 0));
}

#[test]
fn a_sum_that_was_told_falls_and_never_rises() {
    // By the balances nothing was used; by headquarters the month is nearly spent.
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.say(Event::Announce);
    assert_eq!(bench.sale().announced, Some(yuan("30.00")));
    let after = bench.answer(&ask, 1, "49.00");
    assert_eq!((gone(&after), abandoned(&after)), (vec![1], vec![json!({ "hold": Uuid::from_u128(1) })]));
    assert_eq!((bench.sale().due(), bench.wanted()), (yuan("30.00"), None), "it is not asked for again");
    let body = follows(&bench.pay());
    assert_eq!((&body["online"], &body["hold"]), (&json!(false), &Value::Null));
    assert_eq!(body["totals"]["discount"], json!("10.00"));

    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.say(Event::Announce);
    bench.answer(&ask, 2, "0.00");
    assert_eq!((bench.sale().announced, bench.sale().due()), (Some(yuan("20.00")), yuan("20.00")));
    assert_eq!(follows(&bench.pay())["hold"], json!(Uuid::from_u128(2)));
}

#[test]
fn a_sum_that_falls_leaves_nothing_to_give_back() {
    let mut bench = Bench::verified("0.00");
    bench.till.waive_up_to = yuan("99.00");
    let ask = bench.wanted().unwrap();
    bench.say(Event::Waive { amount: "29.50".into() });
    bench.say(Event::Announce);
    assert_eq!(bench.sale().announced, Some(yuan("0.50")));
    bench.answer(&ask, 1, "0.00");
    assert_eq!((bench.sale().due(), bench.sale().waived), (Money::ZERO, yuan("20.00")));
}

#[test]
fn a_late_answer_for_another_basket_leaves_what_was_told() {
    let mut bench = Bench::verified("0.00");
    let first = bench.wanted().unwrap();
    bench.scan("oil", "food", "20.00");
    bench.say(Event::Announce);
    let after = bench.answer(&first, 1, "0.00");
    assert_eq!((gone(&after), abandoned(&after).len(), bench.sale().due()), (vec![1], 0, yuan("50.00")));
    assert!(bench.wanted().is_some(), "the basket as it is may still be held");
}

#[test]
fn after_the_first_payment_nothing_changes_a_sum() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    let tender = Event::Pay { kind: TenderKind::Cash, amount: Some("5.00".into()), reference: None, seen: None };
    bench.say(tender);
    assert_eq!(bench.wanted(), None);
    assert_eq!(gone(&bench.answer(&ask, 1, "0.00")), [1], "even a lower one comes too late");
    let draft = bench.pay();
    assert_eq!((draft.priced.totals.due, draft.hold), (yuan("30.00"), None));
    follows(&draft);
}

#[test]
fn what_was_held_goes_with_the_household_the_basket_and_the_shift() {
    type Way = (&'static str, fn(&mut Bench) -> Vec<Effect>);
    let ways: [Way; 6] = [
        ("unverified", |b| b.say(Event::Unverify)),
        ("cleared", |b| b.say(Event::Clear { reason: Some("x".into()) })),
        ("parked", |b| b.say(Event::WasParked(Ok(1)))),
        ("another family", |b| b.verify("H2", "0.00")),
        ("shift closed", |b| b.say(Event::ShiftClosed)),
        ("signed out", |b| {
            b.say(Event::RemoveLine { line: 1 });
            b.say(Event::SignOut)
        }),
    ];
    for (what, way) in ways {
        let mut bench = Bench::verified("0.00");
        let ask = bench.wanted().unwrap();
        bench.answer(&ask, 1, "0.00");
        let after = way(&mut bench);
        assert_eq!(gone(&after), [1], "{what}: {after:?}");
        let said = abandoned(&after);
        assert_eq!((said.len(), &said[0]["hold"]), (1, &json!(Uuid::from_u128(1))), "{what}");
        assert_ne!(bench.wanted().map(|ask| ask.claim), Some(ask.claim), "{what}");
    }
}

#[test]
fn nothing_taken_off_lets_it_go_and_says_so_once() {
    let mut bench = Bench::verified("50.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "50.00");
    let draft = bench.pay();
    assert!(!draft.makes_claim());
    let after = bench.committed(&draft);
    assert_eq!((gone(&after), abandoned(&after).len()), (vec![1], 1));
}

#[test]
fn the_same_family_s_card_again_is_the_same_shopping() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "20.00");
    // Balances that are older than the hold do not price what is held.
    assert!(gone(&bench.verify("H1", "0.00")).is_empty());
    assert_eq!((bench.wanted(), bench.discount()), (None, yuan("20.00")));
    let draft = bench.pay();
    assert_eq!((draft.id, draft.hold), (ask.claim, Some(Uuid::from_u128(1))));
    assert_eq!(follows(&draft)["used"]["HALF"]["m"], json!("20.00"));
}

#[test]
fn an_answer_that_would_cut_the_claim_is_not_taken() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    // Headquarters knows this code by another group: it grants nothing for it.
    let nothing = GrantedLine { line: 1, discount: Money::ZERO, subsidy: Money::ZERO, purse: Money::ZERO };
    let expires_at = bench.now + TimeDelta::minutes(15);
    let after = bench.grant(&ask, 1, Grant { used: used("3.00"), expires_at, lines: vec![nothing] });
    assert_eq!((gone(&after), bench.discount(), bench.wanted()), (vec![1], yuan("10.00"), None));
    assert_eq!(follows(&bench.pay())["online"], json!(false));
}

#[test]
fn a_hold_is_renewed_before_it_lapses() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.answer(&ask, 1, "0.00");
    bench.now += TimeDelta::minutes(11);
    assert_eq!(bench.wanted(), None);
    bench.now += TimeDelta::minutes(2);
    assert_eq!(bench.wanted(), Some(ask.clone()));
    assert!(bench.answer(&ask, 2, "0.00").is_empty());
    assert_eq!(follows(&bench.pay())["hold"], json!(Uuid::from_u128(2)));
}

#[test]
fn a_basket_that_comes_back_to_what_was_held_is_held_anew() {
    let mut bench = Bench::verified("0.00");
    let first = bench.wanted().unwrap();
    bench.answer(&first, 1, "0.00");
    bench.scan("oil", "food", "20.00");
    let second = bench.wanted().unwrap();
    bench.say(Event::RemoveLine { line: 2 });
    // Headquarters may have put the second in the first one's place already, and its answer may be lost.
    assert_eq!((bench.discount(), bench.wanted()), (yuan("10.00"), Some(first.clone())));
    bench.answer(&second, 2, "0.00");
    assert_eq!((bench.discount(), bench.wanted()), (yuan("10.00"), Some(first.clone())));
    bench.answer(&first, 3, "0.00");
    assert_eq!(follows(&bench.pay())["hold"], json!(Uuid::from_u128(3)));
}

#[test]
fn slips_training_and_tills_without_a_store_hold_nothing() {
    let mut bench = Bench::new();
    bench.say(Event::Clear { reason: None });
    bench.say(Event::Slip { no: "M-1".into(), date: "2026-11-20".into() });
    bench.verify("H1", "0.00");
    bench.scan("rice", "food", "40.00");
    assert_eq!((bench.wanted(), bench.discount()), (None, yuan("10.00")));
    let mut bench = Bench::verified("0.00");
    bench.till.is_training = true;
    bench.scan("oil", "food", "20.00");
    assert_eq!((bench.wanted(), bench.discount()), (None, yuan("30.00")), "whoever learns sees the ordinary day");
}

#[test]
fn answers_are_taken_while_the_till_is_locked_and_never_while_a_sale_is_committed() {
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    bench.say(Event::Lock);
    assert!(bench.answer(&ask, 1, "0.00").is_empty());
    assert_eq!(bench.discount(), yuan("20.00"));
    let mut bench = Bench::verified("0.00");
    let ask = bench.wanted().unwrap();
    let draft = bench.pay();
    assert_eq!(gone(&bench.answer(&ask, 1, "0.00")), [1]);
    let told = bench.committed(&draft);
    assert!(matches!(told.as_slice(), [Effect::Tell(Reply::Sale(_))]), "{told:?}");
}
