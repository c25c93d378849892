//! Goods that come back without a receipt: a manager allows it, at no more than today's price, and no
//! programme has part in it. And goods exchanged for the same, which moves neither money nor quota.

use domain::money::Money;
use domain::quantity::Quantity;
use domain::receipt::{Kind, Line, Receipt};
use domain::record::{Head, RecordKind, event_body};
use domain::returns::{PayBack, pay_back};
use domain::sale::ReturnLine;
use domain::till::Refusal;
use domain::time::business_date;
use serde_json::json;
use store::{RefundKind, RefundPlan, Sealed};

use super::{Approval, Returned, reason};
use crate::effects::{Driver, failed};
use crate::paper;
use crate::seal::{Statement, sign};

/// Goods without a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// What came back.
    pub lines: Vec<LooseLine>,
    /// What the customer said.
    pub reason: String,
}

/// One product of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseLine {
    /// Barcode, in-store code or PLU.
    pub code: String,
    /// How much.
    pub quantity: String,
}

impl Driver {
    /// Takes goods back without a receipt.
    pub fn refund_without_receipt(&mut self, loose: &Loose, approval: Option<&Approval>) -> Result<Returned, Refusal> {
        let (shift, staff) = self.at_counter()?;
        let why = reason(&loose.reason)?;
        let lines = self.priced(&loose.lines)?;
        let refund: Money = lines.iter().map(|line| line.amount).sum();
        let manager = self.allowed_by(&staff, approval)?;
        let cx = self.context();
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let letterhead = self.letterhead()?;
        let listed: Vec<_> = lines
            .iter()
            .map(|l| json!({ "code": l.code, "name": l.name, "quantity": l.quantity, "amount": l.amount }))
            .collect();
        let detail = json!({
            "action": "refund_without_receipt", "manager": manager, "reason": why, "refund": refund, "lines": listed,
        });
        let plan = RefundPlan {
            uuid: cx.id.to_string(),
            kind: RefundKind::NoReceipt { manager },
            shift: shift.id,
            cashier: staff.code.clone(),
            at_ms: cx.now.timestamp_millis(),
            business_date: business_date(cx.now).to_string(),
            reason: why,
            lines: json!(listed),
            discount: Money::ZERO,
            subsidy: Money::ZERO,
            purse: Money::ZERO,
            refund,
        };
        let printer = self.shop.printer().map_err(failed)?;
        let drawer = self.shop.drawer().map_err(failed)?;
        let seal = |head: &Head| {
            let number = identity.receipt_number(head);
            let body = event_body("override", detail);
            let statement = Statement {
                sale: Some(number.clone()),
                ..Statement::plain(RecordKind::Event, cx.id, cx.now, Some(staff.code.clone()), body)
            };
            let kind = Kind::Return { of: NO_RECEIPT.into() };
            let blank = paper::blank(kind, &identity, &letterhead, &number, cx.now, &staff.code);
            let receipt = Receipt { lines, due: refund, tenders: paper::in_cash(refund), ..blank };
            let bytes = printer.as_ref().map(|(_, profile)| printers::receipt_bytes(&receipt, *profile)).transpose()?;
            let receipt = serde_json::to_string(&receipt).map_err(|err| err.to_string())?;
            Ok(Sealed { number, record: Some(sign(&identity, head, statement)), receipt, paper: bytes, drawer })
        };
        let sealed = self.shop.store.commit_refund(&plan, seal).map_err(failed)?;
        let tenders = pay_back(refund, PayBack::Cash, &[]);
        Ok(Returned { number: sealed.number, refund, tenders, reversals: Vec::new(), job: sealed.job })
    }

    /// What the goods cost today, or in the last 7 days if that was less.
    fn priced(&self, lines: &[LooseLine]) -> Result<Vec<Line>, Refusal> {
        if lines.is_empty() {
            return Err(Refusal::BasketEmpty);
        }
        let price = |line: &LooseLine| {
            let found = self.find(&line.code)?;
            let product = found.product;
            let today = product.price.ok_or_else(|| Refusal::NoPrice(line.code.clone()))?;
            let unit_price = found.lowest_price_7d.map_or(today, |lowest| lowest.min(today));
            let bad = || Refusal::BadQuantity(line.quantity.clone());
            let quantity = Quantity::parse(&line.quantity).map_err(|_| bad())?;
            let whole = product.unit == domain::basket::SaleUnit::Piece;
            if quantity == Quantity::ZERO || (whole && !quantity.is_whole()) {
                return Err(bad());
            }
            let amount = unit_price.times(quantity);
            if amount.fen() > domain::till::MAX_CASH_FEN {
                return Err(Refusal::LineTooLarge);
            }
            let code = product.key.parts().1;
            let name =
                if product.spec.is_empty() { product.name } else { format!("{} {}", product.name, product.spec) };
            Ok(Line {
                name,
                code,
                quantity,
                unit_name: product.unit_name,
                unit_price,
                amount,
                promotion: Money::ZERO,
                discount: None,
                note: None,
            })
        };
        lines.iter().map(price).collect()
    }

    /// Gives the same product for one that came back: nothing moves, and the trail says so.
    pub fn exchange(&mut self, number: &str, line: &ReturnLine, why: &str) -> Result<(), Refusal> {
        let (_, staff) = self.at_counter()?;
        let why = reason(why)?;
        let unknown = || Refusal::UnknownSale(number.chars().take(60).collect());
        let sale = self.shop.store.sale(number).map_err(failed)?.ok_or_else(unknown)?;
        super::returning::reversed(&sale, std::slice::from_ref(line))?;
        let code = sale.lines.iter().find(|l| l.line == line.line).map(|l| l.code.clone()).unwrap_or_default();
        let detail = format!("{number} {code} × {} {why}", line.quantity);
        let at = self.shop.now().timestamp_millis();
        self.shop.store.remember(at, Some(&staff.code), "exchange", &detail).map_err(failed)
    }
}

/// What the paper says where a receipt number would stand.
const NO_RECEIPT: &str = "无小票";
