//! One till: its folder, its program while it runs, its clock, and what people do at it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use domain::role::StaffRole;
use domain::till::{Effect, Event, OpenSale, Refusal, Reply, Screen, Staff, update};
use pos::effects::Driver;
use pos::holds::{Direct, PATIENCE};
use pos::outbox::{StoreOutbox, payload_of};
use pos::shop::Shop;
use serde_json::Value;
use sync::engine::{Moved, SyncError};

use crate::ledger::Knowledge;
use crate::net::{Line, Net};
use crate::rig::Rig;
use crate::template::{copy_dir, stop_clocks, stretched};
use crate::watched::{KNOWLEDGE, Watched};

/// Numbers of the stretches of tills that never heard.
const NEVER_HEARD: u64 = 1 << 40;
/// Who is at the till.
const STAFF: &str = "m1";

/// A machine with a till's folder.
pub struct Machine {
    /// Which one.
    pub id: usize,
    /// `store/till`.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// How far its own clock is ahead of the truth, in milliseconds.
    pub drift_ms: i64,
    /// What it heard.
    pub knowledge: Knowledge,
    /// What is wrong with it.
    pub rig: Rig,
    /// Whether its program stopped while somebody was served; whoever asks takes it back.
    pub went_off: bool,
    mark: Option<(String, u64)>,
    driver: Option<Driver>,
    net: Arc<Net>,
}

impl Machine {
    /// Starts the till of a folder.
    pub fn start(id: usize, name: &str, dir: PathBuf, net: &Arc<Net>) -> Result<Self> {
        let mut machine = Self {
            id,
            name: name.into(),
            dir,
            drift_ms: 0,
            knowledge: Knowledge::default(),
            rig: Rig::None,
            went_off: false,
            mark: None,
            driver: None,
            net: Arc::clone(net),
        };
        machine.open()?;
        Ok(machine)
    }

