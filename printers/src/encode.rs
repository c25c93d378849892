//! Laid-out lines as ESC/POS bytes, through the `escpos` crate over memory.
//!
//! The crate builds commands; text goes through `custom`, encoded here, because its own text path
//! lets control bytes pass. Its cash-drawer, partial-cut and reset commands are malformed, so those
//! are spelled out.

use std::sync::{Arc, Mutex};

use domain::receipt::Receipt;
use encoding_rs::GB18030;
use escpos::driver::Driver;
use escpos::errors::{PrinterError, Result as EscResult};
use escpos::printer::Printer;
use escpos::utils::{Encoder, JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};

use crate::charset::encode;
use crate::layout;
use crate::sheet::{Block, Size};

/// Dots between the tops of two lines: 3.5 mm at 203 dpi.
pub const LINE_SPACING: u8 = 28;
/// Dots of one module of the QR code.
pub const QR_MODULE: u8 = 4;
/// ESC J 6: large characters fill their line, and would touch the next one.
const UNDER_LARGE: [u8; 3] = [0x1B, 0x4A, 6];
/// ESC J 12: white above and below a code, without which phones do not see it.
const QUIET: [u8; 3] = [0x1B, 0x4A, 12];
/// GS h 60, GS w 2, GS H 2: bars 60 dots high of modules 2 dots wide, digits below.
const BARS: [u8; 9] = [0x1D, 0x68, 60, 0x1D, 0x77, BAR_MODULE, 0x1D, 0x48, 2];
/// Dots of a barcode's narrowest bar.
const BAR_MODULE: u8 = 2;
/// Modules that stay white at either side of a barcode.
const BAR_QUIET: usize = 10;
/// Columns of 58 mm paper. Most of these printers have no cutter, and ignore the cut and its feed.
const NARROW: usize = 32;
/// Lines from the print head to the edge at which such paper is torn.
const TEAR_FEED: u8 = 4;

/// What kind of printer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Columns of half-width characters: 32 (58 mm), 42 or 48 (80 mm).
    pub columns: usize,
    /// Whether it has a cutter.
    pub cut: bool,
}

impl Profile {
    /// Dots across the paper: 12 a column, save that 42 columns are centred on 512 dots.
    pub fn dots(&self) -> usize {
        dots(self.columns)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self { columns: 32, cut: true }
    }
}

/// Dots across a paper of so many columns.
pub(crate) fn dots(columns: usize) -> usize {
    if columns == 42 { 512 } else { columns * 12 }
}

/// The bytes of a receipt.
pub fn receipt_bytes(receipt: &Receipt, profile: Profile) -> Result<Vec<u8>, String> {
    bytes(&layout::receipt(receipt, profile.columns), profile)
}

/// The bytes of a test page.
pub fn test_page(profile: Profile) -> Result<Vec<u8>, String> {
    bytes(&layout::test_page(profile.columns), profile)
}

/// The bytes of a page of lines.
pub fn bytes(blocks: &[Block], profile: Profile) -> Result<Vec<u8>, String> {
    let memory = Memory::default();
    write(memory.clone(), blocks, profile).map_err(|err| format!("the receipt cannot be encoded: {err}"))?;
    let bytes = memory.0.lock().map_err(|_| "the encoder's memory is poisoned")?;
    Ok(bytes.clone())
}

fn write(memory: Memory, blocks: &[Block], profile: Profile) -> EscResult<()> {
    let mut printer = Printer::new(memory, Protocol::new(Encoder::new(GB18030)), None);
    printer.init()?;
    // FS &: two-byte characters on. Some printers start with them off.
    printer.custom(&[0x1C, 0x26])?.line_spacing(LINE_SPACING)?;
    for block in blocks {
        match block {
            Block::Text { text, size, centred, bold } => {
                let justify = if *centred { JustifyMode::CENTER } else { JustifyMode::LEFT };
                let height = if *size == Size::Normal { 1 } else { 2 };
                let width = u8::try_from(size.width()).unwrap_or(1);
                printer.justify(justify)?.size(width, height)?.bold(*bold)?;
                printer.custom(&encode(text))?.custom(b"\n")?;
                if height > 1 {
                    printer.custom(&UNDER_LARGE)?;
                }
            }
            Block::Qr(data) => {
                let option = QRCodeOption::new(QRCodeModel::Model2, QR_MODULE, QRCodeCorrectionLevel::M);
                plain(&mut printer)?.qrcode_option(data, option)?.custom(&QUIET)?;
            }
            Block::Ean13(digits) => {
                let digits = digits.as_bytes();
                let head = [0x1D, 0x6B, 67, u8::try_from(digits.len()).unwrap_or(0)];
                plain(&mut printer)?.custom(&BARS)?.custom(&[&head, digits].concat())?.custom(&QUIET)?;
            }
            Block::Code128(text) => {
                let data = set_b(text);
                let head = [0x1D, 0x6B, 73, u8::try_from(data.len()).unwrap_or(0)];
                plain(&mut printer)?.custom(&BARS)?.custom(&[&head, data.as_bytes()].concat())?.custom(&QUIET)?;
            }
        }
    }
    printer.feeds(if profile.columns > NARROW { 1 } else { TEAR_FEED })?;
    if profile.cut {
        // GS V 66 0: feed to the cutter and cut, leaving one point.
        printer.custom(&[0x1D, 0x56, 0x42, 0x00])?;
    }
    printer.print()?;
    Ok(())
}

/// Code 128 in set B; a brace is doubled, since one alone says the set.
fn set_b(text: &str) -> String {
    format!("{{B{}", text.replace('{', "{{"))
}

/// Whether a text is printable ASCII that fits a paper of so many columns as Code 128: printers leave
/// out bars that are too wide.
pub(crate) fn fits_code128(text: &str, columns: usize) -> bool {
    let bars = domain::bars::code128(set_b(text).as_bytes()).filter(|_| text.bytes().all(|b| matches!(b, b' '..=b'~')));
    bars.is_some_and(|bars| (bars.modules.len() + 2 * BAR_QUIET) * usize::from(BAR_MODULE) <= dots(columns))
}

/// Before a code: in the middle, nothing bold or large, and white above it.
fn plain(printer: &mut Printer<Memory>) -> EscResult<&mut Printer<Memory>> {
    printer.justify(JustifyMode::CENTER)?.size(1, 1)?.bold(false)?.custom(&QUIET)
}

/// A driver that keeps what it is given.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Driver for Memory {
    fn name(&self) -> String {
        "memory".into()
    }

    fn write(&self, data: &[u8]) -> EscResult<()> {
        let mut bytes = self.0.lock().map_err(|_| PrinterError::Io("poisoned".into()))?;
        bytes.extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> EscResult<usize> {
        Ok(0)
    }

    fn flush(&self) -> EscResult<()> {
        Ok(())
    }
}
