//! Checking that headquarters' public log only ever grows.
//!
//! Whatever is found stops nothing: the shop goes on selling, and people look into it.

use super::{Engine, Method, Request, Response, Result, SyncError, parse};
use crate::jws;
use crate::log;
use crate::protocol::{LogConsistency, LogHead, typ};

/// A head that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHead {
    /// What it says.
    pub head: LogHead,
    /// As headquarters signed it.
    pub jws: String,
}

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFault {
    /// Headquarters did not sign it.
    Unsigned,
    /// It has fewer records than it had.
    Shrunk,
    /// As many records as before, and they are others.
    Changed,
    /// More records than before, which do not begin with those before.
    Rewritten,
}

impl Engine<'_> {
    /// Asks without a token: what the public is told is what is checked. None: no answer.
    fn public(&self, path: String) -> Option<Response> {
        let request = Request { method: Method::Get, path, token: None, content_type: "", body: Vec::new() };
        self.transport.call(&request).ok()
    }

    /// Looks at the head, and where the log grew, that it grew from the last head that was verified.
    pub(super) fn log(&mut self, hq: &str) -> Result<()> {
        // A headquarters without a log is an older one.
        let Some(answer) = self.public("/v1/log/head".into()).filter(|answer| answer.status == 200) else {
            return Ok(());
        };
        let jws = String::from_utf8_lossy(&answer.body).trim().to_owned();
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let kept = self.outbox.log_head(hq).map_err(SyncError::Store)?;
        let fault = match (jws::read::<LogHead>(&jws, typ::HEAD, &id.hq_key), &kept) {
            (Err(_), _) => Some(LogFault::Unsigned),
            (Ok(head), None) => {
                let seen = SeenHead { head, jws: jws.clone() };
                return self.outbox.keep_log_head(hq, &seen).map_err(SyncError::Store);
            }
            (Ok(head), Some(before)) => match self.compare(&before.head, &head) {
                // Nobody knows: the next round asks again.
                None => return Ok(()),
                Some(Ok(())) => {
                    let seen = SeenHead { head, jws: jws.clone() };
                    return self.outbox.keep_log_head(hq, &seen).map_err(SyncError::Store);
                }
                Some(Err(fault)) => Some(fault),
            },
        };
        match fault {
            Some(fault) => self.outbox.log_differs(hq, kept.as_ref(), &jws, fault).map_err(SyncError::Store),
            None => Ok(()),
        }
    }

    /// Whether a head goes on from another; none: headquarters does not say.
    fn compare(&self, before: &LogHead, head: &LogHead) -> Option<std::result::Result<(), LogFault>> {
        if head.size < before.size {
            return Some(Err(LogFault::Shrunk));
        }
        if head.size == before.size {
            return Some(if head.root == before.root { Ok(()) } else { Err(LogFault::Changed) });
        }
        let (Some(older), Some(newer)) = (log::read(&before.root), log::read(&head.root)) else {
            return Some(Err(LogFault::Rewritten));
        };
        let path = format!("/v1/log/consistency?from={}&to={}", before.size, head.size);
        // It gave the head, so it can show how it came there: only a failure is asked again.
        let answer = self.public(path).filter(|answer| answer.status < 500 && answer.status != 429)?;
        let said = parse::<LogConsistency>("/v1/log/consistency", &answer.body).ok();
        let path = said.and_then(|said| log::from_text(&said.path)).unwrap_or_default();
        let fits = log::is_consistent(before.size, &older, head.size, &newer, &path);
        Some(if fits { Ok(()) } else { Err(LogFault::Rewritten) })
    }
}
