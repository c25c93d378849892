//! What is granted of each line: the lower of what was claimed and what headquarters comes to.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::pricing::{Priced, PricedLine, Totals, uses};
use domain::programme::Programme;
use domain::quantity::Quantity;
use domain::returns::Parts;

use super::Posted;
use crate::service::stated;

/// Amounts by line of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    lines: BTreeMap<u32, Amounts>,
}

/// Amounts of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// Programme that takes something off.
    pub programme: Option<String>,
    /// Taken off.
    pub discount: Money,
    /// Repaid by the fund.
    pub subsidy: Money,
    /// Paid by purses.
    pub purses: BTreeMap<String, Money>,
    /// Part of the quantity that the discount stands for.
    pub quantity: Quantity,
}

impl Amounts {
    fn claimed(line: &stated::Line) -> Self {
        Self {
            programme: line.programme.as_ref().map(|(code, _)| code.clone()),
            discount: line.discount,
            subsidy: line.subsidy,
            purses: line.purses.clone(),
            quantity: line.quantity,
        }
    }

    /// The lower of this and headquarters' own answer. Another programme's discount grants nothing
    /// to this one.
    fn lowered(&self, own: Option<&PricedLine>) -> Self {
        let own = own.map(|own| Self {
            programme: own.programme.clone(),
            discount: own.discount,
            subsidy: own.subsidy,
            purses: own.purses.clone(),
            quantity: own.discounted_quantity,
        });
        self.at_most(own.as_ref())
    }

    /// The lower of this and other amounts of the line.
    fn at_most(&self, own: Option<&Self>) -> Self {
        let same = own.filter(|own| own.programme.is_some() && own.programme == self.programme);
        let discount = self.discount.min(same.map_or(Money::ZERO, |own| own.discount));
        let purse = |(code, paid): (&String, &Money)| {
            let own = own.and_then(|own| own.purses.get(code)).copied().unwrap_or_default();
            let paid = own.min(*paid);
            (!paid.is_zero()).then(|| (code.clone(), paid))
        };
        Self {
            programme: self.programme.clone(),
            discount,
            subsidy: self.subsidy.min(same.map_or(Money::ZERO, |own| own.subsidy)).min(discount),
            purses: self.purses.iter().filter_map(purse).collect(),
            quantity: self.quantity.min(same.map_or(Quantity::ZERO, |own| own.quantity)),
        }
    }

    fn money(&self) -> (Money, Money, &BTreeMap<String, Money>) {
        (self.discount, self.subsidy, &self.purses)
    }
}

impl Granted {
    /// All of it, as claimed.
    pub fn as_claimed(said: &stated::Claim) -> Self {
        Self { lines: said.lines.iter().map(|l| (l.basket.line, Amounts::claimed(l))).collect() }
    }

    /// Lines whose amounts are known.
    pub fn of_lines(lines: BTreeMap<u32, Amounts>) -> Self {
        Self { lines }
    }

    /// One line's amounts.
    pub fn line(&self, number: u32) -> Option<&Amounts> {
        self.lines.get(&number)
    }

    /// By programme, what was given (discounts and payments) and what of discounts is repaid.
    pub fn sums(&self) -> BTreeMap<String, (Money, Money)> {
        let mut sums: BTreeMap<String, (Money, Money)> =
            self.by_programme().into_iter().map(|(code, given)| (code, (given, Money::ZERO))).collect();
        for line in self.lines.values() {
            if let Some(code) = &line.programme {
                sums.entry(code.clone()).or_default().1 += line.subsidy;
            }
        }
        sums
    }

    /// Each line with no more than another grant gives it.
    pub fn at_most(&self, most: &Self) -> Self {
        let lower = |(line, amounts): (&u32, &Amounts)| (*line, amounts.at_most(most.lines.get(line)));
        Self { lines: self.lines.iter().map(lower).collect() }
    }

    /// Nothing of any line.
    pub fn nothing(said: &stated::Claim) -> Self {
        let none = |line: &stated::Line| {
            let zero = Amounts {
                programme: None,
                discount: Money::ZERO,
                subsidy: Money::ZERO,
                purses: BTreeMap::new(),
                quantity: Quantity::ZERO,
            };
            (line.basket.line, zero)
        };
        Self { lines: said.lines.iter().map(none).collect() }
    }

    /// Each named line with no more of the funds' money than is said for it: what is taken off comes off the
    /// subsidy first, then off what purses paid. What the store bears itself stays.
    pub fn paid_at_most(&self, most: &BTreeMap<u32, Money>) -> Self {
        let lower = |(number, amounts): (&u32, &Amounts)| {
            let mut amounts = amounts.clone();
            if let Some(most) = most.get(number) {
                let paid: Money = amounts.subsidy + amounts.purses.values().copied().sum();
                let mut over = (paid - *most).max(Money::ZERO);
                let off = over.min(amounts.subsidy);
                amounts.subsidy -= off;
                amounts.discount -= off;
                over -= off;
                for paid in amounts.purses.values_mut().rev() {
                    let off = over.min(*paid);
                    *paid -= off;
                    over -= off;
                }
                amounts.purses.retain(|_, paid| !paid.is_zero());
            }
            (*number, amounts)
        };
        Self { lines: self.lines.iter().map(lower).collect() }
    }

