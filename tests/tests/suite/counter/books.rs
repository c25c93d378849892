//! What the model keeps of the past: sums, sales, what came back, what is used of limits, and the chain.

use std::collections::BTreeMap;

use super::catalogue::{ITEMS, TENDERS, rounded, valid};
use super::model::{Answer, Basket, Line, Model, Verdict};

/// Limits that count within one sale alone.
const PER_SALE: [(&str, &str); 2] = [("MEAT", "kg"), ("EGG", "n")];

/// The figures of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    pub sales: u64,
    pub claims: u64,
    pub returns: u64,
    pub gross: i64,
    pub promotion: i64,
    pub discount: i64,
    pub purse: i64,
    pub rounding: i64,
    pub waived: i64,
    pub refunds: i64,
    pub cash_in: i64,
    pub cash_out: i64,
    pub tenders: BTreeMap<&'static str, i64>,
    pub refunded: BTreeMap<&'static str, i64>,
}

impl Sums {
    /// A means by which nothing is left is none.
    pub fn without_zeros(&self) -> Self {
        let some = |sums: &BTreeMap<&'static str, i64>| {
            sums.iter().filter(|(_, fen)| **fen != 0).map(|(kind, fen)| (*kind, *fen)).collect()
        };
        Self { tenders: some(&self.tenders), refunded: some(&self.refunded), ..self.clone() }
    }

    pub fn cash(&self, float: i64) -> i64 {
        let cash = |sums: &BTreeMap<&'static str, i64>| sums.get("cash").copied().unwrap_or_default();
        float + cash(&self.tenders) - cash(&self.refunded) + self.cash_in - self.cash_out
    }
}

/// A line that was sold.
#[derive(Debug, Clone)]
pub struct Sold {
    pub no: u32,
    pub item: usize,
    pub milli: i64,
    pub back: i64,
    pub paid: i64,
    pub answer: Answer,
}

/// A finished sale.
#[derive(Debug, Clone)]
pub struct Sale {
    pub number: String,
    pub shift: u32,
    pub family: Option<String>,
    /// What was waived or rounded off: nobody paid it.
    pub unpaid: i64,
    pub has_claim: bool,
    pub has_return: bool,
    pub lines: Vec<Sold>,
    /// What each means paid, the first first, and what went back by it.
    pub paid: Vec<(&'static str, i64)>,
    pub back: BTreeMap<&'static str, i64>,
}

impl Sale {
    pub fn discount(&self) -> i64 {
        self.lines.iter().map(|l| l.answer.discount).sum()
    }

    /// Pays back by the means that has most left, one after the other; the rest is cash.
    fn pay_back(&mut self, refund: i64, in_cash: bool) -> BTreeMap<&'static str, i64> {
        let (mut rest, mut parts) = (refund, BTreeMap::new());
        let mut means = if in_cash { Vec::new() } else { self.paid.clone() };
        while rest > 0 && !means.is_empty() {
            let left = |(kind, paid): &(&str, i64)| paid - self.back.get(kind).copied().unwrap_or_default();
            let most = means.iter().map(left).max().unwrap();
            let at = means.iter().position(|by| left(by) == most).unwrap();
            let (kind, _) = means.remove(at);
            let part = most.clamp(0, rest);
            *parts.entry(kind).or_default() += part;
            rest -= part;
        }
        *parts.entry("cash").or_default() += rest;
        for (kind, part) in &parts {
            *self.back.entry(kind).or_default() += part;
        }
        parts
    }

    pub fn purse(&self) -> i64 {
        self.lines.iter().map(|l| l.answer.purse()).sum()
    }
}

/// The past.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Receipt numbers begin so.
    pub prefix: String,
    pub receipts: u32,
    pub has_shift: bool,
    pub shift: u32,
    pub float: i64,
    pub shift_sums: Sums,
    pub day_sums: Sums,
    pub is_day_closed: bool,
    pub sales: Vec<Sale>,
    pub refunds: u32,
    pub moves: u32,
    /// Household, programme, limit: thousandths.
    pub used: BTreeMap<(String, String, String), i64>,
    /// Lowest price of what was sold at no price by hand.
    pub lowest: BTreeMap<usize, i64>,
    /// Kinds of records, events by their names.
    pub chain: Vec<&'static str>,
}

