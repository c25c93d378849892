//! What `jihui-hq` does on the command line.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use domain::id::{identifier, store_till};
use serde_json::{Value, json};

use crate::service::{self, Hq, catalogue, enrol, log as public_log, now, roster, second, verify};
use crate::store::place::Database;
use crate::store::users::{self, NewUser};
use crate::store::{Db, audit, claims, people, records, settle, tills};

/// A wrong call or wrong input: exit 2. Everything else that fails exits 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongInput(pub String);

/// An error that exits 2.
pub fn wrong_input(problem: impl Into<String>) -> anyhow::Error {
    WrongInput(problem.into()).into()
}

/// One line for people, on standard error.
pub fn log(line: &str) {
    // What somebody sent may stand in it: it stays one line. A log that cannot be written must not stop headquarters.
    writeln!(std::io::stderr(), "{}", one_line(line)).ok();
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// One line of machine output.
pub(crate) fn print(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("writing the output")
}

/// `user add`, with the password from standard input.
pub fn add_user(hq: &Hq, name: &str, role: &str, store: Option<&str>, district: Option<&str>) -> Result<()> {
    let name = identifier(name).map_err(wrong_input)?;
    let role = domain::role::parse_hq_role(role).map_err(wrong_input)?;
    if (role == "manager") != store.is_some() {
        return Err(wrong_input("a manager, and nobody else, has --store"));
    }
    if let Some(district) = district {
        roster::district(district).map_err(wrong_input)?;
    }
    let hash = read_password()?;
    let db = hq.db();
    if let Some(store) = store
        && tills::store(&db.conn, store)?.is_none()
    {
        return Err(wrong_input(format!("there is no store `{store}`")));
    }
    let new = NewUser { name: &name, role: &role, store, district, password_hash: &hash, must_change: false };
    let tx = db.begin()?;
    if !users::insert(&tx, &new)? {
        return Err(wrong_input(format!("user `{name}` exists")));
    }
    let detail = json!({ "user": name, "role": role, "store": store, "district": district });
    audit(&tx, "cli", "user add", &detail.to_string())?;
    tx.commit()
}

/// A password's hash, from the first line of standard input.
fn read_password() -> Result<String> {
    let mut password = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut password).context("reading the password from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < 8 {
        return Err(wrong_input(
            "a password has at least 8 characters; it comes from the first line of standard input",
        ));
    }
    sync::password::hash(password).map_err(anyhow::Error::msg)
}

/// `user password`: also for who forgot it.
pub fn set_password(hq: &Hq, name: &str) -> Result<()> {
    let hash = read_password()?;
    let db = hq.db();
    let tx = db.begin()?;
    if !users::set_password(&tx, name, &hash, false)? {
        return Err(wrong_input(format!("there is no user `{name}`")));
    }
    audit(&tx, "cli", "user password", &json!({ "user": name }).to_string())?;
    tx.commit()
}

/// `user second-step-off`: for who lost both telephone and recovery codes.
pub fn remove_second_step(hq: &Hq, name: &str) -> Result<()> {
    let db = hq.db();
    let tx = db.begin()?;
    if users::find(&tx, name)?.is_none() {
        return Err(wrong_input(format!("there is no user `{name}`")));
    }
    users::end_sessions(&tx, name)?;
    second::remove(&tx, "cli", name)?;
    tx.commit()
}

/// `store add`.
pub fn add_store(hq: &Hq, code: &str, name: &str, district: &str, serves: Option<&str>) -> Result<()> {
    let code = identifier(code).map_err(wrong_input)?;
    let district = roster::district(district).map_err(wrong_input)?;
    let serves = match serves {
        None => vec![district.clone()],
        Some(list) => {
            list.split(',').map(|d| roster::district(d.trim())).collect::<Result<_, _>>().map_err(wrong_input)?
        }
    };
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(wrong_input("a store has a name"));
    }
    if roster::add_store(hq, &code, name.trim(), &district, serves)? {
        Ok(())
    } else {
        Err(wrong_input(format!("store `{code}` exists")))
    }
}

/// `till add`: the code, alone on a line.
pub fn add_till(hq: &Hq, name: &str) -> Result<()> {
    let (store, till) = store_till(name).map_err(wrong_input)?;
    match enrol::make_code(hq, "cli", &store, &till)? {
        Some(code) => print(&code),
        None => Err(wrong_input(format!("there is no store `{store}`"))),
    }
}

/// `till revoke`: as after a theft.
pub fn revoke_till(hq: &Hq, name: &str) -> Result<()> {
    let (store, till) = store_till(name).map_err(wrong_input)?;
    if enrol::revoke(hq, "cli", &store, &till)? {
        Ok(())
    } else {
        Err(wrong_input(format!("there is no till `{name}`")))
    }
}

fn find_till(hq: &Hq, name: &str) -> Result<i64> {
    let (store, till) = store_till(name).map_err(wrong_input)?;
    let found = tills::till_id(&hq.db().conn, &store, &till, false)?;
    found.ok_or_else(|| wrong_input(format!("there is no till `{name}`")))
}

