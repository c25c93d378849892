//! The roster: reading files, keeping history, and sealing each store's part of it.

pub mod applications;
pub mod apply;
pub mod cards;
pub mod differ;
pub mod edit;
pub mod entry;
mod households;
pub mod imports;
pub mod mapping;
pub mod plan;
pub mod privacy;
pub mod read;
pub mod review;
mod seal;
mod state;
mod stores;
mod work;

use anyhow::Result;
use domain::lang::Lang;
use serde_json::json;

use self::mapping::Mapping;
use self::plan::Options;
use self::read::{Bad, File};
use self::state::State;
use super::Hq;
use super::access::Action;
use super::session::Person;
use crate::store::roster::Version;
use crate::store::sql::Conn;
use crate::store::{audit, bump, roster, tills};

pub use entry::{district, entry_for};
pub use stores::{add_store, renew_key, replace_key};

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Rows that were new.
    pub added: u64,
    /// Rows that changed.
    pub changed: u64,
    /// Rows that stayed as they were.
    pub unchanged: u64,
    /// What people should look at.
    pub warnings: Vec<String>,
}

/// Why something was not done, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl No {
    /// In both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Refused, where somebody's role does not do this.
pub fn may(who: &Person, action: Action) -> Result<(), No> {
    if who.role.may_do(action) {
        return Ok(());
    }
    let roles: Vec<_> = action.roles().iter().map(|role| role.word(Lang::Zh)).collect();
    let en: Vec<_> = action.roles().iter().map(|role| role.word(Lang::En)).collect();
    Err(No::new(
        format!("您的角色不能{}，请找{}。", action.word(Lang::Zh), roles.join("、")),
        format!("Your role is not for {}: ask the {}.", action.word(Lang::En), en.join(" or ")),
    ))
}

/// Imports a roster file from the command line. The error is the file's; anything else is
/// headquarters' own failure. It never ends anybody.
pub fn import(
    hq: &Hq,
    bytes: &[u8],
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Result<Outcome, String>> {
    let today = domain::time::business_date(super::now());
    let file = match read::read(bytes, &Mapping::own(), today) {
        Ok(file) => file,
        Err(bad) => return Ok(Err(bad.first().map(Bad::english).unwrap_or_default())),
    };
    if let Some(bad) = unknown_stores(&hq.db().conn, &file)?.first() {
        return Ok(Err(bad.english()));
    }
    let stretched = if dry_run { Vec::new() } else { seal::stretch_new(hq, &file, progress)? };
    let db = hq.db();
    let tx = db.begin()?;
    let state = State::load(&tx)?;
    let plan = plan::plan(&hq.keys, &state, &file, &Options::default())?;
    if dry_run {
        return Ok(Ok(plan.outcome()));
    }
    seal::put_stretched(&tx, &hq.keys, &stretched)?;
    let version = bump(&tx, "roster")?;
    let touched = apply::apply(&tx, &hq.keys, &state, &plan, version)?;
    let c = &plan.counts;
    roster::put_version(&tx, &Version::of(version, "cli", "import", "", c))?;
    seal::refresh(&tx, &hq.keys, version, &touched)?;
    applications::after_import(&tx, &hq.keys, &file, "cli", false)?;
    let counted =
        json!({ "rows": c.rows, "added": c.added, "changed": c.changed, "ended": c.ended, "version": version });
    audit(&tx, "cli", "roster import", &counted.to_string())?;
    tx.commit()?;
    Ok(Ok(plan.outcome()))
}

/// Rows whose home store nobody knows.
fn unknown_stores(conn: &Conn, file: &File) -> Result<Vec<Bad>> {
    let known: std::collections::BTreeSet<String> = tills::stores(conn)?.into_iter().map(|s| s.code).collect();
    let bad = file.rows.iter().filter_map(|one| {
        let store = one.entry.home_store.as_ref().filter(|store| !known.contains(*store))?;
        Some(Bad {
            line: Some(one.line),
            who: one.entry.name.clone(),
            zh: format!("没有门店 {store}，请先建店"),
            en: format!("home_store: there is no store `{store}`; add it first"),
        })
    });
    Ok(bad.collect())
}
