//! Changes by hand: members, proxies, statuses. Each has a reason and makes a roster version.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::NaiveDate;
use domain::household::{RosterEntry, Status, parse_category};
use domain::id::identifier;
use domain::resident::{IdNumber, mask_name};
use serde_json::json;

use super::entry::{Private, district};
use super::plan::Counts;
use super::seal;
use super::{No, may};
use crate::keys::Keys;
use crate::service::Hq;
use crate::service::access::Action;
use crate::service::session::Person;
use crate::store::people::{self, Known, Member};
use crate::store::roster::{self, Version};
use crate::store::sql::Conn;
use crate::store::{audit, bump, cards, tills};

/// A change by hand while it is made.
pub struct Change<'a> {
    /// The database, within the transaction.
    pub tx: &'a Conn,
    /// Keys.
    pub keys: &'a Keys,
    /// The roster version that it makes.
    pub version: u64,
    /// The household.
    pub household: &'a str,
    /// Its rows.
    pub rows: Vec<Known>,
    /// Who makes it.
    pub who: &'a str,
    /// Why.
    pub reason: &'a str,
    touched: BTreeSet<String>,
    counts: Counts,
}

/// What kind of change it is, and who may make it.
#[derive(Debug, Clone, Copy)]
pub struct Deed {
    /// Whose duty it is.
    pub action: Action,
    /// Of the version: `edit`, `card`, `review`, `block`.
    pub kind: &'static str,
    /// For the household's history.
    pub event: &'static str,
}

impl Change<'_> {
    /// The row of a person.
    pub fn row(&self, person: &str) -> Result<Known, No> {
        let row = self.rows.iter().find(|row| row.member.entry.person == person);
        row.cloned().ok_or_else(|| {
            No::new("这一户没有这个人，请刷新页面。", "This household has no such person: load the page anew.")
        })
    }

    /// Puts a row in the place of the person's.
    pub fn put(&mut self, was: Option<&Known>, member: &Member, private: &Private) -> Result<()> {
        let sealed = self.keys.seal(private.text()?.as_bytes());
        people::replace(self.tx, member, (&sealed, &private.mac(self.keys)?), self.version)?;
        self.touch(was.map(|row| &row.member));
        self.touch(Some(member));
        if was.is_some() {
            self.counts.changed += 1
        } else {
            self.counts.added += 1
        }
        Ok(())
    }

    /// Ends a row.
    pub fn end(&mut self, row: &Known) -> Result<()> {
        people::end(self.tx, &row.member.entry.person, self.household, self.version)?;
        self.touch(Some(&row.member));
        self.counts.ended += 1;
        Ok(())
    }

    /// The stores' rosters follow for these.
    pub fn touch(&mut self, member: Option<&Member>) {
        if let Some(member) = member {
            self.touched.insert(member.number_mac.clone());
            self.touched.extend(member.card_mac.clone());
        }
    }
}

