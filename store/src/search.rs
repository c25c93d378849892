//! Finding products by number, name or pinyin initials.

use domain::product::Product;
use pinyin::ToPinyin as _;
use rusqlite::params;

use crate::product::key_of;
use crate::{Result, Store};

/// Most products that a search gives: what a screen can show.
pub const MOST_FOUND: usize = 30;

/// Pinyin initials of a name in capitals; letters and digits stand for themselves.
pub fn initials(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c.to_pinyin() {
            Some(pinyin) => pinyin.first_letter().chars().next(),
            None => c.is_ascii_alphanumeric().then_some(c),
        })
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

impl Store {
    /// Products whose number or pinyin initials begin with the text, or whose name holds it.
    pub fn search(&self, text: &str) -> Result<Vec<Product>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut codes = Vec::new();
        if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let upper = text.to_uppercase();
            self.collect(
                "SELECT code FROM products WHERE initials GLOB ?1 || '*' ORDER BY initials LIMIT ?2",
                &upper,
                &mut codes,
            )?;
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            let plu = format!("plu:{text}");
            self.collect(
                "SELECT code FROM products WHERE code >= ?1 AND code < ?1 || ':' ORDER BY code LIMIT ?2",
                &plu,
                &mut codes,
            )?;
        }
        if codes.len() < MOST_FOUND && !text.is_ascii() {
            self.collect("SELECT code FROM products WHERE instr(name, ?1) > 0 LIMIT ?2", text, &mut codes)?;
        }
        let mut found = Vec::with_capacity(codes.len());
        for code in codes.iter().take(MOST_FOUND) {
            found.extend(self.product(&key_of(code)?)?);
        }
        Ok(found)
    }

    fn collect(&self, sql: &str, text: &str, codes: &mut Vec<String>) -> Result<()> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params![text, MOST_FOUND], |row| row.get::<_, String>(0))?;
        for code in rows {
            let code = code?;
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        Ok(())
    }

    /// Fills the initials of products that were imported before there were any.
    pub(crate) fn fill_initials(&mut self) -> Result<()> {
        let is_missing = "SELECT EXISTS (SELECT 1 FROM products WHERE initials = '')";
        if !self.conn.query_row(is_missing, [], |row| row.get(0))? {
            return Ok(());
        }
        let tx = self.begin()?;
        {
            let mut missing = tx.prepare("SELECT code, name FROM products WHERE initials = ''")?;
            let rows = missing.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows = rows.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
            let mut update = tx.prepare("UPDATE products SET initials = ?2 WHERE code = ?1")?;
            for (code, name) in rows {
                // A name without a letter keeps a mark, so that it is not asked for again.
                let initials = Some(initials(&name)).filter(|i| !i.is_empty()).unwrap_or_else(|| "-".into());
                update.execute(params![code, initials])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// How many products the store sells.
    pub fn product_count(&self) -> Result<u32> {
        Ok(self.conn.query_row("SELECT count(*) FROM products", [], |row| row.get(0))?)
    }
}
