//! Doing an action, in the model and at the till.

use domain::barcode::check_digit;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, Credential, IdNumber};
use domain::returns::PayBack;
use domain::sale::{Change as Changing, ReturnLine};
use domain::tender::TenderKind;
use domain::till::{Action as Approving, Event, Reply};
use hq::store::people;
use pos::counter::{Approval, CashKind, Loose, LooseLine, Returned};
use pos::effects::{entry_of, verified_by};
use tests::{card_number, households, id_number};

use super::actions::{AMOUNTS, Action, Allows, Back, Given, Goods, PROGRAMMES, among};
use super::bench::{Bench, fen as fen_of, sums_of, yuan};
use super::catalogue::{ITEMS, QUANTITIES, STAFF, TENDERS, rounded};
use super::model::Change;
use super::{FAMILIES, HOUSEHOLDS};

const REASON: &str = "临近保质期";

/// A code with what it stands for.
struct Code {
    text: String,
    item: Option<usize>,
    /// Thousandths and what it charges; or the label cannot be.
    label: Option<Result<(i64, Option<i64>), ()>>,
}

impl Goods {
    fn code(self) -> Code {
        let with_check = |digits: String| format!("{digits}{}", char::from(check_digit(&digits)));
        let label = |text: String, item: usize, says: Option<(i64, Option<i64>)>| Code {
            text: with_check(text),
            item: says.map(|_| item),
            // What costs too little to weigh anything is no label either.
            label: Some(says.filter(|(milli, _)| *milli > 0).ok_or(())),
        };
        let plain = |text: &str, item| Code { text: text.into(), item, label: None };
        match self {
            Self::Item(item) => plain(ITEMS[item].code, Some(item)),
            Self::Unknown => plain("77777", None),
            Self::PaymentCode => plain("134567890123456789", None),
            Self::Weight(item, grams) => {
                let text = format!("21{}{grams:05}", ITEMS[item].code);
                label(text, item, (grams > 0).then_some((grams, None)))
            }
            Self::Amount(item, fen) => {
                let text = format!("22{}{fen:05}", ITEMS[item].code);
                let milli = rounded(fen * 1000, ITEMS[item].price);
                label(text, item, (fen > 0).then_some((milli, Some(fen))))
            }
            Self::Both(item, fen, grams) => {
                let text = format!("24{}{fen:05}{grams:05}", ITEMS[item].code);
                label(text, item, (grams > 0).then_some((grams, Some(fen))))
            }
            Self::WrongLabel(item, grams) => {
                let right = Self::Weight(item, grams).code().text;
                let (digits, check) = right.split_at(12);
                let wrong = (check.parse::<u32>().unwrap() + 1) % 10;
                Code { text: format!("{digits}{wrong}"), item: None, label: Some(Err(())) }
            }
            Self::NoSuchItem(grams) => label(format!("2199999{grams:05}"), 0, None),
        }
    }
}

impl Allows {
    fn pin(self) -> (&'static str, &'static str) {
        match self {
            Self::Manager | Self::NoReason => ("m1", "9999"),
            Self::WrongPin => ("m1", "1234"),
            Self::Cashier => ("c1", "1234"),
            Self::Nobody => ("nobody", ""),
        }
    }

    fn reason(self) -> &'static str {
        if self == Self::NoReason { " " } else { REASON }
    }

    fn has_reason(self) -> bool {
        self != Self::NoReason
    }

    fn approval(self) -> Option<Approval> {
        let (staff, pin) = self.pin();
        (self != Self::Nobody).then(|| Approval { staff: staff.into(), pin: pin.into() })
    }

    /// Whether it is allowed, where whoever is signed in may be the one who allows it.
    fn is_allowed(self, signed_in: usize) -> bool {
        match self {
            Self::Manager | Self::NoReason => true,
            Self::WrongPin | Self::Cashier => false,
            Self::Nobody => STAFF[signed_in].2,
        }
    }
}

impl Bench {
    fn no(&self, line: usize) -> u32 {
        let lines = &self.model.basket.lines;
        among(line, lines.len()).map_or(999, |at| lines[at].no)
    }

