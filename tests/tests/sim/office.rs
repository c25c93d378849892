//! What people do at headquarters: they publish, decide, make statements and pay; and backups are taken and
//! put back.

use anyhow::Result;
use hq::params;
use hq::service::access::Role;
use hq::service::decide::{self, Order, Seen, Verdict};
use hq::service::session::Person;
use hq::service::settle::{make, payment, steps};
use hq::service::{Hq, catalogue};
use hq::store::reviews;
use hq::store::sql::Row;
use serde_json::{Value, json};
use tests::month::dice::Dice;

use crate::world::{Outcome, World};

/// Someone of a role.
pub fn person(name: &str, role: Role) -> Person {
    Person { name: name.into(), role, store: None, district: None, confirmed_at: 0 }
}

/// A backup of headquarters.
pub struct Backup {
    path: std::path::PathBuf,
    at_hq: std::collections::BTreeSet<String>,
}

fn pick<T>(hq: &Hq, dice: &mut Dice, sql: &str, read: impl Fn(&Row) -> Result<T>) -> Result<Option<T>> {
    let mut rows = hq.db().conn.all(sql, params![], read)?;
    let last = i64::try_from(rows.len()).unwrap_or(0) - 1;
    if last < 0 {
        return Ok(None);
    }
    let n = usize::try_from(dice.between(0, last)).unwrap_or(0);
    Ok(Some(rows.swap_remove(n)))
}

/// A reviewer decides on a claim, mostly on one that waits.
fn review(hq: &Hq, dice: &mut Dice) -> Result<String> {
    let who = person("fuhe", Role::Reviewer);
    let waits = dice.chance(75);
    let sql = if waits {
        "SELECT id, state FROM claims WHERE state = 'held' ORDER BY id DESC LIMIT 20"
    } else {
        // One that was cut counts for more again while it is held: what its till then claims may be cut, and what
        // others were granted meanwhile may be above a limit. Those stay as they are here, so that every other cut
        // and excess is a finding.
        "SELECT id, state FROM claims WHERE state IN ('accepted', 'reviewed') AND granted_fen = claimed_fen
         ORDER BY id DESC LIMIT 20"
    };
    let found = pick(hq, dice, sql, |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)))?;
    let Some((id, state)) = found else { return Ok("nothing waits for a reviewer".into()) };
    let verdict = match (state.as_str(), dice.between(1, 3)) {
        ("held", 1) => Verdict::LetGo,
        ("held", 2) => Verdict::Grant([(1, domain::money::Money::from_fen(50))].into()),
        ("held" | "adjusted", _) => Verdict::Reject,
        _ => Verdict::Hold,
    };
    let version = { reviews::stands(&hq.db().conn, id)?.map_or(0, |(_, version)| version) };
    let order = Order { verdict: verdict.clone(), code: Some("R15".into()), note: "模拟".into() };
    let done = decide::decide(hq, &who, &[Seen { id, version }], &order)?;
    Ok(match done {
        Ok(_) => format!("claim {id}, {state}: {}", verdict.code()),
        Err(why) => format!("claim {id}, {state}: {} is not done: {why:?}", verdict.code()),
    })
}

/// A statement is made of what came so far, or goes a step on.
fn settle(hq: &Hq, dice: &mut Dice, month: &str) -> Result<String> {
    let sql = "SELECT number, state, store FROM batches WHERE state NOT IN ('confirmed', 'withdrawn') ORDER BY number";
    let batch = pick(hq, dice, sql, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?)))?;
    let (first, second) = (person("shenpi1", Role::Approver), person("shenpi2", Role::Approver));
    let told = match batch {
        Some((number, state, store)) if dice.chance(75) => {
            let done = match state.as_str() {
                "made" => steps::check(hq, &person("fuhe", Role::Reviewer), &number)?,
                "checked" => match steps::approve(hq, &first, &number)? {
                    Ok(()) => Ok(()),
                    Err(_) => steps::approve(hq, &second, &number)?,
                },
                "approved" => {
                    let reference = format!("BANK-{number}");
                    let paid = steps::Payment { number: number.clone(), reference, date: format!("{month}-01") };
                    steps::pay(hq, &person("chuna", Role::Payer), &[paid])?
                }
                _ => {
                    let manager = Person { store: Some(store), ..person("dianzhang", Role::Manager) };
                    steps::confirm(hq, &manager, &number)?
                }
            };
            format!("statement {number}, {state}: {}", done.map_or_else(|why| why, |()| "a step on".into()))
        }
        _ => {
            let payer = if dice.chance(60) { "CITY" } else { "COUNTY" };
            let store = format!("S00{}", dice.between(1, 3));
            let made = make::make(hq, &person("kuaiji", Role::Accountant), payer, &store, month)?;
            format!("a statement for {payer} and {store}: {}", made.unwrap_or_else(|why| why))
        }
    };
    payment::are_entered(hq, &person("chuna", Role::Payer))?.ok();
    Ok(told)
}

