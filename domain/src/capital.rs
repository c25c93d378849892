//! Amounts in the capital figures of Chinese vouchers: 壹仟零伍元叁角整.

use crate::money::Money;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 4] = ["", "万", "亿", "万亿"];

/// An amount in words; a negative one begins with 负.
pub fn in_capitals(amount: Money) -> String {
    let fen = amount.fen().unsigned_abs();
    let (yuan, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut words = String::from(if amount < Money::ZERO { "负" } else { "" });
    if yuan > 0 || fen == 0 {
        words.push_str(&whole(yuan));
        words.push('元');
    }
    match (jiao, rest) {
        (0, 0) => words.push('整'),
        (0, rest) => {
            if yuan > 0 {
                words.push('零');
            }
            words.push(digit(rest));
            words.push('分');
        }
        (jiao, rest) => {
            words.push(digit(jiao));
            words.push('角');
            match rest {
                0 => words.push('整'),
                rest => {
                    words.push(digit(rest));
                    words.push('分');
                }
            }
        }
    }
    words
}

fn digit(n: u128) -> char {
    usize::try_from(n).ok().and_then(|n| DIGITS.get(n).copied()).unwrap_or('零')
}

/// A whole number, in groups of four figures.
fn whole(mut n: u128) -> String {
    if n == 0 {
        return "零".into();
    }
    let mut groups = Vec::new();
    while n > 0 {
        groups.push(n % 10_000);
        n /= 10_000;
    }
    let mut words = String::new();
    let mut is_gap = false;
    for (i, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            is_gap = !words.is_empty();
            continue;
        }
        if !words.is_empty() && (is_gap || *group < 1_000) {
            words.push('零');
        }
        is_gap = false;
        words.push_str(&four(*group));
        words.push_str(GROUPS.get(i).copied().unwrap_or_default());
    }
    words
}

/// Four figures, of which the first may be zero.
fn four(group: u128) -> String {
    let mut words = String::new();
    let mut is_gap = false;
    for (place, size) in [1_000, 100, 10, 1].into_iter().enumerate() {
        let n = group / size % 10;
        if n == 0 {
            is_gap = !words.is_empty();
            continue;
        }
        if is_gap {
            words.push('零');
        }
        is_gap = false;
        words.push(digit(n));
        words.push_str(PLACES.get(3 - place).copied().unwrap_or_default());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_on_a_voucher() {
        for (fen, words) in [
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (105, "壹元零伍分"),
            (120, "壹元贰角整"),
            (1_000, "壹拾元整"),
            (100_530, "壹仟零伍元叁角整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (1_680_032, "壹万陆仟捌佰元叁角贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (1_000_000, "壹万元整"),
            (100_000_500, "壹佰万零伍元整"),
            (10_050_000_000, "壹亿零伍拾万元整"),
            (10_000_000_001, "壹亿元零壹分"),
            (-2_350, "负贰拾叁元伍角整"),
        ] {
            assert_eq!(in_capitals(Money::from_fen(fen)), words, "{fen}");
        }
    }
}
