//! The file that the bank's program takes, and the bank's references that come back.

use anyhow::{Context as _, Result};
use domain::lang::Lang;
use domain::money::Money;
use serde_json::json;
use sheets::{Column, Kind, Reading, Sheet};

use super::steps::{Payment, pay};
use super::{State, may};
use crate::service::access::Action;
use crate::service::session::Person;
use crate::service::{Hq, Told, refuse};
use crate::store::settle::{self as rows, Batch, Filter};
use crate::store::sql::Conn;
use crate::store::{audit, funds, register};

/// Most batches of one file.
const MOST: i64 = 1_000;

/// Columns of the file: Chinese, English.
const COLUMNS: [(&str, &str); 8] = [
    ("批号", "Batch"),
    ("付款单位", "Payer"),
    ("收款户名", "Payee"),
    ("开户行", "Bank"),
    ("账号", "Account"),
    ("金额", "Amount"),
    ("用途", "Purpose"),
    ("银行流水号", "Reference"),
];
/// The day of payment, which the payer adds.
const DATE: (&str, &str) = ("付款日期", "Paid on");

/// Approved batches of a payer (absent: of all) that a person pays: those with something to pay.
pub fn to_pay(conn: &Conn, payer: Option<&str>, visible: Option<Vec<String>>) -> Result<Vec<Batch>> {
    let filter = Filter {
        state: Some(State::Approved.code().into()),
        payer: payer.map(Into::into),
        visible,
        ..Filter::default()
    };
    rows::batches(conn, &filter, MOST)
}

/// The payment file of approved batches. Accounts stand in it in full, here and nowhere else; who fetched
/// it is kept with each batch and in the audit.
pub fn file(hq: &Hq, who: &Person, numbers: &[String], lang: Lang) -> Told<Sheet> {
    let name = |(zh, en): (&'static str, &'static str)| lang.of(zh, en);
    let kind = |zh: &str| if zh == "金额" { Kind::Amount } else { Kind::Text };
    let columns = COLUMNS.iter().map(|column| Column::new(name(*column), kind(column.0)));
    let mut sheet = Sheet::new(columns.chain([Column::new(name(DATE), Kind::Text)]));
    let db = hq.db();
    let tx = db.begin()?;
    let mut sum = Money::ZERO;
    for number in numbers {
        let Some(batch) = rows::batch(&tx, number)?.filter(|b| b.state == State::Approved.code()) else {
            return Ok(Err(format!(
                "{number} 现在不能付款，请重新打开页面。 {number} cannot be paid now: open the page again"
            )));
        };
        let may = may(
            &tx,
            who,
            Action::PayBatch.roles(),
            &batch.store,
            "付款文件由出纳取。 A payments clerk fetches the payment file",
        )?;
        if let Err(problem) = may {
            return Ok(Err(problem));
        }
        if batch.payable == 0 {
            continue;
        }
        let amount = Money::from_fen(batch.payable.into());
        sum += amount;
        sheet.rows.push(line(hq, &tx, &batch, amount, lang)?);
        rows::set_file(&tx, batch.id)?;
        rows::add_step(&tx, batch.id, "file", &who.name, "")?;
    }
    if sheet.rows.is_empty() {
        return refuse("没有要付款的批次。 There is no batch to pay");
    }
    audit(&tx, &who.name, "payment file", &json!({ "batches": numbers, "sum": sum }).to_string())?;
    tx.commit()?;
    Ok(Ok(sheet))
}

fn line(hq: &Hq, conn: &Conn, batch: &Batch, amount: Money, lang: Lang) -> Result<Vec<sheets::Value>> {
    // The account that two people confirmed last: money to a closed account would come back.
    let account =
        register::account(conn, &batch.store, "confirmed")?.context("a batch of a store without an account")?;
    let number = String::from_utf8(hq.keys.open_sealed(&account.account_enc)?).context("a sealed account")?;
    let payer = funds::payers(conn)?.into_iter().find(|p| p.code == batch.payer);
    let purpose = lang.of(format!("惠民补贴 {}", batch.number), format!("Subsidy {}", batch.number));
    Ok(vec![
        batch.number.clone().into(),
        payer.map(|payer| payer.name).unwrap_or_default().into(),
        account.holder.into(),
        account.bank.into(),
        number.into(),
        amount.into(),
        purpose.into(),
        "".into(),
        "".into(),
    ])
}

