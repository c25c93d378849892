//! Power cuts and failing disks at every call of a till's day and of headquarters' uploads.
//!
//! `JIHUI_FAULTS=all cargo nextest run -p tests --test sturdy power` strikes at every call.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tests::{Lab, Till, id_number};

use super::fault::{Mode, put_under};
use super::hands::{
    Dice, Hand, RICE, checkpoint, claimed_once, claims_of, column, command, copy_dir, how_many, nothing_is_half,
    number, offline_till, point_at, sales, sell,
};

/// Calls at which a disk strikes: all, or some by a seed.
fn strikes(calls: u64, usual: usize, dice: &mut Dice) -> Vec<u64> {
    if std::env::var("JIHUI_FAULTS").is_ok_and(|text| text == "all") {
        return (1..=calls).collect();
    }
    (0..how_many("JIHUI_FAULTS", usual)).map(|_| 1 + dice.below(calls)).collect()
}

/// What a day made known.
#[derive(Default)]
struct Day {
    answered: BTreeSet<String>,
    claims: BTreeSet<String>,
    refused: Vec<String>,
    /// Whether the last thing asked for was refused or not answered at all.
    is_open: bool,
}

/// Asks, and once more where the till says that it was not done; nothing where the till is gone.
fn ask(hand: &mut Hand, day: &mut Day, what: &Value) -> Option<Value> {
    for _ in 0..2 {
        day.is_open = true;
        let answer = hand.send(what)?;
        if answer.get("error").is_none() {
            day.is_open = false;
            return Some(answer);
        }
        day.refused.push(answer["error"].as_str().unwrap().into());
    }
    // It goes on with the next thing: a disk that stays full refuses that too.
    Some(json!({}))
}

fn whole_day(hand: &mut Hand, day: &mut Day) -> Option<()> {
    ask(hand, day, &json!({"do": "login", "staff": "c1", "pin": "1234"}))?;
    ask(hand, day, &json!({"do": "open_shift", "float": "200.00"}))?;
    for n in 0..4 {
        ask(hand, day, &json!({"do": "scan", "code": RICE}))?;
        if n % 2 == 0 {
            ask(hand, day, &json!({"do": "verify", "id_number": id_number(n)}))?;
        }
        let paid = ask(hand, day, &json!({"do": "pay", "tender": "cash"}))?;
        let Some(sale) = paid.get("sale") else { continue };
        day.answered.insert(sale["number"].as_str().unwrap().into());
        day.claims.extend(claims_of(sale));
    }
    if let Some(first) = day.answered.first().cloned() {
        let back = json!({"do": "return", "sale": first, "lines": [{"line": 1, "quantity": "1"}], "reason": "坏了",
                          "manager": {"staff": "m1", "pin": "9999"}});
        ask(hand, day, &back)?;
    }
    ask(hand, day, &json!({"do": "close_shift", "counted": "300.00"}))?;
    ask(hand, day, &json!({"do": "close_day"}))?;
    Some(())
}

/// A day over a disk; what the till said on the way out.
fn try_day(template: &Path, at: &Path, mode: Mode, n: u64, seed: u64) -> (Day, String, bool) {
    copy_dir(template, at);
    let hit = at.with_extension("hit");
    std::fs::remove_file(&hit).ok();
    let mut drive = command("jihui-till", at, &["drive"]);
    put_under(&mut drive, mode, n, seed, &hit);
    let mut hand = Hand::start(drive);
    let mut day = Day::default();
    whole_day(&mut hand, &mut day);
    (day, hand.end(), hit.exists())
}

#[test]
fn a_tills_day_survives_a_bad_disk_at_any_call() {
    let (lab, till) = offline_till(3);
    checkpoint(&till.dir.join("till.db"));
    let at = lab.dir.path().join("counted");
    let (day, _, _) = try_day(&till.dir, &at, Mode::Count, 0, 1);
    assert_eq!((day.answered.len(), day.claims.len(), day.refused.len()), (4, 2, 0), "{:?}", day.refused);
    let calls: u64 = std::fs::read_to_string(at.with_extension("hit")).unwrap().trim().parse().unwrap();
    assert!(calls > 100, "a day writes: {calls}");
    let mut dice = Dice::new();
    for (mode, usual) in [(Mode::Crash, 14), (Mode::Io, 7), (Mode::NoRoom, 5), (Mode::Full, 5), (Mode::ReadOnly, 3)] {
        for n in strikes(calls, usual, &mut dice) {
            let (at, seed) = (lab.dir.path().join("struck"), dice.below(u64::from(u32::MAX)));
            let place = format!("{mode:?} at call {n} of {calls}, seed {seed}");
            println!("{place}");
            let (day, said, was_hit) = try_day(&till.dir, &at, mode, n, seed);
            let struck = Till { dir: at.clone() };
            let checked = struck.run(&["verify"], "");
            assert_eq!(checked.code, 0, "{place}: {}", checked.err);
            let kept = sales(&at);
            let lost: Vec<_> = day.answered.difference(&kept).collect();
            assert!(lost.is_empty(), "{place}: answered and lost {lost:?}");
            // Only what had no answer when the program ended may be there beside.
            let beside = kept.len() - day.answered.len();
            assert!(
                beside <= usize::from(day.is_open && !mode.passes()),
                "{place}: {beside} sales that nobody was told of"
            );
            nothing_is_half(&at);
            if mode != Mode::Crash && was_hit {
                let words = format!("{said} {:?}", day.refused);
                // That there is no line to headquarters is said all day.
                let is_calm = day.refused.is_empty() && said.lines().all(|line| line.contains("eadquarters"));
                let is_told = is_calm || words.contains("磁盘") || words.contains("数据文件夹");
                assert!(is_told, "{place}: {words}");
            }
            // On a disk that is well again the till goes on.
            let mut hand = Hand::start(command("jihui-till", &at, &["drive"]));
            hand.send(&json!({"do": "login", "staff": "c1", "pin": "1234"})).unwrap();
            hand.send(&json!({"do": "open_shift", "float": "0.00"})).unwrap();
            hand.send(&json!({"do": "scan", "code": RICE})).unwrap();
            let paid = hand.send(&json!({"do": "pay", "tender": "cash"})).unwrap();
            assert!(paid.get("sale").is_some(), "{place}: {paid}");
            hand.end();
            std::fs::remove_dir_all(&at).unwrap();
        }
    }
}

