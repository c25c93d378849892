//! A till, its headquarters in the same process, and the model beside them.

use std::path::Path;
use std::sync::Arc;

use domain::money::Money;
use domain::shift::Sums as TillSums;
use domain::till::{Event, OpenSale, Refusal, Reply, Screen};
use pos::effects::Driver;
use pos::holds::PATIENCE;
use pos::outbox::StoreOutbox;
use pos::shop::Shop;
use rusqlite::Connection;
use serde_json::json;
use store::{Lock, Shared};
use sync::engine::{Moved, SyncError};
use tempfile::TempDir;
use tests::month::inside::{Inside, Line as Wire};

use super::books::{Books, Sums};
use super::catalogue::{ITEMS, Rounding, STAFF, TENDERS};
use super::model::{Answer, At, Change, Line, Model};

/// What a case works with.
pub struct Bench {
    pub driver: Option<Driver>,
    lock: Option<Lock>,
    pub hq: Arc<Inside>,
    pub line: Wire,
    clock_ms: i64,
    pub model: Model,
    /// Records of the chain before the first action.
    pub records_before: usize,
    db: Connection,
    pub dir: TempDir,
}

pub fn fen(money: Money) -> i64 {
    i64::try_from(money.fen()).unwrap()
}

pub fn yuan(fen: i64) -> String {
    Money::from_fen(fen.into()).to_string()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let beside = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &beside);
        } else {
            std::fs::copy(entry.path(), beside).unwrap();
        }
    }
}

/// Tomorrow's noon: no case sees midnight, and nothing lies ahead of the clock.
fn noon() -> i64 {
    const DAY: i64 = 86_400_000;
    let now = Shop::machine_ms();
    ((now + 8 * 3_600_000) / DAY + 1) * DAY + DAY / 6 - now
}

/// Two promotions of the shop's own: beer is cheaper, and so is what comes to much.
fn promotions() -> Vec<Shared> {
    let valid = |code: &str, include: &str| {
        json!({ "code": code, "name": code, "valid_from": "2020-01-01", "valid_to": "2099-12-31",
                "scope": { "include": [include] } })
    };
    let (mut beer, mut much) = (valid("BEER", "group:alcohol"), valid("MUCH", "group:food"));
    beer["percent_off"] = json!("10");
    much["threshold"] = json!({ "spend": "90.00", "off": "3.33", "repeat": true });
    [beer, much]
        .into_iter()
        .map(|document| Shared::Promotion { code: document["code"].as_str().unwrap().into(), document })
        .collect()
}

/// A till whose baskets are held over the same line.
fn open(shop: Shop, dir: &Path, line: &Wire) -> Driver {
    let mut driver = Driver::start(shop).unwrap();
    driver.holds = line.holds(dir).unwrap();
    driver
}

impl Bench {
    /// A copy of the shop.
    pub fn start(template: &Path, rounding: Rounding, is_open: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(&template.join("hq"), &dir.path().join("hq"));
        let till = dir.path().join("till");
        copy(&template.join("S001-01"), &till);
        let clock_ms = noon();
        hq::store::set_clock_offset(clock_ms);
        let headquarters = dir.path().join("hq");
        let hq = Arc::new(Inside::open((&headquarters).into(), &headquarters).unwrap());
        let line = Wire::to(&hq);
        let lock = Lock::take(&till).unwrap();
        let mut shop = Shop::open(&till).unwrap();
        let now = shop.now();
        shop.store.put_shared(&promotions(), "m1", now).unwrap();
        shop.store.keep_setting("cash_rounding", rounding.word(), "m1", now).unwrap();
        shop.store.keep_setting("scale_patterns", domain::label::USUAL, "m1", now).unwrap();
        let epoch = shop.store.head().unwrap().unwrap().epoch;
        let books = Books { prefix: format!("S001-01-{epoch}-"), ..Books::default() };
        let mut bench = Self {
            driver: Some(open(shop, &till, &line)),
            lock: Some(lock),
            hq,
            line,
            clock_ms,
            model: Model::new(rounding, books),
            records_before: 0,
            db: Connection::open(till.join("till.db")).unwrap(),
            dir,
        };
        bench.round().unwrap();
        bench.records_before = bench.count("records");
        if is_open {
            bench.sign_in(0, true);
            bench.open_shift(("200.00", Some(20_000)));
        }
        bench
    }

