//! Quotas that are held while a family shops, and what became of each.

use std::collections::BTreeMap;

use anyhow::Result;

use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Row, Value};

/// Ids that are over are remembered for so long, in milliseconds.
const KEPT_MS: i64 = 40 * 86_400_000;
/// Goods that are asked for in one statement.
const CHUNK: usize = 16;

/// A hold as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Id, by the till.
    pub id: String,
    /// Till's row.
    pub till_id: i64,
    /// The id that the claim will have.
    pub claim: String,
    /// Household.
    pub household: String,
    /// Person.
    pub person: String,
    /// Date for which it was priced.
    pub business_date: String,
    /// Of what was asked.
    pub digest: String,
    /// Lines as they were priced, as JSON.
    pub basket: String,
    /// The answer, as it was sent.
    pub answer: String,
    /// What it reserves, as JSON.
    pub uses: String,
    /// The last claim that was counted when it was priced.
    pub claims_through: i64,
    /// When it lapses, in milliseconds.
    pub expires_at: i64,
    /// `live`, `lapsed`, `deleted`, `replaced`, `used`.
    pub state: String,
}

impl Hold {
    /// Whether it reserves anything at a moment.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.state == "live" && self.expires_at >= now_ms
    }
}

const COLUMNS: &str = "id, till_id, claim, household, person, business_date, digest, basket, answer, uses,
    claims_through, expires_at, state";

fn hold(row: &Row) -> Result<Hold> {
    Ok(Hold {
        id: row.get(0)?,
        till_id: row.get(1)?,
        claim: row.get(2)?,
        household: row.get(3)?,
        person: row.get(4)?,
        business_date: row.get(5)?,
        digest: row.get(6)?,
        basket: row.get(7)?,
        answer: row.get(8)?,
        uses: row.get(9)?,
        claims_through: row.get(10)?,
        expires_at: row.get(11)?,
        state: row.get(12)?,
    })
}

/// A hold by its id, whatever became of it.
pub fn by_id(conn: &Conn, id: &str) -> Result<Option<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE id = ?1");
    conn.optional(&sql, params![id], hold)
}

/// Live holds, for checking.
pub fn live(conn: &Conn, now: i64) -> Result<Vec<Hold>> {
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE state = 'live' AND expires_at >= ?1 ORDER BY id");
    conn.all(&sql, params![now], hold)
}

/// Keeps a hold.
pub fn insert(conn: &Conn, h: &Hold) -> Result<()> {
    let ended = (h.state != "live").then(now_ms);
    conn.execute(
        "INSERT INTO holds (id, till_id, claim, household, person, business_date, digest, basket, answer, uses,
           claims_through, expires_at, state, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            h.id,
            h.till_id,
            h.claim,
            h.household,
            h.person,
            h.business_date,
            h.digest,
            h.basket,
            h.answer,
            h.uses,
            h.claims_through,
            h.expires_at,
            h.state,
            ended
        ],
    )?;
    Ok(())
}

/// An id that was let go before it came: it stays dead.
pub fn bury(conn: &Conn, id: &str, till_id: i64) -> Result<()> {
    let nothing = String::new;
    let hold = Hold {
        id: id.into(),
        till_id,
        claim: nothing(),
        household: nothing(),
        person: nothing(),
        business_date: nothing(),
        digest: nothing(),
        basket: nothing(),
        answer: nothing(),
        uses: nothing(),
        claims_through: 0,
        expires_at: 0,
        state: "deleted".into(),
    };
    insert(conn, &hold)
}

/// Claim and household of each of a till's live holds.
pub fn of_till(conn: &Conn, till_id: i64, now: i64) -> Result<Vec<(String, String)>> {
    let sql = "SELECT claim, household FROM holds WHERE till_id = ?1 AND state = 'live' AND expires_at >= ?2";
    conn.all(sql, params![till_id, now], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What live holds for a household reserve, one JSON list a hold; those of one claim of a till left out.
pub fn reserved(conn: &Conn, household: &str, except: Option<(i64, &str)>, now: i64) -> Result<Vec<String>> {
    let (till_id, claim) = except.unwrap_or((0, ""));
    let sql = "SELECT uses FROM holds WHERE household = ?1 AND state = 'live' AND expires_at >= ?2
               AND NOT (till_id = ?3 AND claim = ?4)";
    conn.all(sql, params![household, now, till_id, claim], |row| row.get(0))
}

/// Ends one hold that is not over yet.
pub fn end(conn: &Conn, id: &str, state: &str) -> Result<()> {
    conn.execute(
        "UPDATE holds SET state = ?2, ended_at = ?3, basket = '', answer = '', uses = '' WHERE id = ?1",
        params![id, state, now_ms()],
    )?;
    Ok(())
}

/// The id of the latest hold of a till's claim, whatever became of it: ids begin with the time that they were made.
pub fn newest_of_claim(conn: &Conn, till_id: i64, claim: &str) -> Result<Option<String>> {
    let sql = "SELECT max(id) FROM holds WHERE till_id = ?1 AND claim = ?2";
    conn.one(sql, params![till_id, claim], |row| row.get(0))
}

/// Ends what a till holds for a claim: another hold takes its place, or the claim came.
pub fn end_of_claim(conn: &Conn, till_id: i64, claim: &str, state: &str) -> Result<()> {
    conn.execute(
        "UPDATE holds SET state = ?3, ended_at = ?4, basket = '', answer = '', uses = ''
         WHERE till_id = ?1 AND claim = ?2 AND state IN ('live', 'lapsed')",
        params![till_id, claim, state, now_ms()],
    )?;
    Ok(())
}

/// A claim was posted by a hold.
pub fn note_claim(conn: &Conn, id: &str, claim_id: i64) -> Result<()> {
    conn.execute("INSERT INTO hold_claims (hold_id, claim_id) VALUES (?1, ?2)", params![id, claim_id])?;
    Ok(())
}

/// Notes what has lapsed, and forgets what has long been over.
pub fn sweep(conn: &Conn, now: i64) -> Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM holds WHERE state = 'live' AND expires_at < ?1)
                 OR EXISTS (SELECT 1 FROM holds WHERE state <> 'live' AND ended_at < ?2)";
    // Mostly there is nothing, and a family waits.
    if !conn.value::<bool>(sql, params![now, now - KEPT_MS])? {
        return Ok(());
    }
    conn.execute(
        "UPDATE holds SET state = 'lapsed', ended_at = expires_at WHERE state = 'live' AND expires_at < ?1",
        params![now],
    )?;
    conn.execute("DELETE FROM holds WHERE state <> 'live' AND ended_at < ?1", params![now - KEPT_MS])?;
    Ok(())
}

