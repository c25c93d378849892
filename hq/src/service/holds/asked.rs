//! What a till asks to hold, read without believing any of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::basket::BasketLine;
use domain::id::identifier;
use domain::json::{Node, Refused, Unknown};
use domain::money::Money;
use domain::programme::Programme;
use domain::time::parse_date;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::Refusal;

/// The shape of a body.
#[derive(Deserialize)]
struct Body {
    claim: String,
    household: String,
    person: String,
    business_date: String,
    lines: Vec<Value>,
    #[serde(default)]
    decline: Vec<String>,
    #[serde(default)]
    purses: BTreeMap<String, String>,
}

/// A body that was read.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The id that the claim will have.
    pub claim: String,
    /// Household.
    pub household: String,
    /// Person.
    pub person: String,
    /// Date for which it is priced.
    pub date: NaiveDate,
    /// The basket's lines; none yet is no error.
    pub lines: Vec<BasketLine>,
    /// Declined programmes.
    pub decline: Vec<String>,
    /// Asked of purses.
    pub purses: BTreeMap<String, Money>,
}

/// Whether a text is an id that a till makes.
pub fn is_id(text: &str) -> Result<(), String> {
    match text.parse::<Uuid>() {
        Ok(id) if id.get_version_num() == 7 && id.to_string() == text => Ok(()),
        _ => Err("an id is a UUIDv7 in lower case".into()),
    }
}

/// When a till made an id, as it compares: a `UUIDv7` begins with its milliseconds.
pub fn made(id: &str) -> &str {
    id.get(..13).unwrap_or(id)
}

/// Reads a body: `body` where it has another shape, `invalid` where it breaks pricing.md's rules.
pub fn read(body: &[u8]) -> Result<Asked, Refusal> {
    let body: Body = serde_json::from_slice(body).map_err(|err| Refusal::new("body", err.to_string()))?;
    checked(&body).map_err(|refused| Refusal::new("invalid", refused.to_string()))
}

fn checked(body: &Body) -> Result<Asked, Refused> {
    let refuse = |place: &str, problem: String| Refused { place: format!("hold.{place}"), problem };
    let word = |place: &str, text: &str| identifier(text).map_err(|problem| refuse(place, problem));
    is_id(&body.claim).map_err(|problem| refuse("claim", problem))?;
    let mut lines: Vec<BasketLine> = Vec::with_capacity(body.lines.len());
    for (i, line) in body.lines.iter().enumerate() {
        let line = BasketLine::read(&Node::root(&format!("hold.lines[{i}]"), line, Unknown::Ignore))?;
        if lines.iter().any(|earlier| earlier.line == line.line) {
            return Err(refuse("lines", format!("line {} stands twice", line.line)));
        }
        lines.push(line);
    }
    let mut purses = BTreeMap::new();
    for (code, amount) in &body.purses {
        let amount = Money::parse(amount).map_err(|problem| refuse(&format!("purses.{code}"), problem))?;
        purses.insert(code.clone(), amount);
    }
    Ok(Asked {
        claim: body.claim.clone(),
        household: word("household", &body.household)?,
        person: word("person", &body.person)?,
        date: parse_date(&body.business_date).map_err(|problem| refuse("business_date", problem))?,
        lines,
        decline: body.decline.iter().map(|code| word("decline", code)).collect::<Result<_, _>>()?,
        purses,
    })
}

impl Asked {
    /// Of what was asked, however it was written.
    pub fn digest(&self) -> String {
        let lines: Vec<Value> = self.lines.iter().map(|line| line.to_json().into()).collect();
        let said = json!([
            self.claim,
            self.household,
            self.person,
            self.date,
            lines,
            self.decline,
            self.purses.iter().map(|(code, amount)| (code, amount.to_string())).collect::<Vec<_>>(),
        ]);
        sync::sha256(said.to_string().as_bytes())
    }

    /// Whether it names programmes that there are.
    pub fn fits(&self, programmes: &[Programme]) -> Result<(), Refusal> {
        let invalid = |problem: String| Refusal::new("invalid", problem);
        if let Some(code) = self.decline.iter().find(|code| programmes.iter().all(|p| p.code != **code)) {
            return Err(invalid(format!("hold.decline: no programme `{code}`")));
        }
        let is_purse = |code: &String| programmes.iter().any(|p| p.code == *code && p.is_purse());
        match self.purses.keys().find(|code| !is_purse(code)) {
            Some(code) => Err(invalid(format!("hold.purses: no such purse `{code}`"))),
            None => Ok(()),
        }
    }
}
