//! Checking what headquarters says of its log, as RFC 9162 has it (2.1.3.2 and 2.1.4.2).

use super::{Hash, empty, node};

/// The root that a leaf and its path make in a tree of `size` leaves; none where the path does not fit.
pub fn root_by_path(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut fn_, mut sn, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if sn == 0 {
            return None;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            hash = node(beside, &hash);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node(&hash, beside);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    (sn == 0).then_some(hash)
}

/// Whether a tree of `to` leaves begins with one of `from` leaves, as the path shows.
pub fn is_consistent(from: u64, from_root: &Hash, to: u64, to_root: &Hash, path: &[Hash]) -> bool {
    if from > to {
        return false;
    }
    if from == to {
        return from_root == to_root && path.is_empty();
    }
    if from == 0 {
        return *from_root == empty() && path.is_empty();
    }
    // Where the older tree is complete its root begins the path, and is not sent.
    let begun = if from.is_power_of_two() { Some(from_root) } else { None };
    let mut path = begun.into_iter().chain(path);
    let Some(first) = path.next() else {
        return false;
    };
    let (mut fn_, mut sn) = (from - 1, to - 1);
    while fn_ & 1 == 1 {
        fn_ >>= 1;
        sn >>= 1;
    }
    let (mut older, mut newer) = (*first, *first);
    for beside in path {
        if sn == 0 {
            return false;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            older = node(beside, &older);
            newer = node(beside, &newer);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            newer = node(&newer, beside);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    sn == 0 && older == *from_root && newer == *to_root
}
