//! Every rule of headquarters. HTTP and command line translate; the store persists.

pub mod access;
pub mod catalogue;
pub mod disclosure;
pub mod enrol;
pub mod judge;
pub mod lists;
pub mod problem;
pub mod report;
pub mod roster;
pub mod sales;
pub mod session;
pub mod shop;
pub mod stated;
pub mod upload;
pub mod usage;
pub mod verify;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::keys::Keys;
use crate::store::{Db, now_ms};

pub use problem::Refusal;

/// Headquarters, opened.
pub struct Hq {
    db: Mutex<Db>,
    reader: Mutex<Db>,
    /// Keys.
    pub keys: Keys,
    /// Tills that are uploading right now.
    pub uploading: Mutex<std::collections::BTreeSet<i64>>,
    /// Wrong passwords.
    pub throttle: session::Throttle,
    /// Lookups of each till: start of the present minute, and how many.
    pub lookups: Mutex<std::collections::BTreeMap<i64, (i64, u32)>>,
}

impl Hq {
    /// Opens headquarters' folder.
    pub fn open(dir: &Path, keys: &Path) -> Result<Self> {
        let db = Db::open(dir)?;
        usage::fill(&db)?;
        let keys = Keys::open(keys)?;
        Ok(Self {
            db: Mutex::new(db),
            reader: Mutex::new(Db::open_reader(dir)?),
            keys,
            uploading: Mutex::default(),
            throttle: Default::default(),
            lookups: Mutex::default(),
        })
    }

    /// The database. A panic while it was held left no open transaction: those roll back.
    pub fn db(&self) -> MutexGuard<'_, Db> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same database for what people look at: however long that takes, no till waits for it.
    pub fn reading(&self) -> MutexGuard<'_, Db> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now_ms()).unwrap_or_default()
}
