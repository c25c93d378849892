//! Holds, claims, reversals, decisions and settlement against a plain model: whole fen, and none of the programs'
//! own arithmetic. Three tills of two stores, two families, one limit.

mod book;
mod lab;

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use book::{Book, Step, Verdict};
use lab::Lab;

thread_local! {
    /// Headquarters and tills serve many cases: each has families of its own.
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
}

fn with_lab<T>(work: impl FnOnce(&mut Lab) -> T) -> T {
    LAB.with_borrow_mut(|lab| work(lab.get_or_insert_with(|| Lab::open().unwrap())))
}

impl ReferenceStateMachine for Book {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        (0..2_usize, 0..2_usize).prop_map(|(one, other)| Self::new([one, other])).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        let verdict = prop_oneof![Just(Verdict::LetGo), Just(Verdict::Reject), Just(Verdict::Hold)];
        prop_oneof![
            6 => (0..3_usize, 0..2_usize, 1..=6_i64, proptest::bool::weighted(0.6))
                .prop_map(|(till, family, pieces, line)| Step::Sell { till, family, pieces, line }),
            2 => (0..64_usize, 1..=3_i64).prop_map(|(claim, pieces)| Step::TakeBack { claim, pieces }),
            4 => (0..3_usize).prop_map(Step::Sync),
            2 => (0..64_usize, verdict).prop_map(|(claim, verdict)| Step::Decide { claim, verdict }),
            1 => (0..2_usize).prop_map(Step::Settle),
            1 => (5..=20_i64).prop_map(Step::Wait),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        state.apply(step);
        state
    }
}

/// The programs of one case.
struct Programs {
    families: [usize; 2],
    /// Ids of the claims, as they were made.
    claims: Vec<String>,
}

impl StateMachineTest for Programs {
    type SystemUnderTest = Self;
    type Reference = Book;

    fn init_test(state: &Book) -> Self {
        // A lab whose month or families are used up makes room for another.
        LAB.with_borrow_mut(|lab| *lab = lab.take().filter(Lab::has_room));
        with_lab(|lab| Self { families: lab.begin(state.homes).unwrap(), claims: Vec::new() })
    }

    fn apply(mut own: Self, state: &Book, step: Step) -> Self {
        with_lab(|lab| lab.apply(own.families, &mut own.claims, state, &step).unwrap());
        own
    }

    fn check_invariants(own: &Self, state: &Book) {
        with_lab(|lab| lab.compare(own.families, &own.claims, state).unwrap());
    }

    fn teardown(_: Self, _: Book) {
        with_lab(|lab| lab.end().unwrap());
    }
}

/// Cases unless somebody asks for more.
fn cases() -> u32 {
    std::env::var("JIHUI_SIM_CASES").ok().map_or(24, |text| text.parse().unwrap())
}

#[test]
fn holds_claims_reversals_decisions_and_settlement_are_what_a_plain_model_says() {
    let _alone = crate::alone();
    let mut runner = proptest::test_runner::TestRunner::new(Config {
        cases: cases(),
        // Each try takes families of its own.
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let steps = <Book as ReferenceStateMachine>::sequential_strategy(5..40);
    let ran = runner.run(&steps, |(initial, steps, seen)| {
        Programs::test_sequential(Config::default(), initial, steps, seen);
        Ok(())
    });
    LAB.take();
    if let Err(err) = ran {
        panic!("{err}");
    }
}
