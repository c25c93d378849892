//! Goods that come back here though another till of the store sold them. Headquarters knows the sale
//! if a programme had a part in it; the reversal goes into this till's own chain.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::barcode::ProductKey;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::receipt::{Kind, Receipt};
use domain::record::{Head, RecordKind, ReversedLine, reversal_body};
use domain::returns::{Parts, PayBack, pay_back, step};
use domain::sale::ReturnLine;
use domain::till::Refusal;
use domain::time::business_date;
use serde_json::{Value, json};
use store::{RefundKind, RefundPlan, Sealed, StoredLine, StoredSale};
use sync::protocol::{ForeignLine, ForeignSale};

use super::returning::{in_claim, paper_line, reversed};
use super::{Returned, reason};
use crate::effects::{Driver, failed};
use crate::outbox::payload_of;
use crate::paper;
use crate::seal::{Statement, sign};
use crate::shop::commands_log;

/// Longest that a customer waits for headquarters to find the sale.
const LOOKUP: Duration = Duration::from_millis(2500);
/// Records that may wait for headquarters while it is asked: far more than a till makes in a month.
const MOST_WAITING: usize = 100_000;

/// A sale of another till, in the shape that the till's own have.
#[derive(Debug, Clone)]
pub struct OtherTillSale {
    /// The till that sold it.
    pub till: String,
    /// The sale, as far as headquarters knows it: the lines in which a programme had a part. Its `id` and
    /// `receipt` say nothing.
    pub sale: StoredSale,
}

impl Driver {
    /// Whether a number is written as the receipts of this store are.
    pub fn is_of_store(&self, number: &str) -> bool {
        let store = self.shop.identity.as_ref().map(|id| id.store.as_str());
        store.is_some_and(|store| number.strip_prefix(store).is_some_and(|rest| rest.starts_with('-')))
    }

    /// A sale of another till of the store, from headquarters, with what came back of it so far.
    pub fn foreign_sale(&mut self, number: &str) -> Result<OtherTillSale, Refusal> {
        let shown = || number.chars().take(60).collect::<String>();
        if !self.is_of_store(number) {
            return Err(Refusal::UnknownSale(shown()));
        }
        if self.shop.is_training {
            return Err(Refusal::NotOwnSale(shown()));
        }
        // Read before headquarters is asked: what goes up meanwhile is counted twice rather than never.
        let waiting = self.waiting_reversals()?;
        let found = self.ask_about_sale(number)?.ok_or_else(|| Refusal::NotOwnSale(shown()))?;
        let back = waiting.get(&found.claim).cloned().unwrap_or_default();
        let lines = found.lines.into_iter().map(|line| {
            let more = back.get(&line.line).copied().unwrap_or(Quantity::ZERO);
            self.stored_line(line, more)
        });
        Ok(OtherTillSale {
            till: found.till,
            sale: StoredSale {
                id: 0,
                uuid: found.claim,
                number: found.number,
                claimed: true,
                holder: None,
                business_date: found.business_date,
                receipt: String::new(),
                lines: lines.collect::<Result<_, _>>()?,
            },
        })
    }

    /// Takes in what came back of an own sale at other tills, where headquarters can be asked: so that no
    /// goods are paid back twice.
    pub(super) fn take_in_other_returns(&mut self, sale: &mut StoredSale) {
        if !sale.claimed || self.shop.is_training || !self.shop.is_online().unwrap_or(false) {
            return;
        }
        match self.foreign_sale(&sale.number) {
            Ok(known) => {
                for line in known.sale.lines {
                    let own = sale.lines.iter_mut().find(|own| own.line == line.line && own.returned < line.returned);
                    if let Some(own) = own {
                        (own.returned, own.reversed) = (line.returned, line.reversed);
                    }
                }
            }
            // Not sent yet, or nobody answers: what this till knows counts, and headquarters counts again.
            Err(refusal) => commands_log(&format!("returns at other tills were not asked for: {refusal}")),
        }
    }

    /// Takes goods of another till's sale back. Headquarters is asked once more, so that two tills do
    /// not give money back for the same goods; of all of them it takes no more than was sold (R14). How the
    /// sale was paid only the till knows that sold it: here it is paid back in cash.
    pub fn take_back_foreign(&mut self, number: &str, lines: &[ReturnLine], why: &str) -> Result<Returned, Refusal> {
        let (shift, staff) = self.at_counter()?;
        let why = reason(why)?;
        let sale = self.foreign_sale(number)?.sale;
        let back = reversed(&sale, lines)?;
        if let Some(line) = back.iter().find(|line| !in_claim(&sale, line.line)) {
            return Err(Refusal::UnknownLine(line.line));
        }
        let cx = self.context();
        let mut sum = Parts::default();
        back.iter().for_each(|line| sum.add(&line.parts));
        let plan = RefundPlan {
            uuid: cx.id.to_string(),
            kind: RefundKind::OtherTill { of: sale.number.clone() },
            shift: shift.id,
            cashier: staff.code,
            at_ms: cx.now.timestamp_millis(),
            business_date: business_date(cx.now).to_string(),
            reason: why,
            lines: listed(&sale, &back),
            discount: sum.discount,
            subsidy: sum.subsidy,
            purse: sum.purse(),
            refund: sum.paid,
        };
        let sealed = self.commit_foreign(&sale, &back, &plan, cx)?;
        let tenders = pay_back(plan.refund, PayBack::Cash, &[]);
        let (refund, reversals) = (plan.refund, vec![plan.uuid]);
        Ok(Returned { number: sealed.number, refund, tenders, reversals, job: sealed.job })
    }

