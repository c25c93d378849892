//! Programmes as people write them: drafts, two people, and the next version.

pub mod check;
pub mod example;
pub mod typed;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result};
use chrono::{Days, NaiveDate};
use domain::programme::Programme;
use domain::time::business_date;
use serde_json::{Value, json};

use self::check::Problem;
use self::typed::Typed;
use super::access::Place;
use super::session::Person;
use super::{Hq, catalogue, now};
use crate::store::drafts::{self, Draft};
use crate::store::lists::{self, Published};
use crate::store::sql::Conn;
use crate::store::{audit, bump, now_ms};

/// The category of a version that ends its programme: nobody has it.
pub const NOBODY: &str = "nobody";

/// The versions of a code, oldest first.
pub fn versions(conn: &Conn, code: &str) -> Result<Vec<Programme>> {
    Ok(catalogue::published(conn)?.into_iter().map(|(p, _)| p).filter(|p| p.code == code).collect())
}

/// The newest version of a code, and the number of the next one.
fn newest(versions: &[Programme]) -> (Option<u32>, u32) {
    let newest = versions.iter().map(|p| p.version).max();
    (newest, newest.map_or(1, |n| n + 1))
}

/// The first day on which a version can count that is published today.
pub fn earliest() -> NaiveDate {
    business_date(now()) + Days::new(1)
}

/// A draft as it is typed, before it is kept.
pub struct Writing<'a> {
    /// The draft that is changed, and its revision; none: a new one.
    pub of: Option<(i64, u32)>,
    /// The published code that it is a version of; none: a new programme.
    pub code: Option<&'a str>,
    /// The fields.
    pub typed: &'a Typed,
}

impl Writing<'_> {
    /// The code: of a new version it is not typed.
    fn code(&self) -> String {
        self.code.unwrap_or_else(|| self.typed.get("code")).into()
    }
}

/// The programme that the fields make as the next version of its code, or all that is wrong with them.
pub fn judge(conn: &Conn, writing: &Writing<'_>) -> Result<Result<(Programme, Value), Vec<Problem>>> {
    let versions = versions(conn, &writing.code())?;
    let mut typed = writing.typed.clone();
    typed.set("code", writing.code());
    let mut judged = check::check(&typed, newest(&versions).1, &versions);
    if let Ok((p, _)) = &judged
        && let Some(fund) = p.fund.as_ref()
        && !drafts::funds(conn)?.contains(fund)
    {
        judged = Err(vec![Problem::new("fund", "没有这个资金。", "There is no such fund.")]);
    }
    if writing.code.is_none() && !versions.is_empty() {
        let taken = Problem::new(
            "code",
            "这个编号已经有项目了：换一个编号，或者给那个项目写新版本。",
            "There is a programme of this code: choose another, or write a new version of that one.",
        );
        let mut problems = judged.err().unwrap_or_default();
        problems.push(taken);
        judged = Err(problems);
    }
    Ok(judged)
}

