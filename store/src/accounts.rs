//! The store's accounts with headquarters: own claims beside what headquarters says of them, and
//! what the store has to say back. It decides nothing: what a difference means is the counter's.

use domain::money::Money;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::{Result, Store, audit};

/// An own claim, as this till made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClaim {
    /// Id.
    pub uuid: String,
    /// Receipt number.
    pub sale: String,
    /// The date under which it is claimed.
    pub date: String,
    /// Time of the sale, in milliseconds.
    pub at_ms: i64,
    /// Subsidy and purse.
    pub claimed: Money,
    /// What of it came back at this till.
    pub returned: Money,
    /// Whether headquarters gave its receipt for the claim.
    pub is_sent: bool,
    /// Headquarters' decision, a line of its list.
    pub decision: Option<String>,
}

/// What is to be said to headquarters, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id.
    pub id: String,
    /// `dispute` or `signature`.
    pub kind: String,
    /// The claim, month or statement.
    pub about: String,
    /// JSON.
    pub body: String,
    /// When it was written, in milliseconds.
    pub at_ms: i64,
    /// Staff code.
    pub by: String,
    /// `waiting`, `taken` or `refused`.
    pub state: String,
    /// Why headquarters does not take it.
    pub problem: Option<String>,
}

const LETTER: &str = r#"id, kind, about, body, at, "by", state, problem"#;

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    Ok(Letter {
        id: row.get(0)?,
        kind: row.get(1)?,
        about: row.get(2)?,
        body: row.get(3)?,
        at_ms: row.get(4)?,
        by: row.get(5)?,
        state: row.get(6)?,
        problem: row.get(7)?,
    })
}

impl Store {
    /// Own claims of a month (`2026-11`), oldest first.
    pub fn own_claims(&self, month: &str) -> Result<Vec<OwnClaim>> {
        let sql = "SELECT s.uuid, s.number, coalesce(s.priced_on, s.business_date), s.at, s.subsidy_fen + s.purse_fen,
                     coalesce((SELECT sum(l.subsidy_fen + l.purse_fen) FROM returns r
                               JOIN return_lines l ON l.return_id = r.id WHERE r.sale_id = s.id AND r.reversed = 1), 0),
                     NOT EXISTS (SELECT 1 FROM records r JOIN outbox o ON o.record_id = r.id WHERE r.uuid = s.uuid),
                     d.document
                   FROM sales s LEFT JOIN decisions d ON d.claim = s.uuid
                   WHERE s.claimed = 1 AND (s.business_date BETWEEN ?1 AND ?2 OR s.priced_on BETWEEN ?1 AND ?2)
                   ORDER BY s.id";
        let read = |row: &Row<'_>| {
            let money = |i: usize| -> rusqlite::Result<Money> { Ok(Money::from_fen(row.get::<_, i64>(i)?.into())) };
            Ok(OwnClaim {
                uuid: row.get(0)?,
                sale: row.get(1)?,
                date: row.get(2)?,
                at_ms: row.get(3)?,
                claimed: money(4)?,
                returned: money(5)?,
                is_sent: row.get(6)?,
                decision: row.get(7)?,
            })
        };
        let (first, last) = (format!("{month}-01"), format!("{month}-31"));
        let mut statement = self.conn.prepare_cached(sql)?;
        let all = statement.query_map([first, last], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        // A slip that was entered in another month belongs to the slip's.
        Ok(all.into_iter().filter(|claim| claim.date.starts_with(month)).collect())
    }

    /// What headquarters last said of a month, and when, in milliseconds.
    pub fn accounts(&self, month: &str) -> Result<Option<(String, i64)>> {
        let mut statement = self.conn.prepare_cached("SELECT document, fetched_at FROM accounts WHERE month = ?1")?;
        Ok(statement.query_row([month], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Keeps what headquarters says of a month.
    pub fn keep_accounts(&self, month: &str, document: &str, now_ms: i64) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO accounts (month, document, fetched_at) VALUES (?1, ?2, ?3)";
        self.conn.execute(sql, params![month, document, now_ms])?;
        Ok(())
    }

    /// Writes a letter; it goes with the next round.
    pub fn write_letter(&mut self, new: &Letter) -> Result<()> {
        let tx = self.begin()?;
        tx.execute(
            r#"INSERT INTO letters (id, kind, about, body, at, "by") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#,
            params![new.id, new.kind, new.about, new.body, new.at_ms, new.by],
        )?;
        audit::write(&tx, new.at_ms, Some(&new.by), &new.kind, &new.about)?;
        Ok(tx.commit()?)
    }

    /// Letters that headquarters has not answered, oldest first.
    pub fn waiting_letters(&self) -> Result<Vec<Letter>> {
        let sql = format!("SELECT {LETTER} FROM letters WHERE state = 'waiting' ORDER BY at, id");
        let mut statement = self.conn.prepare_cached(&sql)?;
        Ok(statement.query_map([], letter)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The latest letter about a claim, month or statement.
    pub fn letter_about(&self, about: &str) -> Result<Option<Letter>> {
        let sql = format!("SELECT {LETTER} FROM letters WHERE about = ?1 ORDER BY at DESC, id DESC LIMIT 1");
        let mut statement = self.conn.prepare_cached(&sql)?;
        Ok(statement.query_row([about], letter).optional()?)
    }

    /// Headquarters answered: it took the letter, or says why not.
    pub fn letter_answered(&self, id: &str, problem: Option<&str>) -> Result<()> {
        let state = if problem.is_some() { "refused" } else { "taken" };
        let sql = "UPDATE letters SET state = ?2, problem = ?3 WHERE id = ?1 AND state = 'waiting'";
        self.conn.execute(sql, params![id, state, problem])?;
        Ok(())
    }
}
