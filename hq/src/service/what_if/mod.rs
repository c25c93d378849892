//! What if: a past period's claims priced again under other versions of programmes. Each runs on a
//! thread of its own, a few households at a time, so that no page waits for it.

mod replay;
mod sums;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use chrono::{Datelike as _, Days, NaiveDate};
use domain::programme::Programme;
use domain::time::Period;

use super::Hq;
use super::catalogue;
use crate::store::{now_ms, replay as rows};

pub use self::replay::{Difference, Why};
pub use self::sums::{Cut, Figures, Sums};

/// Households that are read at a time, while others wait for the connection.
const AT_A_TIME: i64 = 20;
/// Results that are kept for one person.
const KEPT: usize = 5;
/// For so long, in milliseconds: no session is longer.
const KEPT_MS: i64 = super::session::LONGEST_MS;

/// What takes a code's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// There is no such programme.
    Nothing,
    /// This version or draft, all through the period.
    Version(Box<Programme>),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// First date.
    pub from: NaiveDate,
    /// Last date.
    pub to: NaiveDate,
    /// By code; other codes stay as they were.
    pub instead: BTreeMap<String, Instead>,
    /// The same in words, for the result's page: code and what takes its place.
    pub said: Vec<(String, String)>,
    /// Stores whose claims are counted; none: all.
    pub stores: Option<Vec<String>>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Sums of the claims, now and then.
    pub sums: Sums,
    /// Claims that were priced.
    pub claims: i64,
    /// Of them, those that come to what was granted under the versions that were in force.
    pub same: i64,
    /// Those that do not, by reason: how many, and by how much what was granted is more, in fen.
    pub differing: BTreeMap<Why, (i64, i64)>,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// Where one stands.
#[derive(Debug, Clone)]
pub enum State {
    /// It runs.
    Running,
    /// It is done.
    Done(Arc<Outcome>),
    /// Somebody stopped it.
    Cancelled,
    /// It broke; the log says why.
    Failed,
}

/// One of them.
pub struct Job {
    /// Its number.
    pub id: i64,
    /// Who asked.
    pub who: String,
    /// What.
    pub asked: Asked,
    /// When it was begun, in milliseconds.
    pub begun: i64,
    /// Households so far.
    pub done: AtomicI64,
    /// Households in all.
    pub all: AtomicI64,
    stop: AtomicBool,
    state: Mutex<State>,
}

impl Job {
    /// Where it stands.
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    /// Stops it.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that run or ran.
#[derive(Default)]
pub struct Jobs {
    jobs: Mutex<Vec<Arc<Job>>>,
    next: AtomicI64,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One's own, newest first.
    pub fn of(&self, who: &str) -> Vec<Arc<Job>> {
        self.lock().iter().rev().filter(|job| job.who == who).cloned().collect()
    }

    /// One of one's own.
    pub fn find(&self, who: &str, id: i64) -> Option<Arc<Job>> {
        self.lock().iter().find(|job| job.who == who && job.id == id).cloned()
    }

    /// Forgets what somebody asked: the session is over.
    pub fn forget(&self, who: &str) {
        self.lock().retain(|job| {
            if job.who == who {
                job.cancel();
            }
            job.who != who
        });
    }

    /// Takes a new one; none while another of the same person runs.
    fn take(&self, who: &str, asked: Asked) -> Option<Arc<Job>> {
        let mut jobs = self.lock();
        let runs = |job: &Arc<Job>| matches!(job.state(), State::Running);
        if jobs.iter().any(|job| job.who == who && runs(job)) {
            return None;
        }
        let now = now_ms();
        jobs.retain(|job| runs(job) || (now - job.begun).abs() < KEPT_MS);
        while jobs.iter().filter(|job| job.who == who).count() >= KEPT {
            let Some(oldest) = jobs.iter().position(|job| job.who == who) else { break };
            jobs.remove(oldest);
        }
        let job = Arc::new(Job {
            id: self.next.fetch_add(1, Ordering::Relaxed) + 1,
            who: who.into(),
            asked,
            begun: now,
            done: AtomicI64::new(0),
            all: AtomicI64::new(0),
            stop: AtomicBool::new(false),
            state: Mutex::new(State::Running),
        });
        jobs.push(Arc::clone(&job));
        Some(job)
    }
}

/// Begins one on a thread of its own; none while another of the same person runs.
pub fn begin(hq: &Arc<Hq>, who: &str, asked: Asked) -> Result<Option<Arc<Job>>> {
    let Some(job) = hq.what_ifs.take(who, asked) else { return Ok(None) };
    let (hq, running) = (Arc::clone(hq), Arc::clone(&job));
    let thread = std::thread::Builder::new().name(format!("what-if {}", job.id));
    let started = thread.spawn(move || {
        let state = match run(&hq, &running) {
            Ok(Some(outcome)) => State::Done(Arc::new(outcome)),
            Ok(None) => State::Cancelled,
            Err(err) => {
                crate::cli::log(&format!("a what-if failed: {err:#}"));
                State::Failed
            }
        };
        *running.lock() = state;
    });
    if started.is_err() {
        *job.lock() = State::Failed;
    }
    Ok(Some(job))
}

/// All of it; none where it was stopped.
fn run(hq: &Hq, job: &Job) -> Result<Option<Outcome>> {
    let (published, all) = {
        let db = hq.reading();
        (catalogue::published(&db.conn)?, rows::households_count(&db.conn)?)
    };
    job.all.store(all, Ordering::Relaxed);
    let versions =
        published.iter().map(|(p, _)| p).chain(job.asked.instead.values().filter_map(|instead| match instead {
            Instead::Nothing => None,
            Instead::Version(p) => Some(p.as_ref()),
        }));
    let begin = earliest(versions, job.asked.from);
    let mut replay = replay::Replay::new(&job.asked, &published, begin);
    let mut after = String::new();
    loop {
        let households = rows::households(&hq.reading().conn, &after, AT_A_TIME)?;
        let Some(last) = households.last().cloned() else { break };
        for household in &households {
            if job.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            // Read first, price then: whoever waits for the connection gets it in between.
            let seen = replay.read(&hq.reading().conn, household)?;
            replay.household(seen)?;
            job.done.fetch_add(1, Ordering::Relaxed);
        }
        after = last;
        // The lock is not fair: pages that wait come first.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    Ok(Some(replay.outcome))
}

/// The first date whose claims can weigh on a limit in the period; none: from the beginning.
fn earliest<'a>(versions: impl Iterator<Item = &'a Programme>, from: NaiveDate) -> Option<NaiveDate> {
    let periods: Vec<Period> = versions.flat_map(|p| &p.limits).map(|limit| limit.per).collect();
    if periods.contains(&Period::Programme) {
        return None;
    }
    let new_year = from.with_ordinal(1).unwrap_or(from);
    // A week may have begun in the old year.
    Some(new_year.min(from.checked_sub_days(Days::new(6)).unwrap_or(from)))
}
