//! What claims gave, kept as sums in step with the claims themselves.

pub mod kept;
pub mod prices;
pub mod read;
pub mod recount;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::params;
use crate::store::pages::Part;
use crate::store::sql::{Conn, Param as _, Value};

/// Where a claim is counted: its day and store, and where its family stood in the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Business date.
    pub day: String,
    /// Store's code.
    pub store: String,
    /// Household.
    pub household: String,
    /// Category's code; empty where the roster did not know the family.
    pub category: String,
    /// Persons of the household.
    pub size: i64,
    /// County, six digits.
    pub district: String,
}

impl Cell {
    /// Its month.
    pub fn month(&self) -> &str {
        self.day.get(..7).unwrap_or_default()
    }

    /// Month, quarter and year.
    pub fn periods(&self) -> Vec<String> {
        let year = self.day.get(..4).unwrap_or_default();
        let month: u32 = self.day.get(5..7).and_then(|m| m.parse().ok()).unwrap_or(1);
        vec![self.month().into(), format!("{year}-Q{}", month.div_ceil(3)), year.into()]
    }
}

/// What is given, in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// Discount.
    pub discount: i64,
    /// The funds' part of it.
    pub subsidy: i64,
    /// Paid from purses.
    pub purse: i64,
}

impl Given {
    /// Whether anything is.
    pub fn is_something(self) -> bool {
        self != Self::default()
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            discount: self.discount + other.discount,
            subsidy: self.subsidy + other.subsidy,
            purse: self.purse + other.purse,
        }
    }

    /// What it is more than another.
    pub fn minus(self, other: Self) -> Self {
        Self {
            discount: self.discount - other.discount,
            subsidy: self.subsidy - other.subsidy,
            purse: self.purse - other.purse,
        }
    }
}

/// What a claim gave under one programme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Asked and given.
    pub part: Part,
    /// Given by product group.
    pub goods: BTreeMap<String, Given>,
}

impl Share {
    /// All that is given.
    pub fn given(&self) -> Given {
        Given {
            discount: self.part.discount.fen_i64(),
            subsidy: self.part.subsidy.fen_i64(),
            purse: self.part.purse.fen_i64(),
        }
    }
}

/// What a claim gave, by programme.
pub type Shares = BTreeMap<String, Share>;

/// A claim's given sums by programme, with product groups.
pub type Noted = BTreeMap<String, (Given, BTreeMap<String, Given>)>;

/// The county of a longer district code.
pub fn county(district: &str) -> String {
    district.chars().take(6).collect()
}

/// Where a family stood in a version of the roster, or as near to it as the roster knows: category, size, county.
pub fn stood(conn: &Conn, household: &str, version: Option<u64>) -> Result<(String, i64, String)> {
    let sql = "SELECT category, size, district FROM members WHERE household = ?1
               ORDER BY CASE WHEN from_version <= ?2 THEN 0 ELSE 1 END, from_version DESC, id LIMIT 1";
    let version = version.and_then(|v| i64::try_from(v).ok()).unwrap_or(i64::MAX);
    let found = conn.optional(sql, params![household, version], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(found.map_or_else(Default::default, |(c, s, d): (String, i64, String)| (c, s, county(&d))))
}

/// Where a claim was counted so far; none: nowhere yet.
pub fn counted_at(conn: &Conn, claim_id: i64) -> Result<Option<(String, i64, String)>> {
    let sql = "SELECT category, size, district FROM claims WHERE id = ?1 AND category IS NOT NULL";
    conn.optional(sql, params![claim_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// What was noted of a claim.
pub fn noted(conn: &Conn, claim_id: i64) -> Result<Noted> {
    let sql = "SELECT programme, discount_fen, subsidy_fen, purse_fen, goods FROM claim_programmes WHERE claim_id = ?1";
    let rows: Vec<(String, Given, String)> = conn.all(sql, params![claim_id], |row| {
        let given = Given { discount: row.get(1)?, subsidy: row.get(2)?, purse: row.get(3)? };
        Ok((row.get(0)?, given, row.get(4)?))
    })?;
    rows.into_iter().map(|(code, given, goods)| Ok((code, (given, goods_of(&goods)?)))).collect()
}

/// Product groups as they are kept: group, discount, subsidy, purse.
fn goods_text(goods: &BTreeMap<String, Given>) -> Result<String> {
    let rows: Vec<_> = goods.iter().map(|(group, g)| (group, g.discount, g.subsidy, g.purse)).collect();
    Ok(serde_json::to_string(&rows)?)
}

fn goods_of(text: &str) -> Result<BTreeMap<String, Given>> {
    let rows: Vec<(String, i64, i64, i64)> = serde_json::from_str(text).context("product groups of a claim")?;
    Ok(rows.into_iter().map(|(group, discount, subsidy, purse)| (group, Given { discount, subsidy, purse })).collect())
}

/// Keeps what a claim gave, and where it is counted.
pub fn put(conn: &Conn, claim_id: i64, cell: &Cell, shares: &Shares) -> Result<()> {
    let mut rows = Vec::with_capacity(shares.len());
    for (code, share) in shares {
        let Part { asked, discount, subsidy, purse } = share.part;
        let mut row = vec![claim_id.value(), code.value()];
        row.extend([asked, discount, subsidy, purse].map(|amount| amount.fen_i64().value()));
        row.extend([cell.day.value(), goods_text(&share.goods)?.value()]);
        rows.push(row);
    }
    conn.insert_many(
        "claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen, day, goods)",
        &rows,
        "ON CONFLICT (claim_id, programme) DO UPDATE SET asked_fen = excluded.asked_fen,
           discount_fen = excluded.discount_fen, subsidy_fen = excluded.subsidy_fen, purse_fen = excluded.purse_fen,
           day = excluded.day, goods = excluded.goods",
    )?;
    let counted = shares.values().any(|share| share.given().is_something());
    conn.execute(
        "UPDATE claims SET category = ?2, size = ?3, district = ?4, counted = ?5 WHERE id = ?1",
        params![claim_id, cell.category, cell.size, cell.district, counted],
    )?;
    Ok(())
}

/// Values of one key, for statements that are built.
fn texts(parts: &[&str]) -> Vec<Value> {
    parts.iter().map(|part| part.value()).collect()
}
