//! Claims, what balances count of them, and balances.

use std::collections::BTreeMap;

use crate::params;
use crate::store::holds::Key;
use crate::store::sql::{Conn, Param, Row};
use anyhow::Result;
use domain::usage::{Amount, Movement};

/// A claim as it is kept. Amounts are JSON, in pricing.md's keys.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Row.
    pub id: i64,
    /// Record's row.
    pub record_id: i64,
    /// Claim's id.
    pub uuid: String,
    /// Till's row.
    pub till_id: i64,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Receipt number.
    pub sale: Option<String>,
    /// As the till says.
    pub business_date: Option<String>,
    /// Household, where the payload could be read.
    pub household: Option<String>,
    /// Person.
    pub person: Option<String>,
    /// `accepted`, `adjusted`, `held` or `rejected`.
    pub state: String,
    /// Reason codes as JSON.
    pub reasons: String,
    /// As claimed.
    pub totals: String,
    /// As granted.
    pub granted: String,
    /// What the claim asks for, in fen.
    pub claimed_fen: i64,
    /// What of it is granted, in fen.
    pub granted_fen: i64,
    /// Lines as balances count them.
    pub posted: String,
    /// `heard`, as the till says.
    pub heard: String,
    /// Batch.
    pub batch: Option<String>,
    /// Headquarters' own answer to each line, as JSON.
    pub own: String,
}

const COLUMNS: &str =
    "id, record_id, uuid, till_id, store, till, sale, business_date, household, person, state, reasons,
    totals, granted, posted, heard, batch, own, claimed_fen, granted_fen";

fn claim(row: &Row) -> Result<Claim> {
    Ok(Claim {
        id: row.get(0)?,
        record_id: row.get(1)?,
        uuid: row.get(2)?,
        till_id: row.get(3)?,
        store: row.get(4)?,
        till: row.get(5)?,
        sale: row.get(6)?,
        business_date: row.get(7)?,
        household: row.get(8)?,
        person: row.get(9)?,
        state: row.get(10)?,
        reasons: row.get(11)?,
        totals: row.get(12)?,
        granted: row.get(13)?,
        posted: row.get(14)?,
        heard: row.get(15)?,
        batch: row.get(16)?,
        own: row.get(17)?,
        claimed_fen: row.get(18)?,
        granted_fen: row.get(19)?,
    })
}

/// Keeps a claim; its row.
pub fn insert(conn: &Conn, c: &Claim, version: u64) -> Result<i64> {
    let sql =
        "INSERT INTO claims (record_id, uuid, till_id, store, till, sale, business_date, household, person, state,
           reasons, totals, granted, posted, heard, batch, version, own, claimed_fen, granted_fen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         RETURNING id";
    conn.value(
        sql,
        params![
            c.record_id,
            c.uuid,
            c.till_id,
            c.store,
            c.till,
            c.sale,
            c.business_date,
            c.household,
            c.person,
            c.state,
            c.reasons,
            c.totals,
            c.granted,
            c.posted,
            c.heard,
            c.batch,
            version,
            c.own,
            c.claimed_fen,
            c.granted_fen
        ],
    )
}

/// Claims of a store between dates, in the order in which they came.
pub fn list(conn: &Conn, store: Option<&str>, from: Option<&str>, to: Option<&str>) -> Result<Vec<Claim>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM claims WHERE (?1 IS NULL OR store = ?1) AND (?2 IS NULL OR business_date >= ?2)
           AND (?3 IS NULL OR business_date <= ?3) ORDER BY id"
    );
    conn.all(&sql, params![store, from, to], claim)
}

/// A store's claims that changed after a version.
pub fn changed(conn: &Conn, store: &str, after: u64) -> Result<Vec<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE store = ?1 AND version > ?2 ORDER BY version, id");
    conn.all(&sql, params![store, after], claim)
}

/// A till's claim of this id that counts: the first that came.
pub fn of_till(conn: &Conn, till_id: i64, uuid: &str) -> Result<Option<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE till_id = ?1 AND uuid = ?2 ORDER BY id LIMIT 1");
    conn.optional(&sql, params![till_id, uuid], claim)
}

/// A claim by its row.
pub fn by_id(conn: &Conn, id: i64) -> Result<Option<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE id = ?1");
    conn.optional(&sql, params![id], claim)
}

/// The claim of a record.
pub fn of_record(conn: &Conn, record_id: i64) -> Result<Option<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE record_id = ?1");
    conn.optional(&sql, params![record_id], claim)
}

