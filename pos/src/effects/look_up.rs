//! Finding a household: the sealed roster of the till first, then headquarters.

use std::time::Duration;

use chrono::NaiveDate;
use domain::household::RosterEntry;
use domain::resident::Credential;
use domain::till::{Event, Looked, Refusal};
use domain::time::business_date;
use sync::engine::{SyncError, Transport};
use sync::http::Http;
use sync::roster::{Slot, stretch};
use zeroize::Zeroizing;

use super::{Driver, failed};
use crate::outbox::StoreOutbox;
use crate::shop::commands_log;

/// Longest that a family waits for headquarters to say whether it knows them.
const LOOKUP: Duration = Duration::from_millis(2500);

impl Driver {
    /// What roster and balances say of a credential.
    pub(super) fn look_up(&mut self, credential: &Credential, date: NaiveDate) -> Result<Looked, Refusal> {
        self.look_up_by(date, |salt| digest(credential.digest_input(), salt))
    }

    /// The same by the number's digest, which takes long: whoever has it already need not make it again.
    pub fn look_up_by(
        &mut self,
        date: NaiveDate,
        stretched: impl FnOnce(Vec<u8>) -> Result<[u8; 32], Refusal>,
    ) -> Result<Looked, Refusal> {
        if let Some(days) = self.shop.roster_too_old().map_err(failed)? {
            return Err(Refusal::RosterTooOld { days });
        }
        let setting = |name: &str| self.shop.store.setting(name).map_err(failed);
        let (Some(salt), Some(key)) = (setting("roster_salt")?, setting("roster_key")?) else {
            return Err(Refusal::NoRoster);
        };
        let (Some(salt), Some(key)) = (sync::from_b64(&salt), sync::from_b64(&key)) else {
            return Err(Refusal::NoRoster);
        };
        let key = Zeroizing::new(key);
        let s = Zeroizing::new(stretched(salt)?);
        let slot = Slot::new(&s, &key);
        let entries = match self.shop.store.sealed(&slot.digest()).map_err(failed)? {
            Some(sealed) => slot.open(&sealed).map_err(Refusal::Failed)?,
            None if self.shop.is_training => Vec::new(),
            None => self.ask_headquarters(&s),
        };
        let mut with_used = Vec::with_capacity(entries.len());
        for entry in entries {
            let used = self.shop.store.used(&entry, date, &self.shop.programmes).map_err(failed)?;
            with_used.push((entry, used));
        }
        Ok(Looked {
            entries: with_used,
            roster_version: self.shop.store.list_version("roster").map_err(failed)?.unwrap_or(0),
            heard: self.shop.store.heard().map_err(failed)?,
            online: self.shop.is_online().map_err(failed)?,
        })
    }

    /// Another till's program made a claim for a household: the window's basket of the same one is priced anew.
    pub fn made_beside(&mut self, household: &str) -> Result<(), Refusal> {
        let Ok(sale) = self.till.screen.open() else { return Ok(()) };
        let date = sale.slip.as_ref().map_or_else(|| business_date(self.shop.steady_now()), |slip| slip.date);
        let Some(verified) = sale.verified.as_ref().filter(|v| v.entry.household == household) else { return Ok(()) };
        let used = self.shop.store.used(&verified.entry, date, &self.shop.programmes).map_err(failed)?;
        self.handle(Event::MadeBeside { household: household.into(), used });
        Ok(())
    }

    /// Asks for a family of another district. No answer in time is no entry: the family is told
    /// kindly, and pays the regular price.
    fn ask_headquarters(&mut self, s: &[u8; 32]) -> Vec<RosterEntry> {
        match self.ask(LOOKUP, |outbox, http| sync::engine::lookup(outbox, http, s)) {
            None => Vec::new(),
            Some(Ok(entries)) => entries.unwrap_or_default(),
            Some(Err(problem)) => {
                commands_log(&format!("headquarters was not asked about an unknown card: {problem}"));
                Vec::new()
            }
        }
    }

    /// Asks headquarters something that a person waits for, at most so long; why it did not answer. None:
    /// the till is not enrolled.
    pub(crate) fn ask<T>(
        &mut self,
        longest: Duration,
        ask: impl FnOnce(&mut StoreOutbox<'_>, &dyn Transport) -> Result<T, SyncError>,
    ) -> Option<Result<T, String>> {
        if let Some(line) = self.line.clone() {
            return Some(ask(&mut StoreOutbox::new(&mut self.shop), &*line).map_err(|err| err.to_string()));
        }
        let url = self.shop.identity.as_ref()?.hq_url.clone();
        let asked = Http::with_timeout(&url, longest)
            .and_then(|http| ask(&mut StoreOutbox::new(&mut self.shop), &http).map_err(|err| err.to_string()));
        Some(asked)
    }
}

/// Argon2id on a thread of its own: tens of milliseconds that the main thread does not spend.
fn digest(number: String, salt: Vec<u8>) -> Result<[u8; 32], Refusal> {
    let worker =
        std::thread::Builder::new().name("digest".into()).spawn(move || stretch(&number, &salt)).map_err(failed)?;
    match worker.join() {
        Ok(s) => s.map_err(Refusal::Failed),
        Err(_) => Err(Refusal::Failed("the digest worker stopped".into())),
    }
}