/// Makes a change: right, scope, reason and block are judged here, for all of them.
pub fn change<T>(
    hq: &Hq,
    who: &Person,
    household: &str,
    deed: Deed,
    reason: &str,
    make: impl FnOnce(&mut Change<'_>) -> Result<Result<T, No>>,
) -> Result<Result<T, No>> {
    let reason = reason.trim();
    if let Err(no) = may(who, deed.action).and_then(|()| has_reason(reason)) {
        return Ok(Err(no));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let mut rows = Vec::new();
    for (_, member) in people::of_household(&tx, household)? {
        rows.extend(people::row(&tx, household, &member.entry.person)?);
    }
    let within = who.district.as_deref().unwrap_or_default();
    if !rows.iter().any(|row| row.member.entry.district.starts_with(within)) {
        return Ok(Err(No::new("没有找到这一户。", "There is no such household.")));
    }
    if deed.kind != "block" && people::blocked(&tx)?.iter().any(|id| id == household) {
        return Ok(Err(No::new("这一户已“只保存”，先解除才能修改。", "This household is only kept: lift that first.")));
    }
    let version = bump(&tx, "roster")?;
    let mut change = Change {
        tx: &tx,
        keys: &hq.keys,
        version,
        household,
        rows,
        who: &who.name,
        reason,
        touched: BTreeSet::new(),
        counts: Counts::default(),
    };
    let made = match make(&mut change)? {
        Ok(made) => made,
        Err(no) => return Ok(Err(no)),
    };
    let Change { touched, counts, .. } = change;
    roster::put_version(&tx, &Version::of(version, &who.name, deed.kind, household, &counts))?;
    seal::refresh(&tx, &hq.keys, version, &touched)?;
    cards::add_household_event(&tx, household, &who.name, deed.event, reason)?;
    audit(
        &tx,
        &who.name,
        deed.event,
        &json!({ "household": household, "version": version, "reason": reason }).to_string(),
    )?;
    tx.commit()?;
    Ok(Ok(made))
}

/// A reason that says something, and no number of anybody.
pub fn has_reason(reason: &str) -> Result<(), No> {
    if reason.chars().count() < 2 || reason.chars().count() > 200 {
        return Err(No::new("请写明原因（2 到 200 个字）。", "Say why, in 2 to 200 characters."));
    }
    let digits = domain::resident::half_width(reason);
    let longest = digits.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if longest >= 15 {
        return Err(No::new("原因里不要写身份证号或卡号。", "Write no ID or card number into the reason."));
    }
    Ok(())
}

/// What is corrected of a member; empty fields of the name and the address stay as they are.
#[derive(Debug, Clone, Default)]
pub struct Correction {
    /// Whose row.
    pub person: String,
    /// Whole name; empty: as it is.
    pub name: String,
    /// `head`, …
    pub relation: String,
    /// Status.
    pub status: String,
    /// First day.
    pub valid_from: String,
    /// Last day; empty: open.
    pub valid_to: String,
}

fn bad_date() -> No {
    No::new("日期不对，例如 2026-01-31。", "This is no date: write it as 2026-01-31.")
}

fn day(text: &str) -> Result<Option<NaiveDate>, No> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { domain::time::parse_date(text).map(Some).map_err(|_| bad_date()) }
}

fn relation(text: &str) -> Result<String, No> {
    let known = ["head", "spouse", "child", "parent", "other"].contains(&text);
    if known {
        Ok(text.into())
    } else {
        Err(No::new("请选与户主的关系。", "Choose the relation to the head."))
    }
}

/// Corrects a member.
pub fn correct(hq: &Hq, who: &Person, household: &str, c: &Correction, reason: &str) -> Result<Result<(), No>> {
    let deed = Deed { action: Action::ImportRoster, kind: "edit", event: "member correct" };
    change(hq, who, household, deed, reason, |change| {
        let row = match change.row(&c.person) {
            Ok(row) => row,
            Err(no) => return Ok(Err(no)),
        };
        let mut private = Private::open(change.keys, &row.private_enc)?;
        match corrected(&row.member, &mut private, c) {
            Ok(member) => Ok(Ok(change.put(Some(&row), &member, &private)?)),
            Err(no) => Ok(Err(no)),
        }
    })
}

fn corrected(was: &Member, private: &mut Private, c: &Correction) -> Result<Member, No> {
    let status = Status::parse(&c.status).map_err(|_| No::new("请选状态。", "Choose the status."))?;
    let valid_from = day(&c.valid_from)?.unwrap_or(was.entry.valid_from);
    let valid_to = day(&c.valid_to)?;
    if valid_to.is_some_and(|last| last < valid_from) {
        return Err(No::new("有效期至不能早于起始日。", "The last day cannot be before the first."));
    }
    let name = c.name.trim();
    if !name.is_empty() {
        private.name = name.chars().filter(|c| !c.is_control()).take(40).collect();
    }
    let name = if name.is_empty() { was.entry.name.clone() } else { mask_name(&private.name) };
    let entry = RosterEntry { name, status, valid_from, valid_to, ..was.entry.clone() };
    Ok(Member { entry, relation: relation(&c.relation)?, ..was.clone() })
}

/// What is corrected of a household; an empty address stays as it is.
#[derive(Debug, Clone, Default)]
pub struct HouseholdCorrection {
    /// Persons covered.
    pub size: String,
    /// Category.
    pub category: String,
    /// District code.
    pub district: String,
    /// Home store; empty: none.
    pub home_store: String,
    /// Address; empty: as it is.
    pub street: String,
}

/// Corrects what is the household's.
pub fn correct_household(
    hq: &Hq,
    who: &Person,
    household: &str,
    c: &HouseholdCorrection,
    reason: &str,
) -> Result<Result<(), No>> {
    let deed = Deed { action: Action::ImportRoster, kind: "edit", event: "household correct" };
    let within = who.district.clone().unwrap_or_default();
    change(hq, who, household, deed, reason, |change| {
        let size = c.size.trim().parse::<u32>().ok().filter(|size| (1..=99).contains(size));
        let (Some(size), Ok(category), Ok(district)) = (size, parse_category(&c.category), district(c.district.trim()))
        else {
            return Ok(Err(No::new(
                "请核对人口（1 到 99）、类别和地区代码。",
                "Look at the persons (1 to 99), the category and the district code.",
            )));
        };
        if !district.starts_with(&within) {
            return Ok(Err(No::new(
                "这个地区不归您管，请找上级名册管理员。",
                "This district is not yours: ask the roster keeper above you.",
            )));
        }
        let home_store = Some(c.home_store.trim()).filter(|code| !code.is_empty());
        if let Some(code) = home_store
            && (identifier(code).is_err() || tills::store(change.tx, code)?.is_none())
        {
            return Ok(Err(No::new("没有这家门店。", "There is no such store.")));
        }
        for row in change.rows.clone() {
            let mut private = Private::open(change.keys, &row.private_enc)?;
            if !c.street.trim().is_empty() {
                private.street = Some(c.street.trim().chars().filter(|c| !c.is_control()).take(120).collect());
            }
            let (category, district) = (category.clone(), district.clone());
            let entry = RosterEntry {
                size,
                category,
                district,
                home_store: home_store.map(Into::into),
                ..row.member.entry.clone()
            };
            change.put(Some(&row), &Member { entry, ..row.member.clone() }, &private)?;
        }
        Ok(Ok(()))
    })
}

/// Somebody who is added to a household.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// ID number.
    pub number: String,
    /// Whole name.
    pub name: String,
    /// `head`, …
    pub relation: String,
    /// Whether it is a proxy, who needs a letter of authority.
    pub proxy: bool,
    /// Date of the letter.
    pub authority_on: String,
}

