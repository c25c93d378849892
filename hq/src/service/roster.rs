//! The roster: reading files, keeping history, and sealing each store's part of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::params;
use crate::store::sql::Conn;
use anyhow::{Context as _, Result};
use chrono::Datelike as _;
use domain::household::{RosterEntry, Status, parse_category};
use domain::id::identifier;
use domain::resident::{CardNumber, IdNumber, mask_name};
use domain::table::Row;
use domain::time::{business_date, parse_date};
use serde_json::json;
use sheets::Reading;
use sync::roster::{Slot, stretch};

use super::{Hq, now};
use crate::keys::Keys;
use crate::store::people::{self, Member};
use crate::store::tills::{self, StoreRow};
use crate::store::{audit, bump, claims, lists, now_ms};

const COLUMNS: [&str; 17] = [
    "id_number",
    "card_number",
    "name",
    "household",
    "relation",
    "household_size",
    "category",
    "district",
    "home_store",
    "status",
    "valid_from",
    "valid_to",
    "proxy",
    "certificate",
    "street",
    "tags",
    "consent_on",
];
const REQUIRED: [&str; 7] = ["id_number", "name", "household_size", "category", "district", "status", "valid_from"];

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

/// A row of a file, checked.
struct Wanted {
    line: u64,
    number: IdNumber,
    card: Option<CardNumber>,
    household: String,
    relation: String,
    /// The entry without its opaque ids.
    entry: RosterEntry,
    private: String,
}

/// Reads and checks a file without a database; a bad row is named with its line.
fn read(bytes: &[u8]) -> Result<(Vec<Wanted>, Vec<String>), String> {
    let table = sheets::read(bytes, &Reading::new(&COLUMNS))?;
    table.check(&COLUMNS, &REQUIRED)?;
    let mut wanted: Vec<Wanted> = Vec::with_capacity(table.rows.len());
    let mut warnings = Vec::new();
    let mut seen = BTreeSet::new();
    let mut households: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table.rows {
        let place = |problem: String| format!("line {}: {problem}", row.line);
        let one = read_row(row).map_err(place)?;
        if !seen.insert((one.number.secret().to_owned(), one.household.clone())) {
            return Err(place("the same person and household stand on an earlier line".into()));
        }
        if one.card.as_ref().is_some_and(|card| !card.is_strong()) {
            warnings.push(place("the card number is short or has no check digit, so it could be guessed".into()));
        }
        match households.get(&one.household) {
            Some(first) => agree(&wanted[*first], &one).map_err(place)?,
            None => {
                households.insert(one.household.clone(), wanted.len());
            }
        }
        wanted.push(one);
    }
    Ok((wanted, warnings))
}

fn read_row(row: &Row) -> Result<Wanted, String> {
    let certificate = row.get("certificate");
    let household = row.get("household").or(certificate).ok_or("has neither household nor certificate")?;
    let relation = row.get("relation").unwrap_or("head");
    if !["head", "spouse", "child", "parent", "other"].contains(&relation) {
        return Err(format!("relation: `{relation}` is not one of head, spouse, child, parent, other"));
    }
    let size: u32 = row.parse_needed("household_size", |text| {
        text.parse().ok().filter(|n| (1..=99).contains(n)).ok_or_else(|| format!("`{text}` is not 1 to 99"))
    })?;
    let proxy = match row.get("proxy") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(format!("proxy: `{other}` is neither true nor false")),
    };
    let district = row.parse_needed("district", district)?;
    let valid_from = row.parse_needed("valid_from", parse_date)?;
    let valid_to = row.parse("valid_to", parse_date)?;
    if valid_to.is_some_and(|last| last < valid_from) {
        return Err("valid_to is before valid_from".into());
    }
    row.parse("consent_on", parse_date)?;
    let tags = row.get("tags").unwrap_or_default().split(';').map(str::trim).filter(|tag| !tag.is_empty());
    let tags = tags.map(identifier).collect::<Result<Vec<_>, _>>().map_err(|problem| format!("tags: {problem}"))?;
    let name = row.need("name")?;
    let private = json!({
        "name": name, "household": household, "certificate": certificate, "street": row.get("street"),
        "consent_on": row.get("consent_on"), "card_number": row.get("card_number"),
    });
    Ok(Wanted {
        line: row.line,
        number: row.parse_needed("id_number", IdNumber::parse)?,
        card: row.parse("card_number", CardNumber::parse)?,
        household: household.into(),
        relation: relation.into(),
        entry: RosterEntry {
            household: String::new(),
            person: String::new(),
            size,
            category: row.parse_needed("category", parse_category)?,
            district,
            tags,
            home_store: row.parse("home_store", identifier)?,
            name: mask_name(name),
            status: row.parse_needed("status", Status::parse)?,
            valid_from,
            valid_to,
            proxy,
        },
        private: private.to_string(),
    })
}

