//! Each sign is found on a made example, and not on its honest neighbour.

use super::prices::Price;
use super::*;

/// 2026-11-24 10:00 in Shanghai.
const TEN: i64 = 1_795_485_600_000;

fn numbers(sign: &Sign) -> Numbers {
    Numbers(sign.numbers.iter().map(|n| (n.key.to_owned(), n.default)).collect())
}

fn finds(code: &str, facts: &Facts) -> Option<(String, String)> {
    let sign = all().find(|sign| sign.code == code).expect("a sign");
    (sign.look)(facts, &numbers(sign))
}

/// Claims of a till, the newest first, so many seconds apart, each of another household far apart in the roster.
fn claims(n: usize, seconds: i64) -> Vec<Fact> {
    let one = |i: usize| {
        let back = i64::try_from(i).expect("few");
        Fact {
            till_id: 1,
            store: "S001".into(),
            household: format!("H{i}"),
            person: format!("P{i}"),
            at: TEN - back * seconds * 1000,
            date: "2026-11-24".into(),
            started_at: TEN - back * seconds * 1000 - 60_000,
            verified_by: "card".into(),
            lines: 4,
            main_code: format!("barcode:{i}"),
            main_percent: 50,
            place: 1 + back * 37 % 101,
            ..Fact::default()
        }
    };
    (0..n).map(one).collect()
}

fn facts(till: Vec<Fact>) -> Facts {
    Facts { this: till[0].clone(), family: till[..1].to_vec(), served: 1, till, ..Facts::default() }
}

/// The same claims with a change to each.
fn with(mut till: Vec<Fact>, change: impl Fn(usize, &mut Fact)) -> Facts {
    till.iter_mut().enumerate().for_each(|(i, fact)| change(i, fact));
    facts(till)
}

#[test]
fn an_ordinary_morning_shows_no_sign() {
    let quiet = facts(claims(60, 240));
    for sign in all() {
        assert_eq!((sign.look)(&quiet, &numbers(sign)), None, "{}", sign.code);
    }
}

#[test]
fn caps_in_a_row() {
    let found = with(claims(8, 240), |_, c| c.is_capped = true);
    let (zh, en) = finds("S01", &found).expect("eight at the cap");
    assert!(zh.contains("8 笔") && en.contains("8 claims"), "{zh} {en}");
    assert_eq!(finds("S01", &with(claims(8, 240), |i, c| c.is_capped = i != 4)), None, "one was not at it");
    let one_family = with(claims(8, 240), |_, c| (c.is_capped, c.household) = (true, "H".into()));
    assert_eq!(finds("S01", &one_family), None, "a family that goes on buying stays at its cap");
}

#[test]
fn faster_than_possible() {
    assert!(finds("S02", &facts(claims(5, 14))).is_some());
    assert_eq!(finds("S02", &facts(claims(5, 20))), None, "twenty seconds each is quick, not impossible");
    assert_eq!(finds("S02", &facts(claims(4, 1))), None, "four are too few to say so");
}

#[test]
fn nobody_else_is_served() {
    let day = |sales, subsidised| ("2026-11-23".to_owned(), sales, subsidised);
    let closes = |days: Vec<(String, i64, i64)>| Facts { closes: days, ..facts(claims(1, 1)) };
    assert!(finds("S03", &closes(vec![day(20, 20); 3])).is_some());
    assert_eq!(finds("S03", &closes(vec![day(20, 20), day(20, 19), day(20, 20)])), None);
    assert_eq!(finds("S03", &closes(vec![day(9, 9); 3])), None, "a quiet shop");
    assert_eq!(finds("S03", &closes(vec![day(20, 20); 2])), None, "two days say nothing yet");
}

#[test]
fn a_split_basket() {
    let visits = |minutes: i64, stores: [&str; 3]| {
        let family = claims(3, minutes * 60);
        let of = |(mut c, store): (Fact, &&str)| {
            (c.household, c.store) = ("H".into(), (*store).into());
            c
        };
        Facts { family: family.into_iter().zip(&stores).map(of).collect(), ..facts(claims(1, 1)) }
    };
    assert!(finds("S04", &visits(10, ["S001", "S002", "S001"])).is_some());
    assert_eq!(finds("S04", &visits(10, ["S001"; 3])), None, "what was forgotten is fetched in the same store");
    assert_eq!(finds("S04", &visits(40, ["S001", "S002", "S001"])), None);
}

#[test]
fn households_in_list_order() {
    let place = |step: i64| with(claims(6, 240), move |i, c| c.place = 500 - i64::try_from(i).expect("few") * step);
    assert!(finds("S05", &place(3)).is_some());
    assert!(finds("S05", &place(-3)).is_some(), "from the end, too");
    assert_eq!(finds("S05", &place(40)), None);
    assert_eq!(finds("S05", &place(0)), None, "one family is no list");
}

