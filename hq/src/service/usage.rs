//! What each programme gave, claim by claim: the figures behind the console's charts.

use std::collections::BTreeMap;

use crate::store::sql::Conn;
use anyhow::Result;

use super::judge::reversal;
use super::{stated, stock, verify};
use crate::store::claims::{self, Claim};
use crate::store::pages::{self, Part};
use crate::store::{Db, records};

/// Notes what a claim asked of each programme and what balances count of it, less what came back.
pub fn note(conn: &Conn, claim: &Claim) -> Result<()> {
    let payload = verify::payload(&records::jws(conn, claim.record_id)?);
    let Some(said) = payload.and_then(|payload| stated::claim(&payload).ok()) else {
        return Ok(());
    };
    stock::note(conn, claim, &said)?;
    let posted = reversal::remaining(conn, claim)?;
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
    parts.into_iter().try_for_each(|(code, part)| pages::put_part(conn, claim.id, code, &part))
}

/// Notes it for claims that came before this was kept.
pub fn fill(db: &Db) -> Result<()> {
    if !pages::needs_parts(&db.conn)? {
        return Ok(());
    }
    let tx = db.begin()?;
    for claim in claims::list(&tx, None, None, None)? {
        note(&tx, &claim)?;
    }
    pages::parts_are_there(&tx)?;
    Ok(tx.commit()?)
}
