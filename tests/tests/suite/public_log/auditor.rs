//! An exported period: found whole, and every planted change found and named.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sync::export::{END, End, HEADER, Header, Line, Taken};
use sync::jws::Key;
use sync::log::{self, Peaks};
use sync::protocol::{LogHead, typ};
use sync::{chain, from_b64};
use tests::{Lab, Till, id_number, program};
use verify::{Trusted, check};

use super::{RICE, close, hq_key};

/// An export taken apart, with headquarters' own key: who plants something signs it anew.
#[derive(Clone)]
struct Planted {
    key: Key,
    header: Header,
    lines: Vec<Line>,
}

impl Planted {
    fn read(bytes: &[u8], key: &Key) -> Self {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut lines: Vec<Line> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let Line::Export(header) = lines.remove(0) else { panic!("no header") };
        assert!(matches!(lines.pop(), Some(Line::End(_))));
        Self { key: key.clone(), header: serde_json::from_value(payload(&header)).unwrap(), lines }
    }

    /// The bytes, signed by headquarters.
    fn bytes(&self) -> Vec<u8> {
        let header = self.key.sign_with_jwk(HEADER, &serde_json::to_vec(&self.header).unwrap());
        let mut out = Vec::new();
        let lines = [vec![Line::Export(header)], self.lines.clone()].concat();
        for line in &lines {
            writeln!(out, "{}", serde_json::to_string(line).unwrap()).unwrap();
        }
        let end = End { lines: u64::try_from(lines.len()).unwrap(), sha256: sync::sha256(&out) };
        let end = Line::End(self.key.sign_json(END, &end));
        writeln!(out, "{}", serde_json::to_string(&end).unwrap()).unwrap();
        out
    }

    /// Places of the records in the lines.
    fn records(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|n| matches!(self.lines[*n], Line::Record(_))).collect()
    }

    fn record(&mut self, line: usize) -> &mut Taken {
        match &mut self.lines[line] {
            Line::Record(taken) => taken,
            _ => panic!("line {line} is no record"),
        }
    }

    /// The records of a kind.
    fn of(&mut self, kind: &str) -> Vec<usize> {
        let records = self.records();
        records.into_iter().filter(|n| payload(&self.record(*n).jws)["kind"] == kind).collect()
    }

    /// Numbers the records anew, as who leaves one out would.
    fn number(&mut self) {
        let first = head(&self.header.first).size;
        for (index, line) in (first..).zip(self.records()) {
            self.record(line).index = index;
        }
    }

    /// Signs heads over the records as they are now: headquarters itself would.
    fn sign_heads(&mut self) {
        let first = head(&self.header.first);
        let peaks = log::from_text(&self.header.peaks).unwrap();
        let mut grown = Peaks::of(first.size, peaks).unwrap();
        for line in self.records() {
            let leaf = log::leaf(self.record(line).jws.as_bytes());
            grown.push(leaf);
        }
        let last = LogHead { size: grown.size(), root: sync::b64(&grown.root()), at: first.at };
        self.header.last = self.key.sign_json(typ::HEAD, &last);
    }

    /// Changes a record's payload and signs it by its till's key.
    fn change(&mut self, line: usize, key: &Key, change: impl Fn(&mut Value)) {
        let mut said = payload(&self.record(line).jws);
        change(&mut said);
        self.record(line).jws = chain::sign(key, said.to_string().as_bytes()).jws;
    }
}

