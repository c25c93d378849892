//! EAN-13 and Code 128 as modules: what a printer draws for `GS k`, and what stands on a card.

/// A barcode's modules, black ones true, and the text that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// From left to right, without the quiet zones.
    pub modules: Vec<bool>,
    /// For people.
    pub text: String,
}

/// Left-hand codes of the digits with odd parity.
const DIGITS: [u8; 10] = [
    0b000_1101, 0b001_1001, 0b001_0011, 0b011_1101, 0b010_0011, 0b011_0001, 0b010_1111, 0b011_1011, 0b011_0111,
    0b000_1011,
];

/// Which of the six left-hand digits have even parity (1), by the first digit.
const PARITY: [u8; 10] =
    [0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101, 0b01_0110, 0b01_1010];

/// Widths of bar, space, bar … of the values 0 to 105 of Code 128, then of the stop.
const CODE128: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

/// EAN-13 of 12 digits, or of 13 with the right check digit.
pub fn ean13(data: &[u8]) -> Option<Bars> {
    if !matches!(data.len(), 12 | 13) || !data.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut digits: Vec<u8> = data.iter().map(|b| b - b'0').collect();
    let sum: u32 = digits[..12].iter().zip([1, 3].into_iter().cycle()).map(|(d, weight)| u32::from(*d) * weight).sum();
    let check = u8::try_from((10 - sum % 10) % 10).ok()?;
    match digits.get(12) {
        Some(given) if *given != check => return None,
        Some(_) => {}
        None => digits.push(check),
    }
    let mut modules = vec![true, false, true];
    for (place, digit) in digits[1..7].iter().enumerate() {
        let odd = DIGITS[usize::from(*digit)];
        let is_even = PARITY[usize::from(digits[0])] >> (5 - place) & 1 == 1;
        // The even code is the right-hand code read backwards.
        push_bits(&mut modules, if is_even { (!odd).reverse_bits() >> 1 } else { odd });
    }
    modules.extend([false, true, false, true, false]);
    for digit in &digits[7..] {
        push_bits(&mut modules, !DIGITS[usize::from(*digit)]);
    }
    modules.extend([true, false, true]);
    Some(Bars { modules, text: digits.iter().map(|d| char::from(b'0' + d)).collect() })
}

fn push_bits(modules: &mut Vec<bool>, code: u8) {
    modules.extend((0..7).rev().map(|bit| code >> bit & 1 == 1));
}

/// Code 128 as `GS k` takes it: `{A`, `{B` or `{C` says the set, `{1` is FNC1, `{{` a brace; in set
/// C each byte is a pair of digits.
pub fn code128(data: &[u8]) -> Option<Bars> {
    let &[b'{', mut set @ b'A'..=b'C', ref rest @ ..] = data else {
        return None;
    };
    let mut values = vec![103 + usize::from(set - b'A')];
    let mut text = String::new();
    let mut rest = rest;
    loop {
        rest = match *rest {
            [] => break,
            [b'{', to @ b'A'..=b'C', ref after @ ..] if to != set => {
                values.push(101 - usize::from(to - b'A'));
                set = to;
                after
            }
            [b'{', b'1', ref after @ ..] => {
                values.push(102);
                after
            }
            [b'{', b'{', ref after @ ..] if set == b'B' => {
                values.push(usize::from(b'{' - b' '));
                text.push('{');
                after
            }
            [b, ref after @ ..] => {
                values.push(value(set, b)?);
                match set {
                    b'C' => text.push_str(&format!("{b:02}")),
                    _ if b.is_ascii_control() => text.push(' '),
                    _ => text.push(b.into()),
                }
                after
            }
        };
    }
    let weighted = |(place, value): (usize, &usize)| place.max(1) * value;
    values.push(values.iter().enumerate().map(weighted).sum::<usize>() % 103);
    values.push(106);
    let widths = values.iter().flat_map(|value| CODE128[*value].bytes().zip([true, false].into_iter().cycle()));
    let modules = widths.flat_map(|(width, black)| std::iter::repeat_n(black, usize::from(width - b'0'))).collect();
    Some(Bars { modules, text })
}

fn value(set: u8, b: u8) -> Option<usize> {
    match (set, b) {
        (b'C', 0..=99) => Some(b.into()),
        (b'A', 0..=31) => Some(usize::from(b) + 64),
        (b'A', 32..=95) => Some(usize::from(b) - 32),
        (b'B', 32..=127) if b != b'{' => Some(usize::from(b) - 32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_of_code_128_is_eleven_modules_and_unlike_the_others() {
        let mut seen = std::collections::BTreeSet::new();
        for (value, widths) in CODE128.iter().enumerate() {
            let modules: u32 = widths.bytes().map(|b| u32::from(b - b'0')).sum();
            assert_eq!(modules, if value == 106 { 13 } else { 11 }, "{value}");
            assert!(seen.insert(widths));
        }
    }

    #[test]
    fn wrong_data_has_no_bars() {
        assert_eq!(ean13(b"6901234567891"), None, "the check digit is 2");
        assert_eq!(ean13(b"69012345678"), None);
        assert_eq!(ean13(b"690123456789").unwrap().text, "6901234567892");
        assert_eq!(ean13(b"690123456789").unwrap().modules.len(), 95);
        assert_eq!(code128(b"1234"), None, "no set");
        assert_eq!(code128(b"{C\x64"), None, "100 is no pair");
        assert_eq!(code128(b"{B\x05"), None);
        assert_eq!(code128(b"{BN{{o{C\x0c\x22").unwrap().text, "N{o1234");
    }
}
