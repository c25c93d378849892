//! Headquarters with three stores, two payers and two funds, and claims as raw as they can be.

use std::collections::BTreeMap;
use std::path::Path;

use domain::money::Money;
use hq::params;
use hq::service::access::Role;
use hq::service::session::Person;
use hq::service::settle::{make, steps};
use hq::service::{Hq, decide, funds, register};
use hq::store::claims::{self, Claim};
use hq::store::funds::Share;
use hq::store::records::{self, Record};
use hq::store::register::{Contract, Entry};
use hq::store::settle as rows;
use hq::store::tills::{self, StoreRow};
use serde_json::json;

/// Someone of a role.
pub fn person(name: &str, role: Role) -> Person {
    let store = (role == Role::Manager).then(|| "S001".to_owned());
    Person { name: name.into(), role, store, district: None, confirmed_at: 0 }
}

/// What must have been done.
pub fn done<T>(told: anyhow::Result<Result<T, String>>) -> T {
    told.unwrap().unwrap()
}

/// What must have been refused: why.
pub fn refused<T>(told: anyhow::Result<Result<T, String>>) -> String {
    match told.unwrap() {
        Ok(_) => panic!("it was done"),
        Err(sentence) => sentence,
    }
}

/// A claim's programme as the test knows it: amounts of all payers together, in fen.
#[derive(Debug, Clone)]
pub struct Raw {
    pub id: i64,
    pub store: String,
    pub date: String,
    pub state: String,
    /// Fund: programme's asked, granted, what is left.
    pub parts: BTreeMap<&'static str, (i64, i64, i64)>,
}

pub struct World {
    pub dir: tempfile::TempDir,
    pub hq: Hq,
    pub accountant: Person,
    pub reviewer: Person,
    pub approver: Person,
    pub second: Person,
    pub payer: Person,
    seq: std::cell::Cell<u64>,
}

