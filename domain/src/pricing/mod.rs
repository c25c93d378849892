//! The one rule set that a till and headquarters both run: what each programme takes off a basket,
//! and who bears it. Exact fractions throughout; rounding is half away from zero.
//!
//! Documents bound every factor (money below 10⁷ yuan, quantities below 10⁵), so numerators and
//! denominators of cross products stay below 10³⁵ and an `i128` holds them.

use std::collections::BTreeMap;

use crate::barcode::ProductKey;
use crate::basket::{Basket, BasketLine, SaleUnit};
use crate::money::Money;
use crate::programme::{Benefit, Measure, Minimum, Offline, Programme, Unit};
use crate::quantity::Quantity;
use crate::time::Period;
use crate::usage::{Amount, OFFLINE};
use num_rational::Ratio;

mod answer;

pub use answer::{Priced, PricedLine, ProgrammeSum, Reason, Totals, Use};

type Fraction = Ratio<i128>;

/// The versions that count on the basket's date: the highest in force of each code.
pub fn counting<'a>(programmes: &'a [Programme], basket: &Basket) -> Vec<&'a Programme> {
    let mut by_code: BTreeMap<&str, &Programme> = BTreeMap::new();
    for p in programmes.iter().filter(|p| p.in_force(basket.business_date)) {
        let best = by_code.entry(&p.code).or_insert(p);
        if p.version > best.version {
            *best = p;
        }
    }
    by_code.into_values().collect()
}

/// Whether a programme fits the basket's beneficiary, store and day, and is not declined.
pub fn fits(p: &Programme, basket: &Basket) -> bool {
    let Some(b) = &basket.beneficiary else {
        return false;
    };
    let absent_or =
        |list: &Option<Vec<String>>, test: &dyn Fn(&String) -> bool| list.as_ref().is_none_or(|l| l.iter().any(test));
    let weekday = chrono::Datelike::weekday(&basket.business_date);
    p.in_force(basket.business_date)
        && p.categories.contains(&b.category)
        && absent_or(&p.tags, &|tag| b.tags.contains(tag))
        && absent_or(&p.districts, &|prefix| b.district.starts_with(prefix.as_str()))
        && absent_or(&p.stores, &|store| *store == basket.store)
        && p.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
        && !basket.decline.contains(&p.code)
}

/// Prices a basket.
pub fn price(programmes: &[Programme], basket: &Basket) -> Priced {
    let mut fitting: Vec<Fitting<'_>> =
        counting(programmes, basket).into_iter().filter(|p| fits(p, basket)).map(|p| Fitting::new(p, basket)).collect();
    let mut lines: Vec<PricedLine> =
        basket.lines.iter().map(|line| discount_line(&mut fitting, basket, line)).collect();
    let mut purses: Vec<&mut Fitting<'_>> = fitting.iter_mut().filter(|f| f.programme.is_purse()).collect();
    purses.sort_by_key(|f| (f.programme.priority, f.programme.code.clone()));
    for purse in purses {
        pay_from_purse(purse, basket, &mut lines);
    }
    let versions: BTreeMap<String, u32> =
        fitting.iter().map(|f| (f.programme.code.clone(), f.programme.version)).collect();
    summed(lines, &versions)
}

