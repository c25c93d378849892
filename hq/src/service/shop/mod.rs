//! What the tills of one store share: entered at any of them or in the console, kept once here.

pub mod import;
pub mod labels;
pub mod prices;

use crate::store::sql::Conn;
use anyhow::{Context as _, Result};
use domain::barcode::ProductKey;
use domain::time::{parse_rfc3339, rfc3339};
use serde_json::{Value, json};
use sync::protocol::{MAX_CHANGES, MAX_SHARED, ShopChange, ShopLine, ShopPut, ShopTaken, read_shared, shared_key};
use uuid::Uuid;

use super::{Hq, Refusal, now};
use crate::store::shop::{self, Entry};
use crate::store::tills::TillKey;
use crate::store::{audit, bump, list_version};

/// Changes of one upload that the audit names one by one; a product file is noted as one.
const NAMED: usize = 20;

/// A store's lines of the list.
pub fn lines(conn: &Conn, store: &str, after: Option<u64>) -> Result<Vec<ShopLine>> {
    shop::changed(conn, store, after)?.into_iter().map(line).collect()
}

fn line(e: Entry) -> Result<ShopLine> {
    let Some(body) = e.body else {
        return Ok(ShopLine::Delete(format!("{}/{}", e.kind, e.key)));
    };
    let body = serde_json::from_str(&body).context("a shared thing in the database")?;
    Ok(ShopLine::Put(ShopPut { kind: e.kind, key: e.key, body, at: e.at, by: e.by, till: e.till }))
}

/// Takes changes of a till: all of them or none, each id once.
pub fn take(hq: &Hq, who: &TillKey, body: &[u8]) -> Result<ShopTaken, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|err| Refusal::new("body", err.to_string()))?;
    let Some(changes) = body.get("changes").and_then(Value::as_array) else {
        return Err(Refusal::new("body", "`changes` must be a list"));
    };
    if changes.len() > MAX_CHANGES {
        return Err(Refusal::new("size", format!("at most {MAX_CHANGES} changes at once")));
    }
    let changes = changes.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    let db = hq.db();
    let tx = db.begin()?;
    let mut batch = Batch { conn: &tx, store: &who.store, version: None, notes: Vec::new() };
    let mut taken = Vec::with_capacity(changes.len());
    for change in &changes {
        batch.take(who, change)?;
        taken.push(change.id.clone());
    }
    batch.audit(&format!("{}/{}", who.store, who.till))?;
    let version = list_version(&tx, "shop")?;
    tx.commit()?;
    Ok(ShopTaken { version, taken })
}

