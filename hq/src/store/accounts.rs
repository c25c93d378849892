//! A store's accounts: sums of its claims by day, and what it signed.

use anyhow::Result;
use domain::money::Money;
use sync::protocol::{AccountDay, AccountStatement, Signature, Signed};

use crate::params;
use crate::store::now_ms;
use crate::store::sql::{Conn, Row};

/// Claims of a store's month by business date and till.
pub fn days(conn: &Conn, store: &str, month: &str) -> Result<Vec<AccountDay>> {
    // What balances count of a claim, less what came back, stands by programme; the difference to what
    // was granted (or claimed, while people have yet to decide) is what came back.
    let sql = "SELECT c.business_date, c.till, count(*), sum(c.claimed_fen),
                 sum(CASE WHEN c.state IN ('held', 'disputed') THEN 0 ELSE c.granted_fen END),
                 sum(CASE WHEN c.state IN ('held', 'disputed') THEN c.claimed_fen ELSE 0 END),
                 sum(CASE WHEN c.state = 'rejected' THEN 0
                          WHEN c.state IN ('held', 'disputed') THEN c.claimed_fen - coalesce(p.counted, 0)
                          ELSE c.granted_fen - coalesce(p.counted, 0) END)
               FROM claims c
               LEFT JOIN (SELECT claim_id, sum(subsidy_fen + purse_fen) AS counted FROM claim_programmes GROUP BY claim_id)
                 AS p ON p.claim_id = c.id
               WHERE c.store = ?1 AND c.business_date >= ?2 AND c.business_date <= ?3
               GROUP BY c.business_date, c.till ORDER BY c.business_date, c.till";
    let read = |row: &Row| {
        let money = |i: usize| -> Result<Money> { Ok(Money::from_fen(row.get::<i64>(i)?.into())) };
        Ok(AccountDay {
            date: row.get(0)?,
            till: row.get(1)?,
            claims: row.get(2)?,
            claimed: money(3)?,
            granted: money(4)?,
            held: money(5)?,
            returned: money(6)?,
        })
    };
    conn.all(sql, params![store, format!("{month}-01"), format!("{month}-31")], read)
}

/// Statements that hold claims of a store's month.
pub fn statements(conn: &Conn, store: &str, month: &str) -> Result<Vec<AccountStatement>> {
    let sql = "SELECT b.number, p.name, b.period, b.state, b.payable_fen, b.paid_on, b.reference,
                 (SELECT count(DISTINCT l.claim_id) FROM batch_claims l
                  WHERE l.batch_id = b.id AND l.standing = 'settled')
               FROM batches b JOIN payers p ON p.code = b.payer
               WHERE b.store = ?1 AND b.state <> 'withdrawn' AND EXISTS
                 (SELECT 1 FROM batch_claims l WHERE l.batch_id = b.id AND l.month = ?2 AND l.standing = 'settled')
               ORDER BY b.id";
    let read = |row: &Row| {
        Ok(AccountStatement {
            number: row.get(0)?,
            payer: row.get(1)?,
            period: row.get(2)?,
            state: row.get(3)?,
            payable: Money::from_fen(row.get::<i64>(4)?.into()),
            paid_on: row.get(5)?,
            reference: row.get::<Option<String>>(6)?.filter(|reference| !reference.is_empty()),
            claims: row.get(7)?,
        })
    };
    conn.all(sql, params![store, month], read)
}

/// What is granted to a store and not paid yet, in fen.
pub fn owed(conn: &Conn, store: &str) -> Result<i64> {
    let sql = "SELECT coalesce(sum(granted_fen), 0) FROM claims
               WHERE store = ?1 AND state IN ('accepted', 'adjusted', 'reviewed', 'batched', 'approved')";
    conn.value(sql, params![store])
}

/// What a store signed of a month last.
pub fn signed(conn: &Conn, store: &str, month: &str) -> Result<Option<Signed>> {
    let sql = r#"SELECT "by", at FROM signatures WHERE store = ?1 AND month = ?2 ORDER BY received_at DESC LIMIT 1"#;
    conn.optional(sql, params![store, month], |row| Ok(Signed { by: row.get(0)?, at: row.get(1)? }))
}

/// Keeps a signature, once; whether it was new.
pub fn sign(conn: &Conn, store: &str, till: &str, s: &Signature) -> Result<bool> {
    let sql = r#"INSERT INTO signatures (id, store, till, month, statement, claimed_fen, granted_fen, "by", at, note,
                   received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING"#;
    let changed = conn.execute(
        sql,
        params![
            s.id,
            store,
            till,
            s.month,
            s.statement,
            s.claimed.fen_i64(),
            s.granted.fen_i64(),
            s.by,
            s.at,
            s.note,
            now_ms()
        ],
    )?;
    Ok(changed > 0)
}
