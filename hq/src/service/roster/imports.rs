//! Imports in the console: read on a thread of their own, shown before anything is changed, and then
//! applied as they were shown or not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::mapping::Mapping;
use super::plan::{Counts, Options, Plan, Question};
use super::read::{Bad, File, MOST_BYTES};
use super::state::State;
use super::{No, applications, apply, may, plan, read, seal, unknown_stores};
use crate::service::access::Action;
use crate::service::session::Person;
use crate::service::{Hq, now};
use crate::store::roster::{self, Import, Preview, Version};
use crate::store::{audit, bump, now_ms};

/// So long an import waits to be applied, in milliseconds.
pub const WAITS_MS: i64 = 24 * 3_600_000;
/// An import that nobody works on for so long was cut off, in milliseconds.
const CUT_OFF_MS: i64 = 120_000;
/// So many warnings are kept.
const MOST_WARNINGS: usize = 200;

/// How far an import is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// `read`, `digest`, `write`.
    pub step: &'static str,
    /// So many are done.
    pub done: usize,
    /// Of so many.
    pub all: usize,
    /// Since when.
    pub since: Instant,
}

/// What was found out about a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// How many rows become what.
    pub counts: Counts,
    /// Rows that cannot be taken.
    pub bad: Vec<Bad>,
    /// What is to be answered.
    pub questions: Vec<Question>,
    /// What people should look at.
    pub warnings: Vec<String>,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

/// A person's answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// By question: `move` or `both`.
    pub answers: BTreeMap<String, String>,
    /// Whether those who are not in the file are ended.
    pub ends_absent: bool,
}

/// A column of a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Its different words, where it means one of a few.
    pub words: Vec<String>,
}

/// So many different words a column of a few has at most.
const MOST_WORDS: usize = 40;

/// The columns of a table. Only words of columns that hold none of a person are kept.
fn seen(table: &domain::table::Table, mapping: &Mapping) -> Vec<Seen> {
    let words = |name: &String| {
        let few = ["category", "relation", "status", "proxy"];
        if !mapping.columns.get(name).is_some_and(|ours| few.contains(&ours.as_str())) {
            return Vec::new();
        }
        let all: std::collections::BTreeSet<&str> = table.rows.iter().filter_map(|row| row.get(name)).collect();
        all.into_iter().take(MOST_WORDS).map(|word| word.chars().take(20).collect()).collect()
    };
    table.columns.iter().map(|name| Seen { name: name.clone(), words: words(name) }).collect()
}

/// A file as somebody sends it.
pub struct Sent<'a> {
    /// Its name.
    pub source: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
    /// Name of a saved mapping; empty: its columns are guessed.
    pub mapping: &'a str,
    /// Whether it is the bureau's list of those who applied.
    pub confirms: bool,
}

/// Takes a file in; its import, which then waits for `work`.
pub fn take(hq: &Hq, who: &Person, sent: &Sent<'_>) -> Result<Result<i64, No>> {
    if let Err(no) = may(who, Action::ImportRoster) {
        return Ok(Err(no));
    }
    if sent.bytes.is_empty() {
        return Ok(Err(No::new(
            "没有选文件，请选一个文件再上传。",
            "No file was chosen: choose one and send it again.",
        )));
    }
    if sent.bytes.len() > MOST_BYTES {
        return Ok(Err(No::new(
            "文件超过 32 MB，请拆成几个文件。",
            "The file has more than 32 MB: split it into several files.",
        )));
    }
    let sealed = hq.keys.seal(sent.bytes);
    let db = hq.db();
    let saved = roster::mappings(&db.conn)?.into_iter().find(|(name, _)| name == sent.mapping);
    let import = Import {
        id: 0,
        at: now_ms(),
        by: who.name.clone(),
        district: who.district.clone().unwrap_or_default(),
        source: sent.source.chars().filter(|c| !c.is_control()).take(120).collect(),
        mapping: saved.map(|(_, body)| body).unwrap_or_default(),
        columns: "[]".into(),
        state: "reading".into(),
        step_at: 0,
        expires_at: now_ms() + WAITS_MS,
        report: "{}".into(),
        answers: "{}".into(),
        fingerprint: String::new(),
        note: String::new(),
        confirms: sent.confirms,
        version: None,
    };
    let tx = db.begin()?;
    let id = roster::put_import(&tx, &import, &sealed)?;
    let detail = json!({ "import": id, "file": import.source, "bytes": sent.bytes.len() });
    audit(&tx, &who.name, "roster upload", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(id))
}

