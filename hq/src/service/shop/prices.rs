//! Prices over time: what a product cost lately, and what it will cost from a date on.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use chrono::Datelike as _;
use domain::money::Money;
use domain::time::{business_date, parse_date, parse_rfc3339};
use serde_json::{Value, json};

use super::{labels, put_products, typed_key};
use crate::service::{Hq, now};
use crate::store::shop::prices::{self, ToCome};
use crate::store::shop::{Entry, find, of_kind};
use crate::store::sql::Conn;
use crate::store::{Db, audit, now_ms, tills};

/// Price law looks at so many days: a price that is compared with may not be above the lowest of them.
const LOWEST_MS: i64 = 7 * 24 * 3600 * 1000;

/// The day on which this server last looked whether a price has come: a look a day is enough, since a
/// price can only be set for a day that is still to come.
#[derive(Debug, Default)]
pub struct Looked(AtomicI64);

impl Looked {
    /// Looks again at the next request.
    pub fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// Notes the price that a change of a product says.
pub fn note(conn: &Conn, store: &str, entry: &Entry) -> Result<()> {
    let body: Option<Value> = entry.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
    let price = body.as_ref().and_then(|body| body["price"].as_str()).and_then(|text| Money::parse(text).ok());
    match price.filter(|_| entry.kind == "product") {
        Some(price) => {
            // A till's clock may be ahead, and a till may tell late: what holds now holds from then on.
            let at = parse_rfc3339(&entry.at).map_or(now_ms(), |at| at.timestamp_millis().min(now_ms()));
            prices::note(conn, store, &entry.key, at, price.fen_i64())
        }
        None => Ok(()),
    }
}

/// Notes it for products from before this was kept.
pub fn fill(db: &Db) -> Result<()> {
    if !prices::is_empty(&db.conn)? {
        return Ok(());
    }
    let tx = db.begin()?;
    for store in tills::stores(&tx)? {
        for entry in of_kind(&tx, &store.code, "product")? {
            note(&tx, &store.code, &entry)?;
        }
    }
    prices::is_filled(&tx)?;
    tx.commit()
}

/// The lowest shelf price of a product in the last 7 days, in fen.
pub fn lowest(conn: &Conn, store: &str, key: &str) -> Result<Option<i64>> {
    prices::lowest_since(conn, store, key, now_ms() - LOWEST_MS)
}

/// Sets a price from a date on, or says why not.
pub fn plan(hq: &Hq, who: &str, store: &str, code: &str, date: &str, price: &str) -> Result<Result<(), String>> {
    let no = |text: &str| Ok(Err(text.to_owned()));
    let Ok(key) = typed_key(code.trim()).map(|key| key.tagged()) else {
        return no("请填写条码或编号。 Enter a barcode or PLU");
    };
    let Some(date) = parse_date(date.trim()).ok().filter(|date| *date > business_date(now())) else {
        return no(
            "请填写今天以后的日期；今天的价格直接在商品里改。 Enter a day after today: change today's price at the product",
        );
    };
    let Ok(price) = Money::parse(price.trim()) else {
        return no("请填写金额，例如 19.90。 Enter an amount, as in 19.90");
    };
    let db = hq.db();
    let tx = db.begin()?;
    if find(&tx, store, "product", &key)?.as_ref().and_then(labels::product).is_none() {
        return no("商品列表里没有这个条码或编号，请先添加商品。 The list has no such product: add it first");
    }
    let to_come = ToCome {
        id: 0,
        store: store.into(),
        product: key.clone(),
        date: date.to_string(),
        price_fen: price.fen_i64(),
        who: who.into(),
    };
    prices::plan(&tx, &to_come)?;
    let detail = json!({ "store": store, "product": key, "from": date, "price": price });
    audit(&tx, who, "price plan", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Takes a price to come back; whether it still waited.
pub fn take_back(hq: &Hq, who: &str, store: &str, id: i64) -> Result<bool> {
    let db = hq.db();
    let tx = db.begin()?;
    if !prices::set_state(&tx, store, id, "taken_back")? {
        return Ok(false);
    }
    audit(&tx, who, "price take back", &json!({ "store": store, "id": id }).to_string())?;
    tx.commit()?;
    Ok(true)
}

/// Puts prices on the list whose day has come: the first request of a day that looks does it.
pub fn come(hq: &Hq) -> Result<()> {
    let today = business_date(now());
    let day = i64::from(today.num_days_from_ce());
    if hq.prices_looked.0.load(Ordering::Relaxed) == day {
        return Ok(());
    }
    let db = hq.db();
    let tx = db.begin()?;
    for due in prices::due(&tx, &today.to_string())? {
        let product = find(&tx, &due.store, "product", &due.product)?.as_ref().and_then(labels::product);
        let state = if product.is_some() { "applied" } else { "dropped" };
        prices::set_state(&tx, &due.store, due.id, state)?;
        let price = Money::from_fen(due.price_fen.into());
        if let Some(mut product) = product {
            product.price = Some(price);
            put_products(&tx, &due.who, &due.store, vec![(due.product.clone(), super::import::body(&product))])?;
        }
        let detail = json!({
            "store": due.store, "product": due.product, "from": due.date, "price": price, "set_by": due.who, "state": state,
        });
        audit(&tx, "hq", "price comes", &detail.to_string())?;
    }
    tx.commit()?;
    hq.prices_looked.0.store(day, Ordering::Relaxed);
    Ok(())
}
