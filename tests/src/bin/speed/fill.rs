//! A headquarters with very many claims, always the same ones. Records are empty: no page reads them.

use hq::params;
use hq::service::Hq;
use hq::store::sql::{Conn, Value};
use hq::store::usage::recount;

/// Password of the users.
pub const PASSWORD: &str = "a long password";
const STORES: u64 = 40;
const TILLS: u64 = 2;
const DAYS: u64 = 365;
/// Claims of a household.
const EACH: u64 = 36;
const CATEGORIES: [&str; 6] =
    ["urban_dibao", "rural_dibao", "tekun", "dibao_marginal", "rigid_expenditure", "other_hardship"];
const PROGRAMMES: [&str; 4] = ["EGG", "GRAIN", "JIANSHOU", "MEAT"];
const GROUPS: [&str; 4] = ["food/egg", "food/grain/rice", "food/oil", "food/meat"];

/// What was made.
pub struct Made {
    /// Households.
    pub households: u64,
    /// One of them.
    pub household: String,
    /// People of different sight.
    pub users: [&'static str; 4],
}

/// Claims that go into the database by one statement.
const TOGETHER: usize = 200;

/// Rows of claims, by table.
#[derive(Default)]
struct Rows {
    records: Vec<Vec<Value>>,
    claims: Vec<Vec<Value>>,
    parts: Vec<Vec<Value>>,
}

impl Rows {
    fn put(self, tx: &Conn) {
        let records = "records (id, till_id, epoch, seq, uuid, kind, hash, jws, branch, outcome, reasons, received_at)";
        let claims = "claims (id, record_id, uuid, till_id, store, till, sale, business_date, household, person, state,
           reasons, totals, granted, posted, heard, version, claimed_fen, granted_fen, category, size, district, counted)";
        let parts =
            "claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen, day, goods)";
        for (into, rows) in [(records, self.records), (claims, self.claims), (parts, self.parts)] {
            tx.insert_many(into, &rows, "").unwrap();
        }
    }
}

/// A generator of numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let n = self.below(u64::try_from(words.len()).unwrap());
        words[usize::try_from(n).unwrap()]
    }
}

fn store(n: u64) -> String {
    format!("S{:03}", n + 1)
}

fn district(n: u64) -> String {
    format!("3708{:02}", 11 + n % 10)
}

/// Fills an empty headquarters.
pub fn fill(hq: &Hq, claims: u64) -> Made {
    let households = (claims / EACH).max(10);
    let db = hq.db();
    let tx = db.begin().unwrap();
    places(&tx);
    families(&tx, households);
    let mut dice = Dice(2026);
    let mut rows = Rows::default();
    for n in 0..claims {
        claim(&mut rows, n, claims, households, &mut dice);
        if rows.claims.len() == TOGETHER || n + 1 == claims {
            std::mem::take(&mut rows).put(&tx);
        }
    }
    recount::fill(&tx).unwrap();
    prices(&tx);
    tx.commit().unwrap();
    if db.conn.as_postgres().is_some() {
        // As its own housekeeping does after a while.
        db.conn.execute("ANALYZE", params![]).unwrap();
    }
    drop(db);
    let file = std::fs::read(tests::data().join("programmes.json")).unwrap();
    hq::service::catalogue::import_programmes(hq, &file, false).unwrap().unwrap();
    let users = [
        ("reviewer", None, None),
        ("roster", None, None),
        ("manager", Some("S003"), None),
        ("auditor", None, Some("370812")),
    ];
    let hash = sync::password::hash(PASSWORD).unwrap();
    for (role, store, district) in users {
        hq.db().conn.execute(
            "INSERT INTO users (name, role, store, district, password_hash, created_at) VALUES (?1, ?1, ?2, ?3, ?4, 0)",
            params![role, store.map(str::to_owned), district.map(str::to_owned), hash],
        )
        .unwrap();
    }
    Made { households, household: household(7), users: users.map(|(role, ..)| role) }
}

fn places(tx: &Conn) {
    for n in 0..STORES {
        let code = store(n);
        tx.execute(
            "INSERT INTO stores (code, name, district, serves, roster_key_enc, roster_quarter, created_at)
             VALUES (?1, ?1, ?2, ?2, ?3, '2026-Q4', 0)",
            params![code, district(n), vec![0_u8]],
        )
        .unwrap();
        for till in 0..TILLS {
            tx.execute(
                "INSERT INTO tills (id, store, till) VALUES (?1, ?2, ?3)",
                params![n * TILLS + till + 1, code, format!("{:02}", till + 1)],
            )
            .unwrap();
        }
    }
    tx.execute("INSERT INTO roster_versions (version, published_at) VALUES (1, 0)", params![]).unwrap();
}

