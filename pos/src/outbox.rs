//! The store as the sync engine sees it.

use anyhow::Result;
use chrono::DateTime;
use domain::money::Money;
use domain::record::{Before, Head, RecordKind, epoch_body, epoch_number, event_body};
use domain::time::parse_rfc3339;
use domain::usage::Amount;
use serde_json::{Value, json};
use store::{ListUpdate, NewRecord, RosterChange, SharedKind, SharedLine};
use sync::engine::{Identity, Letter, Outbox, OwnEpoch, Waiting};
use sync::protocol::{
    BalanceLine, ItemLine, Keys, ListEnd, RosterLine, Shared, ShopChange, ShopLine, read_shared, shared_key,
};
use sync::{chain, from_b64, random_base32};

use crate::seal::{Statement, sign};
use crate::shop::{Shop, commands_log, fresh_id};

/// Clock corrections above this are told to headquarters, in milliseconds.
const CLOCK_STEP_MS: i64 = 120_000;

type Answer<T> = std::result::Result<T, String>;

/// A newtype, so that neither store nor engine knows the other.
pub struct StoreOutbox<'a> {
    shop: &'a mut Shop,
}

impl<'a> StoreOutbox<'a> {
    /// The outbox of a shop.
    pub fn new(shop: &'a mut Shop) -> Self {
        Self { shop }
    }
}

fn text<T, E: std::fmt::Display>(result: std::result::Result<T, E>) -> Answer<T> {
    result.map_err(|err| err.to_string())
}