impl Books {
    fn both(&mut self, change: impl Fn(&mut Sums)) {
        change(&mut self.shift_sums);
        change(&mut self.day_sums);
    }

    /// The next receipt's number.
    fn number(&mut self) -> String {
        self.receipts += 1;
        format!("{}{:06}", self.prefix, self.receipts)
    }

    /// The last receipt's number.
    pub fn last_number(&self) -> String {
        format!("{}{:06}", self.prefix, self.receipts)
    }

    pub fn expected_cash(&self) -> i64 {
        self.shift_sums.cash(self.float)
    }

    pub fn open_shift(&mut self, float: i64) {
        (self.has_shift, self.float, self.shift_sums) = (true, float, Sums::default());
        self.shift += 1;
        self.chain.push("shift_open");
    }

    pub fn close_shift(&mut self) {
        self.has_shift = false;
        self.chain.push("shift_close");
    }

    pub fn close_day(&mut self) -> Verdict {
        if self.is_day_closed {
            return Err("closed already");
        }
        self.is_day_closed = true;
        self.chain.push("day_close");
        Ok(())
    }

    pub fn sell(&mut self, basket: &Basket, change: i64, rounding: i64) {
        let lines: Vec<Sold> = basket.lines.iter().map(Model::sold).collect();
        let sum = |part: fn(&Line) -> i64| basket.lines.iter().map(part).sum::<i64>();
        let (gross, promotion) = (sum(Line::gross), sum(|l| l.answer.promotion));
        let (discount, purse) = (sum(|l| l.answer.discount), sum(|l| l.answer.purse()));
        let has_claim = discount + purse > 0;
        for line in basket.lines.iter().filter(|l| l.change.is_none() && l.amount.is_none()) {
            let price = rounded((line.gross() - line.answer.promotion) * 1000, line.milli);
            let lowest = self.lowest.entry(line.item).or_insert(price);
            *lowest = price.min(*lowest);
        }
        let family = basket.family.as_ref().map(|(id, _)| id.clone());
        for (line, id) in basket.lines.iter().flat_map(|l| family.iter().map(move |id| (l, id))) {
            for (programme, limit, milli, _) in &line.answer.uses {
                self.use_up(id, programme, limit, *milli);
            }
        }
        self.both(|s| {
            s.sales += 1;
            s.claims += u64::from(has_claim);
            s.gross += gross;
            s.promotion += promotion;
            s.discount += discount;
            s.purse += purse;
            s.rounding += rounding;
            s.waived += basket.waived;
            for (kind, fen) in &basket.tenders {
                *s.tenders.entry(TENDERS[*kind]).or_default() += fen;
            }
            *s.tenders.entry("cash").or_default() -= change;
        });
        if has_claim {
            self.chain.push("claim");
        } else if basket.family.is_some() {
            self.chain.push("abandoned");
        }
        let (number, shift, mut change) = (self.number(), self.shift, change);
        let unpaid = rounding + basket.waived;
        let mut paid: Vec<(&'static str, i64)> = Vec::new();
        for (kind, fen) in &basket.tenders {
            let kind = TENDERS[*kind];
            let fen = fen - if kind == "cash" { std::mem::take(&mut change) } else { 0 };
            match paid.iter_mut().find(|(other, _)| *other == kind) {
                Some((_, sum)) => *sum += fen,
                None => paid.push((kind, fen)),
            }
        }
        let back = BTreeMap::new();
        self.sales.push(Sale { number, shift, family, unpaid, has_claim, has_return: false, lines, paid, back });
    }

    fn use_up(&mut self, id: &str, programme: &str, limit: &str, milli: i64) {
        if limit != "offline" && !PER_SALE.contains(&(programme, limit)) {
            *self.used.entry((id.into(), programme.into(), limit.into())).or_default() += milli;
        }
    }

    /// Goods of a sale come back (line, thousandths); what the customer gets.
    pub fn take_back(&mut self, sale: usize, wanted: &[(u32, i64)], in_cash: bool) -> Result<i64, &'static str> {
        let mut sale = self.sales.get(sale).ok_or("no such sale").cloned()?;
        if wanted.is_empty() {
            return Err("nothing");
        }
        let (mut refund, mut discount, mut purse, mut is_reversed) = (0, 0, 0, false);
        let mut given_back = Vec::new();
        for (at, (no, milli)) in wanted.iter().enumerate() {
            let line = sale.lines.iter_mut().find(|l| l.no == *no).ok_or("no such line")?;
            if *milli > line.milli - line.back || wanted[..at].iter().any(|(other, _)| other == no) {
                return Err("too much");
            }
            if *milli == 0 || (ITEMS[line.item].is_piece && milli % 1000 != 0) {
                return Err("no quantity");
            }
            let (before, after) = (line.back, line.back + milli);
            let part = |whole: i64| rounded(whole * after, line.milli) - rounded(whole * before, line.milli);
            refund += part(line.paid);
            discount += part(line.answer.discount);
            purse += line.answer.purses.values().map(|p| part(*p)).sum::<i64>();
            is_reversed |= line.answer.programme.is_some() || !line.answer.purses.is_empty();
            for (programme, limit, milli, is_money) in &line.answer.uses {
                let back = if *is_money { part(milli / 10) * 10 } else { part(*milli) };
                given_back.push((programme.clone(), limit.clone(), back));
            }
            line.back = after;
        }
        if let Some(id) = sale.family.clone().filter(|_| sale.has_claim && is_reversed) {
            for (programme, limit, back) in given_back {
                self.use_up(&id, &programme, &limit, -back);
            }
            self.chain.push("reversal");
        }
        if sale.lines.iter().all(|line| line.back == line.milli) {
            refund = (refund - sale.unpaid).max(0);
        }
        let parts = sale.pay_back(refund, in_cash);
        self.both(|s| {
            s.returns += 1;
            s.refunds += refund;
            for (kind, part) in &parts {
                *s.refunded.entry(kind).or_default() += part;
            }
            s.discount -= discount;
            s.purse -= purse;
        });
        self.number();
        sale.has_return = true;
        if let Some(kept) = self.sales.iter_mut().find(|kept| kept.number == sale.number) {
            *kept = sale;
        }
        Ok(refund)
    }

