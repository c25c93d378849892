//! What came down from headquarters. A list is applied in one transaction, whole or not at all.

use domain::product::ListedProduct;
use domain::quantity::Quantity;
use domain::sale::Heard;
use domain::usage::Amount;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::sale::to_json;
use crate::shared::SharedLine;
use crate::{Result, Store, StoreError, product, settings, shared};

/// A change of the roster.
#[derive(Debug, Clone)]
pub enum RosterChange {
    /// An entry.
    Put { digest: String, sealed: Vec<u8> },
    /// An entry that goes.
    Delete(String),
}

/// A list that was checked, with its lines taken apart.
#[derive(Debug, Clone)]
pub enum ListUpdate {
    /// Sealed households.
    Roster(Vec<RosterChange>),
    /// Programme documents: code, version, JSON; or a deletion.
    Programmes(Vec<(String, u32, Option<String>)>),
    /// Products, or the tagged key of one that goes.
    Products(Vec<std::result::Result<ListedProduct, String>>),
    /// What the store's tills share.
    Shop(Vec<SharedLine>),
    /// Claim and decision as JSON.
    Decisions(Vec<(String, String)>),
    /// Household, person, programme, limit, period, used.
    Balances { rows: Vec<(String, String, String, String, String, Amount)>, heard: Option<Heard> },
}

impl Store {
    /// Version of a list that this till has; none: it has none.
    pub fn list_version(&self, name: &str) -> Result<Option<u64>> {
        Ok(self.conn.query_row("SELECT version FROM lists WHERE name = ?1", [name], |row| row.get(0)).optional()?)
    }

