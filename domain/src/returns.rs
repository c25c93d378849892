//! Reversing part of a line: a full return gives back exactly what was given, in whatever steps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::pricing::Use;
use crate::quantity::Quantity;

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

/// `whole × part / of`, rounded half away from zero.
fn share(whole: i128, part: Quantity, of: Quantity) -> i128 {
    num_rational::Ratio::new(whole * part.milli(), of.milli()).round().to_integer()
}
