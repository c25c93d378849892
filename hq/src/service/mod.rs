//! Every rule of headquarters. HTTP and command line translate; the store persists.

pub mod access;
pub mod accounts;
pub mod catalogue;
pub mod copies;
pub mod decide;
pub mod disclosure;
pub mod dispute;
pub mod enrol;
pub mod funds;
pub mod holds;
pub mod judge;
pub mod lists;
pub mod log;
pub mod problem;
pub mod programmes;
pub mod register;
pub mod report;
pub mod roster;
pub mod sales;
pub mod scope;
pub mod second;
pub mod session;
pub mod settle;
pub mod shop;
pub mod signs;
pub mod stated;
pub mod stock;
pub mod takings;
pub mod totp;
pub mod upload;
pub mod usage;
pub mod users;
pub mod verify;
pub mod what_if;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::copies::{Daily, Hold};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use crate::address::Rate;
use crate::keys::Keys;
use crate::params;
use crate::store::place::Database;
use crate::store::turns::{Turn, Turns};
use crate::store::{Db, copies_in, look_over, now_ms};

pub use problem::Refusal;

/// What a person is told: done, or one sentence in Chinese and one in English that says what to do next.
pub type Told<T> = Result<Result<T, String>>;

/// Not done, and why.
fn refuse<T>(sentence: &str) -> Told<T> {
    Ok(Err(sentence.into()))
}

/// What strangers may try, by address, at this server.
#[derive(Debug, Default)]
pub struct Rates {
    /// Wrong names and passwords.
    pub sign_ins: Rate,
    /// Wrong enrolment codes.
    pub codes: Rate,
    /// Pages and proofs that need no token.
    pub open: Rate,
}

/// Headquarters, opened. Several servers may stand on one database: what must be exact is there, and
/// one writes at a time. What is kept here is of this server alone, and only slows down who hurries.
pub struct Hq {
    db: Turns<Db>,
    reader: Mutex<Db>,
    door: Mutex<Db>,
    /// Keys.
    pub keys: Keys,
    /// Tills that are uploading right now: a second upload is told to wait. Where both reach different
    /// servers, the database makes one wait for the other.
    pub uploading: Mutex<std::collections::BTreeSet<i64>>,
    /// Wrong passwords at this server.
    pub throttle: session::Throttle,
    /// What may be tried so many times a minute from one address.
    pub rates: Rates,
    /// Roster imports that this process works on.
    pub imports: Mutex<std::collections::BTreeMap<i64, roster::imports::Progress>>,
    /// Lookups of each till at this server: start of the present minute, and how many.
    pub lookups: Mutex<std::collections::BTreeMap<i64, (i64, u32)>>,
    /// When this server last looked whether a price to come has come.
    pub prices_looked: shop::prices::Looked,
    /// What people re-price.
    pub what_ifs: what_if::Jobs,
    /// The public log.
    pub log: log::Desk,
    keys_file: std::path::PathBuf,
    /// Where the copies of each day are.
    pub copies: Daily,
    /// Where the database is.
    pub place: Database,
    /// Nobody puts a backup in the folder's place meanwhile.
    _hold: Option<Hold>,
}

impl Hq {
    /// Opens headquarters: its folder, or its database on a server.
    pub fn open(place: impl Into<Database>, keys: &Path) -> Result<Self> {
        let place = place.into();
        let hold = match &place {
            Database::Folder(dir) => Some(Hold::share(dir)?),
            Database::Server(_) => None,
        };
        let db = Db::open(&place)?;
        look_over(&place, &db)?;
        usage::fill(&db)?;
        stock::fill(&db)?;
        takings::fill(&db)?;
        shop::prices::fill(&db)?;
        crate::store::audit::begin(&db.conn)?;
        let keys_file = keys.to_owned();
        // Copies are kept beside the keys, where no other place is given.
        let own = keys.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let copies = match &place {
            Database::Folder(dir) => copies_in(dir),
            Database::Server(_) => copies_in(own),
        };
        let keys = Keys::open(keys)?;
        keys_fit(&db, &keys)?;
        let log = log::Desk::open(&db, &place, &keys_file)?;
        Ok(Self {
            db: Turns::of(db),
            reader: Mutex::new(Db::open_reader(&place)?),
            door: Mutex::new(Db::open_reader(&place)?),
            keys,
            uploading: Mutex::default(),
            throttle: Default::default(),
            rates: Rates::default(),
            imports: Mutex::default(),
            lookups: Mutex::default(),
            prices_looked: shop::prices::Looked::default(),
            what_ifs: what_if::Jobs::default(),
            log,
            keys_file,
            copies,
            place,
            _hold: hold,
        })
    }

    /// The database, in turn. A panic while it was held left no open transaction: those roll back.
    pub fn db(&self) -> Turn<'_, Db> {
        self.db.take()
    }

    /// The same database for who asks at the door: a token is looked at without waiting for who writes.
    pub fn door(&self) -> MutexGuard<'_, Db> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same database for what people look at: however long that takes, no till waits for it.
    pub fn reading(&self) -> MutexGuard<'_, Db> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two servers of one headquarters have one key file: rows that are sealed with different keys open to
/// neither. A database is marked before there is anything in it.
fn keys_fit(db: &Db, keys: &Keys) -> Result<()> {
    let mark = keys.mac("key file", "");
    if db.meta("keys")?.is_none() {
        db.conn.execute(
            "INSERT INTO meta (name, value) SELECT 'keys', ?1 WHERE NOT EXISTS (SELECT 1 FROM stores)
             ON CONFLICT DO NOTHING",
            params![mark],
        )?;
    }
    match db.meta("keys")? {
        Some(known) if known != mark => {
            bail!("the key file is not the one of this database; put the keys.json of its first server in its place")
        }
        Some(_) | None => Ok(()),
    }
}

/// Now.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now_ms()).unwrap_or_default()
}
