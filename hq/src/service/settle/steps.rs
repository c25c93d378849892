//! A batch's way from making to confirmation. Whoever did one step does no other of the same batch.

use anyhow::{Context as _, Result};
use domain::time::parse_date;
use serde_json::json;

use super::make::refresh;
use super::{State, may, two_approvals_above};
use crate::service::access::{Action, Role};
use crate::service::session::Person;
use crate::service::{Hq, Told, now, refuse};
use crate::store::audit;
use crate::store::settle::{self as rows, Batch, Due};
use crate::store::sql::Conn;

/// A payment that the bank made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Batch's number.
    pub number: String,
    /// Bank's reference.
    pub reference: String,
    /// Day.
    pub date: String,
}

/// A batch that a person may move on, if it is where it should be.
fn open(conn: &Conn, who: &Person, number: &str, roles: &[Role], from: &[State], sentence: &str) -> Told<Batch> {
    let Some(batch) = rows::batch(conn, number)? else {
        return refuse("没有这一批。 There is no such batch");
    };
    if let Err(problem) = may(conn, who, roles, &batch.store, sentence)? {
        return Ok(Err(problem));
    }
    let steps = rows::steps(conn, batch.id)?;
    if !State::parse(&batch.state).is_some_and(|state| from.contains(&state)) {
        let last = steps.last().map(|step| step.who.clone()).unwrap_or_default();
        return Ok(Err(format!(
            "{number} 已经由 {last} 办过，请重新打开页面。 {last} has moved {number} on: open the page again"
        )));
    }
    Ok(Ok(batch))
}

/// Refuses who had a hand in the batch before.
fn apart(conn: &Conn, who: &Person, batch: &Batch) -> Told<()> {
    let is_hand =
        |step: &rows::Step| matches!(State::parse(&step.step), Some(State::Made | State::Checked | State::Approved));
    if rows::steps(conn, batch.id)?.iter().any(|step| is_hand(step) && step.who == who.name) {
        return refuse(
            "制表、复核、审批和付款要由不同的人办，这一批您已经办过一步。 Making, checking, approving and paying are different people's: you did one step of this batch already",
        );
    }
    Ok(Ok(()))
}

/// Moves a batch, and its claims with it.
fn advance(conn: &Conn, who: &Person, batch: &Batch, to: State, note: &str) -> Result<()> {
    if !rows::advance(conn, batch.id, &batch.state, to.code())? {
        anyhow::bail!("batch {} moved meanwhile", batch.number);
    }
    rows::add_step(conn, batch.id, to.code(), &who.name, note)?;
    if to.of_claims() != State::parse(&batch.state).and_then(State::of_claims) {
        for claim in rows::carried(conn, batch.id)? {
            refresh(conn, claim, "", &who.name, to.code(), &batch.number)?;
        }
    }
    audit(conn, &who.name, &format!("batch {}", to.code()), &json!({ "batch": batch.number, "note": note }).to_string())
}

/// Does one thing to one batch, whole or not at all.
fn with(hq: &Hq, work: impl FnOnce(&Conn) -> Told<()>) -> Told<()> {
    let db = hq.db();
    let tx = db.begin()?;
    let done = work(&tx)?;
    if done.is_ok() {
        tx.commit()?;
    }
    Ok(done)
}

