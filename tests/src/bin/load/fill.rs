//! Very many claims, made in the database: what taking another one looks up, inserts into or adds to. Records are
//! short, since nothing reads them.

use hq::params;
use hq::store::Db;
use hq::store::sql::Conn;

use super::place::{Kind, Place};

/// Claims of a family.
const EACH: u64 = 36;
/// Claims of one statement.
const CHUNK: u64 = 100_000;
/// Programmes of a claim, as the load has them.
const PROGRAMMES: &str = "(SELECT 'LOAD0' AS code UNION ALL SELECT 'LOAD1' UNION ALL SELECT 'LOAD2') AS p";

/// What the two databases have no common word for.
struct Words {
    blob: &'static str,
    hash: &'static str,
    /// So many days before today.
    day: &'static str,
}

impl Words {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self {
                blob: "zeroblob(120)",
                hash: "hex(randomblob(22))",
                day: "date('now', '-' || (20 + n.i % 300) || ' days')",
            },
            Kind::Postgres => Self {
                blob: "decode(repeat('00', 120), 'hex')",
                hash: "md5(CAST(n.i AS TEXT)) || md5(CAST(n.i + 1 AS TEXT))",
                day: "CAST(current_date - CAST(20 + n.i % 300 AS INTEGER) AS TEXT)",
            },
        }
    }
}

/// Adds so many claims of the first tills, until there are `all`; how many families there are then.
pub fn fill(place: &Place, tills: usize, more: u64, all: u64) -> u64 {
    let db = Db::open(&place.lab.place()).unwrap();
    let words = Words::of(place.kind);
    let count = |sql: &str| db.conn.value::<u64>(sql, params![]).unwrap();
    let known = count("SELECT count(*) FROM households WHERE substr(id, 1, 1) = 'H'");
    let families = (all / EACH).max(known + 10);
    for from in (known..families).step_by(step()) {
        families_into(&db, &words, from, (from + CHUNK).min(families));
    }
    // What came through the door in between has its rows.
    let before = count("SELECT coalesce(max(id), 0) FROM records");
    for from in (before..before + more).step_by(step()) {
        claims_into(&db, &words, (from + 1, (from + CHUNK).min(before + more)), families, tills);
    }
    if place.kind == Kind::Postgres {
        for table in ["records", "claims", "claim_events", "movements", "members"] {
            let sql = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))");
            db.conn.value::<i64>(&sql, params![]).unwrap();
        }
        // As the server does by itself in life.
        db.conn.as_postgres().unwrap().upgrade(|client| Ok(client.batch_execute("VACUUM ANALYZE")?)).unwrap();
    }
    families
}

fn step() -> usize {
    usize::try_from(CHUNK).unwrap()
}

/// Numbers from one to another, as table `n`.
fn numbers(from: u64, to: u64) -> String {
    format!(
        "(WITH RECURSIVE n (i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n) AS n"
    )
}

fn run(conn: &Conn, statements: &[String]) {
    let tx = conn.begin().unwrap();
    for sql in statements {
        tx.batch(sql).unwrap();
    }
    tx.commit().unwrap();
}

fn families_into(db: &Db, words: &Words, from: u64, to: u64) {
    let (n, blob) = (numbers(from, to - 1), words.blob);
    let today = domain::time::business_date(hq::service::now()).to_string();
    let (month, year) = (&today[..7], &today[..4]);
    let quarter = format!("{year}-Q{}", month[5..].parse::<u32>().unwrap().div_ceil(3));
    let periods = format!("(SELECT '{month}' AS k UNION ALL SELECT '{quarter}' UNION ALL SELECT '{year}') AS k");
    let whole = "(SELECT '' AS code UNION ALL SELECT 'LOAD0' UNION ALL SELECT 'LOAD1' UNION ALL SELECT 'LOAD2') AS p";
    run(
        &db.conn,
        &[
            format!(
                "INSERT INTO households (id, external_mac, external_enc) SELECT 'H' || n.i, 'H' || n.i, {blob} FROM {n}"
            ),
            format!(
                "INSERT INTO persons (id, number_mac, number_enc) SELECT 'H' || n.i || 'a', 'H' || n.i, {blob} FROM {n}"
            ),
            format!(
                "INSERT INTO members (person, household, relation, proxy, name_masked, private_enc, number_mac, size,
                   category, district, tags, status, valid_from, from_version)
                 SELECT 'H' || n.i || 'a', 'H' || n.i, 'head', 0, '王*明', {blob}, 'H' || n.i, 3, 'urban_dibao',
                   '370801', '', 'active', '2026-01-01', 1 FROM {n}"
            ),
            format!(
                "INSERT INTO balances (household, person, programme, limit_id, period, money, used_milli, version)
                 SELECT 'H' || n.i, '', p.code, 'm', '{month}', 1, 3000, 1 FROM {n} CROSS JOIN {PROGRAMMES}"
            ),
            format!(
                "INSERT INTO store_households (store, household, version, year)
                 SELECT 'S001', 'H' || n.i, 1, '{year}' FROM {n}"
            ),
            format!(
                "INSERT INTO usage_reach (period, programme, store, household, category, size, district, claims)
                 SELECT k.k, p.code, s.code, 'H' || n.i, 'urban_dibao', 3, '370801', 3
                 FROM {n} CROSS JOIN {periods} CROSS JOIN {whole}
                 CROSS JOIN (SELECT '' AS code UNION ALL SELECT 'S001') AS s"
            ),
        ],
    );
}