fn household(n: u64) -> String {
    format!("H{n:08}")
}

/// Half as many again are entitled as come.
fn families(tx: &Conn, count: u64) {
    for n in 0..count * 3 / 2 {
        let id = household(n);
        tx.execute(
            "INSERT INTO households (id, external_mac, external_enc) VALUES (?1, ?1, ?2)",
            params![id, vec![0_u8; 40]],
        )
        .unwrap();
        for (person, relation) in [("a", "head"), ("b", "spouse")] {
            let person = format!("{id}{person}");
            tx.execute(
                "INSERT INTO persons (id, number_mac, number_enc) VALUES (?1, ?1, ?2)",
                params![person, vec![0_u8; 40]],
            )
            .unwrap();
            tx.execute(
                "INSERT INTO members (person, household, relation, proxy, name_masked, private_enc, number_mac, size,
                   category, district, tags, status, valid_from, from_version)
                 VALUES (?1, ?2, ?3, 0, '王*明', ?4, ?1, ?5, ?6, ?7, '', 'active', '2026-01-01', 1)",
                params![
                    person,
                    id,
                    relation,
                    vec![0_u8; 120],
                    n % 6 + 1,
                    CATEGORIES[usize::try_from(n % 6).unwrap()],
                    district(n)
                ],
            )
            .unwrap();
        }
    }
}

fn claim(rows: &mut Rows, n: u64, claims: u64, households: u64, dice: &mut Dice) {
    let family = dice.below(households);
    // A family shops near its home, and now and then elsewhere.
    let at = if dice.below(10) < 9 { family % STORES } else { dice.below(STORES) };
    let till = at * TILLS + dice.below(TILLS) + 1;
    let day = chrono::NaiveDate::from_yo_opt(2026, u32::try_from(n * DAYS / claims + 1).unwrap()).unwrap().to_string();
    let (state, reasons) = match dice.below(1000) {
        0..940 => ("accepted", "[]"),
        940..970 => ("adjusted", r#"["R03"]"#),
        970..985 => ("held", r#"["R06"]"#),
        985..995 => ("rejected", r#"["R04"]"#),
        _ => ("held", r#"["R15"]"#),
    };
    let given = state != "rejected";
    let parts: Vec<(&str, u64)> = match (given, dice.below(3)) {
        (false, _) => vec![(PROGRAMMES[0], 0)],
        (true, 0) => vec![(PROGRAMMES[0], dice.below(900) + 1), (PROGRAMMES[3], dice.below(900) + 1)],
        (true, _) => vec![(dice.of(&PROGRAMMES), dice.below(2_000) + 1)],
    };
    let fen: u64 = parts.iter().map(|(_, fen)| fen).sum();
    let uuid = format!("u{n}");
    rows.records
        .push(params![n + 1, till, "e1", n + 1, uuid, "claim", uuid, "", false, state, reasons, n + 1].to_vec());
    rows.claims.push(
        params![
            n + 1,
            n + 1,
            uuid,
            till,
            store(at),
            format!("{:02}", (till - 1) % TILLS + 1),
            format!("{:06}", n / (STORES * TILLS)),
            day,
            household(family),
            format!("{}a", household(family)),
            state,
            reasons,
            "{}",
            "{}",
            "[]",
            "",
            n + 1,
            fen.max(300),
            fen,
            CATEGORIES[usize::try_from(family % 6).unwrap()],
            family % 6 + 1,
            district(family),
            given
        ]
        .to_vec(),
    );
    for (programme, fen) in parts {
        let goods = format!(r#"[["{}",{fen},{fen},0]]"#, dice.of(&GROUPS));
        rows.parts.push(params![n + 1, programme, fen, fen, fen, 0_i64, day, goods].to_vec());
    }
}

/// 400 products in each store and month.
fn prices(tx: &Conn) {
    for month in 1..=12_u64 {
        for code in 0..400_u64 {
            let row = |at: u64| {
                let fen = 1_000 + code + (at * 37 + code * 11) % 90;
                params![format!("2026-{month:02}"), format!("{code:014}"), store(at), 1000_i64, fen].to_vec()
            };
            let rows: Vec<Vec<Value>> = (0..STORES).map(row).collect();
            tx.insert_many("usage_prices (month, code, store, milli, fen)", &rows, "").unwrap();
        }
    }
}
