//! The signed chain: hashes and links.

use domain::record::Head;

use crate::jws::Key;
use crate::sha256;

/// `typ` of a record.
pub const TYP: &str = "jihui-record";

/// A record's hash: SHA-256 of the JWS's ASCII bytes.
pub fn hash(jws: &str) -> String {
    sha256(jws.as_bytes())
}

/// `prev` of an epoch's first record.
pub fn first_prev(store: &str, till: &str, epoch: &str, kid: &str) -> String {
    sha256(format!("{store}/{till}/{epoch}/{kid}").as_bytes())
}

/// A signed record with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The compact JWS.
    pub jws: String,
    /// Its hash.
    pub hash: String,
}

/// Signs a record's payload.
pub fn sign(key: &Key, payload: &[u8]) -> Signed {
    let jws = key.sign(TYP, payload);
    let hash = hash(&jws);
    Signed { jws, hash }
}

/// The time of the next record: never before the one before it.
pub fn next_at(head: &Head, now: chrono::DateTime<chrono::Utc>) -> chrono::DateTime<chrono::Utc> {
    head.at.map_or(now, |last| last.max(now))
}
