//! A till's data folder, opened: store, key, clock and identity.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use domain::json::{Node, Unknown};
use domain::label::{self, Pattern};
use domain::money::Money;
use domain::programme::Programme;
use domain::promotion::Promotion;
use domain::record::Head;
use domain::tender::CashRounding;
use domain::till::WAIVE_UP_TO_FEN;
use printers::{Profile, Target};
use store::Store;
use sync::http::Http;
use sync::jws::{Jwk, Key};
use uuid::{NoContext, Timestamp, Uuid};

/// How old balances may be for a till to count as online, in milliseconds.
pub const FRESH_MS: i64 = 60_000;
/// Days after which an old roster stops discounts, unless the setting says otherwise.
const ROSTER_STOPS_DAYS: i64 = 30;

/// Who the till is, once it is enrolled.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Headquarters' address.
    pub hq_url: String,
    /// Headquarters' id.
    pub hq: String,
    /// Headquarters' key.
    pub hq_key: Jwk,
    /// Store's code.
    pub store: String,
    /// Till's code.
    pub till: String,
    /// The till's key.
    pub key: Key,
}

impl Identity {
    /// The number of the next receipt after `head`; the epoch is part of it.
    pub fn receipt_number(&self, head: &Head) -> String {
        format!("{}-{}-{}-{:06}", self.store, self.till, head.epoch, head.receipts + 1)
    }
}

/// Where the machine's clock was stopped, in milliseconds since 1970; 0: it goes.
static STOPPED_AT_MS: AtomicI64 = AtomicI64::new(0);

/// Everything that a command works with.
pub struct Shop {
    /// The database.
    pub store: Store,
    /// Who the till is; none before enrolment.
    pub identity: Option<Identity>,
    /// Programme versions that the till knows.
    pub programmes: Vec<Programme>,
    /// The store's own promotions.
    pub promotions: Vec<Promotion>,
    /// What the labels of its scale look like.
    pub patterns: Vec<Pattern>,
    /// Whether this is the folder to learn in: its paper is no voucher, and nothing of it goes up.
    pub is_training: bool,
    offset_ms: i64,
}

impl Shop {
    /// Opens a data folder.
    pub fn open(dir: &Path) -> Result<Self> {
        let store = Store::open(dir)?;
        let mut shop = Self {
            store,
            identity: None,
            programmes: Vec::new(),
            promotions: Vec::new(),
            patterns: Vec::new(),
            is_training: false,
            offset_ms: 0,
        };
        shop.reload()?;
        Ok(shop)
    }

    /// Reads again what a sync or an enrolment may have changed.
    pub fn reload(&mut self) -> Result<()> {
        self.offset_ms = self.number("clock_offset_ms")?.unwrap_or(0);
        self.identity = self.read_identity()?;
        self.programmes = self.read_programmes()?;
        self.promotions = self.read_promotions()?;
        self.patterns = self.read_patterns()?;
        self.is_training = self.store.setting("training")?.as_deref() == Some("on");
        Ok(())
    }

    fn read_promotions(&self) -> Result<Vec<Promotion>> {
        let mut promotions = Vec::new();
        for document in self.store.promotions()? {
            let value: serde_json::Value = serde_json::from_str(&document).context("a promotion in the store")?;
            match Promotion::read(&Node::root("promotion", &value, Unknown::Ignore)) {
                Ok(promotion) => promotions.push(promotion),
                Err(refused) => commands_log(&format!("a promotion is left out: {refused}")),
            }
        }
        Ok(promotions)
    }

    fn read_patterns(&self) -> Result<Vec<Pattern>> {
        let text = self.store.setting("scale_patterns")?.unwrap_or_else(|| label::USUAL.into());
        Ok(Pattern::parse_list(&text).unwrap_or_else(|problem| {
            commands_log(&format!(
                "秤签格式不对，请店长在设备页改正。 The scale's label patterns are wrong: {problem}"
            ));
            Vec::new()
        }))
    }

