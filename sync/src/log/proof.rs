//! Roots and proofs, from the hashes of complete subtrees.
//!
//! Each function asks for a subtree by level and index, the one over leaves `index << level` to
//! `(index + 1) << level`; it is asked for a number of them that grows with the logarithm of the size.

use super::{Hash, empty, node, split};

/// Root of the leaves from `start` (a multiple of the next power of two above `len`) on.
fn over<E>(start: u64, len: u64, get: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if len.is_power_of_two() {
        let level = len.trailing_zeros();
        return get(level, start >> level);
    }
    let left = split(len);
    Ok(node(&over(start, left, get)?, &over(start + left, len - left, get)?))
}

/// The root of the first `size` leaves.
pub fn root<E>(size: u64, get: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(empty()) } else { over(0, size, get) }
}

/// The complete subtrees that the first `size` leaves are made of, largest first.
pub fn peaks<E>(size: u64, get: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let levels = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
    levels.map(|level| get(level, (size >> level) - 1)).collect()
}

/// The path from a leaf to the root of the first `size` leaves, nearest hash first; `index` is below `size`.
pub fn inclusion<E>(index: u64, size: u64, get: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let (mut start, mut len) = (0, size);
    let mut path = Vec::new();
    while len > 1 {
        let left = split(len);
        if index < start + left {
            path.push(over(start + left, len - left, get)?);
            len = left;
        } else {
            path.push(over(start, left, get)?);
            start += left;
            len -= left;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the first `to` leaves begin with the first `from`; `from` is at most `to`.
pub fn consistency<E>(from: u64, to: u64, get: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    if from == 0 || from >= to {
        return Ok(path);
    }
    let (mut start, mut len) = (0, to);
    // As long as the older tree is cut within this part of the newer one.
    while from != start + len {
        let left = split(len);
        if from <= start + left {
            path.push(over(start + left, len - left, get)?);
            len = left;
        } else {
            path.push(over(start, left, get)?);
            start += left;
            len -= left;
        }
    }
    // The older tree's whole root is known to who asks; a part of it is not.
    if start > 0 {
        path.push(over(start, len, get)?);
    }
    path.reverse();
    Ok(path)
}
