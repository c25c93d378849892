//! Odd names and odd bytes.

use domain::receipt::Receipt;
use printers::picture::draw;
use printers::{Profile, charset, paper, receipt_bytes};
use proptest::prelude::*;

use crate::samples;

const PIECES: [&str; 30] = [
    "东北大米",
    "5kg",
    "¥",
    "￥",
    "×",
    "·",
    "…",
    "😀",
    "👨‍👩‍👧",
    "🇨🇳",
    "\u{1b}@",
    "\u{1b}p\0\u{19}",
    "\u{1d}V\0",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u{7f}",
    "\u{202e}",
    "\u{200f}",
    "e\u{301}",
    "ＡＢＣ１２３",
    "𠮷",
    "𬭎",
    "㛃",
    "\u{3000}",
    "   ",
    "\u{e000}",
    "ﬁ",
    "«{|}\\@»",
];

/// 300 names, each of up to nine pieces, always the same.
fn names() -> Vec<String> {
    let mut seed: usize = 20_261_124;
    let mut next = |below: usize| {
        seed = (seed * 1_103_515_245 + 12_345) % (1 << 31);
        (seed >> 8) % below
    };
    let mut names: Vec<String> = ["", " ", "\u{3000}", "\0", "\u{1b}"].map(Into::into).into();
    names.push("米".repeat(200));
    names.push("a".repeat(200));
    while names.len() < 300 {
        names.push((0..next(10)).map(|_| PIECES[next(PIECES.len())]).collect());
    }
    names
}

#[test]
fn three_hundred_odd_names_print_without_fault() {
    let font = samples::font();
    let prices = ["0.00", "0.01", "3.98", "1075.90", "9999999.99"];
    for (n, batch) in names().chunks(50).enumerate() {
        for columns in [32, 42, 48] {
            let lines = batch.iter().zip(prices.iter().cycle());
            let lines = lines.map(|(name, price)| samples::line(name, "1.5", name, price, price)).collect();
            let receipt =
                Receipt { lines, store_name: batch[0].clone(), cashier: batch[1].clone(), ..samples::helped() };
            let profile = Profile::with_columns(columns);
            let bytes = receipt_bytes(&receipt, profile).unwrap();
            let page = paper::read_on(&bytes, profile.dots());
            assert_eq!((page.unknown, page.overlong), (vec![], vec![]), "batch {n} at {columns}");
            assert_eq!((page.drawer, page.cuts, page.qr.len()), (0, 1, 1), "no name is a command");
            for line in &page.lines {
                assert!(charset::columns(line) <= columns && !line.contains('\u{fffd}'), "{line}");
            }
            let drawn = draw(&bytes, profile.dots(), &font);
            assert_eq!(drawn.dots.len(), drawn.width * drawn.height);
        }
    }
}

#[test]
fn a_product_without_a_name_shows_its_code() {
    let lines = vec![samples::line("\u{200f} \u{3000}", "1", "袋", "1.00", "1.00")];
    let bytes = receipt_bytes(&Receipt { lines, ..samples::plain() }, Profile::default()).unwrap();
    assert!(paper::read(&bytes).text().contains("6900000000014"));
}

#[test]
fn a_job_that_asks_for_miles_of_paper_is_cut_short() {
    let job = [b"\x1b\x33\xff".as_slice(), &b"\x1b\x64\xff".repeat(100_000)].concat();
    let page = draw(&job, 576, &samples::font());
    assert!(page.height <= 64_000, "{}", page.height);
    assert_eq!(paper::read(&job).unknown.len(), 1, "what was left out is a fault");
}

#[test]
fn broken_commands_and_split_hanzi_are_faults() {
    for (bytes, at) in [
        (&b"A\x1b"[..], 1),
        (b"A\x1d\x28\x6b\x40\x00\x31", 1),
        (b"A\x1d\x76\x30\x00\xff\xff\xff\xff\x00", 1),
        (b"A\x1d\x6b\x49\xff{B", 1),
        (b"A\x1d\x6b\x43\x0c12345678901x", 1),
        (b"\xd6\n", 0),
        (b"\x1c\x2e\xd6", 2),
        (b"A\x07", 1),
    ] {
        assert_eq!(paper::read(bytes).unknown.first(), Some(&at), "{bytes:02X?}");
    }
}

proptest! {
    #[test]
    fn any_name_prints_within_the_paper(name in "\\PC{0,40}|[\\x00-\\x1f\u{4e00}-\u{9fff}a-z]{0,60}", columns in prop::sample::select(vec![32_usize, 42, 48])) {
        let lines = vec![samples::line(&name, "2", "袋", "33.90", "67.80")];
        let receipt = Receipt { lines, qr: None, ..samples::helped() };
        let profile = Profile::with_columns(columns);
        let page = paper::read_on(&receipt_bytes(&receipt, profile).unwrap(), profile.dots());
        prop_assert_eq!((page.unknown.len(), page.overlong.len()), (0, 0));
        for line in &page.lines {
            prop_assert!(charset::columns(line) <= columns, "{}", line);
            prop_assert!(!line.contains('\u{fffd}'), "{}", line);
        }
    }

    #[test]
    fn no_bytes_make_drawing_fail(bytes in prop::collection::vec(any::<u8>(), 0..400), dots in 0_usize..700) {
        draw(&bytes, dots, &samples::font());
    }

    #[test]
    fn no_mix_of_commands_makes_drawing_fail(
        pieces in prop::collection::vec(prop::sample::select(vec![
            &b"\x1b@"[..], b"\x1ba\x01", b"\x1ba\x02", b"\x1bE\x01", b"\x1b3\x00", b"\x1b3\xff", b"\x1bd\x03", b"\x1d!\x77", b"\x1d!\x11",
            b"\x1dV\x42\xff", b"\x1c&", b"\x1c.", b"\x1d(k\x03\x001C\x10", b"\x1d(k\x03\x001E3", b"\x1d(k\x05\x001P0AB", b"\x1d(k\x03\x001Q0",
            b"\x1dw\x06", b"\x1dh\xff", b"\x1dH\x03", b"\x1dk\x43\x0c690123456789", b"\x1dkI\x04{C\x01\x02", b"\x1dkI\x04{BAB",
            b"\x1dv0\x03\x02\x00\x01\x00\xaa\x55", b"\xd6\xd0", b"A", b"\n", b"\xff", b"\x81\x30\x84\x36", b"\xa2\xa1\xfe\xfe",
        ]), 0..60),
        dots in 0_usize..700,
    ) {
        let drawn = draw(&pieces.concat(), dots, &samples::font());
        prop_assert_eq!(drawn.dots.len(), drawn.width * drawn.height);
    }
}
