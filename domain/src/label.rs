//! Labels of a shop's scale: codes that carry a weight or an amount (GB/T 18283).
//!
//! Their layout is the store's own, so it is a pattern: `21IIIIIWWWWWC` is the prefix 21, an item
//! number of five digits, a weight in grams of five, and the check digit. P is an amount in fen.

use crate::barcode::check_digit;
use crate::money::Money;
use crate::quantity::Quantity;

/// What one kind of label looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// What a label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Item number as it stands on the label, with its zeros.
    pub item: String,
    /// Kilograms.
    pub weight: Option<Quantity>,
    /// What it charges.
    pub amount: Option<Money>,
}

/// Patterns that most scales leave the factory with.
pub const USUAL: &str = "21IIIIIWWWWWC 22IIIIIPPPPPC 23IIIIIPPPPPC 24IIIIIPPPPPWWWWWC";

impl Pattern {
    /// Reads a pattern of 13 or 18 characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |problem: &str| Err(format!("`{text}`: {problem}"));
        if !matches!(text.len(), 13 | 18) {
            return bad("a label's pattern has 13 or 18 characters");
        }
        let prefix = text.bytes().take_while(u8::is_ascii_digit).count();
        let (head, rest) = text.split_at(prefix);
        if !(2..=6).contains(&prefix) {
            return bad("it begins with a prefix of 2 to 6 digits");
        }
        if !head.starts_with('2') {
            return bad("the prefix begins with 2: other codes are manufacturers'");
        }
        if let Some(other) = rest.chars().find(|c| !"IPWC".contains(*c)) {
            return bad(&format!("`{other}` means nothing (I item, P amount in fen, W grams, C check digit)"));
        }
        if rest.find('C').is_some_and(|at| at + 1 != rest.len()) {
            return bad("C stands at the end, once");
        }
        if !rest.contains('I') {
            return bad("there is no item (I)");
        }
        if !rest.contains('P') && !rest.contains('W') {
            return bad("there is neither an amount (P) nor a weight (W)");
        }
        for kind in ["I", "P", "W"] {
            if rest.matches(|c: char| kind.contains(c)).count()
                != rest.rfind(kind).map_or(0, |end| end + 1 - rest.find(kind).unwrap_or(0))
            {
                return bad(&format!("the {kind} do not stand together"));
            }
        }
        Ok(Self(text.into()))
    }

    /// Reads patterns with spaces or commas between them.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split([' ', ',', ';', '\n']).filter(|word| !word.is_empty()).map(Self::parse).collect()
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What a code says by this pattern; none where it is no such label, or says the other reason.
    pub fn read(&self, code: &str) -> Option<Result<Label, String>> {
        let prefix: String = self.0.chars().take_while(char::is_ascii_digit).collect();
        let is_digits = code.bytes().all(|b| b.is_ascii_digit());
        if code.len() != self.0.len() || !is_digits || !code.starts_with(&prefix) {
            return None;
        }
        Some(self.take_apart(code))
    }

    fn take_apart(&self, code: &str) -> Result<Label, String> {
        let field = |kind: char| -> Option<String> {
            let digits: String = self.0.chars().zip(code.chars()).filter(|(k, _)| *k == kind).map(|(_, c)| c).collect();
            (!digits.is_empty()).then_some(digits)
        };
        if self.0.ends_with('C') && check_digit(&code[..code.len() - 1]) != code.as_bytes()[code.len() - 1] {
            return Err(format!("the check digit of label `{code}` is wrong"));
        }
        let number = |kind: char| field(kind).and_then(|digits| digits.parse::<i128>().ok());
        let (weight, amount) = (number('W').map(Quantity::from_milli), number('P').map(Money::from_fen));
        if weight == Some(Quantity::ZERO) || (weight.is_none() && amount == Some(Money::ZERO)) {
            return Err(format!("label `{code}` says 0: weigh the goods again"));
        }
        Ok(Label { item: field('I').unwrap_or_default(), weight, amount })
    }
}

/// What a code says by the first pattern that fits it.
pub fn read(patterns: &[Pattern], code: &str) -> Option<Result<Label, String>> {
    patterns.iter().find_map(|pattern| pattern.read(code))
}

impl Label {
    /// Codes under which the store may keep the item: as it stands, and without its leading zeros.
    pub fn codes(&self) -> Vec<String> {
        let short = self.item.trim_start_matches('0');
        let mut codes = vec![self.item.clone()];
        if !short.is_empty() && short != self.item {
            codes.push(short.into());
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_check(digits: &str) -> String {
        format!("{digits}{}", char::from(check_digit(digits)))
    }

    #[test]
    fn a_label_says_what_its_pattern_says() {
        let patterns = Pattern::parse_list("21IIIIIWWWWWC 23IIIIIPPPPPC 28IIIIIPPPPPWWWWWC").unwrap();
        let weight = read(&patterns, &with_check("210010301235")).unwrap().unwrap();
        assert_eq!(weight, Label { item: "00103".into(), weight: Some(Quantity::from_milli(1235)), amount: None });
        assert_eq!(weight.codes(), ["00103", "103"]);
        let amount = read(&patterns, &with_check("231000300492")).unwrap().unwrap();
        assert_eq!((amount.weight, amount.amount), (None, Some(Money::from_fen(492))));
        let both = read(&patterns, &with_check("28100030049201235")).unwrap().unwrap();
        assert_eq!((both.weight, both.amount), (Some(Quantity::from_milli(1235)), Some(Money::from_fen(492))));
    }

    #[test]
    fn what_is_no_label_is_left_and_a_wrong_one_refused() {
        let patterns = Pattern::parse_list(USUAL).unwrap();
        assert_eq!(read(&patterns, "6901234567892"), None);
        assert_eq!(read(&patterns, "2100103012"), None);
        assert!(read(&patterns, "2100103012350").unwrap().is_err(), "check digit");
        assert!(read(&patterns, &with_check("210010300000")).unwrap().is_err(), "weight 0");
        for bad in [
            "",
            "21IIIIIWWWWW",
            "61IIIIIWWWWWC",
            "21WWWWWWWWWWC",
            "21IIIIIIIIIIC",
            "21IIWWWIIWWWC",
            "21IIIIIWWWWXC",
            "21IIIIICWWWWW",
        ] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
