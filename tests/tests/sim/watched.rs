//! A till's outbox, watched: a crash may come before each of its calls, what it hears is noted, and faults
//! are planted here that the checkers must find.

use std::path::Path;

use pos::outbox::StoreOutbox;
use sync::engine::{Identity, Letter, LogFault, Outbox, OwnEpoch, SeenHead, Waiting};
use sync::protocol::{BalanceLine, Keys, ListEnd, ShopChange};

use crate::ledger::Knowledge;
use crate::net::Net;
use crate::rig::Rig;

type Answer<T> = Result<T, String>;

/// The file in a till's folder that says what the till heard.
pub const KNOWLEDGE: &str = "sim.json";

/// The outbox of one till.
pub struct Watched<'a> {
    /// The till's own.
    pub inner: StoreOutbox<'a>,
    /// What it heard.
    pub knowledge: &'a mut Knowledge,
    /// The next stretch's number.
    pub stretches: &'a mut u64,
    /// Its folder.
    pub dir: &'a Path,
    /// The network, which knows when it crashes.
    pub net: &'a Net,
    /// Which till it is.
    pub machine: usize,
    /// What is wrong with it.
    pub rig: Rig,
    /// Where the planted fault began: epoch and record.
    pub mark: &'a mut Option<(String, u64)>,
}

impl Watched<'_> {
    fn step(&self) -> Answer<()> {
        self.net.step(self.machine)
    }

    /// What a planted fault leaves of the records that wait.
    fn left(&self, epoch: &str, mut rows: Vec<Waiting>) -> Vec<Waiting> {
        if let Some((_, seq)) = self.mark.as_ref().filter(|(marked, _)| marked == epoch) {
            match self.rig {
                Rig::ForgetsUnsent => rows.retain(|row| row.seq < *seq),
                Rig::BelievesWithoutReceipt => rows.retain(|row| row.seq > *seq),
                _ => {}
            }
        }
        rows
    }

    /// Whatever waits in the present epoch is taken for sent.
    fn believe(&mut self) -> Answer<()> {
        let Some(epoch) = self.inner.epochs()?.into_iter().find(|epoch| !epoch.closed) else { return Ok(()) };
        let waiting = self.inner.waiting(&epoch.epoch, None, usize::MAX)?;
        if let Some(last) = waiting.last().filter(|_| waiting.len() > 3) {
            self.inner.acknowledge(&epoch.epoch, last.seq)?;
            *self.mark = Some((epoch.epoch, last.seq));
        }
        Ok(())
    }

    fn hear(&mut self, end: &ListEnd, lines: &[&str]) -> Answer<()> {
        if end.after.is_none() {
            self.knowledge.used.clear();
        }
        for line in lines {
            let b: BalanceLine = serde_json::from_str(line).map_err(|err| err.to_string())?;
            let person = b.person.unwrap_or_default();
            let key = format!("{}|{person}|{}|{}|{}", b.household, b.programme, b.limit, b.period);
            self.knowledge.used.insert(key, b.used.milli());
        }
        *self.stretches += 1;
        self.knowledge.stretch = *self.stretches;
        let text = serde_json::to_string(&self.knowledge).map_err(|err| err.to_string())?;
        std::fs::write(self.dir.join(KNOWLEDGE), text).map_err(|err| err.to_string())
    }
}