    /// When a list was issued and applied, in milliseconds.
    pub fn list_times(&self, name: &str) -> Result<Option<(i64, i64)>> {
        let mut statement = self.conn.prepare_cached("SELECT issued_at, applied_at FROM lists WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Forgets the version of every list (or of one), so that they are asked for whole.
    pub fn forget_lists(&self, name: Option<&str>) -> Result<()> {
        self.conn.execute("DELETE FROM lists WHERE ?1 IS NULL OR name = ?1", [name])?;
        Ok(())
    }

    /// Deletes the roster, as a revoked till must.
    pub fn delete_roster(&mut self) -> Result<()> {
        let tx = self.begin()?;
        tx.execute("DELETE FROM roster", [])?;
        tx.execute("DELETE FROM lists WHERE name = 'roster'", [])?;
        tx.execute("DELETE FROM settings WHERE name IN ('roster_key', 'roster_salt')", [])?;
        Ok(tx.commit()?)
    }

    /// Applies a list; `whole` replaces what the till has. Whether it did: balances are left alone where they
    /// do not count every record that the till has at this moment, or one of them has no receipt.
    pub fn apply_list(
        &mut self,
        update: &ListUpdate,
        version: u64,
        whole: bool,
        issued_ms: i64,
        now_ms: i64,
    ) -> Result<bool> {
        let tx = self.begin()?;
        let name = match update {
            ListUpdate::Roster(changes) => {
                clear(&tx, "roster", whole)?;
                apply_roster(&tx, changes)?;
                "roster"
            }
            ListUpdate::Programmes(rows) => {
                clear(&tx, "programmes", whole)?;
                apply_programmes(&tx, rows)?;
                "programmes"
            }
            ListUpdate::Products(rows) => {
                clear(&tx, "listed_products", whole)?;
                apply_products(&tx, rows)?;
                "products"
            }
            ListUpdate::Shop(lines) => {
                shared::apply(&tx, lines, whole, now_ms)?;
                "shop"
            }
            ListUpdate::Decisions(rows) => {
                clear(&tx, "decisions", whole)?;
                let mut put = tx.prepare("INSERT OR REPLACE INTO decisions (claim, document) VALUES (?1, ?2)")?;
                for (claim, document) in rows {
                    put.execute([claim, document])?;
                }
                "decisions"
            }
            ListUpdate::Balances { rows, heard } => {
                if !counts_all(&tx, heard.as_ref())? {
                    return Ok(false);
                }
                clear(&tx, "balances", whole)?;
                let mut put = tx.prepare(
                    "INSERT OR REPLACE INTO balances (household, person, programme, limit_id, period, used_milli)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                for (household, person, programme, limit, period, used) in rows {
                    put.execute(params![household, person, programme, limit, period, used.milli()])?;
                }
                if let Some(heard) = heard {
                    count(&tx, heard)?;
                }
                "balances"
            }
        };
        tx.execute(
            "INSERT OR REPLACE INTO lists (name, version, issued_at, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![name, version, issued_ms, now_ms],
        )?;
        tx.commit()?;
        Ok(true)
    }

    /// Documents of all programme versions that the till knows.
    pub fn programmes(&self) -> Result<Vec<String>> {
        let mut statement = self.conn.prepare("SELECT document FROM programmes ORDER BY code, version")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }
}

fn clear(tx: &Connection, table: &str, whole: bool) -> Result<()> {
    if whole {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

fn apply_roster(tx: &Connection, changes: &[RosterChange]) -> Result<()> {
    let mut put = tx.prepare("INSERT OR REPLACE INTO roster (digest, sealed) VALUES (?1, ?2)")?;
    let mut delete = tx.prepare("DELETE FROM roster WHERE digest = ?1")?;
    for change in changes {
        match change {
            RosterChange::Put { digest, sealed } => put.execute(params![digest, sealed])?,
            RosterChange::Delete(digest) => delete.execute([digest])?,
        };
    }
    Ok(())
}

fn apply_programmes(tx: &Connection, rows: &[(String, u32, Option<String>)]) -> Result<()> {
    for (code, version, document) in rows {
        match document {
            Some(document) => tx.execute(
                "INSERT OR REPLACE INTO programmes (code, version, document) VALUES (?1, ?2, ?3)",
                params![code, version, document],
            )?,
            None => tx.execute("DELETE FROM programmes WHERE code = ?1 AND version = ?2", params![code, version])?,
        };
    }
    Ok(())
}

fn apply_products(tx: &Connection, rows: &[std::result::Result<ListedProduct, String>]) -> Result<()> {
    let mut put = tx.prepare(
        "INSERT OR REPLACE INTO listed_products (code, name, unit, content_milli, product_group, tax_rate)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for row in rows {
        match row {
            Ok(p) => {
                let key = p.key().map_err(StoreError::Corrupt)?;
                let content = p.content_kg.map(Quantity::milli_i64);
                let tax = p.tax_rate.as_deref().unwrap_or_default();
                put.execute(params![product::code_of(&key), p.name, p.unit, content, p.group, tax])?;
            }
            Err(gone) => {
                let key = product::key_of(gone)?;
                tx.execute("DELETE FROM listed_products WHERE code = ?1", [product::code_of(&key)])?;
            }
        }
    }
    Ok(())
}

/// Whether every record has its receipt, and balances count through the last one: then the till has heard.
fn counts_all(tx: &Connection, heard: Option<&Heard>) -> Result<bool> {
    let Some(heard) = heard else { return Ok(false) };
    let waiting: bool = tx.query_row("SELECT count(*) > 0 FROM outbox", [], |row| row.get(0))?;
    // An epoch that has no record yet says nothing: headquarters goes by the one before it.
    let last: Option<(String, u64)> = tx
        .query_row(
            "SELECT e.epoch, coalesce(max(r.seq), 0) FROM epochs e LEFT JOIN records r ON r.epoch = e.epoch
             GROUP BY e.n ORDER BY count(r.id) > 0 DESC, e.n DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(!waiting && last.is_some_and(|last| last == (heard.epoch.clone(), heard.through)))
}

/// Balances now count this till's records through `heard`, and all of its earlier epochs.
fn count(tx: &Connection, heard: &Heard) -> Result<()> {
    tx.execute(
        "UPDATE movements SET counted = 1 WHERE counted = 0 AND record_id IN (
           SELECT r.id FROM records r JOIN epochs e ON e.epoch = r.epoch
           WHERE (r.epoch = ?1 AND r.seq <= ?2) OR e.n < (SELECT n FROM epochs WHERE epoch = ?1))",
        params![heard.epoch, heard.through],
    )?;
    settings::set(tx, "heard", &to_json(heard)?)
}
