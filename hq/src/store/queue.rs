//! The reviewer's queue, and what stands around a claim.

use anyhow::Result;

use crate::params;
use crate::store::sql::{Conn, Param as _, Row, Value, containing};

/// Claims are counted up to here: a longer queue is "more than".
pub const COUNTED: i64 = 1_000;

/// Which claims wait; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct QueueFilter {
    /// `held`, `disputed` or `adjusted`.
    pub state: String,
    /// Store's code.
    pub store: Option<String>,
    /// One of the reasons.
    pub reason: Option<String>,
    /// All of the reasons, as they are kept.
    pub reasons: Option<String>,
    /// A sign that was found.
    pub sign: Option<String>,
    /// A programme that gave something.
    pub programme: Option<String>,
    /// Last business date.
    pub until: Option<String>,
    /// The oldest first, whatever their risk.
    pub by_age: bool,
    /// Stores that the person may see; absent: all.
    pub visible: Option<Vec<String>>,
}

/// A claim that waits.
#[derive(Debug, Clone)]
pub struct QueueRow {
    /// Row.
    pub id: i64,
    /// Id.
    pub uuid: String,
    /// Version of its state.
    pub version: u64,
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
    /// Reason codes as JSON.
    pub reasons: String,
    /// Signs that were found.
    pub signs: Vec<String>,
    /// Claimed.
    pub claimed: i64,
    /// Granted.
    pub granted: i64,
    /// How much it wants a look.
    pub risk: i64,
}

/// Claims that are alike: store, reasons as JSON, how many, claimed, granted.
pub type Alike = (String, String, i64, i64, i64);

/// Where a claim is: its id and its row.
pub type Place = (String, i64);
/// A name with a count and three figures about it.
pub type Sums = (String, i64, i64, i64, i64);

const COLUMNS: &str =
    "id, uuid, version, store, till, sale, business_date, state, reasons, claimed_fen, granted_fen, risk";

fn read(row: &Row) -> Result<QueueRow> {
    Ok(QueueRow {
        id: row.get(0)?,
        uuid: row.get(1)?,
        version: row.get(2)?,
        store: row.get(3)?,
        till: row.get(4)?,
        sale: row.get(5)?,
        date: row.get(6)?,
        state: row.get(7)?,
        reasons: row.get(8)?,
        signs: Vec::new(),
        claimed: row.get(9)?,
        granted: row.get(10)?,
        risk: row.get(11)?,
    })
}

impl QueueFilter {
    fn sql(&self) -> (String, Vec<Value>) {
        let mut parts = vec!["state = ?".to_owned()];
        let mut values = vec![self.state.value()];
        let mut add = |condition: &str, value: &Option<String>| {
            if let Some(value) = value {
                parts.push(condition.into());
                values.push(value.value());
            }
        };
        add("store = ?", &self.store);
        let quoted = self.reason.as_ref().map(|reason| containing(&format!("\"{reason}\"")));
        add(r"reasons LIKE ? ESCAPE '\'", &quoted);
        add("reasons = ?", &self.reasons);
        add("EXISTS (SELECT 1 FROM claim_signs s WHERE s.claim_id = claims.id AND s.sign = ?)", &self.sign);
        add(
            "EXISTS (SELECT 1 FROM claim_programmes p WHERE p.claim_id = claims.id AND p.programme = ?)",
            &self.programme,
        );
        add("business_date <= ?", &self.until);
        if let Some(visible) = &self.visible {
            let marks = vec!["?"; visible.len()].join(", ");
            parts.push(if visible.is_empty() { "1 = 0".into() } else { format!("store IN ({marks})") });
            values.extend(visible.iter().map(|store| store.value()));
        }
        (parts.join(" AND "), values)
    }

    fn order(&self) -> &'static str {
        if self.by_age { "id" } else { "risk DESC, id" }
    }
}

