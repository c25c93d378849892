//! The store's accounts: what this till claimed beside what headquarters has of it, what is decided,
//! paid and owed, and what the store says about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::claim::ClaimState;
use domain::money::Money;
use domain::till::Refusal;
use domain::time::{business_date, rfc3339};
use store::{Letter, OwnClaim};
use sync::protocol::{AccountDay, Accounts, DecisionLine, Dispute, Signature};

use super::{Approval, Problem};
use crate::effects::{Driver, failed};
use crate::shop::commands_log;

/// Longest that a manager waits for headquarters when the page opens.
const ASK: Duration = Duration::from_millis(2500);
/// Largest picture of a slip, in bytes.
const MOST_PICTURE: u64 = 2 * 1024 * 1024;
/// Longest note, in characters.
const MOST_NOTE: usize = 500;

/// A month of this till's claims beside headquarters' books.
#[derive(Debug, Clone)]
pub struct Month {
    /// `2026-11`.
    pub month: String,
    /// By business date, the newest first.
    pub days: Vec<Day>,
    /// This till's claims, the newest first.
    pub claims: Vec<Claim>,
    /// What headquarters said last; none: it was never asked.
    pub told: Option<Accounts>,
    /// When it said so, in milliseconds.
    pub told_ms: i64,
    /// Whether it was asked just now.
    pub is_fresh: bool,
    /// What this till claimed, less what came back.
    pub claimed: Money,
    /// What is granted of it.
    pub granted: Money,
    /// A signature that still waits to be sent.
    pub signature: Option<Letter>,
    /// What is wrong with headquarters' public log, a sentence in both languages.
    pub log_problem: Option<String>,
}

/// A day on both sides.
#[derive(Debug, Clone)]
pub struct Day {
    /// Business date.
    pub date: String,
    /// Claims of this till.
    pub own: u64,
    /// What they ask for.
    pub claimed: Money,
    /// What of them is not sent.
    pub unsent: u64,
    /// What headquarters has of this till; none: nothing.
    pub there: Option<AccountDay>,
    /// Whether both sides say the same.
    pub verdict: Verdict,
}

/// What a day's two sides come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Both have the same claims for the same sum.
    Agrees,
    /// Headquarters was not asked since.
    NotAsked,
    /// What is missing there is still to be sent.
    Unsent,
    /// Headquarters has less than was sent.
    Less,
    /// Headquarters has more than this till knows: its data was restored.
    More,
}

/// A claim and what became of it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// As this till made it.
    pub own: OwnClaim,
    /// Headquarters' decision; none: it has not come down yet.
    pub decided: Option<Decided>,
    /// What the store said about it last.
    pub letter: Option<Letter>,
}

/// A decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// State.
    pub state: ClaimState,
    /// Reason codes.
    pub reasons: Vec<String>,
    /// Granted, subsidy and purse.
    pub granted: Money,
    /// The statement that it is in.
    pub batch: Option<String>,
}

/// What the manager says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// A decision is wrong: claim, why, and a picture of the slip.
    Dispute { claim: String, note: String, picture: Option<String> },
    /// The month was reconciled.
    SignMonth,
    /// The payment of a statement arrived.
    Received { statement: String },
}

impl Driver {
    /// The present month, `2026-11`.
    pub fn this_month(&self) -> String {
        business_date(self.shop.now()).format("%Y-%m").to_string()
    }

