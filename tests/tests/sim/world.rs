//! One seed: days at the tills and at headquarters, with all that goes wrong between them.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Days};
use domain::time::business_date;
use sync::engine::SyncError;
use tests::month::dice::Dice;
use tests::month::shelves::Shelves;

use crate::check;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::net::{Net, Swallow};
use crate::office::Backup;
use crate::planted;
use crate::rig::Rig;
use crate::template::{Template, copy_dir, stop_clocks, till_dir};

/// Midnights in Jining, in milliseconds, that seeds begin at: before a month's end, an ordinary week, a
/// week's end, a quarter's and a year's end.
const FIRST_DAYS: [i64; 4] = [1_793_289_600_000, 1_793_808_000_000, 1_794_672_000_000, 1_798_560_000_000];
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Rounds until all must be quiet.
const ROUNDS_TO_QUIET: usize = 12;

/// What a checker found.
#[derive(Debug)]
pub struct Failure {
    /// Which one.
    pub checker: &'static str,
    /// What.
    pub text: String,
}

/// Nothing, or what is wrong.
pub type Outcome = Result<(), Failure>;

/// A checker's finding.
pub fn fails<T>(checker: &'static str, text: String) -> Result<T, Failure> {
    Err(Failure { checker, text })
}

impl From<anyhow::Error> for Failure {
    fn from(err: anyhow::Error) -> Self {
        Self { checker: "broken", text: format!("{err:#}") }
    }
}

/// What a seed is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Days.
    pub days: i64,
    /// Things that happen in a day.
    pub events: i64,
    /// What is wrong on purpose.
    pub rig: Rig,
    /// Other faults than the seed's own.
    pub faults: Option<Faults>,
    /// Every till has its line, every basket is held, and every claim goes up at once: then no limit is exceeded.
    pub online: bool,
}

impl Plan {
    /// So many days of a seed, with the seed's own faults.
    pub fn days(seed: u64, days: i64, events: i64) -> Self {
        Self { seed, days, events, rig: Rig::None, faults: None, online: false }
    }
}

/// A copied folder of a till.
struct Image {
    machine: usize,
    dir: PathBuf,
    entries: usize,
    stretch: u64,
}

/// What was done in a seed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Sales.
    pub sales: u64,
    /// Claims and reversals.
    pub records: u64,
    /// Of these, lost with a disk that is gone.
    pub lost: u64,
    /// Claims that were priced by a hold.
    pub held: u64,
    /// Of these, claims that headquarters did not hold for any more when they came.
    pub late: u64,
    /// Requests that reached headquarters.
    pub requests: u64,
}

impl Done {
    /// Of several seeds together.
    pub fn add(&mut self, other: Self) {
        self.sales += other.sales;
        self.records += other.records;
        self.lost += other.lost;
        self.held += other.held;
        self.late += other.late;
        self.requests += other.requests;
    }
}

/// All of it.
pub struct World<'t> {
    /// What it began with.
    pub template: &'t Template,
    /// Its folder.
    pub dir: tempfile::TempDir,
    /// The network and headquarters behind it.
    pub net: Arc<Net>,
    /// The tills.
    pub machines: Vec<Machine>,
    /// What people know.
    pub ledger: Ledger,
    /// Decides all but what the network does.
    pub dice: Dice,
    /// What goes wrong.
    pub faults: Faults,
    /// What is wrong on purpose.
    pub rig: Rig,
    /// Whether every till is online all the time.
    pub online: bool,
    /// Whether tills talk to headquarters after every sale; else what is sold often comes late.
    pub is_prompt: bool,
    /// The goods.
    pub shelves: Shelves,
    /// Backups of headquarters.
    pub backups: Vec<Backup>,
    /// How many were taken.
    pub backups_taken: u64,
    stretches: u64,
    images: Vec<Image>,
    has_clone: bool,
}

/// Runs a seed; what the checkers found, with the story.
pub fn run(template: &Template, plan: &Plan) -> Result<Done, (Vec<Failure>, Vec<String>)> {
    let mut world = match World::open(template, plan) {
        Ok(world) => world,
        Err(failure) => return Err((vec![failure], Vec::new())),
    };
    let ended = world.live(plan).map_err(|failure| vec![failure]).and_then(|()| check::all(&mut world));
    ended.map_err(|found| (found, std::mem::take(&mut world.net.state().story)))
}

