//! Who may do what, in which order, and what happens when things go back.

use domain::lang::Lang;
use domain::money::Money;
use hq::service::access::Role;
use hq::service::settle::{self, figures::Figures, make, payment, steps, voucher};
use hq::service::{funds, register};
use hq::store::settle as rows;

use crate::world::{World, done, person, refused};

fn figures(world: &World, number: &str) -> Figures {
    serde_json::from_str(&world.batch(number).figures).unwrap()
}

fn payment_of(number: &str) -> Vec<steps::Payment> {
    vec![steps::Payment { number: number.into(), reference: "B1".into(), date: "2025-08-05".into() }]
}

#[test]
fn every_role_is_refused_what_is_anothers() {
    let world = World::open();
    let hq = &world.hq;
    world.claim("S001", "2025-07-01", 1, "accepted", &[("B", 500, 500)]);
    let number = world.make("CITY", "S001", "2025-07");
    let mut state = 0;
    // Each step in its turn: nobody but its own role can do it.
    loop {
        for role in Role::ALL {
            let who = person(&format!("{}-{state}", role.code()), role);
            let may = |own: Role| role == own;
            if !may(Role::Accountant) {
                refused(make::make(hq, &who, "CITY", "S001", "2025-07"));
                refused(funds::put_fund(hq, &who, "A", "x", "x"));
                refused(register::ask_account(hq, &who, "S001", "x", "x", "1234567890"));
            }
            if state != 0 || !may(Role::Reviewer) {
                refused(steps::check(hq, &who, &number));
            }
            if state != 1 || !may(Role::Approver) {
                refused(steps::approve(hq, &who, &number));
            }
            if state != 2 || !may(Role::Payer) {
                refused(steps::pay(hq, &who, &payment_of(&number)));
                refused(payment::file(hq, &who, std::slice::from_ref(&number), Lang::Zh));
            }
            if state != 3 || !may(Role::Manager) {
                refused(steps::confirm(hq, &who, &number));
            }
            if state > 1 || !matches!(role, Role::Accountant | Role::Reviewer | Role::Approver) {
                refused(steps::withdraw(hq, &who, &number, "why"));
            }
            if !may(Role::Approver) {
                refused(funds::set_budget(hq, &who, "A", None, "2025-01-01", ""));
            }
            if !may(Role::Admin) {
                refused(settle::set_rules(hq, &who, Money::ZERO, &voucher::Subjects::default()));
            }
        }
        match state {
            0 => done(steps::check(hq, &world.reviewer, &number)),
            1 => done(steps::approve(hq, &world.approver, &number)),
            2 => world.pay(&number),
            3 => done(steps::confirm(hq, &person("dianzhang", Role::Manager), &number)),
            _ => break,
        }
        state += 1;
    }
    assert_eq!(world.batch(&number).state, "confirmed");
}

#[test]
fn one_person_does_one_step_whatever_the_role() {
    let world = World::open();
    world.claim("S001", "2025-07-01", 1, "accepted", &[("B", 500, 500)]);
    let number = world.make("CITY", "S001", "2025-07");
    let as_role = |role| person("kuaiji", role);
    assert!(refused(steps::check(&world.hq, &as_role(Role::Reviewer), &number)).contains("不同的人"));
    done(steps::check(&world.hq, &world.reviewer, &number));
    refused(steps::approve(&world.hq, &as_role(Role::Approver), &number));
    refused(steps::approve(&world.hq, &person("fuhe", Role::Approver), &number));
    done(settle::set_rules(
        &world.hq,
        &person("admin", Role::Admin),
        Money::from_fen(499),
        &voucher::Subjects::default(),
    ));
    done(steps::approve(&world.hq, &world.approver, &number));
    assert_eq!(world.batch(&number).state, "checked", "above the amount a second one approves");
    refused(steps::approve(&world.hq, &world.approver, &number));
    refused(steps::pay(&world.hq, &world.payer, &payment_of(&number)));
    done(steps::approve(&world.hq, &world.second, &number));
    refused(steps::pay(&world.hq, &person("shenpi1", Role::Payer), &payment_of(&number)));
    done(payment::file(&world.hq, &world.payer, std::slice::from_ref(&number), Lang::Zh));
    world.pay(&number);
    let elsewhere = hq::service::session::Person { store: Some("S002".into()), ..person("other", Role::Manager) };
    refused(steps::confirm(&world.hq, &elsewhere, &number));
    let county = hq::service::session::Person { district: Some("370826".into()), ..world.accountant.clone() };
    refused(make::make(&world.hq, &county, "CITY", "S001", "2025-07"));
}

