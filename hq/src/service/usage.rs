//! What each programme gave, claim by claim: the figures behind the console's charts.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::money::Money;
use rusqlite::Connection;

use super::judge::Posted;
use super::stated;
use crate::store::{Db, pages};

/// One programme's part of a claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// What the claim asked the fund for.
    pub asked: Money,
    /// Discount that balances count.
    pub discount: Money,
    /// The fund's part of it.
    pub subsidy: Money,
    /// Payment from the purse that balances count.
    pub purse: Money,
}

/// Notes what a claim asked of each programme and what balances count of it.
pub fn note(conn: &Connection, claim_id: i64, said: &stated::Claim, posted: &[Posted]) -> Result<()> {
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    for line in &said.lines {
        let counted = posted.iter().find(|p| p.line == line.basket.line).map(|p| &p.parts);
        if let Some((code, _)) = &line.programme {
            let part = parts.entry(code).or_default();
            part.asked += line.subsidy;
            part.discount += counted.map(|c| c.discount).unwrap_or_default();
            part.subsidy += counted.map(|c| c.subsidy).unwrap_or_default();
        }
        for (code, paid) in &line.purses {
            let part = parts.entry(code).or_default();
            part.asked += *paid;
            part.purse += counted.and_then(|c| c.purses.get(code).copied()).unwrap_or_default();
        }
    }
    parts.into_iter().try_for_each(|(code, part)| pages::put_part(conn, claim_id, code, &part))
}

/// Notes it for claims that came before this was kept.
pub fn fill(db: &mut Db) -> Result<()> {
    let tx = db.begin()?;
    if !pages::needs_parts(&tx)? {
        return Ok(());
    }
    for (claim_id, jws, posted) in pages::claims_without_parts(&tx)? {
        let posted: Vec<Posted> = serde_json::from_str(&posted)?;
        let claim = super::verify::payload(&jws).and_then(|payload| stated::claim(&payload).ok());
        if let Some(claim) = claim {
            note(&tx, claim_id, &claim, &posted)?;
        }
    }
    pages::parts_are_there(&tx)?;
    Ok(tx.commit()?)
}
