//! Whether holds are what they say.

use anyhow::{Context as _, Result};
use domain::basket::BasketLine;
use domain::json::{Node, Unknown};
use domain::pricing::uses;
use domain::programme::Programme;
use domain::quantity::Quantity;
use domain::time::parse_date;
use serde_json::Value;

use super::quote::{Reserved, reserved};
use crate::service::judge::held::Held;
use crate::service::verify::payload;
use crate::store::holds::{self as rows, Hold};
use crate::store::sql::Conn;
use crate::store::{claims, now_ms, records};

/// Live holds reserve just what their answers use, and each claim that a hold posted is that hold's. How many
/// live holds there are, or the first difference.
pub fn check(tx: &Conn, programmes: &[Programme]) -> Result<Result<u64, String>> {
    let mut count = 0;
    for hold in rows::live(tx, now_ms())? {
        let kept: Vec<Reserved> = serde_json::from_str(&hold.uses).context("what a hold reserves")?;
        if kept != answered(&hold, programmes)? {
            return Ok(Err(format!("hold {} reserves something else than it answered", hold.id)));
        }
        count += 1;
    }
    for (id, claim_id, hold) in rows::posted(tx)? {
        let Some(claim) = claims::by_id(tx, claim_id)? else {
            return Ok(Err(format!("the claim that hold {id} posted is not there")));
        };
        let said = payload(&records::jws(tx, claim.record_id)?).context("a record that was checked")?;
        let is_named = said["hold"].as_str() == Some(&id);
        let is_its_own = hold.is_none_or(|h| h.state == "used" && h.claim == claim.uuid && h.till_id == claim.till_id);
        if !is_named || !is_its_own {
            return Ok(Err(format!("claim {} was posted by hold {id}, which is not its own", claim.uuid)));
        }
    }
    Ok(Ok(count))
}

/// What an answer uses, reckoned from it and the basket alone.
fn answered(hold: &Hold, programmes: &[Programme]) -> Result<Vec<Reserved>> {
    let date = parse_date(&hold.business_date).map_err(anyhow::Error::msg)?;
    let basket: Vec<Value> = serde_json::from_str(&hold.basket).context("a hold's basket")?;
    let lines = basket.iter().map(|line| BasketLine::read(&Node::root("line", line, Unknown::Ignore)));
    let lines: Vec<BasketLine> = lines.collect::<Result<_, _>>()?;
    let held = Held::read(hold)?;
    let versions: Vec<&Programme> =
        programmes.iter().filter(|p| held.versions.get(&p.code) == Some(&p.version)).collect();
    let of = |code: &str| versions.iter().find(|p| p.code == code);
    let mut used = Vec::new();
    for line in &lines {
        let Some(amounts) = held.granted.line(line.line) else { continue };
        if let Some(p) = amounts.programme.as_deref().and_then(of).filter(|_| !amounts.discount.is_zero()) {
            used.extend(uses(p, line, amounts.discount, amounts.quantity));
        }
        for (code, paid) in &amounts.purses {
            used.extend(of(code).into_iter().flat_map(|p| uses(p, line, *paid, Quantity::ZERO)));
        }
    }
    Ok(reserved(used.iter(), &versions, date, &hold.person))
}
