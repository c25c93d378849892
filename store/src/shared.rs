//! What the tills of one store share. A change is written here at once and waits for headquarters; what
//! waits wins over what comes down.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::product::Product;
use domain::role::StaffRole;
use domain::time::rfc3339;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use uuid::{NoContext, Timestamp, Uuid};

use crate::product::{code_of, key_of};
use crate::{Result, Store, StoreError, audit, product, settings, staff};

/// Who a change is by that no person entered: what this till had before headquarters heard of it.
const BY_TILL: &str = "till";
/// Shared settings, and the names under which the till keeps them.
const SETTINGS: [(&str, &str); 5] = [
    ("rounding", "cash_rounding"),
    ("waive_up_to", "waive_up_to"),
    ("scale_patterns", "scale_patterns"),
    ("phone", "phone"),
    ("promotions_note", "promotions_note"),
];

/// A kind of thing that is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SharedKind {
    /// A product.
    Product,
    /// A promotion.
    Promotion,
    /// A staff member.
    Staff,
    /// A setting.
    Setting,
}

impl SharedKind {
    /// The word that documents carry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Promotion => "promotion",
            Self::Staff => "staff",
            Self::Setting => "setting",
        }
    }

    /// Reads the word; nothing where it is a newer headquarters' kind.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Product, Self::Promotion, Self::Staff, Self::Setting].into_iter().find(|kind| kind.word() == word)
    }
}

/// A thing that is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// A product with its price.
    Product(Product),
    /// A promotion as JSON.
    Promotion {
        /// Code.
        code: String,
        /// The document.
        document: Value,
    },
    /// A staff member.
    Staff {
        /// Code.
        code: String,
        /// Role.
        role: StaffRole,
        /// Hash of the PIN.
        pin_hash: String,
        /// Whether the person may sign in.
        active: bool,
    },
    /// A setting, by its shared name.
    Setting {
        /// Name.
        name: String,
        /// Value.
        value: String,
    },
}

impl Shared {
    /// Kind and key.
    pub fn key(&self) -> (SharedKind, String) {
        match self {
            Self::Product(product) => (SharedKind::Product, product.key.tagged()),
            Self::Promotion { code, .. } => (SharedKind::Promotion, code.clone()),
            Self::Staff { code, .. } => (SharedKind::Staff, code.clone()),
            Self::Setting { name, .. } => (SharedKind::Setting, name.clone()),
        }
    }

    /// The body that headquarters takes.
    pub fn body(&self) -> Value {
        match self {
            Self::Product(p) => json!({
                "name": p.name, "spec": p.spec, "unit_name": p.unit_name, "unit": p.unit.word(),
                "content_kg": p.content_kg, "group": p.group, "price": p.price.unwrap_or_default(),
                "tax_rate": p.tax_rate,
            }),
            Self::Promotion { document, .. } => document.clone(),
            Self::Staff { role, pin_hash, active, .. } => {
                json!({ "role": role.word(), "pin_hash": pin_hash, "active": active })
            }
            Self::Setting { value, .. } => json!({ "value": value }),
        }
    }
}

/// A line of the shop list, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedLine {
    /// A thing as it is now.
    Put(Shared),
    /// A thing that is gone.
    Delete(SharedKind, String),
}

/// A change that waits for headquarters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedChange {
    /// `UUIDv7`.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Key.
    pub key: String,
    /// The body as JSON; none: it deletes.
    pub body: Option<String>,
    /// When, in RFC 3339.
    pub at: String,
    /// A staff code.
    pub by: String,
}

impl Store {
    /// Writes shared things here and queues them for headquarters: all of them or none.
    pub fn put_shared(&mut self, things: &[Shared], by: &str, at: DateTime<Utc>) -> Result<()> {
        let tx = self.begin()?;
        for thing in things {
            write(&tx, thing)?;
            let (kind, key) = thing.key();
            queue(&tx, kind, &key, Some(&thing.body()), by, at)?;
        }
        Ok(tx.commit()?)
    }

    /// Sets a setting by the till's own name of it, at all of the store's tills where it is a shared one.
    pub fn keep_setting(&mut self, name: &str, value: &str, by: &str, at: DateTime<Utc>) -> Result<()> {
        match SETTINGS.iter().find(|(_, local)| *local == name) {
            Some((shared, _)) => {
                self.put_shared(&[Shared::Setting { name: (*shared).into(), value: value.into() }], by, at)
            }
            None => self.set_setting(name, value),
        }
    }

    /// Deletes a shared thing here and queues that for headquarters.
    pub fn delete_shared(&mut self, kind: SharedKind, key: &str, by: &str, at: DateTime<Utc>) -> Result<()> {
        let tx = self.begin()?;
        remove(&tx, kind, key)?;
        queue(&tx, kind, key, None, by, at)?;
        Ok(tx.commit()?)
    }