/// The newest claim's row.
pub fn newest_claim(conn: &Conn) -> Result<i64> {
    conn.value("SELECT coalesce(max(id), 0) FROM claims", params![])
}

/// Whether a claim of a till for a household came after another.
pub fn came_after(conn: &Conn, till_id: i64, household: &str, claim_id: i64) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM claims WHERE household = ?1 AND till_id = ?2 AND id > ?3)";
    conn.value(sql, params![household, till_id, claim_id])
}

/// Whether every record of an epoch before a position is there, by chain or by branch.
pub fn has_all_before(conn: &Conn, till_id: i64, epoch: &str, seq: u64) -> Result<bool> {
    let sql = "SELECT through FROM epochs WHERE till_id = ?1 AND epoch = ?2";
    let through = conn.optional(sql, params![till_id, epoch], |row| row.get::<u64>(0))?.unwrap_or(0);
    let sql = "SELECT count(DISTINCT seq) FROM records
               WHERE till_id = ?1 AND epoch = ?2 AND branch = 1 AND seq > ?3 AND seq < ?4";
    let beside: u64 = conn.value(sql, params![till_id, epoch, through, seq])?;
    Ok(through.saturating_add(beside) >= seq.saturating_sub(1))
}

/// What a household and a person used in periods: by person (or empty), programme, limit and period, in
/// thousandths. One statement: it is asked while a family waits.
pub fn balances(conn: &Conn, household: &str, person: &str, periods: &[String]) -> Result<BTreeMap<Key, i64>> {
    let marks: Vec<String> = (0..periods.len()).map(|n| format!("?{}", n + 3)).collect();
    let sql = format!(
        "SELECT person, programme, limit_id, period, used_milli FROM balances
         WHERE household = ?1 AND person IN ('', ?2) AND period IN ({})",
        marks.join(", ")
    );
    let mut values = vec![Value::Text(household.into()), Value::Text(person.into())];
    values.extend(periods.iter().map(|period| Value::Text(period.clone())));
    let read = |row: &Row| {
        let key = Key { person: row.get(0)?, programme: row.get(1)?, limit: row.get(2)?, period: row.get(3)? };
        Ok((key, row.get(4)?))
    };
    Ok(conn.all(&sql, &values, read)?.into_iter().collect())
}

/// Whose limit, in which period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Person, or empty for the household.
    pub person: String,
    /// Programme.
    pub programme: String,
    /// Limit.
    pub limit: String,
    /// Period.
    pub period: String,
}

/// Headquarters' groups of goods that it lists.
pub fn groups(conn: &Conn, codes: &[String]) -> Result<BTreeMap<String, String>> {
    let marks: Vec<String> = (1..=CHUNK).map(|n| format!("?{n}")).collect();
    let sql = format!("SELECT code, product_group FROM products WHERE code IN ({})", marks.join(", "));
    let mut found = BTreeMap::new();
    for chunk in codes.chunks(CHUNK) {
        // Always as many: it stays one prepared statement.
        let values: Vec<Value> =
            (0..CHUNK).map(|n| chunk.get(n).map_or(Value::Null, |code| Value::Text(code.clone()))).collect();
        found.extend(conn.all(&sql, &values, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?);
    }
    Ok(found)
}

/// Claims that were posted by holds: the hold, the claim's row, and what is known of the hold.
pub fn posted(conn: &Conn) -> Result<Vec<(String, i64, Option<Hold>)>> {
    let sql = "SELECT hold_id, claim_id FROM hold_claims ORDER BY claim_id";
    let pairs: Vec<(String, i64)> = conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
    pairs.into_iter().map(|(id, claim_id)| Ok((id.clone(), claim_id, by_id(conn, &id)?))).collect()
}
