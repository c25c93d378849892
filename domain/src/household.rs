//! Households as the roster carries them, and who may be given something today.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The categories of the schemes' rules; programmes may name others.
pub const CATEGORIES: [(&str, &str); 6] = [
    ("urban_dibao", "城市低保"),
    ("rural_dibao", "农村低保"),
    ("tekun", "特困人员"),
    ("dibao_marginal", "低保边缘家庭"),
    ("rigid_expenditure", "刚性支出困难家庭"),
    ("other_hardship", "其他困难家庭"),
];

/// Reads a category: its code, its Chinese words, or another plain identifier.
pub fn parse_category(text: &str) -> Result<String, String> {
    let by_word =
        |(code, word): &&(&str, &str)| *word == text || word.strip_suffix("家庭") == Some(text) || *code == text;
    let alias = match text {
        "特困" | "特困供养" => Some("tekun"),
        "刚性支出" | "支出型困难" => Some("rigid_expenditure"),
        "其他困难" => Some("other_hardship"),
        _ => None,
    };
    match CATEGORIES.iter().find(by_word).map(|(code, _)| *code).or(alias) {
        Some(code) => Ok(code.into()),
        None => crate::id::identifier(text).map_err(|_| format!("`{text}` is not a category")),
    }
}

/// Where a household's entitlement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 在保
    Active,
    /// 渐退
    Grace,
    /// 暂停
    Suspended,
    /// 停保
    Ended,
    /// 迁出
    Moved,
    /// 死亡
    Deceased,
}

impl Status {
    /// Reads the code or the Chinese word.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "active" | "在保" => Self::Active,
            "grace" | "渐退" | "渐退期" => Self::Grace,
            "suspended" | "暂停" => Self::Suspended,
            "ended" | "停保" => Self::Ended,
            "moved" | "迁出" => Self::Moved,
            "deceased" | "死亡" => Self::Deceased,
            _ => {
                return Err(format!("`{text}` is not a status (active grace suspended ended moved deceased)"));
            }
        })
    }

    /// The code.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Moved => "moved",
            Self::Deceased => "deceased",
        }
    }
}

/// One household that a person may shop for, as it stands sealed in the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Opaque id.
    pub household: String,
    /// Opaque id of the person.
    pub person: String,
    /// Persons covered.
    pub size: u32,
    /// Category such as `urban_dibao`.
    pub category: String,
    /// GB/T 2260 code.
    pub district: String,
    /// Plain identifiers.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Store where the household usually shops.
    #[serde(default)]
    pub home_store: Option<String>,
    /// Masked name.
    pub name: String,
    /// Where the entitlement stands.
    pub status: Status,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; none: until ended.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Whether the person shops for somebody else's household.
    #[serde(default)]
    pub proxy: bool,
}

impl RosterEntry {
    /// Whether the household may be given something on this date.
    pub fn is_eligible(&self, date: NaiveDate) -> bool {
        matches!(self.status, Status::Active | Status::Grace)
            && self.valid_from <= date
            && self.valid_to.is_none_or(|last| date <= last)
    }

    /// As pricing takes it.
    pub fn beneficiary(&self) -> crate::basket::Beneficiary {
        crate::basket::Beneficiary {
            household: self.household.clone(),
            category: self.category.clone(),
            district: self.district.clone(),
            size: self.size,
            home_store: self.home_store.clone(),
            tags: self.tags.clone(),
        }
    }
}