    fn read_identity(&self) -> Result<Option<Identity>> {
        let get = |name: &str| self.store.setting(name);
        let (Some(hq_url), Some(hq), Some(hq_key)) = (get("hq_url")?, get("hq")?, get("hq_key")?) else {
            return Ok(None);
        };
        let (Some(store), Some(till)) = (get("store")?, get("till")?) else {
            return Ok(None);
        };
        // Without its key the till is nobody: it can look things up, and be enrolled anew.
        let Some(key) = crate::keyfile::read(self.store.dir())? else {
            commands_log(
                "款台的密钥文件不见了，请用新的注册码重新注册。 The till's key file is missing: enrol it anew with a new code",
            );
            return Ok(None);
        };
        let hq_key = serde_json::from_str(&hq_key).context("headquarters' key in the settings")?;
        Ok(Some(Identity { hq_url, hq, hq_key, store, till, key }))
    }

    fn read_programmes(&self) -> Result<Vec<Programme>> {
        let mut programmes = Vec::new();
        for document in self.store.programmes()? {
            let value: serde_json::Value = serde_json::from_str(&document).context("a programme in the store")?;
            // A newer headquarters may say what this till does not understand: it leaves that
            // programme out rather than refusing every sale.
            match Programme::read(&Node::root("programme", &value, Unknown::Ignore)) {
                Ok(programme) => programmes.push(programme),
                Err(refused) => commands_log(&format!("a programme is left out: {refused}")),
            }
        }
        Ok(programmes)
    }

    /// Who the till is, or a sentence on how to become someone.
    pub fn enrolled(&self) -> Result<&Identity> {
        self.identity.as_ref().context("the till is not enrolled; run `jihui-till enrol --hq URL --code CODE`")
    }

