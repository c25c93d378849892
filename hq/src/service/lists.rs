//! What goes down to a till.

use anyhow::{Context as _, Result};
use chrono::Datelike as _;
use domain::household::RosterEntry;
use domain::sale::Heard;
use domain::time::{business_date, rfc3339};
use serde_json::{Value, json};
use sync::list::build;
use sync::protocol::{
    BalanceLine, Chain, ChainEpoch, DecisionLine, ItemLine, Keys as KeysBody, ListEnd, RosterLine, Time, typ,
};

use super::{Hq, Refusal, now, roster, shop};
use crate::store::lists::Table;
use crate::store::sql::Conn;
use crate::store::tills::TillKey;
use crate::store::{self, claims, list_version, lists, people, records, reviews, tills};

/// Lookups that a till may make in a minute.
const LOOKUPS_A_MINUTE: u32 = 30;

/// Headquarters' time, signed.
pub fn time(hq: &Hq, nonce: &str) -> String {
    hq.keys.signing.sign_json(typ::TIME, &Time { nonce: nonce.into(), at: rfc3339(now()) })
}

/// The store's roster key.
pub fn keys(hq: &Hq, who: &TillKey) -> Result<String, Refusal> {
    roster::renew_key(hq, &who.store)?;
    let db = hq.db();
    let row = tills::store(&db.conn, &who.store)?.context("a till without a store")?;
    let body = KeysBody {
        roster_salt: sync::b64(&hq.keys.roster_salt),
        roster_key: sync::b64(&hq.keys.open_sealed(&row.roster_key_enc)?),
        hq_next: None,
    };
    Ok(hq.keys.signing.sign_json(typ::KEYS, &body))
}

/// A list's body.
pub fn list(
    hq: &Hq,
    who: &TillKey,
    name: &str,
    after: Option<u64>,
    household: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    if name == "roster" {
        roster::renew_key(hq, &who.store)?;
    }
    if name == "shop" {
        shop::prices::come(hq)?;
    }
    let db = hq.db();
    let hq_id = db.hq_id()?;
    // One transaction: version and lines are of one moment.
    let tx = db.conn.snapshot()?;
    let version = list_version(&tx, name)?;
    if after.is_some_and(|after| after > version) {
        return Err(Refusal::new(
            "unknown",
            format!("the newest version of {name} is {version}; ask for the whole list"),
        ));
    }
    let rows: Vec<Value> = match name {
        "roster" => values(lists::roster(&tx, &who.store, after)?.into_iter().map(roster_line))?,
        "programmes" => items(&lists::changed(&tx, Table::Programmes, after)?)?,
        "products" => items(&lists::changed(&tx, Table::Products, after)?)?,
        "shop" => values(shop::lines(&tx, &who.store, after)?.into_iter())?,
        "decisions" => {
            let changed = claims::changed(&tx, &who.store, after.unwrap_or(0))?;
            changed.iter().map(|claim| decision(&tx, claim)).collect::<Result<Vec<_>>>()?
        }
        _ => {
            let year = business_date(now()).year().to_string();
            values(claims::store_balances(&tx, &who.store, after, household, &year)?.into_iter().map(balance_line))?
        }
    };
    let heard = if name == "balances" { Some(heard(&tx, who.till_id)?) } else { None };
    let end = ListEnd {
        hq: hq_id,
        list: name.into(),
        store: who.store.clone(),
        after,
        version,
        issued_at: rfc3339(now()),
        rows: 0,
        sha256: String::new(),
        heard,
    };
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    Ok(build(&lines, end, &hq.keys.signing))
}

fn values<T: serde::Serialize>(rows: impl Iterator<Item = T>) -> Result<Vec<Value>> {
    rows.map(|row| serde_json::to_value(row).context("a list's line")).collect()
}

fn items(documents: &[String]) -> Result<Vec<Value>> {
    let put = |document: &String| {
        let value = serde_json::from_str(document).context("a document in the database")?;
        serde_json::to_value(ItemLine::Put(value)).context("a list's line")
    };
    documents.iter().map(put).collect()
}

fn roster_line(item: lists::Item) -> RosterLine {
    if item.deleted {
        RosterLine::Delete(item.digest)
    } else {
        RosterLine::Put { digest: item.digest, sealed: sync::b64(&item.sealed) }
    }
}

