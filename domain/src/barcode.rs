//! Product codes: GTINs with their check digit, PLUs, and the selectors of programmes.

use crate::id;

/// What a line sells. Barcodes compare as GTIN-14, so EAN-13 and its zero-padded form are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProductKey {
    /// GTIN-14, zero-padded from the left.
    Gtin(String),
    /// A store's or headquarters' own number for goods without a barcode.
    Plu(String),
}

impl ProductKey {
    /// Reads a barcode of 8, 12, 13 or 14 digits whose check digit is right.
    pub fn barcode(text: &str) -> Result<Self, String> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(format!(
                "`{}` is not a barcode (8, 12, 13 or 14 digits)",
                text.chars().take(40).collect::<String>()
            ));
        }
        let padded = format!("{text:0>14}");
        if check_digit(&padded[..13]) != padded.as_bytes()[13] {
            return Err(format!("the check digit of barcode `{text}` is wrong"));
        }
        Ok(Self::Gtin(padded))
    }

    /// Reads a PLU.
    pub fn plu(text: &str) -> Result<Self, String> {
        id::identifier(text).map(Self::Plu)
    }

    /// The word before the colon and the code as people know it: a GTIN in its shortest usual form.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Plu(plu) => ("plu", plu.clone()),
            Self::Gtin(gtin) => ("barcode", short_gtin(gtin)),
        }
    }

    /// `barcode:…` or `plu:…`, as lists from headquarters name products.
    pub fn tagged(&self) -> String {
        let (kind, code) = self.parts();
        format!("{kind}:{code}")
    }

    /// Reads `barcode:…` or `plu:…`.
    pub fn parse_tagged(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("barcode", code)) => Self::barcode(code),
            Some(("plu", code)) => Self::plu(code),
            _ => Err(format!("`{text}` is neither barcode:… nor plu:…")),
        }
    }
}

/// EAN-8 where the number has at most eight digits, EAN-13 up to thirteen, else GTIN-14.
fn short_gtin(gtin: &str) -> String {
    let start = if gtin.starts_with("000000") { 6 } else { usize::from(gtin.starts_with('0')) };
    gtin[start..].into()
}

/// The GS1 check digit (as an ASCII byte) of the digits before it.
pub fn check_digit(digits: &str) -> u8 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(b, weight)| u32::from(b.wrapping_sub(b'0')) * weight)
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

/// What a scope, a ceiling or a limit matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Every product.
    All,
    /// A group and every group below it.
    Group(String),
    /// One product.
    Product(ProductKey),
}

impl Selector {
    /// Reads `all`, `group:…`, `barcode:…` or `plu:…`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("group", path)) => id::group_path(path).map(Self::Group),
            Some(("barcode" | "plu", _)) => ProductKey::parse_tagged(text).map(Self::Product),
            _ => Err(format!(
                "`{}` is not a selector (barcode:…, plu:…, group:… or all)",
                text.chars().take(40).collect::<String>()
            )),
        }
    }

    /// As [`Self::parse`] reads it.
    pub fn word(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Group(path) => format!("group:{path}"),
            Self::Product(key) => key.tagged(),
        }
    }

    /// Whether the selector matches a product of this group.
    pub fn matches(&self, product: &ProductKey, group: &str) -> bool {
        match self {
            Self::All => true,
            Self::Product(key) => key == product,
            // Whole segments: food/grain does not match food/grains.
            Self::Group(path) => {
                group.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_compare_as_gtin_14() {
        let upc = ProductKey::barcode("012345678905").unwrap();
        assert_eq!(upc, ProductKey::barcode("0012345678905").unwrap());
        assert_eq!(upc, ProductKey::barcode("00012345678905").unwrap());
        assert_eq!(ProductKey::barcode("96385074").unwrap().tagged(), "barcode:96385074");
        assert_eq!(ProductKey::barcode("6901234567892").unwrap().tagged(), "barcode:6901234567892");
        for bad in ["6901234567893", "690123456789", "69012345678921", "", "690123456789X", "６９０１"] {
            assert!(ProductKey::barcode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups_match_by_whole_segments() {
        let rice = ProductKey::plu("10001").unwrap();
        let grain = Selector::parse("group:food/grain").unwrap();
        assert!(grain.matches(&rice, "food/grain"));
        assert!(grain.matches(&rice, "food/grain/rice"));
        assert!(!grain.matches(&rice, "food/grains"));
        assert!(!grain.matches(&rice, "food"));
        assert!(Selector::parse("group:food//rice").is_err());
        assert!(Selector::parse("everything").is_err());
    }
}