#[test]
fn after_hours() {
    let at = |hours: i64| with(claims(1, 1), move |_, c| c.at = TEN + hours * 3_600_000);
    assert!(finds("S06", &at(13)).expect("23:00").0.contains("23:00"));
    assert_eq!(finds("S06", &at(11)), None, "21:00");
    let sign = all().find(|sign| sign.code == "S06").expect("a sign");
    assert!(!sign.is_on, "it waits for the stores' hours");
}

#[test]
fn one_code_in_a_steady_rhythm() {
    let rice = |i: usize, c: &mut Fact| {
        c.main_code = "barcode:6900000000014".into();
        c.main_percent = 95;
        c.at += i64::try_from(i % 2).expect("few") * 2_000;
    };
    let found = finds("S07", &with(claims(6, 60), rice)).expect("a rhythm");
    assert!(found.0.contains("6900000000014"), "{found:?}");
    let uneven = with(claims(6, 60), |i, c| {
        rice(i, c);
        c.at -= i64::try_from(i * i).expect("few") * 9_000;
    });
    assert_eq!(finds("S07", &uneven), None, "people come as they come");
    assert_eq!(finds("S07", &facts(claims(6, 60))), None, "different goods");
}

#[test]
fn mostly_by_hand_and_always_typed() {
    assert!(finds("S08", &with(claims(30, 240), |_, c| c.manual_lines = 4)).is_some());
    assert_eq!(finds("S08", &with(claims(30, 240), |_, c| c.manual_lines = 3)), None, "vegetables have numbers");
    assert!(finds("S10", &with(claims(40, 240), |_, c| c.verified_by = "typed".into())).is_some());
    let one_card = with(claims(40, 240), |i, c| c.verified_by = if i == 20 { "card" } else { "typed" }.into());
    assert_eq!(finds("S10", &one_card), None);
}

#[test]
fn prices_out_of_line() {
    let price = |fen, low, peers: &[i64]| Facts {
        prices: vec![Price { code: "barcode:1".into(), fen, low, peers: peers.to_vec() }],
        ..facts(claims(1, 1))
    };
    assert!(finds("S09", &price(1_900, Some(1_000), &[])).expect("far above").0.contains("19.00"));
    assert_eq!(finds("S09", &price(1_300, Some(1_000), &[])), None, "the promotion is over");
    assert_eq!(finds("S09", &price(1_900, None, &[])), None);
    assert!(finds("S14", &price(1_700, None, &[1_000, 900, 1_100])).is_some());
    assert_eq!(finds("S14", &price(1_500, None, &[1_000, 900, 1_100])), None);
    assert_eq!(finds("S14", &price(1_700, None, &[1_000])), None, "one other store is no measure");
}

#[test]
fn dormant_and_proxy() {
    let mut family = claims(5, 3600);
    family[4].at -= 130 * DAY_MS;
    let found = Facts { family: family.clone(), ..facts(claims(1, 1)) };
    assert!(finds("S11", &found).expect("back with a rush").0.contains("130 天"));
    family[4].at += 100 * DAY_MS;
    assert_eq!(finds("S11", &Facts { family: family.clone(), ..facts(claims(1, 1)) }), None, "a month away");
    assert_eq!(finds("S11", &Facts { family: family[..4].to_vec(), ..facts(claims(1, 1)) }), None, "a new family");
    assert!(finds("S12", &Facts { served: 6, ..facts(claims(1, 1)) }).is_some());
    assert_eq!(finds("S12", &Facts { served: 3, ..facts(claims(1, 1)) }), None);
}

#[test]
fn nothing_is_ever_paid() {
    assert!(finds("S13", &with(claims(8, 240), |_, c| c.is_unpaid = true)).is_some());
    assert_eq!(finds("S13", &with(claims(8, 240), |i, c| c.is_unpaid = i != 3)), None);
    let two = with(claims(8, 240), |i, c| (c.is_unpaid, c.household) = (true, format!("H{}", i % 2)));
    assert_eq!(finds("S13", &two), None, "two families with full cards");
}

#[test]
fn each_sign_has_words_for_its_figures_and_a_place_in_the_risk() {
    for sign in all() {
        for lang in [Lang::Zh, Lang::En] {
            let text = example(lang, sign, &numbers(sign));
            assert!(!text.contains('{'), "{}: {text}", sign.code);
        }
        for n in sign.numbers {
            assert!((n.least..=n.most).contains(&n.default), "{} {}", sign.code, n.key);
        }
    }
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    assert!(risk(&codes(&["R10"]), 0, 100) > risk(&codes(&["R03"]), 0, 100));
    assert!(risk(&codes(&["R15"]), 2, 100) > risk(&codes(&["R15"]), 1, 100));
    assert!(risk(&codes(&["R03"]), 0, 20_000) > risk(&codes(&["R03"]), 0, 100));
    assert_eq!(risk(&codes(&["R08", "R09", "R10", "R12"]), 9, 1_000_000), 100);
}
