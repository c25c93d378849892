//! What till and headquarters say to each other, and the till's side of saying it.
//!
//! The protocol (types, signatures, chain, sealed roster) is shared; `engine` is the till's and
//! asks for its outbox by a trait, so that it knows no database.

pub mod chain;
pub mod engine;
pub mod export;
#[cfg(feature = "client")]
pub mod http;
pub mod jws;
pub mod list;
pub mod log;
pub mod password;
pub mod protocol;
pub mod roster;
pub mod token;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Bytes as base64url without padding.
pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes from base64url without padding.
pub fn from_b64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// SHA-256 as base64url.
pub fn sha256(bytes: &[u8]) -> String {
    b64(&Sha256::digest(bytes))
}

/// SHA-256 of what comes piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all so far, as base64url.
    pub fn so_far(&self) -> String {
        b64(&self.0.clone().finalize())
    }
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Nothing that needs randomness may go on without it.
    getrandom::fill(&mut bytes).expect("the system's random source answers");
    bytes
}

/// Random characters of Crockford's base32.
pub fn random_base32(len: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut text = String::with_capacity(len);
    while text.len() < len {
        let [byte] = random::<1>();
        text.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    text
}