    /// Its store.
    pub fn store(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Its clock is looked at: the machine's own, which may be wrong.
    pub fn look_at_clock(&self) {
        let now = self.net.state().now_ms;
        stop_clocks(now);
        Shop::stop_machine_clock(now + self.drift_ms);
    }

    fn open(&mut self) -> Result<()> {
        self.look_at_clock();
        let mut driver = Driver::start(Shop::open(&self.dir)?)?;
        driver.line = Some(Arc::new(self.line()));
        driver.holds = Box::new(Direct::new(Shop::open(&self.dir)?, Box::new(self.line())));
        self.knowledge = match std::fs::read_to_string(self.dir.join(KNOWLEDGE)) {
            Ok(text) => serde_json::from_str(&text)?,
            Err(_) => Knowledge { stretch: NEVER_HEARD + u64::try_from(self.id)?, ..Knowledge::default() },
        };
        self.driver = Some(driver);
        self.handle(Event::SignIn { staff: STAFF.into(), pin: String::new() })?;
        Ok(())
    }

    fn line(&self) -> Line {
        Line { net: Arc::clone(&self.net), machine: self.id }
    }

    /// The program ends and is started again.
    pub fn restart(&mut self) -> Result<()> {
        self.driver = None;
        self.open()
    }

    /// The folder is put back to a copy, and the program started again.
    pub fn put_back(&mut self, image: &Path, keeps_witness: bool) -> Result<()> {
        self.driver = None;
        let witness = std::fs::read(self.dir.join("witness")).ok().filter(|_| keeps_witness);
        copy_dir(image, &self.dir)?;
        if let Some(witness) = witness {
            std::fs::write(self.dir.join("witness"), witness)?;
        }
        self.open()
    }

    /// The program.
    pub fn driver(&mut self) -> Result<&mut Driver> {
        self.look_at_clock();
        self.driver.as_mut().context("the till is off")
    }

    /// The open sale.
    pub fn sale(&mut self) -> Result<&mut OpenSale> {
        match &mut self.driver()?.till.screen {
            Screen::Sale { sale, .. } => Ok(sale),
            _ => bail!("the till is not selling"),
        }
    }

    /// Takes an event. A program that stops meanwhile starts again from what its folder was then; what it answered
    /// counts only where that is on its disk.
    pub fn handle(&mut self, event: Event) -> Result<Reply> {
        self.share_clock()?;
        let told = self.take(event)?;
        if !self.net.has_crashed(self.id) {
            return Ok(told);
        }
        let image = self.crash_image();
        self.put_back(&image, false)?;
        if let Reply::Sale(sold) = &told
            && self.driver()?.shop.store.sale(&sold.number)?.is_some()
        {
            return Ok(told);
        }
        self.went_off = true;
        bail!("the till is off")
    }

    /// Headquarters is asked to hold the basket as it stands, as the till's own thread does while goods are scanned;
    /// whether it does.
    pub fn hold(&mut self) -> Result<bool> {
        self.share_clock()?;
        let driver = self.driver()?;
        driver.tend();
        driver.holds.wait(PATIENCE);
        driver.tend();
        if self.net.has_crashed(self.id) {
            let image = self.crash_image();
            self.put_back(&image, false)?;
            self.went_off = true;
            bail!("the till is off");
        }
        Ok(self.sale()?.held.as_ref().is_some_and(|held| !held.is_past))
    }

    /// A correction of the clock by one of a till's connections is known to the others.
    fn share_clock(&mut self) -> Result<()> {
        let driver = self.driver()?;
        let told = driver.shop.store.setting("clock_offset_ms")?.and_then(|text| text.parse().ok()).unwrap_or(0);
        if told != driver.shop.offset_ms() {
            driver.refresh()?;
        }
        driver.holds.move_clock(told);
        Ok(())
    }

    /// Digests are known already, and PINs are not checked: both are slow on purpose.
    fn take(&mut self, event: Event) -> Result<Reply> {
        let driver = self.driver()?;
        if !matches!(event, Event::Verify { .. } | Event::SignIn { .. }) {
            return Ok(driver.handle(event));
        }
        let cx = driver.context();
        let mut told = Reply::Done;
        for effect in update(&mut driver.till, event, &cx) {
            match effect {
                Effect::CheckPin { staff, .. } => {
                    told = driver.handle(Event::PinChecked(Ok(Staff { code: staff, role: StaffRole::Manager })));
                }
                Effect::LookUp { credential, by, household, date } => {
                    let input = credential.digest_input();
                    let found = driver.look_up_by(date, |salt| stretched(&input, &salt).map_err(Refusal::Failed));
                    told = driver.handle(Event::Looked { found, by, household });
                }
                Effect::Note { event, detail } => driver.record_event(event, detail)?,
                Effect::Tell(reply) => told = reply,
                other => bail!("a verification asks for {other:?}"),
            }
        }
        Ok(told)
    }

    /// One round with headquarters. The inner error is what the till says of it.
    pub fn round(&mut self, stretches: &mut u64) -> Result<Result<Moved, SyncError>> {
        self.look_at_clock();
        let (net, machine, rig) = (Arc::clone(&self.net), self.id, self.rig);
        let driver = self.driver.as_mut().context("the till is off")?;
        let moved = sync::engine::round(
            &mut Watched {
                inner: StoreOutbox::new(&mut driver.shop),
                knowledge: &mut self.knowledge,
                stretches,
                dir: &self.dir,
                net: &net,
                machine,
                rig,
                mark: &mut self.mark,
            },
            &Line { net: Arc::clone(&net), machine },
        );
        if net.take_crash(machine) {
            let unflushed = self.dir.with_extension("unflushed");
            let image = if unflushed.is_dir() { unflushed } else { self.crash_image() };
            self.put_back(&image, false)?;
        } else {
            self.driver()?.refresh()?;
        }
        Ok(moved)
    }

    /// Where its folder is kept as it was when it crashed.
    pub fn crash_image(&self) -> PathBuf {
        self.dir.with_extension("crashed")
    }

    /// Keeps the folder as a crash leaves it that comes before the disk has what is written next: a planted fault.
    pub fn keep_unflushed(&self) -> Result<()> {
        copy_dir(&self.dir, &self.dir.with_extension("unflushed"))
    }

    /// What a record of this id says.
    pub fn said(&mut self, id: &str) -> Result<Value> {
        let jws = self.driver()?.shop.store.record_of(id)?.with_context(|| format!("no record {id}"))?;
        payload_of(&jws).map_err(anyhow::Error::msg)
    }

    /// Makes sure that a shift is open.
    pub fn open_shift(&mut self) -> Result<()> {
        if matches!(self.driver()?.till.screen, Screen::NoShift { .. })
            && let Reply::Refused(refusal) = self.handle(Event::OpenShift { float: "200.00".into() })?
        {
            bail!("no shift: {refusal}");
        }
        Ok(())
    }

    /// Records that wait.
    pub fn unsent(&mut self) -> Result<u64> {
        Ok(self.driver()?.shop.store.unsent()?.0)
    }
}