impl World {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hq = Self::again(dir.path());
        let world = Self {
            dir,
            hq,
            accountant: person("kuaiji", Role::Accountant),
            reviewer: person("fuhe", Role::Reviewer),
            approver: person("shenpi1", Role::Approver),
            second: person("shenpi2", Role::Approver),
            payer: person("chuna", Role::Payer),
            seq: std::cell::Cell::new(0),
        };
        for code in ["S001", "S002", "S003"] {
            world.store(code, if code == "S003" { "quarter" } else { "month" });
        }
        let (hq, who) = (&world.hq, &world.accountant);
        for (code, name) in [("CITY", "市慈善总会"), ("COUNTY", "区慈善总会")] {
            done(funds::put_payer(hq, who, code, name, "演示银行", "6200 0000 0000 0001"));
        }
        for (fund, shares) in [("A", vec![("CITY", 6_000), ("COUNTY", 4_000)]), ("B", vec![("CITY", 10_000)])] {
            done(funds::put_fund(hq, who, fund, "演示资金", "演示"));
            let share = |(payer, basis_points): (&str, u32)| Share { payer: payer.into(), basis_points };
            done(funds::put_shares(hq, who, fund, &shares.into_iter().map(share).collect::<Vec<_>>()));
        }
        world
    }

    /// Another process on the same folder.
    pub fn again(dir: &Path) -> Hq {
        Hq::open(dir, &dir.join("keys.json")).unwrap()
    }

    fn store(&self, code: &str, settlement: &str) {
        let row = StoreRow {
            code: code.into(),
            name: format!("演示店{code}"),
            district: "370811".into(),
            serves: vec!["3708".into()],
            roster_key_enc: vec![0],
            roster_quarter: "2025-Q3".into(),
        };
        {
            let db = self.hq.db();
            tills::insert_store(&db.conn, &row).unwrap();
            tills::till_id(&db.conn, code, "01", true).unwrap();
        }
        let entry = Entry {
            legal_name: format!("演示商店{code}"),
            credit_code: "9144030071526726XG".into(),
            taxpayer: "small_scale".into(),
        };
        let contract = Contract {
            from: "2025-01-01".into(),
            settlement: settlement.into(),
            subsidy: "third_party_payment".into(),
            tax_rate_bp: 100,
        };
        done(register::put_entry(&self.hq, &self.accountant, code, &entry));
        done(register::put_contract(&self.hq, &self.accountant, code, &contract));
        let number = format!("62220000000000{}", &code[1..]);
        done(register::ask_account(&self.hq, &self.accountant, code, &entry.legal_name, "演示银行", &number));
        let asked = hq::store::register::account(&self.hq.db().conn, code, "asked").unwrap().unwrap();
        done(register::decide_account(&self.hq, &self.approver, code, asked.id, true));
    }

    /// A claim that came: by fund what was asked and granted.
    pub fn claim(
        &self,
        store: &str,
        date: &str,
        household: u64,
        state: &str,
        parts: &[(&'static str, i64, i64)],
    ) -> Raw {
        let db = self.hq.db();
        let seq = self.seq.get() + 1;
        self.seq.set(seq);
        let till_id = tills::till_id(&db.conn, store, "01", false).unwrap().unwrap();
        let uuid = format!("00000000-0000-7000-8000-{seq:012}");
        let record = Record {
            id: 0,
            till_id,
            epoch: "1".into(),
            seq,
            uuid: uuid.clone(),
            kind: "claim".into(),
            hash: uuid.clone(),
            jws: String::new(),
            branch: false,
            outcome: state.into(),
            reasons: "[]".into(),
        };
        let record_id = records::insert(&db.conn, &record).unwrap();
        let (asked, granted): (i64, i64) = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.1, sum.1 + part.2));
        let yuan = |fen: i64| Money::from_fen(fen.into()).to_string();
        let totals = |claim: i64| {
            json!({ "gross": yuan(claim * 3), "promotion": "0.00", "discount": yuan(claim), "subsidy": yuan(claim),
                "concession": "0.00", "net": yuan(claim * 2), "purse": "0.00", "due": yuan(claim * 2), "claim": yuan(claim) })
            .to_string()
        };
        let claim = Claim {
            id: 0,
            record_id,
            uuid,
            till_id,
            store: store.into(),
            till: "01".into(),
            sale: None,
            business_date: Some(date.into()),
            household: Some(format!("H{household}")),
            person: None,
            state: state.into(),
            reasons: "[]".into(),
            totals: totals(asked),
            granted: totals(granted),
            claimed_fen: asked,
            granted_fen: granted,
            posted: "[]".into(),
            heard: String::new(),
            batch: None,
            own: "[]".into(),
        };
        let id = claims::insert(&db.conn, &claim, 1).unwrap();
        for (fund, asked, granted) in parts {
            // What is held counts as claimed until people decide.
            let left = if state == "held" { asked } else { granted };
            db.conn
                .execute(
                    "INSERT INTO claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen,
                       fund, granted_fen, rates) VALUES (?1, ?2, ?3, ?4, ?4, 0, ?5, ?4, ?6)",
                    params![id, format!("P{fund}"), *asked, *left, *fund, format!("[[900,{}],[-1,{}]]", left / 3, left - left / 3)],
                )
                .unwrap();
        }
        funds::count(&db.conn, id).unwrap();
        let parts = parts.iter().map(|(fund, asked, granted)| (*fund, (*asked, *granted, *granted))).collect();
        Raw { id, store: store.into(), date: date.into(), state: state.into(), parts }
    }

    /// A person decides on a claim that was held.
    pub fn decide(&self, raw: &mut Raw, state: &str) {
        let db = self.hq.db();
        for (fund, (_, granted, left)) in &raw.parts {
            self.write_left(&db.conn, raw.id, fund, *granted, *left);
        }
        raw.state = state.into();
        decide::set_state(&db.conn, raw.id, state, "fuhe", "decided", &json!({})).unwrap();
    }

    /// So many fen of a fund's part come back.
    pub fn give_back(&self, raw: &mut Raw, fund: &'static str, fen: i64) {
        let db = self.hq.db();
        let part = raw.parts.get_mut(fund).unwrap();
        part.2 -= fen;
        self.write_left(&db.conn, raw.id, fund, part.1, part.2);
        funds::count(&db.conn, raw.id).unwrap();
    }

    fn write_left(&self, conn: &hq::store::sql::Conn, id: i64, fund: &str, granted: i64, left: i64) {
        conn.execute(
            "UPDATE claim_programmes SET granted_fen = ?3, subsidy_fen = ?4, rates = ?5 WHERE claim_id = ?1 AND programme = ?2",
            params![id, format!("P{fund}"), granted, left, format!("[[900,{}],[-1,{}]]", left / 3, left - left / 3)],
        )
        .unwrap();
    }

    pub fn state(&self, id: i64) -> String {
        claims::by_id(&self.hq.db().conn, id).unwrap().unwrap().state
    }

    pub fn make(&self, payer: &str, store: &str, period: &str) -> String {
        done(make::make(&self.hq, &self.accountant, payer, store, period))
    }

    pub fn batch(&self, number: &str) -> rows::Batch {
        rows::batch(&self.hq.db().conn, number).unwrap().unwrap()
    }

    /// From checking to approval; by two where that is needed.
    pub fn approve(&self, number: &str) {
        done(steps::check(&self.hq, &self.reviewer, number));
        done(steps::approve(&self.hq, &self.approver, number));
        if self.batch(number).state == "checked" {
            done(steps::approve(&self.hq, &self.second, number));
        }
    }

    pub fn pay(&self, number: &str) {
        let reference = format!("BANK-{number}");
        let payment = steps::Payment { number: number.into(), reference, date: "2025-11-15".into() };
        done(steps::pay(&self.hq, &self.payer, &[payment]));
    }
}

/// A payer's part, reckoned another way than the program does.
pub fn part(payer: &str, fund: &str, fen: i64) -> i64 {
    match (payer, fund) {
        ("CITY", "B") => fen,
        (_, "B") => 0,
        // 60 and 40 percent: the exact tenths decide who gets the fen that is left.
        ("CITY", _) => (fen * 6 + 5) / 10,
        _ => fen - (fen * 6 + 5) / 10,
    }
}
