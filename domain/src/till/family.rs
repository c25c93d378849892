//! A verified household as the cashier's panel shows it, after the basket as it stands.

use super::{Context, Till, selling};
use crate::money::Money;
use crate::programme::{Benefit, Limit, Measure, Programme, Unit};
use crate::time::Period;
use crate::usage::Amount;

/// The household beside the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Masked name.
    pub name: String,
    /// Category's code.
    pub category: String,
    /// Persons covered.
    pub size: u32,
    /// Whether balances are fresh.
    pub online: bool,
    /// Programmes that fit today, declined ones among them.
    pub programmes: Vec<FamilyProgramme>,
}

/// One programme that fits the household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyProgramme {
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// What it gives.
    pub benefit: Benefit,
    /// Whether the family does not want it this time.
    pub declined: bool,
    /// The most that is to be paid from the purse, where one was chosen.
    pub purse: Option<Money>,
    /// What this basket takes from it: discount, or payment from the purse.
    pub taken: Money,
    /// What is left of its limits after this basket.
    pub left: Vec<LeftOver>,
}

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOver {
    /// Period in which the limit counts.
    pub per: Period,
    /// How much.
    pub amount: Amount,
    /// Unit of a quantity; none for yuan.
    pub unit: Option<Unit>,
}

impl FamilyProgramme {
    /// Whether it is a value card.
    pub fn is_purse(&self) -> bool {
        self.benefit == Benefit::Purse
    }
}

/// The verified household of the open sale; none where nobody is verified.
pub fn family(till: &Till, cx: &Context) -> Option<Family> {
    let sale = till.screen.open().ok()?;
    let verified = sale.verified.as_ref()?;
    let programmes = selling::fitting(till, cx).ok()?;
    let programme = |p: &Programme| {
        let sum = sale.priced.as_ref().and_then(|priced| priced.programmes.iter().find(|sum| sum.code == p.code));
        FamilyProgramme {
            code: p.code.clone(),
            name_zh: p.name_zh.clone(),
            name_en: p.name_en.clone(),
            benefit: p.benefit,
            declined: sale.decline.contains(&p.code),
            purse: sale.purses.get(&p.code).copied(),
            taken: sum.map(|sum| sum.discount + sum.purse).unwrap_or_default(),
            left: left_after(till, p),
        }
    };
    Some(Family {
        name: verified.entry.name.clone(),
        category: verified.entry.category.clone(),
        size: verified.entry.size,
        online: verified.online,
        programmes: programmes.into_iter().map(programme).collect(),
    })
}

/// What is left of a programme's limits once this basket's part is counted.
fn left_after(till: &Till, p: &Programme) -> Vec<LeftOver> {
    let Some((sale, verified)) = till.screen.open().ok().and_then(|s| Some((s, s.verified.as_ref()?))) else {
        return Vec::new();
    };
    let mut used = verified.used.clone();
    let lines = sale.priced.iter().flat_map(|priced| &priced.lines);
    for used_here in lines.flat_map(|line| &line.uses).filter(|u| u.programme == p.code) {
        used.add(&used_here.programme, &used_here.limit, used_here.amount);
    }
    let unit = |limit: &Limit| match limit.measure {
        Measure::Discount(_) => None,
        Measure::Quantity(_, unit) => Some(unit),
    };
    selling::left(p, verified.entry.size, &used)
        .into_iter()
        .filter_map(|(id, amount)| {
            let limit = p.limit(&id)?;
            Some(LeftOver { per: limit.per, amount, unit: unit(limit) })
        })
        .collect()
}
