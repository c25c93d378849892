//! What people, the bank and the tax office call a store, and its contracts.

use anyhow::Result;

use super::now_ms;
use crate::params;
use crate::store::sql::{Conn, Row};

/// A store's entry in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Legal name.
    pub legal_name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// `general` or `small_scale`.
    pub taxpayer: String,
}

/// A store's account, or one that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Row.
    pub id: i64,
    /// Account's holder.
    pub holder: String,
    /// Bank.
    pub bank: String,
    /// Sealed number.
    pub account_enc: Vec<u8>,
    /// The number as it is shown.
    pub shown: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: i64,
}

/// A store's contract from a date on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// First day.
    pub from: String,
    /// `month` or `quarter`.
    pub settlement: String,
    /// `third_party_payment` or `price_cut`.
    pub subsidy: String,
    /// Tax rate of goods that the product list gives none, in basis points.
    pub tax_rate_bp: u32,
}

/// A store's entry.
pub fn entry(conn: &Conn, store: &str) -> Result<Option<Entry>> {
    let sql = "SELECT legal_name, credit_code, taxpayer FROM store_register WHERE store = ?1";
    conn.optional(sql, params![store], |row| {
        Ok(Entry { legal_name: row.get(0)?, credit_code: row.get(1)?, taxpayer: row.get(2)? })
    })
}

/// Writes a store's entry.
pub fn put_entry(conn: &Conn, store: &str, e: &Entry, who: &str) -> Result<()> {
    let sql = "INSERT INTO store_register (store, legal_name, credit_code, taxpayer, changed_at, changed_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (store) DO UPDATE SET legal_name = excluded.legal_name,
                 credit_code = excluded.credit_code, taxpayer = excluded.taxpayer, changed_at = excluded.changed_at,
                 changed_by = excluded.changed_by";
    conn.execute(sql, params![store, e.legal_name, e.credit_code, e.taxpayer, now_ms(), who])?;
    Ok(())
}

fn account_row(row: &Row) -> Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        holder: row.get(1)?,
        bank: row.get(2)?,
        account_enc: row.get(3)?,
        shown: row.get(4)?,
        asked_by: row.get(5)?,
        asked_at: row.get(6)?,
    })
}

/// A store's account in a state: `confirmed` (what is paid to) or `asked` (waits for a second person).
pub fn account(conn: &Conn, store: &str, state: &str) -> Result<Option<Account>> {
    let sql = "SELECT id, holder, bank, account_enc, shown, asked_by, asked_at FROM store_accounts
               WHERE store = ?1 AND state = ?2 ORDER BY id DESC LIMIT 1";
    conn.optional(sql, params![store, state], account_row)
}

/// Notes that somebody asks for an account; what was asked for before falls away.
pub fn ask_account(conn: &Conn, store: &str, a: &Account) -> Result<()> {
    conn.execute("UPDATE store_accounts SET state = 'replaced' WHERE store = ?1 AND state = 'asked'", params![store])?;
    conn.execute(
        "INSERT INTO store_accounts (store, holder, bank, account_enc, shown, state, asked_by, asked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'asked', ?6, ?7)",
        params![store, a.holder, a.bank, a.account_enc, a.shown, a.asked_by, a.asked_at],
    )?;
    Ok(())
}

/// Decides on an account that was asked for; a confirmed one replaces the one before.
pub fn decide_account(conn: &Conn, store: &str, id: i64, is_confirmed: bool, who: &str) -> Result<()> {
    if is_confirmed {
        conn.execute(
            "UPDATE store_accounts SET state = 'replaced' WHERE store = ?1 AND state = 'confirmed'",
            params![store],
        )?;
    }
    let state = if is_confirmed { "confirmed" } else { "refused" };
    conn.execute(
        "UPDATE store_accounts SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
        params![id, state, who, now_ms()],
    )?;
    Ok(())
}

/// Stores whose account waits for a second person.
pub fn accounts_asked(conn: &Conn) -> Result<Vec<String>> {
    conn.all("SELECT store FROM store_accounts WHERE state = 'asked' ORDER BY store", params![], |row| row.get(0))
}

/// A store's contracts, newest first.
pub fn contracts(conn: &Conn, store: &str) -> Result<Vec<Contract>> {
    let sql = "SELECT from_date, settlement, subsidy, tax_rate_bp FROM store_contracts WHERE store = ?1
               ORDER BY from_date DESC";
    conn.all(sql, params![store], |row| {
        Ok(Contract { from: row.get(0)?, settlement: row.get(1)?, subsidy: row.get(2)?, tax_rate_bp: row.get(3)? })
    })
}

/// Writes a contract.
pub fn put_contract(conn: &Conn, store: &str, c: &Contract, who: &str) -> Result<()> {
    let sql = "INSERT INTO store_contracts (store, from_date, settlement, subsidy, tax_rate_bp, set_at, set_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (store, from_date) DO UPDATE SET settlement = excluded.settlement,
                 subsidy = excluded.subsidy, tax_rate_bp = excluded.tax_rate_bp, set_at = excluded.set_at,
                 set_by = excluded.set_by";
    conn.execute(sql, params![store, c.from, c.settlement, c.subsidy, c.tax_rate_bp, now_ms(), who])?;
    Ok(())
}
