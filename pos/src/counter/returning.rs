//! Taking goods back against a receipt.

use anyhow::Result;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::receipt::{Kind, Line, Receipt};
use domain::record::{Head, RecordKind, ReversedLine, reversal_body};
use domain::returns::{PayBack, give_back, pay_back, step};
use domain::sale::ReturnLine;
use domain::tender::TenderKind;
use domain::till::{Refusal, Shift, Staff};
use domain::time::{business_date, parse_date};
use domain::usage::OFFLINE;
use serde_json::json;
use store::{ReturnPlan, Sealed, StoredLine, StoredSale};

use super::Approval;
use crate::effects::{Driver, failed};
use crate::paper::{self, ReturnSums};
use crate::seal::{Statement, movements, sign};
use crate::shop::commands_log;

/// What a return came to.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Receipt number of the return.
    pub number: String,
    /// Given back to the customer.
    pub refund: Money,
    /// The same by means of payment, in the order in which it is paid out.
    pub tenders: Vec<(TenderKind, Money)>,
    /// Ids of reversals.
    pub reversals: Vec<String>,
    /// Print job.
    pub job: Option<i64>,
}

/// What kind of return it is.
#[derive(Debug, Clone, Copy)]
struct Way {
    is_void: bool,
    pay_back: PayBack,
}

impl Driver {
    /// Takes lines of a sale back, and pays back as it was paid. Nothing changes unless all of it is possible.
    pub fn take_back(&mut self, number: &str, lines: &[ReturnLine], reason: &str) -> Result<Returned, Refusal> {
        self.take_back_by(number, lines, reason, PayBack::AsPaid)
    }

    /// The same, in cash where the cashier chose so and the shop allows it.
    pub fn take_back_by(
        &mut self,
        number: &str,
        lines: &[ReturnLine],
        reason: &str,
        pay_back: PayBack,
    ) -> Result<Returned, Refusal> {
        let (shift, staff) = self.at_counter()?;
        if pay_back == PayBack::Cash && !self.shop.may_refund_in_cash().map_err(failed)? {
            return Err(Refusal::Failed(
                "本店按原付款方式退款，不改退现金。 This shop pays back as the sale was paid, not in cash".into(),
            ));
        }
        self.give_back(number, lines, reason, &shift, &staff, Way { is_void: false, pay_back })
    }

    /// Whether a cashier may choose cash for a sale: it was paid by something else too, and the shop allows it.
    pub fn may_choose_cash(&self, sale: &StoredSale) -> Result<bool, Refusal> {
        let other = |kind| !matches!(kind, TenderKind::Cash | TenderKind::Host);
        let paid = self.shop.store.paid_by(sale.id).map_err(failed)?;
        Ok(paid.iter().any(|by| other(by.kind)) && self.shop.may_refund_in_cash().map_err(failed)?)
    }

    /// Voids the last sale of the shift as long as nothing of it came back: all of it is reversed, and
    /// the customer gets all that was paid. A manager allows it.
    pub fn void_last(&mut self, why: &str, approval: Option<&Approval>) -> Result<Returned, Refusal> {
        let (shift, staff) = self.at_counter()?;
        let why = super::reason(why)?;
        let number = self.shop.store.last_whole_sale(shift.id).map_err(failed)?;
        let number = number.ok_or_else(|| Refusal::UnknownSale(String::new()))?;
        let sale = self.shop.store.sale(&number).map_err(failed)?.ok_or(Refusal::NothingParked)?;
        let lines: Vec<ReturnLine> =
            sale.lines.iter().map(|l| ReturnLine { line: l.line, quantity: l.quantity }).collect();
        let manager = self.allowed_by(&staff, approval)?;
        let way = Way { is_void: true, pay_back: PayBack::AsPaid };
        let returned = self.give_back(&number, &lines, &why, &shift, &staff, way)?;
        let detail = json!({ "sale": number, "refund": returned.refund, "reason": why, "manager": manager });
        if let Err(err) = self.record_event("void", detail) {
            commands_log(&format!("an event could not be recorded: {err:#}"));
        }
        Ok(returned)
    }

