//! An amount in the capitals of Chinese accounts (人民币大写), by the basic rules for filling in bills
//! (正确填写票据和结算凭证的基本规定).
//!
//! Where the rules leave a choice, the first of their two forms is written: 壹仟陆佰捌拾元零叁角贰分,
//! 壹拾万柒仟元零伍角叁分. After 角 stands 整, after 分 never.

use crate::money::Money;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];

impl Money {
    /// Such as 壹万贰仟叁佰肆拾伍元陆角柒分; without 人民币 before it.
    pub fn in_words(self) -> String {
        let fen = self.fen().unsigned_abs();
        let (yuan, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
        let mut words = String::new();
        if self.fen() < 0 {
            words.push('负');
        }
        if yuan > 0 {
            whole(yuan, &mut words);
            words.push('元');
        }
        match (jiao, rest) {
            (0, 0) if yuan == 0 => words.push_str("零元整"),
            (0, 0) => words.push('整'),
            (jiao, rest) => {
                // Between 元 and what follows: 角 is absent, or the last figure of 元 is 0.
                if yuan > 0 && (jiao == 0 || yuan % 10 == 0) {
                    words.push('零');
                }
                if jiao > 0 {
                    words.push_str(digit(jiao));
                    words.push('角');
                }
                match rest {
                    0 => words.push('整'),
                    rest => {
                        words.push_str(digit(rest));
                        words.push('分');
                    }
                }
            }
        }
        words
    }
}

fn digit(value: u128) -> &'static str {
    usize::try_from(value).ok().and_then(|value| DIGITS.get(value)).copied().unwrap_or_default()
}

/// A number above 0: 亿 counts whole numbers again, 万 those below it.
fn whole(value: u128, words: &mut String) {
    for (unit, name) in [(100_000_000, "亿"), (10_000, "万")] {
        if value >= unit {
            whole(value / unit, words);
            words.push_str(name);
            let rest = value % unit;
            if rest > 0 {
                // The place under the unit is empty: 壹亿零伍拾万, 壹拾万零伍佰.
                if rest < unit / 10 {
                    words.push('零');
                }
                whole(rest, words);
            }
            return;
        }
    }
    let mut gap = false;
    let mut begun = false;
    for (place, unit) in PLACES.iter().zip([1, 10, 100, 1000]).rev() {
        let figure = value / unit % 10;
        if figure == 0 {
            gap = begun;
            continue;
        }
        if gap {
            words.push('零');
        }
        words.push_str(digit(figure));
        words.push_str(place);
        (begun, gap) = (true, false);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_as_the_rules_write_them() {
        for (amount, words) in [
            ("0", "零元整"),
            ("0.05", "伍分"),
            ("0.50", "伍角整"),
            ("0.53", "伍角叁分"),
            ("1", "壹元整"),
            ("10", "壹拾元整"),
            ("10.50", "壹拾元零伍角整"),
            ("11.50", "壹拾壹元伍角整"),
            ("101", "壹佰零壹元整"),
            ("325.04", "叁佰贰拾伍元零肆分"),
            ("1001", "壹仟零壹元整"),
            ("1010.10", "壹仟零壹拾元零壹角整"),
            ("1409.50", "壹仟肆佰零玖元伍角整"),
            ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
            ("6007.14", "陆仟零柒元壹角肆分"),
            ("12345.67", "壹万贰仟叁佰肆拾伍元陆角柒分"),
            ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
            ("20000", "贰万元整"),
            ("100500", "壹拾万零伍佰元整"),
            ("107000.53", "壹拾万柒仟元零伍角叁分"),
            ("1000000.01", "壹佰万元零壹分"),
            ("9999999.99", "玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ] {
            assert_eq!(Money::parse(amount).unwrap().in_words(), words, "{amount}");
        }
        for (fen, words) in [
            (-1_230, "负壹拾贰元叁角整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (10_000_500_000, "壹亿零伍仟元整"),
            (10_005_000_000, "壹亿零伍万元整"),
            (10_500_000_000, "壹亿零伍佰万元整"),
            (100_010_000_000_000, "壹万零壹亿元整"),
        ] {
            assert_eq!(Money::from_fen(fen).in_words(), words, "{fen}");
        }
    }

    /// Reads a number back by its units, whatever 零 stand in it.
    fn number(words: &str) -> i128 {
        for (name, unit) in [('亿', 100_000_000), ('万', 10_000)] {
            if let Some((above, below)) = words.rsplit_once(name) {
                return number(above) * unit + number(below);
            }
        }
        let mut sum = 0;
        let mut figure = 0;
        for c in words.chars() {
            match DIGITS.iter().position(|digit| digit.starts_with(c)) {
                Some(value) => figure = i128::try_from(value).unwrap(),
                None => {
                    let unit = PLACES.iter().position(|place| place.starts_with(c)).unwrap();
                    sum += figure * 10_i128.pow(u32::try_from(unit).unwrap());
                    figure = 0;
                }
            }
        }
        sum + figure
    }

    fn fen(words: &str) -> i128 {
        if let Some(rest) = words.strip_prefix('负') {
            return -fen(rest);
        }
        let words = words.strip_suffix('整').unwrap_or(words);
        let (yuan, rest) = words.split_once('元').unwrap_or(("", words));
        let (jiao, rest) = rest.split_once('角').unwrap_or(("", rest));
        number(yuan) * 100 + number(jiao) * 10 + number(rest.strip_suffix('分').unwrap_or(rest))
    }

    proptest! {
        #[test]
        fn every_amount_reads_back(amount in prop_oneof![-2_000_000_i128..2_000_000, -10_i128.pow(19)..10_i128.pow(19)]) {
            let words = Money::from_fen(amount).in_words();
            prop_assert_eq!(fen(&words), amount, "{}", words);
            prop_assert!(!words.contains("零零") && !words.contains("零万") && !words.contains("零亿"), "{}", words);
            prop_assert!(amount == 0 || !words.contains("零元"), "{}", words);
            prop_assert_eq!(words.ends_with('整'), !words.ends_with('分'));
        }

        #[test]
        fn round_sums_read_back(figure in 1_i128..100, zeros in 0_u32..16, cents in 0_i128..100) {
            let amount = figure * 10_i128.pow(zeros) * 100 + cents;
            prop_assert_eq!(fen(&Money::from_fen(amount).in_words()), amount);
        }
    }
}
