//! The drawn paper, to the dot.

use std::process::Command;

use printers::font::{self, Font};
use printers::picture::{self, Picture};
use printers::profile::QrBy;
use printers::{Profile, receipt_bytes, test_page};

use crate::samples;

const PAPERS: [(usize, usize); 3] = [(32, 384), (42, 512), (48, 576)];

fn draw(bytes: &[u8], dots: usize) -> Picture {
    picture::draw(bytes, dots, &samples::font())
}

/// Black dots of a picture in a rectangle: left, top, width, height.
fn black(picture: &Picture, [left, top, width, height]: [usize; 4]) -> usize {
    let rows = top..(top + height).min(picture.height);
    let dots = rows.flat_map(|y| (left..left + width).map(move |x| picture.dots[y * picture.width + x]));
    dots.filter(|dot| *dot == 0).count()
}

/// Every black dot of the picture.
fn ink(picture: &Picture) -> usize {
    black(picture, [0, 0, picture.width, picture.height])
}

/// The smallest rectangle around the ink: left, top, right, bottom (exclusive).
fn ink_box(picture: &Picture) -> [usize; 4] {
    let dots = picture.dots.iter().enumerate().filter(|(_, dot)| **dot == 0);
    dots.fold([usize::MAX, usize::MAX, 0, 0], |[left, top, right, bottom], (n, _)| {
        let (x, y) = (n % picture.width, n / picture.width);
        [left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)]
    })
}

#[test]
fn a_page_is_exactly_as_wide_as_the_paper() {
    for (columns, dots) in PAPERS {
        let profile = Profile::with_columns(columns);
        assert_eq!(profile.dots(), dots);
        for (name, receipt) in samples::all() {
            let bytes = receipt_bytes(&receipt, profile).unwrap();
            let drawn = draw(&bytes, dots);
            assert_eq!((drawn.width, drawn.dots.len()), (dots, dots * drawn.height), "{name}");
            assert!(drawn.dots.iter().all(|dot| matches!(dot, 0 | 255)), "{name} is black and white");
            let paper = printers::paper::read_on(&bytes, dots);
            assert_eq!((paper.unknown.len(), paper.overlong.len(), paper.cuts), (0, 0, 1), "{name}");
        }
    }
}

#[test]
fn cells_stand_at_their_dots() {
    let lines = draw(b"\x1b\x33\x1cA B\n\xd6\xd0C\n", 384);
    assert_eq!(lines.height, 56, "two lines of 28 dots");
    for (cell, wanted) in [([0, 0, 12, 24], true), ([12, 0, 12, 24], false), ([24, 0, 12, 24], true)] {
        assert_eq!(black(&lines, cell) > 0, wanted, "{cell:?}");
    }
    assert_eq!(black(&lines, [0, 24, 384, 4]), 0, "white between lines");
    assert!(black(&lines, [0, 28, 24, 24]) > 60 && black(&lines, [24, 28, 12, 24]) > 0);
    assert_eq!(black(&lines, [36, 0, 348, 56]), 0);
}

#[test]
fn no_hanzi_leaves_its_cell() {
    let hanzi = "鬱龘囊饢慈善超市惠民优惠应收爱心卡支付一丨口国，。（）￥×…";
    for c in hanzi.chars() {
        let mut bytes = vec![b' '];
        bytes.extend(printers::charset::bytes_of(c));
        bytes.push(b'\n');
        let drawn = draw(&bytes, 384);
        let [left, top, right, bottom] = ink_box(&drawn);
        assert!(left >= 12 && right <= 36 && bottom <= 24, "{c}: {left} {top} {right} {bottom}");
    }
    // The same character is the same dots wherever it stands.
    let pair = draw(&printers::charset::encode("慈慈\n"), 384);
    assert_eq!(black(&pair, [0, 0, 24, 24]), black(&pair, [24, 0, 24, 24]));
}