/// Adds up lines that were priced (or granted) one by one.
pub fn summed(lines: Vec<PricedLine>, versions: &BTreeMap<String, u32>) -> Priced {
    let mut sums: BTreeMap<String, ProgrammeSum> = BTreeMap::new();
    let mut totals = Totals::default();
    for line in &lines {
        totals.gross += line.gross;
        totals.promotion += line.promotion;
        totals.discount += line.discount;
        totals.subsidy += line.subsidy;
        totals.concession += line.concession;
        totals.net += line.net;
        totals.purse += line.purse;
        let mut sum_of = |code: &str| -> ProgrammeSum {
            sums.remove(code).unwrap_or_else(|| ProgrammeSum {
                code: code.into(),
                version: versions.get(code).copied().or(line.version).unwrap_or(0),
                discount: Money::ZERO,
                subsidy: Money::ZERO,
                concession: Money::ZERO,
                purse: Money::ZERO,
            })
        };
        let mut changed = Vec::new();
        if let Some(code) = &line.programme {
            let mut sum = sum_of(code);
            sum.discount += line.discount;
            sum.subsidy += line.subsidy;
            sum.concession += line.concession;
            changed.push(sum);
        }
        for (code, paid) in &line.purses {
            let mut sum = sum_of(code);
            sum.purse += *paid;
            changed.push(sum);
        }
        sums.extend(changed.into_iter().map(|sum| (sum.code.clone(), sum)));
    }
    totals.due = totals.net - totals.purse;
    totals.claim = totals.subsidy + totals.purse;
    Priced { lines, programmes: sums.into_values().collect(), totals }
}

/// A programme that fits, and what is left of it as the lines go by.
struct Fitting<'a> {
    programme: &'a Programme,
    /// Left of each limit, in fen or thousandths.
    left: Vec<Left>,
    /// Left of the offline amount in fen, where one binds.
    offline: Option<i128>,
    minimum_met: bool,
}

enum Left {
    Once(i128),
    EachProduct { figure: i128, taken: BTreeMap<ProductKey, i128> },
}

/// What a candidate would do for a line.
struct Candidate {
    index: usize,
    full: i128,
    wanted: i128,
    available: i128,
    discountable: i128,
}

impl<'a> Fitting<'a> {
    fn new(programme: &'a Programme, basket: &Basket) -> Self {
        let size = basket.beneficiary.as_ref().map_or(1, |b| b.size);
        let left = programme.limits.iter().map(|limit| {
            let used = basket.used.get(&programme.code, &limit.id);
            let (figure, used) = match &limit.measure {
                Measure::Discount(table) => (table.figure(size).map_or(0, Money::fen), used.fen()),
                Measure::Quantity(table, _) => (table.figure(size).map_or(0, Quantity::milli), used.milli().into()),
            };
            let used = if limit.per == Period::Sale { 0 } else { used };
            let figure = (figure - used).max(0);
            if limit.each_product { Left::EachProduct { figure, taken: BTreeMap::new() } } else { Left::Once(figure) }
        });
        let offline = programme.offline.filter(|_| !basket.online).map(|bound| {
            let used = basket.used.get(&programme.code, OFFLINE).fen();
            (offline_amount(bound, basket).fen() - used).max(0)
        });
        let mut fitting = Self { programme, left: left.collect(), offline, minimum_met: true };
        if let Some(minimum) = programme.minimum {
            fitting.minimum_met = fitting.reaches(minimum, basket);
        }
        fitting
    }

    fn reaches(&self, minimum: Minimum, basket: &Basket) -> bool {
        let lines: Vec<_> = basket.lines.iter().filter(|line| in_scope(self.programme, line)).collect();
        let gross: Money = lines.iter().map(|line| line.gross()).sum();
        let kinds = lines.iter().map(|line| &line.product).collect::<std::collections::BTreeSet<_>>().len();
        minimum.gross.is_none_or(|needed| gross >= needed)
            && minimum.kinds.is_none_or(|needed| usize::try_from(needed).is_ok_and(|needed| kinds >= needed))
    }