    /// The machine's own clock, in milliseconds since 1970.
    pub fn machine_ms() -> i64 {
        let stopped = STOPPED_AT_MS.load(Ordering::Relaxed);
        if stopped != 0 {
            return stopped;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// Stops the machine's clock in this process, so that a simulated day is the same every time. No
    /// command reaches it.
    pub fn stop_machine_clock(at_ms: i64) {
        STOPPED_AT_MS.store(at_ms, Ordering::Relaxed);
    }

    /// Now, by the clock that headquarters corrected.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(Self::machine_ms() + self.offset_ms).unwrap_or_default()
    }

    /// Correction of the machine's clock, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    /// Sets the correction; gives the old one.
    pub fn set_offset(&mut self, offset_ms: i64) -> Result<i64> {
        self.store.set_setting("clock_offset_ms", &offset_ms.to_string())?;
        Ok(std::mem::replace(&mut self.offset_ms, offset_ms))
    }

    /// Moves the clock until the folder is read again; nothing is written.
    pub fn move_clock(&mut self, offset_ms: i64) {
        self.offset_ms = offset_ms;
    }

    /// Headquarters, for work that nobody waits for.
    pub fn http(&self) -> Result<Http> {
        Http::new(&self.enrolled()?.hq_url).map_err(anyhow::Error::msg)
    }

    /// The receipts' printer and its profile, where one is set.
    pub fn printer(&self) -> Result<Option<(Target, Profile)>> {
        self.printer_of("printer")
    }

    /// Where slips and reports go: the second printer, else the first; with its number.
    pub fn slip_printer(&self) -> Result<Option<(u8, Target, Profile)>> {
        if let Some((target, profile)) = self.printer_of("printer2")? {
            return Ok(Some((2, target, profile)));
        }
        Ok(self.printer()?.map(|(target, profile)| (1, target, profile)))
    }

    /// A printer by its number.
    pub fn printer_number(&self, n: u8) -> Result<Option<(Target, Profile)>> {
        self.printer_of(if n == 2 { "printer2" } else { "printer" })
    }

    fn printer_of(&self, name: &str) -> Result<Option<(Target, Profile)>> {
        let Some(target) = self.store.setting(name)?.filter(|target| !target.is_empty()) else {
            return Ok(None);
        };
        let target = Target::parse(&target).map_err(anyhow::Error::msg)?;
        if let Some(profile) = self.store.setting(&format!("{name}_profile"))? {
            return Ok(Some((target, profile.parse().map_err(anyhow::Error::msg)?)));
        }
        let columns = self.number(&format!("{name}_columns"))?.and_then(|n| usize::try_from(n).ok()).unwrap_or(32);
        Ok(Some((target, Profile::with_columns(columns))))
    }

    /// How the store rounds cash.
    pub fn rounding(&self) -> Result<CashRounding> {
        let text = self.store.setting("cash_rounding")?;
        Ok(text.and_then(|text| CashRounding::parse(&text).ok()).unwrap_or_default())
    }

    /// The most that a cashier may waive without a manager.
    pub fn waive_up_to(&self) -> Result<Money> {
        let text = self.store.setting("waive_up_to")?;
        Ok(text.and_then(|text| Money::parse(&text).ok()).unwrap_or(Money::from_fen(WAIVE_UP_TO_FEN)))
    }

    /// Whether a cashier may pay back in cash what was paid by other means.
    pub fn may_refund_in_cash(&self) -> Result<bool> {
        Ok(self.store.setting("cash_refunds")?.as_deref() != Some("as_paid"))
    }

    /// The settings that a manager changes in the window, as they are now.
    pub fn settings_now(&self) -> Result<Vec<(&'static str, String)>> {
        let text = |name: &str| Ok::<_, anyhow::Error>(self.store.setting(name)?.unwrap_or_default());
        Ok(vec![
            ("waive_up_to", self.waive_up_to()?.to_string()),
            ("cash_rounding", self.rounding()?.word().into()),
            ("cash_refunds", if self.may_refund_in_cash()? { "allowed" } else { "as_paid" }.into()),
            ("phone", text("phone")?),
            ("store_name", self.store_name()?),
            ("promotions_note", text("promotions_note")?),
        ])
    }

    /// Whether the till stands beside another one, which takes the payments.
    pub fn is_beside(&self) -> Result<bool> {
        Ok(self.store.setting("mode")?.as_deref() == Some("beside"))
    }

    /// The pulse that opens the drawer, where the printer has one.
    pub fn drawer(&self) -> Result<Option<Vec<u8>>> {
        if self.is_training {
            return Ok(None);
        }
        let profile = self.printer()?.map(|(_, profile)| profile);
        Ok(profile.and_then(|profile| profile.drawer).map(printers::drawer_bytes))
    }

    /// Name at the head of the paper.
    pub fn store_name(&self) -> Result<String> {
        let code = self.identity.as_ref().map(|id| id.store.clone()).unwrap_or_default();
        Ok(self.store.setting("store_name")?.unwrap_or_else(|| format!("慈善超市 {code}")))
    }

    /// Whether balances are fresh enough to price as online.
    pub fn is_online(&self) -> Result<bool> {
        if self.is_training {
            // Whoever learns, learns the ordinary day first.
            return Ok(true);
        }
        let age = self.store.list_times("balances")?.map(|(_, applied)| self.now().timestamp_millis() - applied);
        Ok(age.is_some_and(|age| (0..FRESH_MS).contains(&age)))
    }

    /// Days since the roster was issued, where that is too many.
    pub fn roster_too_old(&self) -> Result<Option<i64>> {
        let limit = self.number("roster_stops_days")?.unwrap_or(ROSTER_STOPS_DAYS);
        let issued = self.store.list_times("roster")?.map(|(issued, _)| issued);
        let days = issued.map(|issued| (self.now().timestamp_millis() - issued) / 86_400_000);
        Ok(days.filter(|days| *days > limit))
    }

    fn number(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.store.setting(name)?.and_then(|text| text.parse().ok()))
    }
}

/// A fresh `UUIDv7` of this time.
pub fn fresh_id(now: DateTime<Utc>) -> Uuid {
    let ms = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos(ms)))
}

fn nanos(ms: u64) -> u32 {
    u32::try_from(ms % 1000).unwrap_or(0) * 1_000_000
}

/// One line for people, on standard error. It never carries a number or a name of a family.
pub fn commands_log(line: &str) {
    use std::io::Write as _;
    // A log that cannot be written must not stop a sale.
    writeln!(std::io::stderr(), "{line}").ok();
}
