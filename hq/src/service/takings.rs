//! What a store's tills took, day by day, as their day closes and events say.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::money::Money;
use domain::tender::TenderKind;
use serde_json::Value;

use super::stock::Month;
use super::{stated, verify};
use crate::store::Db;
use crate::store::sql::Conn;
use crate::store::takings::{self, Day};

/// Means of payment, in the order of a report.
pub const TENDERS: [TenderKind; 6] = [
    TenderKind::Cash,
    TenderKind::Wechat,
    TenderKind::Alipay,
    TenderKind::BankCard,
    TenderKind::ECny,
    TenderKind::Host,
];

/// A till's day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TillDay {
    /// Business date.
    pub date: String,
    /// Till's code.
    pub till: String,
    figures: BTreeMap<String, i64>,
}

impl TillDay {
    /// A figure: fen, or how many.
    pub fn of(&self, name: &str) -> i64 {
        self.figures.get(name).copied().unwrap_or(0)
    }

    /// Taken by a means of payment, in fen.
    pub fn tender(&self, kind: TenderKind) -> i64 {
        self.of(&format!("tender {}", kind.word()))
    }

    /// Whether the day was closed: before that its sales are not known.
    pub fn is_closed(&self) -> bool {
        self.of("closes") > 0
    }

    /// Adds another day's figures.
    pub fn add(&mut self, other: &Self) {
        for (name, amount) in &other.figures {
            *self.figures.entry(name.clone()).or_default() += amount;
        }
    }
}

/// A store's month, by day and till.
pub fn month(conn: &Conn, store: &str, month: Month) -> Result<Vec<TillDay>> {
    let mut days: Vec<TillDay> = Vec::new();
    for figure in takings::of_store(conn, store, &month.first.to_string(), &month.last.to_string())? {
        let is_same = days.last().is_some_and(|day| day.date == figure.date && day.till == figure.till);
        if !is_same {
            days.push(TillDay { date: figure.date, till: figure.till, figures: BTreeMap::new() });
        }
        if let Some(day) = days.last_mut() {
            day.figures.insert(figure.name, figure.amount);
        }
    }
    Ok(days)
}

/// Notes what a record says of its till's day.
pub fn note(conn: &Conn, till_id: i64, store: &str, till: &str, payload: &Value) -> Result<()> {
    let said = stated::envelope(payload);
    let Some(date) = said.business_date.map(|date| date.to_string()) else { return Ok(()) };
    let day = Day { till_id, store, till, date: &date };
    for (name, amount) in figures(&said.kind, payload) {
        takings::add(conn, day, &name, amount)?;
    }
    Ok(())
}

/// The figures of a record.
fn figures(kind: &str, payload: &Value) -> Vec<(String, i64)> {
    match kind {
        "day_close" => closed(payload),
        "event" => event(payload),
        _ => Vec::new(),
    }
}

fn closed(payload: &Value) -> Vec<(String, i64)> {
    let mut figures = vec![("closes".to_owned(), 1)];
    for name in ["sales", "subsidised_sales"] {
        figures.push((name.into(), payload[name].as_i64().unwrap_or(0)));
    }
    for name in ["gross", "discount", "subsidy", "purse"] {
        figures.push((name.into(), fen(&payload[name])));
    }
    for kind in TENDERS {
        figures.push((format!("tender {}", kind.word()), fen(&payload["tenders"][kind.word()])));
    }
    figures
}

fn event(payload: &Value) -> Vec<(String, i64)> {
    let detail = &payload["detail"];
    match payload["event"].as_str().unwrap_or_default() {
        "void" => vec![("voids".into(), 1)],
        "override" => vec![("overrides".into(), 1)],
        "drawer" => {
            let moved = match detail["kind"].as_str() {
                Some("in") => Some("cash_in"),
                Some("out") => Some("cash_out"),
                _ => None,
            };
            let moved = moved.map(|name| (name.to_owned(), fen(&detail["amount"])));
            std::iter::once(("drawers".to_owned(), 1)).chain(moved).collect()
        }
        "shift_close" => vec![("over".into(), fen(&detail["counted"]) - fen(&detail["expected"]))],
        _ => Vec::new(),
    }
}

fn fen(value: &Value) -> i64 {
    value.as_str().and_then(|text| Money::parse_signed(text).ok()).map(Money::fen_i64).unwrap_or(0)
}

/// Notes it for records that came before this was kept.
pub fn fill(db: &Db) -> Result<()> {
    let Some(records) = takings::unkept(&db.conn)? else { return Ok(()) };
    let tx = db.begin()?;
    for (till_id, store, till, jws) in records {
        if let Some(payload) = verify::payload(&jws) {
            note(&tx, till_id, &store, &till, &payload)?;
        }
    }
    takings::is_filled(&tx)?;
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_drawer_that_is_short_says_so() {
        let of = |kind: &str, payload: Value| figures(kind, &payload).into_iter().collect::<BTreeMap<_, _>>();
        let close = json!({"event": "shift_close", "detail": {"counted": "198.50", "expected": "200.00"}});
        assert_eq!(of("event", close), BTreeMap::from([("over".into(), -150)]));
        let drawer = json!({"event": "drawer", "detail": {"kind": "out", "amount": "50.00"}});
        assert_eq!(of("event", drawer), BTreeMap::from([("drawers".into(), 1), ("cash_out".into(), 5000)]));
        let day = json!({"sales": 3, "gross": "12.50", "tenders": {"cash": "10.00", "wechat": "2.50"}});
        let day = of("day_close", day);
        assert_eq!((day["sales"], day["gross"], day["tender cash"], day["tender wechat"]), (3, 1250, 1000, 250));
        assert_eq!(of("claim", json!({"gross": "1.00"})), BTreeMap::new());
    }
}
