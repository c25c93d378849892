//! Asking headquarters to hold a basket, on a thread of its own with a connection of its own: neither a
//! scan nor the window waits for the line.

mod ask;
mod direct;
mod table;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::till::{Event, HoldAsk};
use uuid::Uuid;

pub use direct::Direct;
use table::Table;

/// Longest that a customer who pays waits for headquarters (spec/sync.md).
pub const PATIENCE: Duration = Duration::from_millis(800);

/// Called when there is an answer.
pub type Bell = Box<dyn Fn() + Send>;

/// Who asks headquarters: the till's own [`Asker`], or [`Direct`] over any transport.
pub trait Holds: Send {
    /// This is the newest basket: it is to be held soon. Said again, it changes nothing.
    fn want(&mut self, ask: HoldAsk);
    /// There is no basket to hold.
    fn rest(&mut self);
    /// A hold is not needed any more.
    fn let_go(&mut self, hold: Uuid);
    /// Waits for the answer to the newest basket, at most so long, and not at all where the line was down a
    /// moment ago.
    fn wait(&mut self, longest: Duration);
    /// What came of the asking so far: `Held` and `NotHeld`. Those for the claim `aside` stay.
    fn answers(&mut self, aside: Option<Uuid>) -> Vec<Event>;
    /// Moves its clock as the till's was moved. The till's own reads the clock from the folder each time.
    fn move_clock(&mut self, _offset_ms: i64) {}
    /// Whom to call when there is an answer.
    fn call_on_answer(&mut self, bell: Bell);
}

/// The till's own: a thread that starts with the first basket.
pub struct Asker {
    table: Arc<Table>,
    dir: std::path::PathBuf,
    is_started: bool,
}

impl Asker {
    /// For the till of a data folder.
    pub fn new(dir: &Path) -> Self {
        Self { table: Arc::default(), dir: dir.into(), is_started: false }
    }

    fn start(&mut self) {
        if self.is_started {
            return;
        }
        let (table, dir) = (Arc::clone(&self.table), self.dir.clone());
        match std::thread::Builder::new().name("holds".into()).spawn(move || ask::run(&dir, &table)) {
            Ok(_) => self.is_started = true,
            Err(err) => crate::shop::commands_log(&format!("nothing can be held: {err}")),
        }
    }
}

impl Holds for Asker {
    fn want(&mut self, ask: HoldAsk) {
        self.start();
        self.table.want(ask);
    }

    fn rest(&mut self) {
        self.table.rest();
    }

    fn let_go(&mut self, hold: Uuid) {
        self.start();
        self.table.let_go(hold);
    }

    fn wait(&mut self, longest: Duration) {
        if self.is_started {
            self.table.wait(longest);
        }
    }

    fn answers(&mut self, aside: Option<Uuid>) -> Vec<Event> {
        if self.is_started { self.table.take(aside) } else { Vec::new() }
    }

    fn call_on_answer(&mut self, bell: Bell) {
        self.table.call_on_answer(bell);
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.table.end();
    }
}
