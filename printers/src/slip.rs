//! A slip as lines that fit the paper: reports, vouchers, blank numbered slips.

use domain::slip::{Row, Slip};

use crate::encode::{self, Profile, fits_code128};
use crate::layout::{TRAINING, clock, marks};
use crate::sheet::{Block, Sheet, Weight};

/// The bytes of a slip.
///
/// # Errors
/// Where the slip cannot be encoded.
pub fn slip_bytes(slip: &Slip, profile: Profile) -> Result<Vec<u8>, String> {
    encode::bytes(&layout(slip, profile.columns), profile)
}

/// Lays a slip out for a paper of so many columns (32, 42 or 48).
pub fn layout(slip: &Slip, width: usize) -> Vec<Block> {
    let mut sheet = Sheet::new(width);
    if !slip.store_name.is_empty() {
        sheet.title(&slip.store_name);
    }
    sheet.title(&slip.title);
    marks(&mut sheet, slip.training, slip.copy);
    if let Some(number) = &slip.number {
        sheet.text(&format!("编号 {number}"));
    }
    match slip.by.as_str() {
        "" => sheet.text(&clock(slip.at)),
        by => sheet.pair(&clock(slip.at), &format!("经手人 {by}"), Weight::Plain),
    }
    sheet.rule();
    slip.rows.iter().for_each(|one| row(&mut sheet, one));
    if slip.code.is_some() || !slip.foot.is_empty() {
        sheet.rule();
    }
    if let Some(code) = &slip.code {
        let block = if fits_code128(code, width) { Block::Code128 } else { Block::Qr };
        sheet.blocks.push(block(code.clone()));
    }
    for sentence in &slip.foot {
        sheet.centred(sentence, Weight::Plain);
    }
    if slip.training {
        sheet.centred(TRAINING, Weight::Bold);
    }
    sheet.blocks
}

fn row(sheet: &mut Sheet, row: &Row) {
    match row {
        Row::Text(text) => sheet.text(text),
        Row::Pair(left, right) => sheet.pair(left, right, Weight::Plain),
        Row::Strong(left, right) => sheet.pair(left, right, Weight::Bold),
        Row::Big(left, right) => sheet.big_pair(left, right),
        Row::Rule => sheet.rule(),
        Row::Heading(text) => sheet.centred(text, Weight::Bold),
        Row::Blank(lines) => {
            for _ in 0..*lines {
                // Handwriting stands higher than print.
                sheet.text("");
                sheet.text(&"_".repeat(sheet.width));
            }
        }
    }
}