    /// The last sale of the shift never was.
    pub fn void_last(&mut self, has_reason: bool, is_allowed: bool) -> Result<i64, &'static str> {
        let last = self.sales.len().checked_sub(1).ok_or("no sale")?;
        let sale = &self.sales[last];
        if sale.shift != self.shift || sale.has_return {
            return Err("nothing to void");
        }
        if !has_reason || !is_allowed {
            return Err("not allowed");
        }
        let all: Vec<(u32, i64)> = sale.lines.iter().map(|l| (l.no, l.milli)).collect();
        let refund = self.take_back(last, &all, false)?;
        self.chain.push("void");
        Ok(refund)
    }

    /// Goods without a receipt, at the lowest price; what the customer gets.
    pub fn refund(&mut self, item: Option<usize>, quantity: usize, is_allowed: bool) -> Result<i64, &'static str> {
        let item = item.ok_or("unknown")?;
        let milli = valid(quantity, ITEMS[item].is_piece)?;
        let price = self.lowest.get(&item).copied().unwrap_or(i64::MAX).min(ITEMS[item].price);
        let refund = rounded(price * milli, 1000);
        if refund > 10_000_000 {
            return Err("too much");
        }
        if !is_allowed {
            return Err("not allowed");
        }
        self.both(|s| {
            s.returns += 1;
            s.refunds += refund;
            *s.refunded.entry("cash").or_default() += refund;
        });
        self.refunds += 1;
        self.number();
        self.chain.push("override");
        Ok(refund)
    }

    /// Cash goes in (`true`) or out, or the drawer only opens.
    pub fn move_cash(
        &mut self,
        goes_in: Option<bool>,
        fen: Option<i64>,
        has_reason: bool,
        is_allowed: bool,
    ) -> Verdict {
        let fen = if goes_in.is_some() { fen.filter(|fen| *fen > 0).ok_or("no amount")? } else { 0 };
        if !has_reason || (goes_in == Some(false) && !is_allowed) {
            return Err("not allowed");
        }
        self.both(|s| match goes_in {
            Some(true) => s.cash_in += fen,
            Some(false) => s.cash_out += fen,
            None => {}
        });
        self.moves += 1;
        self.chain.push("drawer");
        Ok(())
    }
}
