//! Baskets that wait. They hold goods only: who they are for is verified anew.

use domain::barcode::ProductKey;
use domain::quantity::Quantity;
use domain::sale::Entry;
use domain::till::Parked;
use rusqlite::{OptionalExtension as _, params};

use crate::{Result, Store, StoreError};

impl Store {
    /// Keeps a basket and gives its number, the lowest that is free.
    pub fn park(&mut self, basket: &Parked, at_ms: i64) -> Result<u32> {
        let lines: Vec<(String, String, &str)> = basket
            .lines
            .iter()
            .map(|(key, quantity, entry)| (key.tagged(), quantity.to_string(), entry.word()))
            .collect();
        let json = serde_json::to_string(&lines).map_err(|err| StoreError::Corrupt(err.to_string()))?;
        let tx = self.begin()?;
        let n: u32 = tx.query_row(
            "SELECT min(n) FROM (SELECT 1 AS n UNION SELECT n + 1 FROM parked) WHERE n NOT IN (SELECT n FROM parked)",
            [],
            |row| row.get(0),
        )?;
        tx.execute("INSERT INTO parked (n, at, lines) VALUES (?1, ?2, ?3)", params![n, at_ms, json])?;
        tx.commit()?;
        Ok(n)
    }

    /// Takes a kept basket out.
    pub fn recall(&mut self, n: u32) -> Result<Option<Parked>> {
        let tx = self.begin()?;
        let json: Option<String> =
            tx.query_row("DELETE FROM parked WHERE n = ?1 RETURNING lines", [n], |row| row.get(0)).optional()?;
        tx.commit()?;
        let Some(json) = json else { return Ok(None) };
        let lines: Vec<(String, String, String)> =
            serde_json::from_str(&json).map_err(|err| StoreError::Corrupt(err.to_string()))?;
        let read = |(key, quantity, entry): (String, String, String)| {
            let entry = match entry.as_str() {
                "label" => Entry::Label,
                "plu" => Entry::Plu,
                "search" => Entry::Search,
                "typed" => Entry::Typed,
                _ => Entry::Scan,
            };
            Ok((ProductKey::parse_tagged(&key)?, Quantity::parse(&quantity)?, entry))
        };
        let lines = lines.into_iter().map(read).collect::<std::result::Result<_, String>>();
        Ok(Some(Parked { n, lines: lines.map_err(StoreError::Corrupt)? }))
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