    pub fn driver(&mut self) -> &mut Driver {
        self.driver.as_mut().unwrap()
    }

    pub fn till(&self) -> &Driver {
        self.driver.as_ref().unwrap()
    }

    /// Sets the clock forward; it stands where it stood after the till has read its folder again.
    pub fn wait(&mut self, minutes: i64) {
        self.clock_ms += minutes * 60_000;
        hq::store::set_clock_offset(self.clock_ms);
        let clock_ms = self.clock_ms;
        self.driver().move_clock(clock_ms);
    }

    /// One round with headquarters, if there is a line.
    pub fn round(&mut self) -> Result<Moved, SyncError> {
        self.wait(0);
        let driver = self.driver.as_mut().unwrap();
        let moved = sync::engine::round(&mut StoreOutbox::new(&mut driver.shop), &self.line);
        driver.refresh().unwrap();
        self.wait(0);
        moved
    }

    /// The power fails and comes back.
    pub fn restart(&mut self) {
        (self.driver, self.lock) = (None, None);
        let dir = self.dir.path().join("till");
        self.lock = Some(Lock::take(&dir).unwrap());
        self.driver = Some(open(Shop::open(&dir).unwrap(), &dir, &self.line));
        self.wait(0);
        self.model.restart().unwrap();
    }

    /// Closes the till's folder.
    pub fn close(&mut self) {
        (self.driver, self.lock) = (None, None);
    }