impl Outbox for Watched<'_> {
    fn identity(&self) -> Answer<Identity> {
        self.inner.identity()
    }

    fn now(&self) -> i64 {
        self.inner.now()
    }

    fn set_clock(&mut self, offset_ms: i64) -> Answer<()> {
        self.step()?;
        if self.rig == Rig::BelievesWithoutReceipt {
            self.believe()?;
        }
        self.inner.set_clock(offset_ms)
    }

    fn machine_ms(&self) -> i64 {
        self.inner.machine_ms()
    }

    fn epochs(&self) -> Answer<Vec<OwnEpoch>> {
        let mut epochs = self.inner.epochs()?;
        if let (Rig::ForgetsUnsent, Some((marked, seq))) = (self.rig, self.mark.as_ref()) {
            for epoch in epochs.iter_mut().filter(|epoch| epoch.epoch == *marked) {
                epoch.last = epoch.last.min(seq - 1);
            }
        }
        Ok(epochs)
    }

    fn record_hash(&self, epoch: &str, seq: u64) -> Answer<Option<String>> {
        self.inner.record_hash(epoch, seq)
    }

    fn waiting(&self, epoch: &str, after: Option<u64>, limit: usize) -> Answer<Vec<Waiting>> {
        Ok(self.left(epoch, self.inner.waiting(epoch, after, limit)?))
    }

    fn acknowledge(&mut self, epoch: &str, through: u64) -> Answer<()> {
        self.step()?;
        self.inner.acknowledge(epoch, through)?;
        if self.mark.is_none() && self.rig == Rig::ForgetsUnsent {
            *self.mark = Some((epoch.into(), through + 1));
        }
        Ok(())
    }

    fn acknowledge_taken(&mut self, hashes: &[String]) -> Answer<()> {
        self.step()?;
        self.inner.acknowledge_taken(hashes)
    }

    fn remember_answered(&mut self, epoch: &str, through: u64, hash: Option<&str>) -> Answer<()> {
        self.step()?;
        self.inner.remember_answered(epoch, through, hash)
    }

    fn adopt(&mut self, epoch: &str, records: &[String]) -> Answer<()> {
        self.step()?;
        self.inner.adopt(epoch, records)
    }

    fn next_epoch(&mut self, reason: &str, known: &[String]) -> Answer<()> {
        self.step()?;
        self.net.state().say(&format!("till {} goes on in a new epoch: {reason}", self.machine));
        self.inner.next_epoch(reason, known)
    }

    fn restate(&mut self, epoch: &str, seq: u64) -> Answer<()> {
        self.step()?;
        self.inner.restate(epoch, seq)
    }

    fn list_version(&self, list: &str) -> Answer<Option<u64>> {
        self.inner.list_version(list)
    }

    fn apply(&mut self, end: &ListEnd, lines: &[&str]) -> Answer<bool> {
        self.step()?;
        let is_deaf = self.rig == Rig::IgnoresBalances && end.list == "balances";
        let is_applied = self.inner.apply(end, if is_deaf { &[] } else { lines })?;
        if is_applied && end.list == "balances" {
            self.hear(end, lines)?;
        }
        Ok(is_applied)
    }

    fn shop_changes(&self, most: usize) -> Answer<Vec<ShopChange>> {
        self.inner.shop_changes(most)
    }

    fn shop_taken(&mut self, ids: &[String]) -> Answer<()> {
        self.step()?;
        self.inner.shop_taken(ids)
    }

    fn shop_refused(&mut self, id: &str, problem: &str) -> Answer<()> {
        self.step()?;
        self.inner.shop_refused(id, problem)
    }

    fn letters(&self) -> Answer<Vec<Letter>> {
        self.inner.letters()
    }

    fn letter_answered(&mut self, id: &str, problem: Option<&str>) -> Answer<()> {
        self.step()?;
        self.inner.letter_answered(id, problem)
    }

    fn log_head(&self, hq: &str) -> Answer<Option<SeenHead>> {
        self.inner.log_head(hq)
    }

    fn keep_log_head(&mut self, hq: &str, seen: &SeenHead) -> Answer<()> {
        self.step()?;
        self.inner.keep_log_head(hq, seen)
    }

    fn log_differs(&mut self, hq: &str, kept: Option<&SeenHead>, told: &str, fault: LogFault) -> Answer<()> {
        let sizes = kept.map(|seen| seen.head.size);
        let text = format!("till {} finds the public log {fault:?} after {sizes:?}: {told}", self.machine);
        self.net.state().log_faults.push(text);
        self.inner.log_differs(hq, kept, told, fault)
    }

    fn set_keys(&mut self, keys: &Keys) -> Answer<()> {
        self.step()?;
        self.inner.set_keys(keys)
    }

    fn revoked(&mut self) -> Answer<()> {
        self.inner.revoked()
    }
}