impl<'t> World<'t> {
    fn open(template: &'t Template, plan: &Plan) -> Result<Self, Failure> {
        let mut dice = Dice::new(plan.seed);
        let drawn = Faults::draw(&mut dice);
        let faults = plan.faults.unwrap_or(drawn);
        let first = *dice.pick(&FIRST_DAYS).unwrap_or(&FIRST_DAYS[0]);
        stop_clocks(first + 7 * HOUR);
        let dir = template.copy()?;
        let net = Net::open(dir.path().join("hq").into(), &dir.path().join("hq"), faults, plan.seed, first + 7 * HOUR)?;
        if plan.rig == Rig::Swallows {
            net.state().swallows = Some(Swallow::default());
        }
        net.state().forgets_holds = plan.rig == Rig::ForgetsHolds;
        let mut machines = Vec::new();
        for (id, (store, till)) in template.tills.iter().enumerate() {
            let folder = till_dir(dir.path(), store, till);
            let mut machine = Machine::start(id, &format!("{store}/{till}"), folder, &net)?;
            machine.rig = plan.rig;
            machines.push(machine);
        }
        Ok(Self {
            template,
            dir,
            net,
            machines,
            ledger: Ledger::default(),
            dice,
            faults,
            rig: plan.rig,
            online: plan.online,
            is_prompt: plan.online || plan.seed % 8 == 2,
            shelves: Shelves::new()?,
            backups: Vec::new(),
            backups_taken: 0,
            stretches: 1,
            images: Vec::new(),
            has_clone: false,
        })
    }

    fn live(&mut self, plan: &Plan) -> Outcome {
        let first = self.net.state().now_ms;
        for m in 0..self.machines.len() {
            self.round(m)?;
        }
        for day in 0..plan.days {
            self.day(first + day * DAY, plan.events)?;
        }
        self.heal()?;
        planted::in_database(self)
    }

    /// Business days begin at 8 and end towards 20 o'clock, some after midnight.
    fn day(&mut self, seven_ms: i64, events: i64) -> Outcome {
        let late = self.dice.chance(15);
        let mut times: Vec<i64> = (0..events)
            .map(|_| {
                if late && self.dice.chance(20) {
                    self.dice.between(16 * 60 + 40, 17 * 60 + 20)
                } else {
                    self.dice.between(60, 13 * 60)
                }
            })
            .collect();
        times.sort_unstable();
        let mut open_until_end = Vec::new();
        for (n, minute) in times.iter().enumerate() {
            self.net.state().advance(seven_ms + minute * MINUTE);
            self.event()?;
            if n == times.len() * 9 / 10 {
                for m in 0..self.machines.len() {
                    if !late && self.dice.chance(80) { self.close(m)? } else { open_until_end.push(m) }
                }
            }
        }
        let end = self.net.state().now_ms.max(seven_ms + 13 * HOUR);
        self.net.state().advance(end + 5 * MINUTE);
        for m in open_until_end {
            self.close(m)?;
            if self.dice.chance(70) {
                self.round(m)?;
            }
        }
        Ok(())
    }

    fn event(&mut self) -> Outcome {
        let last = i64::try_from(self.machines.len()).unwrap_or(1) - 1;
        let m = usize::try_from(self.dice.between(0, last)).unwrap_or(0);
        match self.dice.between(1, 100) {
            1..=42 => self.sell(m),
            43..=50 => self.sell_at_two(m),
            51..=56 => self.take_back(m, false),
            57..=60 => self.take_back(m, true),
            61 => self.void(m),
            62..=85 => self.round(m),
            86..=91 => self.work_in_office(),
            92..=93 => self.wait_long(),
            _ if self.online => Ok(()),
            _ => self.goes_wrong(m),
        }
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: i64) {
        let mut state = self.net.state();
        let to = state.now_ms + seconds * 1000;
        state.advance(to);
    }

    fn wait_long(&mut self) -> Outcome {
        let minutes = self.dice.between(5, 90);
        self.wait(minutes * 60);
        Ok(())
    }

    /// A line of the story.
    pub fn say(&self, m: usize, line: &str) {
        self.net.state().say(&format!("till {m}: {line}"));
    }

    /// Today and tomorrow.
    pub fn dates(&self) -> (String, String) {
        let now = DateTime::from_timestamp_millis(self.net.state().now_ms).unwrap_or_default();
        let today = business_date(now);
        (today.to_string(), (today + Days::new(1)).to_string())
    }

