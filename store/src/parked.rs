//! Baskets that wait. They hold goods only: who they are for is verified anew.

use domain::barcode::ProductKey;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::sale::{Changed, Entry};
use domain::till::{Parked, ParkedLine};
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::sale::{json, to_json};
use crate::{Result, Store, StoreError};

/// A line as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    product: String,
    quantity: String,
    entry: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<Changed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit_price: Option<Money>,
}

/// A line as this version keeps it, or as the first one did.
#[derive(Deserialize)]
#[serde(untagged)]
enum Readable {
    Kept(Kept),
    First(String, String, String),
}

impl From<&ParkedLine> for Kept {
    fn from(line: &ParkedLine) -> Self {
        Self {
            product: line.product.tagged(),
            quantity: line.quantity.to_string(),
            entry: line.entry.word().into(),
            amount: line.amount,
            changed: line.changed.clone(),
            unit_price: line.unit_price,
        }
    }
}

impl Readable {
    fn line(self) -> std::result::Result<ParkedLine, String> {
        let kept = match self {
            Self::Kept(kept) => kept,
            Self::First(product, quantity, entry) => {
                Kept { product, quantity, entry, amount: None, changed: None, unit_price: None }
            }
        };
        let entry = match kept.entry.as_str() {
            "label" => Entry::Label,
            "plu" => Entry::Plu,
            "search" => Entry::Search,
            "typed" => Entry::Typed,
            _ => Entry::Scan,
        };
        Ok(ParkedLine {
            product: ProductKey::parse_tagged(&kept.product)?,
            quantity: Quantity::parse(&kept.quantity)?,
            entry,
            amount: kept.amount,
            changed: kept.changed,
            unit_price: kept.unit_price,
        })
    }
}

impl Store {
    /// Keeps a basket and gives its number, the lowest that is free.
    pub fn park(&mut self, basket: &Parked, at_ms: i64) -> Result<u32> {
        let lines = to_json(&basket.lines.iter().map(Kept::from).collect::<Vec<_>>())?;
        let tx = self.begin()?;
        let n: u32 = tx.query_row(
            "SELECT min(n) FROM (SELECT 1 AS n UNION SELECT n + 1 FROM parked) WHERE n NOT IN (SELECT n FROM parked)",
            [],
            |row| row.get(0),
        )?;
        tx.execute("INSERT INTO parked (n, at, lines) VALUES (?1, ?2, ?3)", params![n, at_ms, lines])?;
        tx.commit()?;
        Ok(n)
    }

    /// A kept basket, which stays kept.
    pub fn parked_basket(&self, n: u32) -> Result<Option<Parked>> {
        let mut statement = self.conn.prepare_cached("SELECT lines FROM parked WHERE n = ?1")?;
        let Some(text) = statement.query_row([n], |row| row.get::<_, String>(0)).optional()? else {
            return Ok(None);
        };
        let lines: Vec<Readable> = json(&text)?;
        let lines = lines.into_iter().map(Readable::line).collect::<std::result::Result<_, String>>();
        Ok(Some(Parked { n, lines: lines.map_err(StoreError::Corrupt)? }))
    }

    /// Forgets a kept basket.
    pub fn unpark(&self, n: u32) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM parked WHERE n = ?1")?.execute([n])?;
        Ok(())
    }

    /// How many baskets wait.
    pub fn parked(&self) -> Result<u32> {
        Ok(self.conn.query_row("SELECT count(*) FROM parked", [], |row| row.get(0))?)
    }

    /// Baskets that wait: number, when they were parked (ms since 1970) and how many lines they have.
    pub fn parked_list(&self) -> Result<Vec<(u32, i64, usize)>> {
        let mut statement =
            self.conn.prepare_cached("SELECT n, at, json_array_length(lines) FROM parked ORDER BY n")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