    /// A month on both sides. Headquarters is asked; where it doesn't answer, what it said last counts.
    pub fn month(&mut self, month: &str) -> Result<Month, Problem> {
        let is_fresh = self.ask_accounts(month)?;
        let kept = self.shop.store.accounts(month).map_err(failed)?;
        let (told, told_ms) = match kept {
            Some((document, at)) => (Some(serde_json::from_str::<Accounts>(&document).map_err(failed)?), at),
            None => (None, 0),
        };
        let mut claims = Vec::new();
        for own in self.shop.store.own_claims(month).map_err(failed)?.into_iter().rev() {
            let letter = self.shop.store.letter_about(&own.uuid).map_err(failed)?;
            claims.push(Claim { decided: own.decision.as_deref().and_then(decided), own, letter });
        }
        let till = self.shop.identity.as_ref().map(|id| id.till.clone()).unwrap_or_default();
        let days = days(&claims, told.as_ref(), &till, is_fresh);
        Ok(Month {
            month: month.into(),
            days,
            claimed: claims.iter().map(|c| c.own.claimed - c.own.returned).sum(),
            granted: claims.iter().filter_map(|c| c.decided.as_ref().map(|d| d.granted)).sum(),
            claims,
            told,
            told_ms,
            is_fresh,
            signature: self.shop.store.letter_about(month).map_err(failed)?,
            log_problem: self.shop.store.log_problem().map_err(failed)?.map(|found| found.problem),
        })
    }

    /// Asks headquarters for a month and keeps the answer; whether it came.
    fn ask_accounts(&mut self, month: &str) -> Result<bool, Problem> {
        if self.shop.is_training {
            return Ok(false);
        }
        let asked = self.ask(ASK, |outbox, http| sync::engine::accounts(outbox, http, month));
        match asked.ok_or(Refusal::NotEnrolled)? {
            Ok(accounts) => {
                let now = self.shop.now().timestamp_millis();
                let document = serde_json::to_string(&accounts).map_err(failed)?;
                self.shop.store.keep_accounts(month, &document, now).map_err(failed)?;
                Ok(true)
            }
            Err(problem) => {
                commands_log(&format!("headquarters was not asked for the store's accounts: {problem}"));
                Ok(false)
            }
        }
    }

    /// Writes to headquarters; it goes with the next round, and waits as long as that takes.
    pub fn say(&mut self, month: &Month, saying: &Saying, approval: &Approval) -> Result<(), Problem> {
        let by = self.check_manager(&approval.staff, &approval.pin)?.code;
        let cx = self.context();
        let (id, at) = (cx.id.to_string(), rfc3339(cx.now));
        let sums = |about: Option<&str>, statement: Option<&str>| Signature {
            id: id.clone(),
            month: about.map(Into::into),
            statement: statement.map(Into::into),
            claimed: month.claimed,
            granted: month.granted,
            by: by.clone(),
            at: at.clone(),
            note: String::new(),
        };
        let (kind, about, body) = match saying {
            Saying::Dispute { claim, note, picture } => {
                let dispute = dispute(month, (&id, &by), claim, note, picture.as_deref())?;
                ("dispute", claim.clone(), serde_json::to_string(&dispute))
            }
            Saying::SignMonth => {
                check_signable(month)?;
                ("signature", month.month.clone(), serde_json::to_string(&sums(Some(&month.month), None)))
            }
            Saying::Received { statement } => {
                ("signature", statement.clone(), serde_json::to_string(&sums(None, Some(statement))))
            }
        };
        let letter = Letter {
            id: id.clone(),
            kind: kind.into(),
            about,
            body: body.map_err(failed)?,
            at_ms: cx.now.timestamp_millis(),
            by: by.clone(),
            state: "waiting".into(),
            problem: None,
        };
        self.shop.store.write_letter(&letter).map_err(failed)?;
        Ok(())
    }
}

fn decided(document: &str) -> Option<Decided> {
    let line: DecisionLine = serde_json::from_str(document).ok()?;
    let money = |text: &str| Money::parse(text).unwrap_or_default();
    Some(Decided {
        state: ClaimState::parse(&line.state)?,
        reasons: line.reasons,
        granted: money(&line.subsidy) + money(&line.purse),
        batch: line.batch,
    })
}