/// Keeps a draft, whole or not; its row, or why it was not kept.
pub fn save(hq: &Hq, who: &Person, writing: &Writing<'_>) -> Result<Result<i64, Problem>> {
    if !who.may(Place::Drafting) {
        return Ok(Err(not_yours()));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let code = writing.code();
    let base = match writing.code {
        Some(code) => newest(&versions(&tx, code)?).0,
        None => None,
    };
    let document = judge(&tx, writing)?.ok().map(|(_, document)| document.to_string());
    let mut typed = writing.typed.clone();
    typed.set("code", code.clone());
    let draft = Draft {
        id: writing.of.map_or(0, |(id, _)| id),
        code: code.chars().take(domain::id::MAX_LEN).collect(),
        base,
        typed: serde_json::to_string(&typed)?,
        document,
        state: "draft".into(),
        revision: writing.of.map_or(1, |(_, revision)| revision),
        drafted_by: who.name.clone(),
        changed_by: who.name.clone(),
        changed_at: now_ms(),
        version: None,
        published_by: None,
        published_at: None,
    };
    let id = match writing.of {
        None => drafts::insert(&tx, &draft)?,
        Some((id, _)) if drafts::update(&tx, &draft)? => id,
        Some(_) => return Ok(Err(stale())),
    };
    drafts::put_hand(&tx, id, &who.name)?;
    audit(&tx, &who.name, "programme draft", &json!({ "draft": id, "programme": draft.code }).to_string())?;
    tx.commit()?;
    Ok(Ok(id))
}

/// Publishes a draft that somebody else wrote, as it was looked at; its version, or why not.
pub fn publish(hq: &Hq, who: &Person, id: i64, revision: u32) -> Result<Result<(String, u32), Problem>> {
    if !who.may(Place::Publishing) {
        return Ok(Err(not_yours()));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let Some(draft) = drafts::by_id(&tx, id)?.filter(|d| d.state == "draft" && d.revision == revision) else {
        return Ok(Err(stale()));
    };
    if drafts::hands(&tx, id)?.contains(&who.name) {
        return Ok(Err(Problem::new(
            "",
            "这个草稿您写过，要由另一个人发布。",
            "You wrote on this draft: somebody else publishes it.",
        )));
    }
    let versions = versions(&tx, &draft.code)?;
    let (newest, next) = newest(&versions);
    if newest != draft.base {
        return Ok(Err(Problem::new(
            "",
            "写草稿以后又发布了新版本：请打开草稿，看过差别后再保存一次。",
            "A newer version was published since: open the draft, look at the differences and save it again.",
        )));
    }
    let typed: Typed = serde_json::from_str(&draft.typed).context("a draft's fields")?;
    let writing = Writing { of: None, code: newest.map(|_| draft.code.as_str()), typed: &typed };
    let (programme, document) = match judge(&tx, &writing)? {
        Ok(judged) => judged,
        Err(problems) => return Ok(Err(problems.into_iter().next().unwrap_or_else(stale))),
    };
    if programme.valid_from < earliest() {
        let first = earliest();
        return Ok(Err(Problem::new(
            "valid_from",
            format!("最早从 {first} 起生效：请把开始日期改到这一天或以后。"),
            format!("It can take effect on {first} at the earliest: set the first day to that or later."),
        )));
    }
    let at = now_ms();
    let row =
        Published { code: programme.code.clone(), version: next, document: document.to_string(), published_at: at };
    lists::put_programme(&tx, &row, bump(&tx, "programmes")?)?;
    drafts::publish(&tx, id, next, &who.name, at)?;
    let detail = json!({ "programme": row.code, "version": next, "draft": id, "drafted_by": draft.drafted_by });
    audit(&tx, &who.name, "programme publish", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok((row.code, next)))
}

/// Gives a draft up; why not, where it was not.
pub fn discard(hq: &Hq, who: &Person, id: i64) -> Result<Option<Problem>> {
    if !who.may(Place::Drafting) {
        return Ok(Some(not_yours()));
    }
    let db = hq.db();
    let tx = db.begin()?;
    if drafts::discard(&tx, id)? {
        audit(&tx, &who.name, "programme draft discard", &json!({ "draft": id }).to_string())?;
    }
    tx.commit()?;
    Ok(None)
}

/// Fields of a new version: the newest one's, from tomorrow on.
pub fn next_version(versions: &[(Programme, Published)], code: &str) -> Option<Typed> {
    let (_, row) = versions.iter().filter(|(p, _)| p.code == code).max_by_key(|(p, _)| p.version)?;
    let mut typed = typed::of_document(&serde_json::from_str(&row.document).ok()?);
    typed.set("valid_from", earliest().to_string());
    Some(typed)
}

/// Fields of the version that ends a programme after a last day. A version that merely stopped then
/// would bring an earlier one back that is valid for longer; this one covers all days that any
/// version still covers, for a category that nobody has.
pub fn ending(versions: &[(Programme, Published)], code: &str, last: NaiveDate) -> Option<Typed> {
    let mut typed = next_version(versions, code)?;
    let first = (last + Days::new(1)).max(earliest());
    let until = versions.iter().filter(|(p, _)| p.code == code).map(|(p, _)| p.valid_to).max()?;
    typed.0.retain(|(name, _)| name != "categories");
    typed.set("categories.other", NOBODY);
    typed.set("valid_from", first.to_string());
    typed.set("valid_to", until.max(first).to_string());
    Some(typed)
}

/// Versions that count again after this one has ended, since they are valid for longer.
pub fn comes_back<'a>(p: &Programme, others: &'a [Programme]) -> Option<&'a Programme> {
    let later = others.iter().filter(|other| other.code == p.code && other.version < p.version);
    later.filter(|other| other.valid_to > p.valid_to).max_by_key(|other| other.version)
}

fn not_yours() -> Problem {
    Problem::new("", "您的角色不能做这一步。", "Your role may not do this.")
}

fn stale() -> Problem {
    Problem::new(
        "",
        "这个草稿刚才被别人改过或发布了，请重新打开。",
        "Somebody changed or published this draft since you opened it: open it again.",
    )
}
