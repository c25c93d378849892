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
    /// The receipt number; zeros before it may be left out.
    pub sale: Option<String>,
    /// Category that its family had.
    pub category: Option<String>,
    /// Persons that its household had.
    pub size: Option<i64>,
    /// District prefix of its household.
    pub district: Option<String>,
    /// A product group on which something was given.
    pub group: Option<String>,
    /// Whether something of it is given.
    pub is_given: bool,
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
    /// Whether there are more than were counted: no page adds up a million claims.
    pub is_part: bool,
}

/// So many claims are counted for a page.
pub const MOST_COUNTED: i64 = 10_000;

/// Columns by which claims can be sorted: name in the address, expression.
pub const SORTS: [(&str, &str); 6] = [
    ("date", "claims.business_date"),
    ("store", "claims.store"),
    ("sale", "claims.sale"),
    ("state", "claims.state"),
    ("claimed", "claims.claimed_fen"),
    ("granted", "claims.granted_fen"),
];

/// So many claims of a store, a state or a programme are found on the way through a list in its order; fewer are
/// found by themselves and then put in order.
const MANY: i64 = 20_000;

/// How claims are found.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// By the programme's own rows.
    by_programme: bool,
    /// In the order of days.
    by_date: bool,
    /// Not by their day.
    any_day: bool,
    /// Not by their store.
    any_store: bool,
    /// Not by their state.
    any_state: bool,
}

impl Way {
    fn from(self) -> &'static str {
        if self.by_programme { "claim_programmes p JOIN claims ON claims.id = p.claim_id" } else { "claims" }
    }

    /// An expression is not looked up in an index.
    fn store(self) -> &'static str {
        if self.any_store { "claims.store || ''" } else { "claims.store" }
    }

    fn state(self) -> &'static str {
        if self.any_state { "claims.state || ''" } else { "claims.state" }
    }
}

impl ClaimFilter {
    /// The condition and its values.
    fn sql(&self, way: Way) -> (String, Vec<Value>) {
        let mut parts = vec!["1 = 1".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut add = |condition: &str, given: &[Value]| {
            parts.push(condition.into());
            values.extend_from_slice(given);
        };
        let day = match (way.by_programme, way.any_day) {
            (true, _) => "p.day",
            (false, true) => "claims.business_date || ''",
            (false, false) => "claims.business_date",
        };
        for (condition, value) in [
            (format!("{} = ?", way.store()), &self.store),
            (format!("{} = ?", way.state()), &self.state),
            ("claims.household = ?".into(), &self.household),
            ("claims.category = ?".into(), &self.category),
            (format!("{day} >= ?"), &self.from),
            (format!("{day} <= ?"), &self.to),
        ] {
            if let Some(value) = value {
                add(&condition, &[value.value()]);
            }
        }
        if let Some(programme) = &self.programme {
            let given = "(p.discount_fen <> 0 OR p.subsidy_fen <> 0 OR p.purse_fen <> 0)";
            let own = if self.is_given { format!("p.programme = ? AND {given}") } else { "p.programme = ?".into() };
            let condition = if way.by_programme {
                own
            } else {
                format!("EXISTS (SELECT 1 FROM claim_programmes p WHERE p.claim_id = claims.id AND {own})")
            };
            add(&condition, &[programme.value()]);
        }
        if let Some(reason) = &self.reason {
            let quoted = containing(&format!("\"{reason}\"")).value();
            // In another order than the index's they are found first and then put in order.
            let condition = if way.by_date {
                r"claims.reasons <> '[]' AND claims.reasons LIKE ? ESCAPE '\'"
            } else {
                r"claims.id IN (SELECT r.id FROM claims r WHERE r.reasons <> '[]' AND r.reasons LIKE ? ESCAPE '\')"
            };
            add(condition, &[quoted]);
        }
        if let Some(sale) = &self.sale {
            add("claims.sale IN (?, ?)", &[sale.value(), format!("{sale:0>6}").value()]);
        }
        if let Some(size) = self.size {
            add("claims.size = ?", &[size.value()]);
        }
        if let Some(district) = &self.district {
            add("substr(claims.district, 1, length(?)) = ?", &[district.value(), district.value()]);
        }
        if let Some(group) = &self.group {
            add(
                r"EXISTS (SELECT 1 FROM claim_programmes g WHERE g.claim_id = claims.id AND g.goods LIKE ? ESCAPE '\')",
                &[containing(&format!("\"{group}\"")).value()],
            );
        }
        if self.is_given {
            add("claims.counted = 1", &[]);
        }
        if let Some(visible) = &self.visible {
            let places = vec!["?"; visible.len()].join(", ");
            let codes: Vec<Value> = visible.iter().map(|store| store.value()).collect();
            let of_these = format!("{} IN ({places})", way.store());
            add(if visible.is_empty() { "1 = 0" } else { &of_these }, &codes);
        }
        (parts.join(" AND "), values)
    }

    /// How a list in this order is found.
    fn way(&self, conn: &Conn, column: &str) -> Result<Way> {
        let by_date = column == "claims.business_date";
        let many = |from: &str, values: &[Value]| -> Result<bool> {
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT {MANY}) AS found");
            Ok(conn.value::<i64>(&sql, values)? >= MANY)
        };
        let mut way = Way { by_programme: self.programme.is_some(), by_date, ..Way::default() };
        if let Some(programme) = self.programme.as_ref().filter(|_| !by_date) {
            way.by_programme = !many("claim_programmes WHERE programme = ?", &[programme.value()])?;
        }
        // Receipt numbers rise with days: those of a past month come late in their order.
        if (self.from.is_some() || self.to.is_some()) && !by_date && column != "claims.sale" {
            let (from, to) = (self.from.as_deref().unwrap_or(""), self.to.as_deref().unwrap_or("9"));
            let range = "claims WHERE business_date >= ? AND business_date <= ?";
            way.any_day = many(range, &[from.value(), to.value()])?;
        }
        way.any_state = match &self.state {
            Some(state) if !by_date => many("claims WHERE state = ?", &[state.value()])?,
            _ => false,
        };
        // One store by date has an index of its own; several have none together.
        let stores: Vec<Value> = match (&self.store, &self.visible) {
            (Some(store), _) if !by_date => vec![store.value()],
            (None, Some(visible)) if !by_date || visible.len() > 1 => visible.iter().map(|s| s.value()).collect(),
            _ => Vec::new(),
        };
        if !stores.is_empty() {
            let places = vec!["?"; stores.len()].join(", ");
            way.any_store = many(&format!("claims WHERE store IN ({places})"), &stores)?;
        }
        Ok(way)
    }