fn claims_into(db: &Db, words: &Words, (from, to): (u64, u64), families: u64, tills: usize) {
    let (n, Words { hash, day, .. }) = (numbers(from, to), words);
    let of_till = format!("{n} JOIN tills t ON t.id = n.i % {tills} + (SELECT min(id) FROM tills)");
    // Neighbours in time are not neighbours in the roster.
    let home = format!("'H' || (n.i * 7919 % {families})");
    let at = "1700000000000 + n.i";
    run(
        &db.conn,
        &[
            format!(
                "INSERT INTO records (id, till_id, epoch, seq, uuid, kind, hash, jws, branch, outcome, reasons, received_at)
                 SELECT n.i, t.id, 'filled', n.i, 'u' || n.i, 'claim', {hash}, '', 0, 'accepted', '[]', {at} FROM {of_till}"
            ),
            format!(
                "INSERT INTO claims (id, record_id, uuid, till_id, store, till, sale, business_date, household, person,
                   state, reasons, totals, granted, posted, heard, version, claimed_fen, granted_fen, category, size,
                   district, counted)
                 SELECT n.i, n.i, 'u' || n.i, t.id, t.store, t.till, 'filled-' || n.i, {day}, {home}, {home} || 'a',
                   'accepted', '[]', '{{}}', '{{}}', '[]', 'filled', 1, 300, 300, 'urban_dibao', 3, '370801', 1
                 FROM {of_till}"
            ),
            format!(
                "INSERT INTO claim_facts (claim_id, till_id, store, household, person, at, business_date, started_at,
                   verified_by, is_capped, is_unpaid, lines, manual_lines, main_code, main_percent, place)
                 SELECT n.i, t.id, t.store, {home}, {home} || 'a', {at}, {day}, {at}, 'id_card', 0, 0, 3, 0,
                   'barcode:06900000000014', 50, n.i FROM {of_till}"
            ),
            format!(
                "INSERT INTO claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen,
                   fund, granted_fen, counted_standing, counted_fen, day)
                 SELECT n.i, p.code, 100, 100, 100, 0, 'DEMO', 100, 'granted', 100, {day}
                 FROM {n} CROSS JOIN {PROGRAMMES}"
            ),
            format!(
                "INSERT INTO offline_uses (claim_id, programme, given_fen, excess_fen)
                 SELECT n.i, p.code, 100, 0 FROM {n} CROSS JOIN {PROGRAMMES}"
            ),
            format!(
                "INSERT INTO movements (record_id, till_id, household, person, programme, limit_id, period, money, milli)
                 SELECT n.i, t.id, {home}, '', p.code, 'm', substr({day}, 1, 7), 1, 1000
                 FROM {of_till} CROSS JOIN {PROGRAMMES}"
            ),
            format!(
                "INSERT INTO claim_events (claim_id, at, who, event, detail)
                 SELECT n.i, {at}, '', 'judged', '{{}}' FROM {n}"
            ),
            format!(
                "INSERT INTO claim_goods (claim_id, store, product, date, milli)
                 SELECT n.i, t.store, 'barcode:06900000000014', {day}, 1000 FROM {of_till}"
            ),
        ],
    );
}
