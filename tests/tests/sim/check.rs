//! What must be true at the end of every seed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use hq::params;
use serde_json::Value;

use crate::bound;
use crate::ledger::Entry;
use crate::world::{Done, Failure, Outcome, World, fails};

/// A claim or a reversal as headquarters has it.
struct Held {
    till: String,
    date: String,
    fen: i64,
}

/// Reasons that no till of ours may ever be given, whatever happened to it.
const NEVER: [&str; 5] = ["R01", "R02", "R05", "R06", "R10"];
/// Reasons that only a disk that was put back or doubled explains.
const ONLY_AFTER_COPIES: [&str; 3] = ["R07", "R08", "R09"];

/// All checkers; what each found.
pub fn all(world: &mut World<'_>) -> Result<Done, Vec<Failure>> {
    let mut found = Vec::new();
    let mut lost = 0;
    let mut look = |outcome: Outcome| found.extend(outcome.err());
    look(headquarters(world));
    look(chains(world));
    look(once(world).map(|count| lost = count));
    look(books(world));
    look(totals(world));
    look(agreed(world));
    look(public_log(world));
    let mut late = 0;
    look(bound::check(world).map(|count| late = count));
    if found.is_empty() { Ok(Done { late, ..world.done(lost) }) } else { Err(found) }
}

/// Chains, signatures, and that balances are the sum of what was granted: headquarters' own look.
fn headquarters(world: &World<'_>) -> Outcome {
    match world.net.at_headquarters(hq::service::verify::verify)? {
        Ok(_) => Ok(()),
        Err(problem) => fails("headquarters", problem),
    }
}

/// The public log grew only, as every till saw it; and an export of all days satisfies whoever has nothing but
/// headquarters' public key.
fn public_log(world: &World<'_>) -> Outcome {
    if let Some(fault) = world.net.state().log_faults.first() {
        return fails("log", fault.clone());
    }
    let date = |text| domain::time::parse_date(text).map_err(anyhow::Error::msg);
    let (from, to) = (date("2026-01-01")?, date("2027-12-31")?);
    let checked = world.net.at_headquarters(|hq| {
        let mut bytes = Vec::new();
        let exported = hq::service::log::export(hq, from, to, &mut bytes)?;
        let trusted = verify::Trusted::read(&exported.key).context("a thumbprint")?;
        Ok(verify::check(&bytes[..], &trusted, &[]).map(|_| ()))
    })?;
    checked.or_else(|problem| fails("log", problem))
}

/// Every till's chain and sales, by the till's own look.
fn chains(world: &mut World<'_>) -> Outcome {
    for machine in &mut world.machines {
        machine.look_at_clock();
        if let Err(problem) = pos::commands::verify::run(&machine.dir) {
            return fails("chains", format!("till {}: {problem:#}", machine.id));
        }
    }
    Ok(())
}

fn claims(world: &World<'_>) -> Result<Vec<(String, Held)>> {
    let sql = "SELECT uuid, store, till, coalesce(business_date, ''), claimed_fen FROM claims ORDER BY id";
    world.net.at_headquarters(|hq| {
        hq.db().conn.all(sql, params![], |row| {
            let till = format!("{}/{}", row.get::<String>(1)?, row.get::<String>(2)?);
            Ok((row.get(0)?, Held { till, date: row.get(3)?, fen: row.get(4)? }))
        })
    })
}

fn reversals(world: &World<'_>) -> Result<Vec<(String, Held)>> {
    let sql = "SELECT r.uuid, r.jws FROM reversals v JOIN records r ON r.id = v.record_id ORDER BY r.id";
    let rows: Vec<(String, String)> =
        world.net.at_headquarters(|hq| hq.db().conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?))))?;
    rows.into_iter()
        .map(|(uuid, jws)| {
            let said = pos::outbox::payload_of(&jws).map_err(anyhow::Error::msg)?;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let claim =
                domain::money::Money::parse_signed(&text(&said["totals"]["claim"])).map_err(anyhow::Error::msg)?;
            let till = format!("{}/{}", text(&said["store"]), text(&said["till"]));
            Ok((uuid, Held { till, date: text(&said["business_date"]), fen: claim.fen_i64() }))
        })
        .collect()
}

/// Everything that a till wrote is at headquarters exactly once, and nothing else is. Only what no disk has
/// any more, and what never reached headquarters (or only one that was put back to before), may be missing:
/// how much of that there is.
fn once(world: &World<'_>) -> Result<u64, Failure> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (uuid, _) in claims(world)?.into_iter().chain(reversals(world)?) {
        *counts.entry(uuid).or_default() += 1;
    }
    let mut lost = 0;
    let at_hq = world.net.state().at_hq.clone();
    for entry in &world.ledger.entries {
        let count = counts.remove(&entry.id).unwrap_or(0);
        let may_be_lost = entry.disks.is_empty() && !at_hq.contains(&entry.id);
        if count > 1 || (count == 0 && !may_be_lost) {
            return fails("once", format!("{} is {count} times at headquarters", shown(entry)));
        }
        lost += u64::from(count == 0);
    }
    match counts.first_key_value() {
        Some((uuid, _)) => fails("once", format!("headquarters has {uuid}, which nobody rang up")),
        None => Ok(lost),
    }
}

