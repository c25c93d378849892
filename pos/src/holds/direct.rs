//! The same without a thread: headquarters is asked when somebody waits, over any transport. For a till whose
//! headquarters is in the same process, where everything has its order.

use std::time::Duration;

use domain::till::{Event, HoldAsk};
use sync::engine::{Transport, let_go};
use uuid::Uuid;

use super::ask::hold;
use super::table::Tried;
use super::{Bell, Holds};
use crate::outbox::StoreOutbox;
use crate::shop::Shop;

/// Asks in the caller's own thread.
pub struct Direct {
    shop: Shop,
    line: Box<dyn Transport + Send>,
    wanted: Option<HoldAsk>,
    refused: Option<HoldAsk>,
    going: Vec<Uuid>,
    answers: Vec<(Uuid, Event)>,
}

impl Direct {
    /// Over a transport; `shop` is the till's folder, opened once more.
    pub fn new(shop: Shop, line: Box<dyn Transport + Send>) -> Self {
        Self { shop, line, wanted: None, refused: None, going: Vec::new(), answers: Vec::new() }
    }
}

impl Holds for Direct {
    fn want(&mut self, ask: HoldAsk) {
        if self.refused.as_ref() != Some(&ask) {
            self.wanted = Some(ask);
        }
    }

    fn rest(&mut self) {
        (self.wanted, self.refused) = (None, None);
    }

    /// Holds go at once; one whose letting go does not arrive goes with the next try.
    fn let_go(&mut self, hold: Uuid) {
        self.going.push(hold);
        let (shop, line) = (&mut self.shop, &*self.line);
        self.going.retain(|hold| let_go(&mut StoreOutbox::new(shop), line, *hold).is_err());
    }

    fn wait(&mut self, _: Duration) {
        let Some(ask) = self.wanted.take() else { return };
        let (tried, unsure) = hold(&mut self.shop, &*self.line, &ask);
        if let Some(id) = unsure {
            self.let_go(id);
        }
        let claim = ask.claim;
        let event = match tried {
            Tried::Held(event) => *event,
            Tried::Refused => {
                self.refused = Some(ask.clone());
                Event::NotHeld { ask: Box::new(ask) }
            }
            Tried::Later | Tried::Unreachable => Event::NotHeld { ask: Box::new(ask) },
        };
        self.answers.push((claim, event));
    }

    fn answers(&mut self, aside: Option<Uuid>) -> Vec<Event> {
        let (kept, taken): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.answers).into_iter().partition(|(claim, _)| Some(*claim) == aside);
        self.answers = kept;
        taken.into_iter().map(|(_, event)| event).collect()
    }

    fn move_clock(&mut self, offset_ms: i64) {
        self.shop.move_clock(offset_ms);
    }

    fn call_on_answer(&mut self, _: Bell) {
        // Answers come while somebody waits: nobody has to be called.
    }
}