/// A new version of a programme, from tomorrow.
fn publish_programme(hq: &Hq, dice: &mut Dice, tomorrow: &str) -> Result<String> {
    let code = *dice.pick(&["GRAIN", "EGG", "VEG"]).unwrap_or(&"GRAIN");
    let newest = {
        let db = hq.db();
        let published = catalogue::published(&db.conn)?;
        published.into_iter().filter(|(p, _)| p.code == code).max_by_key(|(p, _)| p.version)
    };
    let Some((programme, published)) = newest else { return Ok("no programme".into()) };
    let mut document: Value = serde_json::from_str(&published.document)?;
    document["version"] = json!(programme.version + 1);
    document["valid_from"] = json!(tomorrow);
    match code {
        "EGG" => document["benefit"]["amount_off"] = json!(format!("0.{}0", dice.between(6, 9))),
        _ => document["benefit"]["percent_off"] = json!(dice.between(8, 25).to_string()),
    }
    let bytes = serde_json::to_vec(&json!({ "programmes": [document] }))?;
    let done = catalogue::import_programmes(hq, &bytes, false)?;
    Ok(format!("{code} changes from {tomorrow}: {}", done.map_or_else(|why| why, |_| "published".into())))
}

/// Noodles move to another group, out of the programmes' reach, or back.
fn publish_products(hq: &Hq, dice: &mut Dice) -> Result<String> {
    let csv = std::fs::read_to_string(tests::data().join("products.csv"))?;
    let away = dice.chance(50);
    let changed = if away { csv.replace("food/grain/noodles", "food/instant") } else { csv };
    let done = catalogue::import_products(hq, changed.as_bytes(), false)?;
    Ok(format!(
        "noodles {}: {}",
        if away { "are no grain" } else { "are grain" },
        done.map_or_else(|why| why, |_| "published".into())
    ))
}

impl World<'_> {
    /// Somebody works at headquarters.
    pub fn work_in_office(&mut self) -> Outcome {
        let (today, tomorrow) = self.dates();
        // What is published today, a till hears later, and prices by what it knows: then it is not held.
        let kind = self.dice.between(1, if self.online { 80 } else { 100 });
        let (net, dice) = (std::sync::Arc::clone(&self.net), &mut self.dice);
        let month = today[..7].to_owned();
        let told = net.at_headquarters(|hq| match kind {
            1..=55 => review(hq, dice),
            56..=80 => settle(hq, dice, &month),
            81..=92 => publish_programme(hq, dice, &tomorrow),
            _ => publish_products(hq, dice),
        })?;
        self.net.state().say(&format!("headquarters: {told}"));
        Ok(())
    }

    /// A backup is taken; at most three are kept.
    pub fn back_up_headquarters(&mut self) -> Outcome {
        let path = self.dir.path().join(format!("backup-{}.db", self.backups_taken));
        self.backups_taken += 1;
        self.net.at_headquarters(|hq| hq.db().backup(&path))?;
        let at_hq = self.net.state().at_hq.clone();
        self.backups.push(Backup { path, at_hq });
        if self.backups.len() > 3 {
            let old = self.backups.remove(0);
            std::fs::remove_file(old.path).map_err(anyhow::Error::from)?;
        }
        self.net.state().say("headquarters is backed up");
        Ok(())
    }

    /// Headquarters' disk is gone: a backup takes its place.
    pub fn restore_headquarters(&mut self) -> Outcome {
        let Some(n) = self.dice.pick(&(0..self.backups.len()).collect::<Vec<_>>()).copied() else { return Ok(()) };
        let backup = &self.backups[n];
        let folder = self.dir.path().join("hq");
        let place = folder.clone().into();
        let mut state = self.net.state();
        state.pull_the_plug();
        let head = hq::service::log::head_to_begin_with(&folder.join("keys.json"))?;
        hq::store::Db::restore(&place, &backup.path, head.as_deref())?;
        state.at_hq = backup.at_hq.clone();
        state.say(&format!("headquarters is restored from backup {n}"));
        Ok(())
    }
}