    /// Indexes of the limits that match a line.
    fn matching<'l>(&self, line: &'l BasketLine) -> impl Iterator<Item = usize> + use<'a, 'l> {
        let p = self.programme;
        (0..p.limits.len()).filter(move |i| matches(p.limits[*i].selector.as_ref(), line))
    }

    fn left_of(&self, limit: usize, product: &ProductKey) -> i128 {
        match &self.left[limit] {
            Left::Once(left) => *left,
            Left::EachProduct { figure, taken } => figure - taken.get(product).copied().unwrap_or(0),
        }
    }

    fn take(&mut self, limit: usize, product: &ProductKey, amount: i128) {
        match &mut self.left[limit] {
            Left::Once(left) => *left -= amount,
            Left::EachProduct { taken, .. } => *taken.entry(product.clone()).or_default() += amount,
        }
    }

    /// The lowest that discount limits and the offline amount leave of `wanted`, in fen.
    fn bounded(&self, line: &BasketLine, wanted: i128) -> i128 {
        self.matching(line)
            .filter(|i| matches!(self.programme.limits[*i].measure, Measure::Discount(_)))
            .map(|i| self.left_of(i, &line.product))
            .chain(self.offline)
            .fold(wanted, i128::min)
            .max(0)
    }

    /// How much of the line's quantity the quantity limits leave, in thousandths of a line unit.
    fn discountable(&self, line: &BasketLine) -> i128 {
        let mut discountable = line.quantity.milli();
        for i in self.matching(line) {
            if let Measure::Quantity(_, unit) = self.programme.limits[i].measure
                && let Some(f) = factor(line, unit)
            {
                let in_line_units = Fraction::from(self.left_of(i, &line.product)) / f;
                discountable = discountable.min(in_line_units.floor().to_integer());
            }
        }
        discountable.max(0)
    }

    fn candidate(&self, index: usize, line: &BasketLine) -> Candidate {
        let discountable = self.discountable(line);
        let full = round(off(self.programme, line, line.quantity.milli()));
        let wanted = round(off(self.programme, line, discountable));
        Candidate { index, full, wanted, available: self.bounded(line, wanted), discountable }
    }

    /// Counts a discount or a payment against the limits, and says what it used.
    fn use_up(&mut self, line: &BasketLine, fen: i128, quantity: Quantity) -> Vec<Use> {
        let uses = uses(self.programme, line, Money::from_fen(fen), quantity);
        for i in self.matching(line) {
            let id = &self.programme.limits[i].id;
            if let Some(used) = uses.iter().find(|used| used.limit == *id) {
                self.take(i, &line.product, if used.money { used.amount.fen() } else { used.amount.milli().into() });
            }
        }
        if let Some(left) = &mut self.offline {
            *left -= fen;
        }
        uses
    }
}

/// What a discount (or a purse's payment) on a line uses of the programme's limits: its amount of
/// every matching discount limit and of the offline amount, and the discounted quantity, turned
/// into the limit's unit, of every matching quantity limit.
pub fn uses(p: &Programme, line: &BasketLine, taken: Money, quantity: Quantity) -> Vec<Use> {
    let of = |limit: &str, amount: Amount, money: bool| Use {
        programme: p.code.clone(),
        limit: limit.into(),
        amount,
        money,
    };
    let mut uses: Vec<Use> = p
        .limits
        .iter()
        .filter(|limit| matches(limit.selector.as_ref(), line))
        .map(|limit| match limit.measure {
            Measure::Discount(_) => of(&limit.id, taken.into(), true),
            Measure::Quantity(_, unit) => {
                let f = factor(line, unit).unwrap_or_else(|| Fraction::from(0));
                let turned = Quantity::from_milli(round(Fraction::from(quantity.milli()) * f));
                of(&limit.id, turned.into(), false)
            }
        })
        .collect();
    if p.offline.is_some() {
        uses.push(of(OFFLINE, taken.into(), true));
    }
    uses
}

/// The offline amount for the basket's household at the basket's store.
pub fn offline_amount(bound: Offline, basket: &Basket) -> Money {
    let home = basket.beneficiary.as_ref().and_then(|b| b.home_store.as_ref());
    if home == Some(&basket.store) { bound.home } else { bound.other }
}

fn matches(selector: Option<&crate::barcode::Selector>, line: &BasketLine) -> bool {
    selector.is_none_or(|s| s.matches(&line.product, &line.group))
}

