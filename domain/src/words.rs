//! Amounts, programmes and periods in words: the same on till and console.

use crate::lang::Lang;
use crate::money::Money;
use crate::programme::{Benefit, Unit};
use crate::time::Period;

/// An amount as screens show it: `¥1,234.50`.
pub fn yuan(amount: Money) -> String {
    let text = amount.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    format!("{sign}¥{}", grouped(digits))
}

/// The same without the sign of the currency, for columns.
pub fn figure(amount: Money) -> String {
    let text = amount.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    format!("{sign}{}", grouped(digits))
}

/// An amount that is taken off.
pub fn off(amount: Money) -> String {
    format!("−{}", grouped(&amount.to_string()))
}

fn grouped(digits: &str) -> String {
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    if cents.is_empty() { text } else { format!("{text}.{cents}") }
}

/// What a programme gives, in words.
pub fn benefit(lang: Lang, benefit: Benefit) -> String {
    let each = |unit: Unit| match unit {
        Unit::Piece => lang.of("每件", "each piece"),
        Unit::Kg => lang.of("每公斤", "each kg"),
    };
    match benefit {
        Benefit::PercentOff(percent) => {
            let points = percent.basis_points();
            let shown = if points % 100 == 0 {
                (points / 100).to_string()
            } else {
                format!("{}.{:02}", points / 100, points % 100)
            };
            match (lang, zhe(points)) {
                (Lang::Zh, Some(zhe)) => format!("{zhe}（优惠{shown}%）"),
                (Lang::Zh, None) => format!("优惠{shown}%"),
                (Lang::En, _) => format!("{shown}% off"),
            }
        }
        Benefit::AmountOff(amount, unit) => match lang {
            Lang::Zh => format!("{}立减 {amount} 元", each(unit)),
            Lang::En => format!("¥{amount} off {}", each(unit)),
        },
        Benefit::FixedPrice(amount, unit) => match lang {
            Lang::Zh => format!("特价 {}{amount} 元", each(unit)),
            Lang::En => format!("special price ¥{amount} {}", each(unit)),
        },
        Benefit::Purse => lang.of("爱心卡，可抵货款", "value card, pays for goods").into(),
    }
}

/// 8 percent off is 九二折; a whole tenth has one figure: 20 percent off is 八折.
fn zhe(basis_points: i128) -> Option<String> {
    const FIGURES: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let rest = 100 - basis_points / 100;
    if basis_points % 100 != 0 || !(1..100).contains(&rest) {
        return None;
    }
    let figure = |n: i128| FIGURES[usize::try_from(n).unwrap_or(0)];
    match (rest / 10, rest % 10) {
        (0, ones) => Some(format!("零点{}折", figure(ones))),
        (tens, 0) => Some(format!("{}折", figure(tens))),
        (tens, ones) => Some(format!("{}{}折", figure(tens), figure(ones))),
    }
}

/// A period, as in 12.00 left this month.
pub fn period(lang: Lang, per: Period) -> &'static str {
    lang.of(
        crate::receipt::period_name(per),
        match per {
            Period::Sale => "this time",
            Period::Day => "today",
            Period::Week => "this week",
            Period::Month => "this month",
            Period::TwoMonths => "these two months",
            Period::Quarter => "this quarter",
            Period::HalfYear => "this half-year",
            Period::Year => "this year",
            Period::Programme => "in all",
        },
    )
}

/// A category of beneficiaries, in words.
pub fn category(lang: Lang, code: &str) -> String {
    let zh = crate::household::CATEGORIES.iter().find(|(known, _)| *known == code).map(|(_, word)| *word);
    match (lang, zh) {
        (Lang::Zh, Some(word)) => word.into(),
        _ => code.replace('_', " "),
    }
}