/// A GB/T 2260 code: 2 to 12 digits.
pub fn district(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && (2..=12).contains(&text.len()) {
        Ok(text.into())
    } else {
        Err(format!("`{text}` is not a district code"))
    }
}

/// Rows of one household agree in what belongs to the household.
fn agree(first: &Wanted, other: &Wanted) -> Result<(), String> {
    let differs = |what: &str| Err(format!("{what} differs from line {} of the same household", first.line));
    if first.entry.size != other.entry.size {
        return differs("household_size");
    }
    if first.entry.category != other.entry.category {
        return differs("category");
    }
    if first.entry.district != other.entry.district {
        return differs("district");
    }
    if first.entry.home_store != other.entry.home_store { differs("home_store") } else { Ok(()) }
}

/// Imports a roster file. The error is the file's; anything else is headquarters' own failure.
pub fn import(
    hq: &Hq,
    bytes: &[u8],
    dry_run: bool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Result<Outcome, String>> {
    let (wanted, warnings) = match read(bytes) {
        Ok(read) => read,
        Err(problem) => return Ok(Err(problem)),
    };
    if let Some(problem) = unknown_store(hq, &wanted)? {
        return Ok(Err(problem));
    }
    let stretched = if dry_run { BTreeMap::new() } else { stretch_new(hq, &wanted, progress)? };
    let db = hq.db();
    let tx = db.begin()?;
    for (mac, s) in &stretched {
        people::put_stretched(&tx, &hq.keys, mac, s)?;
    }
    let version = bump(&tx, "roster")?;
    let mut outcome = Outcome { warnings, ..Outcome::default() };
    for one in &wanted {
        put(&tx, &hq.keys, one, version, &mut outcome)?;
    }
    if dry_run {
        // Dropping the transaction takes all of it back.
        return Ok(Ok(outcome));
    }
    tx.execute("INSERT INTO roster_versions (version, published_at) VALUES (?1, ?2)", params![version, now_ms()])?;
    for store in tills::stores(&tx)? {
        rebuild(&tx, &hq.keys, &store, version)?;
    }
    audit(&tx, "cli", "roster import", &format!("{} rows", wanted.len()))?;
    tx.commit()?;
    Ok(Ok(outcome))
}

fn unknown_store(hq: &Hq, wanted: &[Wanted]) -> Result<Option<String>> {
    let db = hq.db();
    let known: BTreeSet<String> = tills::stores(&db.conn)?.into_iter().map(|s| s.code).collect();
    let bad = wanted.iter().find(|one| one.entry.home_store.as_ref().is_some_and(|s| !known.contains(s)));
    Ok(bad.map(|one| {
        let store = one.entry.home_store.clone().unwrap_or_default();
        format!("line {}: home_store: there is no store `{store}`; add it first", one.line)
    }))
}

/// Argon2id of the numbers that are not known yet, on all cores.
fn stretch_new(
    hq: &Hq,
    wanted: &[Wanted],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<BTreeMap<String, [u8; 32]>> {
    let mut new: BTreeMap<String, String> = BTreeMap::new();
    {
        let db = hq.db();
        for one in wanted {
            let card = one.card.as_ref().map(|card| format!("card:{}", card.secret()));
            for text in [Some(one.number.secret().to_owned()), card].into_iter().flatten() {
                let mac = hq.keys.mac("credential", &text);
                if people::stretched(&db.conn, &hq.keys, &mac)?.is_none() {
                    new.insert(mac, text);
                }
            }
        }
    }
    let todo: Vec<(&String, &String)> = new.iter().collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut done = BTreeMap::new();
    for chunk in todo.chunks(cores * 8) {
        let salt = &hq.keys.roster_salt;
        let batch: Result<Vec<(String, [u8; 32])>> = std::thread::scope(|scope| {
            let part = chunk.len().div_ceil(cores);
            let workers: Vec<_> = chunk
                .chunks(part)
                .map(|part| {
                    scope.spawn(move || {
                        let one = |(mac, text): &(&String, &String)| {
                            Ok(((*mac).clone(), stretch(text, salt).map_err(anyhow::Error::msg)?))
                        };
                        part.iter().map(one).collect::<Result<Vec<_>>>()
                    })
                })
                .collect();
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().map_err(|_| anyhow::anyhow!("a digest worker stopped"))??);
            }
            Ok(all)
        });
        done.extend(batch?);
        progress(done.len(), todo.len());
    }
    Ok(done)
}