#[test]
fn twice_as_large_is_each_dot_twice_and_bold_is_heavier() {
    let once = draw(&printers::charset::encode("惠A\n"), 384);
    let big = draw(&[b"\x1d\x21\x11".as_slice(), &printers::charset::encode("惠A\n")].concat(), 384);
    assert_eq!(ink(&big), 4 * ink(&once));
    assert_eq!(big.height, 48);
    for y in 0..24 {
        for x in 0..36 {
            let dot = once.dots[y * 384 + x];
            assert_eq!(dot, big.dots[2 * y * 384 + 2 * x]);
            assert_eq!(dot, big.dots[(2 * y + 1) * 384 + 2 * x + 1]);
        }
    }
    let bold = draw(&[b"\x1b\x45\x01".as_slice(), &printers::charset::encode("惠A\n")].concat(), 384);
    assert!(ink(&bold) > ink(&once) && ink_box(&bold)[2] <= 36);
}

#[test]
fn lines_are_centred_wrapped_and_fed_to_the_dot() {
    let shifted = |bytes: &[u8], dots| ink_box(&draw(bytes, dots))[0];
    let left = shifted(b"HH\n", 384);
    assert_eq!(shifted(b"\x1b\x61\x01HH\n", 384), left + 180, "(384 - 24) / 2");
    assert_eq!(shifted(b"\x1b\x61\x02HH\n", 384), left + 360);
    let long = [b'H'; 33];
    let drawn = draw(&[b"\x1b\x33\x1e".as_slice(), &long, b"\n"].concat(), 384);
    assert_eq!(drawn.height, 60);
    assert!(black(&drawn, [0, 30, 12, 24]) > 0 && black(&drawn, [12, 30, 372, 24]) == 0);
    let paper = printers::paper::read_on(&[&long[..], b"\n"].concat(), 384);
    assert_eq!((paper.overlong, paper.lines.len()), (vec![32], 2), "a line that is too long is a fault");
    assert_eq!(draw(b"\x1b\x33\x14H\n", 384).height, 24, "a line is never lower than its characters");
    assert_eq!(draw(b"H\x1b\x64\x03", 384).height, 3 * 34, "ESC d prints, and feeds three lines in all");
    assert_eq!(draw(b"\x1b\x4a\x07", 384).height, 7);
}

#[test]
fn a_raster_is_drawn_dot_for_dot_and_a_cut_is_a_dashed_line() {
    let drawn = draw(b"\x1b\x61\x01\x1d\x76\x30\x00\x01\x00\x02\x00\x81\xff", 384);
    assert_eq!((drawn.height, ink(&drawn), ink_box(&drawn)), (2, 10, [188, 0, 196, 2]));
    assert_eq!(ink(&draw(b"\x1d\x76\x30\x03\x01\x00\x02\x00\x81\xff", 384)), 40, "twice as wide and high");
    let torn = draw(b"H\n\x1d\x56\x42\x00H\n", 384);
    let row = |y: usize| black(&torn, [0, y, 384, 1]);
    let dashes: Vec<usize> = (24..50).filter(|y| row(*y) == 192).collect();
    assert_eq!(dashes.len(), 1, "half of one row is black");
    assert!(black(&torn, [0, 50, 12, 24]) > 0, "what comes after the cut is drawn below");
}

#[test]
fn a_font_that_is_none_is_an_error_in_words() {
    let good = samples::font();
    assert!(font::load(&good.path, 99).unwrap_err().contains("has no font 99"));
    assert!(font::load(&samples::file("Cargo.toml"), 0).is_err());
    assert!(font::load(&samples::file("nothing.ttf"), 0).is_err());
    let bad = Font { index: 99, ..good };
    assert!(ink(&picture::draw(b"A\n", 384, &bad)) > 0, "a box stands for each character");
}

/// What `zbarimg` reads on a picture, in any order.
fn scanned(picture: &Picture) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.png");
    std::fs::write(&path, picture.png()).unwrap();
    let run = Command::new("zbarimg").arg("--quiet").arg(&path).output();
    let output = run.expect("zbarimg is missing: install zbar-tools (Debian: apt install zbar-tools)");
    let mut lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect();
    lines.sort();
    lines
}

#[test]
fn the_codes_on_paper_can_be_scanned() {
    for (columns, dots) in PAPERS {
        let profile = Profile::with_columns(columns);
        let page = draw(&test_page(profile).unwrap(), dots);
        assert_eq!(
            scanned(&page),
            ["CODE-128:JIHUI-2026", "EAN-13:6901234567892", "QR-Code:JIHUI TEST"],
            "{columns} columns"
        );
        let receipt = samples::helped();
        let page = draw(&receipt_bytes(&receipt, profile).unwrap(), dots);
        assert_eq!(scanned(&page), [format!("QR-Code:{}", receipt.qr.unwrap())], "{columns} columns");
    }
}

