//! Settlement: one payer's statement of one store for a period, from making to the bank's reference.

pub mod figures;
pub mod make;
pub mod payment;
pub mod period;
pub mod published;
pub mod statement;
pub mod steps;
pub mod voucher;

use anyhow::Result;
use domain::money::Money;
use serde_json::json;

use super::access::Role;
use super::session::Person;
use super::{Hq, Told, refuse};
use crate::store::sql::Conn;
use crate::store::{audit, settle as rows, tills};

/// Above this, in fen, two approvers are needed where nobody set another amount: 50,000.00 yuan.
const TWO_APPROVALS_FEN: i64 = 5_000_000;
/// Name of that setting.
const TWO_APPROVALS: &str = "settle_two_approvals_fen";

/// Where a batch is; each step is another person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 已制表
    Made,
    /// 已复核
    Checked,
    /// 已审批
    Approved,
    /// 已付款
    Paid,
    /// 已确认
    Confirmed,
    /// 已撤回
    Withdrawn,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Made, Self::Checked, Self::Approved, Self::Paid, Self::Confirmed, Self::Withdrawn];

    /// Reads the code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Checked => "checked",
            Self::Approved => "approved",
            Self::Paid => "paid",
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of claims whose batch is here; none: they are in no batch.
    pub fn of_claims(self) -> Option<&'static str> {
        match self {
            Self::Made | Self::Checked => Some("batched"),
            Self::Approved => Some("approved"),
            Self::Paid => Some("paid"),
            Self::Confirmed => Some("confirmed"),
            Self::Withdrawn => None,
        }
    }
}

/// Refuses who has not the role, or not the store.
fn may(conn: &Conn, who: &Person, roles: &[Role], store: &str, sentence: &str) -> Told<()> {
    if !roles.contains(&who.role) {
        return refuse(sentence);
    }
    let Some(found) = tills::store(conn, store)? else {
        return refuse("没有这家门店。 There is no such store");
    };
    let in_district = who.district.as_ref().is_none_or(|prefix| found.district.starts_with(prefix.as_str()));
    let own = who.role != Role::Manager || who.store.as_deref() == Some(store);
    if in_district && own {
        Ok(Ok(()))
    } else {
        refuse("这家门店不归您管。 This store is not yours to settle")
    }
}

/// The amount above which two approvers are needed.
pub fn two_approvals_above(conn: &Conn) -> Result<Money> {
    let set = rows::setting(conn, TWO_APPROVALS)?.and_then(|text| text.parse().ok());
    Ok(Money::from_fen(i128::from(set.unwrap_or(TWO_APPROVALS_FEN))))
}

/// Sets that amount, and the subjects of vouchers: an administrator does, who decides on no money.
pub fn set_rules(hq: &Hq, who: &Person, above: Money, subjects: &voucher::Subjects) -> Told<()> {
    if who.role != Role::Admin {
        return refuse("结算设置由系统管理员改。 An administrator changes the rules of settlement");
    }
    let codes = [&subjects.expense, &subjects.payable, &subjects.prepaid, &subjects.receivable, &subjects.bank];
    if codes.iter().any(|code| {
        code.is_empty() || code.len() > 32 || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    }) {
        return refuse("科目代码只用数字、字母、点和横线。 A subject's code has digits, letters, dots and hyphens");
    }
    let db = hq.db();
    let tx = db.begin()?;
    rows::put_setting(&tx, TWO_APPROVALS, &above.fen_i64().to_string())?;
    rows::put_setting(&tx, voucher::SUBJECTS, &serde_json::to_string(subjects)?)?;
    audit(
        &tx,
        &who.name,
        "settlement rules",
        &json!({ "two_approvals_above": above, "subjects": codes.map(String::as_str) }).to_string(),
    )?;
    tx.commit()?;
    Ok(Ok(()))
}
