//! The stores' register: legal name, tax, account and contract.

use anyhow::Result;
use domain::credit_code::credit_code;
use domain::time::parse_date;
use serde_json::json;

use super::access::Action;
use super::session::Person;
use super::{Hq, Told, refuse};
use crate::store::register::{self as rows, Account, Contract, Entry};
use crate::store::{audit, now_ms, tills};

/// An account's number as it is typed: figures, with spaces allowed.
pub fn account_number(text: &str) -> Result<String, String> {
    let number: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if (8..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) {
        Ok(number)
    } else {
        Err("账号是 8 到 32 位数字。 An account number has 8 to 32 digits".into())
    }
}

/// An account's number as it is shown: its last four figures.
pub fn mask(number: &str) -> String {
    let tail: String = number.chars().rev().take(4).collect();
    format!("****{}", tail.chars().rev().collect::<String>())
}

/// Who keeps the register of a store: accountants within their district.
fn keeps(hq: &Hq, who: &Person, store: &str) -> Told<()> {
    if !who.role.may_do(Action::EditStore) {
        return refuse("门店资料由会计登记，请找会计。 An accountant keeps the stores' register");
    }
    sees(hq, who, store)
}

/// Whether a store is within a person's district.
fn sees(hq: &Hq, who: &Person, store: &str) -> Told<()> {
    match tills::store(&hq.db().conn, store)? {
        Some(found) if who.district.as_ref().is_none_or(|prefix| found.district.starts_with(prefix.as_str())) => {
            Ok(Ok(()))
        }
        _ => refuse("没有这家门店，或者它不在您的地区。 There is no such store, or it is not in your district"),
    }
}

/// Writes a store's legal name, credit code and kind of taxpayer.
pub fn put_entry(hq: &Hq, who: &Person, store: &str, entry: &Entry) -> Told<()> {
    if let Err(problem) = keeps(hq, who, store)? {
        return Ok(Err(problem));
    }
    let code = match credit_code(&entry.credit_code) {
        Ok(code) => code,
        Err(problem) => return Ok(Err(problem)),
    };
    let legal_name = entry.legal_name.trim().to_owned();
    if legal_name.is_empty() || legal_name.chars().count() > 100 {
        return refuse("请填营业执照上的名称（100 字以内）。 Give the name on the licence (up to 100 characters)");
    }
    if !["general", "small_scale"].contains(&entry.taxpayer.as_str()) {
        return refuse("请选一般纳税人或小规模纳税人。 Choose general or small-scale taxpayer");
    }
    let db = hq.db();
    let tx = db.begin()?;
    rows::put_entry(&tx, store, &Entry { legal_name, credit_code: code, ..entry.clone() }, &who.name)?;
    audit(&tx, &who.name, "store register", &json!({ "store": store }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Asks for another account of a store; a second person confirms it.
pub fn ask_account(hq: &Hq, who: &Person, store: &str, holder: &str, bank: &str, number: &str) -> Told<()> {
    if let Err(problem) = keeps(hq, who, store)? {
        return Ok(Err(problem));
    }
    let number = match account_number(number) {
        Ok(number) => number,
        Err(problem) => return Ok(Err(problem)),
    };
    if holder.trim().is_empty() || bank.trim().is_empty() {
        return refuse("请填户名和开户行。 Give the account's holder and bank");
    }
    let account = Account {
        id: 0,
        holder: holder.trim().into(),
        bank: bank.trim().into(),
        account_enc: hq.keys.seal(number.as_bytes()),
        shown: mask(&number),
        asked_by: who.name.clone(),
        asked_at: now_ms(),
    };
    let db = hq.db();
    let tx = db.begin()?;
    rows::ask_account(&tx, store, &account)?;
    audit(&tx, &who.name, "store account asked", &json!({ "store": store, "account": account.shown }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Confirms or refuses an account that somebody else asked for. `id` is the one that was looked at: what
/// was asked for meanwhile is not confirmed unseen.
pub fn decide_account(hq: &Hq, who: &Person, store: &str, id: i64, is_confirmed: bool) -> Told<()> {
    if !who.role.may_do(Action::ConfirmAccount) {
        return refuse("账户由另一位会计或审批人确认。 Another accountant or an approver confirms accounts");
    }
    if let Err(problem) = sees(hq, who, store)? {
        return Ok(Err(problem));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let Some(asked) = rows::account(&tx, store, "asked")?.filter(|asked| asked.id == id) else {
        return refuse(
            "这个账户申请已经处理过或换过，请重新打开页面。 This account was decided or replaced meanwhile: open the page again",
        );
    };
    if asked.asked_by == who.name {
        return refuse("账户要由另一个人确认。 Another person confirms the account");
    }
    rows::decide_account(&tx, store, id, is_confirmed, &who.name)?;
    let action = if is_confirmed { "store account confirmed" } else { "store account refused" };
    audit(&tx, &who.name, action, &json!({ "store": store, "account": asked.shown }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Writes a store's contract from a date on.
pub fn put_contract(hq: &Hq, who: &Person, store: &str, contract: &Contract) -> Told<()> {
    if let Err(problem) = keeps(hq, who, store)? {
        return Ok(Err(problem));
    }
    let is_known = ["month", "quarter"].contains(&contract.settlement.as_str())
        && ["third_party_payment", "price_cut"].contains(&contract.subsidy.as_str());
    if !is_known || parse_date(&contract.from).is_err() || contract.tax_rate_bp > 10_000 {
        return refuse(
            "请填合同起始日期，选结算周期和补贴方式，税率在 0 到 100% 之间。 Give the contract's first day, choose period and kind of subsidy, and a tax rate from 0 to 100%",
        );
    }
    let db = hq.db();
    let tx = db.begin()?;
    rows::put_contract(&tx, store, contract, &who.name)?;
    let said = json!({
        "store": store,
        "from": contract.from,
        "settlement": contract.settlement,
        "subsidy": contract.subsidy,
        "tax_rate_bp": contract.tax_rate_bp,
    });
    audit(&tx, &who.name, "store contract", &said.to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