/// How many of `unit` are in one line unit; none where it cannot be turned.
fn factor(line: &BasketLine, unit: Unit) -> Option<Fraction> {
    match (line.unit, unit) {
        (SaleUnit::Piece, Unit::Piece) | (SaleUnit::Kg, Unit::Kg) => Some(Fraction::from(1)),
        (SaleUnit::Jin, Unit::Kg) => Some(Fraction::new(1, 2)),
        (SaleUnit::Piece, Unit::Kg) => line.content_kg.map(|kg| Fraction::new(kg.milli(), 1000)),
        (SaleUnit::Kg | SaleUnit::Jin, Unit::Piece) => None,
    }
}

/// Whether a line is in a programme's scope, units included.
pub fn in_scope(p: &Programme, line: &BasketLine) -> bool {
    let hits = |selector: &crate::barcode::Selector| selector.matches(&line.product, &line.group);
    let benefit_unit = match p.benefit {
        Benefit::AmountOff(_, unit) | Benefit::FixedPrice(_, unit) => Some(unit),
        Benefit::PercentOff(_) | Benefit::Purse => None,
    };
    let ceilings = p.ceilings.iter().filter(|c| hits(&c.selector)).map(|c| c.unit);
    let limits = p.limits.iter().filter(|l| matches(l.selector.as_ref(), line)).filter_map(|l| match l.measure {
        Measure::Quantity(_, unit) => Some(unit),
        Measure::Discount(_) => None,
    });
    p.include.iter().any(hits)
        && !p.exclude.iter().any(hits)
        && benefit_unit.into_iter().chain(ceilings).chain(limits).all(|unit| factor(line, unit).is_some())
}

/// What any customer pays for `x` thousandths of the line's quantity, in fen.
fn paid(line: &BasketLine, x: i128) -> Fraction {
    let regular = line.gross() - line.promotion;
    Fraction::new(regular.fen() * x, line.quantity.milli())
}

/// What the fund looks at for `x` thousandths, in fen.
fn base(p: &Programme, line: &BasketLine, x: i128) -> Fraction {
    let mut base = paid(line, x);
    for ceiling in &p.ceilings {
        if ceiling.selector.matches(&line.product, &line.group)
            && let Some(f) = factor(line, ceiling.unit)
        {
            base = base.min(f * Fraction::new(ceiling.price.fen() * x, 1000));
        }
    }
    if let Some(lowest) = line.lowest_price_7d.filter(|_| p.lowest_price_7d) {
        base = base.min(Fraction::new(lowest.fen() * x, 1000));
    }
    base
}

/// What the benefit takes off `x` thousandths, in fen, unrounded.
fn off(p: &Programme, line: &BasketLine, x: i128) -> Fraction {
    match p.benefit {
        Benefit::PercentOff(percent) => base(p, line, x) * Fraction::new(percent.basis_points(), 10_000),
        Benefit::AmountOff(amount, unit) => per_unit(line, amount, unit, x).min(base(p, line, x)),
        Benefit::FixedPrice(price, unit) => above_zero(paid(line, x) - per_unit(line, price, unit, x)),
        Benefit::Purse => Fraction::from(0),
    }
}

/// `amount` for each of `unit` in `x` thousandths of the line's quantity, in fen.
fn per_unit(line: &BasketLine, amount: Money, unit: Unit, x: i128) -> Fraction {
    factor(line, unit).map_or(Fraction::from(0), |f| f * Fraction::new(amount.fen() * x, 1000))
}

fn above_zero(fraction: Fraction) -> Fraction {
    fraction.max(Fraction::from(0))
}

/// Rounds half away from zero. `Ratio::round` does just that.
fn round(fraction: Fraction) -> i128 {
    fraction.round().to_integer()
}