fn shown(entry: &Entry) -> String {
    let what = if entry.of.is_some() { "return" } else { "sale" };
    format!("the {what} {} of {} ({}, {} fen, {})", entry.number, entry.till, entry.date, entry.fen, entry.id)
}

/// For each till and day: what the receipts come to is what headquarters was asked for, to the fen.
fn books(world: &World<'_>) -> Outcome {
    for (what, held) in [("claims", claims(world)?), ("reversals", reversals(world)?)] {
        let there: BTreeSet<&String> = held.iter().map(|(uuid, _)| uuid).collect();
        let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
        for (_, held) in &held {
            sums.entry((held.till.clone(), held.date.clone())).or_default().0 += held.fen;
        }
        let own = world.ledger.entries.iter().filter(|e| e.of.is_some() == (what == "reversals"));
        for entry in own.filter(|e| there.contains(&e.id)) {
            sums.entry((entry.till.clone(), entry.date.clone())).or_default().1 += entry.fen;
        }
        for ((till, date), (asked, own)) in sums {
            if asked != own {
                return fails(
                    "books",
                    format!("{what} of {till} on {date}: {asked} fen at headquarters, {own} on receipts"),
                );
            }
        }
    }
    Ok(())
}

/// A till that was never put back or doubled knows all that it ever claimed.
fn totals(world: &mut World<'_>) -> Outcome {
    if !world.faults.keeps_disks() {
        return Ok(());
    }
    for m in 0..world.machines.len() {
        let own = world.ledger.entries.iter().filter(|e| e.disks.contains(&m));
        let expected: i64 = own.map(|e| if e.of.is_some() { -e.fen } else { e.fen }).sum();
        let head = world.machines[m].driver()?.shop.store.head().map_err(anyhow::Error::from)?;
        let told = head.map_or(0, |head| head.total_claimed.fen_i64());
        if told != expected {
            return fails(
                "totals",
                format!("till {m} says it claimed {told} fen in all; its receipts come to {expected}"),
            );
        }
    }
    Ok(())
}

/// Whether headquarters has goods of a claim in another group than its till had: what comes into a programme's reach
/// takes of its limit what the till gave to other goods.
fn is_regrouped(said: &Value, own: &str) -> bool {
    let own: Value = serde_json::from_str(own).unwrap_or_default();
    let lines = |of: &Value| -> BTreeMap<u64, bool> {
        let is_out = |line: &Value| Some((line["line"].as_u64()?, line["reason"] == "not_in_scope"));
        of.as_array().into_iter().flatten().filter_map(is_out).collect()
    };
    lines(&said["lines"]) != lines(&own)
}

/// What a family's limits were moved by, for whoever looks into a finding.
fn moved(world: &World<'_>, household: &str) -> Result<Vec<String>> {
    let sql = "SELECT r.kind, r.uuid, m.till_id, r.received_at, m.programme, m.limit_id, m.period, m.milli
               FROM movements m JOIN records r ON r.id = m.record_id WHERE m.household = ?1 ORDER BY m.id";
    world.net.at_headquarters(|hq| {
        hq.db().conn.all(sql, params![household], |row| {
            let (kind, uuid, till, at): (String, String, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let (programme, limit, period): (String, String, String) = (row.get(4)?, row.get(5)?, row.get(6)?);
            let milli: i64 = row.get(7)?;
            Ok(format!("{at} {kind} {uuid} of till {till}: {programme} {limit} {period} {milli}"))
        })
    })
}

/// Headquarters comes to what the tills came to: it cuts nothing that an honest till claims, but where its
/// product groups changed, and holds nothing for a reason that did not happen.
fn agreed(world: &World<'_>) -> Outcome {
    let sql = "SELECT c.uuid, e.detail, c.own, r.jws FROM claims c JOIN records r ON r.id = c.record_id
               JOIN claim_events e ON e.claim_id = c.id AND e.event = 'judged' ORDER BY c.id";
    let rows: Vec<(String, String, String, String)> = world.net.at_headquarters(|hq| {
        hq.db().conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    })?;
    for (uuid, detail, own, jws) in rows {
        let judged: Value = serde_json::from_str(&detail).map_err(anyhow::Error::from)?;
        let has = |reason: &str| judged["reasons"].as_array().into_iter().flatten().any(|r| r == reason);
        let said = pos::outbox::payload_of(&jws).unwrap_or_default();
        let is_cut = judged["state"] == "adjusted" && !has("R04") && world.faults.keeps_disks();
        let is_cut = is_cut && !is_regrouped(&said, &own);
        let is_wrong = NEVER.iter().any(|r| has(r))
            // Headquarters that was restored may give a version's number to another version.
            || !world.faults.restores_hq && has("R17")
            || world.faults.keeps_disks() && ONLY_AFTER_COPIES.iter().any(|r| has(r))
            || !world.faults.steps_clocks && world.faults.keeps_disks() && has("R11");
        if is_cut || is_wrong {
            let entry = world.ledger.entries.iter().find(|e| e.id == uuid);
            let what = entry.map_or_else(|| uuid.clone(), shown);
            let moved = moved(world, said["household"].as_str().unwrap_or_default())?.join("\n");
            let told =
                format!("{what} was judged {detail}; it says {said}, headquarters {own}; of the family:\n{moved}");
            return fails("agreed", told);
        }
    }
    Ok(())
}
