//! What the console's pages ask for. Amounts are in fen, times in milliseconds since 1970.

use std::collections::BTreeMap;

use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value, containing};
use anyhow::Result;
use domain::money::Money;

/// One programme's part of a claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// What the claim asked the fund for.
    pub asked: Money,
    /// Discount that balances count.
    pub discount: Money,
    /// The fund's part of it.
    pub subsidy: Money,
    /// Payment from the purse that balances count.
    pub purse: Money,
}

/// Which claims a page shows; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimFilter {
    /// Store's code.
    pub store: Option<String>,
    /// State.
    pub state: Option<String>,
    /// One of the reasons.
    pub reason: Option<String>,
    /// A programme that gave something.
    pub programme: Option<String>,
    /// Household.
    pub household: Option<String>,
    /// First business date.
    pub from: Option<String>,
    /// Last business date.
    pub to: Option<String>,
    /// Part of the receipt number.
    pub sale: Option<String>,
    /// Stores that the person may see; absent: all.
    pub visible: Option<Vec<String>>,
}

/// A claim in a list.
#[derive(Debug, Clone)]
pub struct ClaimRow {
    /// Id.
    pub uuid: String,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Receipt number.
    pub sale: Option<String>,
    /// Business date.
    pub date: Option<String>,
    /// State.
    pub state: String,
    /// Masked name of the household's head, where the household is known.
    pub head: Option<String>,
    /// Reason codes as JSON.
    pub reasons: String,
    /// Claimed.
    pub claimed: i64,
    /// Granted.
    pub granted: i64,
}

/// Sums over all claims of a filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClaimSums {
    /// How many.
    pub count: i64,
    /// Claimed.
    pub claimed: i64,
    /// Granted.
    pub granted: i64,
}

/// Columns by which claims can be sorted: name in the address, expression.
pub const SORTS: [(&str, &str); 6] = [
    ("date", "business_date"),
    ("store", "store"),
    ("sale", "sale"),
    ("state", "state"),
    ("claimed", "claimed_fen"),
    ("granted", "granted_fen"),
];

impl ClaimFilter {
    /// The condition and its values.
    fn sql(&self) -> (String, Vec<Value>) {
        let mut parts = vec!["1 = 1".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut add = |condition: &str, value: &Option<String>| {
            if let Some(value) = value {
                parts.push(condition.into());
                values.push(value.value());
            }
        };
        add("store = ?", &self.store);
        add("state = ?", &self.state);
        let quoted = self.reason.as_ref().map(|reason| containing(&format!("\"{reason}\"")));
        add(r"reasons LIKE ? ESCAPE '\'", &quoted);
        add(
            "EXISTS (SELECT 1 FROM claim_programmes p WHERE p.claim_id = claims.id AND p.programme = ?)",
            &self.programme,
        );
        add("household = ?", &self.household);
        add("business_date >= ?", &self.from);
        add("business_date <= ?", &self.to);
        add(r"sale LIKE ? ESCAPE '\'", &self.sale.as_deref().map(containing));
        if let Some(visible) = &self.visible {
            let of_these = format!("store IN ({})", vec!["?"; visible.len()].join(", "));
            parts.push(if visible.is_empty() { "1 = 0".into() } else { of_these });
            values.extend(visible.iter().map(|store| store.value()));
        }
        (parts.join(" AND "), values)
    }
}

/// A page of claims.
pub fn claims(
    conn: &Conn,
    filter: &ClaimFilter,
    sort: &str,
    down: bool,
    skip: i64,
    most: i64,
) -> Result<Vec<ClaimRow>> {
    let (condition, mut values) = filter.sql();
    let column = SORTS.iter().find(|(name, _)| *name == sort).map_or("business_date", |(_, column)| *column);
    let direction = if down { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT uuid, store, till, sale, business_date, state, reasons, claimed_fen, granted_fen,
           (SELECT m.name_masked FROM members m WHERE m.household = claims.household AND m.to_version IS NULL
            ORDER BY m.relation <> 'head', m.id LIMIT 1)
         FROM claims WHERE {condition} ORDER BY {column} {direction}, id {direction} LIMIT ? OFFSET ?"
    );
    values.extend([most.value(), skip.value()]);
    let read = |row: &Row| {
        Ok(ClaimRow {
            uuid: row.get(0)?,
            store: row.get(1)?,
            till: row.get(2)?,
            sale: row.get(3)?,
            date: row.get(4)?,
            state: row.get(5)?,
            reasons: row.get(6)?,
            claimed: row.get(7)?,
            granted: row.get(8)?,
            head: row.get(9)?,
        })
    };
    conn.all(&sql, &values, read)
}

/// Sums over all claims of a filter.
pub fn claim_sums(conn: &Conn, filter: &ClaimFilter) -> Result<ClaimSums> {
    let (condition, values) = filter.sql();
    let sql = format!(
        "SELECT count(*), coalesce(sum(claimed_fen), 0), coalesce(sum(granted_fen), 0) FROM claims WHERE {condition}"
    );
    let read = |row: &Row| Ok(ClaimSums { count: row.get(0)?, claimed: row.get(1)?, granted: row.get(2)? });
    conn.one(&sql, &values, read)
}

/// Sums over the claims of a filter, by state.
pub fn sums_by_state(conn: &Conn, filter: &ClaimFilter) -> Result<BTreeMap<String, ClaimSums>> {
    let (condition, values) = filter.sql();
    let sql = format!(
        "SELECT state, count(*), coalesce(sum(claimed_fen), 0), coalesce(sum(granted_fen), 0) FROM claims
         WHERE {condition} GROUP BY state"
    );
    let read =
        |row: &Row| Ok((row.get(0)?, ClaimSums { count: row.get(1)?, claimed: row.get(2)?, granted: row.get(3)? }));
    Ok(conn.all(&sql, &values, read)?.into_iter().collect())
}

/// What came back of a claim: whether the return was taken, and its lines with quantities as JSON.
pub fn returns(conn: &Conn, claim_id: i64) -> Result<Vec<(String, String)>> {
    let sql = "SELECT state, lines FROM reversals WHERE claim_id = ?1 ORDER BY id";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    conn.all(sql, params![claim_id], read)
}

/// A till in a list.
#[derive(Debug, Clone)]
pub struct TillRow {
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// State of its newest key; none before enrolment.
    pub key: Option<String>,
    /// Whether two machines go on as this till.
    pub cloned: bool,
    /// When it was last heard.
    pub heard: Option<i64>,
    /// Its newest epoch, and the last record of it that came.
    pub epoch: Option<(String, i64)>,
}

/// All tills.
pub fn tills(conn: &Conn) -> Result<Vec<TillRow>> {
    let sql = "SELECT t.store, t.till, t.cloned, t.heard_from,
                 (SELECT k.state FROM till_keys k WHERE k.till_id = t.id ORDER BY k.created_at DESC LIMIT 1),
                 (SELECT e.epoch FROM epochs e WHERE e.till_id = t.id ORDER BY e.n DESC LIMIT 1),
                 (SELECT e.through FROM epochs e WHERE e.till_id = t.id ORDER BY e.n DESC LIMIT 1),
                 (SELECT max(r.received_at) FROM records r WHERE r.till_id = t.id)
               FROM tills t ORDER BY t.store, t.till";
    let read = |row: &Row| {
        let epoch: Option<String> = row.get(5)?;
        let heard: Option<i64> = row.get(3)?;
        let received: Option<i64> = row.get(7)?;
        Ok(TillRow {
            store: row.get(0)?,
            till: row.get(1)?,
            cloned: row.get(2)?,
            heard: heard.max(received),
            key: row.get(4)?,
            epoch: epoch.zip(row.get::<Option<i64>>(6)?),
        })
    };
    conn.all(sql, params![], read)
}

/// What a programme gave in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// `2026-11`.
    pub month: String,
    /// Programme's code.
    pub programme: String,
    /// Claims.
    pub claims: i64,
    /// Households.
    pub households: i64,
    /// Discount.
    pub discount: i64,
    /// The funds' part of it.
    pub subsidy: i64,
    /// Paid from purses.
    pub purse: i64,
}

