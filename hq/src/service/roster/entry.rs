//! What a roster row holds, and which of its versions a claim is judged by.

use anyhow::Result;
use chrono::NaiveDate;
use domain::household::RosterEntry;
use serde::{Deserialize, Serialize};

use crate::keys::Keys;
use crate::params;
use crate::store::people;
use crate::store::sql::Conn;

/// What only headquarters keeps of a row, sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Whole name.
    pub name: String,
    /// 低保证号
    pub certificate: Option<String>,
    /// Where the family lives.
    pub street: Option<String>,
    /// When the person consented.
    pub consent_on: Option<NaiveDate>,
    /// Number of the card.
    pub card_number: Option<String>,
    /// Date of the letter of authority (委托书) of a proxy.
    pub authority_on: Option<NaiveDate>,
}

impl Private {
    /// Opens a sealed one.
    pub fn open(keys: &Keys, sealed: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(&keys.open_sealed(sealed)?)?)
    }

    /// As it is sealed.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// Its fingerprint.
    pub fn mac(&self, keys: &Keys) -> Result<String> {
        Ok(keys.mac("private", &self.text()?))
    }
}

/// A GB/T 2260 code: 2 to 12 digits.
pub fn district(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && (2..=12).contains(&text.len()) {
        Ok(text.into())
    } else {
        Err(format!("`{text}` is not a district code"))
    }
}

/// The last four of a number, for people who have it before them.
pub fn tail(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    let from = chars.len().saturating_sub(if chars.len() > 8 { 4 } else { 2 });
    format!("****{}", chars[from..].iter().collect::<String>())
}

/// The roster entry that a claim is judged by: the one of the version that it names, where that was
/// the newest at some time within the 7 days before `at_ms`; else today's.
pub fn entry_for(
    conn: &Conn,
    household: &str,
    person: &str,
    version: Option<u64>,
    at_ms: i64,
) -> Result<Option<RosterEntry>> {
    const SEVEN_DAYS_MS: i64 = 7 * 86_400_000;
    let mut named = None;
    if let Some(version) = version {
        let sql = "SELECT coalesce((SELECT min(published_at) FROM roster_versions WHERE version > ?1), ?2) >= ?2
                     AND count(*) > 0 FROM roster_versions WHERE version = ?1 AND published_at <= ?3";
        let acceptable: bool =
            conn.one(sql, params![version, at_ms - SEVEN_DAYS_MS, at_ms + 60_000], |row| row.get(0))?;
        named = acceptable.then_some(version);
    }
    match people::at_version(conn, household, person, named)? {
        Some(entry) => Ok(Some(entry)),
        // A version that did not know the person yet is no reason to refuse: today's counts.
        None => people::at_version(conn, household, person, None),
    }
}