    fn commit_foreign(
        &mut self,
        sale: &StoredSale,
        back: &[ReversedLine],
        plan: &RefundPlan,
        cx: domain::till::Context,
    ) -> Result<store::SaleSeal, Refusal> {
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let letterhead = self.letterhead()?;
        let printer = self.shop.printer().map_err(failed)?;
        let drawer = if plan.refund.is_zero() { None } else { self.shop.drawer().map_err(failed)? };
        let of = sale.uuid.parse().map_err(failed)?;
        let seal = |head: &Head| {
            let number = identity.receipt_number(head);
            // Whose limits it moves, only headquarters knows: they come back with its balances.
            let statement = Statement {
                sale: Some(number.clone()),
                claimed: -(plan.subsidy + plan.purse),
                ..Statement::plain(
                    RecordKind::Reversal,
                    cx.id,
                    cx.now,
                    Some(plan.cashier.clone()),
                    reversal_body(of, back, &plan.reason),
                )
            };
            let record = sign(&identity, head, statement);
            let kind = Kind::Return { of: sale.number.clone() };
            let receipt = Receipt {
                lines: back.iter().filter_map(|line| paper_line(sale, line)).collect(),
                discount: plan.discount,
                purse: plan.purse,
                due: plan.refund,
                tenders: paper::in_cash(plan.refund),
                qr: Some(paper::address(&identity, &record.uuid, &record.hash)),
                ..paper::blank(kind, &identity, &letterhead, &number, cx.now, &plan.cashier)
            };
            let bytes = printer.as_ref().map(|(_, profile)| printers::receipt_bytes(&receipt, *profile)).transpose()?;
            let receipt = serde_json::to_string(&receipt).map_err(|err| err.to_string())?;
            Ok(Sealed { number, record: Some(record), receipt, paper: bytes, drawer })
        };
        self.shop.store.commit_refund(plan, seal).map_err(failed)
    }

    /// None: headquarters knows no such sale.
    fn ask_about_sale(&mut self, number: &str) -> Result<Option<ForeignSale>, Refusal> {
        let asked = self.ask(LOOKUP, |outbox, http| sync::engine::sale(outbox, http, number));
        asked.ok_or(Refusal::NotEnrolled)?.map_err(|problem| {
            commands_log(&format!("headquarters was not asked about another till's sale: {problem}"));
            Refusal::Offline
        })
    }

    /// What this till took back that headquarters has not acknowledged: claim, line, quantity.
    fn waiting_reversals(&self) -> Result<BTreeMap<String, BTreeMap<u32, Quantity>>, Refusal> {
        let mut back: BTreeMap<String, BTreeMap<u32, Quantity>> = BTreeMap::new();
        for epoch in self.shop.store.epochs().map_err(failed)? {
            for record in self.shop.store.waiting(&epoch.epoch, None, MOST_WAITING).map_err(failed)? {
                let payload = payload_of(&record.jws).map_err(Refusal::Failed)?;
                let Some(of) = payload["of"].as_str().filter(|_| payload["kind"] == "reversal") else { continue };
                let lines = back.entry(of.to_owned()).or_default();
                for (line, quantity) in payload["lines"].as_array().into_iter().flatten().filter_map(reversed_line) {
                    let sum = lines.entry(line).or_insert(Quantity::ZERO);
                    *sum = *sum + quantity;
                }
            }
        }
        Ok(back)
    }

    /// A line under the name that the shop's own products have; `more` of it is on its way to headquarters.
    fn stored_line(&self, line: ForeignLine, more: Quantity) -> Result<StoredLine, Refusal> {
        let sold = line.sold();
        let returned = (line.returned + more).min(line.quantity);
        let reversed = if more == Quantity::ZERO {
            line.reversed
        } else {
            step(&sold, line.quantity, returned, &Parts::default())
        };
        let key = match (&line.barcode, &line.plu) {
            (Some(code), _) => ProductKey::barcode(code),
            (None, Some(plu)) => ProductKey::plu(plu),
            (None, None) => Err("a line without a product".into()),
        };
        let key = key.map_err(Refusal::Failed)?;
        let product = self.shop.store.product(&key).map_err(failed)?;
        let name =
            product.as_ref().map(|p| if p.spec.is_empty() { p.name.clone() } else { format!("{} {}", p.name, p.spec) });
        let unit_name = match line.unit.as_str() {
            "kg" => "公斤".into(),
            "jin" => "斤".into(),
            _ => product.map(|p| p.unit_name).filter(|name| !name.is_empty()).unwrap_or_else(|| "件".into()),
        };
        Ok(StoredLine {
            line: line.line,
            name: name.unwrap_or_else(|| key.parts().1),
            quantity: line.quantity,
            unit_name,
            code: key.tagged(),
            unit_price: line.unit_price,
            gross: line.gross,
            promotion: line.promotion,
            programme: line.programme,
            sold,
            uses: Vec::new(),
            returned,
            reversed,
        })
    }
}

fn reversed_line(line: &Value) -> Option<(u32, Quantity)> {
    let number = u32::try_from(line["line"].as_u64()?).ok()?;
    Some((number, Quantity::parse(line["quantity"].as_str()?).ok()?))
}

/// What came back, for people to read.
fn listed(sale: &StoredSale, back: &[ReversedLine]) -> Value {
    let lines = back.iter().filter_map(|line| {
        let sold = sale.lines.iter().find(|l| l.line == line.line)?;
        let amount: Money = line.parts.paid + line.parts.purse();
        Some(json!({ "code": sold.code, "name": sold.name, "quantity": line.quantity, "amount": amount }))
    });
    json!(lines.collect::<Vec<_>>())
}
