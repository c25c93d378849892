//! A till's outbox in memory: the engine goes its whole round with it, and no disk but headquarters' is looked at.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use sync::engine::{Identity, Letter, LogFault, Outbox, OwnEpoch, SeenHead, Waiting};
use sync::jws::Jwk;
use sync::protocol::{Keys, ListEnd, ShopChange};

use super::till::Till;

type Answer<T> = Result<T, String>;

/// What a till keeps.
pub struct Memory {
    identity: Identity,
    records: Vec<Waiting>,
    acknowledged: u64,
    versions: BTreeMap<String, u64>,
    head: Option<SeenHead>,
}

impl Memory {
    /// Of a till, with what waits.
    pub fn of(till: &Till, hq_key: &Jwk, records: Vec<Waiting>) -> Self {
        let me = &till.me;
        let identity = Identity {
            store: me.store.clone(),
            till: me.till.clone(),
            hq: me.hq.clone(),
            hq_key: hq_key.clone(),
            key: till.key.clone(),
            epoch: me.epoch.clone(),
        };
        Self { identity, records, acknowledged: 0, versions: BTreeMap::new(), head: None }
    }

    /// Records without a receipt.
    pub fn unsent(&self) -> usize {
        self.records.iter().filter(|record| record.seq > self.acknowledged).count()
    }
}

/// This till never lost anything.
fn never<T>(what: &str) -> Answer<T> {
    Err(format!("{what}, though nothing was lost"))
}

impl Outbox for Memory {
    fn identity(&self) -> Answer<Identity> {
        Ok(self.identity.clone())
    }

    fn now(&self) -> i64 {
        self.machine_ms() / 1000
    }

    fn set_clock(&mut self, _offset_ms: i64) -> Answer<()> {
        Ok(())
    }

    fn machine_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn epochs(&self) -> Answer<Vec<OwnEpoch>> {
        let last = self.records.last().map_or(0, |record| record.seq);
        Ok(vec![OwnEpoch { epoch: self.identity.epoch.clone(), last, closed: false }])
    }

    fn record_hash(&self, _epoch: &str, seq: u64) -> Answer<Option<String>> {
        Ok(self.records.iter().find(|record| record.seq == seq).map(|record| record.hash.clone()))
    }

    fn waiting(&self, _epoch: &str, after: Option<u64>, limit: usize) -> Answer<Vec<Waiting>> {
        let after = after.unwrap_or(self.acknowledged);
        Ok(self.records.iter().filter(|record| record.seq > after).take(limit).cloned().collect())
    }

    fn acknowledge(&mut self, _epoch: &str, through: u64) -> Answer<()> {
        self.acknowledged = self.acknowledged.max(through);
        Ok(())
    }

    fn acknowledge_taken(&mut self, _hashes: &[String]) -> Answer<()> {
        never("a branch")
    }

    fn remember_answered(&mut self, _epoch: &str, _through: u64, _hash: Option<&str>) -> Answer<()> {
        Ok(())
    }

    fn adopt(&mut self, _epoch: &str, _records: &[String]) -> Answer<()> {
        never("records to adopt")
    }

    fn next_epoch(&mut self, reason: &str, _known: &[String]) -> Answer<()> {
        never(&format!("a new epoch ({reason})"))
    }

    fn restate(&mut self, _epoch: &str, _seq: u64) -> Answer<()> {
        never("a record to restate")
    }

    fn list_version(&self, list: &str) -> Answer<Option<u64>> {
        Ok(self.versions.get(list).copied())
    }

    fn apply(&mut self, end: &ListEnd, _lines: &[&str]) -> Answer<bool> {
        self.versions.insert(end.list.clone(), end.version);
        Ok(true)
    }

    fn shop_changes(&self, _most: usize) -> Answer<Vec<ShopChange>> {
        Ok(Vec::new())
    }

    fn shop_taken(&mut self, _ids: &[String]) -> Answer<()> {
        Ok(())
    }

    fn shop_refused(&mut self, _id: &str, problem: &str) -> Answer<()> {
        Err(problem.into())
    }

    fn letters(&self) -> Answer<Vec<Letter>> {
        Ok(Vec::new())
    }

    fn letter_answered(&mut self, _id: &str, _problem: Option<&str>) -> Answer<()> {
        Ok(())
    }

    fn log_head(&self, _hq: &str) -> Answer<Option<SeenHead>> {
        Ok(self.head.clone())
    }

    fn keep_log_head(&mut self, _hq: &str, seen: &SeenHead) -> Answer<()> {
        self.head = Some(seen.clone());
        Ok(())
    }

    fn log_differs(&mut self, _hq: &str, _kept: Option<&SeenHead>, told: &str, _fault: LogFault) -> Answer<()> {
        Err(format!("the log does not go on from its last head: {told}"))
    }

    fn set_keys(&mut self, _keys: &Keys) -> Answer<()> {
        Ok(())
    }

    fn revoked(&mut self) -> Answer<()> {
        never("revoked")
    }
}