    /// The lower of claimed and own, line by line.
    pub fn lower(said: &stated::Claim, own: &Priced) -> Self {
        Self::as_claimed(said).lowered_to(own)
    }

    /// Each line lowered to headquarters' answer.
    pub fn lowered_to(&self, own: &Priced) -> Self {
        let lower = |(line, amounts): (&u32, &Amounts)| {
            let own = own.lines.iter().find(|own| own.line == *line);
            (*line, amounts.lowered(own))
        };
        Self { lines: self.lines.iter().map(lower).collect() }
    }

    /// Whether less money is granted than was claimed.
    pub fn is_cut(&self, said: &stated::Claim) -> bool {
        said.lines.iter().any(|line| self.is_line_cut(line))
    }

    /// Whether a line is granted less money than was claimed for it.
    pub fn is_line_cut(&self, line: &stated::Line) -> bool {
        let claimed = Amounts::claimed(line);
        self.lines.get(&line.basket.line).is_none_or(|granted| granted.money() != claimed.money())
    }

    /// The programmes that are granted less money on a line than was claimed for them.
    pub fn cut_on<'l>(&self, line: &'l stated::Line) -> Vec<&'l String> {
        let granted = self.lines.get(&line.basket.line);
        let off = |g: &Amounts| (g.discount, g.subsidy);
        let is_off_cut = granted.map(off) != Some((line.discount, line.subsidy));
        let discount = line.programme.iter().map(|(code, _)| code).filter(|_| is_off_cut);
        let is_paid = |code: &String, paid: &Money| granted.is_some_and(|g| g.purses.get(code) == Some(paid));
        let purses = line.purses.iter().filter(|(code, paid)| !is_paid(code, paid)).map(|(code, _)| code);
        discount.chain(purses).collect()
    }

    /// Discounts and payments by programme.
    pub fn by_programme(&self) -> BTreeMap<String, Money> {
        let mut sums: BTreeMap<String, Money> = BTreeMap::new();
        for line in self.lines.values() {
            if let Some(code) = &line.programme {
                *sums.entry(code.clone()).or_default() += line.discount;
            }
            for (code, paid) in &line.purses {
                *sums.entry(code.clone()).or_default() += *paid;
            }
        }
        sums
    }

    /// By programme, how much this is above `lower`.
    pub fn above(&self, lower: &Self) -> BTreeMap<String, Money> {
        let lower = lower.by_programme();
        let over = |(code, sum): (String, Money)| {
            let over = sum - lower.get(&code).copied().unwrap_or_default();
            (over > Money::ZERO).then_some((code, over))
        };
        self.by_programme().into_iter().filter_map(over).collect()
    }

    /// Sums, with the keys of pricing.md.
    pub fn totals(&self, said: &stated::Claim) -> Totals {
        let mut totals = Totals { gross: said.totals.gross, promotion: said.totals.promotion, ..Totals::default() };
        for line in self.lines.values() {
            totals.discount += line.discount;
            totals.subsidy += line.subsidy;
            totals.purse += line.purses.values().copied().sum();
        }
        totals.concession = totals.discount - totals.subsidy;
        totals.net = totals.gross - totals.promotion - totals.discount;
        totals.due = totals.net - totals.purse;
        totals.claim = totals.subsidy + totals.purse;
        totals
    }

    /// What balances count and returns divide, line by line.
    pub fn posted(&self, said: &stated::Claim, programmes: &[Programme]) -> Vec<Posted> {
        let of = |code: &str| programmes.iter().find(|p| p.code == code);
        said.lines
            .iter()
            .filter_map(|line| {
                let amounts = self.lines.get(&line.basket.line)?;
                let mut used = Vec::new();
                if let Some(p) = amounts.programme.as_deref().and_then(of).filter(|_| !amounts.discount.is_zero()) {
                    used.extend(uses(p, &line.basket, amounts.discount, amounts.quantity));
                }
                for (code, paid) in &amounts.purses {
                    used.extend(of(code).into_iter().flat_map(|p| uses(p, &line.basket, *paid, Quantity::ZERO)));
                }
                let purse: Money = amounts.purses.values().copied().sum();
                let net = line.basket.gross() - line.basket.promotion - amounts.discount;
                Some(Posted {
                    line: line.basket.line,
                    quantity: line.basket.quantity.to_string(),
                    parts: Parts {
                        discount: amounts.discount,
                        subsidy: amounts.subsidy,
                        paid: net - purse,
                        purses: amounts.purses.clone(),
                    },
                    uses: used,
                })
            })
            .collect()
    }
}