/// Both sides by day, the newest first.
fn days(claims: &[Claim], told: Option<&Accounts>, till: &str, is_fresh: bool) -> Vec<Day> {
    let there: BTreeMap<&str, &AccountDay> =
        told.iter().flat_map(|t| &t.days).filter(|d| d.till == till).map(|d| (d.date.as_str(), d)).collect();
    let dates: BTreeSet<&str> = claims.iter().map(|c| c.own.date.as_str()).chain(there.keys().copied()).collect();
    let day = |date: &str| {
        let own = || claims.iter().filter(|c| c.own.date == date);
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let sent = || own().filter(|c| c.own.is_sent);
        let there = there.get(date).map(|d| (*d).clone());
        let sent_sides = (count(sent().count()), sent().map(|c| c.own.claimed).sum::<Money>());
        let unsent = count(own().filter(|c| !c.own.is_sent).count());
        Day {
            date: date.into(),
            own: count(own().count()),
            claimed: own().map(|c| c.own.claimed).sum(),
            unsent,
            verdict: verdict(sent_sides, there.as_ref(), unsent, is_fresh),
            there,
        }
    };
    dates.into_iter().rev().map(day).collect()
}

fn verdict((count, sum): (u64, Money), there: Option<&AccountDay>, unsent: u64, is_fresh: bool) -> Verdict {
    let (has, has_sum) = there.map_or((0, Money::ZERO), |d| (d.claims, d.claimed));
    match (count, sum).cmp(&(has, has_sum)) {
        std::cmp::Ordering::Equal if unsent == 0 => Verdict::Agrees,
        std::cmp::Ordering::Equal => Verdict::Unsent,
        // What headquarters said before may lack what went up since.
        _ if !is_fresh => Verdict::NotAsked,
        std::cmp::Ordering::Greater => Verdict::Less,
        std::cmp::Ordering::Less => Verdict::More,
    }
}

/// A month is signed when both sides agree, and headquarters was asked.
fn check_signable(month: &Month) -> Result<(), Problem> {
    if !month.is_fresh {
        return Err(Problem::new(
            "现在连不上总部，联网后再签认。",
            "Headquarters can't be reached; sign when connected.",
        ));
    }
    match month.days.iter().find(|day| day.verdict != Verdict::Agrees) {
        None => Ok(()),
        Some(day) => Err(Problem {
            zh: format!("{} 两边还对不上，请先看清差异。", day.date),
            en: format!("{} does not agree yet; look into the difference first.", day.date),
        }),
    }
}

fn dispute(
    month: &Month,
    (id, by): (&str, &str),
    claim: &str,
    note: &str,
    picture: Option<&str>,
) -> Result<Dispute, Problem> {
    let found = month.claims.iter().find(|c| c.own.uuid == claim);
    let state = found.and_then(|c| c.decided.as_ref()).map(|d| d.state);
    if !state.is_some_and(ClaimState::may_be_disputed) {
        return Err(Problem::new(
            "只有已调减、待审核或已驳回的申报可以申诉。",
            "Only a claim that was cut, held or rejected can be disputed.",
        ));
    }
    let note = note.trim();
    if note.is_empty() || note.chars().count() > MOST_NOTE {
        return Err(Problem::new("请写明理由，最多 500 字。", "Say why, in 500 characters at most."));
    }
    Ok(Dispute {
        id: id.into(),
        claim: claim.into(),
        note: note.into(),
        by: by.into(),
        picture: picture.map(read_picture).transpose()?,
        name: picture.and_then(|p| Path::new(p).file_name()).map(|n| n.to_string_lossy().into_owned()),
    })
}

/// A picture of a slip, as base64.
fn read_picture(path: &str) -> Result<String, Problem> {
    let unreadable = || Problem {
        zh: format!("读不到照片 {path}，请换一张。"),
        en: format!("The picture {path} cannot be read; take another one."),
    };
    let size = std::fs::metadata(path).map_err(|_| unreadable())?.len();
    if size > MOST_PICTURE {
        return Err(Problem::new(
            "照片超过 2 MB，请缩小或重拍。",
            "The picture has more than 2 MB; make it smaller or take another.",
        ));
    }
    let bytes = std::fs::read(path).map_err(|_| unreadable())?;
    let is_picture = bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    if !is_picture {
        return Err(Problem::new("只收 JPEG 或 PNG 照片。", "Only JPEG and PNG pictures are taken."));
    }
    Ok(STANDARD.encode(bytes))
}
