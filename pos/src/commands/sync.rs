//! One full round of sync.

use std::path::Path;

use ::sync::engine::{self, Moved};
use anyhow::{Context as _, Result};
use store::Lock;

use super::print;
use crate::outbox::{StoreOutbox, notice_restore};
use crate::shop::Shop;

/// A round over HTTP; what moved.
pub fn round(shop: &mut Shop) -> Result<Moved> {
    let http = shop.http()?;
    let moved = engine::round(&mut StoreOutbox::new(shop), &http)?;
    shop.reload()?;
    Ok(moved)
}

/// `jihui-till sync`.
pub fn run(dir: &Path) -> Result<()> {
    let _lock = Lock::take(dir)?;
    let mut shop = Shop::open(dir)?;
    shop.enrolled()?;
    notice_restore(&mut shop)?;
    let moved = round(&mut shop)?;
    print(&serde_json::to_string(&moved).context("what moved")?)
}
