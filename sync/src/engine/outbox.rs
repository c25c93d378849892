//! What the engine asks for: an outbox that keeps, and a transport that carries.

use super::{Letter, LogFault, SeenHead};
use crate::jws::{Jwk, Key};
use crate::protocol::{Keys, ListEnd, ShopChange};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks.
    Get,
    /// Says.
    Post,
    /// Says it under an id: twice is once.
    Put,
    /// Takes it back.
    Delete,
}

impl Method {
    /// Whether it has a body.
    pub fn has_body(self) -> bool {
        match self {
            Self::Post | Self::Put => true,
            Self::Get | Self::Delete => false,
        }
    }
}

/// One request to headquarters.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What it does.
    pub method: Method,
    /// Path and query, from `/v1` on.
    pub path: String,
    /// Bearer token, where one is needed.
    pub token: Option<String>,
    /// Media type of the body.
    pub content_type: &'a str,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Carries requests. The simulator has another one than the till.
pub trait Transport {
    /// Sends a request; an error means that nobody knows whether it arrived.
    fn call(&self, request: &Request<'_>) -> Result<Response, String>;
}

/// Why a round stopped.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Headquarters did not answer: try again later.
    #[error("headquarters cannot be reached: {0}")]
    Unreachable(String),
    /// It answered with a problem.
    #[error("headquarters refused {path}: {word} ({detail})")]
    Refused { path: String, word: String, detail: String },
    /// It answered something that is not to be believed.
    #[error("headquarters' answer to {path} is not valid: {problem}")]
    Invalid { path: String, problem: String },
    /// The till's own store failed.
    #[error("the till's store failed: {0}")]
    Store(String),
}

/// Who the till is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Headquarters' id.
    pub hq: String,
    /// Headquarters' key.
    pub hq_key: Jwk,
    /// The till's key.
    pub key: Key,
    /// Present epoch.
    pub epoch: String,
}

/// One epoch of the till's own chain.
#[derive(Debug, Clone)]
pub struct OwnEpoch {
    /// Its name.
    pub epoch: String,
    /// Last `seq` that the till has in it.
    pub last: u64,
    /// Whether the till has gone on to another one.
    pub closed: bool,
}

/// A record that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Position.
    pub seq: u64,
    /// SHA-256 of the JWS.
    pub hash: String,
    /// The record itself.
    pub jws: String,
}

/// Where the till keeps what it says and what it was told.
pub trait Outbox {
    /// Who the till is.
    fn identity(&self) -> Result<Identity, String>;
    /// Now, in seconds since 1970, by the corrected clock.
    fn now(&self) -> i64;
    /// Headquarters' clock is this many milliseconds ahead of the machine's.
    fn set_clock(&mut self, offset_ms: i64) -> Result<(), String>;
    /// The machine's own clock, in milliseconds since 1970.
    fn machine_ms(&self) -> i64;
    /// All epochs, oldest first.
    fn epochs(&self) -> Result<Vec<OwnEpoch>, String>;
    /// Hash of an own record.
    fn record_hash(&self, epoch: &str, seq: u64) -> Result<Option<String>, String>;
    /// Records of an epoch after `after` (or, with none, those without a receipt), oldest first.
    fn waiting(&self, epoch: &str, after: Option<u64>, limit: usize) -> Result<Vec<Waiting>, String>;
    /// A receipt covers an epoch through `through`.
    fn acknowledge(&mut self, epoch: &str, through: u64) -> Result<(), String>;
    /// A receipt covers single records.
    fn acknowledge_taken(&mut self, hashes: &[String]) -> Result<(), String>;
    /// What headquarters last answered of the present epoch, for the next one's first record.
    fn remember_answered(&mut self, epoch: &str, through: u64, hash: Option<&str>) -> Result<(), String>;
    /// Takes over own records that the till has lost.
    fn adopt(&mut self, epoch: &str, records: &[String]) -> Result<(), String>;
    /// Closes the present epoch and opens the next; `known` are names that headquarters knows.
    fn next_epoch(&mut self, reason: &str, known: &[String]) -> Result<(), String>;
    /// Writes a record anew whose signature headquarters found wrong.
    fn restate(&mut self, epoch: &str, seq: u64) -> Result<(), String>;
    /// Version of a list that the till has; none: it has none, or needs it whole.
    fn list_version(&self, list: &str) -> Result<Option<u64>, String>;
    /// Applies a list in one transaction. Whether it did: balances are left alone where, at that moment, a
    /// record has no receipt or is not counted in them.
    fn apply(&mut self, end: &ListEnd, lines: &[&str]) -> Result<bool, String>;
    /// Changes to what the store's tills share that headquarters has not taken, at most so many.
    fn shop_changes(&self, most: usize) -> Result<Vec<ShopChange>, String>;
    /// Headquarters took these changes.
    fn shop_taken(&mut self, ids: &[String]) -> Result<(), String>;
    /// Headquarters will never take a change: it is set aside, so that it holds nothing else up.
    fn shop_refused(&mut self, id: &str, problem: &str) -> Result<(), String>;
    /// What the store has to say that headquarters has not answered, oldest first.
    fn letters(&self) -> Result<Vec<Letter>, String>;
    /// Headquarters answered a letter: it took it, or says why not.
    fn letter_answered(&mut self, id: &str, problem: Option<&str>) -> Result<(), String>;
    /// The last head of a headquarters' public log that was verified.
    fn log_head(&self, hq: &str) -> Result<Option<SeenHead>, String>;
    /// Keeps a head that was verified.
    fn keep_log_head(&mut self, hq: &str, seen: &SeenHead) -> Result<(), String>;
    /// What headquarters tells of its log does not fit the head that was verified: people are told, and
    /// nothing stops.
    fn log_differs(&mut self, hq: &str, kept: Option<&SeenHead>, told: &str, fault: LogFault) -> Result<(), String>;
    /// Keeps the roster's salt and key; a new key makes the roster list be asked for whole.
    fn set_keys(&mut self, keys: &Keys) -> Result<(), String>;
    /// The till was revoked: roster and key go.
    fn revoked(&mut self) -> Result<(), String>;
}