/// Takes the file back with the bank's references and days: all of it, or nothing. Lines without a
/// reference wait for another file; an amount that is not the batch's is refused.
pub fn import(hq: &Hq, who: &Person, bytes: &[u8]) -> Told<usize> {
    let known: Vec<&str> = COLUMNS.iter().chain([&DATE]).flat_map(|(zh, en)| [*zh, *en]).collect();
    let table = match sheets::read(bytes, &Reading::new(&known)) {
        Ok(table) => table,
        Err(problem) => return Ok(Err(format!("{} {}", problem.chinese(), problem.english()))),
    };
    let mut payments = Vec::new();
    for row in &table.rows {
        let cell = |(zh, en): (&str, &str)| row.get(zh).or_else(|| row.get(en)).unwrap_or_default().to_owned();
        let (number, reference, date) = (cell(COLUMNS[0]), cell(COLUMNS[7]), cell(DATE));
        if reference.is_empty() {
            continue;
        }
        let batch = rows::batch(&hq.db().conn, &number)?;
        let is_damaged =
            |(zh, en): (&str, &str)| row.cell(zh).or_else(|| row.cell(en)).is_some_and(|cell| cell.damaged);
        if is_damaged(COLUMNS[7]) {
            return Ok(Err(format!(
                "第 {line} 行：银行流水号被表格软件改坏了，请把这一列设为文本再填。 Line {line}: the spreadsheet damaged the reference; make the column text and enter it again",
                line = row.line
            )));
        }
        let amount = Money::parse(&cell(COLUMNS[5]).replace(',', "")).ok();
        if batch.as_ref().map(|b| Money::from_fen(b.payable.into())) != amount {
            return Ok(Err(format!(
                "第 {line} 行：批号 {number} 的金额和对账表不一样，什么也没有登记。 Line {line}: the amount is not that of batch {number}; nothing was entered",
                line = row.line
            )));
        }
        payments.push(Payment { number, reference, date });
    }
    let count = payments.len();
    Ok(pay(hq, who, &payments)?.map(|()| count))
}

/// Notes what a payer paid a store ahead; the next statements set it off.
pub fn add_advance(
    hq: &Hq,
    who: &Person,
    payer: &str,
    store: &str,
    amount: Money,
    on: &str,
    reference: &str,
) -> Told<()> {
    let db = hq.db();
    let tx = db.begin()?;
    if let Err(problem) =
        may(&tx, who, Action::PayBatch.roles(), store, "预付款由出纳登记。 A payments clerk enters advances")?
    {
        return Ok(Err(problem));
    }
    if amount <= Money::ZERO || reference.trim().is_empty() || domain::time::parse_date(on).is_err() {
        return refuse(
            "请填大于 0 的金额、日期和银行流水号。 Give an amount above 0, the day and the bank's reference",
        );
    }
    if !funds::payers(&tx)?.iter().any(|known| known.code == payer) {
        return refuse("没有这个出资方，请先登记。 There is no such payer: register it first");
    }
    rows::add_advance(&tx, payer, store, amount.fen_i64(), on, reference.trim(), &who.name)?;
    audit(
        &tx,
        &who.name,
        "advance paid",
        &json!({ "payer": payer, "store": store, "amount": amount, "reference": reference.trim() }).to_string(),
    )?;
    tx.commit()?;
    Ok(Ok(()))
}

/// After headquarters was restored: what was paid since the backup is entered, and batches can be made again.
pub fn are_entered(hq: &Hq, who: &Person) -> Told<()> {
    if !who.role.may_do(Action::PayBatch) {
        return refuse("由出纳确认。 A payments clerk says so");
    }
    let db = hq.db();
    let tx = db.begin()?;
    rows::drop_setting(&tx, rows::RESTORED)?;
    audit(&tx, &who.name, "payments entered after restore", "{}")?;
    tx.commit()?;
    Ok(Ok(()))
}
