//! Doing what a plan says, within one transaction.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use domain::household::RosterEntry;

use super::plan::{Change, Plan};
use super::state::State;
use super::work::spread;
use crate::keys::Keys;
use crate::store::people::{self, Member};
use crate::store::roster;
use crate::store::sql::Conn;

/// Does it; the credentials whose entries changed.
pub fn apply(tx: &Conn, keys: &Keys, state: &State, plan: &Plan, version: u64) -> Result<BTreeSet<String>> {
    let sealed = spread(&plan.changes, &|change| sealed(keys, change));
    let mut touched = BTreeSet::new();
    let mut households: Vec<Option<String>> = plan.groups.iter().map(|group| group.household.clone()).collect();
    let mut persons: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for (group, id) in plan.groups.iter().zip(&mut households) {
        let is_new = id.is_none();
        if is_new {
            let made = people::make_household(tx, keys, &group.name)?;
            roster::first_review(tx, &made, &group.category)?;
            *id = Some(made);
        }
        let id = id.as_deref().context("the household was just made")?;
        if let Some(mac) = group.certificate_mac.as_ref().filter(|mac| !state.names.contains_key(*mac)) {
            people::name_household(tx, mac, id, "certificate")?;
        }
        if plan.by_name && !is_new && !state.names.contains_key(&group.name_mac) {
            people::name_household(tx, &group.name_mac, id, "name")?;
        }
    }
    for (change, sealed) in plan.changes.iter().zip(sealed) {
        if change.kind == super::plan::Kind::Absent {
            continue;
        }
        let before = change.before.and_then(|at| state.rows.get(at));
        if let Some(row) = before {
            touched.insert(row.member.number_mac.clone());
            touched.extend(row.member.card_mac.clone());
        }
        let Some(after) = &change.after else {
            let row = before.context("a row that ends was there")?;
            people::end(tx, &row.member.entry.person, &row.member.entry.household, version)?;
            continue;
        };
        let mut entry = after.entry.clone();
        if entry.household.is_empty() {
            let made = change.group.and_then(|at| households.get(at)).cloned().flatten();
            entry.household = made.context("a new row has a household")?;
        }
        if entry.person.is_empty() {
            entry.person = person(tx, keys, &mut persons, change, &after.number_mac)?;
        }
        let member = Member { entry: RosterEntry { ..entry }, ..after.clone() };
        touched.insert(member.number_mac.clone());
        touched.extend(member.card_mac.clone());
        match (sealed?, before) {
            (Some((private, mac)), None) => people::insert(tx, &member, (&private, &mac), version)?,
            (Some((private, mac)), Some(row)) => people::follow(tx, row.id, &member, (&private, &mac), version)?,
            (None, Some(row)) => {
                people::follow(tx, row.id, &member, (&row.private_enc, &row.private_mac), version)?;
            }
            (None, None) => anyhow::bail!("a new row without its private part"),
        }
    }
    Ok(touched)
}

type Sealed = Option<(Vec<u8>, String)>;

fn sealed(keys: &Keys, change: &Change) -> Result<Sealed> {
    let Some(private) = &change.private else { return Ok(None) };
    Ok(Some((keys.seal(private.text()?.as_bytes()), private.mac(keys)?)))
}

/// The person of a new row; somebody may be new in two households.
fn person(
    tx: &Conn,
    keys: &Keys,
    made: &mut std::collections::BTreeMap<String, String>,
    change: &Change,
    number_mac: &str,
) -> Result<String> {
    if let Some(id) = made.get(number_mac) {
        return Ok(id.clone());
    }
    let number = change.number.as_ref().context("somebody new has a number")?;
    let id = people::make_person(tx, number_mac, &keys.seal(number.secret().as_bytes()))?;
    made.insert(number_mac.to_owned(), id.clone());
    Ok(id)
}
