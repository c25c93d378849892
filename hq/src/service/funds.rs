//! Funds: what claims take of them, and what waits once a budget is used up. A spent fund makes money
//! wait; no store bears it, and no family is turned away for it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::fund::check_shares;
use domain::id::identifier;
use domain::money::Money;
use domain::time::parse_date;
use serde_json::json;

use super::access::{Action, Role};
use super::judge::Posted;
use super::register::mask;
use super::session::Person;
use super::{Hq, Told, catalogue, decide, refuse, stated};
use crate::params;
use crate::store::claims::Claim;
use crate::store::funds::{self as rows, Payer, Share, Source};
use crate::store::sql::Conn;
use crate::store::{audit, bump, lists};

/// Kinds of sources: code, Chinese, English.
pub const KINDS: [(&str, &str, &str); 4] = [
    ("named", "冠名基金", "named fund"),
    ("one_day", "慈心一日捐", "one-day donation drive"),
    ("finance", "财政", "public finance"),
    ("other", "其他", "other"),
];

/// Stands for the tax rate of goods that the product list gives none.
pub const NO_RATE: i64 = -1;

/// A fund's figures, in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Waits for the fund.
    pub waiting: i64,
    /// Held or disputed.
    pub reserved: i64,
    /// Granted, or in a batch.
    pub claimed: i64,
    /// Approved.
    pub approved: i64,
    /// Paid.
    pub paid: i64,
}

impl Figures {
    /// What is taken, without what waits.
    pub fn taken(&self) -> i64 {
        self.reserved + self.claimed + self.approved + self.paid
    }

    /// Percent of a budget that is asked for, rounded down.
    pub fn percent_of(&self, budget: i64) -> i64 {
        let asked = self.taken() + self.waiting;
        if budget <= 0 { if asked > 0 { 100 } else { 0 } } else { asked.saturating_mul(100) / budget }
    }
}

/// The standing in which a fund counts a claim.
fn standing(state: &str, reasons: &str) -> &'static str {
    match state {
        "held" if reasons.contains("\"R13\"") => "waiting",
        "held" | "disputed" => "held",
        "batched" => "batched",
        "approved" => "approved",
        "paid" | "confirmed" => "paid",
        "rejected" => "rejected",
        _ => "granted",
    }
}

/// Adds up a fund's sums.
pub fn figures(sums: &[rows::Sum]) -> Figures {
    let mut figures = Figures::default();
    for sum in sums {
        match sum.standing.as_str() {
            "waiting" => figures.waiting += sum.amount,
            "held" => figures.reserved += sum.amount,
            "approved" => figures.approved += sum.amount,
            "paid" => figures.paid += sum.amount,
            _ => figures.claimed += sum.amount,
        }
    }
    figures
}

/// Notes a claim's funds, what was granted before returns, and what is left (`remaining`) by tax rate.
pub fn note(conn: &Conn, claim: &Claim, said: &stated::Claim, remaining: &[Posted]) -> Result<()> {
    let granted: Vec<Posted> = serde_json::from_str(&claim.posted).context("a claim's posted lines")?;
    let mut parts: BTreeMap<&str, (i64, BTreeMap<i64, i64>)> = BTreeMap::new();
    let codes: Vec<String> = said.lines.iter().map(|line| line.basket.product.tagged()).collect();
    let known = lists::tax_rates(conn, &codes)?;
    for (line, code) in said.lines.iter().zip(&codes) {
        let of = |posted: &[Posted]| posted.iter().find(|p| p.line == line.basket.line).map(|p| p.parts.clone());
        let (before, left) = (of(&granted).unwrap_or_default(), of(remaining).unwrap_or_default());
        let rate = known.get(code).copied().unwrap_or(NO_RATE);
        let mut add = |code, granted: Money, left: Money| {
            let part: &mut (i64, BTreeMap<i64, i64>) = parts.entry(code).or_default();
            part.0 += granted.fen_i64();
            *part.1.entry(rate).or_default() += left.fen_i64();
        };
        if let Some((code, _)) = &line.programme {
            add(code.as_str(), before.subsidy, left.subsidy);
        }
        for code in line.purses.keys() {
            let of = |parts: &domain::returns::Parts| parts.purses.get(code).copied().unwrap_or_default();
            add(code.as_str(), of(&before), of(&left));
        }
    }
    let funds = catalogue::funds_of(conn, parts.keys().copied(), &said.versions)?;
    let mut taken = Vec::with_capacity(parts.len());
    for (code, (granted, rates)) in parts {
        let fund = funds.get(code).cloned().flatten();
        let rates: Vec<(i64, i64)> = rates.into_iter().filter(|(_, fen)| *fen != 0).collect();
        taken.push((code, fund, granted, serde_json::to_string(&rates)?));
    }
    rows::put_parts(conn, claim.id, &taken)?;
    count(conn, claim.id)
}