    pub fn act(&mut self, action: &Action) {
        self.wait(0);
        self.hear();
        match action {
            Action::SignIn { who, is_right } => self.sign_in(*who, *is_right),
            Action::SignOut => drop(self.event(|m| m.sign_out(), Event::SignOut)),
            Action::Lock => drop(self.event(|m| m.lock(), Event::Lock)),
            Action::OpenShift(n) => self.open_shift(AMOUNTS[*n]),
            Action::Scan(..) | Action::Repeat | Action::Quantity { .. } | Action::Remove(_) => self.fill(action),
            Action::Price { .. } | Action::Off { .. } | Action::Waive(_) | Action::WaiveMore { .. } => {
                self.by_hand(action);
            }
            Action::Verify { who, by_card } => self.verify(FAMILIES[*who], *by_card),
            Action::Unverify | Action::Decline(_) | Action::Accept(_) | Action::Purse(..) => self.wish(action),
            Action::Park => drop(self.event(|m| m.park(), Event::Park)),
            Action::Recall(n) => {
                let parked: Vec<u32> = self.model.parked.keys().copied().collect();
                let n = among(*n, parked.len()).map_or(7, |at| parked[at]);
                self.event(|m| m.recall(n), Event::Recall { n });
            }
            Action::Clear => drop(self.event(|m| m.clear(), Event::Clear { reason: Some(REASON.into()) })),
            Action::Announce => drop(self.event(|m| m.tell(), Event::Announce)),
            Action::Pay { kind, given, seen, twice } => self.pay(*kind, *given, *seen, *twice),
            Action::Return { .. } | Action::Void(_) | Action::Refund { .. } => self.give_back(action),
            Action::CashIn(..) | Action::CashOut(..) | Action::OpenDrawer(_) => self.move_cash(action),
            Action::Report => {
                self.step(|m| m.selling(), |d| d.x_report());
            }
            Action::CloseShift { off } => self.close_shift(*off),
            Action::CloseDay => {
                let sums = self.step(|m| m.close_day(), |d| d.close_day()).map(|(_, report)| report["sums"].clone());
                if let Some(sums) = sums {
                    let sums = serde_json::from_value(sums).unwrap();
                    assert_eq!(sums_of(&sums), self.model.books.day_sums.without_zeros());
                }
            }
            Action::Sync => match self.round() {
                Ok(moved) => assert_eq!((moved.unsent, self.line.is_up()), (0, true)),
                Err(_) => assert!(!self.line.is_up()),
            },
            Action::LoseLine => self.line.set_up(false),
            Action::LineBack => self.line.set_up(true),
            Action::Wait(minutes) => self.wait(*minutes),
            Action::Restart => self.restart(),
        }
    }

    pub fn sign_in(&mut self, who: usize, is_right: bool) {
        let (staff, pin, _) = STAFF[who];
        let pin = if is_right { pin } else { "0000" };
        self.event(|m| m.sign_in(who, is_right), Event::SignIn { staff: staff.into(), pin: pin.into() });
    }

    pub fn open_shift(&mut self, (text, float): (&str, Option<i64>)) {
        self.event(|m| m.open_shift(float), Event::OpenShift { float: text.into() });
    }

    fn fill(&mut self, action: &Action) {
        match action {
            Action::Scan(goods, quantity) => {
                let Code { text, item, label } = goods.code();
                let item = item.filter(|_| label != Some(Err(())));
                let label = label.and_then(Result::ok);
                let typed = quantity.map(|n| QUANTITIES[n].0.to_owned());
                let event = Event::Scanned { entry: entry_of(&text), code: text, quantity: typed };
                self.event(|m| m.scan(item, *quantity, label), event);
            }
            Action::Repeat => drop(self.event(|m| m.repeat(), Event::RepeatLast)),
            Action::Quantity { line, quantity } => {
                let (line, value) = (self.no(*line), QUANTITIES[*quantity].0.to_owned());
                self.event(|m| m.set_quantity(line, *quantity), Event::SetQuantity { line, value });
            }
            Action::Remove(line) => {
                let line = self.no(*line);
                self.event(|m| m.remove(line), Event::RemoveLine { line });
            }
            _ => unreachable!(),
        }
    }

    fn by_hand(&mut self, action: &Action) {
        let approve = |allows: &Allows, action| {
            let (manager, pin) = allows.pin();
            Event::Approve { manager: manager.into(), pin: pin.into(), action }
        };
        let money = |fen: i64| Money::from_fen(fen.into());
        let is_allowed = |allows: &Allows| *allows == Allows::Manager;
        match action {
            Action::Price { line, fen, allows } | Action::Off { line, fen, allows } => {
                let line = self.no(*line);
                let (change, changing) = match action {
                    Action::Price { .. } => (Change::Price(*fen), Changing::Price(money(*fen))),
                    _ => (Change::Off(*fen), Changing::Off(money(*fen))),
                };
                let reason = allows.reason().into();
                let event = approve(allows, Approving::Change { line, change: changing, reason });
                self.event(|m| m.change(line, change, allows.has_reason(), is_allowed(allows)), event);
            }
            Action::Waive(n) => {
                let (text, fen) = AMOUNTS[*n];
                self.event(|m| m.waive(fen, None), Event::Waive { amount: text.into() });
            }
            Action::WaiveMore { fen, allows } => {
                let reason = allows.reason().into();
                let event = approve(allows, Approving::Waive { amount: money(*fen), reason });
                self.event(|m| m.waive(Some(*fen), Some(is_allowed(allows))), event);
            }
            _ => unreachable!(),
        }
    }

