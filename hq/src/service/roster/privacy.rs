//! What a person may ask of headquarters by the law (PIPL 44 to 47): to see what is kept, to have it
//! corrected, deleted, or only kept. A look at whole names and numbers has a reason and is noted.

use anyhow::Result;
use domain::lang::Lang;
use serde_json::json;
use sheets::pdf::{Block, Document};
use sheets::{Column, Kind, Sheet, Value};

use super::edit::{Deed, change, has_reason};
use super::entry::Private;
use super::{No, may};
use crate::service::Hq;
use crate::service::access::Action;
use crate::service::session::Person;
use crate::store::sql::Conn;
use crate::store::{audit, cards, people, privacy};

/// All that is kept of a member.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Opaque id.
    pub person: String,
    /// ID number.
    pub number: String,
    /// What else is sealed.
    pub private: Private,
    /// What stores may know.
    pub member: people::Member,
}

/// A look at all of a household; noted before anything is shown.
pub fn look(hq: &Hq, who: &Person, household: &str, reason: &str) -> Result<Result<Vec<Whole>, No>> {
    seen(hq, who, household, reason, "household look")
}

fn seen(hq: &Hq, who: &Person, household: &str, reason: &str, event: &str) -> Result<Result<Vec<Whole>, No>> {
    let reason = reason.trim();
    if let Err(no) = may(who, Action::LookUpName).and_then(|()| has_reason(reason)) {
        return Ok(Err(no));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let whole = whole(hq, &tx, household)?;
    let within = who.district.as_deref().unwrap_or_default();
    if !whole.iter().any(|one| one.member.entry.district.starts_with(within)) {
        return Ok(Err(No::new("没有找到这一户。", "There is no such household.")));
    }
    cards::add_household_event(&tx, household, &who.name, event, reason)?;
    audit(&tx, &who.name, event, &json!({ "household": household, "reason": reason }).to_string())?;
    tx.commit()?;
    Ok(Ok(whole))
}

fn whole(hq: &Hq, conn: &Conn, household: &str) -> Result<Vec<Whole>> {
    let mut all = Vec::new();
    for (_, member) in people::of_household(conn, household)? {
        let person = member.entry.person.clone();
        let Some(row) = people::row(conn, household, &person)? else { continue };
        let number = String::from_utf8(hq.keys.open_sealed(&people::number_enc(conn, &person)?)?)?;
        all.push(Whole { number, private: Private::open(&hq.keys, &row.private_enc)?, member, person });
    }
    Ok(all)
}

/// What is kept on a household, for the family that asks.
pub fn export(hq: &Hq, who: &Person, household: &str, reason: &str) -> Result<Result<Sheet, No>> {
    if let Err(no) = may(who, Action::ImportRoster) {
        return Ok(Err(no));
    }
    let whole = match seen(hq, who, household, reason, "household export")? {
        Ok(whole) => whole,
        Err(no) => return Ok(Err(no)),
    };
    let mut sheet = Sheet::new(["类别", "内容", "值"].map(|name| Column::new(name, Kind::Text)));
    let mut add = |part: &str, what: &str, value: String| {
        sheet.rows.push(vec![Value::Text(part.into()), Value::Text(what.into()), Value::Text(value)]);
    };
    for one in &whole {
        let (e, p) = (&one.member.entry, &one.private);
        let date = |date: Option<chrono::NaiveDate>| date.map(|d| d.to_string()).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        for (what, value) in [
            ("姓名", p.name.clone()),
            ("身份证号", one.number.clone()),
            ("与户主关系", one.member.relation.clone()),
            ("低保证号", text(&p.certificate)),
            ("住址", text(&p.street)),
            ("爱心卡号", text(&p.card_number)),
            ("单独同意日期", date(p.consent_on)),
            ("委托书日期", date(p.authority_on)),
            ("类别", e.category.clone()),
            ("保障人口", e.size.to_string()),
            ("地区", e.district.clone()),
            ("状态", e.status.word().into()),
            ("起始日", e.valid_from.to_string()),
            ("有效期至", date(e.valid_to)),
            ("标签", e.tags.join(";")),
        ] {
            add("成员", what, value);
        }
    }
    let db = hq.reading();
    for event in cards::household_events(&db.conn, household, 10_000)? {
        let what = word(Lang::Zh, &event.event).to_owned();
        add("记录", &what, format!("{} {} {}", at(event.at), event.by, event.reason));
    }
    for card in cards::of_household(&db.conn, household)? {
        for event in cards::events(&db.conn, card.id)? {
            add("爱心卡", &card.tail, format!("{} {} {}", at(event.at), word(Lang::Zh, &event.event), event.reason));
        }
    }
    for claim in privacy::claims_of(&db.conn, household)? {
        add("购物", &claim.0, format!("{} {}", claim.1, domain::money::Money::from_fen(claim.2.into())));
    }
    Ok(Ok(sheet))
}

/// The same on paper, to be handed over.
pub fn on_paper(sheet: Sheet) -> Result<Vec<u8>, No> {
    let document = Document {
        title: "个人信息副本".into(),
        blocks: vec![
            Block::Title("个人信息副本".into()),
            Block::Paragraph("依个人信息保护法第四十五条，应本人请求提供。这是总会保存的这一户的全部信息。".into()),
            Block::Table(sheet),
            Block::Signatures(vec!["经办人".into(), "领取人".into(), "日期".into()]),
        ],
        ..Document::default()
    };
    let made = sheets::font::system().and_then(|font| document.to_pdf(&font));
    made.map(|made| made.bytes).map_err(|err| No::new(err.clone(), err))
}

/// What was done, in words.
pub fn word(lang: Lang, event: &str) -> &str {
    let (zh, en) = match event {
        "household look" => ("查看完整姓名和号码", "looked at whole names and numbers"),
        "household export" => ("导出全部信息", "exported all that is kept"),
        "household block" => ("改为只保存", "only kept from here on"),
        "household unblock" => ("解除只保存", "used again"),
        "household erase" => ("删除", "deleted"),
        "household correct" => ("更正家庭信息", "corrected the household"),
        "household review" => ("复核", "reviewed"),
        "member correct" => ("更正成员", "corrected a member"),
        "member add" => ("添加成员", "added a member"),
        "proxy add" => ("添加代办人", "added a proxy"),
        "member remove" => ("移出成员或代办人", "took out a member or proxy"),
        "card issue" | "issued" => ("发卡", "card issued"),
        "card replace" | "replaced" => ("补卡", "card replaced"),
        "card lost" | "lost" => ("挂失", "card lost"),
        "printed" => ("打印", "printed"),
        other => (other, other),
    };
    lang.of(zh, en)
}

fn at(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .with_timezone(&domain::time::shanghai())
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

/// Only keeps a household from now on: it opens nothing in any store, and no import touches it.
pub fn block(hq: &Hq, who: &Person, household: &str, on: bool, reason: &str) -> Result<Result<(), No>> {
    let event = if on { "household block" } else { "household unblock" };
    let deed = Deed { action: Action::ImportRoster, kind: "block", event };
    change(hq, who, household, deed, reason, |change| {
        privacy::set_blocked(change.tx, change.household, on)?;
        for row in change.rows.clone() {
            change.touch(Some(&row.member));
        }
        Ok(Ok(()))
    })
}

/// Deletes what is kept on a household that never shopped. One that did stays: its vouchers are kept by
/// law, and it can only be blocked.
pub fn erase(hq: &Hq, who: &Person, household: &str, reason: &str) -> Result<Result<(), No>> {
    let deed = Deed { action: Action::ImportRoster, kind: "block", event: "household erase" };
    change(hq, who, household, deed, reason, |change| {
        if privacy::has_claims(change.tx, change.household)? {
            return Ok(Err(No::new(
                "这一户有申报记录，凭证依法要保存，不能删除；请用“只保存”。",
                "This household has claims, whose vouchers the law keeps: it cannot be deleted, only be kept.",
            )));
        }
        for row in change.rows.clone() {
            change.end(&row)?;
        }
        privacy::erase(change.tx, change.household, &change.keys.seal(b"{}"))?;
        Ok(Ok(()))
    })
}