/// Puts one row in its place, and tells the rest of the household what is the household's.
fn put(tx: &Conn, keys: &Keys, one: &Wanted, version: u64, outcome: &mut Outcome) -> Result<()> {
    let household = people::household_id(tx, keys, &one.household, true)?.context("the household was just made")?;
    let person = people::person_id(tx, keys, one.number.secret())?;
    let card_mac = one.card.as_ref().map(|card| keys.mac("credential", &format!("card:{}", card.secret())));
    let member = Member {
        entry: RosterEntry { household: household.clone(), person: person.clone(), ..one.entry.clone() },
        relation: one.relation.clone(),
        number_mac: keys.mac("credential", one.number.secret()),
        card_mac,
    };
    let present = people::of_household(tx, &household)?;
    let mut same = false;
    match present.iter().find(|(_, m)| m.entry.person == person) {
        None => outcome.added += 1,
        Some((id, m)) => {
            let private = keys.open_sealed(&people::private(tx, *id)?)?;
            same = *m == member && private == one.private.as_bytes();
            *if same { &mut outcome.unchanged } else { &mut outcome.changed } += 1;
        }
    }
    if same {
        return Ok(());
    }
    people::replace(tx, &member, &keys.seal(one.private.as_bytes()), version)?;
    for (id, other) in present.iter().filter(|(_, m)| m.entry.person != person) {
        let e = &one.entry;
        let shared = RosterEntry {
            size: e.size,
            category: e.category.clone(),
            district: e.district.clone(),
            home_store: e.home_store.clone(),
            ..other.entry.clone()
        };
        if shared != other.entry {
            let private = people::private(tx, *id)?;
            people::replace(tx, &Member { entry: shared, ..other.clone() }, &private, version)?;
        }
    }
    Ok(())
}

/// Seals anew what changed in a store's roster.
pub fn rebuild(tx: &Conn, keys: &Keys, store: &StoreRow, version: u64) -> Result<()> {
    let mut wanted: BTreeMap<String, Vec<RosterEntry>> = BTreeMap::new();
    let mut own = BTreeSet::new();
    for member in people::current(tx)? {
        let entry = &member.entry;
        if entry.home_store.as_ref() == Some(&store.code) {
            own.insert(entry.household.clone());
        }
        if store.serves.iter().any(|prefix| entry.district.starts_with(prefix.as_str())) {
            for mac in std::iter::once(&member.number_mac).chain(&member.card_mac) {
                wanted.entry(mac.clone()).or_default().push(entry.clone());
            }
        }
    }
    let roster_key = keys.open_sealed(&store.roster_key_enc)?;
    let present = lists::roster_contents(tx, &store.code)?;
    let credentials = people::credentials(tx, keys)?;
    for (mac, entries) in &wanted {
        let content = keys.mac("content", &serde_json::to_string(entries)?);
        if present.get(mac) == Some(&content) {
            continue;
        }
        // Without what stands for the number there is nothing to seal by; imports compute it first.
        let Some(s) = credentials.get(mac) else {
            continue;
        };
        let slot = Slot::new(s, &roster_key);
        let item = lists::Item { digest: slot.digest(), sealed: slot.seal(entries), deleted: false };
        lists::put_roster(tx, &store.code, mac, &item, &content, version)?;
    }
    for mac in present.keys().filter(|mac| !wanted.contains_key(*mac)) {
        lists::end_roster(tx, &store.code, mac, version)?;
    }
    if !own.is_empty() {
        let version = bump(tx, "balances")?;
        for household in own {
            claims::serve(tx, &store.code, &household, version, "")?;
        }
    }
    Ok(())
}

