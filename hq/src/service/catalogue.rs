//! Programmes and products as people publish them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use domain::json::{Node, Unknown};
use domain::product::{COLUMNS, ListedProduct, read_products};
use domain::programme::{Programme, consistent, read_programmes};
use serde_json::{Value, json};
use sheets::Reading;

use super::Hq;
use super::roster::Outcome;
use crate::store::lists::{self, Published};
use crate::store::sql::Conn;
use crate::store::{audit, bump, now_ms};

/// Imports a programmes file: `{"programmes": […]}`. A published version never changes.
pub fn import_programmes(hq: &Hq, bytes: &[u8], dry_run: bool) -> Result<Result<Outcome, String>> {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(err) => return Ok(Err(format!("line {}: not JSON: {err}", err.line()))),
    };
    let programmes = match read_programmes(&Node::root("file", &value, Unknown::Refuse)) {
        Ok(programmes) => programmes,
        Err(refused) => return Ok(Err(refused.to_string())),
    };
    let documents = value["programmes"].as_array().cloned().unwrap_or_default();
    let db = hq.db();
    let tx = db.begin()?;
    let published = published(&tx)?;
    let version = bump(&tx, "programmes")?;
    let mut outcome = Outcome::default();
    for (i, (programme, document)) in programmes.iter().zip(&documents).enumerate() {
        let place = format!("file.programmes[{i}]");
        let mut known = false;
        for (other, text) in published.iter().filter(|(other, _)| other.code == programme.code) {
            if other.version == programme.version {
                if serde_json::from_str::<Value>(&text.document).ok().as_ref() != Some(document) {
                    return Ok(Err(format!(
                        "{place}: {} version {} is published and never changes; give the change a new version",
                        programme.code, programme.version
                    )));
                }
                known = true;
            } else if let Err(problem) = consistent(other, programme) {
                return Ok(Err(format!("{place}: {problem}")));
            }
        }
        if known {
            outcome.unchanged += 1;
            continue;
        }
        outcome.added += 1;
        if let Some(fund) = &programme.fund {
            lists::put_fund(&tx, fund)?;
        }
        let row = Published {
            code: programme.code.clone(),
            version: programme.version,
            document: document.to_string(),
            published_at: now_ms(),
        };
        lists::put_programme(&tx, &row, version)?;
    }
    if !dry_run {
        audit(&tx, "cli", "programmes import", &json!({ "added": outcome.added, "version": version }).to_string())?;
        tx.commit()?;
    }
    Ok(Ok(outcome))
}

/// Each programme's name in Chinese and in English, by code; the newest version's.
pub fn names(conn: &Conn) -> Result<BTreeMap<String, (String, String)>> {
    Ok(published(conn)?.into_iter().map(|(p, _)| (p.code, (p.name_zh, p.name_en))).collect())
}

/// Documents that were read already: every claim and every hold is priced by all of them.
static READ: Mutex<BTreeMap<String, Programme>> = Mutex::new(BTreeMap::new());
/// So many are kept.
const KEPT: usize = 1000;

/// All published versions, read.
pub fn published(conn: &Conn) -> Result<Vec<(Programme, Published)>> {
    let rows = lists::programmes(conn)?;
    let mut known = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let programme = match known.get(&row.document) {
            Some(programme) => programme.clone(),
            None => {
                let programme = parsed(&row)?;
                if known.len() >= KEPT {
                    known.clear();
                }
                known.insert(row.document.clone(), programme.clone());
                programme
            }
        };
        all.push((programme, row));
    }
    Ok(all)
}

fn parsed(row: &Published) -> Result<Programme> {
    let value: Value = serde_json::from_str(&row.document).context("a programme in the database")?;
    Programme::read(&Node::root("programme", &value, Unknown::Refuse))
        .with_context(|| format!("programme {} version {}", row.code, row.version))
}

/// The fund of each of some programmes: that of the version that is named, else of the newest.
pub fn funds_of<'a>(
    conn: &Conn,
    codes: impl Iterator<Item = &'a str>,
    versions: &BTreeMap<String, u32>,
) -> Result<BTreeMap<&'a str, Option<String>>> {
    let published = published(conn)?;
    let fund = |code: &'a str| {
        let of_code = published.iter().map(|(p, _)| p).filter(|p| p.code == code);
        let named = of_code.clone().find(|p| versions.get(code) == Some(&p.version));
        let found = named.or_else(|| of_code.max_by_key(|p| p.version));
        (code, found.and_then(|p| p.fund.clone()))
    };
    Ok(codes.map(fund).collect())
}

/// Imports a product file. Prices are the stores' own; headquarters keeps groups and units.
pub fn import_products(hq: &Hq, bytes: &[u8], dry_run: bool) -> Result<Result<Outcome, String>> {
    let table = sheets::read(bytes, &Reading::new(&COLUMNS)).map_err(String::from);
    let products = match table.and_then(|table| read_products(&table, false)) {
        Ok(products) => products,
        Err(problem) => return Ok(Err(problem)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    let version = bump(&tx, "products")?;
    let mut outcome = Outcome::default();
    for product in &products {
        let code = product.key.tagged();
        let document = serde_json::to_string(&ListedProduct::from(product)).context("a product")?;
        match lists::product(&tx, &code)? {
            Some(present) if present == document => {
                outcome.unchanged += 1;
                continue;
            }
            Some(_) => outcome.changed += 1,
            None => outcome.added += 1,
        }
        lists::put_product(&tx, &code, &document, &product.group, version)?;
    }
    if !dry_run {
        let detail =
            json!({ "rows": products.len(), "added": outcome.added, "changed": outcome.changed, "version": version });
        audit(&tx, "cli", "products import", &detail.to_string())?;
        tx.commit()?;
    }
    Ok(Ok(outcome))
}