#[test]
fn an_account_needs_two_people_and_what_they_both_saw() {
    let world = World::open();
    let hq = &world.hq;
    done(register::ask_account(hq, &world.accountant, "S001", "演示商店", "另一家银行", "6222 9999 8888 7777"));
    let asked = || hq::store::register::account(&hq.db().conn, "S001", "asked").unwrap();
    let first = asked().unwrap();
    assert_eq!(first.shown, "****7777");
    refused(register::decide_account(hq, &world.accountant, "S001", first.id, true));
    done(register::ask_account(hq, &world.accountant, "S001", "演示商店", "另一家银行", "6222 0000 1111 2222"));
    refused(register::decide_account(hq, &world.approver, "S001", first.id, true));
    let second = asked().unwrap();
    done(register::decide_account(hq, &person("kuaiji2", Role::Accountant), "S001", second.id, true));
    let counts = hq::store::register::account(&hq.db().conn, "S001", "confirmed").unwrap().unwrap();
    assert_eq!((counts.shown.as_str(), asked()), ("****2222", None));
    refused(register::ask_account(hq, &world.accountant, "S001", "x", "x", "12a4567890"));
}

#[test]
fn two_makers_make_one_batch() {
    let world = World::open();
    for day in 1..28 {
        world.claim("S001", &format!("2025-07-{day:02}"), day, "accepted", &[("A", 333, 333)]);
    }
    let made: Vec<Result<String, String>> = std::thread::scope(|scope| {
        let maker = |name: &'static str| {
            let folder = world.dir.path().to_path_buf();
            scope.spawn(move || {
                make::make(&World::again(&folder), &person(name, Role::Accountant), "CITY", "S001", "2025-07").unwrap()
            })
        };
        [maker("one"), maker("two")].map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    let checked: Vec<bool> = std::thread::scope(|scope| {
        let checker = |name: &'static str| {
            let folder = world.dir.path().to_path_buf();
            scope.spawn(move || {
                steps::check(&World::again(&folder), &person(name, Role::Reviewer), "2025-07-S001-CITY-1")
                    .unwrap()
                    .is_ok()
            })
        };
        [checker("c1"), checker("c2")].map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(checked.iter().filter(|done| **done).count(), 1);
}

#[test]
fn a_batch_that_is_taken_back_leaves_everything_as_it_was() {
    let world = World::open();
    let plain = world.claim("S001", "2025-07-01", 1, "accepted", &[("A", 1_001, 1_001)]);
    let cut = world.claim("S001", "2025-07-02", 2, "adjusted", &[("A", 800, 500), ("B", 60, 60)]);
    let held = world.claim("S001", "2025-07-03", 3, "held", &[("A", 700, 600)]);
    let number = world.make("CITY", "S001", "2025-07");
    let before = figures(&world, &number);
    assert_eq!(
        (world.state(plain.id), world.state(cut.id), world.state(held.id)),
        ("batched".into(), "batched".into(), "held".into())
    );
    refused(steps::withdraw(&world.hq, &world.accountant, &number, " "));
    done(steps::check(&world.hq, &world.reviewer, &number));
    done(steps::withdraw(&world.hq, &world.reviewer, &number, "发票没有附"));
    assert_eq!(
        (world.state(plain.id), world.state(cut.id), world.state(held.id)),
        ("accepted".into(), "adjusted".into(), "held".into())
    );
    refused(steps::approve(&world.hq, &world.approver, &number));
    let again = world.make("CITY", "S001", "2025-07");
    assert_eq!(again, "2025-07-S001-CITY-2");
    assert_eq!(figures(&world, &again), before);
    // The rows of a batch stay as they were, whoever asks.
    let db = world.hq.db();
    assert!(db.conn.execute("UPDATE batch_claims SET net_fen = 1", &[]).is_err());
    assert!(db.conn.execute("DELETE FROM batch_claims", &[]).is_err());
    assert!(db.conn.execute("UPDATE batches SET payable_fen = 1", &[]).is_err());
}

#[test]
fn what_comes_back_after_payment_offsets_the_next_and_never_below_nothing() {
    let world = World::open();
    let mut big = world.claim("S001", "2025-07-01", 1, "accepted", &[("A", 10_000, 10_000)]);
    let first = world.make("CITY", "S001", "2025-07");
    world.approve(&first);
    world.pay(&first);
    world.give_back(&mut big, "A", 9_000);
    world.claim("S001", "2025-08-01", 1, "accepted", &[("A", 1_000, 1_000)]);
    let second = world.make("CITY", "S001", "2025-08");
    let f = figures(&world, &second);
    assert_eq!((f.granted, f.offset, f.payable, f.owed_after, f.paid_since), (600, -5_400, 0, 4_800, 6_000));
    world.approve(&second);
    // Nothing is to be paid: no bank has a reference for it.
    let nothing = vec![steps::Payment { number: second.clone(), reference: String::new(), date: "2025-09-01".into() }];
    done(steps::pay(&world.hq, &world.payer, &nothing));
    world.claim("S001", "2025-09-01", 1, "accepted", &[("B", 7_000, 7_000)]);
    done(payment::add_advance(&world.hq, &world.payer, "CITY", "S001", Money::from_fen(2_000), "2025-09-02", "ADV1"));
    let third = world.make("CITY", "S001", "2025-09");
    let f = figures(&world, &third);
    assert_eq!((f.owed_before, f.prepaid, f.payable, f.owed_after, f.closing_unpaid), (4_800, 2_000, 200, 0, 200));
    assert_eq!(rows::prepaid_left(&world.hq.db().conn, "CITY", "S001").unwrap(), 0);
}

#[test]
fn a_claim_of_two_payers_is_paid_when_both_have_paid() {
    let world = World::open();
    let both = world.claim("S001", "2025-07-01", 1, "accepted", &[("A", 1_001, 1_001)]);
    let city = world.make("CITY", "S001", "2025-07");
    // Shares that change meanwhile do not tear a claim apart.
    let shares = [("CITY", 5_000), ("COUNTY", 5_000)]
        .map(|(payer, basis_points)| hq::store::funds::Share { payer: payer.into(), basis_points });
    done(funds::put_shares(&world.hq, &world.accountant, "A", &shares));
    world.approve(&city);
    world.pay(&city);
    assert_eq!(world.state(both.id), "batched", "the county has not paid");
    let county = world.make("COUNTY", "S001", "2025-07");
    assert_eq!((world.batch(&city).payable, world.batch(&county).payable), (601, 400));
    world.approve(&county);
    assert_eq!(world.state(both.id), "approved");
    world.pay(&county);
    assert_eq!(world.state(both.id), "paid");
    let claim = hq::store::claims::by_id(&world.hq.db().conn, both.id).unwrap().unwrap();
    assert_eq!(claim.batch.as_deref(), Some("2025-07-S001-CITY-1, 2025-07-S001-COUNTY-1"));
}

#[test]
fn no_part_of_a_claim_is_left_behind() {
    let world = World::open();
    done(funds::put_fund(&world.hq, &world.accountant, "C", "新基金", ""));
    world.claim("S001", "2025-07-01", 1, "accepted", &[("B", 100, 100), ("C", 50, 50)]);
    assert!(refused(make::make(&world.hq, &world.accountant, "CITY", "S001", "2025-07")).contains('C'));
    let whole = hq::store::funds::Share { payer: "COUNTY".into(), basis_points: 10_000 };
    refused(funds::put_shares(
        &world.hq,
        &world.accountant,
        "C",
        &[hq::store::funds::Share { basis_points: 9_999, ..whole.clone() }],
    ));
    done(funds::put_shares(&world.hq, &world.accountant, "C", &[whole]));
    let batches = ["CITY", "COUNTY"].map(|payer| world.make(payer, "S001", "2025-07"));
    assert_eq!(batches.map(|number| world.batch(&number).payable), [100, 50]);
}

#[test]
fn references_come_back_from_the_bank_all_or_none() {
    let world = World::open();
    let mut numbers = Vec::new();
    for store in ["S001", "S002"] {
        world.claim(store, "2025-07-01", 1, "accepted", &[("B", 1_234, 1_234)]);
        let number = world.make("CITY", store, "2025-07");
        world.approve(&number);
        numbers.push(number);
    }
    let mut file = done(payment::file(&world.hq, &world.payer, &numbers, Lang::Zh));
    for row in &mut file.rows {
        row[7] = "2025080500012345".into();
        row[8] = "2025-08-05".into();
    }
    let mut wrong = file.clone();
    wrong.rows[1][5] = Money::from_fen(1).into();
    assert!(refused(payment::import(&world.hq, &world.payer, wrong.to_csv().as_bytes())).contains("第 3 行"));
    assert_eq!(world.batch(&numbers[0]).state, "approved", "nothing was entered");
    refused(payment::import(&world.hq, &world.accountant, file.to_csv().as_bytes()));
    assert_eq!(done(payment::import(&world.hq, &world.payer, file.to_csv().as_bytes())), 2);
    let paid = world.batch(&numbers[1]);
    assert_eq!(
        (paid.state.as_str(), paid.reference.as_str(), paid.paid_on.as_deref()),
        ("paid", "2025080500012345", Some("2025-08-05"))
    );
    refused(payment::import(&world.hq, &world.payer, file.to_csv().as_bytes()));
}

#[test]
fn a_spent_fund_makes_money_wait_and_lets_go_the_oldest_first() {
    let world = World::open();
    let hq = &world.hq;
    done(funds::set_budget(hq, &world.approver, "B", Some(Money::from_fen(1_000)), "2025-07-01", ""));
    let mut waiting = Vec::new();
    for (date, fen) in [("2025-07-03", 300), ("2025-07-02", 600), ("2025-07-04", 10)] {
        let raw = world.claim("S001", date, 1, "held", &[("B", fen, fen)]);
        let db = hq.db();
        hq::store::funds::set_reasons(&db.conn, raw.id, r#"["R13"]"#, 1).unwrap();
        funds::count(&db.conn, raw.id).unwrap();
        waiting.push(raw.id);
    }
    world.claim("S001", "2025-07-01", 1, "accepted", &[("B", 900, 900)]);
    let sums = || funds::figures(&hq::store::funds::sums(&hq.db().conn, "B").unwrap());
    assert_eq!((sums().waiting, sums().taken(), sums().percent_of(1_000)), (910, 900, 181));
    refused(funds::let_go(hq, &world.accountant, "B"));
    assert_eq!(done(funds::let_go(hq, &world.approver, "B")), (0, 0), "nothing fits");
    done(funds::set_budget(hq, &world.approver, "B", Some(Money::from_fen(1_600)), "2025-07-05", "追加"));
    assert_eq!(done(funds::let_go(hq, &world.approver, "B")), (1, 0), "the small one does not overtake");
    let states: Vec<String> = waiting.iter().map(|id| world.state(*id)).collect();
    assert_eq!(states, ["held", "accepted", "held"]);
    done(funds::set_budget(hq, &world.approver, "B", None, "2025-07-06", ""));
    assert_eq!(done(funds::let_go(hq, &world.reviewer, "B")), (2, 0));
    assert_eq!((sums().waiting, sums().claimed), (0, 1_810));
    assert_eq!(hq::store::funds::first_difference(&hq.db().conn).unwrap(), None);
}

#[test]
fn after_a_restore_payments_come_before_statements() {
    let world = World::open();
    world.claim("S001", "2025-07-01", 1, "accepted", &[("B", 500, 500)]);
    let backup = world.dir.path().join("backup.db");
    world.hq.db().backup(&backup).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(world.dir.path().join("keys.json"), folder.path().join("keys.json")).unwrap();
    hq::store::Db::restore(&folder.path().into(), &backup, None).unwrap();
    let hq = World::again(folder.path());
    assert!(refused(make::make(&hq, &world.accountant, "CITY", "S001", "2025-07")).contains("备份"));
    refused(payment::are_entered(&hq, &world.accountant));
    done(payment::are_entered(&hq, &world.payer));
    done(make::make(&hq, &world.accountant, "CITY", "S001", "2025-07"));
}
