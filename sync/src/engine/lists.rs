//! Taking the lists that come down. Balances say when the till has heard.

use super::{Engine, Result, SyncError};
use crate::list::{self, Asked};

/// Lists in the order in which they are asked for; balances after others, since they count the upload.
/// What the tills share comes last: nothing that is wrong with it may hold a family's quota up.
const LISTS: [&str; 6] = ["roster", "programmes", "products", "decisions", "balances", "shop"];
/// Most tries of one round to take balances while the till is selling.
const MAX_HEARINGS: usize = 3;

impl Engine<'_> {
    /// Takes all lists, then sends letters.
    pub(super) fn lists(&mut self) -> Result<()> {
        for list in LISTS {
            match list {
                "shop" => self.shop()?,
                "balances" => self.hear()?,
                _ => self.list(list).map(|_| ())?,
            }
        }
        self.letters()
    }

    /// Takes balances where every record was acknowledged and is counted in them; only then the till has
    /// heard. Balances that leave a record out would give a limit out twice.
    fn hear(&mut self) -> Result<()> {
        for _ in 0..MAX_HEARINGS {
            if self.count_waiting()? == 0 && self.list("balances")? {
                self.moved.heard = true;
                return Ok(());
            }
            // Something was sold while headquarters was asked: it goes up first.
            self.upload_all(false)?;
        }
        Ok(())
    }

    /// Whether it was applied.
    pub(super) fn list(&mut self, name: &str) -> Result<bool> {
        let after = self.outbox.list_version(name).map_err(SyncError::Store)?;
        match self.fetch(name, after) {
            // The till is ahead of headquarters (which was restored): take the list whole.
            Err(SyncError::Refused { word, .. }) if word == "unknown" && after.is_some() => self.fetch(name, None),
            other => other,
        }
    }

    fn fetch(&mut self, name: &str, after: Option<u64>) -> Result<bool> {
        let path = match after {
            Some(version) => format!("/v1/{name}?after={version}"),
            None => format!("/v1/{name}"),
        };
        let invalid = |problem: String| SyncError::Invalid { path: format!("/v1/{name}"), problem };
        let body = self.get(&path)?;
        let id = self.outbox.identity().map_err(SyncError::Store)?;
        let asked = Asked { list: name, store: &id.store, after, hq_key: &id.hq_key };
        let (lines, end) = list::open(&body, &asked).map_err(invalid)?;
        if after.is_some_and(|after| end.version < after) {
            return Err(invalid("its version is lower than the till's".into()));
        }
        if after.is_some() && end.hq != id.hq {
            // Headquarters was restored: versions mean nothing to each other any more.
            return self.fetch(name, None);
        }
        let is_applied = self.outbox.apply(&end, &lines).map_err(SyncError::Store)?;
        if is_applied {
            self.moved.lines += end.rows;
        }
        Ok(is_applied)
    }
}