impl Outbox for StoreOutbox<'_> {
    fn identity(&self) -> Answer<Identity> {
        let id = text(self.shop.enrolled())?;
        let head = text(self.shop.store.head())?.ok_or("the till has no epoch: enrol it anew")?;
        Ok(Identity {
            store: id.store.clone(),
            till: id.till.clone(),
            hq: id.hq.clone(),
            hq_key: id.hq_key.clone(),
            key: id.key.clone(),
            epoch: head.epoch,
        })
    }

    fn now(&self) -> i64 {
        self.shop.now().timestamp()
    }

    fn machine_ms(&self) -> i64 {
        Shop::machine_ms()
    }

    fn set_clock(&mut self, offset_ms: i64) -> Answer<()> {
        let before = text(self.shop.set_offset(offset_ms))?;
        let step = offset_ms - before;
        if step.abs() < CLOCK_STEP_MS {
            return Ok(());
        }
        commands_log(&format!(
            "本机时钟与总部相差 {} 秒，已按总部时间校正。 The clock was off by {} s and follows headquarters now",
            step / 1000,
            step / 1000
        ));
        append(self.shop, "clock_step", &json!({ "seconds": step / 1000 }))
    }

    fn epochs(&self) -> Answer<Vec<OwnEpoch>> {
        let own = |e: store::EpochRow| OwnEpoch { epoch: e.epoch, last: e.last, closed: e.closed };
        Ok(text(self.shop.store.epochs())?.into_iter().map(own).collect())
    }

    fn record_hash(&self, epoch: &str, seq: u64) -> Answer<Option<String>> {
        text(self.shop.store.record_hash(epoch, seq))
    }

    fn waiting(&self, epoch: &str, after: Option<u64>, limit: usize) -> Answer<Vec<Waiting>> {
        let waiting = |r: store::RecordRow| Waiting { seq: r.seq, hash: r.hash, jws: r.jws };
        Ok(text(self.shop.store.waiting(epoch, after, limit))?.into_iter().map(waiting).collect())
    }

    fn acknowledge(&mut self, epoch: &str, through: u64) -> Answer<()> {
        text(self.shop.store.acknowledge(epoch, through))
    }

    fn acknowledge_taken(&mut self, hashes: &[String]) -> Answer<()> {
        text(self.shop.store.acknowledge_taken(hashes))
    }

    fn remember_answered(&mut self, epoch: &str, through: u64, hash: Option<&str>) -> Answer<()> {
        text(self.shop.store.remember_answered(epoch, through, hash))
    }

    fn adopt(&mut self, epoch: &str, records: &[String]) -> Answer<()> {
        let adopted = records.iter().map(|jws| adopted(jws)).collect::<Answer<Vec<_>>>()?;
        text(self.shop.store.adopt(epoch, &adopted))
    }

    fn next_epoch(&mut self, reason: &str, known: &[String]) -> Answer<()> {
        open_next_epoch(self.shop, reason, known)
    }

    fn restate(&mut self, epoch: &str, seq: u64) -> Answer<()> {
        let record = text(self.shop.store.own_record(epoch, seq))?.ok_or("the record to restate is not there")?;
        let payload = payload_of(&record.jws)?;
        let statement = restated(&payload, &record.hash)?;
        let identity = text(self.shop.enrolled())?.clone();
        text(self.shop.store.append(None, "restate", &record.hash, |head| Ok(sign(&identity, head, statement))))?;
        text(self.shop.store.give_up(&record.hash))
    }

    fn list_version(&self, list: &str) -> Answer<Option<u64>> {
        text(self.shop.store.list_version(list))
    }

    fn apply(&mut self, end: &ListEnd, lines: &[&str]) -> Answer<()> {
        let update = list_update(end, lines)?;
        let issued = parse_rfc3339(&end.issued_at)?.timestamp_millis();
        let now = self.shop.now().timestamp_millis();
        text(self.shop.store.apply_list(&update, end.version, end.after.is_none(), issued, now))?;
        let id = text(self.shop.enrolled())?;
        let restored = end.hq != id.hq;
        if restored {
            // Headquarters was restored: every other list is asked for whole, too.
            let list = end.list.clone();
            text(self.shop.store.forget_lists(None))?;
            text(self.shop.store.requeue_closed())?;
            text(self.shop.store.set_setting("hq", &end.hq))?;
            text(self.shop.store.apply_list(&update, end.version, end.after.is_none(), issued, now))?;
            commands_log(&format!("headquarters has a new id; {list} and all other lists are taken whole"));
        }
        // The other lists are read from the store when they are needed.
        if restored || end.list == "programmes" { text(self.shop.reload()) } else { Ok(()) }
    }

    fn shop_changes(&self, most: usize) -> Answer<Vec<ShopChange>> {
        let change = |c: store::SharedChange| -> Answer<ShopChange> {
            let body = c.body.map(|body| text(serde_json::from_str(&body))).transpose()?;
            Ok(ShopChange { id: c.id, kind: c.kind, key: c.key, body, at: c.at, by: c.by })
        };
        text(self.shop.store.shop_changes(most))?.into_iter().map(change).collect()
    }

    fn shop_taken(&mut self, ids: &[String]) -> Answer<()> {
        text(self.shop.store.shop_taken(ids))
    }

    fn shop_refused(&mut self, id: &str, problem: &str) -> Answer<()> {
        commands_log(&format!("总部不接受一项修改，其他款台看不到它。 Headquarters refuses a change: {problem}"));
        let now = self.shop.now().timestamp_millis();
        text(self.shop.store.shop_refused(id, problem, now))
    }

    fn letters(&self) -> Answer<Vec<Letter>> {
        let waiting = text(self.shop.store.waiting_letters())?.into_iter();
        let path = |kind: &str| if kind == "dispute" { "/v1/disputes" } else { "/v1/signatures" };
        Ok(waiting.map(|letter| Letter { path: path(&letter.kind), id: letter.id, body: letter.body }).collect())
    }

    fn letter_answered(&mut self, id: &str, problem: Option<&str>) -> Answer<()> {
        if let Some(problem) = problem {
            commands_log(&format!("总部不接受一份申诉或签认。 Headquarters does not take a letter: {problem}"));
        }
        text(self.shop.store.letter_answered(id, problem))
    }

    fn set_keys(&mut self, keys: &Keys) -> Answer<()> {
        let store = &self.shop.store;
        let changed = text(store.setting("roster_key"))?.as_deref() != Some(&keys.roster_key)
            || text(store.setting("roster_salt"))?.as_deref() != Some(&keys.roster_salt);
        if !changed {
            return Ok(());
        }
        text(store.forget_lists(Some("roster")))?;
        text(store.set_setting("roster_salt", &keys.roster_salt))?;
        text(store.set_setting("roster_key", &keys.roster_key))
    }

    fn revoked(&mut self) -> Answer<()> {
        text(self.shop.store.delete_roster())
    }
}

