//! Receipts: from a sale to what stands on the paper.

use chrono::{DateTime, Utc};
use domain::money::Money;
use domain::programme::{Measure, Programme, Unit};
use domain::receipt::{Kind, Left, Line, Receipt, note, period_name};
use domain::sale::Draft;
use domain::tender::TenderKind;
use domain::till::selling::left;
use domain::time::Period;

use crate::shop::Identity;

/// Words that never stand on a family's paper.
const UNKIND: [&str; 7] = ["低保", "特困", "困难", "救助", "贫困", "残疾", "孤儿"];

/// What the paper says of the shop.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// Name at the head.
    pub store_name: String,
    /// Phone for complaints.
    pub phone: String,
    /// Whether the paper is no voucher.
    pub is_training: bool,
}

/// Paper with the shop at its head and nothing on it yet.
pub fn blank(kind: Kind, identity: &Identity, head: &Letterhead, number: &str, at: DateTime<Utc>, by: &str) -> Receipt {
    Receipt {
        kind,
        store_name: head.store_name.clone(),
        store: identity.store.clone(),
        till: identity.till.clone(),
        number: number.into(),
        at,
        cashier: by.into(),
        lines: Vec::new(),
        gross: Money::ZERO,
        promotion: Money::ZERO,
        discount: Money::ZERO,
        purse: Money::ZERO,
        rounding: Money::ZERO,
        waived: Money::ZERO,
        due: Money::ZERO,
        tenders: Vec::new(),
        change: Money::ZERO,
        left: Vec::new(),
        phone: head.phone.clone(),
        qr: None,
        copy: 0,
        training: head.is_training,
    }
}

/// The receipt of a sale; `address` is where its record can be looked up.
pub fn of_sale(
    draft: &Draft,
    number: &str,
    identity: &Identity,
    head: &Letterhead,
    programmes: &[Programme],
    address: Option<String>,
) -> Receipt {
    let totals = &draft.priced.totals;
    let lines = draft.lines.iter().filter_map(|line| {
        let priced = draft.priced.lines.iter().find(|p| p.line == line.basket.line)?;
        let programme = priced.programme.as_ref().map(|code| paper_name(programmes, code));
        let product = &line.product;
        Some(Line {
            name: if product.spec.is_empty() {
                product.name.clone()
            } else {
                format!("{} {}", product.name, product.spec)
            },
            code: line.basket.product.parts().1,
            quantity: line.basket.quantity,
            unit_name: product.unit_name.clone(),
            unit_price: line.basket.unit_price,
            amount: priced.gross,
            promotion: priced.promotion,
            discount: programme.map(|name| (name, priced.discount)),
            note: note(priced.reason),
        })
    });
    let is_beside = draft.tenders.iter().any(|t| t.kind == TenderKind::Host);
    let kind = if is_beside { Kind::Beside { host_receipt: draft.host_receipt.clone() } } else { Kind::Sale };
    Receipt {
        lines: lines.collect(),
        gross: totals.gross,
        promotion: totals.promotion,
        discount: totals.discount,
        purse: totals.purse,
        rounding: draft.rounding,
        waived: draft.waived,
        due: totals.due - draft.rounding - draft.waived,
        tenders: draft
            .tenders
            .iter()
            .filter(|t| !t.amount.is_zero() || t.kind != TenderKind::Cash)
            .map(|t| (t.kind.zh().into(), t.amount))
            .collect(),
        change: draft.change,
        left: left_after(draft, programmes),
        qr: address,
        ..blank(kind, identity, head, number, draft.at, &draft.cashier)
    }
}

/// What is left of the limits of each programme that had part in the sale.
fn left_after(draft: &Draft, programmes: &[Programme]) -> Vec<Left> {
    let Some(verified) = &draft.verified else {
        return Vec::new();
    };
    let mut used = verified.used.clone();
    for line in &draft.priced.lines {
        for one in &line.uses {
            used.add(&one.programme, &one.limit, one.amount);
        }
    }
    let mut rows = Vec::new();
    for sum in &draft.priced.programmes {
        let Some(programme) = programmes.iter().find(|p| p.code == sum.code && p.version == sum.version) else {
            continue;
        };
        for (id, amount) in left(programme, verified.entry.size, &used) {
            let Some(limit) = programme.limit(&id).filter(|limit| limit.per != Period::Sale) else {
                continue;
            };
            let unit = match limit.measure {
                Measure::Discount(_) => "元",
                Measure::Quantity(_, Unit::Kg) => "公斤",
                Measure::Quantity(_, Unit::Piece) => "件",
            };
            let name = paper_name(programmes, &sum.code);
            rows.push(Left { name, period: period_name(limit.per).into(), amount: format!("{amount}{unit}") });
        }
    }
    rows
}

/// A programme's name as the paper may show it: neutral words, or none at all.
fn paper_name(programmes: &[Programme], code: &str) -> String {
    kind_name(programmes.iter().find(|p| p.code == code).map(|p| p.name_zh.as_str()).unwrap_or_default())
}

/// The same for a name: what paper and screen, which a queue can read, may say.
pub fn kind_name(name: &str) -> String {
    let name = name.strip_suffix("（演示）").unwrap_or(name);
    if name.is_empty() || UNKIND.iter().any(|word| name.contains(word)) { "惠民项目".into() } else { name.into() }
}

/// Where anyone can see whether a slip was claimed (spec/sync.md, "The public log").
pub fn address(identity: &Identity, record_id: &str, hash: &str) -> String {
    let host = identity.hq_url.split_once("://").map_or(identity.hq_url.as_str(), |(_, rest)| rest);
    let short = hash.get(..16).unwrap_or(hash);
    format!("https://{}/r/{record_id}.{short}", host.trim_end_matches('/'))
}

/// The receipt of a return.
pub fn of_return(
    sale: &Receipt,
    number: &str,
    lines: Vec<Line>,
    sums: ReturnSums,
    at: DateTime<Utc>,
    cashier: &str,
    qr: Option<String>,
) -> Receipt {
    let of = sale.number.clone();
    Receipt {
        kind: if sums.is_void { Kind::Void { of } } else { Kind::Return { of } },
        number: number.into(),
        at,
        cashier: cashier.into(),
        lines,
        gross: Money::ZERO,
        promotion: Money::ZERO,
        discount: sums.discount,
        purse: sums.purse,
        rounding: Money::ZERO,
        waived: Money::ZERO,
        due: sums.refund,
        tenders: Vec::new(),
        change: Money::ZERO,
        left: Vec::new(),
        qr,
        copy: 0,
        ..sale.clone()
    }
}

/// A refund that is all cash, as the paper has it.
pub fn in_cash(refund: Money) -> Vec<(String, Money)> {
    if refund.is_zero() { Vec::new() } else { vec![(TenderKind::Cash.zh().into(), refund)] }
}

/// What a return moves.
#[derive(Debug, Clone, Copy)]
pub struct ReturnSums {
    /// Reversed of discounts.
    pub discount: Money,
    /// Given back to purses.
    pub purse: Money,
    /// Given back to the customer.
    pub refund: Money,
    /// Whether the whole sale is void.
    pub is_void: bool,
}
