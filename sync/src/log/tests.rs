use proptest::prelude::*;

use super::*;

/// RFC 9162, 2.1.1, word for word.
fn mth(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => empty(),
        [one] => leaf(one),
        more => {
            let k = half(more.len());
            node(&mth(&more[..k]), &mth(&more[k..]))
        }
    }
}

/// RFC 9162, 2.1.3.1.
fn path(m: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = half(leaves.len());
    let (mut path, beside) =
        if m < k { (path(m, &leaves[..k]), mth(&leaves[k..])) } else { (path(m - k, &leaves[k..]), mth(&leaves[..k])) };
    path.push(beside);
    path
}

/// RFC 9162, 2.1.4.1.
fn subproof(m: usize, leaves: &[Vec<u8>], is_whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = half(leaves.len());
    let (mut path, beside) = if m <= k {
        (subproof(m, &leaves[..k], is_whole), mth(&leaves[k..]))
    } else {
        (subproof(m - k, &leaves[k..], false), mth(&leaves[..k]))
    };
    path.push(beside);
    path
}

fn half(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("record {n}").into_bytes()).collect()
}

/// A log in tiles, as headquarters keeps it.
#[derive(Default)]
struct Tiles {
    levels: Vec<Vec<Tile>>,
    asked: usize,
}

impl Tiles {
    fn of(leaves: &[Vec<u8>]) -> Self {
        let mut tiles = Self::default();
        for input in leaves {
            let (mut level, mut up) = (0, Some(leaf(input)));
            while let Some(hash) = up {
                if tiles.levels.len() == level {
                    tiles.levels.push(Vec::new());
                }
                let row = &mut tiles.levels[level];
                if row.last().is_none_or(|tile| tile.len() == TILE) {
                    row.push(Tile::default());
                }
                up = row.last_mut().unwrap().push(hash);
                level += 1;
            }
        }
        tiles
    }

