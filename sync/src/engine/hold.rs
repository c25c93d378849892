//! Holding a quota while the family shops (spec/sync.md).

use uuid::Uuid;

use super::{Engine, Method, Moved, Outbox, Result, SyncError, Transport, parse};
use crate::protocol::{Hold, HoldAnswer};

/// Asks headquarters to hold a basket under an id that was never used before.
///
/// # Errors
/// Where headquarters does not answer, refuses, or answers something that is no answer.
pub fn put_hold(outbox: &mut dyn Outbox, transport: &dyn Transport, id: Uuid, hold: &Hold) -> Result<HoldAnswer> {
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    let path = format!("/v1/holds/{id}");
    let body = serde_json::to_vec(hold).map_err(|err| SyncError::Store(err.to_string()))?;
    let answer = engine.call(Method::Put, &path, "application/json", body)?;
    parse(&path, &answer)
}

/// Lets a hold go. One that headquarters does not know, or that has ended, is gone already.
///
/// # Errors
/// Where headquarters does not answer, or refuses for another reason: then it lapses by itself.
pub fn let_go(outbox: &mut dyn Outbox, transport: &dyn Transport, id: Uuid) -> Result<()> {
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    match engine.call(Method::Delete, &format!("/v1/holds/{id}"), "", Vec::new()) {
        Ok(_) => Ok(()),
        Err(SyncError::Refused { word, .. }) if word == "unknown" || word == "ended" => Ok(()),
        Err(err) => Err(err),
    }
}