#[test]
fn a_qr_code_drawn_here_is_the_one_that_printers_draw() {
    for (columns, dots) in PAPERS {
        let native = Profile::with_columns(columns);
        let raster = Profile { qr: QrBy::Raster, ..native };
        let receipt = samples::helped();
        let [native, raster] = [native, raster].map(|profile| receipt_bytes(&receipt, profile).unwrap());
        let pages = [draw(&native, dots), draw(&raster, dots)];
        // Whole bytes may move a picture by a few dots, and nothing else.
        assert_eq!((pages[0].height, ink(&pages[0])), (pages[1].height, ink(&pages[1])), "{columns} columns");
        assert_eq!(scanned(&draw(&raster, dots)), [format!("QR-Code:{}", receipt.qr.unwrap())]);
        let is_in = |command: &[u8]| raster.windows(command.len()).any(|window| window == command);
        assert!(!is_in(b"\x1d(k"), "no printer needs the command");
        let paper = printers::paper::read_on(&raster, dots);
        assert_eq!((paper.unknown.len(), paper.overlong.len(), paper.text().matches("[图]").count()), (0, 0, 1));
        // GS v 0: every band is at most 24 rows high.
        let heads = raster.windows(8).filter(|window| window.starts_with(b"\x1d\x76\x30\x00"));
        let rows: Vec<u8> = heads.map(|head| head[6]).collect();
        assert!(rows.len() > 4 && rows.iter().all(|rows| *rows <= 24), "{rows:?}");
    }
}

#[test]
fn every_form_of_barcode_that_printers_take_can_be_scanned() {
    let bars = |command: &[u8]| {
        let page = [b"\x1d\x68\x40\x1d\x77\x02\x1b\x61\x01\n\n".as_slice(), command, b"\n\n"].concat();
        scanned(&draw(&page, 576))
    };
    assert_eq!(bars(b"\x1d\x6b\x02690123456789\x00"), ["EAN-13:6901234567892"]);
    for first in 0..10 {
        let code = format!("{first}12345678905");
        let [read] = &bars(&[b"\x1d\x6b\x43\x0c", code.as_bytes()].concat())[..] else { panic!("{code} is not read") };
        assert!(read.starts_with(&format!("EAN-13:{code}")), "{read}");
    }
    assert_eq!(bars(b"\x1d\x6b\x49\x09{C\x0c\x22\x38{BxY"), ["CODE-128:123456xY"]);
    assert_eq!(bars(b"\x1d\x6b\x49\x0a{A12AB{Bab"), ["CODE-128:12ABab"]);
    let every: String = (b' '..=b'~').map(char::from).filter(|c| *c != '{').collect();
    for part in every.as_bytes().chunks(12) {
        let data = [b"{B", part].concat();
        let len = u8::try_from(data.len()).unwrap();
        let text = String::from_utf8(part.to_vec()).unwrap();
        assert_eq!(bars(&[&[0x1D, 0x6B, 73, len], &data[..]].concat()), [format!("CODE-128:{text}")]);
    }
}

#[test]
fn a_picture_knows_its_size_on_paper() {
    let page = draw(b"H\n", 384);
    let decoder = png::Decoder::new(std::io::Cursor::new(page.png()));
    let mut reader = decoder.read_info().unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height), (384, 34));
    assert_eq!(info.pixel_dims.map(|dims| dims.xppu), Some(7992), "203 dots an inch");
    let mut rows = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rows).unwrap();
    let read: Vec<u8> = rows.iter().flat_map(|b| (0..8).rev().map(move |bit| (b >> bit & 1) * 255)).collect();
    assert_eq!(read, page.dots);
}

#[test]
fn the_readme_s_pictures_are_drawn_on_demand() {
    let Some(dir) = std::env::var_os("JIHUI_PICTURES") else {
        return;
    };
    for (columns, name) in [(32, "paper-58.png"), (48, "paper-80.png")] {
        let profile = Profile::with_columns(columns);
        let page = draw(&receipt_bytes(&samples::helped(), profile).unwrap(), profile.dots());
        // As the other crates' tests do: a relative folder is one of the repository's.
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        std::fs::write(root.join(&dir).join(name), page.png()).unwrap();
    }
}