    fn give_back(
        &mut self,
        number: &str,
        lines: &[ReturnLine],
        reason: &str,
        shift: &Shift,
        staff: &Staff,
        way: Way,
    ) -> Result<Returned, Refusal> {
        let unknown = || Refusal::UnknownSale(number.chars().take(60).collect());
        let mut sale = self.shop.store.sale(number).map_err(failed)?.ok_or_else(unknown)?;
        self.take_in_other_returns(&mut sale);
        let reversed = reversed(&sale, lines)?;
        let receipt: Receipt = serde_json::from_str(&sale.receipt).map_err(failed)?;
        // The till that took the money gives it back.
        let refund = if self.outside.is_some() { Money::ZERO } else { refund(&sale, &receipt, &reversed) };
        let paid = self.shop.store.paid_by(sale.id).map_err(failed)?;
        let cx = self.context();
        let plan = ReturnPlan {
            uuid: cx.id.to_string(),
            sale_id: sale.id,
            shift: shift.id,
            cashier: staff.code.clone(),
            at_ms: cx.now.timestamp_millis(),
            business_date: business_date(cx.now).to_string(),
            reason: reason.into(),
            is_void: way.is_void,
            refund,
            tenders: pay_back(refund, way.pay_back, &paid),
            lines: reversed,
        };
        let sealed = self.commit_return(&sale, &receipt, &plan, cx)?;
        Ok(Returned {
            number: sealed.number,
            refund: plan.refund,
            tenders: plan.tenders,
            reversals: if sealed.claimed { vec![plan.uuid] } else { Vec::new() },
            job: sealed.job,
        })
    }

    fn commit_return(
        &mut self,
        sale: &StoredSale,
        original: &Receipt,
        plan: &ReturnPlan,
        cx: domain::till::Context,
    ) -> Result<store::SaleSeal, Refusal> {
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let printer = self.receipt_printer()?;
        let has_cash = plan.tenders.iter().any(|(kind, _)| *kind == TenderKind::Cash);
        let drawer = if has_cash { self.shop.drawer().map_err(failed)? } else { None };
        let of = sale.uuid.parse().map_err(failed)?;
        let given: Vec<ReversedLine> = plan.lines.iter().filter(|line| in_claim(sale, line.line)).cloned().collect();
        let sums = ReturnSums {
            discount: plan.lines.iter().map(|l| l.parts.discount).sum(),
            purse: plan.lines.iter().map(|l| l.parts.purse()).sum(),
            refund: plan.refund,
            is_void: plan.is_void,
        };
        let subsidy: Money = plan.lines.iter().map(|l| l.parts.subsidy).sum();
        let moved = self.given_back(sale, plan)?;
        let seal = |head: &Head| {
            let number = identity.receipt_number(head);
            let record = (sale.claimed && !given.is_empty()).then(|| {
                let body = reversal_body(of, &given, &plan.reason);
                let statement = Statement {
                    sale: Some(number.clone()),
                    claimed: -(subsidy + sums.purse),
                    holder: sale.holder.clone(),
                    movements: moved,
                    ..Statement::plain(RecordKind::Reversal, cx.id, cx.now, Some(plan.cashier.clone()), body)
                };
                sign(&identity, head, statement)
            });
            let address = record.as_ref().map(|r| paper::address(&identity, &r.uuid, &r.hash));
            let lines = plan.lines.iter().filter_map(|line| paper_line(sale, line)).collect();
            let mut receipt = paper::of_return(original, &number, lines, sums, cx.now, &plan.cashier, address);
            receipt.tenders = plan.tenders.iter().map(|(kind, amount)| (kind.zh().into(), *amount)).collect();
            let bytes = printer.as_ref().map(|(_, profile)| printers::receipt_bytes(&receipt, *profile)).transpose()?;
            let receipt = serde_json::to_string(&receipt).map_err(|err| err.to_string())?;
            Ok(Sealed { number, record, receipt, paper: bytes, drawer: drawer.clone() })
        };
        self.shop.store.commit_return(plan, seal).map_err(failed)
    }