/// A claim of this id of any till of a store: the first that came.
pub fn of_store(conn: &Conn, store: &str, uuid: &str) -> Result<Option<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE store = ?1 AND uuid = ?2 ORDER BY id LIMIT 1");
    conn.optional(&sql, params![store, uuid], claim)
}

/// A store's claim of a receipt number: the first that came.
pub fn of_sale(conn: &Conn, store: &str, number: &str) -> Result<Option<Claim>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE store = ?1 AND sale = ?2 ORDER BY id LIMIT 1");
    conn.optional(&sql, params![store, number], claim)
}

/// Whether any store has a claim of this id.
pub fn is_known(conn: &Conn, uuid: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM claims WHERE uuid = ?1)";
    conn.one(sql, params![uuid], |row| row.get(0))
}

/// What a till's claims that went by the same balances gave a household in a programme, and what of
/// it was excess, both in fen.
pub fn since_heard(conn: &Conn, till_id: i64, heard: &str, household: &str, programme: &str) -> Result<(i64, i64)> {
    let sql = "SELECT coalesce(sum(o.given_fen), 0), coalesce(sum(o.excess_fen), 0)
               FROM offline_uses o JOIN claims c ON c.id = o.claim_id
               WHERE c.till_id = ?1 AND c.heard = ?2 AND c.household = ?3 AND o.programme = ?4";
    conn.one(sql, params![till_id, heard, household, programme], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The same by programme, of all that they went by.
pub fn all_since_heard(conn: &Conn, till_id: i64, heard: &str, household: &str) -> Result<BTreeMap<String, i64>> {
    let sql = "SELECT o.programme, coalesce(sum(o.given_fen), 0) FROM offline_uses o JOIN claims c ON c.id = o.claim_id
               WHERE c.till_id = ?1 AND c.heard = ?2 AND c.household = ?3 GROUP BY o.programme";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    Ok(conn.all(sql, params![till_id, heard, household], read)?.into_iter().collect())
}

/// Notes what a claim gave by programme, and what of it was excess.
pub fn put_since_heard(conn: &Conn, claim_id: i64, given: &BTreeMap<String, (i64, i64)>) -> Result<()> {
    let row =
        |(programme, (given, excess)): (&String, &(i64, i64))| params![claim_id, programme, given, excess].to_vec();
    let rows: Vec<_> = given.iter().map(row).collect();
    conn.insert_many("offline_uses (claim_id, programme, given_fen, excess_fen)", &rows, "")
}

/// Counts movements of a record in balances, at a version of that list.
pub fn post(
    conn: &Conn,
    record_id: i64,
    till_id: i64,
    household: &str,
    person: &str,
    movements: &[Movement],
    version: u64,
) -> Result<()> {
    let mut rows = Vec::new();
    let mut sums: BTreeMap<(&str, &str, &str, &str), (bool, i64)> = BTreeMap::new();
    for m in movements.iter().filter(|m| m.milli != 0) {
        let person = if m.per_person { person } else { "" };
        rows.push(
            params![record_id, till_id, household, person, m.programme, m.limit, m.period, m.money, m.milli].to_vec(),
        );
        let sum = sums.entry((person, &m.programme, &m.limit, &m.period)).or_insert((m.money, 0));
        sum.1 += m.milli;
    }
    let into = "movements (record_id, till_id, household, person, programme, limit_id, period, money, milli)";
    conn.insert_many(into, &rows, "")?;
    let row = |((person, programme, limit, period), (money, milli)): (&(&str, &str, &str, &str), &(bool, i64))| {
        params![household, person, programme, limit, period, money, milli, version].to_vec()
    };
    let rows: Vec<_> = sums.iter().map(row).collect();
    conn.insert_many(
        "balances (household, person, programme, limit_id, period, money, used_milli, version)",
        &rows,
        "ON CONFLICT (household, person, programme, limit_id, period)
         DO UPDATE SET used_milli = balances.used_milli + excluded.used_milli, version = excluded.version",
    )
}

/// What everyone used of limits of a household, and what one till's own records used of them, in thousandths and in
/// their order.
pub fn used(conn: &Conn, household: &str, till_id: i64, keys: &[Key]) -> Result<Vec<(i64, i64)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let marks = |n: usize| format!("({n}, ?{}, ?{}, ?{}, ?{})", n * 4 + 3, n * 4 + 4, n * 4 + 5, n * 4 + 6);
    let sql = format!(
        "WITH k (n, person, programme, limit_id, period) AS (VALUES {})
         SELECT coalesce((SELECT b.used_milli FROM balances b WHERE b.household = ?1 AND b.person = k.person
                            AND b.programme = k.programme AND b.limit_id = k.limit_id AND b.period = k.period), 0),
                coalesce((SELECT sum(m.milli) FROM movements m WHERE m.household = ?1 AND m.person = k.person
                            AND m.programme = k.programme AND m.limit_id = k.limit_id AND m.period = k.period
                            AND m.till_id = ?2), 0)
         FROM k ORDER BY k.n",
        (0..keys.len()).map(marks).collect::<Vec<_>>().join(", ")
    );
    let mut given = params![household, till_id].to_vec();
    for key in keys {
        given.extend([&key.person, &key.programme, &key.limit, &key.period].map(Param::value));
    }
    conn.all(&sql, &given, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// One balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Household.
    pub household: String,
    /// Person, or empty.
    pub person: String,
    /// Programme.
    pub programme: String,
    /// Limit.
    pub limit: String,
    /// Period.
    pub period: String,
    /// What is used.
    pub used: Amount,
}

fn balance(row: &Row) -> Result<Balance> {
    let (money, milli): (bool, i64) = (row.get(5)?, row.get(6)?);
    Ok(Balance {
        household: row.get(0)?,
        person: row.get(1)?,
        programme: row.get(2)?,
        limit: row.get(3)?,
        period: row.get(4)?,
        used: Amount::from_milli(milli.max(0), money),
    })
}

const BALANCE: &str = "b.household, b.person, b.programme, b.limit_id, b.period, b.money, b.used_milli";

/// Balances of a store's households that changed after a version; households that are new to the
/// store come whole.
pub fn store_balances(
    conn: &Conn,
    store: &str,
    after: Option<u64>,
    household: Option<&str>,
    year: &str,
) -> Result<Vec<Balance>> {
    let sql = format!(
        "SELECT {BALANCE} FROM store_households s JOIN balances b ON b.household = s.household
         WHERE s.store = ?1 AND (b.version > ?2 OR s.version > ?2) AND (?3 IS NULL OR b.household = ?3)
           AND (s.year = '' OR s.year = ?4)
         ORDER BY b.household, b.person, b.programme, b.limit_id, b.period"
    );
    let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
    conn.all(&sql, params![store, after, household, year], balance)
}

/// All balances of a household in a programme.
pub fn household_balances(conn: &Conn, household: &str, programme: &str) -> Result<Vec<Balance>> {
    let sql = format!(
        "SELECT {BALANCE} FROM balances b WHERE b.household = ?1 AND b.programme = ?2
         ORDER BY b.limit_id, b.period, b.person"
    );
    conn.all(&sql, params![household, programme], balance)
}

/// A store serves a household from this version of balances on: this year, or (empty) always.
pub fn serve(conn: &Conn, store: &str, household: &str, version: u64, year: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO store_households (store, household, version, year) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (store, household) DO UPDATE SET year = excluded.year,
           version = CASE WHEN store_households.year IN ('', excluded.year) THEN store_households.version
                     ELSE excluded.version END
         WHERE store_households.year <> ''",
        params![store, household, version, year],
    )?;
    Ok(())
}

/// Balances that are not the sum of their movements: the first one, in words.
pub fn first_difference(conn: &Conn) -> Result<Option<String>> {
    let sql = "SELECT household, programme, limit_id, period, sum(b), sum(m) FROM (
                 SELECT household, person, programme, limit_id, period, used_milli AS b, 0 AS m FROM balances
                 UNION ALL
                 SELECT household, person, programme, limit_id, period, 0, milli FROM movements) AS both_sides
               GROUP BY household, person, programme, limit_id, period HAVING sum(b) <> sum(m) LIMIT 1";
    let read = |row: &Row| {
        let text = |i: usize| row.get::<String>(i);
        let (b, m): (i64, i64) = (row.get(4)?, row.get(5)?);
        Ok(format!(
            "the balance of {} {} {} {} is {b} thousandths, its claims make {m}",
            text(0)?,
            text(1)?,
            text(2)?,
            text(3)?
        ))
    };
    conn.optional(sql, params![], read)
}

/// Movements of one record, for checking: programme, limit, period, thousandths.
pub fn movements_of(conn: &Conn, record_id: i64) -> Result<Vec<(String, String, String, i64)>> {
    let sql = "SELECT programme, limit_id, period, sum(milli) FROM movements WHERE record_id = ?1
               GROUP BY programme, limit_id, period HAVING sum(milli) <> 0 ORDER BY programme, limit_id, period";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    conn.all(sql, params![record_id], read)
}
