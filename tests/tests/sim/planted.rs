//! Planted faults, and that each is found by the checker that is named.

use anyhow::{Context as _, Result};
use domain::money::Money;
use domain::record::RecordKind;
use domain::till::{Finished, OpenSale, Screen, holding};
use domain::time::parse_rfc3339;
use hq::params;
use pos::seal::{Statement, sign};
use pos::shop::fresh_id;

use crate::faults::Faults;
use crate::machine::Machine;
use crate::rig::Rig;
use crate::template::Template;
use crate::world::{Outcome, Plan, World, run};

/// What of a record is not its statement.
const ENVELOPE: [&str; 13] = [
    "v",
    "kind",
    "id",
    "store",
    "till",
    "epoch",
    "seq",
    "prev",
    "at",
    "business_date",
    "cashier",
    "sale",
    "total_claimed",
];

/// The till asks a fen more than the rules give, where the store bears a part that hides it.
pub fn one_fen_more(sale: &mut OpenSale) {
    let Some(priced) = sale.priced.as_mut() else { return };
    let fen = Money::from_fen(1);
    let Some(line) = priced.lines.iter_mut().find(|line| line.concession > Money::ZERO && line.subsidy > Money::ZERO)
    else {
        return;
    };
    line.subsidy += fen;
    line.concession -= fen;
    priced.totals.subsidy += fen;
    priced.totals.concession -= fen;
    priced.totals.claim += fen;
}

/// The till takes the hold of another basket for one of this.
pub fn under_another_hold(machine: &mut Machine) -> Result<()> {
    let driver = machine.driver()?;
    let cx = driver.context();
    let present = holding::wanted(&driver.till, &cx);
    if let (Some(ask), Screen::Sale { sale, .. }) = (present, &mut driver.till.screen)
        && let Some(held) = sale.held.as_mut()
    {
        (held.ask, held.is_past) = (ask, false);
    }
    Ok(())
}

/// What is wrong with a till once it has sold.
pub fn after_sale(machine: &mut Machine, sold: &Finished) -> Result<()> {
    let Some(id) = sold.claims.first() else { return Ok(()) };
    match machine.rig {
        Rig::ClaimsTwice => claim_again(machine, id),
        Rig::WrongTotal => {
            let store = &machine.driver()?.shop.store;
            let fen: i64 = store.setting("total_claimed_fen")?.context("a running total")?.parse()?;
            Ok(store.set_setting("total_claimed_fen", &(fen + 1).to_string())?)
        }
        _ => Ok(()),
    }
}

fn claim_again(machine: &mut Machine, id: &str) -> Result<()> {
    let said = machine.said(id)?;
    let mut body = said.as_object().context("a claim")?.clone();
    body.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
    let at = parse_rfc3339(said["at"].as_str().unwrap_or_default()).map_err(anyhow::Error::msg)?;
    let shop = &mut machine.driver()?.shop;
    let identity = shop.enrolled()?.clone();
    let claimed = Money::parse_signed(said["totals"]["claim"].as_str().unwrap_or("0")).map_err(anyhow::Error::msg)?;
    let statement = Statement {
        claimed,
        sale: said["sale"].as_str().map(Into::into),
        ..Statement::plain(RecordKind::Claim, fresh_id(at), at, said["cashier"].as_str().map(Into::into), body)
    };
    Ok(shop.store.append(None, "claim", id, |head| Ok(sign(&identity, head, statement)))?)
}

/// What is wrong in headquarters' database, planted after the last round.
pub fn in_database(world: &mut World<'_>) -> Outcome {
    let Some(statements) = world.rig.in_database() else { return Ok(()) };
    world.net.at_headquarters(|hq| {
        let db = hq.db();
        db.conn.batch("PRAGMA foreign_keys = OFF")?;
        for sql in statements {
            db.conn.execute(sql, params![])?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Seeds within which a planted fault must be found.
const WITHIN: u64 = 6;

/// Three tills, so many families of which most are served, two days.
fn is_found_among(families: usize, rig: Rig, faults: Faults, checkers: &[&str]) {
    is_found_by(families, rig, faults, checkers, false);
}

fn is_found_by(families: usize, rig: Rig, faults: Faults, checkers: &[&str], online: bool) {
    let _alone = crate::alone();
    let template = Template::build([2, 1, 0], families).unwrap();
    let mut told = Vec::new();
    for seed in 1..=WITHIN {
        let plan = Plan { rig, faults: Some(faults), online, ..Plan::days(seed, 2, 40) };
        match run(&template, &plan) {
            Ok(_) => told.push(format!("seed {seed}: nothing")),
            Err((found, _)) if found.iter().any(|failure| checkers.contains(&failure.checker)) => return,
            Err((found, _)) => told.push(format!("seed {seed}: {found:?}")),
        }
    }
    panic!("{rig:?} is not found by {checkers:?}: {told:#?}");
}

fn is_found(rig: Rig, faults: Faults, checkers: &[&str]) {
    is_found_among(8, rig, faults, checkers);
}

/// A way that loses a little.
fn lossy() -> Faults {
    Faults { lose_request: 6, lose_answer: 6, ..Faults::default() }
}

#[test]
fn a_till_that_forgets_what_it_did_not_send() {
    is_found(Rig::ForgetsUnsent, Faults::default(), &["quiet"]);
}

#[test]
fn a_till_that_believes_without_a_receipt() {
    is_found(Rig::BelievesWithoutReceipt, lossy(), &["quiet", "once"]);
}

#[test]
fn a_till_that_loses_what_was_not_flushed_and_uses_its_numbers_again() {
    is_found(Rig::LosesUnflushed, Faults::default(), &["day", "once"]);
}

#[test]
fn a_till_that_claims_twice() {
    is_found(Rig::ClaimsTwice, Faults::default(), &["once"]);
}

#[test]
fn a_till_that_asks_a_fen_more() {
    is_found(Rig::OneFenMore, Faults::default(), &["day", "books"]);
}

#[test]
fn a_till_that_does_not_listen_to_balances() {
    is_found_among(2, Rig::IgnoresBalances, Faults::default(), &["bound"]);
}

#[test]
fn a_till_whose_running_total_is_off() {
    is_found(Rig::WrongTotal, Faults::default(), &["totals"]);
}

#[test]
fn a_way_that_swallows_records_and_forges_receipts() {
    is_found(Rig::Swallows, Faults::default(), &["once"]);
}

#[test]
fn a_till_that_pays_under_a_hold_of_another_basket() {
    is_found(Rig::UnderAnotherHold, Faults::default(), &["agreed"]);
}

#[test]
fn headquarters_that_forgets_what_it_holds() {
    is_found_by(2, Rig::ForgetsHolds, Faults::default(), &["bound"], true);
}

#[test]
fn a_balance_that_was_changed() {
    is_found(Rig::BalanceChanged, Faults::default(), &["headquarters"]);
}

#[test]
fn a_claim_that_was_deleted() {
    is_found(Rig::ClaimDeleted, Faults::default(), &["headquarters"]);
}

#[test]
fn a_movement_that_was_counted_twice() {
    is_found(Rig::MovementDoubled, Faults::default(), &["headquarters"]);
}

#[test]
fn a_reversal_that_was_dropped() {
    is_found(Rig::ReversalDropped, Faults::default(), &["once"]);
}

#[test]
fn a_decision_that_balances_do_not_know() {
    is_found(Rig::GrantedWithoutBalances, Faults::default(), &["headquarters"]);
}

#[test]
fn a_record_that_was_changed() {
    is_found(Rig::RecordChanged, Faults::default(), &["headquarters"]);
}