    /// Whether store and state alone are asked for: those sums are kept.
    fn is_kept(&self) -> bool {
        let kept = Self {
            store: self.store.clone(),
            state: self.state.clone(),
            visible: self.visible.clone(),
            ..Self::default()
        };
        *self == kept
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
    let known = SORTS.iter().find(|(name, _)| *name == sort).map_or("claims.business_date", |(_, column)| *column);
    let way = filter.way(conn, known)?;
    let (condition, mut values) = filter.sql(way);
    let (column, id) = if way.by_date && way.by_programme { ("p.day", "p.claim_id") } else { (known, "claims.id") };
    let direction = if down { "DESC" } else { "ASC" };
    // Names are looked for on the page alone, not for each claim that is put in order.
    let sql = format!(
        "SELECT l.uuid, l.store, l.till, l.sale, l.business_date, l.state, l.reasons, l.claimed_fen, l.granted_fen,
           (SELECT m.name_masked FROM members m WHERE m.household = l.household AND m.to_version IS NULL
            ORDER BY m.relation <> 'head', m.id LIMIT 1)
         FROM (SELECT claims.id, claims.uuid, claims.store, claims.till, claims.sale, claims.business_date, claims.state,
             claims.reasons, claims.claimed_fen, claims.granted_fen, claims.household, {column} AS place
           FROM {} WHERE {condition} ORDER BY {column} {direction}, {id} {direction} LIMIT ? OFFSET ?) AS l
         ORDER BY l.place {direction}, l.id {direction}",
        way.from()
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

/// Sums over the claims of a filter: all of them where sums are kept, else of so many as are counted.
pub fn claim_sums(conn: &Conn, filter: &ClaimFilter) -> Result<ClaimSums> {
    if filter.is_kept() {
        return Ok(sums_by_state(conn, filter)?.into_values().fold(ClaimSums::default(), |all, one| ClaimSums {
            count: all.count + one.count,
            claimed: all.claimed + one.claimed,
            granted: all.granted + one.granted,
            is_part: false,
        }));
    }
    let way = filter.way(conn, "claims.business_date")?;
    let (condition, mut values) = filter.sql(Way { any_store: false, ..way });
    let sql = format!(
        "SELECT count(*), coalesce(sum(found.claimed_fen), 0), coalesce(sum(found.granted_fen), 0) FROM (
           SELECT claims.claimed_fen, claims.granted_fen FROM {} WHERE {condition} LIMIT ?) AS found",
        way.from()
    );
    values.push((MOST_COUNTED + 1).value());
    let read = |row: &Row| {
        let count: i64 = row.get(0)?;
        Ok(ClaimSums { count, claimed: row.get(1)?, granted: row.get(2)?, is_part: count > MOST_COUNTED })
    };
    conn.one(&sql, &values, read)
}

/// Sums by state, of a store or of all that may be seen: they are kept.
pub fn sums_by_state(conn: &Conn, filter: &ClaimFilter) -> Result<BTreeMap<String, ClaimSums>> {
    let mut parts = vec!["claims > 0".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    for (condition, value) in [("store = ?", &filter.store), ("state = ?", &filter.state)] {
        if let Some(value) = value {
            parts.push(condition.into());
            values.push(value.value());
        }
    }
    if let Some(visible) = &filter.visible {
        parts.push(format!("store IN ({})", vec!["?"; visible.len()].join(", ")));
        values.extend(visible.iter().map(|store| store.value()));
    }
    let sql = format!(
        "SELECT state, sum(claims), sum(claimed_fen), sum(granted_fen) FROM claim_totals WHERE {} GROUP BY state",
        parts.join(" AND ")
    );
    let read = |row: &Row| {
        let sums = ClaimSums { count: row.get(1)?, claimed: row.get(2)?, granted: row.get(3)?, is_part: false };
        Ok((row.get(0)?, sums))
    };
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