    fn verify(&mut self, n: usize, by_card: bool) {
        let all = households(HOUSEHOLDS);
        let family = all.get(n);
        let by_card = by_card && family.is_none_or(|f| f.people.iter().any(|p| p.has_card));
        let person = family.map_or(900, |f| f.people[0].n);
        let credential = if by_card {
            CardNumber::parse(&card_number(n)).map(Credential::Card)
        } else {
            IdNumber::parse(&id_number(person)).map(Credential::Id)
        };
        let shops_for = all.iter().filter(|f| f.is_eligible() && f.people.iter().any(|p| p.n == person)).count();
        let found = match family {
            Some(f) if f.is_eligible() && !by_card && shops_for > 1 => Ok(None),
            Some(f) if f.is_eligible() => {
                let db = self.hq.hq().db();
                let id = people::household_id(&db.conn, &self.hq.hq().keys, &f.name()).unwrap().unwrap();
                Ok(Some((id, f.category)))
            }
            _ => Err("not in the roster, or not entitled"),
        };
        let event = Event::Verify { credential, by: verified_by(by_card), household: None };
        if let Some((_, Reply::Beneficiary(view))) = self.event(|m| m.verify(found), event) {
            self.knows_what_is_used(&view.household);
        }
    }

    /// What the till goes by is what the model counted.
    fn knows_what_is_used(&self, household: &str) {
        let domain::till::Screen::Sale { sale, .. } = &self.till().till.screen else { unreachable!() };
        let used = &sale.verified.as_ref().unwrap().used;
        for (programme, limits) in &used.0 {
            for (limit, amount) in limits.iter().filter(|(limit, _)| *limit != "offline") {
                let key = (household.to_owned(), programme.clone(), limit.clone());
                let expected = self.model.books.used.get(&key).copied().unwrap_or_default();
                assert_eq!(amount.milli(), expected, "{key:?}");
            }
        }
    }

    fn wish(&mut self, action: &Action) {
        match action {
            Action::Unverify => drop(self.event(|m| m.unverify(), Event::Unverify)),
            Action::Decline(n) => {
                let programme = PROGRAMMES[*n];
                self.event(|m| m.decline(programme), Event::Decline { programme: programme.into() });
            }
            Action::Accept(n) => {
                let programme = PROGRAMMES[*n];
                self.event(|m| m.accept(programme), Event::Accept { programme: programme.into() });
            }
            Action::Purse(n, amount) => {
                let (programme, (text, fen)) = (PROGRAMMES[*n], AMOUNTS[*amount]);
                let event = Event::Purse { programme: programme.into(), amount: text.into() };
                self.event(|m| m.purse(programme, fen), event);
            }
            _ => unreachable!(),
        }
    }

    fn pay(&mut self, kind: usize, given: Given, seen: bool, twice: bool) {
        let due = self.model.basket.due();
        let fen = match given {
            Given::All => None,
            Given::Exact => Some(Some(due)),
            Given::More(fen) => Some(Some(due + fen)),
            Given::Part(percent) => Some(Some(due * percent / 100)),
            Given::Fen(fen) => Some(Some(fen)),
            Given::NoNumber => Some(None),
        };
        let seen = (seen || twice).then_some(due);
        for _ in 0..=u32::from(twice) {
            let event = Event::Pay {
                kind: TenderKind::parse(TENDERS[kind]).unwrap(),
                amount: fen.map(|fen| fen.map_or("一百".into(), yuan)),
                reference: None,
                seen: seen.map(|seen| Money::from_fen(seen.into())),
            };
            // Whoever tries to pay was told the sum, also where it is refused.
            self.model.tell().ok();
            let sales = self.model.books.sales.len();
            match self.event(|m| m.pay(kind, fen, seen), event) {
                None => {}
                Some((None, reply)) => {
                    let Reply::Due(left) = reply else { panic!("{reply:?}") };
                    assert_eq!(fen_of(left), self.model.basket.due());
                }
                Some((Some(end), reply)) => {
                    let Reply::Sale(sale) = reply else { panic!("{reply:?}") };
                    let kept = &self.model.books.sales[sales];
                    assert_eq!(sale.number, kept.number);
                    assert_eq!((fen_of(sale.change), fen_of(sale.rounding)), end);
                    assert_eq!(sale.claims.len(), usize::from(kept.has_claim));
                }
            }
        }
    }

