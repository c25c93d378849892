//! `jihui-till verify`: the chain, and the money of every sale, in the till's own database.

use std::path::Path;

use ::sync::chain;
use ::sync::jws::{Jwk, Unverified};
use anyhow::{Context as _, Result, bail};
use domain::money::Money;
use domain::receipt::Receipt;
use serde_json::{Value, json};
use store::{EpochRow, StoredSale};

use super::print;
use crate::outbox::payload_of;
use crate::shop::Shop;

/// Checks everything; the first difference is an error.
pub fn run(dir: &Path) -> Result<()> {
    let shop = Shop::open(dir)?;
    let mut records = 0;
    for epoch in shop.store.epochs()? {
        records += check_epoch(&shop, &epoch)?;
    }
    let numbers = shop.store.sale_numbers()?;
    for number in &numbers {
        let sale = shop.store.sale(number)?.context("a sale just listed")?;
        check_sale(&shop, &sale).with_context(|| format!("sale {number}"))?;
    }
    print(&json!({ "records": records, "sales": numbers.len() }).to_string())
}

/// Every record follows the one before it, unchanged and signed.
fn check_epoch(shop: &Shop, epoch: &EpochRow) -> Result<usize> {
    let mut prev = epoch.first_prev.clone();
    let mut expected = 1;
    let mut count = 0;
    for record in shop.store.records(&epoch.epoch)? {
        let place = format!("record {} of epoch {}", record.seq, record.epoch);
        if chain::hash(&record.jws) != record.hash {
            bail!("{place} was changed: its hash is another one");
        }
        count += 1;
        if record.adopted {
            continue;
        }
        let payload = check_signature(shop, epoch, &record.jws).with_context(|| place.clone())?;
        if record.seq != expected || payload["seq"] != json!(record.seq) {
            bail!("{place}: record {expected} is missing");
        }
        if payload["prev"] != json!(prev) {
            bail!("{place} does not follow the record before it");
        }
        if payload["id"] != json!(record.uuid) {
            bail!("{place}: its id is another one");
        }
        prev = record.hash;
        expected += 1;
    }
    Ok(count)
}

/// The signature, by the till's present key where it is that key's.
fn check_signature(shop: &Shop, epoch: &EpochRow, jws: &str) -> Result<Value> {
    let unverified = Unverified::parse(jws, chain::TYP, false)?;
    if unverified.kid() != epoch.kid {
        bail!("signed by another key than its epoch's");
    }
    let own: Jwk = shop.enrolled()?.key.jwk();
    if own.thumbprint() == epoch.kid {
        unverified.verify(&own)?;
    }
    payload_of(jws).map_err(anyhow::Error::msg)
}

/// What the database says of a sale adds up, and is what its claim says.
fn check_sale(shop: &Shop, sale: &StoredSale) -> Result<()> {
    let receipt: Receipt = serde_json::from_str(&sale.receipt).context("its receipt")?;
    let sum = |part: fn(&store::StoredLine) -> Money| -> Money { sale.lines.iter().map(part).sum() };
    let (gross, promotion) = (sum(|l| l.gross), sum(|l| l.promotion));
    let (discount, purse) = (sum(|l| l.sold.discount), sum(|l| l.sold.purse()));
    let paid = sum(|l| l.sold.paid);
    if gross != promotion + discount + purse + paid {
        bail!("gross {gross} is not promotion {promotion} + discount {discount} + purse {purse} + paid {paid}");
    }
    if (receipt.gross, receipt.discount, receipt.purse) != (gross, discount, purse) {
        bail!("the receipt says something else than the lines");
    }
    if receipt.due + receipt.rounding + receipt.waived != paid {
        bail!("due {} and rounding {} are not what was paid: {paid}", receipt.due, receipt.rounding);
    }
    let taken: Money = receipt.tenders.iter().map(|(_, amount)| *amount).sum();
    if taken - receipt.change != receipt.due {
        bail!("payments {taken} less change {} are not {}", receipt.change, receipt.due);
    }
    for line in &sale.lines {
        if line.returned > line.quantity {
            bail!("more of line {} came back than was sold", line.line);
        }
    }
    if sale.claimed {
        let jws = shop.store.record_of(&sale.uuid)?.context("its claim is not in the chain")?;
        let totals = payload_of(&jws).map_err(anyhow::Error::msg)?["totals"].clone();
        if totals["discount"] != json!(discount) || totals["purse"] != json!(purse) {
            bail!("its claim says {totals}, its lines discount {discount} and purse {purse}");
        }
    }
    Ok(())
}