/// A page of the queue.
pub fn list(conn: &Conn, filter: &QueueFilter, skip: i64, most: i64) -> Result<Vec<QueueRow>> {
    let (condition, mut values) = filter.sql();
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE {condition} ORDER BY {} LIMIT ? OFFSET ?", filter.order());
    values.extend([most.value(), skip.value()]);
    with_signs(conn, conn.all(&sql, &values, read)?)
}

/// These claims, in the order of their rows.
pub fn of_rows(conn: &Conn, ids: &[i64], visible: Option<&[String]>) -> Result<Vec<QueueRow>> {
    let sql = format!("SELECT {COLUMNS} FROM claims WHERE id = ?1");
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(conn.optional(&sql, params![id], read)?);
    }
    rows.retain(|row: &QueueRow| visible.is_none_or(|stores| stores.contains(&row.store)));
    with_signs(conn, rows)
}

fn with_signs(conn: &Conn, mut rows: Vec<QueueRow>) -> Result<Vec<QueueRow>> {
    for row in &mut rows {
        row.signs = super::facts::found(conn, row.id)?.into_iter().map(|(sign, _, _)| sign).collect();
    }
    Ok(rows)
}

/// How many wait, and what they ask for and would get; counted up to [`COUNTED`].
pub fn count(conn: &Conn, filter: &QueueFilter) -> Result<(i64, i64, i64)> {
    let (condition, mut values) = filter.sql();
    let sql = format!(
        "SELECT count(*), coalesce(sum(c), 0), coalesce(sum(g), 0) FROM
           (SELECT claimed_fen AS c, granted_fen AS g FROM claims WHERE {condition} LIMIT ?) AS counted"
    );
    values.push((COUNTED + 1).value());
    conn.one(&sql, &values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Claims of a state that are alike, the largest groups first.
pub fn alike(conn: &Conn, filter: &QueueFilter, most: i64) -> Result<Vec<Alike>> {
    let (condition, mut values) = filter.sql();
    let sql = format!(
        "SELECT store, reasons, count(*), sum(claimed_fen), sum(granted_fen) FROM claims WHERE {condition}
         GROUP BY store, reasons HAVING count(*) > 1 ORDER BY 3 DESC, store, reasons LIMIT ?"
    );
    values.push(most.value());
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    conn.all(&sql, &values, read)
}

/// Which claims come before and after one in the queue: their ids and rows.
pub fn neighbours(conn: &Conn, filter: &QueueFilter, id: i64, risk: i64) -> Result<(Option<Place>, Option<Place>)> {
    let (condition, values) = filter.sql();
    let find = |after: bool| -> Result<Option<Place>> {
        let (than, back) = if after { (">", "") } else { ("<", " DESC") };
        let mut values = values.clone();
        let (place, order) = if filter.by_age {
            values.push(id.value());
            (format!("id {than} ?"), format!("id{back}"))
        } else {
            values.extend([risk.value(), risk.value(), id.value()]);
            let (less, risk_back) = if after { ("<", " DESC") } else { (">", "") };
            (format!("(risk {less} ? OR (risk = ? AND id {than} ?))"), format!("risk{risk_back}, id{back}"))
        };
        let sql = format!("SELECT uuid, id FROM claims WHERE {condition} AND {place} ORDER BY {order} LIMIT 1");
        conn.optional(&sql, &values, |row| Ok((row.get(0)?, row.get(1)?)))
    };
    Ok((find(false)?, find(true)?))
}

/// A claim beside another: when, where, how much.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Id.
    pub uuid: String,
    /// When, in milliseconds.
    pub at: i64,
    /// When the sale was begun, in milliseconds.
    pub started_at: i64,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Receipt number.
    pub sale: Option<String>,
    /// State.
    pub state: String,
    /// Claimed.
    pub claimed: i64,
    /// Granted.
    pub granted: i64,
    /// Lines.
    pub lines: i64,
}

const BESIDE: &str =
    "c.uuid, f.at, f.started_at, c.store, c.till, c.sale, c.state, c.claimed_fen, c.granted_fen, f.lines
    FROM claim_facts f JOIN claims c ON c.id = f.claim_id";

fn beside(row: &Row) -> Result<Beside> {
    Ok(Beside {
        uuid: row.get(0)?,
        at: row.get(1)?,
        started_at: row.get(2)?,
        store: row.get(3)?,
        till: row.get(4)?,
        sale: row.get(5)?,
        state: row.get(6)?,
        claimed: row.get(7)?,
        granted: row.get(8)?,
        lines: row.get(9)?,
    })
}

/// A till's claims around a moment, in their order: so many before it and after it.
pub fn tempo(conn: &Conn, till_id: i64, at: i64, each_way: i64) -> Result<Vec<Beside>> {
    let before = format!("SELECT {BESIDE} WHERE f.till_id = ?1 AND f.at <= ?2 ORDER BY f.at DESC LIMIT ?3");
    let after = format!("SELECT {BESIDE} WHERE f.till_id = ?1 AND f.at > ?2 ORDER BY f.at LIMIT ?3");
    let mut rows = conn.all(&before, params![till_id, at, each_way + 1], beside)?;
    rows.reverse();
    rows.extend(conn.all(&after, params![till_id, at, each_way], beside)?);
    Ok(rows)
}

/// A household's claims between two dates, oldest first.
pub fn of_household(conn: &Conn, household: &str, from: &str, to: &str, most: i64) -> Result<Vec<Beside>> {
    let sql = format!(
        "SELECT {BESIDE} WHERE f.household = ?1 AND c.business_date >= ?2 AND c.business_date <= ?3
         ORDER BY f.at LIMIT ?4"
    );
    conn.all(&sql, params![household, from, to, most], beside)
}

/// What programmes gave a household between two dates: code, claims, asked, discount, purse.
pub fn household_sums(conn: &Conn, household: &str, from: &str, to: &str) -> Result<Vec<Sums>> {
    let sql = "SELECT p.programme, count(*), sum(p.asked_fen), sum(p.discount_fen), sum(p.purse_fen)
               FROM claims c JOIN claim_programmes p ON p.claim_id = c.id
               WHERE c.household = ?1 AND c.business_date >= ?2 AND c.business_date <= ?3 AND c.state <> 'rejected'
               GROUP BY p.programme ORDER BY p.programme";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    conn.all(sql, params![household, from, to], read)
}

/// A store's claims of a day by till: till, claims, households, claimed, granted.
pub fn store_day(conn: &Conn, store: &str, date: &str) -> Result<Vec<Sums>> {
    let sql = "SELECT till, count(*), count(DISTINCT household), sum(claimed_fen), sum(granted_fen) FROM claims
               WHERE store = ?1 AND business_date = ?2 GROUP BY till ORDER BY till";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    conn.all(sql, params![store, date], read)
}

/// A till's first day close that came after a record, and the last before it, as they were sent.
pub fn closes_around(conn: &Conn, till_id: i64, record_id: i64) -> Result<Vec<String>> {
    let before =
        "SELECT jws FROM records WHERE till_id = ?1 AND kind = 'day_close' AND id < ?2 ORDER BY id DESC LIMIT 1";
    let after = "SELECT jws FROM records WHERE till_id = ?1 AND kind = 'day_close' AND id > ?2 ORDER BY id LIMIT 1";
    let mut found: Vec<String> = conn.all(before, params![till_id, record_id], |row| row.get(0))?;
    found.extend(conn.all(after, params![till_id, record_id], |row| row.get::<String>(0))?);
    Ok(found)
}

/// A chain's records around a position: `seq`, kind, outcome, the record itself.
pub fn chain(
    conn: &Conn,
    till_id: i64,
    epoch: &str,
    seq: u64,
    each_way: u64,
) -> Result<Vec<(u64, String, String, String)>> {
    let sql = "SELECT seq, kind, outcome, jws FROM records
               WHERE till_id = ?1 AND epoch = ?2 AND seq >= ?3 AND seq <= ?4 AND branch = 0 ORDER BY seq";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    conn.all(sql, params![till_id, epoch, seq.saturating_sub(each_way), seq + each_way], read)
}
