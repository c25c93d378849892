//! What one upload asks once, however many records it has.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Result;

use crate::store::bump_by;
use crate::store::sql::Conn;
use crate::store::tills::{self, TillKey};

/// Of one transaction.
pub struct Known {
    records: usize,
    keys: RefCell<BTreeMap<String, TillKey>>,
    versions: RefCell<BTreeMap<&'static str, u64>>,
}

impl Known {
    /// For an upload of so many records.
    pub fn of(records: usize) -> Self {
        Self { records, keys: RefCell::default(), versions: RefCell::default() }
    }

    /// The new version of a list, which rises with every record; all of the upload is seen at it at once.
    pub fn version(&self, conn: &Conn, list: &'static str) -> Result<u64> {
        let mut versions = self.versions.borrow_mut();
        if let Some(version) = versions.get(list) {
            return Ok(*version);
        }
        let version = bump_by(conn, list, self.records.max(1))?;
        versions.insert(list, version);
        Ok(version)
    }

    /// A key by its name.
    pub fn key(&self, conn: &Conn, kid: &str) -> Result<Option<TillKey>> {
        match self.keys.borrow().get(kid) {
            Some(key) => Ok(Some(key.clone())),
            None => tills::key(conn, kid),
        }
    }

    /// A key that signed a record.
    pub fn keep(&self, key: &TillKey) {
        let mut keys = self.keys.borrow_mut();
        if !keys.contains_key(&key.kid) {
            keys.insert(key.kid.clone(), key.clone());
        }
    }
}