    fn count(&self, table: &str) -> usize {
        self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// All that a refusal must leave as it was; what was told is looked at by itself.
    fn snapshot(&self) -> String {
        let mut screen = self.till().till.screen.clone();
        if let Screen::Sale { sale, .. } = &mut screen {
            sale.announced = None;
        }
        let counts = [
            "sales",
            "sale_lines",
            "tenders",
            "returns",
            "return_lines",
            "refunds",
            "refund_tenders",
            "cash_moves",
            "shifts",
            "days",
            "records",
            "movements",
            "parked",
        ]
        .map(|table| self.count(table));
        let receipts: i64 = self.db.query_row("SELECT sum(receipts) FROM epochs", [], |row| row.get(0)).unwrap();
        format!("{screen:?} {} {:?} {counts:?} {receipts}", self.till().till.is_locked, self.till().till.open_shift)
    }

    /// What headquarters says of the basket is there before anything is done, and the model knows it.
    pub fn hear(&mut self) {
        let driver = self.driver();
        driver.tend();
        driver.holds.wait(PATIENCE);
        driver.tend();
        let heard = self.sale().map(|sale| (sale.announced.map(fen), fen(sale.waived)));
        if let Some((told, waived)) = heard {
            let basket = &mut self.model.basket;
            assert_eq!(told.is_some(), basket.told.is_some());
            assert!(told <= basket.told && waived <= basket.waived, "an answer makes nothing dearer");
            (basket.told, basket.waived) = (told, waived);
        }
        self.take_answers();
    }

    /// Does something in the model and at the till: both do it, or both refuse and change nothing.
    pub fn step<T, R>(
        &mut self,
        expect: impl FnOnce(&mut Model) -> Result<T, &'static str>,
        act: impl FnOnce(&mut Driver) -> Result<R, Refusal>,
    ) -> Option<(T, R)> {
        let mut next = self.model.clone();
        let expected = expect(&mut next);
        let before = self.snapshot();
        let done = act(self.driver());
        match (expected, done) {
            (Ok(expected), Ok(reply)) => {
                self.model = next;
                self.take_answers();
                Some((expected, reply))
            }
            (Err(why), Ok(_)) => panic!("the till did what it should refuse: {why}"),
            (Ok(_), Err(refusal)) => panic!("the till refused: {refusal}"),
            (Err(_), Err(_)) => {
                assert_eq!(before, self.snapshot(), "a refusal changes nothing");
                None
            }
        }
    }

    /// The same with one event.
    pub fn event<T>(
        &mut self,
        expect: impl FnOnce(&mut Model) -> Result<T, &'static str>,
        event: Event,
    ) -> Option<(T, Reply)> {
        self.step(expect, |driver| match driver.handle(event) {
            Reply::Refused(refusal) => {
                assert!(!matches!(refusal, Refusal::Failed(_)), "{refusal}");
                Err(refusal)
            }
            reply => Ok(reply),
        })
    }

    fn sale(&self) -> Option<&OpenSale> {
        match &self.till().till.screen {
            Screen::Sale { sale, .. } => Some(sale),
            Screen::SignIn | Screen::NoShift { .. } | Screen::Committing { .. } => None,
        }
    }

    /// Reads what programmes and promotions give, and holds it against what the model knows of it.
    fn take_answers(&mut self) {
        let priced = self.sale().and_then(|sale| sale.priced.clone());
        for line in &mut self.model.basket.lines {
            let priced = priced.as_ref().expect("a price");
            let p = priced.lines.iter().find(|p| p.line == line.no).expect("each line is priced");
            line.answer = Answer {
                promotion: fen(p.promotion),
                discount: fen(p.discount),
                purses: p.purses.iter().map(|(code, paid)| (code.clone(), fen(*paid))).collect(),
                programme: p.programme.clone(),
                uses: p
                    .uses
                    .iter()
                    .map(|u| (u.programme.clone(), u.limit.clone(), u.amount.milli(), u.money))
                    .collect(),
            };
            assert_eq!(fen(p.gross), line.gross());
            assert_eq!(fen(p.net - p.purse), line.due());
            check_answer(line);
        }
        let lines = &self.model.basket.lines;
        if let Some(priced) = priced {
            let sum = |part: fn(&Line) -> i64| lines.iter().map(part).sum::<i64>();
            assert_eq!(priced.lines.len(), lines.len());
            assert_eq!(fen(priced.totals.gross), sum(Line::gross));
            assert_eq!(fen(priced.totals.promotion), sum(|l| l.answer.promotion));
            assert_eq!(fen(priced.totals.discount), sum(|l| l.answer.discount));
            assert_eq!(fen(priced.totals.purse), sum(|l| l.answer.purse()));
            assert_eq!(fen(priced.totals.due), sum(Line::due));
            for (code, most) in &self.model.basket.purses {
                let paid: i64 = lines.iter().filter_map(|l| l.answer.purses.get(*code)).sum();
                assert!(paid <= *most, "a purse pays at most what it was told to");
            }
        }
    }

    /// Screen, drawer and chain are the model's.
    pub fn agree(&self) {
        let (driver, model) = (self.till(), &self.model);
        assert_eq!(driver.till.is_locked, model.is_locked);
        let at = |staff: &domain::till::Staff| STAFF.iter().position(|(code, ..)| *code == staff.code).unwrap();
        let shown = match &driver.till.screen {
            Screen::SignIn => At::SignIn,
            Screen::NoShift { staff } => At::NoShift(at(staff)),
            Screen::Sale { staff, .. } => At::Selling(at(staff)),
            Screen::Committing { .. } => panic!("nothing is left half done"),
        };
        assert_eq!(shown, model.at);
        if let Some(sale) = self.sale() {
            self.agree_on_basket(sale);
        }
        let store = &driver.shop.store;
        assert_eq!(self.count("records") - self.records_before, model.books.chain.len(), "{:?}", model.books.chain);
        assert_eq!(self.count("sales"), model.books.sales.len());
        assert_eq!(
            (self.count("refunds"), self.count("cash_moves")),
            (model.books.refunds as usize, model.books.moves as usize)
        );
        let parked: Vec<(u32, usize)> =
            store.parked_list().unwrap().into_iter().map(|(n, _, lines)| (n, lines)).collect();
        assert_eq!(parked, model.parked.iter().map(|(n, lines)| (*n, lines.len())).collect::<Vec<_>>());
        let shift = store.open_shift_row().unwrap();
        assert_eq!(shift.is_some(), model.books.has_shift);
        if let Some(shift) = shift {
            let sums = store.shift_sums(shift.id).unwrap();
            assert_eq!(sums_of(&sums), model.books.shift_sums.without_zeros());
            assert_eq!(fen(sums.expected_cash(shift.float)), model.books.expected_cash());
        }
    }

    fn agree_on_basket(&self, sale: &OpenSale) {
        let basket = &self.model.basket;
        let lines: Vec<_> = (sale.lines.iter())
            .map(|l| {
                let change = l.changed.as_ref().map(|c| match c.change {
                    domain::sale::Change::Price(price) => Change::Price(fen(price)),
                    domain::sale::Change::Off(off) => Change::Off(fen(off)),
                });
                let b = &l.basket;
                (b.line, b.product.parts().1, b.quantity.milli_i64(), fen(b.unit_price), b.amount.map(fen), change)
            })
            .collect();
        let expected: Vec<_> = (basket.lines.iter())
            .map(|l| (l.no, ITEMS[l.item].code.to_owned(), l.milli, l.price, l.amount, l.change))
            .collect();
        assert_eq!(lines, expected);
        let tenders: Vec<_> = sale.tenders.iter().map(|t| (t.kind.word(), fen(t.amount))).collect();
        assert_eq!(tenders, basket.tenders.iter().map(|(kind, fen)| (TENDERS[*kind], *fen)).collect::<Vec<_>>());
        assert_eq!(fen(sale.due()), basket.due());
        assert_eq!(fen(sale.waived), basket.waived);
        assert_eq!(sale.announced.map(fen), basket.told);
        assert!(basket.told.is_none_or(|told| basket.total() <= told), "what was told never rises");
        assert!(basket.due() >= 0, "nobody is asked for less than nothing");
        assert_eq!(sale.verified.as_ref().map(|v| &v.entry.household), basket.family.as_ref().map(|(id, _)| id));
        let declined: std::collections::BTreeSet<&str> = sale.decline.iter().map(String::as_str).collect();
        assert_eq!(declined, basket.declined);
    }
}

/// What a manager changed by hand, no promotion touches; and money that is taken counts.
fn check_answer(line: &Line) {
    let answer = &line.answer;
    match line.change {
        Some(Change::Off(off)) => assert_eq!(answer.promotion, off.min(line.gross())),
        Some(Change::Price(_)) => assert_eq!(answer.promotion, 0),
        None => {}
    }
    assert!(answer.promotion >= 0 && answer.discount >= 0 && answer.purse() >= 0 && line.due() >= 0);
    let used = |programme: &str, limit: &str| -> i64 {
        answer.uses.iter().filter(|(p, l, ..)| p == programme && l == limit).map(|(.., milli, _)| milli).sum()
    };
    let grain = if answer.programme.as_deref() == Some("GRAIN") { answer.discount } else { 0 };
    assert_eq!(used("GRAIN", "month"), grain * 10);
    let card = answer.purses.get("CARD").copied().unwrap_or_default();
    assert_eq!((used("CARD", "quarter"), used("CARD", "year")), (card * 10, card * 10));
}

/// A report's figures as the model has them.
pub fn sums_of(sums: &TillSums) -> Sums {
    let kind = |code: &str| *TENDERS.iter().find(|kind| **kind == code).unwrap();
    Sums {
        sales: sums.sales,
        claims: sums.subsidised_sales,
        returns: sums.returns,
        gross: fen(sums.gross),
        promotion: fen(sums.promotion),
        discount: fen(sums.discount),
        purse: fen(sums.purse),
        rounding: fen(sums.rounding),
        waived: fen(sums.waived),
        refunds: fen(sums.refunds),
        cash_in: fen(sums.cash_in),
        cash_out: fen(sums.cash_out),
        tenders: sums.tenders.iter().map(|(code, amount)| (kind(code), fen(*amount))).collect(),
        refunded: sums.refunded.iter().map(|(code, amount)| (kind(code), fen(*amount))).collect(),
    }
    .without_zeros()
}
