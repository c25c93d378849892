//! QR codes as pictures, for printers that have no command for them.

use qrcode::{Color, EcLevel, QrCode};

/// Rows of dots that are sent at once: a printer that stops inside a picture takes the rest of it, and
/// what comes after, for text.
const BAND: usize = 24;

/// `GS v 0` in bands, each dot of the code `module` dots wide and high.
pub(crate) fn qr(text: &str, module: usize) -> Result<Vec<u8>, String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|err| format!("no QR code takes {} bytes: {err}", text.len()))?;
    let modules = code.to_colors();
    let rows: Vec<Vec<u8>> = modules.chunks(code.width()).map(|row| pack(row, module)).collect();
    let dots: Vec<&[u8]> = rows.iter().flat_map(|row| std::iter::repeat_n(row.as_slice(), module)).collect();
    let mut bytes = Vec::new();
    for band in dots.chunks(BAND) {
        let [across_low, across_high] = two(band[0].len());
        let [down_low, down_high] = two(band.len());
        bytes.extend([0x1D, 0x76, 0x30, 0, across_low, across_high, down_low, down_high]);
        bytes.extend(band.concat());
    }
    Ok(bytes)
}

/// A row of modules as dots, eight a byte, the highest bit at the left.
fn pack(row: &[Color], module: usize) -> Vec<u8> {
    let dots: Vec<bool> = row.iter().flat_map(|color| std::iter::repeat_n(*color == Color::Dark, module)).collect();
    let byte = |eight: &[bool]| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(eight.get(bit) == Some(&true)));
    dots.chunks(8).map(byte).collect()
}

/// A length of at most 65,535 as printers take it, the low byte first.
fn two(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}
