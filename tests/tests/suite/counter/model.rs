//! The till as a plain model: whole numbers of fen and thousandths, and none of the till's own
//! arithmetic. What programmes and promotions give is read from the till's answer, since pricing has
//! an oracle of its own; everything that is made of it here is not.

use std::collections::{BTreeMap, BTreeSet};

use super::books::{Books, Sold};
use super::catalogue::{ITEMS, MOST_CASH, MOST_FEN, MOST_MILLI, MOST_WAIVED, Rounding, STAFF, rounded, valid};

/// Whether an action is to be done, or why it is to be refused.
pub type Verdict = Result<(), &'static str>;

/// What a manager changed of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Price(i64),
    Off(i64),
}

/// What the till answered to a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub promotion: i64,
    pub discount: i64,
    pub purses: BTreeMap<String, i64>,
    pub programme: Option<String>,
    /// Programme, limit, thousandths, whether yuan.
    pub uses: Vec<(String, String, i64, bool)>,
}

impl Answer {
    pub fn purse(&self) -> i64 {
        self.purses.values().sum()
    }
}

/// A line of the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub no: u32,
    pub item: usize,
    pub milli: i64,
    pub price: i64,
    pub amount: Option<i64>,
    pub change: Option<Change>,
    pub answer: Answer,
}

impl Line {
    pub fn gross(&self) -> i64 {
        self.amount.unwrap_or_else(|| rounded(self.price * self.milli, 1000))
    }

    pub fn due(&self) -> i64 {
        self.gross() - self.answer.promotion - self.answer.discount - self.answer.purse()
    }

    fn is_too_much(&self) -> bool {
        self.milli > MOST_MILLI || self.gross() > MOST_FEN
    }

    fn is_plain_piece(&self) -> bool {
        ITEMS[self.item].is_piece && self.amount.is_none() && self.change.is_none()
    }
}

/// The basket.
#[derive(Debug, Clone, Default)]
pub struct Basket {
    pub lines: Vec<Line>,
    pub next: u32,
    pub last: Option<u32>,
    /// Household's id at headquarters, and its category.
    pub family: Option<(String, &'static str)>,
    pub declined: BTreeSet<&'static str>,
    pub purses: BTreeMap<&'static str, i64>,
    pub tenders: Vec<(usize, i64)>,
    pub waived: i64,
    pub told: Option<i64>,
}

impl Basket {
    pub fn total(&self) -> i64 {
        self.lines.iter().map(Line::due).sum::<i64>() - self.waived
    }

    pub fn due(&self) -> i64 {
        self.total() - self.tenders.iter().map(|(_, fen)| fen).sum::<i64>()
    }
}

/// What the screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    SignIn,
    NoShift(usize),
    Selling(usize),
}

/// The whole till.
#[derive(Debug, Clone)]
pub struct Model {
    pub at: At,
    pub is_locked: bool,
    pub rounding: Rounding,
    pub basket: Basket,
    pub parked: BTreeMap<u32, Vec<Line>>,
    pub books: Books,
}

impl Model {
    pub fn new(rounding: Rounding, books: Books) -> Self {
        let (basket, parked) = (Basket::default(), BTreeMap::new());
        Self { at: At::SignIn, is_locked: false, rounding, basket, parked, books }
    }

    fn unlocked(&self) -> Verdict {
        if self.is_locked { Err("locked") } else { Ok(()) }
    }

