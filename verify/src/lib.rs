//! Checks an exported period of headquarters' records with nothing but headquarters' public key.
//!
//! What is found first is said in one sentence; where nothing is found, the sums of each store are
//! what the records themselves say.

mod chain;
mod claims;
mod reader;

pub use claims::StoreSums;
pub use reader::{Checked, check};

/// What is wrong, in words.
pub type Difference = String;

/// A check.
pub type Result<T> = std::result::Result<T, Difference>;

use sync::jws::Jwk;

/// Headquarters' key, as who checks knows it.
#[derive(Debug, Clone)]
pub struct Trusted {
    thumbprint: String,
}

impl Trusted {
    /// A JWK, or its RFC 7638 thumbprint.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(jwk) = serde_json::from_str::<Jwk>(text) {
            return Some(Self { thumbprint: jwk.thumbprint() });
        }
        let is_hash = sync::from_b64(text).is_some_and(|bytes| bytes.len() == 32);
        is_hash.then(|| Self { thumbprint: text.into() })
    }

    fn is(&self, key: &Jwk) -> bool {
        key.thumbprint() == self.thumbprint
    }
}
