//! Pulling the plug, again and again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Lab, id_number, lines};

const RICE: &str = "6900000000014";

/// A small generator of waits; the seed is printed, so that a failure can be run again.
struct Waits(u64);

impl Waits {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let seed = u64::try_from(now & 0xFFFF_FFFF).unwrap() | 1;
        println!("seed {seed}");
        Self(seed)
    }

    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn every_sale_that_was_answered_survives_kill_9() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    drop(till.open());
    let mut waits = Waits::new();
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let mut claims: BTreeSet<String> = BTreeSet::new();
    let mut attempts = 0;
    while attempts < 200 {
        let mut drive = till.drive();
        let pid = drive.pid();
        let wait = Duration::from_micros(200 + waits.next(120_000));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let done = &done;
            scope.spawn(move || {
                let until = Instant::now() + wait;
                while Instant::now() < until && !done.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                // The shell's own kill: a bare Debian has no program of that name.
                std::process::Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap();
            });
            if drive.send(&json!({"do": "login", "staff": "c1", "pin": "1234"})).is_none() {
                return;
            }
            while attempts < 200 {
                attempts += 1;
                let scanned = drive.send(&json!({"do": "scan", "code": RICE}));
                let verified = if attempts % 2 == 0 {
                    drive.send(&json!({"do": "verify", "id_number": id_number(0)}))
                } else {
                    Some(json!({}))
                };
                let Some(sale) =
                    scanned.and(verified).and_then(|_| drive.send(&json!({"do": "pay", "tender": "cash"})))
                else {
                    break;
                };
                let sale = &sale["sale"];
                answered.insert(sale["number"].as_str().unwrap_or_else(|| panic!("{sale}")).into());
                claims.extend(sale["claims"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
            }
            done.store(true, Ordering::Relaxed);
        });
        drop(drive);
    }
    let verified = lines(&till.ok(&["verify"], ""))[0].clone();
    let conn = rusqlite::Connection::open(till.dir.join("till.db")).unwrap();
    let mut statement = conn.prepare("SELECT number FROM sales").unwrap();
    let kept: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let lost: Vec<_> = answered.difference(&kept).collect();
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
    assert!(answered.len() > 20, "only {} sales were answered", answered.len());
    assert_eq!(verified["sales"], json!(kept.len()));
    let half: i64 = conn
        .query_row(
            "SELECT count(*) FROM sales s WHERE NOT EXISTS (SELECT 1 FROM sale_lines l WHERE l.sale_id = s.id)
               OR NOT EXISTS (SELECT 1 FROM tenders t WHERE t.sale_id = s.id)
               OR s.claimed <> EXISTS (SELECT 1 FROM records r WHERE r.uuid = s.uuid)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(half, 0, "no sale is half there");
    till.ok(&["sync"], "");
    let at_headquarters: BTreeSet<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().into()).collect();
    assert!(at_headquarters.is_superset(&claims));
    lab.hq_ok(&["verify"]);
}

#[test]
fn headquarters_killed_under_upload_has_every_record_once() {
    let lab = Lab::with_households(2);
    let mut server = lab.serve();
    let address = server.address();
    let till = lab.till(&server, "S001/01");
    let mut waits = Waits::new();
    let mut claims: BTreeSet<String> = BTreeSet::new();
    let mut drive = till.open();
    for round in 0..12 {
        for n in 0..10 {
            let sale = drive.sell(&["10001"], Some(&id_number(n % 2)));
            claims.extend(sale["claims"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        let wait = Duration::from_micros(waits.next(40_000));
        std::thread::scope(|scope| {
            let server = &mut server;
            scope.spawn(move || {
                let until = Instant::now() + wait;
                while Instant::now() < until {
                    std::thread::yield_now();
                }
                server.kill();
            });
            // It may or may not get through; nobody knows, and nothing is lost either way.
            drive.send(&json!({"do": "sync"}));
        });
        server = lab.serve_on(&address);
        lab.hq_ok(&["verify"]);
        assert!(round < 12);
    }
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let listed: Vec<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    let at_headquarters: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), at_headquarters.len(), "no claim is there twice");
    assert_eq!(at_headquarters, claims);
    till.ok(&["verify"], "");
}
