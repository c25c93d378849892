//! What stores get: each credential's entries, sealed for each store.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::household::RosterEntry;
use sync::roster::{Slot, stretch};

use super::Hq;
use super::read::File;
use super::work::spread;
use crate::keys::Keys;
use crate::store::people;
use crate::store::sql::Conn;
use crate::store::tills::{self, StoreRow};
use crate::store::{bump, claims, lists};

/// From so many credentials on, all of the roster is read at once.
const MANY: usize = 300;

/// What stands for a number: hash, and the digest that costs tens of milliseconds.
pub type Stretched = Vec<(String, [u8; 32])>;

/// Argon2id of the file's numbers that are not known yet, on all cores.
pub fn stretch_new(hq: &Hq, file: &File, progress: &mut dyn FnMut(usize, usize)) -> Result<Stretched> {
    let texts = spread(&file.rows, &|one| {
        let number = one.number.secret().to_owned();
        let card = one.card.as_ref().map(|card| format!("card:{}", card.secret()));
        let mac = |text: String| (hq.keys.mac("credential", &text), text);
        [Some(number), card].map(|text| text.map(mac))
    });
    let known = people::credential_macs(&hq.reading().conn)?;
    let new: BTreeMap<String, String> =
        texts.into_iter().flatten().flatten().filter(|(mac, _)| !known.contains(mac)).collect();
    let todo: Vec<(String, String)> = new.into_iter().collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut done: Stretched = Vec::with_capacity(todo.len());
    for chunk in todo.chunks(cores * 8) {
        let salt = &hq.keys.roster_salt;
        for one in spread(chunk, &|(mac, text)| Ok((mac.clone(), stretch(text, salt).map_err(anyhow::Error::msg)?))) {
            let one: Result<(String, [u8; 32])> = one;
            done.push(one?);
        }
        progress(done.len(), todo.len());
    }
    Ok(done)
}

/// Keeps them.
pub fn put_stretched(tx: &Conn, keys: &Keys, stretched: &Stretched) -> Result<()> {
    for (mac, s) in stretched {
        people::put_stretched(tx, keys, mac, s)?;
    }
    Ok(())
}

/// Makes one credential known, such as a new card's.
pub fn make_known(hq: &Hq, text: &str) -> Result<(String, Stretched)> {
    let mac = hq.keys.mac("credential", text);
    if people::stretched(&hq.reading().conn, &hq.keys, &mac)?.is_some() {
        return Ok((mac, Vec::new()));
    }
    let s = stretch(text, &hq.keys.roster_salt).map_err(anyhow::Error::msg)?;
    Ok((mac.clone(), vec![(mac, s)]))
}

/// Entries by the credentials that open them, and what stands for those.
struct Opened {
    entries: BTreeMap<String, Vec<RosterEntry>>,
    credentials: BTreeMap<String, Vec<u8>>,
}

impl Opened {
    /// Of all credentials, or of those that are named.
    fn load(tx: &Conn, only: Option<&BTreeSet<String>>) -> Result<Self> {
        if let Some(only) = only.filter(|only| only.len() < MANY) {
            let mut opened = Self { entries: BTreeMap::new(), credentials: BTreeMap::new() };
            for mac in only {
                opened.entries.insert(mac.clone(), people::opened_by(tx, mac)?);
                let sealed = people::stretched_enc(tx, mac)?;
                opened.credentials.extend(sealed.map(|sealed| (mac.clone(), sealed)));
            }
            return Ok(opened);
        }
        let blocked: BTreeSet<String> = people::blocked(tx)?.into_iter().collect();
        let mut entries: BTreeMap<String, Vec<RosterEntry>> = BTreeMap::new();
        for row in people::current(tx)? {
            let member = row.member;
            if blocked.contains(&member.entry.household) {
                continue;
            }
            for mac in std::iter::once(member.number_mac).chain(member.card_mac) {
                if only.is_none_or(|only| only.contains(&mac)) {
                    entries.entry(mac).or_default().push(member.entry.clone());
                }
            }
        }
        Ok(Self { entries, credentials: people::credentials(tx)? })
    }
}

