//! What the store says about its accounts, and what headquarters has of them (docs/protocol.md).

use super::{Engine, Method, Moved, Outbox, Result, SyncError, Transport, parse};
use crate::protocol::Accounts;

/// Something that the store has to say: where it goes, and the JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id, by which the answer is kept.
    pub id: String,
    /// Path.
    pub path: &'static str,
    /// Body.
    pub body: String,
}

/// What headquarters has of the store's month (`2026-11`).
pub fn accounts(outbox: &mut dyn Outbox, transport: &dyn Transport, month: &str) -> Result<Accounts> {
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    let path = format!("/v1/accounts?month={month}");
    let answer = engine.get(&path)?;
    parse(&path, &answer)
}

impl Engine<'_> {
    /// Sends what waits. A letter that headquarters will never take is set aside with its answer; one
    /// that an older headquarters has no place for goes on waiting.
    pub(super) fn letters(&mut self) -> Result<()> {
        for letter in self.outbox.letters().map_err(SyncError::Store)? {
            let answer = self.call(Method::Post, letter.path, "application/json", letter.body.into_bytes());
            let problem = match answer {
                Ok(_) => None,
                Err(SyncError::Refused { word, detail, .. })
                    if matches!(word.as_str(), "body" | "conflict" | "invalid" | "size") =>
                {
                    Some(detail)
                }
                Err(SyncError::Refused { .. }) => continue,
                Err(err) => return Err(err),
            };
            self.outbox.letter_answered(&letter.id, problem.as_deref()).map_err(SyncError::Store)?;
        }
        Ok(())
    }
}
