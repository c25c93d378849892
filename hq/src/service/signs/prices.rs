//! Signs in what goods cost.

use anyhow::Result;
use domain::money::Money;

use super::{Facts, Number, Numbers, Sign, stated};
use crate::store::facts::{self, Fact};
use crate::store::sql::Conn;

/// What a line's goods cost, in fen a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// Code.
    pub code: String,
    /// Here.
    pub fen: i64,
    /// The store's lowest of the last 7 days.
    pub low: Option<i64>,
    /// In other stores.
    pub peers: Vec<i64>,
}

/// These signs.
pub const SIGNS: [Sign; 2] = [
    Sign {
        code: "S09",
        zh: "比本店近日贵很多",
        en: "Far above the store's own low",
        about_zh: "一件商品的价格比本店最近 7 天的最低价高 {percent}% 以上。促销刚结束时也会高一点，所以不要设得太低。",
        about_en: "A price is more than {percent} percent above the store's own lowest of 7 days. The end of a promotion raises it, too: do not set it low.",
        is_daily: false,
        is_on: true,
        numbers: &[Number {
            key: "percent", zh: "高百分之几", en: "Percent above", default: 80, least: 5, most: 500
        }],
        look: above_low,
    },
    Sign {
        code: "S14",
        zh: "比别的店贵很多",
        en: "Far above other stores",
        about_zh: "一件商品的价格比其他 {stores} 家以上门店的中间价高 {percent}% 以上。",
        about_en: "A price is more than {percent} percent above the median of at least {stores} other stores.",
        is_daily: false,
        is_on: true,
        numbers: &[
            Number { key: "percent", zh: "高百分之几", en: "Percent above", default: 60, least: 5, most: 500 },
            Number { key: "stores", zh: "至少几家店", en: "Stores, at least", default: 2, least: 1, most: 50 },
        ],
        look: above_peers,
    },
];

/// What a claim's lines cost, here and elsewhere.
pub fn of(conn: &Conn, store: &str, said: &stated::Claim) -> Result<Vec<Price>> {
    let codes: Vec<String> = said.lines.iter().map(|l| l.basket.product.tagged()).collect();
    let mut peers = facts::peer_prices(conn, store, &codes)?;
    let price = |line: &stated::Line| {
        let code = line.basket.product.tagged();
        let low = line.basket.lowest_price_7d.map(Money::fen_i64).filter(|fen| *fen > 0);
        Price { peers: peers.remove(&code).unwrap_or_default(), code, fen: line.basket.unit_price.fen_i64(), low }
    };
    Ok(said.lines.iter().map(price).collect())
}

/// Notes what a claim's goods cost.
pub fn keep(conn: &Conn, this: &Fact, said: &stated::Claim) -> Result<()> {
    // Of goods that stand there twice the last one counts.
    let price = |line: &stated::Line| (line.basket.product.tagged(), line.basket.unit_price.fen_i64());
    facts::put_prices(conn, &said.lines.iter().map(price).collect(), &this.store, this.at)
}

fn yuan(fen: i64) -> String {
    Money::from_fen(fen.into()).to_string()
}

fn shown(code: &str) -> &str {
    code.split_once(':').map_or(code, |(_, code)| code)
}

fn is_above(fen: i64, base: i64, percent: i64) -> bool {
    fen * 100 > base * (100 + percent)
}

fn above_low(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let found = facts.prices.iter().find_map(|p| {
        let low = p.low.filter(|low| is_above(p.fen, *low, numbers.get("percent")))?;
        Some((p, low))
    });
    found.map(|(p, low)| {
        let (code, now, low) = (shown(&p.code), yuan(p.fen), yuan(low));
        (
            format!("{code} 卖 {now}，本店最近 7 天最低是 {low}。"),
            format!("{code} is sold at {now}; the store's lowest of 7 days is {low}."),
        )
    })
}

fn above_peers(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let found = facts.prices.iter().find_map(|p| {
        let mut peers = p.peers.clone();
        peers.sort_unstable();
        // Of an even number the higher of the two in the middle: the store has the benefit of the doubt.
        let median = *peers.get(peers.len() / 2)?;
        (peers.len() >= numbers.count("stores") && is_above(p.fen, median, numbers.get("percent"))).then_some((
            p,
            median,
            peers.len(),
        ))
    });
    found.map(|(p, median, n)| {
        let (code, now, median) = (shown(&p.code), yuan(p.fen), yuan(median));
        (
            format!("{code} 卖 {now}，其他 {n} 家店的中间价是 {median}。"),
            format!("{code} is sold at {now}; the median of {n} other stores is {median}."),
        )
    })
}