/// Usage by month and programme in a year.
pub fn usage(conn: &Conn, year: &str, filter: &ClaimFilter) -> Result<Vec<UsageRow>> {
    let (condition, mut values) = filter.sql();
    values.push(format!("{year}-").value());
    let sql = format!(
        "SELECT substr(business_date, 1, 7), p.programme, count(*), count(DISTINCT household), sum(p.discount_fen),
           sum(p.subsidy_fen), sum(p.purse_fen)
         FROM claim_programmes p JOIN claims ON claims.id = p.claim_id
         WHERE {condition} AND state <> 'rejected' AND substr(business_date, 1, 5) = ?
         GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let read = |row: &Row| {
        Ok(UsageRow {
            month: row.get(0)?,
            programme: row.get(1)?,
            claims: row.get(2)?,
            households: row.get(3)?,
            discount: row.get(4)?,
            subsidy: row.get(5)?,
            purse: row.get(6)?,
        })
    };
    conn.all(&sql, &values, read)
}

/// Years in which there are claims, the newest first.
pub fn years(conn: &Conn) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT substr(business_date, 1, 4) FROM claims WHERE business_date IS NOT NULL ORDER BY 1 DESC";
    conn.all(sql, params![], |row| row.get(0))
}

/// Keeps one programme's part of a claim.
pub fn put_part(conn: &Conn, claim_id: i64, programme: &str, part: &Part) -> Result<()> {
    conn.execute(
        "INSERT INTO claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (claim_id, programme) DO UPDATE SET asked_fen = excluded.asked_fen,
           discount_fen = excluded.discount_fen, subsidy_fen = excluded.subsidy_fen, purse_fen = excluded.purse_fen",
        params![
            claim_id,
            programme,
            part.asked.fen_i64(),
            part.discount.fen_i64(),
            part.subsidy.fen_i64(),
            part.purse.fen_i64()
        ],
    )?;
    Ok(())
}

/// Whether claims may be without their parts: those from before the console.
pub fn needs_parts(conn: &Conn) -> Result<bool> {
    let done: Option<String> =
        conn.optional("SELECT value FROM meta WHERE name = 'claim_programmes'", params![], |row| row.get(0))?;
    Ok(done.is_none())
}

/// From now on every claim has its parts.
pub fn parts_are_there(conn: &Conn) -> Result<()> {
    conn.execute("INSERT INTO meta (name, value) VALUES ('claim_programmes', '1') ON CONFLICT DO NOTHING", params![])?;
    Ok(())
}