/// Works on an import on a thread of its own.
pub fn begin(hq: &Arc<Hq>, id: i64) {
    note(hq, id, Progress { step: "read", done: 0, all: 0, since: Instant::now() });
    let hq = Arc::clone(hq);
    std::thread::spawn(move || work(&hq, id));
}

fn note(hq: &Hq, id: i64, progress: Progress) {
    hq.imports.lock().unwrap_or_else(PoisonError::into_inner).insert(id, progress);
}

/// How far this process is with an import.
pub fn progress(hq: &Hq, id: i64) -> Option<Progress> {
    hq.imports.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

/// Whether a program that worked on an import is gone.
pub fn is_cut_off(hq: &Hq, import: &Import) -> bool {
    let works = matches!(import.state.as_str(), "reading" | "applying");
    works && progress(hq, import.id).is_none() && import.step_at + CUT_OFF_MS < now_ms()
}

/// Reads or applies an import, as its state says.
pub fn work(hq: &Hq, id: i64) {
    let done = one(hq, id);
    hq.imports.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    if let Err(err) = done {
        crate::cli::log(&format!("a roster import failed: {err:#}"));
        failed(hq, id).unwrap_or_else(|err| crate::cli::log(&format!("and could not be set aside: {err:#}")));
    }
}

/// Nothing was changed: it can be tried again.
fn failed(hq: &Hq, id: i64) -> Result<()> {
    let db = hq.db();
    let under_way = |import: &Import| matches!(import.state.as_str(), "reading" | "applying");
    let Some(mut import) = roster::one_import(&db.conn, id)?.filter(under_way) else { return Ok(()) };
    let report = Report {
        bad: vec![Bad::of_file(
            "总部自己出了错，名册没有变，请再试一次",
            "headquarters failed and the roster did not change: try again",
        )],
        ..Report::default()
    };
    import.state = "bad".into();
    import.report = serde_json::to_string(&report)?;
    roster::put_report(&db.conn, &import)
}

fn one(hq: &Hq, id: i64) -> Result<()> {
    let start = Instant::now();
    let (mut import, bytes) = {
        let db = hq.db();
        let import = roster::one_import(&db.conn, id)?.context("an import that nobody took in")?;
        if !matches!(import.state.as_str(), "reading" | "applying") {
            return Ok(());
        }
        (import, hq.keys.open_sealed(&roster::import_file(&db.conn, id)?)?)
    };
    note(hq, id, Progress { step: "read", done: 0, all: 0, since: start });
    let Some(mapping) = mapping_of(&mut import, &bytes)? else {
        return roster::put_report(&hq.db().conn, &import);
    };
    let file = match checked(hq, &import, &mapping, &bytes)? {
        Ok(file) => file,
        Err(bad) => {
            import.state = "bad".into();
            import.report = serde_json::to_string(&Report { bad, ..Report::default() })?;
            return roster::put_report(&hq.db().conn, &import);
        }
    };
    if import.state == "applying" { do_apply(hq, import, &file, start) } else { preview(hq, import, &file, start) }
}

/// The mapping of an import; none: a person must say what the columns mean.
fn mapping_of(import: &mut Import, bytes: &[u8]) -> Result<Option<Mapping>> {
    let saved: Option<Mapping> = serde_json::from_str(&import.mapping).ok();
    let table = match read::table(bytes, saved.as_ref()) {
        Ok(table) => table,
        Err(bad) => {
            import.state = "bad".into();
            import.report = serde_json::to_string(&Report { bad: vec![bad], ..Report::default() })?;
            return Ok(None);
        }
    };
    let mapping = saved.unwrap_or_else(|| Mapping::guess(&table.columns));
    import.columns = serde_json::to_string(&seen(&table, &mapping))?;
    import.mapping = serde_json::to_string(&mapping)?;
    if mapping.lacks(domain::lang::Lang::Zh).is_empty() {
        return Ok(Some(mapping));
    }
    import.state = "mapping".into();
    Ok(None)
}

/// The file, checked against what headquarters knows and against what its sender may keep.
fn checked(hq: &Hq, import: &Import, mapping: &Mapping, bytes: &[u8]) -> Result<Result<File, Vec<Bad>>> {
    let file = match read::read(bytes, mapping, domain::time::business_date(now())) {
        Ok(file) => file,
        Err(bad) => return Ok(Err(bad)),
    };
    if file.rows.is_empty() {
        let en = "the table has no rows: is this the right file?";
        return Ok(Err(vec![Bad::of_file("表里一行也没有，请检查选的文件", en)]));
    }
    let mut bad = unknown_stores(&hq.reading().conn, &file)?;
    let foreign = file.rows.iter().filter(|one| !one.entry.district.starts_with(&import.district)).map(|one| Bad {
        line: Some(one.line),
        who: one.entry.name.clone(),
        zh: format!("地区 {} 不归上传的人管", one.entry.district),
        en: format!("district {} is not the sender's", one.entry.district),
    });
    bad.extend(foreign.take(100));
    Ok(if bad.is_empty() { Ok(file) } else { Err(bad) })
}

fn planned(hq: &Hq, import: &Import, state: &State, file: &File) -> Result<(Plan, String)> {
    let said: Answers = serde_json::from_str(&import.answers)?;
    let options = Options { asks: true, answers: said.answers, ends_absent: said.ends_absent };
    let plan = plan::plan(&hq.keys, state, file, &options)?;
    let fingerprint = plan.fingerprint(&hq.keys, state)?;
    Ok((plan, fingerprint))
}

/// Works out what would change, and keeps it to be looked at.
fn preview(hq: &Hq, import: Import, file: &File, start: Instant) -> Result<()> {
    let state = State::load(&hq.reading().conn)?;
    let (plan, fingerprint) = planned(hq, &import, &state, file)?;
    let db = hq.db();
    let tx = db.begin()?;
    keep(&tx, import, &state, plan, fingerprint, start)?;
    tx.commit()
}

fn keep(
    tx: &crate::store::sql::Conn,
    mut import: Import,
    state: &State,
    plan: Plan,
    fingerprint: String,
    start: Instant,
) -> Result<()> {
    let rows = plan.changes.iter().map(|change| {
        let row = change.before.map(|at| &state.rows[at].member);
        let shown = change.after.as_ref().or(row);
        Ok(Preview {
            kind: change.kind.code().into(),
            line: change.line,
            household: shown.map(|m| m.entry.household.clone()).unwrap_or_default(),
            name: shown.map(|m| m.entry.name.clone()).unwrap_or_default(),
            columns: serde_json::to_string(&change.columns)?,
        })
    });
    roster::put_preview(tx, import.id, &rows.collect::<Result<Vec<_>>>()?)?;
    let mut warnings = plan.warnings;
    warnings.truncate(MOST_WARNINGS);
    let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let report = Report { counts: plan.counts, bad: Vec::new(), questions: plan.questions, warnings, took_ms };
    import.report = serde_json::to_string(&report)?;
    import.fingerprint = fingerprint;
    import.state = "ready".into();
    roster::put_report(tx, &import)
}

/// Does what was shown; where the roster changed in between so that something else would be done, it is
/// shown anew instead.
fn do_apply(hq: &Hq, mut import: Import, file: &File, start: Instant) -> Result<()> {
    let id = import.id;
    let stretched = seal::stretch_new(hq, file, &mut |done, all| {
        note(hq, id, Progress { step: "digest", done, all, since: start })
    })?;
    note(hq, id, Progress { step: "write", done: 0, all: file.rows.len(), since: start });
    let db = hq.db();
    let tx = db.begin()?;
    let state = State::load(&tx)?;
    let (plan, fingerprint) = planned(hq, &import, &state, file)?;
    if fingerprint != import.fingerprint {
        import.note = "changed".into();
        keep(&tx, import, &state, plan, fingerprint, start)?;
        return tx.commit();
    }
    if !roster::step(&tx, id, &["applying"], "applied")? {
        // Somebody threw it away.
        return Ok(());
    }
    seal::put_stretched(&tx, &hq.keys, &stretched)?;
    let version = bump(&tx, "roster")?;
    let touched = apply::apply(&tx, &hq.keys, &state, &plan, version)?;
    let c = &plan.counts;
    roster::put_version(&tx, &Version::of(version, &import.by, "import", &import.source, c))?;
    seal::refresh(&tx, &hq.keys, version, &touched)?;
    applications::after_import(&tx, &hq.keys, file, &import.by, import.confirms)?;
    let detail = json!({ "import": id, "rows": c.rows, "added": c.added, "changed": c.changed, "ended": c.ended, "version": version });
    audit(&tx, &import.by, "roster import", &detail.to_string())?;
    let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut warnings = plan.warnings;
    warnings.truncate(MOST_WARNINGS);
    let report = Report { counts: plan.counts, warnings, took_ms, ..Report::default() };
    import.report = serde_json::to_string(&report)?;
    import.state = "applied".into();
    import.version = Some(version);
    import.note = String::new();
    roster::put_report(&tx, &import)?;
    roster::empty_import(&tx, id)?;
    tx.commit()
}

/// An import that a person may look at.
pub fn visible(hq: &Hq, who: &Person, id: i64) -> Result<Option<Import>> {
    let import = roster::one_import(&hq.reading().conn, id)?;
    Ok(import.filter(|import| import.district.starts_with(who.district.as_deref().unwrap_or_default())))
}

/// An import that a person works on, and why not.
fn open(hq: &Hq, who: &Person, id: i64) -> Result<Result<Import, No>> {
    if let Err(no) = may(who, Action::ImportRoster) {
        return Ok(Err(no));
    }
    roster::expire_imports(&hq.db().conn)?;
    let import = visible(hq, who, id)?;
    Ok(import.ok_or_else(|| No::new("没有这次导入。", "There is no such import.")))
}

fn over() -> No {
    No::new("这次导入已经结束，请重新上传。", "This import is over: send the file again.")
}

/// Says what the columns mean, and reads the file anew; kept for the bureau's next file under a name.
pub fn map(hq: &Hq, who: &Person, id: i64, mapping: &Mapping, save_as: &str) -> Result<Result<(), No>> {
    let mut import = match open(hq, who, id)? {
        Ok(import) => import,
        Err(no) => return Ok(Err(no)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    if !roster::step(&tx, id, &["mapping", "bad", "ready"], "reading")? {
        return Ok(Err(over()));
    }
    let body = serde_json::to_string(mapping)?;
    let name: String = save_as.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    if !name.is_empty() {
        roster::put_mapping(&tx, &name, &body, &who.name)?;
        audit(&tx, &who.name, "roster mapping", &json!({ "mapping": name }).to_string())?;
    }
    import.mapping = body;
    import.state = "reading".into();
    import.answers = "{}".into();
    roster::put_report(&tx, &import)?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Answers what is asked, and works it out anew.
pub fn answer(hq: &Hq, who: &Person, id: i64, answers: &Answers) -> Result<Result<(), No>> {
    let mut import = match open(hq, who, id)? {
        Ok(import) => import,
        Err(no) => return Ok(Err(no)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    if !roster::step(&tx, id, &["ready"], "reading")? {
        return Ok(Err(over()));
    }
    import.answers = serde_json::to_string(answers)?;
    import.state = "reading".into();
    import.note = String::new();
    roster::put_report(&tx, &import)?;
    audit(
        &tx,
        &who.name,
        "roster answers",
        &json!({ "import": id, "ends_absent": answers.ends_absent, "answers": answers.answers }).to_string(),
    )?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Says that what was shown shall be done; `work` then does it.
pub fn apply(hq: &Hq, who: &Person, id: i64) -> Result<Result<(), No>> {
    let import = match open(hq, who, id)? {
        Ok(import) => import,
        Err(no) => return Ok(Err(no)),
    };
    let report: Report = serde_json::from_str(&import.report)?;
    let said: Answers = serde_json::from_str(&import.answers)?;
    if report.questions.iter().any(|question| !said.answers.contains_key(&question.key)) {
        return Ok(Err(No::new(
            "还有问题没有回答，请先回答分户、并户的问题。",
            "Questions are open: answer those about split and merged households first.",
        )));
    }
    if !roster::step(&hq.db().conn, id, &["ready"], "applying")? {
        return Ok(Err(over()));
    }
    Ok(Ok(()))
}

/// Throws an import away, or tries one again that was cut off.
pub fn discard(hq: &Hq, who: &Person, id: i64) -> Result<Result<(), No>> {
    let import = match open(hq, who, id)? {
        Ok(import) => import,
        Err(no) => return Ok(Err(no)),
    };
    let from: &[&str] = if is_cut_off(hq, &import) { &["reading", "applying"] } else { &["mapping", "bad", "ready"] };
    let db = hq.db();
    let tx = db.begin()?;
    if !roster::step(&tx, id, from, "discarded")? {
        return Ok(Err(over()));
    }
    roster::empty_import(&tx, id)?;
    audit(&tx, &who.name, "roster discard", &json!({ "import": id }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
