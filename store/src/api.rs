//! What the local API asks beside sales and returns.

use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::returns::Parts;
use rusqlite::{OptionalExtension as _, params};

use crate::product::code_of;
use crate::sale::json;
use crate::{Result, Store};

/// A call that made something, or was about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// `claim` or `reversal`.
    pub kind: String,
    /// Hash of its body.
    pub body_hash: String,
}

/// A return as it is kept.
#[derive(Debug, Clone)]
pub struct StoredReturn {
    /// Id of the return and of its reversal.
    pub uuid: String,
    /// Receipt number of the return.
    pub number: String,
    /// Id of the sale.
    pub sale: String,
    /// The receipt as data.
    pub receipt: String,
    /// Lines: number in the sale, how much came back, and what was reversed.
    pub lines: Vec<(u32, Quantity, Parts)>,
}

impl Store {
    /// What was asked for under an id.
    pub fn api_call(&self, id: &str) -> Result<Option<ApiCall>> {
        let mut statement = self.conn.prepare_cached("SELECT kind, body_hash FROM api_calls WHERE id = ?1")?;
        let read = |row: &rusqlite::Row<'_>| Ok(ApiCall { kind: row.get(0)?, body_hash: row.get(1)? });
        Ok(statement.query_row([id], read).optional()?)
    }

    /// Keeps what is asked for under an id, before it is made. An earlier one that made nothing is
    /// forgotten.
    pub fn keep_api_call(&self, id: &str, call: &ApiCall, at_ms: i64) -> Result<()> {
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO api_calls (id, kind, body_hash, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, body_hash = excluded.body_hash, at = excluded.at",
        )?;
        statement.execute(params![id, call.kind, call.body_hash, at_ms])?;
        Ok(())
    }

    /// A product as headquarters lists it, where the store itself does not sell it.
    pub fn listed_product(&self, key: &ProductKey) -> Result<Option<Product>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT name, unit, content_milli, product_group, tax_rate FROM listed_products WHERE code = ?1",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            let unit: String = row.get(1)?;
            let content: Option<i64> = row.get(2)?;
            Ok(Product {
                key: key.clone(),
                name: row.get(0)?,
                spec: String::new(),
                unit_name: String::new(),
                unit: SaleUnit::parse(&unit).unwrap_or_default(),
                content_kg: content.map(|milli| Quantity::from_milli(milli.into())),
                group: row.get(3)?,
                price: None::<Money>,
                tax_rate: row.get(4)?,
            })
        };
        Ok(statement.query_row([code_of(key)], read).optional()?)
    }

    /// A return by its id.
    pub fn return_of(&self, uuid: &str) -> Result<Option<StoredReturn>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT r.id, r.uuid, r.number, s.uuid, r.receipt FROM returns r JOIN sales s ON s.id = r.sale_id
             WHERE r.uuid = ?1",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            let found = StoredReturn {
                uuid: row.get(1)?,
                number: row.get(2)?,
                sale: row.get(3)?,
                receipt: row.get(4)?,
                lines: Vec::new(),
            };
            Ok((row.get::<_, i64>(0)?, found))
        };
        let Some((id, mut found)) = statement.query_row([uuid], read).optional()? else {
            return Ok(None);
        };
        let mut statement = self.conn.prepare_cached(
            "SELECT line, quantity_milli, parts FROM return_lines WHERE return_id = ?1 ORDER BY line",
        )?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            let milli: i64 = row.get(1)?;
            let parts: Parts = json(&row.get::<_, String>(2)?)?;
            found.lines.push((row.get(0)?, Quantity::from_milli(milli.into()), parts));
        }
        Ok(Some(found))
    }

    /// Ids of all returns of a sale, oldest first.
    pub fn returns_of(&self, sale_id: i64) -> Result<Vec<String>> {
        let mut statement = self.conn.prepare_cached("SELECT uuid FROM returns WHERE sale_id = ?1 ORDER BY id")?;
        Ok(statement.query_map([sale_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether headquarters gave its receipt for every record of this id.
    pub fn is_sent(&self, uuid: &str) -> Result<bool> {
        let mut statement = self.conn.prepare_cached(
            "SELECT count(*) = 0 FROM outbox o JOIN records r ON r.id = o.record_id WHERE r.uuid = ?1",
        )?;
        Ok(statement.query_row([uuid], |row| row.get(0))?)
    }

    /// What headquarters decided about a claim, as its list says.
    pub fn decision(&self, claim: &str) -> Result<Option<String>> {
        let mut statement = self.conn.prepare_cached("SELECT document FROM decisions WHERE claim = ?1")?;
        Ok(statement.query_row([claim], |row| row.get(0)).optional()?)
    }
}