/// First pass: the best discount for one line.
fn discount_line(fitting: &mut [Fitting<'_>], basket: &Basket, line: &BasketLine) -> PricedLine {
    let in_scope: Vec<bool> = fitting.iter().map(|f| in_scope(f.programme, line)).collect();
    let reducing = |i: &usize| !fitting[*i].programme.is_purse();
    let scoped: Vec<usize> = (0..fitting.len()).filter(reducing).filter(|i| in_scope[*i]).collect();
    let mut candidates: Vec<Candidate> =
        scoped.iter().filter(|i| fitting[**i].minimum_met).map(|i| fitting[*i].candidate(*i, line)).collect();
    candidates.sort_by_key(|c| {
        let p = fitting[c.index].programme;
        (-c.available, p.priority, p.code.clone())
    });
    let reason = if basket.beneficiary.is_none() {
        Reason::NoBeneficiary
    } else if !(0..fitting.len()).any(|i| reducing(&i)) {
        Reason::NotEligible
    } else if scoped.is_empty() {
        Reason::NotInScope
    } else {
        why(&candidates)
    };
    let gross = line.gross();
    let mut priced = PricedLine {
        line: line.line,
        gross,
        promotion: line.promotion,
        programme: None,
        version: None,
        discount: Money::ZERO,
        subsidy: Money::ZERO,
        concession: Money::ZERO,
        net: gross - line.promotion,
        purse: Money::ZERO,
        purses: BTreeMap::new(),
        discounted_quantity: Quantity::ZERO,
        reason,
        claimed: in_scope.contains(&true),
        uses: Vec::new(),
    };
    if let Some(best) = candidates.first().filter(|c| c.available > 0) {
        take_discount(&mut fitting[best.index], best, line, &mut priced);
    }
    priced
}

/// The reason, given that the line is in scope of a programme that fits. Best candidate first.
fn why(candidates: &[Candidate]) -> Reason {
    match candidates.first() {
        None => Reason::MinimumNotMet,
        Some(best) if best.available == 0 => {
            if candidates.iter().any(|c| c.full > 0) {
                Reason::LimitReached
            } else {
                Reason::NoReduction
            }
        }
        Some(best) if best.available == best.full => Reason::Full,
        Some(best) if best.available == best.wanted => Reason::QuantityLimited,
        Some(_) => Reason::AmountLimited,
    }
}

fn take_discount(fitting: &mut Fitting<'_>, best: &Candidate, line: &BasketLine, priced: &mut PricedLine) {
    let p = fitting.programme;
    let looked_at = match p.benefit {
        Benefit::FixedPrice(fixed, unit) => {
            let above = base(p, line, best.discountable) - per_unit(line, fixed, unit, best.discountable);
            best.available.min(round(above_zero(above)))
        }
        Benefit::PercentOff(_) | Benefit::AmountOff(..) | Benefit::Purse => best.available,
    };
    let subsidy = round(Fraction::new(looked_at * p.subsidy_share.basis_points(), 10_000));
    let quantity = round(Fraction::new(best.discountable * best.available, best.wanted));
    priced.programme = Some(p.code.clone());
    priced.version = Some(p.version);
    priced.discount = Money::from_fen(best.available);
    priced.subsidy = Money::from_fen(subsidy);
    priced.concession = priced.discount - priced.subsidy;
    priced.net -= priced.discount;
    priced.discounted_quantity = Quantity::from_milli(quantity);
    priced.uses = fitting.use_up(line, best.available, priced.discounted_quantity);
}

/// Second pass: what one purse pays.
fn pay_from_purse(purse: &mut Fitting<'_>, basket: &Basket, lines: &mut [PricedLine]) {
    let code = purse.programme.code.clone();
    let Some(asked) = basket.purses.get(&code).filter(|_| purse.minimum_met) else {
        return;
    };
    let mut asked = asked.fen();
    for (line, priced) in basket.lines.iter().zip(lines) {
        if !in_scope(purse.programme, line) {
            continue;
        }
        let open = (priced.net - priced.purse).fen().min(asked);
        let paid = purse.bounded(line, open);
        if paid > 0 {
            asked -= paid;
            priced.purse += Money::from_fen(paid);
            priced.purses.insert(code.clone(), Money::from_fen(paid));
            priced.uses.extend(purse.use_up(line, paid, Quantity::ZERO));
        }
    }
}
