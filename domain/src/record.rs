//! The payloads of a till's chain (spec/sync.md, "What goes up").

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::money::Money;
use crate::pricing::{Priced, PricedLine, summed};
use crate::quantity::Quantity;
use crate::returns::Parts;
use crate::sale::Draft;
use crate::shift::Sums;
use crate::time::rfc3339;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A sale that a programme had part in.
    Claim,
    /// A return against a claim.
    Reversal,
    /// The day's sums.
    DayClose,
    /// Something else that headquarters must be able to rely on.
    Event,
    /// The first record of every epoch but the first.
    Epoch,
}

impl RecordKind {
    /// The word that records carry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Reversal => "reversal",
            Self::DayClose => "day_close",
            Self::Event => "event",
            Self::Epoch => "epoch",
        }
    }
}

/// Where a till's chain stands: what the next record builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Epoch in which the next record goes.
    pub epoch: String,
    /// Last `seq` in it; 0 where it has none yet.
    pub seq: u64,
    /// `prev` of the next record.
    pub hash: String,
    /// All that the till ever claimed, less reversals.
    pub total_claimed: Money,
    /// Time of the last record in the epoch.
    pub at: Option<DateTime<Utc>>,
    /// Receipts that the epoch has.
    pub receipts: u64,
}

/// The fields that every record has.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope {
    /// Always 1.
    pub v: u8,
    /// What the record is about.
    pub kind: RecordKind,
    /// `UUIDv7`.
    pub id: Uuid,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// Epoch.
    pub epoch: String,
    /// From 1, without gaps.
    pub seq: u64,
    /// Hash of the record before it.
    pub prev: String,
    /// RFC 3339 with offset; never decreases in an epoch.
    pub at: String,
    /// Date in Asia/Shanghai.
    pub business_date: NaiveDate,
    /// Staff code.
    pub cashier: Option<String>,
    /// Receipt number.
    pub sale: Option<String>,
    /// All that the till ever claimed, this record included.
    pub total_claimed: Money,
}

impl Envelope {
    /// The payload's bytes: envelope and body in one object.
    pub fn with(&self, body: Map<String, Value>) -> Vec<u8> {
        let Ok(Value::Object(mut map)) = serde_json::to_value(self) else {
            unreachable!("an envelope is an object of plain values")
        };
        map.extend(body);
        Value::Object(map).to_string().into_bytes()
    }
}

/// The lines of a sale that its claim carries, with sums over them alone.
pub fn claimed(priced: &Priced) -> Priced {
    let lines: Vec<PricedLine> = priced.lines.iter().filter(|line| line.claimed).cloned().collect();
    let versions: BTreeMap<String, u32> = priced.programmes.iter().map(|sum| (sum.code.clone(), sum.version)).collect();
    summed(lines, &versions)
}

/// The body of a sale's claim; none where no programme had part in it.
pub fn claim_body(draft: &Draft) -> Option<Map<String, Value>> {
    let verified = draft.verified.as_ref().filter(|_| draft.makes_claim())?;
    let claimed = claimed(&draft.priced);
    let lines: Vec<Value> = claimed.lines.iter().map(|line| claim_line(draft, line)).collect();
    let entry = &verified.entry;
    let mut body = object(json!({
        "household": entry.household, "person": entry.person, "proxy": entry.proxy,
        "category": entry.category, "district": entry.district, "tags": entry.tags,
        "size": entry.size, "home_store": entry.home_store,
        "roster_version": verified.roster_version, "heard": verified.heard,
        "verified_by": verified.by.word(), "verified_at": rfc3339(verified.at),
        "started_at": rfc3339(draft.started_at),
        "hold": draft.hold, "online": draft.basket.online, "used": draft.basket.used,
        "decline": draft.basket.decline, "purses": draft.basket.purses,
        "lines": lines, "programmes": claimed.programmes, "totals": claimed.totals,
    }));
    if let Some(number) = &draft.host_receipt {
        body.insert("host_receipt".into(), json!(number));
    }
    if let Some(slip) = &draft.slip {
        body.insert("slip".into(), json!(slip));
    }
    Some(body)
}

fn claim_line(draft: &Draft, priced: &PricedLine) -> Value {
    let Ok(Value::Object(mut answer)) = serde_json::to_value(priced) else {
        unreachable!("a priced line is an object of plain values")
    };
    if let Some(line) = draft.lines.iter().find(|line| line.basket.line == priced.line) {
        answer.extend(line.basket.to_json());
        answer.insert("at".into(), rfc3339(line.at).into());
        answer.insert("entry".into(), line.entry.word().into());
    }
    Value::Object(answer)
}

/// One line of a reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversedLine {
    /// Line of the claim.
    pub line: u32,
    /// How much came back.
    pub quantity: Quantity,
    /// What is reversed of the line.
    pub parts: Parts,
}

/// The body of a reversal of the claim `of`.
pub fn reversal_body(of: Uuid, lines: &[ReversedLine], reason: &str) -> Map<String, Value> {
    let mut total = Parts::default();
    let listed: Vec<Value> = lines
        .iter()
        .map(|line| {
            total.add(&line.parts);
            let parts = &line.parts;
            json!({
                "line": line.line, "quantity": line.quantity, "discount": parts.discount,
                "subsidy": parts.subsidy, "concession": parts.concession(),
                "purse": parts.purse(), "purses": parts.purses,
            })
        })
        .collect();
    object(json!({
        "of": of, "lines": listed, "reason": reason,
        "totals": {
            "discount": total.discount, "subsidy": total.subsidy, "concession": total.concession(),
            "purse": total.purse(), "claim": total.subsidy + total.purse(),
        },
    }))
}

/// A head of headquarters' public log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHead {
    /// Records in it.
    pub size: u64,
    /// Root of its tree, base64url.
    pub root: String,
    /// When headquarters signed it, RFC 3339.
    pub at: String,
}

/// The body of a day's close. Means of payment are less what went back by them; `log_head` is the last
/// head of the public log that the till saw, so that headquarters' books bear witness against it.
pub fn day_close_body(sums: &Sums, log_head: Option<&LogHead>) -> Map<String, Value> {
    object(json!({
        "sales": sums.sales, "subsidised_sales": sums.subsidised_sales, "gross": sums.gross,
        "discount": sums.discount, "subsidy": sums.subsidy, "purse": sums.purse,
        "tenders": sums.net_tenders(), "log_head": log_head,
    }))
}

/// The body of an event.
pub fn event_body(event: &str, detail: Value) -> Map<String, Value> {
    object(json!({ "event": event, "detail": detail }))
}

/// What a new epoch says of the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The epoch that it closes.
    pub epoch: String,
    /// Last `seq` that headquarters acknowledged or answered; 0 if never.
    pub through: u64,
    /// Hash of that record; null if never.
    pub hash: Option<String>,
    /// The till's own total, unsent records included.
    pub total_claimed: Money,
    /// Why a new epoch was opened.
    pub reason: String,
}

/// The body of an epoch's first record.
pub fn epoch_body(before: &Before) -> Map<String, Value> {
    object(json!({ "before": before }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("bodies are objects"),
    }
}

/// The number before the dash of an epoch's name.
pub fn epoch_number(epoch: &str) -> u64 {
    epoch.split_once('-').and_then(|(number, _)| number.parse().ok()).unwrap_or(0)
}