    /// Whoever is selling.
    pub fn selling(&self) -> Result<usize, &'static str> {
        self.unlocked()?;
        match self.at {
            At::Selling(who) => Ok(who),
            At::SignIn | At::NoShift(_) => Err("not selling"),
        }
    }

    /// Selling, and nothing paid yet.
    pub fn filling(&self) -> Result<usize, &'static str> {
        let who = self.selling()?;
        if self.basket.tenders.is_empty() { Ok(who) } else { Err("payment has begun") }
    }

    fn line(&mut self, no: u32) -> Result<&mut Line, &'static str> {
        self.basket.lines.iter_mut().find(|l| l.no == no).ok_or("no such line")
    }

    /// What was waived and told was so for the basket before.
    fn changed(&mut self) {
        (self.basket.waived, self.basket.told) = (0, None);
    }

    pub fn sign_in(&mut self, who: usize, is_right: bool) -> Verdict {
        let has_basket = !self.basket.lines.is_empty();
        if has_basket && !self.is_locked {
            return Err("a basket is open");
        }
        if !is_right {
            return Err("wrong PIN");
        }
        if has_basket {
            if self.at != At::Selling(who) && !STAFF[who].2 {
                return Err("locked by another");
            }
        } else {
            self.basket = Basket::default();
        }
        self.is_locked = false;
        self.at = if self.books.has_shift { At::Selling(who) } else { At::NoShift(who) };
        Ok(())
    }

    pub fn sign_out(&mut self) -> Verdict {
        self.unlocked()?;
        if !self.basket.lines.is_empty() {
            return Err("a basket is open");
        }
        self.abandon();
        (self.at, self.basket) = (At::SignIn, Basket::default());
        Ok(())
    }

    pub fn lock(&mut self) -> Verdict {
        self.unlocked()?;
        if self.at == At::SignIn {
            return Err("nobody is signed in");
        }
        self.is_locked = true;
        Ok(())
    }

    pub fn open_shift(&mut self, float: Option<i64>) -> Verdict {
        self.unlocked()?;
        let At::NoShift(who) = self.at else { return Err("no place for a shift") };
        self.books.open_shift(float.ok_or("no amount")?);
        (self.at, self.basket) = (At::Selling(who), Basket::default());
        Ok(())
    }

    fn push(&mut self, mut line: Line) -> Verdict {
        let same = |l: &&mut Line| l.item == line.item && l.price == line.price && l.is_plain_piece();
        if line.is_plain_piece()
            && let Some(present) = self.basket.lines.iter_mut().find(same)
        {
            let more = Line { milli: present.milli + line.milli, ..present.clone() };
            if more.is_too_much() {
                return Err("too much");
            }
            *present = more;
            self.basket.last = Some(present.no);
            return Ok(());
        }
        if line.is_too_much() {
            return Err("too much");
        }
        self.basket.next += 1;
        line.no = self.basket.next;
        self.basket.last = Some(line.no);
        self.basket.lines.push(line);
        Ok(())
    }

    /// Goods with how much of them; no quantity: one.
    pub fn scan(&mut self, item: Option<usize>, quantity: Option<usize>, label: Option<(i64, Option<i64>)>) -> Verdict {
        self.filling()?;
        let item = item.ok_or("unknown")?;
        let is_piece = ITEMS[item].is_piece;
        let (milli, amount) = match (label, quantity) {
            (Some(label), _) => label,
            (None, Some(n)) => (valid(n, is_piece)?, None),
            (None, None) => (1000, None),
        };
        let price = ITEMS[item].price;
        self.push(Line { no: 0, item, milli, price, amount, change: None, answer: Answer::default() })?;
        self.changed();
        Ok(())
    }

    pub fn repeat(&mut self) -> Verdict {
        self.filling()?;
        let last = self.basket.last;
        let mut again = self.basket.lines.iter().find(|l| Some(l.no) == last).cloned().ok_or("nothing to repeat")?;
        if ITEMS[again.item].is_piece && again.amount.is_none() {
            again.milli = 1000;
        }
        // What a manager allowed was for one line.
        (again.change, again.price) = (None, ITEMS[again.item].price);
        self.push(again)?;
        self.changed();
        Ok(())
    }

    pub fn set_quantity(&mut self, no: u32, n: usize) -> Verdict {
        self.filling()?;
        let line = self.line(no)?;
        let changed = Line { milli: valid(n, ITEMS[line.item].is_piece)?, amount: None, ..line.clone() };
        if changed.is_too_much() {
            return Err("too much");
        }
        *line = changed;
        self.changed();
        Ok(())
    }

    pub fn remove(&mut self, no: u32) -> Verdict {
        self.filling()?;
        self.line(no)?;
        self.basket.lines.retain(|l| l.no != no);
        self.changed();
        Ok(())
    }

    /// A price or a discount by hand, which a manager allows or does not.
    pub fn change(&mut self, no: u32, change: Change, has_reason: bool, is_allowed: bool) -> Verdict {
        self.filling()?;
        let line = self.line(no)?;
        if !has_reason || !is_allowed {
            return Err("not allowed");
        }
        match change {
            Change::Price(price) => {
                let changed = Line { price, amount: None, ..line.clone() };
                if changed.is_too_much() {
                    return Err("too much");
                }
                *line = changed;
            }
            Change::Off(off) if off > line.gross() => return Err("more than it costs"),
            Change::Off(_) => {}
        }
        line.change = Some(change);
        self.changed();
        self.books.chain.push("override");
        Ok(())
    }

    /// A small amount is waived by a cashier, or (`by_manager`: whether it is allowed) any by a manager.
    pub fn waive(&mut self, fen: Option<i64>, by_manager: Option<bool>) -> Verdict {
        self.filling()?;
        let fen = fen.ok_or("no amount")?;
        match by_manager {
            None if fen > MOST_WAIVED => return Err("too much to waive"),
            Some(false) => return Err("not allowed"),
            None | Some(true) => {}
        }
        if self.basket.lines.is_empty() || fen > self.basket.total() + self.basket.waived {
            return Err("more than is due");
        }
        self.basket.waived = fen;
        let due = self.basket.due();
        self.basket.told = self.basket.told.map(|_| due);
        if by_manager.is_some() {
            self.books.chain.push("override");
        }
        Ok(())
    }

    /// A family is verified, or (none) must choose for which household.
    pub fn verify(&mut self, found: Result<Option<(String, &'static str)>, &'static str>) -> Verdict {
        self.filling()?;
        let Some(family) = found? else { return Ok(()) };
        if self.basket.family.as_ref().is_some_and(|(id, _)| *id != family.0) {
            self.abandon();
        }
        self.changed();
        self.forget();
        self.basket.family = Some(family);
        Ok(())
    }

    fn forget(&mut self) {
        self.basket.family = None;
        self.basket.declined.clear();
        self.basket.purses.clear();
    }

    /// A verification that no claim comes of.
    fn abandon(&mut self) {
        if self.basket.family.is_some() {
            self.books.chain.push("abandoned");
        }
    }

    pub fn unverify(&mut self) -> Verdict {
        self.filling()?;
        self.abandon();
        self.forget();
        self.changed();
        Ok(())
    }

    fn fits(&self, programme: &str) -> Verdict {
        let (_, category) = self.basket.family.as_ref().ok_or("nobody is verified")?;
        let fits = match programme {
            "GRAIN" => true,
            "CARD" => *category == "tekun",
            "JIANSHOU" => *category == "urban_dibao",
            "MEAT" | "EGG" | "RICE" => matches!(*category, "urban_dibao" | "tekun"),
            _ => false,
        };
        if fits { Ok(()) } else { Err("not theirs") }
    }

    pub fn decline(&mut self, programme: &'static str) -> Verdict {
        self.filling()?;
        self.fits(programme)?;
        self.basket.declined.insert(programme);
        self.changed();
        Ok(())
    }

    pub fn accept(&mut self, programme: &str) -> Verdict {
        self.filling()?;
        self.basket.declined.remove(programme);
        self.changed();
        Ok(())
    }

    pub fn purse(&mut self, programme: &'static str, fen: Option<i64>) -> Verdict {
        self.filling()?;
        let fen = fen.ok_or("no amount")?;
        self.fits(programme)?;
        if programme != "CARD" {
            return Err("no purse");
        }
        self.basket.purses.insert(programme, fen);
        self.changed();
        Ok(())
    }

    pub fn park(&mut self) -> Verdict {
        self.filling()?;
        if self.basket.lines.is_empty() {
            return Err("nothing to park");
        }
        self.abandon();
        let n = (1..).find(|n| !self.parked.contains_key(n)).unwrap();
        self.parked.insert(n, std::mem::take(&mut self.basket).lines);
        Ok(())
    }

    pub fn recall(&mut self, n: u32) -> Verdict {
        self.filling()?;
        if !self.basket.lines.is_empty() {
            return Err("a basket is open");
        }
        for line in self.parked.remove(&n).ok_or("not parked")? {
            self.push(line)?;
        }
        self.changed();
        Ok(())
    }

    pub fn clear(&mut self) -> Verdict {
        self.selling()?;
        if self.basket.family.is_some() {
            self.books.chain.push("abandoned");
        } else if !self.basket.lines.is_empty() {
            self.books.chain.push("void");
        }
        self.basket = Basket::default();
        Ok(())
    }

    /// The sum is told, where there is one; it stays as it was told first.
    pub fn tell(&mut self) -> Verdict {
        self.selling()?;
        if self.basket.lines.is_empty() {
            return Err("nothing to tell");
        }
        let due = self.basket.due();
        if self.basket.tenders.is_empty() {
            self.basket.told.get_or_insert(due);
        }
        Ok(())
    }

    /// One payment; where it is the last, what the finished sale says: change and rounding.
    pub fn pay(
        &mut self,
        kind: usize,
        given: Option<Option<i64>>,
        seen: Option<i64>,
    ) -> Result<Option<(i64, i64)>, &'static str> {
        self.tell()?;
        let due = self.basket.due();
        if seen.is_some_and(|seen| seen != due) {
            return Err("the sum changed");
        }
        let is_cash = kind == 0;
        let mut asked = if is_cash { self.rounding.asks(due) } else { due };
        let fen = match given {
            None => asked,
            Some(fen) => fen.ok_or("no amount")?,
        };
        if !is_cash && fen > due {
            return Err("only cash gives change");
        }
        if fen > MOST_CASH.max(asked) {
            return Err("too much cash");
        }
        if fen == 0 && asked != 0 {
            return Err("nothing");
        }
        if (due..asked).contains(&fen) {
            // Whoever gives all that is due need not round up.
            asked = due;
        }
        self.basket.tenders.push((kind, fen));
        if fen < asked {
            return Ok(None);
        }
        let (change, rounding) = (fen - asked, due - asked);
        let basket = std::mem::take(&mut self.basket);
        self.books.sell(&basket, change, rounding);
        Ok(Some((change, rounding)))
    }

    pub fn close_shift(&mut self, counted: Option<i64>) -> Verdict {
        let who = self.selling()?;
        if !self.basket.lines.is_empty() {
            return Err("a basket is open");
        }
        counted.ok_or("no amount")?;
        self.books.close_shift();
        self.abandon();
        (self.at, self.basket) = (At::NoShift(who), Basket::default());
        Ok(())
    }

    pub fn close_day(&mut self) -> Verdict {
        self.unlocked()?;
        match self.at {
            At::NoShift(_) => self.books.close_day(),
            At::SignIn | At::Selling(_) => Err("a shift is open, or nobody is there"),
        }
    }

    /// The power fails: what was on the screen is gone.
    pub fn restart(&mut self) -> Verdict {
        (self.at, self.is_locked, self.basket) = (At::SignIn, false, Basket::default());
        Ok(())
    }

    /// A sale's line as the books keep it.
    pub fn sold(line: &Line) -> Sold {
        Sold { no: line.no, item: line.item, milli: line.milli, back: 0, paid: line.due(), answer: line.answer.clone() }
    }
}
