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
use crate::layout::{self, Block};

/// Dots between the tops of two lines: 3.5 mm at 203 dpi.
pub const LINE_SPACING: u8 = 28;
/// Dots of one module of the QR code.
pub const QR_MODULE: u8 = 4;

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
        if self.columns == 42 { 512 } else { self.columns * 12 }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self { columns: 32, cut: true }
    }
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
            Block::Text { text, big, centred, bold } => {
                let justify = if *centred { JustifyMode::CENTER } else { JustifyMode::LEFT };
                printer.justify(justify)?;
                let size = if *big { 2 } else { 1 };
                printer.size(size, size)?.bold(*bold)?;
                printer.custom(&encode(text))?.custom(b"\n")?;
            }
            Block::Qr(data) => {
                let option = QRCodeOption::new(QRCodeModel::Model2, QR_MODULE, QRCodeCorrectionLevel::M);
                printer.justify(JustifyMode::CENTER)?.size(1, 1)?.qrcode_option(data, option)?;
            }
        }
    }
    printer.feeds(4)?;
    if profile.cut {
        // GS V 66 0: feed to the cutter and cut, leaving one point.
        printer.custom(&[0x1D, 0x56, 0x42, 0x00])?;
    }
    printer.print()?;
    Ok(())
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
