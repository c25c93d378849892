//! People decide on claims. Whatever changes a claim's state goes through [`set_state`].

mod not_done;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use domain::money::Money;
use serde_json::{Value, json};

use super::Hq;
use super::access::Action;
use super::judge::Posted;
use super::judge::share::{self, Given, Share};
use super::session::Person;
use super::{funds, signs, stated};
use crate::store::claims::{self, Claim};
use crate::store::sql::Conn;
use crate::store::{audit, bump, disputes, facts, reviews};

pub use not_done::NotDone;

/// Most claims of one decision.
pub const MOST_AT_ONCE: usize = 200;
/// Longest reason in words, in characters.
const LONGEST_NOTE: usize = 1_000;

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A held claim gets what headquarters came to.
    LetGo,
    /// Of each named line at most so much of the funds' money, of others all that was claimed.
    Grant(BTreeMap<u32, Money>),
    /// Nothing.
    Reject,
    /// It waits again.
    Hold,
    /// The store is right: so much of each named line, of others all that was claimed.
    Uphold(BTreeMap<u32, Money>),
    /// The store is not right: what was granted before stays; of a held claim nothing is granted.
    Refuse,
}

impl Verdict {
    /// The code of histories.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LetGo => "let_go",
            Self::Grant(_) => "grant",
            Self::Reject => "reject",
            Self::Hold => "hold",
            Self::Uphold(_) => "uphold",
            Self::Refuse => "refuse",
        }
    }

    /// States in which a claim can be decided so.
    pub fn from(&self) -> &'static [&'static str] {
        match self {
            Self::LetGo => &["held"],
            Self::Grant(_) | Self::Reject => &["held", "adjusted"],
            Self::Hold => &["accepted", "adjusted", "rejected", "reviewed"],
            Self::Uphold(_) | Self::Refuse => &["disputed"],
        }
    }

    /// Whether it is to be said why.
    fn needs_note(&self) -> bool {
        match self {
            Self::LetGo | Self::Uphold(_) => false,
            Self::Grant(_) | Self::Reject | Self::Hold | Self::Refuse => true,
        }
    }

    /// Whether several claims can be decided so at once.
    pub fn is_for_many(&self) -> bool {
        matches!(self, Self::LetGo | Self::Reject)
    }
}

/// A decision, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub verdict: Verdict,
    /// A reason code, where the decision has one.
    pub code: Option<String>,
    /// Why, in words.
    pub note: String,
}

/// A claim as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Row.
    pub id: i64,
    /// Version of its state.
    pub version: u64,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Row.
    pub id: i64,
    /// Its state now.
    pub state: &'static str,
    /// What is granted now.
    pub granted: Money,
}

/// Sets a claim's state, notes that in its history and tells the store's tills. The caller's
/// transaction holds whatever else changes with it. A step that no claim takes is an error.
pub fn set_state(conn: &Conn, claim_id: i64, state: &str, who: &str, event: &str, detail: &Value) -> Result<()> {
    let (before, _) = reviews::stands(conn, claim_id)?.context("there is no such claim")?;
    if !may_become(&before, state) {
        bail!("a claim that is {before} does not become {state}");
    }
    reviews::set_state(conn, claim_id, state, bump(conn, "decisions")?)?;
    // What its funds have reserved, granted and paid follows.
    funds::count(conn, claim_id)?;
    reviews::note(conn, claim_id, who, event, &detail.to_string())
}

/// The steps of a claim's life. A batch that is taken apart gives its claims back as they were.
pub fn may_become(from: &str, to: &str) -> bool {
    let from_any = |states: &[&str]| states.contains(&from);
    match to {
        "accepted" | "adjusted" => from_any(&["held", "adjusted", "batched", "approved"]),
        "rejected" => from_any(&["held", "adjusted"]),
        "held" => from_any(&["held", "accepted", "adjusted", "rejected", "reviewed"]),
        "disputed" => from_any(&["held", "adjusted", "rejected"]),
        "reviewed" => from_any(&["disputed", "batched", "approved"]),
        "batched" => from_any(&["accepted", "adjusted", "reviewed", "approved"]),
        "approved" => from_any(&["batched", "paid"]),
        "paid" => from_any(&["approved"]),
        "confirmed" => from_any(&["paid"]),
        _ => false,
    }
}

