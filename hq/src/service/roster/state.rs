//! The roster as it stands, in memory: what a file is compared with.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use domain::household::Status;

use crate::store::cards;
use crate::store::people::{self, Known};
use crate::store::sql::Conn;

/// All of the roster, and by what it is found.
pub struct State {
    /// Current rows.
    pub rows: Vec<Known>,
    by_household: HashMap<String, Vec<usize>>,
    by_number: HashMap<String, Vec<usize>>,
    /// Households by the hashes of their names and certificates.
    pub names: HashMap<String, String>,
    /// Persons by the hash of their number.
    pub persons: HashMap<String, String>,
    /// Households that are only kept.
    pub blocked: HashSet<String>,
    /// Cards that were lost or replaced: no file opens them again.
    pub dead_cards: HashSet<String>,
    /// Cards that headquarters gave out: no file takes them away.
    pub own_cards: HashSet<String>,
}

impl State {
    /// Reads it.
    pub fn load(conn: &Conn) -> Result<Self> {
        let rows = people::current(conn)?;
        let mut by_household: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_number: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            by_household.entry(row.member.entry.household.clone()).or_default().push(at);
            by_number.entry(row.member.number_mac.clone()).or_default().push(at);
        }
        let (own, dead): (Vec<_>, Vec<_>) = cards::all(conn)?.into_iter().partition(|(_, is_active)| *is_active);
        Ok(Self {
            rows,
            by_household,
            by_number,
            names: people::household_names(conn)?.into_iter().collect(),
            persons: people::persons(conn)?.into_iter().collect(),
            blocked: people::blocked(conn)?.into_iter().collect(),
            dead_cards: dead.into_iter().map(|(mac, _)| mac).collect(),
            own_cards: own.into_iter().map(|(mac, _)| mac).collect(),
        })
    }

    /// Rows of a household.
    pub fn household(&self, id: &str) -> impl Iterator<Item = (usize, &Known)> {
        self.by_household.get(id).into_iter().flatten().map(|at| (*at, &self.rows[*at]))
    }

    /// Rows of a person.
    pub fn person(&self, number_mac: &str) -> impl Iterator<Item = (usize, &Known)> {
        self.by_number.get(number_mac).into_iter().flatten().map(|at| (*at, &self.rows[*at]))
    }

    /// The household that a person heads, where it is one.
    pub fn headed_by(&self, number_mac: &str) -> Option<&str> {
        let mut headed = self.person(number_mac).filter(|(_, row)| {
            row.member.relation == "head" && !row.member.entry.proxy && is_live(row.member.entry.status)
        });
        let first = headed.next()?;
        headed.next().is_none().then_some(first.1.member.entry.household.as_str())
    }
}

/// Whether somebody with this status still counts.
pub fn is_live(status: Status) -> bool {
    match status {
        Status::Active | Status::Grace | Status::Suspended => true,
        Status::Ended | Status::Moved | Status::Deceased => false,
    }
}