fn payload(jws: &str) -> Value {
    serde_json::from_slice(&from_b64(jws.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn head(jws: &str) -> LogHead {
    serde_json::from_value(payload(jws)).unwrap()
}

fn till_key(till: &Till) -> Key {
    pos::keyfile::read(&till.dir).unwrap().unwrap()
}

/// Two stores' tills that sold, took back and closed their day; and what headquarters exports of it.
struct Scene {
    lab: Lab,
    tills: [Till; 2],
    key: Key,
    trusted: Trusted,
}

impl Scene {
    fn open() -> Self {
        let lab = Lab::with_households(4);
        let server = lab.serve();
        let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
        for (n, till) in tills.iter().enumerate() {
            let mut drive = till.open();
            let sale = drive.sell(&[RICE], Some(&id_number(n)));
            drive.sell(&[RICE], Some(&id_number(n + 2)));
            drive.ok(&json!({"do": "sync"}));
            drive.ok(&json!({"do": "return", "sale": sale["number"], "lines": [{"line": 1, "quantity": "1"}],
                "reason": "质量问题", "manager": {"staff": "m1", "pin": "9999"}}));
            close(&mut drive);
            drive.ok(&json!({"do": "sync"}));
        }
        drop(server);
        let key = hq_key(&lab);
        let trusted = Trusted::read(key.kid()).unwrap();
        Self { lab, tills, key, trusted }
    }

    fn export(&self, name: &str, from: &str, to: &str) -> Vec<u8> {
        let file = self.lab.dir.path().join(name);
        self.lab.hq_ok(&["export", "--from", from, "--to", to, file.to_str().unwrap()]);
        std::fs::read(file).unwrap()
    }

    /// The whole network's only day.
    fn planted(&self) -> Planted {
        Planted::read(&self.export("whole.ndjson", "2020-01-01", "2099-12-31"), &self.key)
    }

    fn finds(&self, planted: &Planted, words: &str) {
        let found = check(planted.bytes().as_slice(), &self.trusted, &[]).map(|checked| checked.records);
        let problem = found.expect_err(words);
        assert!(problem.contains(words), "{words}: {problem}");
    }
}

#[test]
fn a_whole_export_is_found_right_and_its_sums_are_the_books() {
    let scene = Scene::open();
    let bytes = scene.export("day.ndjson", "2020-01-01", "2099-12-31");
    let checked = check(bytes.as_slice(), &scene.trusted, &[]).unwrap();
    assert_eq!((checked.first.size, checked.last.size, checked.early), (0, checked.records, 0));
    let claims = scene.lab.claims();
    for (code, name, sums) in &checked.stores {
        assert_eq!(*name, format!("演示店{code}"));
        let own: Vec<&Value> = claims.iter().filter(|claim| claim["store"] == **code).collect();
        assert_eq!((sums.claims, sums.returns), (2, 1));
        assert_eq!(sums.claims, u64::try_from(own.len()).unwrap());
        assert!(sums.claimed >= sums.granted && sums.returned > domain::money::Money::ZERO);
    }
    assert_eq!(checked.stores.len(), 2);

    // The program says the same, by a key in a file, and with heads that were noted elsewhere.
    let jwk = scene.lab.file("hq.jwk", scene.lab.hq_ok(&["key"]).as_bytes());
    let kept: Value =
        serde_json::from_slice(&std::fs::read(scene.lab.hq_dir().join("log-head.json")).unwrap()).unwrap();
    let noted = scene.lab.file("noted", kept["head"].as_str().unwrap().as_bytes());
    let file = scene.lab.dir.path().join("day.ndjson");
    let run = |args: &[&str]| {
        let output = Command::new(program("jihui-verify")).args(args).stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, out, err) = run(&["--key", &jwk, "--head", &noted, file.to_str().unwrap()]);
    assert_eq!((code, out.lines().count()), (Some(0), 2), "{err}");
    assert!(out.starts_with("S001 演示店S001: 申报 claims 2 "), "{out}");
    let (code, _, err) = run(&["--key", Key::generate().kid(), file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(err.contains("another headquarters"), "{err}");
    assert_eq!(run(&["--key", "nonsense", file.to_str().unwrap()]).0, Some(2));
    assert_eq!(run(&["--key", &jwk, "nowhere"]).0, Some(2));
    let wrong = LogHead { root: sync::b64(&[1; 32]), ..checked.last.clone() };
    let noted = scene.lab.file("noted", scene.key.sign_json(typ::HEAD, &wrong).as_bytes());
    let (code, _, err) = run(&["--key", &jwk, "--head", &noted, file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(err.contains("is of other records"), "{err}");
}

#[test]
fn a_later_period_goes_on_from_what_came_before_it() {
    let scene = Scene::open();
    let db = scene.lab.db();
    // All but the last three came the day before.
    let noon = 1_795_492_800_000_i64;
    let moved =
        "UPDATE records SET received_at = CASE WHEN id <= (SELECT max(id) - 3 FROM records) THEN ?1 ELSE ?2 END";
    db.conn.execute(moved, hq::params![noon - 86_400_000, noon]).unwrap();
    drop(db);
    let (today, before) = ("2026-11-24", "2026-11-23");
    let later = scene.export("later.ndjson", today, today);
    let checked = check(later.as_slice(), &scene.trusted, &[]).unwrap();
    assert_eq!((checked.records, checked.last.size - checked.first.size), (3, 3));
    assert!(checked.first.size > 0);
    let planted = Planted::read(&later, &scene.key);
    assert!(planted.lines.iter().any(|line| matches!(line, Line::Before(_))));
    // What stands before is in the log, or it is not believed.
    let mut bent = planted.clone();
    for line in &mut bent.lines {
        if let Line::Before(before) = line {
            before.index += 1;
        }
    }
    scene.finds(&bent, "is not in the log under the first head");
    let mut bare = planted;
    bare.lines.retain(|line| matches!(line, Line::Record(_)));
    scene.finds(&bare, "it follows record 0");
    let earlier = scene.export("earlier.ndjson", before, before);
    assert_eq!(check(earlier.as_slice(), &scene.trusted, &[]).unwrap().last.root, checked.first.root);
    let nothing = scene.export("nothing.ndjson", "2020-01-01", "2020-01-02");
    assert_eq!(check(nothing.as_slice(), &scene.trusted, &[]).unwrap().records, 0);
}

#[test]
fn every_planted_change_is_found_and_named() {
    let scene = Scene::open();
    let mut whole = scene.planted();
    assert_eq!(check(whole.bytes().as_slice(), &scene.trusted, &[]).unwrap().records, head(&whole.header.last).size);
    let (records, claims, backs) = (whole.records(), whole.of("claim"), whole.of("reversal"));
    let own = till_key(&scene.tills[0]);

    // A byte of any record.
    for line in records.clone() {
        let mut planted = whole.clone();
        let jws = &mut planted.record(line).jws;
        let (at, other) = (jws.len() / 2, if jws.as_bytes()[jws.len() / 2] == b'A' { "B" } else { "A" });
        jws.replace_range(at..=at, other);
        scene.finds(&planted, "the signature is wrong");
    }
    // One left out, and the rest numbered anew and signed anew.
    let mut planted = whole.clone();
    planted.lines.remove(claims[0]);
    scene.finds(&planted, "is missing here");
    planted.number();
    planted.sign_heads();
    scene.finds(&planted, "what lies between was left out");
    // The last of all left out: no chain shows it, the signed head does.
    let mut planted = whole.clone();
    planted.lines.remove(*records.last().unwrap());
    scene.finds(&planted, "and the export ends after");
    // Order: two tills' records in each other's place break no chain.
    let mut planted = whole.clone();
    let other = records.iter().find(|n| {
        let till = |jws: &str| payload(jws)["store"].clone();
        let (a, b) = (whole.clone().record(**n).jws.clone(), whole.clone().record(**n + 1).jws.clone());
        till(&a) != till(&b)
    });
    let at = *other.unwrap();
    planted.lines.swap(at, at + 1);
    scene.finds(&planted, "is missing here");
    planted.number();
    scene.finds(&planted, "it saw another log");
    // Order within a chain.
    let mut planted = whole.clone();
    planted.lines.swap(records[0], records[1]);
    planted.number();
    planted.sign_heads();
    scene.finds(&planted, "left out or put elsewhere");
    // Sums.
    let mut planted = whole.clone();
    planted.change(claims[0], &own, |said| said["total_claimed"] = "99999.00".into());
    planted.sign_heads();
    scene.finds(&planted, "its running total is 99999.00");
    let mut planted = whole.clone();
    planted.change(claims[0], &own, |said| said["totals"]["discount"] = "99999.00".into());
    planted.sign_heads();
    scene.finds(&planted, "its lines make another sum");
    let mut planted = whole.clone();
    planted.record(claims[0]).granted = Some("99999.00".into());
    scene.finds(&planted, "headquarters grants 99999.00");
    // A return of more than was claimed, its running total made to fit.
    let mut planted = whole.clone();
    planted.change(backs[0], &own, |said| said["totals"]["discount"] = "99999.00".into());
    planted.sign_heads();
    scene.finds(&planted, "more discount comes back than claim");
    let mut planted = whole.clone();
    planted.change(backs[0], &own, |said| said["lines"][0]["quantity"] = "2".into());
    planted.sign_heads();
    scene.finds(&planted, "more of line 1 comes back");
    // A record changed by its own till breaks the chain after it, whatever headquarters signs.
    let mut planted = whole.clone();
    planted.change(claims[0], &own, |said| said["household"] = "another".into());
    planted.sign_heads();
    scene.finds(&planted, "it does not follow the record before it");
    // Keys.
    let mut planted = whole.clone();
    planted.change(claims[0], &Key::generate(), |_| {});
    scene.finds(&planted, "a foreign key");
    let mut planted = whole.clone();
    planted.key = Key::generate();
    scene.finds(&planted, "another headquarters");
    // Heads.
    let mut planted = whole.clone();
    let last = head(&whole.header.last);
    planted.header.last = scene.key.sign_json(typ::HEAD, &LogHead { size: last.size + 1, ..last.clone() });
    scene.finds(&planted, &format!("the last head is of {} records", last.size + 1));
    planted.header.last = scene.key.sign_json(typ::HEAD, &LogHead { root: sync::b64(&[7; 32]), ..last.clone() });
    scene.finds(&planted, "do not make the root that headquarters signed");
    planted.header.last = Key::generate().sign_json(typ::HEAD, &last);
    scene.finds(&planted, "the last head: ");
    let mut planted = whole.clone();
    planted.header.first = scene.key.sign_json(typ::HEAD, &LogHead { size: 0, root: last.root, at: last.at });
    scene.finds(&planted, "the subtrees are not those of the first head");
    // What a till saw that day.
    let closes = whole.of("day_close");
    let mut planted = whole.clone();
    planted.change(closes[0], &own, |said| said["log_head"]["root"] = sync::b64(&[9; 32]).into());
    planted.sign_heads();
    scene.finds(&planted, "it saw another log");
    // The file itself.
    let bytes = whole.bytes();
    let cut = bytes[..bytes.len() - 1].rsplit(|byte| *byte == b'\n').next().unwrap().len() + 1;
    let found = check(&bytes[..bytes.len() - cut], &scene.trusted, &[]).unwrap_err();
    assert!(found.contains("cut off"), "{found}");
    let text = String::from_utf8(bytes.clone()).unwrap();
    let touched = text.replacen("\"outcome\":\"accepted\"", "\"outcome\":\"accepted\" ", 1);
    let found = check(touched.as_bytes(), &scene.trusted, &[]).unwrap_err();
    assert!(found.contains("not those that headquarters signed"), "{found}");
    let longer = [bytes.as_slice(), b"{\"end\":\"x\"}\n"].concat();
    assert!(check(longer.as_slice(), &scene.trusted, &[]).unwrap_err().contains("after the end"));
}