    fn get(&mut self, level: u32, index: u64) -> Result<Hash, ()> {
        self.asked += 1;
        let within = level % TILE_LEVELS;
        let tile = (index << within) / TILE;
        let row = self.levels.get((level / TILE_LEVELS) as usize).ok_or(())?;
        let found = row.get(usize::try_from(tile).unwrap()).ok_or(())?;
        let kept = Tile::read(&found.bytes()).unwrap();
        kept.node(within, index - ((tile * TILE) >> within)).ok_or(())
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The leaves of Certificate Transparency's test data; roots and paths by another program.
#[test]
fn the_known_vectors() {
    let inputs = ["", "\x00", "\x10", "\x20\x21", "\x30\x31", "@ABC", "PQRSTUVW", "`abcdefghijklmno"];
    let inputs: Vec<Vec<u8>> = inputs.iter().map(|text| text.as_bytes().to_vec()).collect();
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tiles = Tiles::of(&inputs);
    let mut grown = Peaks::default();
    for (size, expected) in (0..).zip(roots) {
        assert_eq!(hex(&root(size, &mut |l, i| tiles.get(l, i)).unwrap()), expected);
        assert_eq!(hex(&grown.root()), expected);
        if let Some(input) = usize::try_from(size).ok().and_then(|n| inputs.get(n)) {
            grown.push(leaf(input));
        }
    }
    let texts = |path: Vec<Hash>| path.iter().map(hex).collect::<Vec<_>>();
    assert_eq!(
        texts(inclusion(5, 7, &mut |l, i| tiles.get(l, i)).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        texts(consistency(6, 8, &mut |l, i| tiles.get(l, i)).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

/// Every proof of every small log, and nothing but that proof.
#[test]
fn small_logs_are_the_rfcs_through_and_through() {
    for size in 1..=20_u64 {
        let inputs = leaves(usize::try_from(size).unwrap());
        let mut tiles = Tiles::of(&inputs);
        let whole = mth(&inputs);
        for index in 0..size {
            let at = usize::try_from(index).unwrap();
            let proof = inclusion(index, size, &mut |l, i| tiles.get(l, i)).unwrap();
            assert_eq!(proof, path(at, &inputs));
            assert_eq!(root_by_path(&leaf(&inputs[at]), index, size, &proof), Some(whole));
            for other in (0..size).filter(|other| *other != index) {
                assert_ne!(root_by_path(&leaf(&inputs[at]), other, size, &proof), Some(whole));
            }
        }
        assert_eq!(root_by_path(&leaf(&inputs[0]), size, size, &[]), None);
        for from in 1..=size {
            let at = usize::try_from(from).unwrap();
            let older = mth(&inputs[..at]);
            let proof = consistency(from, size, &mut |l, i| tiles.get(l, i)).unwrap();
            assert_eq!(proof, subproof(at, &inputs, true));
            assert!(is_consistent(from, &older, size, &whole, &proof));
            assert!(!is_consistent(from, &leaf(b"another"), size, &whole, &proof));
            assert!(!is_consistent(from, &older, size, &leaf(b"another"), &proof));
            let longer = [proof.as_slice(), &[whole]].concat();
            assert!(!is_consistent(from, &older, size, &whole, &longer));
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!is_consistent(from, &older, size, &whole, shorter));
            }
        }
        assert!(is_consistent(0, &empty(), size, &whole, &[]));
        assert!(!is_consistent(size + 1, &whole, size, &whole, &[]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn larger_logs_too(size in 1..3000_u64, at in any::<prop::sample::Index>(), from in any::<prop::sample::Index>()) {
        let inputs = leaves(usize::try_from(size).unwrap());
        let mut tiles = Tiles::of(&inputs);
        let whole = mth(&inputs);
        let at = at.index(inputs.len());
        let index = u64::try_from(at).unwrap();
        let older = from.index(inputs.len()) + 1;
        let from = u64::try_from(older).unwrap();

        prop_assert_eq!(root(size, &mut |l, i| tiles.get(l, i)).unwrap(), whole);
        let included = inclusion(index, size, &mut |l, i| tiles.get(l, i)).unwrap();
        prop_assert_eq!(&included, &path(at, &inputs));
        prop_assert_eq!(root_by_path(&leaf(&inputs[at]), index, size, &included), Some(whole));
        // No proof asks for more than two hashes a level.
        prop_assert!(tiles.asked < 50);
        let proof = consistency(from, size, &mut |l, i| tiles.get(l, i)).unwrap();
        prop_assert_eq!(&proof, &subproof(older, &inputs, true));
        let older = mth(&inputs[..older]);
        prop_assert!(is_consistent(from, &older, size, &whole, &proof));

        // From its peaks on, a log grows to the same root.
        let kept = peaks(from, &mut |l, i| tiles.get(l, i)).unwrap();
        let mut grown = Peaks::of(from, kept).unwrap();
        prop_assert_eq!(grown.root(), older);
        for input in &inputs[usize::try_from(from).unwrap()..] {
            grown.push(leaf(input));
        }
        prop_assert_eq!((grown.size(), grown.root()), (size, whole));

        // One bit turned anywhere is seen.
        for n in 0..included.len() {
            let mut turned = included.clone();
            turned[n][0] ^= 1;
            prop_assert_ne!(root_by_path(&leaf(&inputs[at]), index, size, &turned), Some(whole));
        }
        for n in 0..proof.len() {
            let mut turned = proof.clone();
            turned[n][31] ^= 128;
            prop_assert!(!is_consistent(from, &older, size, &whole, &turned));
        }
    }
}

#[test]
fn what_is_no_tile_is_refused() {
    assert_eq!(Tile::read(&[0; 31]), None);
    assert_eq!(Tile::read(&vec![0; 33 * 32]), None);
    assert_eq!(Tile::read(&[]).unwrap().node(0, 0), None);
    assert!(Peaks::of(3, vec![leaf(b"x")]).is_none());
    assert_eq!(from_text(&["no hash".into()]), None);
    let path = vec![leaf(b"x")];
    assert_eq!(from_text(&to_text(&path)), Some(path));
}
