//! Numbers that identify a person. They are never printed, logged or stored in clear by a till.

use std::fmt;

use chrono::NaiveDate;

/// A citizen's ID number by GB 11643: 18 characters, upper case, check digit and date right.
///
/// The region is not judged: it is the one of first issue, and old codes live on in people's IDs.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber(String);

impl IdNumber {
    /// Reads a number as typed or scanned; full-width digits and a small x are forgiven.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = half_width(text.trim()).to_uppercase();
        let bytes = number.as_bytes();
        let shape = bytes.len() == 18
            && bytes[..17].iter().all(u8::is_ascii_digit)
            && (bytes[17].is_ascii_digit() || bytes[17] == b'X');
        if !shape {
            return Err("an ID number has 18 characters: 17 digits and a digit or X".into());
        }
        if NaiveDate::parse_from_str(&number[6..14], "%Y%m%d").is_err() {
            return Err("the date of birth in the ID number is no date".into());
        }
        if check_character(&number[..17]) != &number[17..] {
            return Err("the check digit of the ID number is wrong".into());
        }
        Ok(Self(number))
    }

    /// The number itself, for the digest and for headquarters' encrypted store.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// All but the last four characters hidden.
    pub fn masked(&self) -> String {
        format!("{}{}", "*".repeat(14), &self.0[14..])
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

/// The 18th character for the 17 digits before it.
pub fn check_character(digits: &str) -> &'static str {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [&str; 11] = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"];
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b.wrapping_sub(b'0')) * w).sum();
    CHECKS[usize::try_from(sum % 11).unwrap_or(0)]
}

/// The number of a benefit card (爱心卡).
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(String);

impl CardNumber {
    /// Reads a card number: 4 to 32 letters and digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = half_width(text.trim()).to_uppercase();
        let allowed = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !(4..=32).contains(&number.len()) || !allowed {
            return Err("a card number has 4 to 32 letters and digits".into());
        }
        Ok(Self(number))
    }

    /// The number itself.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether it has at least 16 random digits and a check digit by Luhn, as cards that
    /// headquarters prints do. Shorter numbers can be guessed.
    pub fn is_strong(&self) -> bool {
        self.0.len() >= 17 && self.0.bytes().all(|b| b.is_ascii_digit()) && luhn(&self.0)
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(****)")
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0') * if i % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What was shown to prove who is shopping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An ID number, typed or read from the ID card.
    Id(IdNumber),
    /// A benefit card.
    Card(CardNumber),
}

impl Credential {
    /// The text that the digest is made of (spec/sync.md).
    pub fn digest_input(&self) -> String {
        match self {
            Self::Id(number) => number.secret().into(),
            Self::Card(card) => format!("card:{}", card.secret()),
        }
    }
}

/// A name as a till may know it: 王小明 is 王*明, 王明 is 王*.
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.trim().chars().collect();
    match chars.as_slice() {
        [] | [_] => "*".into(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// Full-width digits and letters (from a Chinese input method) as ASCII.
pub fn half_width(text: &str) -> String {
    let narrow = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_numbers_by_gb_11643() {
        for good in
            ["11010519491231002X", "440524188001010014", "11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ"]
        {
            assert!(IdNumber::parse(good).is_ok(), "{good}");
        }
        for bad in ["110105194912310021", "11010519491331002X", "1101051949123100X", "370899", "", "11010519490230002X"]
        {
            assert!(IdNumber::parse(bad).is_err(), "{bad}");
        }
        let number = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(number.masked(), "**************002X");
        assert!(!format!("{number:?}").contains("19491231"));
    }

    #[test]
    fn names_are_masked() {
        assert_eq!(mask_name("王小明"), "王*明");
        assert_eq!(mask_name("王明"), "王*");
        assert_eq!(mask_name("欧阳小明"), "欧**明");
        assert_eq!(mask_name(""), "*");
    }

    #[test]
    fn strong_cards_have_luhn() {
        assert!(CardNumber::parse("12345678901234564").unwrap().secret().len() == 17);
        assert!(!CardNumber::parse("1234").unwrap().is_strong());
    }
}