/// Writes (or, without a body, deletes) one thing of a store for somebody at the console.
pub fn put(hq: &Hq, who: &str, store: &str, kind: &str, key: &str, body: Option<&Value>) -> Result<Result<(), String>> {
    let key = match body {
        Some(body) => read_shared(kind, key, body).and_then(|_| shared_key(kind, key)),
        None => shared_key(kind, key),
    };
    let key = match key {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    let mut batch = Batch { conn: &tx, store, version: None, notes: Vec::new() };
    let (kind, body) = (kind.to_owned(), body.map(Value::to_string));
    batch.write(Entry { kind, key, body, at: rfc3339(now()), by: who.into(), till: None })?;
    batch.audit(who)?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Writes many products of a store for somebody at the console; how many of them were news. The caller's
/// transaction makes it durable.
pub fn put_products(conn: &Conn, who: &str, store: &str, products: Vec<(String, Value)>) -> Result<usize> {
    let mut batch = Batch { conn, store, version: None, notes: Vec::new() };
    let at = rfc3339(now());
    for (key, body) in products {
        let body = Some(body.to_string());
        batch.write(Entry { kind: "product".into(), key, body, at: at.clone(), by: who.into(), till: None })?;
    }
    batch.audit(who)?;
    Ok(batch.notes.len())
}

/// A change that says something that can be kept; the refusal names it.
fn checked(value: &Value) -> Result<ShopChange, Refusal> {
    let named = value.get("id").and_then(Value::as_str).unwrap_or("without id").chars().take(60).collect::<String>();
    let invalid = |problem: String| Refusal::new("invalid", format!("change {named}: {problem}"));
    let mut change: ShopChange = serde_json::from_value(value.clone()).map_err(|err| invalid(err.to_string()))?;
    let id: Uuid = change.id.parse().map_err(|_| invalid("its id is no UUID".into()))?;
    if id.get_version_num() != 7 || id.to_string() != change.id {
        return Err(invalid("its id is no UUIDv7 in lower case".into()));
    }
    parse_rfc3339(&change.at).map_err(&invalid)?;
    if change.by.is_empty() || change.by.chars().count() > 128 || change.by.chars().any(char::is_control) {
        return Err(invalid("`by` has 1 to 128 printable characters".into()));
    }
    match &change.body {
        Some(body) => read_shared(&change.kind, &change.key, body).map(|_| ()).map_err(&invalid)?,
        None if change.key.len() > MAX_SHARED => return Err(invalid("its key is too long".into())),
        None => {}
    }
    change.key = shared_key(&change.kind, &change.key).map_err(&invalid)?;
    Ok(change)
}

/// A product as people type it: a barcode, else a PLU. Where it has a barcode's length its check digit
/// must be right, or a slip of the finger would become a product that no scanner finds.
pub fn typed_key(text: &str) -> Result<ProductKey, String> {
    let like_barcode = text.bytes().all(|b| b.is_ascii_digit()) && matches!(text.len(), 8 | 12..);
    if like_barcode { ProductKey::barcode(text) } else { ProductKey::plu(text) }
}

/// What one upload or one form changes; the list's version rises once, if anything changed.
struct Batch<'a> {
    conn: &'a Conn,
    store: &'a str,
    version: Option<u64>,
    notes: Vec<(String, Value)>,
}

impl Batch<'_> {
    fn take(&mut self, who: &TillKey, change: &ShopChange) -> Result<(), Refusal> {
        let text = serde_json::to_vec(change).context("a change")?;
        let digest = sync::sha256(&text);
        match shop::counted(self.conn, self.store, &change.id)? {
            Some(known) if known == digest => return Ok(()),
            Some(_) => {
                let detail = format!("change {} was counted with another content", change.id);
                return Err(Refusal::new("conflict", detail));
            }
            None => shop::count(self.conn, self.store, &change.id, &digest)?,
        }
        let change = change.clone();
        self.write(Entry {
            kind: change.kind,
            key: change.key,
            body: change.body.map(|body| body.to_string()),
            at: change.at,
            by: change.by,
            till: Some(who.till.clone()),
        })?;
        Ok(())
    }

    /// The last one to arrive counts; what says nothing new moves nothing.
    fn write(&mut self, entry: Entry) -> Result<()> {
        let present = shop::find(self.conn, self.store, &entry.kind, &entry.key)?;
        if present.as_ref().is_some_and(|present| present.body == entry.body) {
            return Ok(());
        }
        let version = match self.version {
            Some(version) => version,
            None => *self.version.insert(bump(self.conn, "shop")?),
        };
        shop::put(self.conn, self.store, &entry, version)?;
        prices::note(self.conn, self.store, &entry)?;
        self.notes.push((entry.kind.clone(), note(self.store, &entry)));
        Ok(())
    }

    fn audit(&self, who: &str) -> Result<()> {
        if self.notes.len() <= NAMED {
            for (kind, detail) in &self.notes {
                audit(self.conn, who, &format!("shop {kind}"), &detail.to_string())?;
            }
            return Ok(());
        }
        let mut counts = std::collections::BTreeMap::<&str, u64>::new();
        for (kind, _) in &self.notes {
            *counts.entry(kind).or_default() += 1;
        }
        audit(self.conn, who, "shop changes", &json!({ "store": self.store, "changed": counts }).to_string())
    }
}

/// What the audit says of a change: never a PIN's hash.
fn note(store: &str, e: &Entry) -> Value {
    let mut body: Value = e.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    if e.kind == "staff"
        && let Some(fields) = body.as_object_mut()
    {
        fields.retain(|name, _| name == "role" || name == "active");
    }
    json!({ "store": store, "key": e.key, "by": e.by, "now": body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_never_says_a_hash() {
        let body = json!({"role": "cashier", "active": true, "pin_hash": "$argon2id$secret", "other": "$argon2id$"});
        let entry = Entry {
            kind: "staff".into(),
            key: "c1".into(),
            body: Some(body.to_string()),
            at: String::new(),
            by: "m1".into(),
            till: None,
        };
        let said = note("S001", &entry).to_string();
        assert!(said.contains("cashier") && !said.contains("argon2"), "{said}");
    }

    #[test]
    fn a_slip_in_a_barcode_makes_no_plu() {
        assert_eq!(typed_key("6900000000014").unwrap().tagged(), "barcode:6900000000014");
        assert_eq!(typed_key("10001").unwrap().tagged(), "plu:10001");
        for slip in ["6900000000015", "69000000000141", "690000000000144", "12345678", "散装"] {
            assert!(typed_key(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn a_change_that_cannot_be_kept_is_named() {
        let good = json!({
            "id": "01938f3e-0000-7000-8000-000000000001", "kind": "setting", "key": "phone",
            "body": {"value": "0537-1234567"}, "at": "2026-11-24T09:00:00+08:00", "by": "m1",
        });
        assert!(checked(&good).is_ok());
        for (field, wrong) in [
            ("id", json!("01938f3e-0000-4000-8000-000000000001")),
            ("id", json!("1")),
            ("kind", json!("roster")),
            ("key", json!("hq_url")),
            ("body", json!({"value": "x\n"})),
            ("at", json!("yesterday")),
            ("by", json!("")),
        ] {
            let mut change = good.clone();
            change[field] = wrong;
            let Err(Refusal::Problem(problem)) = checked(&change) else { panic!("{change} is taken") };
            assert_eq!(problem.status, 422);
            assert!(problem.detail.contains(change["id"].as_str().unwrap()), "{}", problem.detail);
        }
    }
}