/// Decides on claims, all of them or none, as the person saw them.
pub fn decide(hq: &Hq, person: &Person, seen: &[Seen], order: &Order) -> Result<Result<Vec<Decided>, NotDone>> {
    if let Err(why) = may_order(person, seen, order) {
        return Ok(Err(why));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let mut chosen = Vec::with_capacity(seen.len());
    for one in seen {
        match open(&tx, person, *one, order)? {
            Ok(claim) => chosen.push(claim),
            Err(why) => return Ok(Err(why)),
        }
    }
    if !are_alike(&chosen) {
        return Ok(Err(NotDone::Unlike));
    }
    let mut done = Vec::with_capacity(chosen.len());
    for claim in &chosen {
        match one(&tx, person, claim, order)? {
            Ok(decided) => done.push(decided),
            Err(why) => return Ok(Err(why)),
        }
    }
    let ids: Vec<&str> = chosen.iter().map(|c| c.uuid.as_str()).collect();
    let detail = json!({"claims": ids, "verdict": order.verdict.code(), "code": order.code, "note": order.note});
    audit(&tx, &person.name, "decide claim", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(done))
}

/// Whether claims can be decided together: one store, one state, the same reasons.
pub fn are_alike(claims: &[Claim]) -> bool {
    let mut keys = claims.iter().map(|c| (&c.store, &c.state, &c.reasons));
    keys.next().is_none_or(|first| keys.all(|key| key == first))
}

fn may_order(person: &Person, seen: &[Seen], order: &Order) -> Result<(), NotDone> {
    if !person.role.may_do(Action::DecideClaim) {
        return Err(NotDone::Role);
    }
    let note = order.note.trim();
    if (note.is_empty() && order.verdict.needs_note()) || note.chars().count() > LONGEST_NOTE {
        return Err(NotDone::Words);
    }
    let known = |code: &String| code.len() == 3 && code.starts_with('R') && code[1..].parse::<u8>().is_ok();
    if order.code.as_ref().is_some_and(|code| !known(code)) {
        return Err(NotDone::Words);
    }
    if matches!(order.verdict, Verdict::Reject | Verdict::Grant(_)) && order.code.is_none() {
        return Err(NotDone::Words);
    }
    let too_many = seen.is_empty() || seen.len() > MOST_AT_ONCE || (seen.len() > 1 && !order.verdict.is_for_many());
    if too_many { Err(NotDone::Unlike) } else { Ok(()) }
}

/// The claim, if this person may decide on it and it stands as it was seen.
fn open(tx: &Conn, person: &Person, seen: Seen, order: &Order) -> Result<Result<Claim, NotDone>> {
    let Some(claim) = claims::by_id(tx, seen.id)? else { return Ok(Err(NotDone::Gone)) };
    let district = reviews::district(tx, &claim.store)?.unwrap_or_default();
    if !person.district.as_deref().is_none_or(|own| district.starts_with(own)) {
        return Ok(Err(NotDone::Gone));
    }
    if let Some(household) = &claim.household
        && reviews::is_own(tx, &person.name, household)?
    {
        return Ok(Err(NotDone::Own));
    }
    let (state, version) = reviews::stands(tx, seen.id)?.context("a claim that was there")?;
    if version != seen.version {
        let last = reviews::events(tx, seen.id)?.pop();
        return Ok(Err(NotDone::Changed { state, last: last.map(Box::new) }));
    }
    if !order.verdict.from().contains(&state.as_str()) {
        return Ok(Err(NotDone::State(state)));
    }
    Ok(Ok(claim))
}

/// Decides on one claim.
fn one(tx: &Conn, person: &Person, claim: &Claim, order: &Order) -> Result<Result<Decided, NotDone>> {
    let Some((said, at_ms)) = share::stated(tx, claim)? else { return Ok(Err(NotDone::Unreadable)) };
    let give = |given: &Given| share::share(tx, &said, at_ms, given);
    let (state, share) = match &order.verdict {
        Verdict::LetGo => match offer(tx, claim, &said)? {
            Some(share) => (granted_state(&share), share),
            None => return Ok(Err(NotDone::NoOffer)),
        },
        Verdict::Grant(lines) | Verdict::Uphold(lines) => {
            if let Some(line) = too_high(&said, lines) {
                return Ok(Err(NotDone::Amount(line)));
            }
            let share = give(&Given::Lines(lines.clone()))?;
            let is_answer = matches!(order.verdict, Verdict::Uphold(_));
            (if is_answer { "reviewed" } else { granted_state(&share) }, share)
        }
        Verdict::Reject => ("rejected", give(&Given::Nothing)?),
        Verdict::Hold => {
            hold(tx, claim, &said, at_ms)?;
            let now = claims::by_id(tx, claim.id)?.context("a claim that was there")?;
            return finish(tx, person, claim, order, "held", Money::from_fen(now.granted_fen.into())).map(Ok);
        }
        Verdict::Refuse => {
            let before = disputes::newest(tx, claim.id)?.map(|d| d.before).unwrap_or_default();
            let share = if before == "adjusted" {
                share::of(&said, serde_json::from_str::<Vec<Posted>>(&claim.posted)?)
            } else {
                give(&Given::Nothing)?
            };
            ("reviewed", share)
        }
    };
    share::keep(tx, claim, &share)?;
    let granted = share.totals.claim;
    reviews::set_reasons(tx, claim.id, &reasons(claim, order, share.is_cut)?)?;
    match order.verdict {
        Verdict::Uphold(_) => disputes::answer(tx, claim.id, "upheld", order.note.trim())?,
        Verdict::Refuse => disputes::answer(tx, claim.id, "refused", order.note.trim())?,
        Verdict::LetGo | Verdict::Grant(_) | Verdict::Reject | Verdict::Hold => {}
    }
    finish(tx, person, claim, order, state, granted).map(Ok)
}

fn finish(
    tx: &Conn,
    person: &Person,
    claim: &Claim,
    order: &Order,
    state: &'static str,
    granted: Money,
) -> Result<Decided> {
    let event = if matches!(order.verdict, Verdict::Uphold(_) | Verdict::Refuse) { "answered" } else { "decided" };
    let detail = json!({
        "verdict": order.verdict.code(), "from": claim.state, "state": state, "code": order.code,
        "note": order.note.trim(), "granted": granted, "granted_before": Money::from_fen(claim.granted_fen.into()),
    });
    if order.verdict == Verdict::Hold {
        rate(tx, claim, &with_code(&claim.reasons, order.code.as_deref())?)?;
    }
    set_state(tx, claim.id, state, &person.name, event, &detail)?;
    Ok(Decided { id: claim.id, state, granted })
}

fn granted_state(share: &Share) -> &'static str {
    if share.is_cut { "adjusted" } else { "accepted" }
}

