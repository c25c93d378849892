//! Vouchers for the accountant's own program: what was approved becomes a debt, what was paid ends it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::DateTime;
use domain::lang::Lang;
use domain::money::Money;
use domain::time::{business_date, parse_date};
use serde::{Deserialize, Serialize};
use sheets::{Column, Kind, Sheet};

use super::figures::Figures;
use crate::store::settle::{self as rows, Batch};
use crate::store::sql::Conn;

/// Name of the setting.
pub const SUBJECTS: &str = "settle_subjects";

/// Subjects of the vouchers; where nobody set others, those of the system for non-profit bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subjects {
    /// 业务活动成本
    pub expense: String,
    /// 应付账款
    pub payable: String,
    /// 预付账款
    pub prepaid: String,
    /// 其他应收款
    pub receivable: String,
    /// 银行存款
    pub bank: String,
}

impl Default for Subjects {
    fn default() -> Self {
        let [expense, payable, prepaid, receivable, bank] = ["5101", "2202", "1141", "1122", "1002"].map(String::from);
        Self { expense, payable, prepaid, receivable, bank }
    }
}

/// One line of a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Day.
    pub date: String,
    /// Number among the vouchers of this file.
    pub number: u32,
    /// What it is for.
    pub summary: String,
    /// Subject's code.
    pub subject: String,
    /// Subject's name.
    pub name: String,
    /// Debit.
    pub debit: Money,
    /// Credit.
    pub credit: Money,
}

/// The subjects that are set.
pub fn subjects(conn: &Conn) -> Result<Subjects> {
    Ok(match rows::setting(conn, SUBJECTS)? {
        Some(text) => serde_json::from_str(&text).context("the subjects of vouchers")?,
        None => Subjects::default(),
    })
}

/// Vouchers of what was approved or paid between two days, in the order of their days; `visible`: the stores that
/// a person sees.
pub fn entries(conn: &Conn, from: &str, to: &str, visible: Option<&[String]>, lang: Lang) -> Result<Vec<Entry>> {
    let subjects = subjects(conn)?;
    let mut vouchers: Vec<(String, i64, Vec<Half>)> = Vec::new();
    for (batch, approved_at) in rows::approved(conn)? {
        if visible.is_some_and(|codes| !codes.contains(&batch.store)) {
            continue;
        }
        let approved = DateTime::from_timestamp_millis(approved_at).map(business_date).map(|day| day.to_string());
        if let Some(day) = approved.filter(|day| day.as_str() >= from && day.as_str() <= to) {
            vouchers.push((day, batch.id * 2, debt(&batch, &subjects, lang)?));
        }
        let paid = batch.paid_on.clone().filter(|day| day.as_str() >= from && day.as_str() <= to);
        if let Some(day) = paid.filter(|_| batch.payable > 0) {
            vouchers.push((day, batch.id * 2 + 1, payment(&batch, &subjects, lang)));
        }
    }
    vouchers.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut entries = Vec::new();
    for (number, (date, _, halves)) in (1_u32..).zip(vouchers) {
        entries.extend(halves.into_iter().map(|half| half.entry(&date, number)));
    }
    Ok(entries)
}

/// Half of a voucher's line: an amount on the debit side; below zero it stands as credit.
struct Half {
    summary: String,
    subject: String,
    name: String,
    fen: i64,
}

impl Half {
    fn entry(self, date: &str, number: u32) -> Entry {
        let money = |fen: i64| Money::from_fen(fen.max(0).into());
        Entry {
            date: date.into(),
            number,
            summary: self.summary,
            subject: self.subject,
            name: self.name,
            debit: money(self.fen),
            credit: money(-self.fen),
        }
    }
}

/// What an approved batch makes: cost by fund against debt, advances and what the store owes.
fn debt(batch: &Batch, subjects: &Subjects, lang: Lang) -> Result<Vec<Half>> {
    let f: Figures = serde_json::from_str(&batch.figures).context("a batch's figures")?;
    let mut by_fund: BTreeMap<&str, i64> = BTreeMap::new();
    for group in &f.groups {
        *by_fund.entry(&group.fund).or_default() += group.granted + group.changes;
    }
    let summary =
        lang.of(format!("{} 补贴 {}", batch.payee, batch.number), format!("Subsidy {} {}", batch.number, batch.payee));
    let half =
        |subject: &str, name: String, fen: i64| Half { summary: summary.clone(), subject: subject.into(), name, fen };
    let mut halves: Vec<Half> = by_fund
        .into_iter()
        .map(|(fund, fen)| {
            half(&subjects.expense, lang.of(format!("业务活动成本 {fund}"), format!("Programme cost {fund}")), fen)
        })
        .collect();
    let receivable = lang.of("其他应收款", "Other receivables").to_owned();
    halves.push(half(&subjects.receivable, receivable, f.owed_after - f.owed_before));
    halves.push(half(&subjects.prepaid, lang.of("预付账款", "Prepayments").into(), -f.prepaid));
    halves.push(half(&subjects.payable, lang.of("应付账款", "Accounts payable").into(), -f.payable));
    halves.retain(|half| half.fen != 0);
    Ok(halves)
}

fn payment(batch: &Batch, subjects: &Subjects, lang: Lang) -> Vec<Half> {
    let summary = lang.of(
        format!("支付 {} 补贴 {} {}", batch.payee, batch.number, batch.reference),
        format!("Paid {} {} {}", batch.number, batch.payee, batch.reference),
    );
    let half = |subject: &str, name: &str, fen: i64| Half {
        summary: summary.clone(),
        subject: subject.into(),
        name: name.into(),
        fen,
    };
    vec![
        half(&subjects.payable, lang.of("应付账款", "Accounts payable"), batch.payable),
        half(&subjects.bank, lang.of("银行存款", "Bank"), -batch.payable),
    ]
}

/// Vouchers as a file.
pub fn sheet(entries: &[Entry], lang: Lang) -> Sheet {
    let columns = [
        (lang.of("日期", "Date"), Kind::Text),
        (lang.of("凭证字", "Word"), Kind::Text),
        (lang.of("凭证号", "Number"), Kind::Count),
        (lang.of("摘要", "Summary"), Kind::Text),
        (lang.of("科目代码", "Subject"), Kind::Text),
        (lang.of("科目名称", "Subject's name"), Kind::Text),
        (lang.of("借方金额", "Debit"), Kind::Amount),
        (lang.of("贷方金额", "Credit"), Kind::Amount),
    ];
    let mut sheet = Sheet::new(columns.map(|(name, kind)| Column::new(name, kind)));
    for e in entries {
        sheet.rows.push(vec![
            e.date.clone().into(),
            lang.of("记", "JV").into(),
            sheets::Value::number(e.number),
            e.summary.clone().into(),
            e.subject.clone().into(),
            e.name.clone().into(),
            e.debit.into(),
            e.credit.into(),
        ]);
    }
    sheet
}

/// Whether two days can be asked for.
pub fn is_range(from: &str, to: &str) -> bool {
    parse_date(from).is_ok() && parse_date(to).is_ok() && from <= to
}
