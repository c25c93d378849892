//! The till's serial devices behind the window: started from the settings, told to the till's thread.

use std::sync::mpsc::SyncSender;

use domain::sale::VerifiedBy;
use domain::till::{Event, Reply};

use super::customer::Shown;
use super::snapshot::{Snapshot, Weight};
use super::worker::{News, Request, Worker};
use crate::devices::{DeviceEvent, Devices, Kind, Sentence, Setting, Show, Status};
use crate::shop::{Shop, commands_log};

/// Where a device's line of settings is kept.
pub fn setting_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Scanner => "device_scanner",
        Kind::IdCard => "device_id_card",
        Kind::Scale => "device_scale",
        Kind::Display => "device_display",
    }
}

/// The devices, and what they said last.
pub(super) struct Gear {
    tell: SyncSender<Request>,
    devices: Devices,
    /// What the customer's display shows.
    shown: Option<Show>,
    /// What lies on the scale.
    pub weight: Option<Weight>,
}

impl Gear {
    /// Starts what is set in the folder. What cannot be read is told and left out.
    pub fn start(shop: &Shop, tell: SyncSender<Request>) -> Self {
        let mut gear = Self { tell, devices: Devices::default(), shown: None, weight: None };
        gear.restart(shop);
        gear
    }

    /// Starts them anew, after a setting changed.
    pub fn restart(&mut self, shop: &Shop) {
        let read = |kind: Kind| {
            let line = shop.store.setting(setting_name(kind)).ok().flatten().filter(|line| !line.is_empty())?;
            Setting::parse(kind, &line).map_err(|sentence| commands_log(&sentence.to_string())).ok()
        };
        let settings: Vec<Setting> = Kind::ALL.into_iter().filter_map(read).collect();
        let tell = self.tell.clone();
        // The old lines are closed first: a port opens once.
        self.devices = Devices::default();
        (self.weight, self.shown) = (None, None);
        // A till that does not keep up loses a device's news rather than stopping the device.
        self.devices = Devices::start(settings, move |event| {
            tell.try_send(Request::Device(event)).ok();
        });
    }

    /// How each device is.
    pub fn status(&self) -> Vec<Status> {
        self.devices.status()
    }

    /// Shows something on the customer's display, if it is not there already.
    pub fn show(&mut self, show: Show) {
        if self.shown != Some(show) {
            self.shown = Some(show);
            self.devices.show(show);
        }
    }

    /// Shows what the customers' window would: sums, and nothing that a queue should not read.
    pub fn follow(&mut self, snap: &Snapshot) {
        let is_paying = snap.screen.open().is_ok_and(|sale| sale.announced.is_some());
        self.show(Shown::of(snap, is_paying, snap.last.is_some()).for_pole());
    }

    /// Asks the scale, where it speaks only when asked.
    pub fn ask_weight(&self) {
        self.devices.ask_weight();
    }
}

impl Worker {
    /// What a device said. Where a code belongs, the open page decides.
    pub(super) fn heard(&mut self, event: DeviceEvent) -> Vec<News> {
        match event {
            DeviceEvent::Scanned(code) => vec![News::Scanned(code)],
            DeviceEvent::Card(card) => vec![News::CardShown(card.credential)],
            DeviceEvent::CardTrouble(sentence) | DeviceEvent::ScaleTrouble(sentence) => vec![News::Said(sentence)],
            DeviceEvent::Weight { grams, stable } => {
                self.gear.weight = (grams > 0).then_some(Weight { grams, is_steady: stable });
                Vec::new()
            }
            DeviceEvent::State(kind, state) => match state {
                crate::devices::State::Lost(why) => vec![News::Said(lost(kind, &why))],
                crate::devices::State::Connecting | crate::devices::State::Connected => Vec::new(),
            },
        }
    }

    /// What an answer of the till means for its devices.
    pub(super) fn tell_devices(&mut self, reply: &Reply) {
        if matches!(reply, Reply::Weigh { .. }) {
            self.gear.ask_weight();
        }
    }
}

/// A card on the reader verifies its holder.
pub fn shown(credential: domain::resident::Credential) -> Event {
    Event::Verify { credential: Ok(credential), by: VerifiedBy::IdCard, household: None }
}

fn lost(kind: Kind, why: &Sentence) -> Sentence {
    use domain::lang::Lang;
    let name = kind.name();
    Sentence::new(
        format!("{}断开了，插好后会自己恢复。{}", name.of(Lang::Zh), why.of(Lang::Zh)),
        format!("{} is gone; plug it in and it comes back. {}", name.of(Lang::En), why.of(Lang::En)),
    )
}
