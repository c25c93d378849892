//! Who may do what.

use serde::{Deserialize, Serialize};

/// A role of the store's staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// 收银员
    Cashier,
    /// 店长
    Manager,
}

impl StaffRole {
    /// Reads the code.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "cashier" => Ok(Self::Cashier),
            "manager" => Ok(Self::Manager),
            _ => Err(format!("`{text}` is not a role (cashier, manager)")),
        }
    }

    /// The code.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cashier => "cashier",
            Self::Manager => "manager",
        }
    }
}

/// Roles at headquarters (spec/cli.md).
pub const HQ_ROLES: [&str; 8] =
    ["reviewer", "approver", "accountant", "payer", "auditor", "roster", "manager", "admin"];

/// Reads a role of headquarters.
pub fn parse_hq_role(text: &str) -> Result<String, String> {
    if HQ_ROLES.contains(&text) {
        Ok(text.into())
    } else {
        Err(format!("`{text}` is not a role ({})", HQ_ROLES.join(", ")))
    }
}

/// Checks a PIN: 4 to 8 digits.
pub fn check_pin(pin: &str) -> Result<(), String> {
    let digits = pin.bytes().all(|b| b.is_ascii_digit());
    if digits && (4..=8).contains(&pin.len()) { Ok(()) } else { Err("a PIN has 4 to 8 digits".into()) }
}
