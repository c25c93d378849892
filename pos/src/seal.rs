//! Signing: what the till says goes into its chain.

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::Money;
use domain::pricing::Use;
use domain::programme::{Measure, Programme};
use domain::record::{Envelope, Head, RecordKind};
use domain::time::{business_date, rfc3339};
use domain::usage::{Movement, OFFLINE};
use serde_json::{Map, Value};
use store::NewRecord;
use sync::chain;
use uuid::Uuid;

use crate::shop::Identity;

/// What a record is, beside what the chain adds.
pub struct Statement {
    /// What it is about.
    pub kind: RecordKind,
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The date that it belongs to; none: that of its time.
    pub business_date: Option<NaiveDate>,
    /// Staff code.
    pub cashier: Option<String>,
    /// Receipt number.
    pub sale: Option<String>,
    /// What it adds to the running total.
    pub claimed: Money,
    /// The rest of the payload.
    pub body: Map<String, Value>,
    /// Household and person whose limits it moves.
    pub holder: Option<(String, String)>,
    /// What it uses of limits.
    pub movements: Vec<Movement>,
}

impl Statement {
    /// A statement that concerns no household.
    pub fn plain(
        kind: RecordKind,
        id: Uuid,
        at: DateTime<Utc>,
        cashier: Option<String>,
        body: Map<String, Value>,
    ) -> Self {
        Self {
            kind,
            id,
            at,
            business_date: None,
            cashier,
            sale: None,
            claimed: Money::ZERO,
            body,
            holder: None,
            movements: Vec::new(),
        }
    }
}

/// Signs a statement as the next record after `head`.
pub fn sign(identity: &Identity, head: &Head, statement: Statement) -> NewRecord {
    let at = chain::next_at(head, statement.at);
    let envelope = Envelope {
        v: 1,
        kind: statement.kind,
        id: statement.id,
        store: identity.store.clone(),
        till: identity.till.clone(),
        epoch: head.epoch.clone(),
        seq: head.seq + 1,
        prev: head.hash.clone(),
        at: rfc3339(at),
        business_date: statement.business_date.unwrap_or_else(|| business_date(at)),
        cashier: statement.cashier,
        sale: statement.sale,
        total_claimed: head.total_claimed + statement.claimed,
    };
    let signed = chain::sign(&identity.key, &envelope.with(statement.body));
    NewRecord {
        uuid: statement.id.to_string(),
        kind: statement.kind,
        seq: head.seq + 1,
        hash: signed.hash,
        jws: signed.jws,
        at_ms: at.timestamp_millis(),
        claimed: statement.claimed,
        holder: statement.holder,
        movements: statement.movements,
    }
}

/// What uses of limits move, in the periods of a date. Limits per sale move nothing.
pub fn movements<'a>(
    uses: impl Iterator<Item = (&'a Use, i64)>,
    programmes: &[Programme],
    date: NaiveDate,
) -> Vec<Movement> {
    uses.filter_map(|(used, milli)| {
        if used.limit == OFFLINE {
            return Some(movement(used, String::new(), false, true, milli));
        }
        let limit = programmes.iter().filter(|p| p.code == used.programme).find_map(|p| p.limit(&used.limit))?;
        let money = matches!(limit.measure, Measure::Discount(_));
        Some(movement(used, limit.per.key(date)?, limit.per_person, money, milli))
    })
    .collect()
}

fn movement(used: &Use, period: String, per_person: bool, money: bool, milli: i64) -> Movement {
    Movement { programme: used.programme.clone(), limit: used.limit.clone(), period, per_person, money, milli }
}