/// Counts a claim in its funds as it stands now. Counting it again changes nothing: whoever changes a
/// claim's state or amounts calls this after it.
pub fn count(conn: &Conn, claim_id: i64) -> Result<()> {
    let sql = "SELECT state, reasons, substr(coalesce(business_date, ''), 1, 7) FROM claims WHERE id = ?1";
    let read = |row: &crate::store::sql::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (state, reasons, month): (String, String, String) = conn.one(sql, params![claim_id], read)?;
    let standing = standing(&state, &reasons);
    let mut changed = rows::counted(conn, claim_id)?;
    let amount = |part: &rows::Counted| if standing == "rejected" { 0 } else { part.amount };
    changed.retain(|part| part.standing != standing || part.counted != amount(part));
    if changed.is_empty() {
        return Ok(());
    }
    let changes: Vec<_> = changed.iter().map(|part| (part, amount(part))).collect();
    rows::recount(conn, claim_id, &month, &changes, standing)?;
    // What was never counted is in no statement.
    if changes.iter().any(|(part, amount)| part.counted != *amount && !part.standing.is_empty()) {
        crate::store::settle::note_change(conn, claim_id)?;
    }
    Ok(())
}

/// Whether a claim that just came asks for more than what is left of a fund. Those that wait are before it.
pub fn is_spent(conn: &Conn, said: &stated::Claim) -> Result<bool> {
    let mut asked: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &said.lines {
        if let Some((code, _)) = &line.programme {
            *asked.entry(code).or_default() += line.subsidy.fen_i64();
        }
        for (code, paid) in &line.purses {
            *asked.entry(code).or_default() += paid.fen_i64();
        }
    }
    let mut by_fund: BTreeMap<String, i64> = BTreeMap::new();
    let funds = catalogue::funds_of(conn, asked.keys().copied(), &said.versions)?;
    for (code, fen) in asked {
        if let Some(fund) = funds.get(code).cloned().flatten() {
            *by_fund.entry(fund).or_default() += fen;
        }
    }
    for (fund, fen) in by_fund {
        let budget = rows::fund(conn, &fund)?.and_then(|fund| fund.budget);
        let Some(budget) = budget.filter(|_| fen > 0) else { continue };
        let figures = figures(&rows::sums(conn, &fund)?);
        if figures.taken() + figures.waiting + fen > budget {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets go what waited for a fund: oldest first, as far as it fits, and no later claim overtakes. A claim
/// that has another reason besides stays with the reviewers. How many were let go, and how many stay there.
pub fn let_go(hq: &Hq, who: &Person, fund: &str) -> Told<(u64, u64)> {
    if !matches!(who.role, Role::Approver | Role::Reviewer) {
        return refuse("请审批人或审核员放行。 An approver or a reviewer lets claims go");
    }
    let db = hq.db();
    let tx = db.begin()?;
    let (mut gone, mut kept) = (0, 0);
    for (id, reasons, is_whole) in rows::waiting(&tx, fund)? {
        match fits(&tx, id, fund)? {
            Fits::NotHere => break,
            Fits::NotElsewhere => continue,
            Fits::Yes => {}
        }
        let mut reasons: Vec<String> = serde_json::from_str(&reasons).context("a claim's reasons")?;
        reasons.retain(|reason| reason != "R13");
        let is_free = reasons.is_empty() && is_whole;
        rows::set_reasons(&tx, id, &serde_json::to_string(&reasons)?, bump(&tx, "decisions")?)?;
        if is_free {
            gone += 1;
            decide::set_state(&tx, id, "accepted", &who.name, "decided", &json!({ "fund": fund }))?;
        } else {
            kept += 1;
            count(&tx, id)?;
        }
    }
    audit(&tx, &who.name, "fund release", &json!({ "fund": fund, "let_go": gone, "for_review": kept }).to_string())?;
    tx.commit()?;
    Ok(Ok((gone, kept)))
}

enum Fits {
    Yes,
    NotHere,
    NotElsewhere,
}

/// Whether a waiting claim fits into what is left of all its funds.
fn fits(conn: &Conn, claim_id: i64, here: &str) -> Result<Fits> {
    let mut by_fund: BTreeMap<String, i64> = BTreeMap::new();
    for part in rows::counted(conn, claim_id)? {
        *by_fund.entry(part.fund).or_default() += part.amount;
    }
    let mut fits = Fits::Yes;
    for (code, fen) in by_fund {
        let budget = rows::fund(conn, &code)?.and_then(|fund| fund.budget);
        let is_full = match budget {
            Some(budget) => figures(&rows::sums(conn, &code)?).taken() + fen > budget,
            None => false,
        };
        if is_full && code == here {
            return Ok(Fits::NotHere);
        }
        if is_full {
            fits = Fits::NotElsewhere;
        }
    }
    Ok(fits)
}

/// What a person writes: only an accountant keeps funds, sources and payers.
fn change<T>(
    hq: &Hq,
    who: &Person,
    note: (&str, String),
    write: impl FnOnce(&Conn) -> Result<Result<T, String>>,
) -> Told<T> {
    if !who.role.may_do(Action::EditFund) {
        return refuse("资金由会计登记，请找会计。 An accountant keeps the funds");
    }
    let db = hq.db();
    let tx = db.begin()?;
    let done = match write(&tx)? {
        Ok(done) => done,
        Err(problem) => return Ok(Err(problem)),
    };
    audit(&tx, &who.name, note.0, &note.1)?;
    tx.commit()?;
    Ok(Ok(done))
}

/// Names a fund, or makes it.
pub fn put_fund(hq: &Hq, who: &Person, code: &str, name: &str, purpose: &str) -> Told<()> {
    let code = match identifier(code.trim()) {
        Ok(code) => code,
        Err(_) => {
            return refuse(
                "资金代码只用字母、数字、点、横线和下划线。 A fund's code has letters, digits, dots, hyphens and underscores",
            );
        }
    };
    if name.trim().is_empty() || name.chars().count() > 60 || purpose.chars().count() > 500 {
        return refuse(
            "请填资金名称（60 字以内）和用途（500 字以内）。 Give the fund a name (up to 60 characters) and a purpose (up to 500)",
        );
    }
    change(hq, who, ("fund", json!({ "fund": code }).to_string()), |tx| {
        Ok(Ok(rows::put_fund(tx, &code, name.trim(), purpose.trim())?))
    })
}

/// Adds a source of a fund.
pub fn add_source(hq: &Hq, who: &Person, fund: &str, source: &Source) -> Told<()> {
    if !KINDS.iter().any(|(kind, _, _)| *kind == source.kind) || parse_date(&source.date).is_err() || source.amount <= 0
    {
        return refuse("请选来源，填日期和大于 0 的金额。 Choose a source, with a date and an amount above 0");
    }
    let amount = Money::from_fen(source.amount.into());
    let note =
        json!({ "fund": fund, "kind": source.kind, "agreement": source.agreement, "amount": amount }).to_string();
    change(hq, who, ("fund source", note), |tx| match rows::fund(tx, fund)? {
        Some(_) => Ok(Ok(rows::add_source(tx, fund, source, &who.name)?)),
        None => refuse("没有这笔资金。 There is no such fund"),
    })
}

/// Writes a payer; its number is sealed.
pub fn put_payer(hq: &Hq, who: &Person, code: &str, name: &str, bank: &str, account: &str) -> Told<()> {
    let Ok(code) = identifier(code.trim()) else {
        return refuse(
            "出资方代码只用字母、数字、点、横线和下划线。 A payer's code has letters, digits, dots, hyphens and underscores",
        );
    };
    if name.trim().is_empty() || bank.trim().is_empty() {
        return refuse("请填出资方名称和开户行。 Give the payer's name and bank");
    }
    let account = match super::register::account_number(account) {
        Ok(account) => account,
        Err(problem) => return Ok(Err(problem)),
    };
    let payer = Payer {
        code: code.clone(),
        name: name.trim().into(),
        bank: bank.trim().into(),
        account_enc: hq.keys.seal(account.as_bytes()),
        shown: mask(&account),
    };
    change(hq, who, ("payer", json!({ "payer": code, "account": payer.shown }).to_string()), |tx| {
        Ok(Ok(rows::put_payer(tx, &payer)?))
    })
}

/// Writes a fund's payers and their shares. Claims that are in a batch keep the shares they had.
pub fn put_shares(hq: &Hq, who: &Person, fund: &str, shares: &[Share]) -> Told<()> {
    if let Err(problem) = check_shares(&shares.iter().map(|share| share.basis_points).collect::<Vec<_>>()) {
        return Ok(Err(problem));
    }
    let named: Vec<String> = shares.iter().map(|s| format!("{} {}", s.payer, s.basis_points)).collect();
    change(hq, who, ("fund payers", json!({ "fund": fund, "payers": named }).to_string()), |tx| {
        let known = rows::payers(tx)?;
        let is_twice = shares.iter().enumerate().any(|(i, s)| shares[..i].iter().any(|t| t.payer == s.payer));
        if is_twice
            || shares.iter().any(|s| !known.iter().any(|p| p.code == s.payer))
            || rows::fund(tx, fund)?.is_none()
        {
            return refuse("出资方要先登记，而且只能写一次。 Register each payer first, and name it once");
        }
        Ok(Ok(rows::put_shares(tx, fund, shares)?))
    })
}

/// Sets a fund's budget; none: no limit. An approver does, not who keeps the fund.
pub fn set_budget(hq: &Hq, who: &Person, fund: &str, budget: Option<Money>, date: &str, note: &str) -> Told<()> {
    if who.role != Role::Approver {
        return refuse("预算由审批人定，请找审批人。 An approver sets budgets");
    }
    if parse_date(date).is_err() {
        return refuse("请填预算的日期。 Give the budget's date");
    }
    let db = hq.db();
    let tx = db.begin()?;
    if rows::fund(&tx, fund)?.is_none() {
        return refuse("没有这笔资金。 There is no such fund");
    }
    rows::set_budget(&tx, fund, budget.map(Money::fen_i64), date, note.trim(), &who.name)?;
    let said = budget.map_or_else(|| "none".into(), |budget| budget.to_string());
    audit(&tx, &who.name, "fund budget", &json!({ "fund": fund, "budget": said, "from": date }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