/// Adds a store with a roster key of its own.
pub fn add_store(hq: &Hq, code: &str, name: &str, district: &str, serves: Vec<String>) -> Result<bool> {
    let db = hq.db();
    let tx = db.begin()?;
    if tills::store(&tx, code)?.is_some() {
        return Ok(false);
    }
    let row = StoreRow {
        code: code.into(),
        name: name.into(),
        district: district.into(),
        serves,
        roster_key_enc: hq.keys.seal(&sync::random::<32>()),
        roster_quarter: quarter(),
    };
    tills::insert_store(&tx, &row)?;
    let version = bump(&tx, "roster")?;
    tx.execute("INSERT INTO roster_versions (version, published_at) VALUES (?1, ?2)", params![version, now_ms()])?;
    rebuild(&tx, &hq.keys, &row, version)?;
    audit(&tx, "cli", "store add", code)?;
    tx.commit()?;
    Ok(true)
}

/// Renews a store's roster key in a new quarter: the whole roster is sealed anew.
pub fn renew_key(hq: &Hq, store: &str) -> Result<()> {
    let db = hq.db();
    let row = tills::store(&db.conn, store)?.context("a till without a store")?;
    if row.roster_quarter == quarter() {
        return Ok(());
    }
    let tx = db.begin()?;
    let row = StoreRow { roster_key_enc: hq.keys.seal(&sync::random::<32>()), roster_quarter: quarter(), ..row };
    tx.execute(
        "UPDATE stores SET roster_key_enc = ?2, roster_quarter = ?3 WHERE code = ?1",
        params![store, row.roster_key_enc, row.roster_quarter],
    )?;
    let version = bump(&tx, "roster")?;
    tx.execute("INSERT INTO roster_versions (version, published_at) VALUES (?1, ?2)", params![version, now_ms()])?;
    lists::clear_roster(&tx, store)?;
    rebuild(&tx, &hq.keys, &row, version)?;
    audit(&tx, "service", "roster key", store)?;
    Ok(tx.commit()?)
}

fn quarter() -> String {
    let date = business_date(now());
    format!("{}-Q{}", date.year(), date.month0() / 3 + 1)
}

/// The roster entry that a claim is judged by: the one of the version that it names, where that was
/// the newest at some time within the 7 days before `at_ms`; else today's.
pub fn entry_for(
    conn: &Conn,
    household: &str,
    person: &str,
    version: Option<u64>,
    at_ms: i64,
) -> Result<Option<RosterEntry>> {
    const SEVEN_DAYS_MS: i64 = 7 * 86_400_000;
    let mut named = None;
    if let Some(version) = version {
        let sql = "SELECT coalesce((SELECT min(published_at) FROM roster_versions WHERE version > ?1), ?2) >= ?2
                     AND count(*) > 0 FROM roster_versions WHERE version = ?1 AND published_at <= ?3";
        let acceptable: bool =
            conn.one(sql, params![version, at_ms - SEVEN_DAYS_MS, at_ms + 60_000], |row| row.get(0))?;
        named = acceptable.then_some(version);
    }
    match people::at_version(conn, household, person, named)? {
        Some(entry) => Ok(Some(entry)),
        // A version that did not know the person yet is no reason to refuse: today's counts.
        None => people::at_version(conn, household, person, None),
    }
}