/// Headquarters on a bad disk; none where it did not come up.
struct Struck {
    child: Child,
    url: Option<String>,
}

impl Struck {
    fn serve(dir: &Path, mode: Mode, n: u64, seed: u64, hit: &Path) -> Self {
        let mut serve = command("jihui-hq", dir, &["serve", "--listen", "127.0.0.1:0"]);
        put_under(&mut serve, mode, n, seed, hit);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, url: line.trim().strip_prefix("listening on ").map(str::to_owned) }
    }
}

impl Drop for Struck {
    fn drop(&mut self) {
        // It may have died of its disk.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Headquarters' folder and a till's with records that wait.
struct Waiting {
    lab: Lab,
    till: PathBuf,
    claims: BTreeSet<String>,
}

fn waiting() -> Waiting {
    let (lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 6, &mut claims);
    drop(drive);
    checkpoint(&till.dir.join("till.db"));
    checkpoint(&lab.hq_dir().join("hq.db"));
    Waiting { till: till.dir, lab, claims }
}

impl Waiting {
    /// Uploads to a copy of headquarters on a bad disk, then on a sound one.
    fn try_upload(&self, mode: Mode, n: u64, seed: u64) {
        let place = format!("headquarters: {mode:?} at call {n}, seed {seed}");
        println!("{place}");
        let again = Lab::on(None);
        copy_dir(&self.lab.hq_dir(), &again.hq_dir());
        let till = Till { dir: again.dir.path().join("till") };
        copy_dir(&self.till, &till.dir);
        let struck = Struck::serve(&again.hq_dir(), mode, n, seed, &again.dir.path().join("hit"));
        if let Some(url) = &struck.url {
            point_at(&till.dir, url);
            let said = till.run(&["sync"], "");
            if mode.passes() {
                let once_more = till.run(&["sync"], "");
                assert_eq!(once_more.code, 0, "{place}: {} then {}", said.err, once_more.err);
            }
        }
        drop(struck);
        // What was acknowledged is there before the till comes back.
        let acknowledged: i64 =
            number(&till.dir.join("till.db"), "SELECT coalesce(max(answered_through), 0) FROM epochs");
        let there = number(&again.hq_dir().join("hq.db"), "SELECT coalesce(max(seq), 0) FROM records");
        assert!(there >= acknowledged, "{place}: {acknowledged} acknowledged, {there} there");
        let server = again.serve();
        point_at(&till.dir, &server.url);
        till.ok(&["sync"], "");
        claimed_once(&again, &self.claims);
        assert_eq!(
            column(&till.dir.join("till.db"), "SELECT CAST(record_id AS TEXT) FROM outbox"),
            Vec::<String>::new()
        );
    }
}

#[test]
fn headquarters_keeps_what_it_acknowledged_on_a_bad_disk() {
    let waiting = waiting();
    let hit = waiting.lab.dir.path().join("hit");
    let counted = waiting.lab.dir.path().join("counted");
    copy_dir(&waiting.lab.hq_dir(), &counted);
    let till = Till { dir: waiting.lab.dir.path().join("counted-till") };
    copy_dir(&waiting.till, &till.dir);
    let mut struck = Struck::serve(&counted, Mode::Count, 0, 1, &hit);
    point_at(&till.dir, struck.url.as_ref().unwrap());
    till.ok(&["sync"], "");
    // It counts until it is asked to end.
    std::process::Command::new("sh").args(["-c", &format!("kill -TERM {}", struck.child.id())]).status().unwrap();
    struck.child.wait().unwrap();
    let calls: u64 = std::fs::read_to_string(&hit).unwrap().trim().parse().unwrap();
    assert!(calls > 20, "an upload writes: {calls}");
    let mut dice = Dice::new();
    for (mode, usual) in [(Mode::Crash, 8), (Mode::Io, 4), (Mode::NoRoom, 3), (Mode::Full, 3), (Mode::ReadOnly, 2)] {
        for n in strikes(calls, usual, &mut dice) {
            waiting.try_upload(mode, n, dice.below(u64::from(u32::MAX)));
        }
    }
}
