//! Stores and the keys of their rosters.

use anyhow::{Context as _, Result};
use chrono::Datelike as _;
use domain::time::business_date;
use serde_json::json;

use super::plan::Counts;
use super::{Hq, seal};
use crate::params;
use crate::service::now;
use crate::store::roster::{self, Version};
use crate::store::sql::Conn;
use crate::store::tills::{self, StoreRow};
use crate::store::{audit, bump, lists};

/// Adds a store with a roster key of its own.
pub fn add_store(hq: &Hq, code: &str, name: &str, district: &str, serves: Vec<String>) -> Result<bool> {
    let db = hq.db();
    let tx = db.begin()?;
    if tills::store(&tx, code)?.is_some() {
        return Ok(false);
    }
    let row = StoreRow {
        code: code.into(),
        name: name.into(),
        district: district.into(),
        serves,
        roster_key_enc: hq.keys.seal(&sync::random::<32>()),
        roster_quarter: quarter(),
    };
    tills::insert_store(&tx, &row)?;
    let version = bump(&tx, "roster")?;
    roster::put_version(&tx, &Version::of(version, "cli", "store", code, &Counts::default()))?;
    seal::rebuild(&tx, &hq.keys, &row, version)?;
    let detail = json!({ "store": code, "name": name, "district": district, "serves": row.serves });
    audit(&tx, "cli", "store add", &detail.to_string())?;
    tx.commit()?;
    Ok(true)
}

/// Renews a store's roster key in a new quarter: the whole roster is sealed anew.
pub fn renew_key(hq: &Hq, store: &str) -> Result<()> {
    let db = hq.db();
    let row = tills::store(&db.conn, store)?.context("a till without a store")?;
    if row.roster_quarter == quarter() {
        return Ok(());
    }
    let tx = db.begin()?;
    replace_key(&tx, hq, row)?;
    tx.commit()
}

/// A store's new roster key, and its whole roster sealed with it.
pub fn replace_key(tx: &Conn, hq: &Hq, row: StoreRow) -> Result<()> {
    let row = StoreRow { roster_key_enc: hq.keys.seal(&sync::random::<32>()), roster_quarter: quarter(), ..row };
    let store = row.code.as_str();
    tx.execute(
        "UPDATE stores SET roster_key_enc = ?2, roster_quarter = ?3 WHERE code = ?1",
        params![store, row.roster_key_enc, row.roster_quarter],
    )?;
    let version = bump(tx, "roster")?;
    roster::put_version(tx, &Version::of(version, "service", "key", store, &Counts::default()))?;
    lists::clear_roster(tx, store)?;
    seal::rebuild(tx, &hq.keys, &row, version)?;
    audit(tx, "service", "roster key", &json!({ "store": store }).to_string())
}

fn quarter() -> String {
    let date = business_date(now());
    format!("{}-Q{}", date.year(), date.month0() / 3 + 1)
}