    /// Changes that wait, oldest first.
    pub fn shop_changes(&self, most: usize) -> Result<Vec<SharedChange>> {
        let sql = r#"SELECT id, kind, key, body, at, "by" FROM shop_changes ORDER BY id LIMIT ?1"#;
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([most], |row| {
            Ok(SharedChange {
                id: row.get(0)?,
                kind: row.get(1)?,
                key: row.get(2)?,
                body: row.get(3)?,
                at: row.get(4)?,
                by: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many changes wait.
    pub fn shop_changes_waiting(&self) -> Result<u64> {
        Ok(self.conn.prepare_cached("SELECT count(*) FROM shop_changes")?.query_row([], |row| row.get(0))?)
    }

    /// Headquarters took these changes. A newer one of the same thing has another id, and stays.
    pub fn shop_taken(&mut self, ids: &[String]) -> Result<()> {
        let tx = self.begin()?;
        for id in ids {
            tx.prepare_cached("DELETE FROM shop_changes WHERE id = ?1")?.execute([id])?;
        }
        Ok(tx.commit()?)
    }

    /// Headquarters will never take this change: it is set aside, and the audit says why.
    pub fn shop_refused(&mut self, id: &str, problem: &str, now_ms: i64) -> Result<()> {
        let tx = self.begin()?;
        tx.execute("DELETE FROM shop_changes WHERE id = ?1", [id])?;
        audit::write(&tx, now_ms, None, "shop refused", problem)?;
        Ok(tx.commit()?)
    }

    /// Documents of all promotions, by code.
    pub fn promotions(&self) -> Result<Vec<String>> {
        let mut statement = self.conn.prepare_cached("SELECT document FROM promotions ORDER BY code")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }
}

/// Takes the shop list in. A whole list deletes nothing that it does not name: what headquarters
/// never heard of is queued for it.
pub(crate) fn apply(tx: &Connection, lines: &[SharedLine], whole: bool, now_ms: i64) -> Result<()> {
    let waiting = waiting(tx)?;
    let mut known = waiting.clone();
    for line in lines {
        let (kind, key) = match line {
            SharedLine::Put(thing) => thing.key(),
            SharedLine::Delete(kind, key) => (*kind, canonical(*kind, key)?),
        };
        if !waiting.contains(&(kind, key.clone())) {
            match line {
                SharedLine::Put(thing) => write(tx, thing)?,
                SharedLine::Delete(..) => remove(tx, kind, &key)?,
            }
        }
        known.insert((kind, key));
    }
    if whole {
        let at = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
        for thing in everything(tx)? {
            let (kind, key) = thing.key();
            if !known.contains(&(kind, key.clone())) {
                queue(tx, kind, &key, Some(&thing.body()), BY_TILL, at)?;
            }
        }
    }
    Ok(())
}

fn canonical(kind: SharedKind, key: &str) -> Result<String> {
    match kind {
        SharedKind::Product => Ok(key_of(key)?.tagged()),
        SharedKind::Promotion | SharedKind::Staff | SharedKind::Setting => Ok(key.into()),
    }
}

fn waiting(tx: &Connection) -> Result<BTreeSet<(SharedKind, String)>> {
    let mut statement = tx.prepare_cached("SELECT kind, key FROM shop_changes")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (kind, key) = row?;
        let kind = SharedKind::parse(&kind).ok_or_else(|| StoreError::Corrupt(format!("a shared `{kind}`")))?;
        Ok((kind, key))
    })
    .collect()
}

fn queue(
    tx: &Connection,
    kind: SharedKind,
    key: &str,
    body: Option<&Value>,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    let nanos = at.timestamp_subsec_nanos();
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos)).to_string();
    let key = canonical(kind, key)?;
    tx.prepare_cached("DELETE FROM shop_changes WHERE kind = ?1 AND key = ?2")?.execute([kind.word(), &key])?;
    tx.prepare_cached(r#"INSERT INTO shop_changes (id, kind, key, body, at, "by") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#)?
        .execute(params![id, kind.word(), key, body.map(Value::to_string), rfc3339(at), by])?;
    Ok(())
}

fn write(tx: &Connection, thing: &Shared) -> Result<()> {
    match thing {
        Shared::Product(p) => product::put(tx, p),
        Shared::Promotion { code, document } => {
            tx.prepare_cached("INSERT OR REPLACE INTO promotions (code, document) VALUES (?1, ?2)")?
                .execute([code, &document.to_string()])?;
            Ok(())
        }
        Shared::Staff { code, role, pin_hash, active } => staff::put(tx, code, *role, pin_hash, *active),
        Shared::Setting { name, value } => settings::set(tx, local_name(name)?, value),
    }
}

fn remove(tx: &Connection, kind: SharedKind, key: &str) -> Result<()> {
    let (sql, key) = match kind {
        SharedKind::Product => ("DELETE FROM products WHERE code = ?1", code_of(&key_of(key)?)),
        SharedKind::Promotion => ("DELETE FROM promotions WHERE code = ?1", key.into()),
        SharedKind::Staff => ("DELETE FROM staff WHERE code = ?1", key.into()),
        SharedKind::Setting => ("DELETE FROM settings WHERE name = ?1", local_name(key)?.into()),
    };
    tx.prepare_cached(sql)?.execute([key])?;
    Ok(())
}

/// The till's own name of a shared setting; nothing else in the settings can be written from outside.
fn local_name(name: &str) -> Result<&'static str> {
    let found = SETTINGS.iter().find(|(shared, _)| *shared == name);
    found.map(|(_, local)| *local).ok_or_else(|| StoreError::Missing(format!("there is no shared setting `{name}`")))
}

/// All that this till has of what is shared.
fn everything(tx: &Connection) -> Result<Vec<Shared>> {
    let mut all: Vec<Shared> = product::all(tx)?.into_iter().map(Shared::Product).collect();
    let mut promotions = tx.prepare("SELECT code, document FROM promotions ORDER BY code")?;
    let rows = promotions.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for row in rows {
        let (code, document) = row?;
        let document = serde_json::from_str(&document).map_err(|err| StoreError::Corrupt(err.to_string()))?;
        all.push(Shared::Promotion { code, document });
    }
    all.extend(staff::all(tx)?.into_iter().map(|s| Shared::Staff {
        code: s.code,
        role: s.role,
        pin_hash: s.pin_hash,
        active: s.active,
    }));
    for (shared, local) in SETTINGS {
        if let Some(value) = settings::get(tx, local)? {
            all.push(Shared::Setting { name: shared.into(), value });
        }
    }
    Ok(all)
}
