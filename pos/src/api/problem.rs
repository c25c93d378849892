//! What goes wrong, as RFC 9457 problems with a sentence in both languages.

use domain::json::Refused;
use domain::till::Refusal;
use serde_json::{Value, json};

/// Why a call did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// One word for programs; `type` ends in it.
    pub code: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
    /// One more member, where the code has one.
    pub more: Option<(&'static str, Value)>,
}

impl Problem {
    /// A problem of the API itself.
    pub fn new(status: u16, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, code, zh: zh.into(), en: en.into(), more: None }
    }

    /// No such path, claim or method.
    pub fn unknown(zh: &str, en: &str) -> Self {
        Self::new(404, "unknown", zh, en)
    }

    /// An id that made something else.
    pub fn conflict() -> Self {
        Self::new(
            409,
            "conflict",
            "这个编号已经用过，内容不一样；没有重复登记。新的一单请用新的编号。",
            "This id was used for something else, and nothing was made; use a new id for something new.",
        )
    }

    /// The sum that the customer was told is another one now.
    pub fn changed(take_off: domain::money::Money) -> Self {
        let mut problem = Self::new(
            409,
            "changed",
            format!("优惠变成了 {take_off} 元，没有登记；请告诉顾客，再按新的金额提交。"),
            format!("It would take off {take_off} now, and nothing was kept; tell the customer and send that."),
        );
        problem.more = Some(("take_off", json!(take_off)));
        problem
    }

    /// A verification that never was, or is over.
    pub fn verification() -> Self {
        Self::new(
            404,
            "verification",
            "核验已过期或已用过，请再核验一次。",
            "The verification is over or was used; verify again.",
        )
    }

    /// The same at a line of the basket.
    pub fn at_line(self, line: u32) -> Self {
        Self {
            zh: format!("第 {line} 行：{}", self.zh),
            en: format!("Line {line}: {}", self.en),
            more: Some(("line", json!(line))),
            ..self
        }
    }

    /// The document.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "type": format!("urn:jihui:problem:{}", self.code),
            "title": self.code.replace('_', " "),
            "status": self.status,
            "detail": self.en,
            "detail_zh": self.zh,
            "code": self.code,
        });
        if let Some((name, value)) = &self.more {
            document[*name] = value.clone();
        }
        document
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(422, "invalid", format!("请求的内容不对：{refused}。"), format!("The request is wrong: {refused}."))
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = word(&refusal);
        Self::new(status, code, refusal.zh(), refusal.en())
    }
}

/// Status and word of each refusal of the till.
fn word(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::NotFound => (404, "not_found"),
        Refusal::UnknownSale(_) | Refusal::NothingParked | Refusal::NotOwnSale(_) => (404, "unknown"),
        Refusal::NotEligible { .. } => (422, "not_eligible"),
        Refusal::NotOneOfTheirHouseholds => (422, "household"),
        Refusal::BadCredential(_) => (422, "credential"),
        Refusal::NotVerified => (404, "verification"),
        Refusal::UnknownProduct(_) => (422, "unknown_product"),
        Refusal::NoPrice(_) => (422, "no_price"),
        Refusal::UnknownProgramme(_) => (422, "unknown_programme"),
        Refusal::NothingToClaim => (422, "nothing_to_claim"),
        Refusal::UnknownLine(_) => (422, "unknown_line"),
        Refusal::ReturnTooMuch { .. } => (422, "return_too_much"),
        Refusal::NotEnrolled | Refusal::NoRoster | Refusal::RosterTooOld { .. } => (503, "not_ready"),
        Refusal::Disk(_) => (503, "disk"),
        Refusal::Busy | Refusal::Offline => (503, "busy"),
        Refusal::PaymentCode
        | Refusal::BadQuantity(_)
        | Refusal::BadAmount(_)
        | Refusal::BadLabel(_)
        | Refusal::BadSlip(_)
        | Refusal::LineTooLarge
        | Refusal::BasketFull
        | Refusal::BasketEmpty
        | Refusal::NoReason => (422, "invalid"),
        Refusal::TotalChanged(_) => (409, "changed"),
        Refusal::SlipUsed(_) => (409, "conflict"),
        // None of these can come from a call; were one to, it is the till's fault.
        Refusal::NotSignedIn
        | Refusal::WrongPin
        | Refusal::PinWait { .. }
        | Refusal::NoShift
        | Refusal::ShiftOpen
        | Refusal::BasketNotEmpty
        | Refusal::PaymentStarted
        | Refusal::TooMuch
        | Refusal::CashTooMuch
        | Refusal::ManagerNeeded
        | Refusal::Locked
        | Refusal::LockedByAnother(_)
        | Refusal::NothingToRepeat
        | Refusal::WaiveTooMuch(_)
        | Refusal::NotBeside
        | Refusal::OnlyBeside
        | Refusal::SlipOpen
        | Refusal::NoPrinter
        | Refusal::Failed(_) => (500, "failed"),
    }
}
