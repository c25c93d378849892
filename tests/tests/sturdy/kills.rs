//! `kill -9` at random moments of tills and of headquarters, while tills sell and upload.
//!
//! `JIHUI_KILLS=1000 cargo nextest run -p tests --test sturdy kills` for a long trial.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Lab, Till, id_number};

use super::hands::{Dice, Hand, RICE, claimed_once, claims_of, command, how_many, nothing_is_half, sales};

/// The shell's own kill: a bare Debian has no program of that name.
fn kill(pid: u32) {
    std::process::Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap();
}

/// What one till was answered.
#[derive(Default)]
struct Told {
    sales: BTreeSet<String>,
    claims: BTreeSet<String>,
}

/// Sells and uploads until told to end, or until somebody pulls the plug.
fn work(hand: &mut Hand, told: &Mutex<Told>, rounds: usize, is_over: &AtomicBool) -> Option<()> {
    hand.send(&json!({"do": "login", "staff": "c1", "pin": "1234"}))?;
    hand.send(&json!({"do": "open_shift", "float": "200.00"}))?;
    for n in 0..rounds {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        hand.send(&json!({"do": "scan", "code": RICE}))?;
        if n % 2 == 0 {
            hand.send(&json!({"do": "verify", "id_number": id_number(n % 3)}))?;
        }
        let paid = hand.send(&json!({"do": "pay", "tender": "cash"}))?;
        let mut told = told.lock().unwrap();
        told.sales.insert(paid["sale"]["number"].as_str().unwrap_or_else(|| panic!("{paid}")).into());
        told.claims.extend(claims_of(&paid["sale"]));
        drop(told);
        // Headquarters may be down: then it goes up later.
        hand.send(&json!({"do": "sync"}))?;
    }
    Some(())
}

fn nothing_lost(lab: &Lab, till: &Till, told: &Told) -> BTreeSet<String> {
    till.ok(&["verify"], "");
    nothing_is_half(&till.dir);
    let kept = sales(&till.dir);
    let lost: Vec<_> = told.sales.difference(&kept).collect();
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
    till.ok(&["sync"], "");
    // A sale that was finished and not answered any more is claimed too.
    let claims = super::hands::column(&till.dir.join("till.db"), "SELECT uuid FROM sales WHERE claimed");
    let claims: BTreeSet<String> = claims.into_iter().collect();
    assert!(claims.is_superset(&told.claims));
    assert!(lab.claims().len() >= claims.len());
    claims
}

#[test]
fn headquarters_killed_under_tills_that_upload_has_every_claim_once() {
    let lab = Lab::with_households(3);
    let mut server = lab.serve();
    let address = server.address();
    let tills: Vec<Till> = ["S001/01", "S002/01", "S003/01"].map(|name| lab.till(&server, name)).into();
    let told: Vec<Mutex<Told>> = tills.iter().map(|_| Mutex::default()).collect();
    let mut dice = Dice::new();
    let is_over = AtomicBool::new(false);
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (till, told) in tills.iter().zip(&told) {
            let (is_over, done) = (&is_over, &done);
            scope.spawn(move || {
                let mut hand = Hand::start(command("jihui-till", &till.dir, &["drive"]));
                work(&mut hand, told, usize::MAX, is_over);
                hand.end();
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        let (mut killed, wanted) = (0, how_many("JIHUI_KILLS", 20));
        // However slow the machine is, each till has sold something before it ends.
        while killed < wanted || killed < 50 * wanted && told.iter().any(|told| told.lock().unwrap().sales.len() < 5) {
            killed += 1;
            std::thread::sleep(Duration::from_micros(5_000 + dice.below(250_000)));
            server.kill();
            server = lab.serve_on(&address);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), tills.len(), "no till stopped for headquarters' sake");
    let mut claims = BTreeSet::new();
    for (till, told) in tills.iter().zip(told) {
        claims.extend(nothing_lost(&lab, till, &told.into_inner().unwrap()));
    }
    claimed_once(&lab, &claims);
    drop(server);
}

#[test]
fn a_till_killed_while_it_sells_and_uploads_loses_nothing() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let told = Mutex::<Told>::default();
    let mut dice = Dice::new();
    let never = AtomicBool::new(false);
    let (mut killed, wanted) = (0, how_many("JIHUI_KILLS", 20));
    // However slow the machine is, some sales are answered before it ends.
    while killed < wanted || killed < 50 * wanted && told.lock().unwrap().sales.len() < 10 {
        killed += 1;
        let mut hand = Hand::start(command("jihui-till", &till.dir, &["drive"]));
        let (pid, wait) = (hand.pid(), Duration::from_micros(dice.below(400_000)));
        // Some are killed while they start.
        if dice.below(4) > 0 {
            hand.send(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
        }
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let until = Instant::now() + wait;
                while Instant::now() < until {
                    std::thread::sleep(Duration::from_micros(50));
                }
                kill(pid);
            });
            work(&mut hand, &told, usize::MAX, &never);
        });
        hand.end();
    }
    let told = told.into_inner().unwrap();
    assert!(!told.sales.is_empty(), "no sale was answered");
    let claims = nothing_lost(&lab, &till, &told);
    claimed_once(&lab, &claims);
}
