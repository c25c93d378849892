//! Workbooks that somebody made to be larger than they look.

use super::*;
use crate::{Limits, Reading, read};

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

fn number(row: u16, column: u16) -> Vec<u8> {
    record(
        0x0203,
        &[
            &row.to_le_bytes()[..],
            &column.to_le_bytes(),
            &[0; 2],
            &f64::from(u32::from(row) * 10 + u32::from(column)).to_le_bytes(),
        ]
        .concat(),
    )
}

fn named(row: u16, text: u32) -> Vec<u8> {
    record(LABEL_SST, &[&row.to_le_bytes()[..], &[0; 4], &text.to_le_bytes()].concat())
}

/// A workbook whose sheets all say what the one does.
fn book(texts: &[u8], sheets: usize, cells: &[u8]) -> Vec<u8> {
    let bof = record(BOF, &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut globals = bof.clone();
    let start = globals.len() + sheets * (4 + 12) + texts.len() + 4;
    for at in 0..sheets {
        let name = format!("{at:04}");
        let head = [&u32::try_from(start).unwrap().to_le_bytes()[..], &[0, 0, 4, 0], name.as_bytes()].concat();
        globals.extend(record(BOUND_SHEET, &head));
    }
    globals.extend(texts);
    globals.extend(record(EOF, &[]));
    compound::file("Workbook", &[&globals[..], &bof, cells, &record(EOF, &[])].concat())
}

fn refused(bytes: &[u8]) -> String {
    read(bytes, &Reading::new(&["a"]).limits(Limits { text: 1 << 20, ..Limits::default() })).unwrap_err().to_string()
}

#[test]
fn an_honest_one_is_read() {
    let bytes = book(&[], 1, &[number(0, 0), number(0, 1), number(1, 0), number(1, 1)].concat());
    let table = read(&bytes, &Reading::new(&[])).unwrap();
    assert_eq!((table.columns.len(), table.rows.len()), (2, 1), "{table:?}");
}

#[test]
fn a_cell_in_the_farthest_corner_is_refused_before_the_room_for_it_is_taken() {
    assert!(refused(&book(&[], 1, &[number(0, 0), number(65_535, 65_535)].concat())).contains("too large"));
    let wide = [number(0, 0), number(60_000, 255)].concat();
    assert!(refused(&book(&[], 200, &wide)).contains("too large"), "each sheet's room counts");
    assert!(refused(&book(&[], 300, &number(0, 0))).contains("too large"));
}

#[test]
fn a_long_text_that_many_cells_name_is_refused() {
    let mut texts = record(SST, &[&[0; 8][..], &8_000_u16.to_le_bytes(), &[0], &[b'x'; 8_000]].concat());
    let cells: Vec<u8> = (0..3_000).flat_map(|row| named(row, 0)).collect();
    assert!(refused(&book(&texts, 1, &cells)).contains("too large"));
    // The same text over two records.
    texts = record(SST, &[&[0; 8][..], &8_000_u16.to_le_bytes(), &[0], &[b'x'; 4_000]].concat());
    texts.extend(record(CONTINUE, &[&[0][..], &[b'x'; 4_000]].concat()));
    assert!(refused(&book(&texts, 1, &cells)).contains("too large"));
    let few: Vec<u8> = (0..20).flat_map(|row| named(row, 0)).collect();
    assert_eq!(read(&book(&texts, 1, &few), &Reading::new(&[])).unwrap().rows.len(), 19);
}

#[test]
fn a_chain_that_goes_round_ends() {
    let good = book(&[], 1, &number(0, 0));
    let table = good.len() - 512;
    for (at, to, is_bad) in [(0, 0_u32, true), (1, 4_000_000_000, true), (1, 1, false), (2, 1, false)] {
        let mut bad = good.clone();
        bad[table + at * 4..table + at * 4 + 4].copy_from_slice(&to.to_le_bytes());
        // A stream says how long it is: going round for so long ends.
        let read = read(&bad, &Reading::new(&["a"]));
        assert!(read.is_err() || !is_bad, "{at} to {to}");
    }
    for length in 0..good.len() {
        read(&good[..length], &Reading::new(&["a"])).ok();
    }
}

#[test]
fn a_workbook_of_megabytes_keeps_its_chain() {
    let cells: Vec<u8> =
        (0..60_000).flat_map(|row| [number(row, 0), number(row, 1), number(row, 2)].concat()).collect();
    let big: Vec<u8> = cells.iter().copied().chain((0..8_000_000).map(|_| 0)).take(8_000_000).collect();
    assert_eq!(compound::workbook(&compound::file("Book", &big)).unwrap().1[..big.len()], big[..]);
    let table = read(&book(&[], 1, &cells), &Reading::new(&[])).unwrap();
    assert_eq!(table.rows.len(), 59_999);
}