/// Adds a member, or a proxy, who may shop for several families.
pub fn add(hq: &Hq, who: &Person, household: &str, added: &Added, reason: &str) -> Result<Result<(), No>> {
    if let Err(no) = may(who, Action::ImportRoster) {
        return Ok(Err(no));
    }
    let Ok(number) = IdNumber::parse(&added.number) else {
        return Ok(Err(No::new(
            "身份证号不对：18 位，生日和校验位也要对，请核对证件。",
            "The ID number is wrong: 18 characters with the right birth date and check digit.",
        )));
    };
    let (mac, stretched) = seal::make_known(hq, number.secret())?;
    let event = if added.proxy { "proxy add" } else { "member add" };
    let deed = Deed { action: Action::ImportRoster, kind: "edit", event };
    change(hq, who, household, deed, reason, |change| {
        seal::put_stretched(change.tx, change.keys, &stretched)?;
        let no = match added_no(change, added, &mac) {
            Ok(authority_on) => return Ok(Ok(put_added(change, added, &number, &mac, authority_on)?)),
            Err(no) => no,
        };
        Ok(Err(no))
    })
}

fn added_no(change: &Change<'_>, added: &Added, mac: &str) -> Result<Option<NaiveDate>, No> {
    if added.name.trim().is_empty() {
        return Err(No::new("请写姓名。", "Write the name."));
    }
    relation(&added.relation)?;
    let authority_on = day(&added.authority_on)?;
    if added.proxy && authority_on.is_none() {
        return Err(No::new(
            "代办人要有委托书，请填委托书日期。",
            "A proxy needs a letter of authority: give its date.",
        ));
    }
    if change.rows.iter().any(|row| row.member.number_mac == mac) {
        return Err(No::new("这个人已经在这一户里。", "This person already stands in the household."));
    }
    Ok(authority_on)
}

fn put_added(
    change: &mut Change<'_>,
    a: &Added,
    number: &IdNumber,
    mac: &str,
    authority_on: Option<NaiveDate>,
) -> Result<()> {
    let Some(first) = change.rows.first().cloned() else { anyhow::bail!("a household has rows") };
    let known = people::person_of(change.tx, mac)?;
    let person = match known {
        Some(id) => id,
        None => people::make_person(change.tx, mac, &change.keys.seal(number.secret().as_bytes()))?,
    };
    let name: String = a.name.trim().chars().filter(|c| !c.is_control()).take(40).collect();
    let entry =
        RosterEntry { person, name: mask_name(&name), proxy: a.proxy, tags: Vec::new(), ..first.member.entry.clone() };
    let member = Member { entry, relation: a.relation.clone(), number_mac: mac.into(), card_mac: None };
    let street = Private::open(change.keys, &first.private_enc)?.street;
    let private = Private { name, street, authority_on, ..Private::default() };
    change.put(None, &member, &private)
}

/// Takes somebody out of a household.
pub fn remove(hq: &Hq, who: &Person, household: &str, person: &str, reason: &str) -> Result<Result<(), No>> {
    let deed = Deed { action: Action::ImportRoster, kind: "edit", event: "member remove" };
    change(hq, who, household, deed, reason, |change| {
        let row = match change.row(person) {
            Ok(row) => row,
            Err(no) => return Ok(Err(no)),
        };
        let others = change.rows.iter().filter(|other| !other.member.entry.proxy && other.id != row.id).count();
        if others == 0 && !row.member.entry.proxy {
            return Ok(Err(No::new(
                "这是这一户最后一个人，请改成停保。",
                "This is the household's last person: set the status to ended instead.",
            )));
        }
        change.end(&row)?;
        Ok(Ok(()))
    })
}
