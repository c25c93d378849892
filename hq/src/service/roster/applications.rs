//! 申领: a family applies and consents at the community; the bureau's next list confirms it; the
//! federation issues the card. A refusal says why.

use anyhow::Result;
use chrono::NaiveDate;
use domain::household::parse_category;
use domain::resident::{IdNumber, mask_name};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::edit::has_reason;
use super::entry::{district, tail};
use super::read::File;
use super::{No, may};
use crate::keys::Keys;
use crate::service::access::Action;
use crate::service::session::Person;
use crate::service::{Hq, now};
use crate::store::applications::{self as rows, Application};
use crate::store::people;
use crate::store::sql::Conn;
use crate::store::{audit, now_ms};

/// Version of the consent form (docs/zh/privacy.md).
pub const FORM: &str = "2026-1";

/// What a family says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Whole name.
    pub name: String,
    /// ID number.
    pub number: String,
    /// 低保证号
    pub certificate: String,
    /// District code.
    pub district: String,
    /// Category.
    pub category: String,
    /// Persons covered.
    pub size: String,
    /// Address.
    pub street: String,
    /// Telephone.
    pub phone: String,
    /// Whether the family consented.
    pub consent: String,
    /// On which day.
    pub consent_on: String,
}

/// What is sealed of an application.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Private {
    name: String,
    number: String,
    certificate: String,
    street: String,
    phone: String,
}

/// Takes an application in.
pub fn apply(hq: &Hq, who: &Person, said: &Said) -> Result<Result<i64, No>> {
    let application = match may(who, Action::ImportRoster).and_then(|()| read(hq, who, said)) {
        Ok(application) => application,
        Err(no) => return Ok(Err(no)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    if rows::is_open(&tx, &application.number_mac)? {
        return Ok(Err(No::new("这个人已经有一份没办完的申领。", "This person has an application under way.")));
    }
    let id = rows::put(&tx, &application)?;
    rows::add_event(&tx, id, &who.name, "applied", "")?;
    audit(&tx, &who.name, "application", &json!({ "application": id, "form": FORM }).to_string())?;
    tx.commit()?;
    Ok(Ok(id))
}

fn read(hq: &Hq, who: &Person, said: &Said) -> Result<Application, No> {
    let clean =
        |text: &str, most: usize| text.trim().chars().filter(|c| !c.is_control()).take(most).collect::<String>();
    let name = clean(&said.name, 40);
    if name.is_empty() {
        return Err(No::new("请写姓名。", "Write the name."));
    }
    let number = IdNumber::parse(&said.number).map_err(|_| {
        No::new(
            "身份证号不对：18 位，生日和校验位也要对，请核对证件。",
            "The ID number is wrong: 18 characters with the right birth date and check digit.",
        )
    })?;
    let district = district(said.district.trim())
        .map_err(|_| No::new("请写地区代码，例如 370811。", "Write the district code, as in 370811."))?;
    if !district.starts_with(who.district.as_deref().unwrap_or_default()) {
        return Err(No::new("这个地区不归您管。", "This district is not yours."));
    }
    let category = parse_category(said.category.trim()).map_err(|_| No::new("请选类别。", "Choose the category."))?;
    let size = said.size.trim().parse().ok().filter(|size: &u32| (1..=99).contains(size));
    let size = size.ok_or_else(|| No::new("人口要 1 到 99。", "Persons are 1 to 99."))?;
    let today = domain::time::business_date(now());
    let consent_on = domain::time::parse_date(said.consent_on.trim()).ok().filter(|day: &NaiveDate| *day <= today);
    let (Some(consent_on), "yes") = (consent_on, said.consent.as_str()) else {
        return Err(No::new(
            "没有单独同意就不能登记：请家庭读过同意书、签字，再填签字日期。",
            "Without consent nothing is noted: let the family read and sign the form, then give the day.",
        ));
    };
    let certificate = clean(&said.certificate, 40);
    let private = Private {
        name: name.clone(),
        number: number.secret().into(),
        certificate,
        street: clean(&said.street, 120),
        phone: clean(&said.phone, 20),
    };
    let text = serde_json::to_vec(&private).map_err(|_| No::new("请再试一次。", "Try again."))?;
    Ok(Application {
        id: 0,
        at: now_ms(),
        by: who.name.clone(),
        district,
        category,
        size,
        name_masked: mask_name(&name),
        number_mac: hq.keys.mac("credential", number.secret()),
        number_tail: tail(number.secret()),
        private_enc: hq.keys.seal(&text),
        consent_on: consent_on.to_string(),
        consent_form: FORM.into(),
        state: "applied".into(),
        household: None,
        person: None,
        reason: String::new(),
    })
}

/// After an import: who is on the roster now is confirmed; where the file is the bureau's list of those
/// who applied, the others of its districts are not on it.
pub fn after_import(tx: &Conn, keys: &Keys, file: &File, who: &str, confirms: bool) -> Result<()> {
    let districts: std::collections::BTreeSet<&str> = file.rows.iter().map(|one| one.entry.district.as_str()).collect();
    for application in rows::waiting(tx)? {
        let found = people::found_by(tx, &application.number_mac)?.into_iter().find(|member| {
            !member.entry.proxy
                && super::state::is_live(member.entry.status)
                && member.number_mac == application.number_mac
        });
        if let Some(member) = found {
            rows::confirm(tx, application.id, &member.entry.household, &member.entry.person)?;
            rows::add_event(tx, application.id, who, "confirmed", "")?;
            consent(tx, keys, &application, &member)?;
        } else if confirms && application.state == "applied" && districts.contains(application.district.as_str()) {
            rows::set_state(tx, application.id, "absent", "")?;
            rows::add_event(tx, application.id, who, "absent", "")?;
        }
    }
    Ok(())
}

/// The day of consent goes with the person's row; stores get nothing of it, so no version is made.
fn consent(tx: &Conn, keys: &Keys, application: &Application, member: &people::Member) -> Result<()> {
    let Some(row) = people::row(tx, &member.entry.household, &member.entry.person)? else { return Ok(()) };
    let mut private = super::entry::Private::open(keys, &row.private_enc)?;
    private.consent_on = domain::time::parse_date(&application.consent_on).ok();
    let sealed = keys.seal(private.text()?.as_bytes());
    people::set_private(tx, row.id, &sealed, &private.mac(keys)?)
}

/// A card was issued: an application that waits for it is done.
pub fn card_issued(tx: &Conn, who: &str, household: &str, person: &str) -> Result<()> {
    for id in rows::confirmed_for(tx, household, person)? {
        rows::set_state(tx, id, "issued", "")?;
        rows::add_event(tx, id, who, "issued", "")?;
    }
    Ok(())
}

/// Refuses an application, with a reason that is told to the family.
pub fn refuse(hq: &Hq, who: &Person, id: i64, reason: &str) -> Result<Result<(), No>> {
    let reason = reason.trim();
    if let Err(no) = may(who, Action::ImportRoster).and_then(|()| has_reason(reason)) {
        return Ok(Err(no));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let within = who.district.as_deref().unwrap_or_default();
    let open = rows::one(&tx, id)?.filter(|application| application.district.starts_with(within));
    if !open.is_some_and(|a| matches!(a.state.as_str(), "applied" | "absent" | "confirmed")) {
        return Ok(Err(No::new("这份申领已经办完了。", "This application is done already.")));
    }
    rows::set_state(&tx, id, "refused", reason)?;
    rows::add_event(&tx, id, &who.name, "refused", reason)?;
    audit(&tx, &who.name, "application refuse", &json!({ "application": id, "reason": reason }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
