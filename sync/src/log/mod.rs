//! The public log: an RFC 9162 Merkle tree over the records that headquarters took.
//!
//! Headquarters grows it and answers proofs, tills and auditors check them. Whoever has a head knows
//! that no record under it was changed, left out or put elsewhere since.

mod check;
mod grow;
mod proof;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

pub use check::{is_consistent, root_by_path};
pub use grow::{Peaks, TILE, TILE_LEVELS, Tile};
pub use proof::{consistency, inclusion, peaks, root};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf; its input is a record's JWS, in ASCII.
pub fn leaf(input: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(input).finalize().into()
}

/// The hash of a node over two others.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a log with nothing in it.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// A path as it is sent.
pub fn to_text(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| crate::b64(hash)).collect()
}

/// A hash that was sent.
pub fn read(text: &str) -> Option<Hash> {
    crate::from_b64(text).and_then(|bytes| bytes.try_into().ok())
}

/// A path that was sent; none where a hash in it is none.
pub fn from_text(path: &[String]) -> Option<Vec<Hash>> {
    path.iter().map(|text| read(text)).collect()
}

/// The largest power of two below `n`, which is at least 2: where RFC 9162 splits a tree.
fn split(n: u64) -> u64 {
    1 << (u64::BITS - 1 - (n - 1).leading_zeros())
}
