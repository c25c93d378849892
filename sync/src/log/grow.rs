//! Growing a tree, with little kept: peaks where the leaves come in order, tiles where proofs are asked for.

use super::{Hash, empty, node};

/// Hashes of a full tile. A tile of 1 KiB is small enough to be written anew with a single record.
pub const TILE: u64 = 1 << TILE_LEVELS;
/// Levels of the tree from one level of tiles to the next.
pub const TILE_LEVELS: u32 = 5;

/// Neighbouring hashes of one level of the tree: tile `i` of level `l` holds those of the subtrees
/// `TILE * i` and on, of tree level `TILE_LEVELS * l`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile(Vec<Hash>);

impl Tile {
    /// A tile as it was kept; none where its bytes are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && u64::try_from(hashes.len()).is_ok_and(|len| len <= TILE);
        fits.then(|| Self(hashes.to_vec()))
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// Hashes in it.
    pub fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a hash; where the tile is full then, the hash over all of it, for the tile above.
    pub fn push(&mut self, hash: Hash) -> Option<Hash> {
        self.0.push(hash);
        if self.len() == TILE { self.node(TILE_LEVELS, 0) } else { None }
    }

    /// The complete subtree `index` at a level within the tile; none where it is not complete.
    pub fn node(&self, level: u32, index: u64) -> Option<Hash> {
        let at = |n: u64| usize::try_from(n).ok();
        let mut hashes = self.0.get(at(index << level)?..at((index + 1) << level)?)?.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node(left, right)).collect();
        }
        hashes.first().copied()
    }
}

/// The complete subtrees that a log is made of, largest first: enough to go on from, and to name every
/// root that comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peaks {
    size: u64,
    hashes: Vec<Hash>,
}

impl Peaks {
    /// The peaks of a log of `size` leaves; none where their number does not fit.
    pub fn of(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        (u32::try_from(hashes.len()) == Ok(size.count_ones())).then_some(Self { size, hashes })
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, mut hash: Hash) {
        let mut size = self.size;
        while size & 1 == 1
            && let Some(left) = self.hashes.pop()
        {
            hash = node(&left, &hash);
            size >>= 1;
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of what was added.
    pub fn root(&self) -> Hash {
        let mut from_right = self.hashes.iter().rev();
        let last = from_right.next().copied();
        last.map_or_else(empty, |last| from_right.fold(last, |right, left| node(left, &right)))
    }
}
