//! What the window says of prices and programmes, in words that a cashier can read out.

use chrono::{DateTime, Utc};
use domain::pricing::{PricedLine, Reason};
use domain::programme::Unit;
use domain::sale::SaleLine;
use domain::tender::TenderKind;
use domain::till::{FamilyProgramme, LeftOver};
use domain::time::shanghai;
pub use domain::words::{benefit, category, figure, off, period, yuan};

use crate::paper::kind_name;
use domain::lang::Lang;

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
        Reason::MinimumNotMet => lang.of("还没到起用的金额或种数", "the basket is too small yet"),
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

/// A means of payment.
pub fn tender(lang: Lang, kind: TenderKind) -> &'static str {
    lang.of(kind.zh(), kind.en())
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
