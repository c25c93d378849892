//! Programmes and products as people publish them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::json::{Node, Unknown};
use domain::product::{COLUMNS, ListedProduct, read_products};
use domain::programme::{Programme, consistent, read_programmes};
use serde_json::Value;
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
        audit(&tx, "cli", "programmes import", &format!("{} new", outcome.added))?;
        tx.commit()?;
    }
    Ok(Ok(outcome))
}

/// Each programme's name in Chinese and in English, by code; the newest version's.
pub fn names(conn: &Conn) -> Result<BTreeMap<String, (String, String)>> {
    Ok(published(conn)?.into_iter().map(|(p, _)| (p.code, (p.name_zh, p.name_en))).collect())
}

/// All published versions, read.
pub fn published(conn: &Conn) -> Result<Vec<(Programme, Published)>> {
    lists::programmes(conn)?
        .into_iter()
        .map(|row| {
            let value: Value = serde_json::from_str(&row.document).context("a programme in the database")?;
            let programme = Programme::read(&Node::root("programme", &value, Unknown::Refuse))
                .with_context(|| format!("programme {} version {}", row.code, row.version))?;
            Ok((programme, row))
        })
        .collect()
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
        audit(&tx, "cli", "products import", &format!("{} rows", products.len()))?;
        tx.commit()?;
    }
    Ok(Ok(outcome))
}
