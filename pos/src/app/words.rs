//! What the window says of prices and programmes, in words that a cashier can read out.

use chrono::{DateTime, Utc};
use domain::money::Money;
use domain::pricing::{PricedLine, Reason};
use domain::programme::{Benefit, Unit};
use domain::sale::SaleLine;
use domain::tender::TenderKind;
use domain::till::{FamilyProgramme, LeftOver};
use domain::time::{Period, shanghai};

use super::lang::Lang;
use crate::paper::kind_name;

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

/// Quantity with its unit: `2袋`, `1.235公斤`.
pub fn quantity(line: &SaleLine) -> String {
    let unit = if line.product.unit_name.is_empty() {
        match line.basket.unit {
            domain::basket::SaleUnit::Piece => "件",
            domain::basket::SaleUnit::Kg => "公斤",
            domain::basket::SaleUnit::Jin => "斤",
        }
    } else {
        &line.product.unit_name
    };
    format!("{}{unit}", line.basket.quantity)
}

/// Name and specification.
pub fn product(product: &domain::product::Product) -> String {
    if product.spec.is_empty() { product.name.clone() } else { format!("{} {}", product.name, product.spec) }
}

/// Why a line got what it got, where a family may ask; nothing for an ordinary customer.
pub fn reason(lang: Lang, line: &PricedLine) -> Option<&'static str> {
    Some(match line.reason {
        Reason::Full | Reason::NoBeneficiary => return None,
        Reason::QuantityLimited => lang.of("优惠到本期限量为止", "discounted up to the quantity that is left"),
        Reason::AmountLimited => lang.of("优惠到本期额度为止", "discounted up to the amount that is left"),
        Reason::NotEligible => lang.of("今天没有可用的优惠项目", "no programme fits today"),
        Reason::NotInScope => lang.of("不参加优惠", "not part of a programme"),
        Reason::MinimumNotMet => lang.of("还没到起用金额或件数", "the basket is too small yet"),
        Reason::LimitReached => lang.of("本期优惠额度用完了，按正常价算", "limit used up: regular price"),
        Reason::NoReduction => lang.of("现价已经够低，不再优惠", "the price is low enough already"),
    })
}

/// A programme's name, in words that a queue may read.
pub fn programme(lang: Lang, p: &FamilyProgramme) -> String {
    match lang {
        Lang::Zh => kind_name(&p.name_zh),
        Lang::En => match kind_name(&p.name_zh).as_str() {
            "惠民项目" => "Family programme".into(),
            _ => p.name_en.replace(" (demo)", ""),
        },
    }
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

/// What is left of a limit: `本月还可优惠 12.00 元`.
pub fn left(lang: Lang, left: &LeftOver, is_purse: bool) -> String {
    let period = period(lang, left.per);
    let unit = match left.unit {
        None => lang.of("元", "yuan"),
        Some(Unit::Kg) => lang.of("公斤", "kg"),
        Some(Unit::Piece) => lang.of("件", "pieces"),
    };
    match (lang, is_purse) {
        (Lang::Zh, true) => format!("余 {} {unit}", left.amount),
        (Lang::Zh, false) => format!("{period}还可优惠 {} {unit}", left.amount),
        (Lang::En, true) => format!("{} {unit} left", left.amount),
        (Lang::En, false) => format!("{} {unit} left {period}", left.amount),
    }
}

fn period(lang: Lang, per: Period) -> &'static str {
    lang.of(
        domain::receipt::period_name(per),
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

/// A means of payment.
pub fn tender(lang: Lang, kind: TenderKind) -> &'static str {
    lang.of(
        kind.zh(),
        match kind {
            TenderKind::Cash => "Cash",
            TenderKind::Wechat => "WeChat",
            TenderKind::Alipay => "Alipay",
            TenderKind::BankCard => "Bank card",
            TenderKind::ECny => "e-CNY",
        },
    )
}

/// A category of beneficiaries, where somebody asked to see it.
pub fn category(lang: Lang, code: &str) -> String {
    let zh = domain::household::CATEGORIES.iter().find(|(known, _)| *known == code).map(|(_, word)| *word);
    match (lang, zh) {
        (Lang::Zh, Some(word)) => word.into(),
        _ => code.replace('_', " "),
    }
}

/// Time of day in Shanghai.
pub fn clock(at: DateTime<Utc>) -> String {
    at.with_timezone(&shanghai()).format("%H:%M").to_string()
}

/// Day and time in Shanghai of milliseconds since 1970.
pub fn moment(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.with_timezone(&shanghai()).format("%m-%d %H:%M").to_string()
}
