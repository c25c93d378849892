//! Any order of a cashier's actions, against a plain model of the till: after each of them screen,
//! drawer, shift and chain are the model's, and at the end the till's folder and headquarters are.
//!
//! `JIHUI_CASES=500` tries harder.
#![expect(clippy::unwrap_used, reason = "what does not stand fails its test")]

mod actions;
mod bench;
mod books;
mod catalogue;
mod doing;
mod ending;
mod found;
mod model;

use std::path::PathBuf;
use std::sync::OnceLock;

use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tests::Lab;

use self::actions::{Action, Day, Rough};
use self::bench::Bench;

/// Households of the roster; the last of those that are verified is nobody.
const HOUSEHOLDS: usize = 26;
/// Who comes to the counter: families, one whose head shops for a neighbour too, some that have lost
/// their entitlement, and somebody whom nobody knows.
const FAMILIES: [usize; 8] = [0, 1, 2, 9, 13, 21, 22, 900];

/// A shop that was set up once; each case takes a copy of it.
static SHOP: OnceLock<PathBuf> = OnceLock::new();

impl StateMachineTest for Day {
    type SystemUnderTest = Bench;
    type Reference = Self;

    fn init_test(rough: &Rough) -> Bench {
        Bench::start(SHOP.get().unwrap(), rough.rounding, rough.is_open)
    }

    fn apply(mut bench: Bench, _: &Rough, action: Action) -> Bench {
        bench.act(&action);
        bench
    }

    fn check_invariants(bench: &Bench, _: &Rough) {
        bench.agree();
    }

    fn teardown(bench: Bench, _: Rough) {
        bench.end();
    }
}

/// Sets the shop up that each case copies.
fn shop() -> Lab {
    let lab = Lab::with_households(HOUSEHOLDS);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["staff", "add", "c2", "--role", "cashier"], "4321\n");
    lab
}

#[test]
fn any_order_of_actions_agrees_with_a_plain_model() {
    let lab = shop();
    SHOP.set(lab.dir.path().into()).unwrap();
    let cases = std::env::var("JIHUI_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48);
    let config = Config {
        cases,
        source_file: Some(file!()),
        max_shrink_time: 120_000,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let strategy = Day::sequential_strategy(1..60);
    let test = |(rough, actions, seen)| {
        Day::test_sequential(Config::default(), rough, actions, seen);
        Ok(())
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, test) {
        panic!("{failure}");
    }
}
