//! The asking thread.

use std::path::Path;
use std::time::{Duration, Instant};

use domain::money::Money;
use domain::till::{Event, Grant, GrantedLine, HoldAsk};
use domain::time::parse_rfc3339;
use sync::engine::{SyncError, Transport, let_go, put_hold};
use sync::http::Http;
use sync::protocol::{Hold, HoldAnswer};
use uuid::Uuid;

use super::table::{Job, Table, Tried};
use crate::outbox::StoreOutbox;
use crate::shop::{Shop, commands_log, fresh_id};

/// Longest that one request takes. An answer that comes after the customer paid is let go.
const LONGEST: Duration = Duration::from_secs(5);

/// The thread's end of it.
struct Line {
    shop: Shop,
    /// The connection, and the address that it is to.
    http: Option<(String, Http)>,
}

/// Asks until the till ends.
pub fn run(dir: &Path, table: &Table) {
    let mut line: Option<Line> = None;
    while let Some(job) = table.next() {
        let opened = match line.take() {
            Some(line) => Ok(line),
            None => Shop::open(dir).map(|shop| Line { shop, http: None }),
        };
        match opened {
            Ok(mut opened) => {
                opened.work(table, job);
                line = Some(opened);
            }
            Err(err) => {
                commands_log(&format!("nothing can be held: {err:#}"));
                give_up(table, job, false);
            }
        }
    }
}

fn give_up(table: &Table, job: Job, is_down: bool) {
    match job {
        Job::LetGo(hold, until) => table.keep_going(hold, until, is_down),
        Job::Ask(_) => table.tried(if is_down { Tried::Unreachable } else { Tried::Later }),
    }
}

impl Line {
    fn work(&mut self, table: &Table, job: Job) {
        // The clock may have been set and the till enrolled anew since.
        if let Err(err) = self.shop.reload().and_then(|()| self.connect()) {
            commands_log(&format!("headquarters was not asked to hold anything: {err:#}"));
            return give_up(table, job, false);
        }
        match job {
            Job::LetGo(hold, until) => self.let_go(table, hold, until),
            Job::Ask(ask) => table.tried(self.ask(table, &ask)),
        }
    }

    fn connect(&mut self) -> anyhow::Result<()> {
        let url = self.shop.enrolled()?.hq_url.clone();
        if self.http.as_ref().is_none_or(|(to, _)| *to != url) {
            let http = Http::with_timeout(&url, LONGEST).map_err(anyhow::Error::msg)?;
            self.http = Some((url, http));
        }
        Ok(())
    }

    fn let_go(&mut self, table: &Table, hold: Uuid, until: Instant) {
        let Some((_, http)) = &self.http else { return };
        match let_go(&mut StoreOutbox::new(&mut self.shop), http, hold) {
            Ok(()) => {}
            Err(SyncError::Refused { word, .. }) if word != "too_many" => {
                commands_log(&format!("a hold was not let go and lapses by itself: {word}"));
            }
            Err(err) => table.keep_going(hold, until, matches!(err, SyncError::Unreachable(_))),
        }
    }

    fn ask(&mut self, table: &Table, ask: &HoldAsk) -> Tried {
        let Some((_, http)) = &self.http else { return Tried::Later };
        let (tried, unsure) = hold(&mut self.shop, http, ask);
        if let Some(id) = unsure {
            table.let_go(id);
        }
        tried
    }
}

/// Asks once; what came of it, and the id of a hold that is to be let go: it may have arrived, and nobody knows.
pub fn hold(shop: &mut Shop, line: &dyn Transport, ask: &HoldAsk) -> (Tried, Option<Uuid>) {
    match shop.store.has_unsent_claim(&ask.household) {
        // Headquarters judges the next claim by a hold only if it had this one.
        Ok(true) => return (Tried::Later, None),
        Ok(false) => {}
        Err(err) => {
            commands_log(&format!("what waits could not be read: {err}"));
            return (Tried::Later, None);
        }
    }
    let body = body(ask);
    // An id that ended before it was used is drawn anew, once.
    for _ in 0..2 {
        let id = fresh_id(shop.now());
        match put_hold(&mut StoreOutbox::new(shop), line, id, &body) {
            Ok(answer) => return answered(shop, id, ask, &answer),
            Err(SyncError::Refused { word, .. }) if word == "ended" || word == "conflict" => {}
            Err(SyncError::Refused { word, .. }) if matches!(word.as_str(), "too_many" | "busy" | "clock") => {
                return (Tried::Later, None);
            }
            Err(SyncError::Refused { word, detail, .. }) => {
                commands_log(&format!("headquarters does not hold a basket: {word} ({detail})"));
                let is_ill = word.starts_with("status 5");
                return (if is_ill { Tried::Unreachable } else { Tried::Refused }, is_ill.then_some(id));
            }
            Err(SyncError::Store(problem)) => {
                commands_log(&format!("headquarters was not asked to hold a basket: {problem}"));
                return (Tried::Later, None);
            }
            Err(err @ SyncError::Unreachable(_)) => {
                commands_log(&format!("a basket is not held: {err}"));
                return (Tried::Unreachable, Some(id));
            }
            Err(err @ SyncError::Invalid { .. }) => {
                commands_log(&format!("a basket is not held: {err}"));
                return (Tried::Refused, Some(id));
            }
        }
    }
    (Tried::Refused, None)
}

fn answered(shop: &Shop, id: Uuid, ask: &HoldAsk, answer: &HoldAnswer) -> (Tried, Option<Uuid>) {
    match grant(answer) {
        Ok(grant) if shop.now() < grant.expires_at => {
            (Tried::Held(Box::new(Event::Held { id, ask: Box::new(ask.clone()), grant })), None)
        }
        Ok(_) => (Tried::Refused, Some(id)),
        Err(problem) => {
            commands_log(&format!("headquarters' answer to a hold is not valid: {problem}"));
            (Tried::Refused, Some(id))
        }
    }
}

/// As headquarters is asked.
pub fn body(ask: &HoldAsk) -> Hold {
    Hold {
        claim: ask.claim.to_string(),
        household: ask.household.clone(),
        person: ask.person.clone(),
        business_date: ask.business_date.to_string(),
        lines: ask.lines.iter().map(|line| line.to_json().into()).collect(),
        decline: ask.decline.clone(),
        purses: ask.purses.iter().map(|(code, most)| (code.clone(), most.to_string())).collect(),
    }
}

/// As headquarters answers.
pub fn grant(answer: &HoldAnswer) -> Result<Grant, String> {
    let money = |text: &str| Money::parse(text).map_err(|err| format!("`{text}`: {err}"));
    let lines = answer.lines.iter().map(|line| {
        Ok(GrantedLine {
            line: line.line,
            discount: money(&line.discount)?,
            subsidy: money(&line.subsidy)?,
            purse: money(&line.purse)?,
        })
    });
    Ok(Grant {
        used: answer.used.clone(),
        expires_at: parse_rfc3339(&answer.expires_at)?,
        lines: lines.collect::<Result<_, String>>()?,
    })
}
