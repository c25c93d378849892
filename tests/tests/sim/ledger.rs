//! What the people at the counters know of: kept beside the programs, and compared with them at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a till last heard of balances: kept in its folder, so that crashes, copies and clones take it along.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Knowledge {
    /// Since when: drawn anew each time that the till has heard.
    pub stretch: u64,
    /// Thousandths used, by `household|person|programme|limit|period`.
    pub used: BTreeMap<String, i64>,
}

/// What was written at a till and must not be lost.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Store and till.
    pub till: String,
    /// Id of the claim or the reversal.
    pub id: String,
    /// The claim that a reversal is of.
    pub of: Option<String>,
    /// Business date that the record states: where a sum was told before midnight, the day before.
    pub date: String,
    /// Business date when it was paid, or came back: the day's sums are by this.
    pub day: String,
    /// Subsidy and purse together, in fen; of a reversal, what goes back.
    pub fen: i64,
    /// Receipt number.
    pub number: String,
    /// Machines whose disk has it.
    pub disks: BTreeSet<usize>,
    /// What the till went by.
    pub went_by: Option<WentBy>,
}

/// What a till knew of a family when it sold.
#[derive(Debug, Clone)]
pub struct WentBy {
    /// Which stretch without headquarters it was.
    pub stretch: u64,
    /// Balances of the family as last heard.
    pub heard: BTreeMap<String, i64>,
    /// Priced as if headquarters had answered.
    pub online: bool,
    /// The hold that it was priced by.
    pub hold: Option<String>,
    /// Whether the customer was told the sum while that hold lived.
    pub told_in_time: bool,
    /// When it was made, in milliseconds, by the till's clock.
    pub at_ms: i64,
    /// Persons of the household.
    pub size: u32,
    /// Whether it shopped at its own store.
    pub at_home: bool,
}

impl WentBy {
    /// Headquarters said meanwhile that less is used than the till had heard.
    pub fn lower(&mut self, learned: &[(String, i64)]) {
        for (key, milli) in learned {
            if let Some(heard) = self.heard.get_mut(key) {
                *heard = (*milli).min(*heard);
            }
        }
    }
}

/// A sale that goods may come back from.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Machine that sold.
    pub machine: usize,
    /// Receipt number.
    pub number: String,
    /// Line and thousandths sold.
    pub lines: Vec<(u32, i64)>,
    /// Whether a programme had a part in it.
    pub claimed: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Claims and reversals, as they were written.
    pub entries: Vec<Entry>,
    /// Finished sales.
    pub receipts: Vec<Receipt>,
    /// How often the folder of a stretch was put back or doubled.
    pub copies: BTreeMap<u64, i64>,
    /// Sales.
    pub sales: u64,
}

impl Ledger {
    /// A till's folder was put back to what it was when so many entries were there.
    pub fn put_back(&mut self, machine: usize, then: usize) {
        for entry in &mut self.entries[then..] {
            entry.disks.remove(&machine);
        }
    }

    /// A till's folder runs on another machine, too.
    pub fn doubled(&mut self, machine: usize, other: usize) {
        for entry in self.entries.iter_mut().filter(|entry| entry.disks.contains(&machine)) {
            entry.disks.insert(other);
        }
    }
}
