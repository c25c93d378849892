//! Training: the same window on a folder of its own, seeded from the shop's goods, prices, programmes and
//! roster. Its paper says so, its drawer stays shut, and nothing of it goes up.

use anyhow::{Context as _, Result};
use domain::till::{Refusal, Screen, Staff};
use serde_json::json;
use sync::jws::Key;

use super::worker::Worker;
use crate::effects::{Driver, failed};
use crate::keyfile;
use crate::outbox::open_epoch;
use crate::shop::Shop;

/// The folder within the till's own.
const FOLDER: &str = "training";
/// Its only epoch.
const EPOCH: &str = "1";

impl Worker {
    /// Goes into training, or comes back to the till as it was left.
    pub(super) fn train(&mut self, on: bool) -> Result<(), Refusal> {
        match (on, self.real.take()) {
            (true, None) => self.begin_training(),
            (false, Some(real)) => {
                self.driver = *real;
                self.note_training(false);
                self.products = self.driver.shop.store.product_count().map_err(failed)?;
                Ok(())
            }
            (_, as_is) => {
                self.real = as_is;
                Ok(())
            }
        }
    }

    fn begin_training(&mut self) -> Result<(), Refusal> {
        let staff = match &self.driver.till.screen {
            Screen::SignIn => return Err(Refusal::NotSignedIn),
            Screen::Committing { .. } => return Err(Refusal::Busy),
            Screen::Sale { sale, .. } if !sale.lines.is_empty() || sale.verified.is_some() => {
                return Err(Refusal::BasketNotEmpty);
            }
            Screen::Sale { staff, .. } | Screen::NoShift { staff } => staff.clone(),
        };
        if self.driver.shop.identity.is_none() {
            return Err(Refusal::NotEnrolled);
        }
        let driver = seeded(&self.driver.shop, staff).map_err(|err| Refusal::Failed(format!("{err:#}")))?;
        self.note_training(true);
        self.real = Some(Box::new(std::mem::replace(&mut self.driver, driver)));
        Ok(())
    }

    /// The chain says that training began or ended, and never what happened inside.
    fn note_training(&mut self, begins: bool) {
        if let Err(err) = self.driver.record_event("training", json!({ "begins": begins })) {
            crate::shop::commands_log(&format!("an event could not be recorded: {err:#}"));
        }
    }
}

/// A till to learn on, fresh each time.
fn seeded(real: &Shop, staff: Staff) -> Result<Driver> {
    let dir = real.store.dir().join(FOLDER);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).context("clearing the training folder")?;
    }
    {
        let mut shop = Shop::open(&dir)?;
        shop.store.seed_training(real.store.dir())?;
        // Its own key: what it signs is nobody's claim.
        keyfile::write(&dir, &Key::generate())?;
        shop.reload()?;
        open_epoch(&mut shop, EPOCH, None).map_err(anyhow::Error::msg)?;
    }
    let mut driver = Driver::start(Shop::open(&dir)?)?;
    driver.till.asks_weight = true;
    driver.till.screen = Screen::NoShift { staff };
    Ok(driver)
}