    /// Quota goes back to the periods in which the sale was made. The offline amount does not: it
    /// bounds what was given since headquarters was heard, whatever came back.
    fn given_back(&self, sale: &StoredSale, plan: &ReturnPlan) -> Result<Vec<domain::usage::Movement>, Refusal> {
        let date = parse_date(&sale.business_date).map_err(Refusal::Failed)?;
        let mut uses = Vec::new();
        for line in &plan.lines {
            let Some(sold) = sale.lines.iter().find(|l| l.line == line.line) else {
                continue;
            };
            let after = sold.returned + line.quantity;
            for used in sold.uses.iter().filter(|u| u.limit != OFFLINE) {
                uses.push((used, -give_back(used, sold.quantity, sold.returned, after)));
            }
        }
        Ok(movements(uses.into_iter(), &self.shop.programmes, date))
    }
}

/// What the customer gets back: what was paid for the lines. The step after which nothing of the sale is
/// left out gives back less by what was waived or rounded off, since that was never paid; and where another
/// till took the payment, that till gives it back.
fn refund(sale: &StoredSale, receipt: &Receipt, lines: &[ReversedLine]) -> Money {
    if matches!(receipt.kind, Kind::Beside { .. }) {
        return Money::ZERO;
    }
    let paid: Money = lines.iter().map(|line| line.parts.paid).sum();
    let back = |sold: &StoredLine| {
        let now = lines.iter().find(|line| line.line == sold.line).map_or(Quantity::ZERO, |line| line.quantity);
        sold.returned + now
    };
    let is_whole = sale.lines.iter().all(|sold| back(sold) == sold.quantity);
    let unpaid = if is_whole { receipt.rounding + receipt.waived } else { Money::ZERO };
    (paid - unpaid).max(Money::ZERO)
}

/// What is reversed of each line, never more than was sold.
pub(super) fn reversed(sale: &StoredSale, lines: &[ReturnLine]) -> Result<Vec<ReversedLine>, Refusal> {
    if lines.is_empty() {
        return Err(Refusal::BasketEmpty);
    }
    let mut reversed: Vec<ReversedLine> = Vec::with_capacity(lines.len());
    for wanted in lines {
        let sold = sale.lines.iter().find(|l| l.line == wanted.line).ok_or(Refusal::UnknownLine(wanted.line))?;
        let left = sold.quantity - sold.returned;
        let twice = reversed.iter().any(|earlier| earlier.line == wanted.line);
        if wanted.quantity > left || twice {
            return Err(Refusal::ReturnTooMuch { line: wanted.line, left: left.to_string() });
        }
        let whole = sold.unit_name != "公斤" && sold.quantity.is_whole();
        if wanted.quantity.milli() == 0 || (whole && !wanted.quantity.is_whole()) {
            return Err(Refusal::BadQuantity(wanted.quantity.to_string()));
        }
        let after = sold.returned + wanted.quantity;
        let parts = step(&sold.sold, sold.quantity, after, &sold.reversed);
        reversed.push(ReversedLine { line: wanted.line, quantity: wanted.quantity, parts });
    }
    Ok(reversed)
}

/// Whether a line has something that its claim asked for or reported.
pub(super) fn in_claim(sale: &StoredSale, line: u32) -> bool {
    let given = |l: &StoredLine| l.programme.is_some() || !l.sold.purses.is_empty();
    sale.lines.iter().any(|l| l.line == line && given(l))
}

pub(super) fn paper_line(sale: &StoredSale, back: &ReversedLine) -> Option<Line> {
    let sold = sale.lines.iter().find(|l| l.line == back.line)?;
    let parts = &back.parts;
    Some(Line {
        name: sold.name.clone(),
        code: sold.code.split_once(':').map_or_else(String::new, |(_, code)| code.into()),
        quantity: back.quantity,
        unit_name: sold.unit_name.clone(),
        unit_price: sold.unit_price,
        amount: parts.paid + parts.purse(),
        promotion: Money::ZERO,
        discount: None,
        note: None,
    })
}
