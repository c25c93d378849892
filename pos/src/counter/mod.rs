//! What a counter does beside selling: goods that come back, cash that moves, the end of the day.

mod accounts;
mod cash;
mod other_till;
mod refunding;
mod report;
mod returning;
mod shelf;
pub mod slips;

pub use accounts::{Claim, Day, Month, Saying, Verdict};
pub use cash::CashKind;
pub use other_till::OtherTillSale;
pub use refunding::{Loose, LooseLine};
pub use returning::Returned;
pub use shelf::{Books, Problem, ShelfChange};

use domain::role::StaffRole;
use domain::till::{Refusal, Screen, Shift, Staff};

use crate::effects::Driver;

/// A manager's staff code and PIN, for one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Staff code.
    pub staff: String,
    /// PIN.
    pub pin: String,
}

impl Driver {
    /// The open shift and whoever is signed in; refused while a basket is being paid.
    fn at_counter(&self) -> Result<(Shift, Staff), Refusal> {
        if self.till.is_locked {
            return Err(Refusal::Locked);
        }
        match &self.till.screen {
            Screen::Sale { staff, shift, sale } if sale.tenders.is_empty() => Ok((shift.clone(), staff.clone())),
            Screen::Sale { .. } => Err(Refusal::PaymentStarted),
            Screen::Committing { .. } => Err(Refusal::Busy),
            Screen::NoShift { .. } => Err(Refusal::NoShift),
            Screen::SignIn => Err(Refusal::NotSignedIn),
        }
    }

    /// The manager who allows an action: whoever is signed in, if that is one, else the one who gave
    /// a PIN.
    fn allowed_by(&mut self, signed_in: &Staff, approval: Option<&Approval>) -> Result<String, Refusal> {
        match approval {
            Some(given) => Ok(self.check_manager(&given.staff, &given.pin)?.code),
            None if signed_in.role == StaffRole::Manager => Ok(signed_in.code.clone()),
            None => Err(Refusal::ManagerNeeded),
        }
    }
}

/// A reason in people's words: one to 60 printable characters.
fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
        return Err(Refusal::NoReason);
    }
    Ok(text.into())
}
