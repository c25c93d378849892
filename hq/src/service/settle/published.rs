//! The list that is published: what stores were paid for, and nobody's name.

use anyhow::Result;
use domain::lang::Lang;
use domain::money::Money;
use sheets::{Column, Kind, Sheet, Value};

use crate::store::settle as rows;
use crate::store::sql::Conn;

/// Fewer households than this could be guessed at: their number is not told.
pub const FEWEST: i64 = 5;

/// A store's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Store's code.
    pub store: String,
    /// Store's name.
    pub name: String,
    /// Claims.
    pub claims: i64,
    /// Households; none: fewer than are told.
    pub households: Option<i64>,
    /// What the payers gave.
    pub amount: Money,
}

/// Stores (of those that a person sees) whose statements of periods that end between two days were paid.
pub fn list(conn: &Conn, from: &str, to: &str, visible: Option<&[String]>) -> Result<Vec<Line>> {
    let found = rows::paid_by_store(conn, from, to)?;
    Ok(found
        .into_iter()
        .filter(|found| visible.is_none_or(|codes| codes.contains(&found.store)))
        .map(|found| Line {
            store: found.store,
            name: found.name,
            claims: found.claims,
            households: Some(found.households).filter(|households| *households >= FEWEST),
            amount: Money::from_fen(found.amount.into()),
        })
        .collect())
}

/// The list as a file.
pub fn sheet(lines: &[Line], from: &str, to: &str, lang: Lang) -> Sheet {
    let columns = [
        (lang.of("门店", "Store"), Kind::Text),
        (lang.of("名称", "Name"), Kind::Text),
        (lang.of("笔数", "Claims"), Kind::Count),
        (lang.of("户数", "Households"), Kind::Text),
        (lang.of("金额", "Amount"), Kind::Amount),
    ];
    let mut sheet = Sheet::new(columns.map(|(name, kind)| Column::new(name, kind)));
    sheet.title = lang.of(format!("惠民补贴拨付公示 {from} 至 {to}"), format!("Subsidies paid, {from} to {to}"));
    for line in lines {
        let households =
            line.households.map_or_else(|| lang.of("少于 5 户", "fewer than 5").to_owned(), |n| n.to_string());
        sheet.rows.push(vec![
            line.store.clone().into(),
            line.name.clone().into(),
            Value::number(line.claims),
            households.into(),
            line.amount.into(),
        ]);
    }
    sheet.totals = Some(vec![
        lang.of("合计", "Total").into(),
        Value::Empty,
        Value::number(lines.iter().map(|line| line.claims).sum::<i64>()),
        Value::Empty,
        lines.iter().map(|line| line.amount).sum::<Money>().into(),
    ]);
    sheet
}
