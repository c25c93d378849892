//! The simulator (docs/simulator.md): the till's state machine and store, the sync engine and headquarters'
//! service as they are, over a simulated network, simulated clocks and simulated crashes, from one seed.
#![expect(clippy::unwrap_used, reason = "a fixture that does not stand fails its test")]

mod acts;
mod bound;
mod check;
mod faults;
mod ledger;
mod machine;
mod model;
mod net;
mod office;
mod planted;
mod rig;
mod template;
mod watched;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

use faults::Faults;
use template::Template;
use world::{Done, Plan, run};

/// One seed is run again by this.
const ONE: &str = "JIHUI_SIM_SEED";
/// How many seeds are run.
const HOW_MANY: &str = "JIHUI_SIM_SEEDS";
/// Seeds unless somebody asks for more.
const SEEDS: u64 = 200;
/// Lines of a story that are shown.
const SHOWN: usize = 50;

/// Seeds that once found something, the events of their days, and what.
const KEPT: [(u64, i64, &str); 4] = [
    (57, 30, "a basket whose hold had lapsed was still priced by it where headquarters did not answer"),
    (83, 30, "a purse that paid for goods out of scope, and less for others, was told that its limit was the reason"),
    (
        57,
        24,
        "a return at another till of a claim that people rejected counted as that till's use, and its next claim was cut",
    ),
    (164, 24, "a request for a hold that came late took the place of the later hold that the claim went by"),
];

/// The clocks of this process are stopped by whoever holds this.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// What was done, or all that is to be said of a seed that fails.
fn told(template: &Template, plan: &Plan) -> Result<Done, String> {
    run(template, plan).map_err(|(found, story)| {
        let from = story.len().saturating_sub(SHOWN);
        let found: Vec<String> = found.iter().map(|f| format!("{}: {}", f.checker, f.text)).collect();
        let (seed, found, story) = (plan.seed, found.join("\n"), story[from..].join("\n"));
        format!("seed {seed}: {found}\n{story}\nrun it again with {ONE}={seed}")
    })
}

fn passes(template: &Template, plan: &Plan) -> Done {
    told(template, plan).unwrap_or_else(|found| panic!("{found}"))
}

/// Three days of three tills.
fn days(seed: u64) -> Plan {
    Plan::days(seed, 3, 24)
}

/// A quarter of the seeds, so that a runner with several processes is busy.
fn quarter(n: u64) {
    let _alone = alone();
    let template = Template::build([2, 1, 0], 16).unwrap();
    let mut sum = Done::default();
    let seeds: Vec<u64> = match number(ONE) {
        Some(one) => vec![one].into_iter().filter(|one| one % 4 == n).collect(),
        None => (1..=number(HOW_MANY).unwrap_or(SEEDS)).filter(|seed| seed % 4 == n).collect(),
    };
    let mut failed = Vec::new();
    for seed in &seeds {
        match told(&template, &days(*seed)) {
            Ok(done) => sum.add(done),
            Err(found) => {
                // Each as it is found: thousands of seeds take long.
                println!("{found}");
                failed.push(*seed);
            }
        }
    }
    println!("{} seeds: {sum:?}", seeds.len());
    assert!(failed.is_empty(), "seeds {failed:?} found something");
}

#[test]
fn seeds_of_three_tills_and_three_days_a() {
    quarter(0);
}

#[test]
fn seeds_of_three_tills_and_three_days_b() {
    quarter(1);
}

#[test]
fn seeds_of_three_tills_and_three_days_c() {
    quarter(2);
}

#[test]
fn seeds_of_three_tills_and_three_days_d() {
    quarter(3);
}

#[test]
fn seeds_that_once_found_something() {
    let _alone = alone();
    let template = Template::build([2, 1, 0], 16).unwrap();
    for (seed, events, what) in KEPT {
        println!("{seed}: {what}");
        passes(&template, &Plan::days(seed, 3, events));
    }
}

#[test]
fn two_stores_at_one_instant_never_exceed_a_limit() {
    let _alone = alone();
    let template = Template::build([2, 1, 1], 3).unwrap();
    let mut sum = Done::default();
    for seed in 1..=6 {
        sum.add(passes(&template, &Plan { faults: Some(Faults::default()), online: true, ..days(seed) }));
    }
    assert!(sum.held > 100, "too little was held for this to say anything: {sum:?}");
    assert_eq!(sum.late, 0, "nothing comes late: the bound is 0");
    println!("{sum:?}");
}

#[test]
fn a_month_of_twenty_tills() {
    let _alone = alone();
    let template = Template::build([8, 7, 5], 60).unwrap();
    let seed = number(ONE).unwrap_or(1);
    let done = passes(&template, &Plan::days(seed, 30, 110));
    println!("a month: {done:?}");
}