/// What a file is imported as.
#[derive(Debug, Clone, Copy)]
pub enum Import {
    Roster,
    Programmes,
    Products,
}

/// `roster import`, `programmes import`, `products import`.
pub fn import(hq: &Hq, what: Import, file: &str, dry_run: bool) -> Result<()> {
    let mut bytes = Vec::new();
    let mut open = std::fs::File::open(file).map_err(|err| wrong_input(format!("{file}: {err}")))?;
    open.read_to_end(&mut bytes).map_err(|err| wrong_input(format!("{file}: {err}")))?;
    let outcome = match what {
        Import::Roster => {
            let show = std::io::stderr().is_terminal();
            let start = std::time::Instant::now();
            let mut progress = |done: usize, all: usize| {
                if show || done == all {
                    log(&format!("digests {done}/{all}, {} s", start.elapsed().as_secs()));
                }
            };
            roster::import(hq, &bytes, dry_run, &mut progress)?
        }
        Import::Programmes => catalogue::import_programmes(hq, &bytes, dry_run)?,
        Import::Products => catalogue::import_products(hq, &bytes, dry_run)?,
    };
    let outcome = outcome.map_err(|problem| wrong_input(format!("{file}: {problem}; nothing was imported")))?;
    for warning in outcome.warnings.iter().take(20) {
        log(&format!("warning: {warning}"));
    }
    if outcome.warnings.len() > 20 {
        log(&format!("warning: and {} more", outcome.warnings.len() - 20));
    }
    print(
        &json!({
            "dry_run": dry_run, "added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged,
            "warnings": outcome.warnings.len(),
        })
        .to_string(),
    )
}

/// A listing: NDJSON, or columns for people.
fn listing(rows: &[Value], json: bool) -> Result<()> {
    for row in rows {
        if json {
            print(&row.to_string())?;
        } else {
            let cells = row.as_object().into_iter().flat_map(|o| o.values()).map(cell);
            print(&cells.collect::<Vec<_>>().join("\t"))?;
        }
    }
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Object(o) => format!("{}/{}/{}", cell(&o["discount"]), cell(&o["subsidy"]), cell(&o["purse"])),
        other => other.to_string(),
    }
}

/// `records`.
pub fn list_records(hq: &Hq, till: &str, epoch: Option<&str>, after: u64, as_json: bool) -> Result<()> {
    let till_id = find_till(hq, till)?;
    let rows = records::of_till(&hq.db().conn, till_id, epoch, after, true, u64::from(u32::MAX))?;
    let rows: Result<Vec<Value>> = rows
        .into_iter()
        .map(|r| {
            let reasons: Value = serde_json::from_str(&r.reasons)?;
            Ok(json!({
                "epoch": r.epoch, "seq": r.seq, "id": r.uuid, "kind": r.kind, "outcome": r.outcome, "reasons": reasons,
                "hash": r.hash, "branch": r.branch,
            }))
        })
        .collect();
    listing(&rows?, as_json)
}

/// `claims`.
pub fn list_claims(hq: &Hq, store: Option<&str>, from: Option<&str>, to: Option<&str>, as_json: bool) -> Result<()> {
    for date in [from, to].into_iter().flatten() {
        domain::time::parse_date(date).map_err(wrong_input)?;
    }
    let db = hq.db();
    if let Some(store) = store
        && tills::store(&db.conn, store)?.is_none()
    {
        return Err(wrong_input(format!("there is no store `{store}`")));
    }
    let rows: Result<Vec<Value>> = claims::list(&db.conn, store, from, to)?
        .into_iter()
        .map(|c| {
            let value = |text: &str| serde_json::from_str::<Value>(text).context("a claim in the database");
            Ok(json!({
                "id": c.uuid, "store": c.store, "till": c.till, "sale": c.sale, "business_date": c.business_date,
                "state": c.state, "reasons": value(&c.reasons)?, "totals": value(&c.totals)?, "granted": value(&c.granted)?,
            }))
        })
        .collect();
    drop(db);
    listing(&rows?, as_json)
}

/// `batches`.
pub fn list_batches(hq: &Hq, as_json: bool) -> Result<()> {
    let db = hq.db();
    let all = settle::batches(&db.conn, &settle::Filter::default(), i64::MAX)?;
    drop(db);
    let yuan = |fen: i64| domain::money::Money::from_fen(fen.into());
    let rows: Vec<Value> = all
        .into_iter()
        .rev()
        .map(|b| {
            json!({
                "number": b.number, "payer": b.payer, "store": b.store, "period": b.period, "state": b.state,
                "payable": yuan(b.payable), "reference": b.reference, "paid_on": b.paid_on,
            })
        })
        .collect();
    listing(&rows, as_json)
}

