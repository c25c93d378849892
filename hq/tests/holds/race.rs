//! Two stores at one instant: several servers on one database, and threads that all ask at once.

use std::sync::{Arc, Barrier};

use domain::time::business_date;
use hq::service::{Hq, Refusal, holds, now};
use hq::store::place::Database;
use hq::store::tills::{self, TillKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cluster;
use crate::lab::{Lab, Till, bags, nothing_offline, programme};

const TILLS: usize = 6;
const ROUNDS: usize = 4;

fn granted(answer: String) -> i64 {
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["totals"]["discount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

fn said(refused: Refusal) -> i64 {
    match refused {
        Refusal::Problem(problem) => eprintln!("{}", problem.detail),
        Refusal::Failed(err) => eprintln!("{err:#}"),
    }
    -1
}

/// One till at one of the servers holds again and again, and lets go; what it was granted each time, in fen.
fn hold_and_let_go(hq: &Hq, who: &TillKey, family: &(String, String), start: &Barrier) -> Vec<(Uuid, i64)> {
    let mut last = Vec::new();
    for round in 0..ROUNDS {
        let body = json!({
            "claim": Uuid::now_v7(), "household": family.0, "person": family.1,
            "business_date": business_date(now()), "lines": bags(3), "decline": [], "purses": {},
        });
        let id = Uuid::now_v7();
        start.wait();
        let answer = holds::put(hq, who, &id.to_string(), body.to_string().as_bytes());
        // Whoever fails goes on, so that nobody waits for it: the sums show it.
        last.push((id, answer.map_or_else(said, granted)));
        // All have asked before anyone lets go.
        start.wait();
        if round + 1 < ROUNDS {
            holds::let_go(hq, who, &id.to_string()).map_or_else(|refused| _ = said(refused), |()| ());
        }
    }
    last
}

fn race(place: impl FnOnce(&tempfile::TempDir) -> Database) {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    let lab = Lab::on(dir, place, vec![programme(&nothing_offline())]);
    let family = lab.family(0);
    let servers = [Arc::clone(&lab.hq), Arc::new(lab.beside())];
    let start = Barrier::new(TILLS);
    let granted: Vec<Vec<(Uuid, i64)>> = std::thread::scope(|scope| {
        let mut asking = Vec::new();
        for n in 0..TILLS {
            let store = ["S001", "S002"][n % 2];
            let till = Till::enrol(&lab, store, &format!("{n:02}"));
            let who = tills::key(&lab.hq.db().conn, &till.me.kid).unwrap().unwrap();
            let (hq, family, start) = (Arc::clone(&servers[n / 2 % 2]), &family, &start);
            asking.push(scope.spawn(move || hold_and_let_go(&hq, &who, family, start)));
        }
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        let sum: i64 = granted.iter().map(|till| till[round].1).sum();
        assert_eq!(sum, 5000, "round {round}: all of the limit, and no more: {granted:?}");
    }
    let live = u64::try_from(TILLS).unwrap();
    assert_eq!(lab.verify(), Ok(live));
}

#[test]
fn all_of_the_limit_is_granted_once_on_sqlite() {
    race(|dir| Database::from(dir.path()));
}

#[test]
fn all_of_the_limit_is_granted_once_on_postgres() {
    race(|_| Database::parse(&cluster::database()).unwrap());
}