/// Notices at the start that the database was restored, and goes on in a new epoch.
pub fn notice_restore(shop: &mut Shop) -> Result<()> {
    if shop.identity.is_some() && shop.store.is_behind_witness()? {
        commands_log("数据是从备份恢复的，已另起一段记录。 The data was restored from a backup; a new epoch begins");
        open_next_epoch(shop, "restored", &[]).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

/// Closes the present epoch and opens the next with its `epoch` record.
fn open_next_epoch(shop: &mut Shop, reason: &str, known: &[String]) -> Answer<()> {
    let own = text(shop.store.epochs())?;
    let highest = own.iter().map(|e| &e.epoch).chain(known).map(|epoch| epoch_number(epoch)).max().unwrap_or(0);
    let name = format!("{}-{}", highest + 1, random_base32(4));
    let present = own.iter().rfind(|e| !e.closed).ok_or("the till has no epoch: enrol it anew")?;
    let before = Before {
        epoch: present.epoch.clone(),
        through: present.answered_through,
        hash: present.answered_hash.clone(),
        total_claimed: Money::ZERO,
        reason: reason.into(),
    };
    open_epoch(shop, &name, Some(before))
}

/// Opens an epoch; `before` is what its first record says of the one before it.
pub fn open_epoch(shop: &mut Shop, name: &str, before: Option<Before>) -> Answer<()> {
    let identity = text(shop.enrolled())?.clone();
    let first_prev = chain::first_prev(&identity.store, &identity.till, name, identity.key.kid());
    let now = shop.now();
    let seal = |head: &Head| {
        Ok(before.map(|before| {
            let body = epoch_body(&Before { total_claimed: head.total_claimed, ..before });
            sign(&identity, head, Statement::plain(RecordKind::Epoch, fresh_id(now), now, None, body))
        }))
    };
    text(shop.store.open_epoch(name, identity.key.kid(), &first_prev, now.timestamp_millis(), seal))
}

fn append(shop: &mut Shop, event: &str, detail: &Value) -> Answer<()> {
    let identity = text(shop.enrolled())?.clone();
    let now = shop.now();
    let statement = Statement::plain(RecordKind::Event, fresh_id(now), now, None, event_body(event, detail.clone()));
    text(shop.store.append(None, event, &detail.to_string(), |head| Ok(sign(&identity, head, statement))))
}

/// The payload of an own record, whose signature was checked when it was made.
pub fn payload_of(jws: &str) -> Answer<Value> {
    let part = jws.split('.').nth(1).and_then(from_b64).ok_or("a record is malformed")?;
    serde_json::from_slice(&part).map_err(|err| format!("a record is malformed: {err}"))
}

/// A record that headquarters had and this till lost, as its own again.
fn adopted(jws: &str) -> Answer<NewRecord> {
    let payload = payload_of(jws)?;
    let get = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let totals = payload.get("totals");
    let money = |name: &str| {
        let text = totals.and_then(|t| t.get(name)).and_then(Value::as_str).unwrap_or("0");
        Money::parse_signed(text).unwrap_or_default()
    };
    let claimed = money("subsidy") + money("purse");
    let kind = match get("kind").as_deref() {
        Some("claim") => RecordKind::Claim,
        Some("reversal") => RecordKind::Reversal,
        Some("day_close") => RecordKind::DayClose,
        Some("epoch") => RecordKind::Epoch,
        _ => RecordKind::Event,
    };
    let at = get("at").and_then(|at| parse_rfc3339(&at).ok()).unwrap_or(DateTime::UNIX_EPOCH);
    Ok(NewRecord {
        uuid: get("id").unwrap_or_default(),
        kind,
        seq: payload.get("seq").and_then(Value::as_u64).ok_or("a record has no seq")?,
        hash: chain::hash(jws),
        jws: jws.into(),
        at_ms: at.timestamp_millis(),
        claimed: match kind {
            RecordKind::Claim => claimed,
            RecordKind::Reversal => -claimed,
            RecordKind::DayClose | RecordKind::Event | RecordKind::Epoch => Money::ZERO,
        },
        // Balances that come with the same connection count it.
        holder: None,
        movements: Vec::new(),
    })
}

/// The same statement again, for the present epoch, naming the record that it stands for.
fn restated(payload: &Value, old: &str) -> Answer<Statement> {
    const ENVELOPE: [&str; 13] = [
        "v",
        "kind",
        "id",
        "store",
        "till",
        "epoch",
        "seq",
        "prev",
        "at",
        "business_date",
        "cashier",
        "sale",
        "total_claimed",
    ];
    let mut body = payload.as_object().ok_or("a record is malformed")?.clone();
    let get = |name: &str| payload.get(name).and_then(Value::as_str);
    body.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
    body.insert("restates".into(), old.into());
    let kind = serde_json::from_value(payload["kind"].clone()).map_err(|err| err.to_string())?;
    let id = get("id").and_then(|id| id.parse().ok()).ok_or("a record has no id")?;
    let at = get("at").map(parse_rfc3339).ok_or("a record has no time")??;
    let date = get("business_date").map(domain::time::parse_date).transpose()?;
    Ok(Statement {
        business_date: date,
        sale: get("sale").map(Into::into),
        ..Statement::plain(kind, id, at, get("cashier").map(Into::into), body)
    })
}

fn list_update(end: &ListEnd, lines: &[&str]) -> Answer<ListUpdate> {
    fn all<'l, T: serde::de::DeserializeOwned>(lines: &'l [&'l str]) -> impl Iterator<Item = Answer<T>> + 'l {
        lines.iter().map(|line| serde_json::from_str(line).map_err(|err| format!("a list's line: {err}")))
    }
    match end.list.as_str() {
        "roster" => all::<RosterLine>(lines)
            .map(|line| match line? {
                RosterLine::Put { digest, sealed } => {
                    let sealed = from_b64(&sealed).ok_or("a sealed entry is not base64url")?;
                    Ok(RosterChange::Put { digest, sealed })
                }
                RosterLine::Delete(digest) => Ok(RosterChange::Delete(digest)),
            })
            .collect::<Answer<_>>()
            .map(ListUpdate::Roster),
        "programmes" => {
            all::<ItemLine>(lines).map(|line| programme(line?)).collect::<Answer<_>>().map(ListUpdate::Programmes)
        }
        "products" => all::<ItemLine>(lines)
            .map(|line| match line? {
                ItemLine::Put(product) => {
                    serde_json::from_value(product).map(Ok).map_err(|err| format!("a product: {err}"))
                }
                ItemLine::Delete(key) => Ok(Err(key)),
            })
            .collect::<Answer<_>>()
            .map(ListUpdate::Products),
        "shop" => {
            let lines = all::<ShopLine>(lines).collect::<Answer<Vec<_>>>()?;
            Ok(ListUpdate::Shop(lines.into_iter().filter_map(shop_line).collect()))
        }
        "decisions" => all::<Value>(lines)
            .map(|line| {
                let line = line?;
                let claim = line.get("claim").and_then(Value::as_str).ok_or("a decision names no claim")?;
                Ok((claim.to_owned(), line.to_string()))
            })
            .collect::<Answer<_>>()
            .map(ListUpdate::Decisions),
        "balances" => {
            let row = |line: Answer<BalanceLine>| -> Answer<(String, String, String, String, String, Amount)> {
                let b = line?;
                Ok((b.household, b.person.unwrap_or_default(), b.programme, b.limit, b.period, b.used))
            };
            let rows = all::<BalanceLine>(lines).map(row).collect::<Answer<_>>()?;
            Ok(ListUpdate::Balances { rows, heard: end.heard.clone() })
        }
        other => Err(format!("`{other}` is no list")),
    }
}

/// A line of the shop list. A newer headquarters may say what this till does not understand: that is
/// left out.
fn shop_line(line: ShopLine) -> Option<SharedLine> {
    match line {
        ShopLine::Put(put) => match read_shared(&put.kind, &put.key, &put.body) {
            Ok(thing) => Some(SharedLine::Put(kept(thing))),
            Err(problem) => {
                commands_log(&format!("{} {} of the shop list is left out: {problem}", put.kind, put.key));
                None
            }
        },
        ShopLine::Delete(name) => {
            let (kind, key) = name.split_once('/')?;
            let kind = SharedKind::parse(kind)?;
            Some(SharedLine::Delete(kind, shared_key(kind.word(), key).ok()?))
        }
    }
}

/// A shared thing as the store keeps it.
pub fn kept(thing: Shared) -> store::Shared {
    match thing {
        Shared::Product(product) => store::Shared::Product(product),
        Shared::Promotion { code, document } => store::Shared::Promotion { code, document },
        Shared::Staff { code, role, pin_hash, active } => store::Shared::Staff { code, role, pin_hash, active },
        Shared::Setting { name, value } => store::Shared::Setting { name, value },
    }
}

fn programme(line: ItemLine) -> Answer<(String, u32, Option<String>)> {
    let version = |text: &str| text.parse().map_err(|_| format!("`{text}` is no version"));
    match line {
        ItemLine::Put(document) => {
            let code = document.get("code").and_then(Value::as_str).ok_or("a programme has no code")?.to_owned();
            let number = document.get("version").map(Value::to_string).ok_or("a programme has no version")?;
            Ok((code, version(&number)?, Some(document.to_string())))
        }
        ItemLine::Delete(key) => {
            let (code, number) = key.rsplit_once('/').ok_or_else(|| format!("`{key}` is not code/version"))?;
            Ok((code.into(), version(number)?, None))
        }
    }
}