/// `balance`.
pub fn balance(hq: &Hq, household: &str, programme: &str, date: Option<&str>, as_json: bool) -> Result<()> {
    let date = match date {
        Some(date) => domain::time::parse_date(date).map_err(wrong_input)?,
        None => domain::time::business_date(now()),
    };
    let db = hq.db();
    let id = if people::is_household(&db.conn, household)? {
        household.to_owned()
    } else {
        let known = people::household_id(&db.conn, &hq.keys, household)?;
        known.ok_or_else(|| wrong_input(format!("there is no household `{household}`")))?
    };
    let versions: Vec<_> =
        catalogue::published(&db.conn)?.into_iter().map(|(p, _)| p).filter(|p| p.code == programme).collect();
    if versions.is_empty() {
        return Err(wrong_input(format!("there is no programme `{programme}`")));
    }
    let used = claims::household_balances(&db.conn, &id, programme)?;
    drop(db);
    let mut seen = std::collections::BTreeSet::new();
    let mut rows = Vec::new();
    for limit in versions.iter().rev().flat_map(|p| &p.limits) {
        let Some(period) = limit.per.key(date) else {
            continue;
        };
        if !seen.insert(limit.id.clone()) {
            continue;
        }
        let money = matches!(limit.measure, domain::programme::Measure::Discount(_));
        let found: Vec<_> = used.iter().filter(|b| b.limit == limit.id && b.period == period).collect();
        if found.is_empty() {
            let none = domain::usage::Amount::from_milli(0, money);
            rows.push(
                json!({ "household": id, "programme": programme, "limit": limit.id, "period": period, "used": none }),
            );
        }
        for b in found {
            let mut row =
                json!({ "household": id, "programme": programme, "limit": limit.id, "period": period, "used": b.used });
            if !b.person.is_empty() {
                row["person"] = b.person.clone().into();
            }
            rows.push(row);
        }
    }
    listing(&rows, as_json)
}

/// `verify`.
pub fn check(hq: &Hq) -> Result<()> {
    match verify::verify(hq)? {
        Ok(checked) => print(&serde_json::to_string(&checked).context("the result")?),
        Err(problem) => Err(anyhow::anyhow!("{problem}")),
    }
}

/// `export`: what it holds, and by which key it is checked.
pub fn export(hq: &Hq, from: &str, to: &str, file: &Path) -> Result<()> {
    let date = |text: &str| domain::time::parse_date(text).map_err(wrong_input);
    let (from, to) = (date(from)?, date(to)?);
    if from > to {
        return Err(wrong_input("--from is after --to"));
    }
    let out = std::fs::File::create_new(file).map_err(|err| wrong_input(format!("{}: {err}", file.display())))?;
    let made = public_log::export(hq, from, to, &mut std::io::BufWriter::new(out))?;
    let detail = json!({ "from": from, "to": to, "records": made.records, "file": file.display().to_string() });
    audit(&hq.db().conn, "cli", "export period", &detail.to_string())?;
    print(&serde_json::to_string(&made).context("the result")?)
}

/// `key`.
pub fn key(hq: &Hq) -> Result<()> {
    print(&serde_json::to_string(&hq.keys.signing.jwk()).context("the key")?)
}

/// `backup`.
pub fn backup(hq: &Hq, file: &Path) -> Result<()> {
    if file.exists() {
        return Err(wrong_input(format!("{} exists; choose another name", file.display())));
    }
    let db = hq.db();
    audit(&db.conn, "cli", "backup", &json!({ "file": file.display().to_string() }).to_string())?;
    db.backup(file)
}

/// `restore`. The log starts anew with its last head, which is kept beside the keys.
pub fn restore(place: &Database, file: &Path, keys: &Path) -> Result<()> {
    if !file.is_file() {
        return Err(wrong_input(format!("{} is not a file", file.display())));
    }
    let head = public_log::head_to_begin_with(keys).map_err(|err| wrong_input(format!("{err:#}")))?;
    let aside = Db::restore(place, file, head.as_deref())?;
    print(&json!({ "restored": file, "old": aside }).to_string())
}

/// `backup` of a newer program's data.
pub fn backup_as_it_is(dir: &Path, file: &Path) -> Result<()> {
    if file.exists() {
        return Err(wrong_input(format!("{} exists; choose another name", file.display())));
    }
    Db::copy_as_it_is(dir, file)
}

/// `copy`.
pub fn copy(hq: &Hq) -> Result<()> {
    let file = service::copies::make(hq)?;
    print(&json!({ "file": file }).to_string())
}

/// `copies`.
pub fn list_copies(hq: &Hq) -> Result<()> {
    for kept in hq.copies.list() {
        let kind = if kept.is_before_upgrade { "before_upgrade" } else { "daily" };
        let at = domain::time::rfc3339(kept.at);
        print(&json!({ "file": kept.path, "at": at, "kind": kind }).to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nobody_writes_a_second_line_into_the_log() {
        assert_eq!(super::one_line("a\r\nroot: signed in\u{1b}[2J"), "a  root: signed in [2J");
    }
}