    /// A till talks to headquarters.
    pub fn round(&mut self, m: usize) -> Outcome {
        if self.faults.crashes_till && self.dice.chance(12) || self.rig == Rig::LosesUnflushed && self.dice.chance(30) {
            let calls = self.dice.between(0, 30);
            let image = self.machines[m].crash_image();
            let folder = self.machines[m].dir.clone();
            self.net.crash_after(m, if self.rig == Rig::LosesUnflushed { 0 } else { calls }, &folder, &image);
        }
        let ended = self.machines[m].round(&mut self.stretches)?;
        let told = match &ended {
            Ok(moved) => format!(
                "a round: {} up, {} again, {} back, {} left",
                moved.uploaded, moved.duplicates, moved.fetched, moved.unsent
            ),
            Err(err) => format!("a round ends: {err}"),
        };
        self.say(m, &told);
        match ended {
            Err(SyncError::Store(text)) if text != "the till is off" => fails("store", format!("till {m}: {text}")),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn goes_wrong(&mut self, m: usize) -> Outcome {
        let faults = self.faults;
        match self.dice.between(1, 9) {
            1 if faults.cuts => {
                let is_cut = !self.net.state().cut.remove(&m);
                if is_cut {
                    self.net.state().cut.insert(m);
                }
                self.say(m, if is_cut { "the line is lost" } else { "the line is back" });
            }
            2 if faults.steps_clocks => {
                let step =
                    *self.dice.pick(&[-26 * HOUR, -HOUR, -4 * MINUTE, 4 * MINUTE, HOUR, 26 * HOUR]).unwrap_or(&0);
                self.machines[m].drift_ms = if self.dice.chance(30) { 0 } else { step };
                self.say(m, &format!("its clock is off by {} s", self.machines[m].drift_ms / 1000));
            }
            3 => {
                self.machines[m].restart()?;
                self.say(m, "is started again");
            }
            4 if faults.crashes_hq => {
                self.net.state().say("headquarters crashes");
                self.net.state().pull_the_plug();
            }
            5 if faults.restores_till => self.copy(m)?,
            6 if faults.restores_till => self.put_back()?,
            7 if faults.clones && !self.has_clone => self.double(m)?,
            8 if faults.restores_hq => self.back_up_headquarters()?,
            9 if faults.restores_hq && self.dice.chance(50) => self.restore_headquarters()?,
            _ => {}
        }
        Ok(())
    }

    /// Somebody copies a till's folder.
    fn copy(&mut self, m: usize) -> Outcome {
        let dir = self.dir.path().join(format!("copy-{}", self.images.len()));
        copy_dir(&self.machines[m].dir, &dir)?;
        let stretch = self.machines[m].knowledge.stretch;
        self.images.push(Image { machine: m, dir, entries: self.ledger.entries.len(), stretch });
        self.say(m, "its folder is copied");
        Ok(())
    }

    /// A till's disk is gone: an older copy takes its place, with or without what the witness knows.
    fn put_back(&mut self) -> Outcome {
        let Some(n) = self.dice.pick(&(0..self.images.len()).collect::<Vec<_>>()).copied() else { return Ok(()) };
        let image = &self.images[n];
        let m = image.machine;
        let keeps_witness = self.dice.chance(50);
        self.machines[m].put_back(&image.dir, keeps_witness)?;
        self.ledger.put_back(m, image.entries);
        *self.ledger.copies.entry(image.stretch).or_default() += 1;
        self.say(m, "its folder is put back to an older copy");
        Ok(())
    }

    /// A till's folder is copied to another machine, and both sell.
    fn double(&mut self, m: usize) -> Outcome {
        self.has_clone = true;
        let other = self.machines.len();
        let dir = self.dir.path().join("clone");
        copy_dir(&self.machines[m].dir, &dir)?;
        let name = self.machines[m].name.clone();
        self.machines.push(Machine::start(other, &name, dir, &self.net)?);
        self.ledger.doubled(m, other);
        *self.ledger.copies.entry(self.machines[m].knowledge.stretch).or_default() += 1;
        self.say(m, &format!("its folder runs on machine {other}, too"));
        Ok(())
    }

    /// All lines are good again, and all clocks right: every till talks until nothing is left to say.
    fn heal(&mut self) -> Outcome {
        {
            let mut state = self.net.state();
            state.faults = Faults::default();
            state.cut.clear();
            let to = state.now_ms + 5 * MINUTE;
            state.advance(to);
            state.say("everything is well again");
        }
        self.faults.crashes_till = false;
        for machine in &mut self.machines {
            machine.drift_ms = 0;
        }
        let mut problem = String::new();
        for _ in 0..ROUNDS_TO_QUIET {
            let mut is_quiet = true;
            for m in 0..self.machines.len() {
                let ended = self.machines[m].round(&mut self.stretches)?;
                self.wait(2);
                match ended {
                    Ok(moved) => is_quiet &= moved.unsent == 0 && self.machines[m].unsent()? == 0,
                    Err(err) => {
                        is_quiet = false;
                        problem = format!("till {m}: {err}");
                        self.say(m, &format!("a round ends: {err}"));
                    }
                }
            }
            if is_quiet {
                return Ok(());
            }
        }
        fails("quiet", format!("after {ROUNDS_TO_QUIET} rounds with nothing in the way records still wait. {problem}"))
    }

    /// What was done.
    pub fn done(&self, lost: u64) -> Done {
        let records = u64::try_from(self.ledger.entries.len()).unwrap_or(0);
        let by_hold = self.ledger.entries.iter().filter(|e| e.went_by.as_ref().is_some_and(|w| w.hold.is_some()));
        let held = u64::try_from(by_hold.count()).unwrap_or(0);
        Done { sales: self.ledger.sales, records, lost, held, late: 0, requests: self.net.state().delivered }
    }
}