/// Seals anew what changed for every store.
pub fn refresh(tx: &Conn, keys: &Keys, version: u64, touched: &BTreeSet<String>) -> Result<()> {
    if touched.is_empty() {
        return Ok(());
    }
    let opened = Opened::load(tx, Some(touched))?;
    let none = Vec::new();
    for store in tills::stores(tx)? {
        let wanted = touched.iter().map(|mac| (mac.as_str(), opened.entries.get(mac).unwrap_or(&none)));
        seal(tx, keys, &store, version, &opened, wanted)?;
    }
    Ok(())
}

/// Seals all of a store's roster.
pub fn rebuild(tx: &Conn, keys: &Keys, store: &StoreRow, version: u64) -> Result<()> {
    let opened = Opened::load(tx, None)?;
    let present = lists::roster_contents(tx, &store.code)?;
    let none = Vec::new();
    let gone = present.keys().filter(|mac| !opened.entries.contains_key(*mac)).map(|mac| (mac.as_str(), &none));
    let wanted = opened.entries.iter().map(|(mac, entries)| (mac.as_str(), entries)).chain(gone);
    seal(tx, keys, store, version, &opened, wanted)
}

fn seal<'a>(
    tx: &Conn,
    keys: &Keys,
    store: &StoreRow,
    version: u64,
    opened: &Opened,
    wanted: impl Iterator<Item = (&'a str, &'a Vec<RosterEntry>)>,
) -> Result<()> {
    let roster_key = keys.open_sealed(&store.roster_key_enc)?;
    let serves = |entry: &&RosterEntry| store.serves.iter().any(|prefix| entry.district.starts_with(prefix.as_str()));
    let wanted: Vec<(&str, Vec<&RosterEntry>)> =
        wanted.map(|(mac, entries)| (mac, entries.iter().filter(serves).collect())).collect();
    let present = if wanted.len() < MANY {
        lists::roster_contents_of(tx, &store.code, wanted.iter().map(|(mac, _)| *mac))?
    } else {
        lists::roster_contents(tx, &store.code)?
    };
    let sealed = spread(&wanted, &|(mac, entries)| {
        one(keys, &roster_key, present.get(*mac), opened.credentials.get(*mac), entries)
    });
    for ((mac, _), sealed) in wanted.iter().zip(sealed) {
        match sealed? {
            Sealed::Same => {}
            Sealed::Gone => lists::end_roster(tx, &store.code, mac, version)?,
            Sealed::Put(item, content) => lists::put_roster(tx, &store.code, mac, &item, &content, version)?,
        }
    }
    let own: BTreeSet<&str> = wanted
        .iter()
        .flat_map(|(mac, _)| opened.entries.get(*mac))
        .flatten()
        .filter(|entry| entry.home_store.as_ref() == Some(&store.code))
        .map(|entry| entry.household.as_str())
        .collect();
    if !own.is_empty() {
        let version = bump(tx, "balances")?;
        for household in own {
            claims::serve(tx, &store.code, household, version, "")?;
        }
    }
    Ok(())
}

enum Sealed {
    Same,
    Gone,
    Put(lists::Item, String),
}

fn one(
    keys: &Keys,
    roster_key: &[u8],
    present: Option<&String>,
    credential: Option<&Vec<u8>>,
    entries: &[&RosterEntry],
) -> Result<Sealed> {
    if entries.is_empty() {
        return Ok(if present.is_some() { Sealed::Gone } else { Sealed::Same });
    }
    let content = keys.mac("content", &serde_json::to_string(entries)?);
    if present == Some(&content) {
        return Ok(Sealed::Same);
    }
    // Without what stands for the number there is nothing to seal by; imports compute it first.
    let Some(credential) = credential else { return Ok(Sealed::Same) };
    let Ok(s) = <[u8; 32]>::try_from(keys.open_sealed(credential)?) else { return Ok(Sealed::Same) };
    let slot = Slot::new(&s, roster_key);
    let entries: Vec<RosterEntry> = entries.iter().map(|entry| (*entry).clone()).collect();
    Ok(Sealed::Put(lists::Item { digest: slot.digest(), sealed: slot.seal(&entries), deleted: false }, content))
}