fn balance_line(b: claims::Balance) -> BalanceLine {
    BalanceLine {
        household: b.household,
        person: (!b.person.is_empty()).then_some(b.person),
        programme: b.programme,
        limit: b.limit,
        period: b.period,
        used: b.used,
    }
}

/// A decision, with what the person who made it said, where one did (docs/protocol.md).
fn decision(conn: &Conn, claim: &claims::Claim) -> Result<Value> {
    let granted: Value = serde_json::from_str(&claim.granted).context("a claim's granted amounts")?;
    let amount = |name: &str| granted[name].as_str().unwrap_or("0.00").to_owned();
    let line = DecisionLine {
        claim: claim.uuid.clone(),
        state: claim.state.clone(),
        reasons: serde_json::from_str(&claim.reasons).context("a claim's reasons")?,
        discount: amount("discount"),
        subsidy: amount("subsidy"),
        purse: amount("purse"),
        batch: claim.batch.clone(),
    };
    let mut line = serde_json::to_value(line).context("a list's line")?;
    // Of what is simply accepted there is nothing to say.
    if claim.state != "accepted"
        && let Some(words) = reviews::last_words(conn, claim.id)?
    {
        line["note"] = words.into();
    }
    Ok(line)
}

/// This till's records that balances count: those of its newest epoch that has any.
fn heard(conn: &Conn, till_id: i64) -> Result<Heard> {
    let epochs = records::epochs(conn, till_id)?;
    let newest = epochs.iter().rfind(|e| e.through > 0).or(epochs.last()).context("a till without an epoch")?;
    Ok(Heard { epoch: newest.epoch.clone(), through: newest.through })
}

/// The till's chain as headquarters has it.
pub fn chain(hq: &Hq, who: &TillKey) -> Result<Chain, Refusal> {
    let db = hq.db();
    let epochs = records::epochs(&db.conn, who.till_id)?;
    let epochs = epochs.into_iter().map(|e| ChainEpoch { epoch: e.epoch, through: e.through, hash: e.hash }).collect();
    Ok(Chain { hq: db.hq_id()?, epochs })
}

/// The till's own records as they were sent, one a line.
pub fn own_records(hq: &Hq, who: &TillKey, epoch: &str, after: u64) -> Result<String, Refusal> {
    let db = hq.db();
    if records::epochs(&db.conn, who.till_id)?.iter().all(|e| e.epoch != epoch) {
        return Err(Refusal::new("unknown", format!("this till has no epoch `{epoch}`")));
    }
    let max = u64::try_from(sync::protocol::MAX_LINES).unwrap_or(u64::MAX);
    let rows = records::of_till(&db.conn, who.till_id, Some(epoch), after, false, max)?;
    Ok(rows.into_iter().fold(String::new(), |text, r| text + &r.jws + "\n"))
}

/// Who stands behind a number that is not in the store's roster.
pub fn lookup(hq: &Hq, who: &TillKey, s: &str) -> Result<Vec<RosterEntry>, Refusal> {
    {
        let minute = store::now_ms() / 60_000;
        let mut lookups = hq.lookups.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = lookups.entry(who.till_id).or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        entry.1 += 1;
        if entry.1 > LOOKUPS_A_MINUTE {
            return Err(Refusal::new(
                "too_many",
                format!("a till may look up {LOOKUPS_A_MINUTE} numbers a minute; wait a moment"),
            ));
        }
    }
    let Some(s) = sync::from_b64(s).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
        return Err(Refusal::new("body", "`s` must be 32 bytes of base64url"));
    };
    let db = hq.db();
    let mac = people::mac_of_stretched(&db.conn, &hq.keys, &s)?;
    let entries = match mac {
        Some(mac) => people::opened_by(&db.conn, &mac)?,
        None => Vec::new(),
    };
    if entries.is_empty() {
        return Err(Refusal::new("unknown", "nobody has this number"));
    }
    store::audit(
        &db.conn,
        &format!("{}/{}", who.store, who.till),
        "lookup",
        &json!({ "found": entries.len() }).to_string(),
    )?;
    Ok(entries)
}