    fn give_back(&mut self, action: &Action) {
        let returned = match action {
            Action::Return { sale, lines, in_cash } => {
                let sales = &self.model.books.sales;
                let at = among(*sale, sales.len()).unwrap_or(usize::MAX);
                let sold = sales.get(at);
                let number = sold.map_or_else(|| "S001-01-1-000000".into(), |sold| sold.number.clone());
                let wanted: Vec<(u32, i64)> = (lines.iter())
                    .map(|(line, back)| {
                        let line = sold.and_then(|sold| Some(&sold.lines[among(*line, sold.lines.len())?]));
                        let left = line.map_or(1000, |l| l.milli - l.back);
                        let milli = match back {
                            Back::Rest => left,
                            Back::Milli(milli) => *milli,
                            Back::TooMuch => left + 1000,
                        };
                        (line.map_or(99, |l| l.no), milli)
                    })
                    .collect();
                let lines: Vec<ReturnLine> = (wanted.iter())
                    .map(|(line, milli)| ReturnLine { line: *line, quantity: Quantity::from_milli((*milli).into()) })
                    .collect();
                self.step(
                    |m| m.filling().and_then(|_| m.books.take_back(at, &wanted, *in_cash)),
                    |d| d.take_back_by(&number, &lines, REASON, if *in_cash { PayBack::Cash } else { PayBack::AsPaid }),
                )
            }
            Action::Void(allows) => self.step(
                |m| m.filling().and_then(|who| m.books.void_last(allows.has_reason(), allows.is_allowed(who))),
                |d| d.void_last(allows.reason(), allows.approval().as_ref()),
            ),
            Action::Refund { goods, quantity, allows } => {
                let Code { text, item, .. } = goods.code();
                let lines = vec![LooseLine { code: text, quantity: QUANTITIES[*quantity].0.into() }];
                let loose = Loose { lines, reason: allows.reason().into() };
                let is_allowed = |who| allows.has_reason() && allows.is_allowed(who);
                self.step(
                    |m| m.filling().and_then(|who| m.books.refund(item, *quantity, is_allowed(who))),
                    |d| d.refund_without_receipt(&loose, allows.approval().as_ref()),
                )
            }
            _ => unreachable!(),
        };
        if let Some((refund, Returned { number, refund: given, tenders, .. })) = returned {
            assert_eq!(tenders.iter().map(|(_, part)| fen_of(*part)).sum::<i64>(), refund);
            assert_eq!((fen_of(given), number), (refund, self.model.books.last_number()));
        }
    }

    fn move_cash(&mut self, action: &Action) {
        let (kind, goes_in, n, allows) = match action {
            Action::CashIn(n, has_reason) => (CashKind::In, Some(true), *n, why(*has_reason)),
            Action::CashOut(n, allows) => (CashKind::Out, Some(false), *n, *allows),
            Action::OpenDrawer(has_reason) => (CashKind::Open, None, 0, why(*has_reason)),
            _ => unreachable!(),
        };
        let (text, fen) = AMOUNTS[n];
        let (has_reason, approval) = (allows.has_reason(), allows.approval());
        self.step(
            |m| m.filling().and_then(|who| m.books.move_cash(goes_in, fen, has_reason, allows.is_allowed(who))),
            |d| d.move_cash(kind, text, allows.reason(), approval.as_ref()),
        );
    }

    fn close_shift(&mut self, off: i64) {
        let counted = self.model.books.expected_cash() + off;
        let text = if counted < 0 { format!("-{}", yuan(-counted)) } else { yuan(counted) };
        let is_right = self.till().is_count_right(&text).ok();
        let done = self.step(|m| m.close_shift((counted >= 0).then_some(counted)), |d| d.close_shift(&text, None));
        if let Some((_, report)) = done {
            assert_eq!(is_right, Some(off == 0));
            let over = Money::parse_signed(report["over_short"].as_str().unwrap()).unwrap();
            assert_eq!(fen_of(over), off);
        }
    }
}

fn why(has_reason: bool) -> Allows {
    if has_reason { Allows::Manager } else { Allows::NoReason }
}
