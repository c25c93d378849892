//! The till as the window paints it: a copy, so that painting never waits for the till.

use chrono::{DateTime, Utc};
use domain::money::Money;
use domain::role::StaffRole;
use printers::{Condition, Profile};

use domain::till::{Family, Finished, Screen, family};

use super::drainer::Sync;
use super::worker::Worker;
use crate::shop::Shop;

/// Everything that a screen shows of the till.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What the state machine is doing.
    pub screen: Screen,
    /// The verified household beside the basket.
    pub family: Option<Family>,
    /// Store's code; none before enrolment.
    pub store: Option<String>,
    /// Till's code.
    pub till: Option<String>,
    /// Name at the head of the window and the paper.
    pub store_name: String,
    /// What the shop has to say to customers.
    pub note: String,
    /// Who may sign in.
    pub staff: Vec<(String, StaffRole)>,
    /// How many products the store sells.
    pub products: u32,
    /// Where the printer is; none where none is set.
    pub printer: Option<String>,
    /// Columns of its paper.
    pub columns: usize,
    /// Baskets that wait: number, time in ms since 1970, lines.
    pub parked: Vec<(u32, i64, usize)>,
    /// What the status line says.
    pub status: Status,
    /// The last sale of this run of the program.
    pub last: Option<Finished>,
    /// How cash is rounded here.
    pub rounding: domain::tender::CashRounding,
    /// The most that a cashier waives without a manager.
    pub waive_up_to: Money,
    /// Whether the till stands beside another one.
    pub is_beside: bool,
    /// Whether only a PIN opens it.
    pub is_locked: bool,
    /// Whether it is the folder to learn in.
    pub is_training: bool,
    /// What the scale says.
    pub weight: Option<Weight>,
    /// How each serial device is.
    pub devices: Vec<crate::devices::Status>,
    /// What the labels of the shop's scale look like.
    pub patterns: Vec<String>,
    /// Addresses of both printers.
    pub printers: [Option<String>; 2],
    /// What each can do.
    pub profiles: [Option<Profile>; 2],
    /// How the receipts' printer says it is.
    pub condition: Condition,
    /// Correction of the machine's clock, in ms.
    pub offset_ms: i64,
}

/// What lies on the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Grams.
    pub grams: u32,
    /// Whether it stands still.
    pub is_steady: bool,
}

/// What a person waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Records that headquarters has not acknowledged.
    pub unsent: u64,
    /// Paper that waits for the printer.
    pub unprinted: u32,
    /// Paper that a person should look at.
    pub uncertain: u32,
    /// When the roster was issued, in ms since 1970.
    pub roster_issued: Option<i64>,
    /// Whether balances are fresh.
    pub online: bool,
    /// How the last round went.
    pub sync: Sync,
    /// How the copies of each day are.
    pub copies: store::CopyState,
}

impl PartialEq for Snapshot {
    /// Whether the status line would say the same: what else changes comes with news.
    fn eq(&self, other: &Self) -> bool {
        self.status == other.status
            && self.family == other.family
            && self.parked == other.parked
            && self.store == other.store
            && self.note == other.note
            && self.weight == other.weight
            && self.devices == other.devices
            && self.condition == other.condition
    }
}

impl Snapshot {
    /// Now, by the clock that headquarters corrected.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(Shop::machine_ms() + self.offset_ms).unwrap_or_default()
    }
}

/// What of the shop changes only by a setting or a sync: it is not read again for every scan.
#[derive(Debug, Clone)]
pub(super) struct Face {
    store_name: String,
    note: String,
    staff: Vec<(String, StaffRole)>,
    patterns: Vec<String>,
    printers: [Option<String>; 2],
    profiles: [Option<Profile>; 2],
}

impl Face {
    fn of(shop: &Shop) -> Self {
        let setting = |name: &str| shop.store.setting(name).ok().flatten().filter(|value| !value.is_empty());
        Self {
            store_name: shop.store_name().unwrap_or_default(),
            note: setting("promotions_note").unwrap_or_default(),
            staff: shop.store.staff_list().unwrap_or_default(),
            patterns: shop.patterns.iter().map(|pattern| pattern.text().into()).collect(),
            printers: ["printer", "printer2"].map(setting),
            profiles: [1, 2].map(|n| shop.printer_number(n).ok().flatten().map(|(_, profile)| profile)),
        }
    }
}

impl Worker {
    /// A copy of the till. What cannot be read is left as it was: the next event will say why.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let cx = self.driver.context();
        let shop = &self.driver.shop;
        // Of what a learner does nothing goes up.
        let sends = self.real.as_ref().map_or(shop, |real| &real.shop);
        if let Ok((unsent, _)) = sends.store.unsent() {
            self.status.unsent = unsent;
        }
        if let Ok((unprinted, uncertain)) = shop.store.unprinted() {
            (self.status.unprinted, self.status.uncertain) = (unprinted, uncertain);
        }
        let keeps = self.real.as_deref().unwrap_or(&self.driver);
        self.status.copies = keeps.daily.as_ref().map(|daily| daily.state()).unwrap_or_default();
        self.status.online = shop.is_online().unwrap_or(false);
        self.status.roster_issued = shop.store.list_times("roster").ok().flatten().map(|(issued, _)| issued);
        let face = self.face.get_or_insert_with(|| Face::of(shop)).clone();
        Snapshot {
            screen: self.driver.till.screen.clone(),
            family: family::family(&self.driver.till, &cx),
            store: shop.identity.as_ref().map(|id| id.store.clone()),
            till: shop.identity.as_ref().map(|id| id.till.clone()),
            store_name: face.store_name,
            note: face.note,
            staff: face.staff,
            products: self.products,
            printer: face.printers[0].clone(),
            columns: face.profiles[0].map_or(32, |profile| profile.columns),
            parked: shop.store.parked_list().unwrap_or_default(),
            status: self.status.clone(),
            last: self.last.clone(),
            rounding: self.driver.till.rounding,
            waive_up_to: self.driver.till.waive_up_to,
            is_beside: self.driver.till.is_beside,
            is_locked: self.driver.till.is_locked,
            is_training: shop.is_training,
            weight: self.gear.weight,
            devices: self.gear.status(),
            patterns: face.patterns,
            printers: face.printers,
            profiles: face.profiles,
            condition: self.driver.spool.condition(),
            offset_ms: shop.offset_ms(),
        }
    }
}