/// The first line for which more is given than was claimed of the funds, or that is not there.
fn too_high(said: &stated::Claim, lines: &BTreeMap<u32, Money>) -> Option<u32> {
    let claimed = |number: u32| {
        let line = said.lines.iter().find(|line| line.basket.line == number)?;
        Some(line.subsidy + line.purses.values().copied().sum())
    };
    lines.iter().find(|(line, most)| claimed(**line).is_none_or(|claimed| **most > claimed)).map(|(line, _)| *line)
}

/// What letting a claim go would give, where that is known.
pub fn offer(conn: &Conn, claim: &Claim, said: &stated::Claim) -> Result<Option<Share>> {
    let Some(kept) = reviews::offer(conn, claim.id)? else { return Ok(None) };
    Ok(Some(share::of(said, serde_json::from_str(&kept)?)))
}

/// Balances count a held claim as claimed; what it would be granted stays what it was.
fn hold(tx: &Conn, claim: &Claim, said: &stated::Claim, at_ms: i64) -> Result<()> {
    let offer = match offer(tx, claim, said)? {
        Some(offer) => offer,
        None => share::of(said, serde_json::from_str(&claim.posted)?),
    };
    share::keep_held(tx, claim, &offer, &share::share(tx, said, at_ms, &Given::AsClaimed)?)
}

/// The same claim id came from another till: this one waits for people too, unless it is on its way to be
/// paid or disputed; then its history says it. Whether it waits now.
pub fn hold_duplicate(tx: &Conn, claim: &Claim) -> Result<bool> {
    let reasons = with_code(&claim.reasons, Some("R08"))?;
    rate(tx, claim, &reasons)?;
    let detail = json!({"reasons": ["R08"], "from": claim.state});
    if !may_become(&claim.state, "held") {
        reviews::note(tx, claim.id, "", "judged", &detail.to_string())?;
        return Ok(false);
    }
    if claim.state != "held"
        && let Some((said, at_ms)) = share::stated(tx, claim)?
    {
        hold(tx, claim, &said, at_ms)?;
    }
    set_state(tx, claim.id, "held", "", "judged", &detail)?;
    Ok(true)
}

/// A claim waits again: why, and how much it wants a look.
fn rate(tx: &Conn, claim: &Claim, reasons: &str) -> Result<()> {
    reviews::set_reasons(tx, claim.id, reasons)?;
    let codes: Vec<String> = serde_json::from_str(reasons).context("a claim's reasons")?;
    let found = facts::found(tx, claim.id)?.len();
    reviews::set_risk(tx, claim.id, signs::risk(&codes, found, claim.claimed_fen))
}

/// Reason codes after a decision: what is granted whole has none; else those that were there, and the
/// decision's own.
fn reasons(claim: &Claim, order: &Order, is_cut: bool) -> Result<String> {
    if is_cut { with_code(&claim.reasons, order.code.as_deref()) } else { Ok("[]".into()) }
}

fn with_code(reasons: &str, code: Option<&str>) -> Result<String> {
    let mut reasons: Vec<String> = serde_json::from_str(reasons).context("a claim's reasons")?;
    if let Some(code) = code.filter(|code| !reasons.iter().any(|r| r == code)) {
        reasons.push(code.into());
        reasons.sort();
    }
    Ok(serde_json::to_string(&reasons)?)
}
