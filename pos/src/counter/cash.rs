//! Cash put into the drawer or taken out, and the drawer opened without a sale. Each is an event of
//! the chain, with its reason.

use domain::money::Money;
use domain::record::{RecordKind, event_body};
use domain::till::Refusal;
use serde_json::json;
use store::CashMove;

use super::{Approval, reason};
use crate::effects::{Driver, failed};
use crate::seal::{Statement, sign};

/// What happens to the drawer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CashKind {
    /// Cash goes in.
    In,
    /// Cash goes out: a manager allows it.
    Out,
    /// It is only opened.
    Open,
}

impl CashKind {
    fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Open => "open",
        }
    }
}

impl Driver {
    /// Moves cash, or opens the drawer. It opens when the move is kept, and only then.
    pub fn move_cash(
        &mut self,
        kind: CashKind,
        amount: &str,
        why: &str,
        approval: Option<&Approval>,
    ) -> Result<Money, Refusal> {
        let (shift, staff) = self.at_counter()?;
        let why = reason(why)?;
        let amount = match kind {
            CashKind::Open => Money::ZERO,
            CashKind::In | CashKind::Out => {
                let money = Money::parse(amount).ok().filter(|money| !money.is_zero());
                money.ok_or_else(|| Refusal::BadAmount(amount.into()))?
            }
        };
        let manager = match kind {
            CashKind::Out => Some(self.allowed_by(&staff, approval)?),
            CashKind::In | CashKind::Open => None,
        };
        let cx = self.context();
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let detail = json!({ "kind": kind.word(), "amount": amount, "reason": why, "manager": manager });
        let moved = CashMove {
            shift: shift.id,
            at_ms: cx.now.timestamp_millis(),
            staff: staff.code.clone(),
            kind: kind.word(),
            amount,
            reason: why,
        };
        let body = event_body("drawer", detail);
        let statement = Statement::plain(RecordKind::Event, cx.id, cx.now, Some(staff.code), body);
        self.shop.store.move_cash(&moved, |head| Ok(sign(&identity, head, statement))).map_err(failed)?;
        if let Some(pulse) = self.shop.drawer().map_err(failed)? {
            self.shop.store.queue_drawer(&pulse, moved.at_ms).map_err(failed)?;
        }
        Ok(amount)
    }
}