/// A reviewer checks a batch (复核).
pub fn check(hq: &Hq, who: &Person, number: &str) -> Told<()> {
    with(hq, |tx| {
        let batch = match open(
            tx,
            who,
            number,
            Action::CheckBatch.roles(),
            &[State::Made],
            "复核请找审核员。 A reviewer checks batches",
        )? {
            Ok(batch) => batch,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Err(problem) = apart(tx, who, &batch)? {
            return Ok(Err(problem));
        }
        Ok(Ok(advance(tx, who, &batch, State::Checked, "")?))
    })
}

/// An approver approves a batch; above the set amount a second one does, too.
pub fn approve(hq: &Hq, who: &Person, number: &str) -> Told<()> {
    with(hq, |tx| {
        let batch = match open(
            tx,
            who,
            number,
            Action::ApproveBatch.roles(),
            &[State::Checked],
            "审批请找审批人。 An approver approves batches",
        )? {
            Ok(batch) => batch,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Err(problem) = apart(tx, who, &batch)? {
            return Ok(Err(problem));
        }
        let needed = if batch.payable > two_approvals_above(tx)?.fen_i64() { 2 } else { 1 };
        if rows::add_approval(tx, batch.id)? >= needed {
            return Ok(Ok(advance(tx, who, &batch, State::Approved, "")?));
        }
        rows::add_step(tx, batch.id, State::Approved.code(), &who.name, "1/2")?;
        audit(tx, &who.name, "batch approved", &json!({ "batch": number, "approval": "1/2" }).to_string())?;
        Ok(Ok(()))
    })
}

/// Enters what the bank paid: all of it, or nothing.
pub fn pay(hq: &Hq, who: &Person, payments: &[Payment]) -> Told<()> {
    with(hq, |tx| {
        if payments.is_empty() {
            return refuse("没有付款可以登记。 There is no payment to enter");
        }
        for payment in payments {
            let sentence = "付款请找出纳。 A payments clerk pays";
            let batch = match open(tx, who, &payment.number, Action::PayBatch.roles(), &[State::Approved], sentence)? {
                Ok(batch) => batch,
                Err(problem) => return Ok(Err(problem)),
            };
            if let Err(problem) = apart(tx, who, &batch)? {
                return Ok(Err(problem));
            }
            let reference = payment.reference.trim();
            let known = parse_date(&payment.date).ok().filter(|day| *day <= domain::time::business_date(now()));
            if known.is_none() || reference.chars().count() > 100 || (reference.is_empty() && batch.payable > 0) {
                return Ok(Err(format!(
                    "{number}：请填银行流水号和付款日期（不晚于今天）。 {number}: give the bank's reference and the day of payment, not after today",
                    number = payment.number
                )));
            }
            rows::set_paid(tx, batch.id, reference, &payment.date)?;
            advance(tx, who, &batch, State::Paid, &format!("{reference} {}", payment.date))?;
        }
        Ok(Ok(()))
    })
}

/// The store's manager confirms that the money came.
pub fn confirm(hq: &Hq, who: &Person, number: &str) -> Told<()> {
    with(hq, |tx| {
        let sentence = "收款由门店店长确认。 The store's manager confirms payments";
        match open(tx, who, number, &[Role::Manager], &[State::Paid], sentence)? {
            Ok(batch) => Ok(Ok(advance(tx, who, &batch, State::Confirmed, "")?)),
            Err(problem) => Ok(Err(problem)),
        }
    })
}

/// The store's invoice for a batch.
pub fn set_invoice(hq: &Hq, who: &Person, number: &str, invoice: &str) -> Told<()> {
    let invoice = invoice.trim();
    if invoice.chars().count() > 60 {
        return refuse("发票号码太长。 The invoice's number is too long");
    }
    with(hq, |tx| {
        let from = [State::Made, State::Checked, State::Approved, State::Paid, State::Confirmed];
        let sentence = "发票由会计或店长登记。 An accountant or the store's manager enters invoices";
        match open(tx, who, number, &[Role::Accountant, Role::Manager], &from, sentence)? {
            Ok(batch) => {
                rows::set_invoice(tx, batch.id, invoice)?;
                audit(tx, &who.name, "batch invoice", &json!({ "batch": number, "invoice": invoice }).to_string())?;
                Ok(Ok(()))
            }
            Err(problem) => Ok(Err(problem)),
        }
    })
}

/// Takes a batch back before it is approved, with a reason: its claims go back to where they were.
pub fn withdraw(hq: &Hq, who: &Person, number: &str, reason: &str) -> Told<()> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return refuse("请写撤回的原因（500 字以内）。 Give the reason for taking it back (up to 500 characters)");
    }
    with(hq, |tx| {
        let roles = [Role::Accountant, Role::Reviewer, Role::Approver];
        let sentence = "撤回由会计、审核员或审批人办。 An accountant, a reviewer or an approver takes a batch back";
        let batch = match open(tx, who, number, &roles, &[State::Made, State::Checked], sentence)? {
            Ok(batch) => batch,
            Err(problem) => return Ok(Err(problem)),
        };
        if rows::newest(tx, &batch.payer, &batch.store)?.is_some_and(|newest| newest.id != batch.id) {
            return refuse("后面还有新的一批，请先撤回那一批。 A newer batch stands on this one: take that back first");
        }
        take_back(tx, who, &batch, reason)?;
        Ok(Ok(()))
    })
}

fn take_back(conn: &Conn, who: &Person, batch: &Batch, reason: &str) -> Result<()> {
    advance_to_withdrawn(conn, who, batch, reason)?;
    rows::untell(conn, batch.id)?;
    let mut backs: std::collections::BTreeMap<i64, String> = std::collections::BTreeMap::new();
    for line in rows::lines(conn, batch.id)? {
        let dues = rows::dues(conn, line.claim, &line.programme)?;
        let found = dues.iter().enumerate().find(|(_, due)| due.payer == batch.payer);
        let (n, due) = found.context("a batch's line without its payer")?;
        let carries = match line.was.as_str() {
            "settled" => rows::batch_of(conn, &batch.payer, line.claim, &line.programme)?,
            _ => None,
        };
        backs.insert(line.claim, due.back.clone());
        let restored = Due {
            standing: line.was.clone(),
            settled: line.before,
            rates: line.before_rates.clone(),
            back: if line.was == "settled" { due.back.clone() } else { String::new() },
            batch: carries,
            ..due.clone()
        };
        rows::put_due(conn, line.claim, &line.programme, &batch.store, i64::try_from(n)?, &restored)?;
    }
    for (claim, back) in backs {
        rows::note_change(conn, claim)?;
        refresh(conn, claim, &back, &who.name, "released", &batch.number)?;
        rows::drop_dues(conn, claim)?;
        rows::name_batches(conn, claim)?;
    }
    Ok(())
}

fn advance_to_withdrawn(conn: &Conn, who: &Person, batch: &Batch, reason: &str) -> Result<()> {
    if !rows::advance(conn, batch.id, &batch.state, State::Withdrawn.code())? {
        anyhow::bail!("batch {} moved meanwhile", batch.number);
    }
    rows::add_step(conn, batch.id, State::Withdrawn.code(), &who.name, reason)?;
    audit(conn, &who.name, "batch withdrawn", &json!({ "batch": batch.number, "reason": reason }).to_string())
}
