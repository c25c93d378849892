//! Filling a folder to learn in from the till's own.

use std::path::Path;

use rusqlite::params;

use crate::{Result, Store};

/// What a learner needs of the shop. Sales, chain, paper and baskets stay behind.
const TABLES: [&str; 9] =
    ["products", "listed_products", "programmes", "roster", "balances", "lists", "staff", "promotions", "settings"];

impl Store {
    /// Copies goods, prices, programmes, roster, balances, staff and settings of the till in `from`.
    pub fn seed_training(&mut self, from: &Path) -> Result<()> {
        let file = from.join(crate::db::FILE);
        self.conn.execute("ATTACH DATABASE ?1 AS real", params![file.to_string_lossy()])?;
        let copied = self.copy_tables();
        self.conn.execute("DETACH DATABASE real", [])?;
        copied
    }

    fn copy_tables(&mut self) -> Result<()> {
        let tx = self.begin()?;
        for table in TABLES {
            tx.execute(&format!("INSERT OR REPLACE INTO main.{table} SELECT * FROM real.{table}"), [])?;
        }
        tx.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('training', 'on')", [])?;
        Ok(tx.commit()?)
    }
}
