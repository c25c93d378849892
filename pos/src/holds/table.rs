//! What the till's thread and the asking thread share: one basket that is wanted, holds to let go, answers.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::till::{Event, HoldAsk};
use uuid::Uuid;

use super::Bell;

/// A basket stands still for so long before it is asked for: goods are scanned in bursts.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// Time until the same basket is tried again.
const AGAIN: Duration = Duration::from_secs(3);
/// How long a line that was down, or too slow for a customer, counts as such: nobody waits for it.
const DOWN: Duration = Duration::from_secs(60);
/// How long letting go is tried; after that the hold has lapsed by itself.
const LAPSES: Duration = Duration::from_secs(15 * 60);

/// How long a till that ends waits for what is to be let go.
const PARTING: Duration = Duration::from_millis(300);

/// What came of one try.
#[derive(Debug)]
pub enum Tried {
    /// Headquarters answered; the event says what.
    Held(Box<Event>),
    /// It said no, and would again.
    Refused,
    /// Not now: an earlier claim has not arrived, or too much is held.
    Later,
    /// Nobody answered.
    Unreachable,
}

/// What the asking thread does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Let this hold go; until then it is tried.
    LetGo(Uuid, Instant),
    /// Hold this basket.
    Ask(HoldAsk),
}

#[derive(Default)]
struct Inner {
    /// The newest basket, from when on it is asked for, and whether that is another try.
    wanted: Option<(HoldAsk, Instant, bool)>,
    under_way: Option<HoldAsk>,
    /// The basket that headquarters refused for good.
    refused: Option<HoldAsk>,
    /// Holds that go, and until when that is tried.
    going: Vec<(Uuid, Instant)>,
    is_letting_go: bool,
    /// From when on holds are let go again, after the line was down.
    goes_from: Option<Instant>,
    answers: Vec<(Uuid, Event)>,
    down_until: Option<Instant>,
    bell: Option<Bell>,
    is_over: bool,
}

impl Inner {
    /// Whether something can still be let go at the end.
    fn is_busy(&self) -> bool {
        self.is_letting_go || (!self.going.is_empty() && self.goes_from.is_none())
    }
}

/// Shared by both threads.
#[derive(Default)]
pub struct Table {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Table {
    /// A poisoned table is still a table: each change leaves it whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn want(&self, ask: HoldAsk) {
        let mut inner = self.lock();
        let is_answer = |event: &Event| matches!(event, Event::Held { ask: held, .. } if **held == ask);
        let is_known = inner.wanted.as_ref().is_some_and(|(wanted, ..)| *wanted == ask)
            || inner.answers.iter().any(|(_, event)| is_answer(event));
        if is_known || inner.refused.as_ref() == Some(&ask) {
            return;
        }
        inner.wanted = Some((ask, Instant::now() + DEBOUNCE, false));
        self.changed.notify_all();
    }

    pub fn rest(&self) {
        let mut inner = self.lock();
        (inner.wanted, inner.refused) = (None, None);
    }

    pub fn let_go(&self, hold: Uuid) {
        let mut inner = self.lock();
        inner.going.push((hold, Instant::now() + LAPSES));
        inner.goes_from = None;
        self.changed.notify_all();
    }

    pub fn call_on_answer(&self, bell: Bell) {
        self.lock().bell = Some(bell);
    }

    /// The till ends: what is to be let go still goes, if that takes no longer than a moment.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.is_over = true;
        self.changed.notify_all();
        let until = Instant::now() + PARTING;
        while inner.is_busy() && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn take(&self, aside: Option<Uuid>) -> Vec<Event> {
        let mut inner = self.lock();
        let (kept, taken) =
            std::mem::take(&mut inner.answers).into_iter().partition(|(claim, _)| Some(*claim) == aside);
        inner.answers = kept;
        taken.into_iter().map(|(_, event): (Uuid, Event)| event).collect()
    }

    /// Waits until nothing is asked for, or the basket has to be tried again.
    pub fn wait(&self, longest: Duration) {
        let until = Instant::now() + longest;
        let mut inner = self.lock();
        if inner.down_until.is_some_and(|down| Instant::now() < down) {
            return;
        }
        let Some((wanted, _, false)) = inner.wanted.clone() else { return };
        // Whoever pays does not wait for the basket to stand still.
        inner.wanted = Some((wanted.clone(), Instant::now(), false));
        self.changed.notify_all();
        loop {
            let is_open = inner.wanted.as_ref().is_some_and(|(ask, _, is_retry)| *ask == wanted && !is_retry);
            let left = until.saturating_duration_since(Instant::now());
            if !is_open {
                return;
            }
            if left.is_zero() {
                // The next customer does not wait for this line.
                inner.down_until = Some(Instant::now() + DOWN);
                return;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What to do next, for the asking thread; none: the till has ended. Holds go first: headquarters keeps
    /// one for a household.
    pub fn next(&self) -> Option<Job> {
        let mut inner = self.lock();
        loop {
            let now = Instant::now();
            inner.is_letting_go = false;
            self.changed.notify_all();
            if inner.is_over && !inner.is_busy() {
                return None;
            }
            inner.going.retain(|(_, until)| *until > now);
            if inner.goes_from.is_none_or(|from| from <= now) && !inner.going.is_empty() {
                inner.is_letting_go = true;
                let (hold, until) = inner.going.remove(0);
                return Some(Job::LetGo(hold, until));
            }
            if let Some((ask, from, _)) = &inner.wanted
                && *from <= now
            {
                let ask = ask.clone();
                inner.under_way = Some(ask.clone());
                return Some(Job::Ask(ask));
            }
            let asks_from = inner.wanted.as_ref().map(|(_, from, _)| *from);
            let goes_from = inner.goes_from.filter(|_| !inner.going.is_empty());
            let next = asks_from.into_iter().chain(goes_from).min();
            let sleep = next.map_or(LAPSES, |next| next.saturating_duration_since(now));
            inner = self.changed.wait_timeout(inner, sleep).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A hold could not be let go: it is tried again, before anything is asked for.
    pub fn keep_going(&self, hold: Uuid, until: Instant, is_down: bool) {
        let mut inner = self.lock();
        let now = Instant::now();
        inner.going.push((hold, until));
        inner.goes_from = Some(now + AGAIN);
        if is_down {
            inner.down_until = Some(now + DOWN);
        }
    }

    /// What came of the basket that was asked for.
    pub fn tried(&self, tried: Tried) {
        let mut inner = self.lock();
        let Some(ask) = inner.under_way.take() else { return };
        let is_newest = inner.wanted.as_ref().is_some_and(|(wanted, ..)| *wanted == ask);
        let now = Instant::now();
        inner.down_until = match tried {
            Tried::Unreachable => Some(now + DOWN),
            Tried::Held(_) | Tried::Refused => None,
            Tried::Later => inner.down_until,
        };
        let event = match tried {
            Tried::Held(event) => {
                if is_newest {
                    inner.wanted = None;
                }
                *event
            }
            Tried::Refused => {
                if is_newest {
                    (inner.wanted, inner.refused) = (None, Some(ask.clone()));
                }
                Event::NotHeld { ask: Box::new(ask.clone()) }
            }
            Tried::Later | Tried::Unreachable => {
                if is_newest {
                    inner.wanted = Some((ask.clone(), now + AGAIN, true));
                }
                Event::NotHeld { ask: Box::new(ask.clone()) }
            }
        };
        inner.answers.push((ask.claim, event));
        if let Some(bell) = &inner.bell {
            bell();
        }
        self.changed.notify_all();
    }
}
