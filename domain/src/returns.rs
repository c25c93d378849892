//! Reversing part of a line: a full return gives back exactly what was given, in whatever steps. And by which
//! means of payment the money goes back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::pricing::Use;
use crate::quantity::Quantity;
use crate::tender::TenderKind;

/// The figures of a line that a return divides: as sold, as reversed so far, or of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// Taken off by the programme.
    pub discount: Money,
    /// Part of it that the fund repays.
    pub subsidy: Money,
    /// Net less purses: what the customer paid.
    pub paid: Money,
    /// What each purse paid.
    pub purses: BTreeMap<String, Money>,
}

impl Parts {
    /// Sum over purses.
    pub fn purse(&self) -> Money {
        self.purses.values().copied().sum()
    }

    /// What remains of the discount: in one step this may be -0.01.
    pub fn concession(&self) -> Money {
        self.discount - self.subsidy
    }

    /// Adds another step.
    pub fn add(&mut self, step: &Self) {
        self.discount += step.discount;
        self.subsidy += step.subsidy;
        self.paid += step.paid;
        for (code, paid) in &step.purses {
            *self.purses.entry(code.clone()).or_default() += *paid;
        }
    }
}

/// What one more step reverses, when `returned` of `quantity` is back after it and `before` was
/// reversed by earlier steps.
pub fn step(sold: &Parts, quantity: Quantity, returned: Quantity, before: &Parts) -> Parts {
    let part = |whole: Money, already: Money| Money::from_fen(share(whole.fen(), returned, quantity)) - already;
    let purse = |(code, paid): (&String, &Money)| {
        let already = before.purses.get(code).copied().unwrap_or_default();
        (code.clone(), part(*paid, already))
    };
    Parts {
        discount: part(sold.discount, before.discount),
        subsidy: part(sold.subsidy, before.subsidy),
        paid: part(sold.paid, before.paid),
        purses: sold.purses.iter().map(purse).collect(),
    }
}

/// What one more step gives back of one limit, in thousandths of the limit's unit.
pub fn give_back(used: &Use, quantity: Quantity, before: Quantity, returned: Quantity) -> i64 {
    // Yuan follow the money's own rounding, quantities are rounded to three decimals.
    let (smallest, scale) = if used.money { (used.amount.fen(), 10) } else { (used.amount.milli().into(), 1) };
    let difference = share(smallest, returned, quantity) - share(smallest, before, quantity);
    i64::try_from(difference * scale).unwrap_or(0)
}

/// What one means of payment paid of a sale, change already off, and what went back by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidBy {
    /// The means.
    pub kind: TenderKind,
    /// What the sale was paid by it.
    pub paid: Money,
    /// What earlier returns paid back by it.
    pub back: Money,
}

/// How a refund is paid back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PayBack {
    /// As the sale was paid.
    #[default]
    AsPaid,
    /// In cash, whatever the sale was paid by.
    Cash,
}

/// By which means a refund goes back, in the order in which it is paid out. The means by which most is
/// left comes first, of equal ones the one that paid first; by none goes back more than it paid. What no
/// means is left for, because it was paid back in cash before or rounding was, is cash.
pub fn pay_back(refund: Money, how: PayBack, paid: &[PaidBy]) -> Vec<(TenderKind, Money)> {
    let mut rest = refund;
    let mut back: Vec<(TenderKind, Money)> = Vec::new();
    if how == PayBack::AsPaid {
        let mut left: Vec<(TenderKind, Money)> = paid.iter().map(|by| (by.kind, by.paid - by.back)).collect();
        // A stable sort: of equal ones the first stays first.
        left.sort_by_key(|(_, left)| std::cmp::Reverse(*left));
        for (kind, left) in left {
            let part = left.min(rest).max(Money::ZERO);
            if !part.is_zero() {
                back.push((kind, part));
                rest -= part;
            }
        }
    }
    if !rest.is_zero() {
        match back.iter_mut().find(|(kind, _)| *kind == TenderKind::Cash) {
            Some((_, cash)) => *cash += rest,
            None => back.push((TenderKind::Cash, rest)),
        }
    }
    back
}

/// `whole × part / of`, rounded half away from zero.
fn share(whole: i128, part: Quantity, of: Quantity) -> i128 {
    num_rational::Ratio::new(whole * part.milli(), of.milli()).round().to_integer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(fen: i64) -> Money {
        Money::from_fen(fen.into())
    }

    fn by(kind: TenderKind, paid: i64, back: i64) -> PaidBy {
        PaidBy { kind, paid: fen(paid), back: fen(back) }
    }

    #[test]
    fn most_that_is_left_goes_first_and_never_more_than_was_paid() {
        use TenderKind::{Alipay, Cash, Wechat};
        let paid = [by(Cash, 3_000, 0), by(Wechat, 5_000, 2_500), by(Alipay, 2_500, 0)];
        let back = |refund| pay_back(fen(refund), PayBack::AsPaid, &paid);
        assert_eq!(back(0), []);
        assert_eq!(back(2_999), [(Cash, fen(2_999))]);
        assert_eq!(back(5_501), [(Cash, fen(3_000)), (Wechat, fen(2_500)), (Alipay, fen(1))]);
        assert_eq!(pay_back(fen(4_000), PayBack::Cash, &paid), [(Cash, fen(4_000))]);
    }

    #[test]
    fn what_no_means_is_left_for_is_cash() {
        use TenderKind::{Cash, Wechat};
        // In cash before, though it was paid by WeChat: cash is not owed twice.
        let paid = [by(Cash, 0, 4_000), by(Wechat, 10_000, 0)];
        assert_eq!(pay_back(fen(6_000), PayBack::AsPaid, &paid), [(Wechat, fen(6_000))]);
        // Rounded down, and the first step gave back what nobody paid.
        let paid = [by(Cash, 50, 0)];
        assert_eq!(pay_back(fen(55), PayBack::AsPaid, &paid), [(Cash, fen(55))]);
        assert_eq!(pay_back(fen(5), PayBack::AsPaid, &[]), [(Cash, fen(5))]);
    }
}
