//! Enrolment: a key is made here, and headquarters says who this till is.

use std::path::Path;

use ::sync::engine;
use ::sync::http::Http;
use ::sync::jws::Key;
use ::sync::protocol::{Chain, Enrolled};
use ::sync::token;
use anyhow::{Context as _, Result};
use domain::money::Money;
use domain::record::{Before, epoch_number};
use serde_json::json;
use store::Lock;

use super::{print, wrong_input};
use crate::keyfile;
use crate::outbox::open_epoch;
use crate::shop::{Shop, commands_log};

const SOFTWARE: &str = concat!("jihui-till ", env!("CARGO_PKG_VERSION"));

/// Enrols the till of a data folder and takes the lists down.
pub fn run(dir: &Path, url: &str, code: &str) -> Result<()> {
    let _lock = Lock::take(dir)?;
    let mut shop = Shop::open(dir)?;
    let enrolled = enrol(&mut shop, url, code)?;
    // The lists come with the first sync; without a line they come with the next one.
    if let Err(err) = super::sync::round(&mut shop) {
        commands_log(&format!("enrolled, but the lists did not come yet ({err:#}); run `jihui-till sync`"));
    }
    let answer = json!({ "store": enrolled.store, "till": enrolled.till, "epoch": enrolled.epoch });
    print(&answer.to_string())
}

/// Makes a key, asks headquarters who this till is, and keeps both.
pub fn enrol(shop: &mut Shop, url: &str, code: &str) -> Result<Enrolled> {
    let http = Http::new(url).map_err(wrong_input)?;
    let key = Key::generate();
    let (enrolled, hq_key) = engine::enrol(&http, &key, code.trim(), SOFTWARE)?;
    if let Some(present) = &shop.identity
        && (&present.store, &present.till) != (&enrolled.store, &enrolled.till)
    {
        return Err(wrong_input(format!(
            "this folder is till {}/{}; the code is for {}/{}: use another --data folder",
            present.store, present.till, enrolled.store, enrolled.till
        )));
    }
    let before = before(&http, shop, &key, &enrolled)?;
    keyfile::write(shop.store.dir(), &key)?;
    let hq_key = serde_json::to_string(&hq_key).context("headquarters' key")?;
    for (name, value) in [
        ("hq_url", url.trim_end_matches('/')),
        ("hq", &enrolled.hq),
        ("hq_key", &hq_key),
        ("store", &enrolled.store),
        ("till", &enrolled.till),
        ("roster_salt", &enrolled.roster_salt),
        ("roster_key", &enrolled.roster_key),
    ] {
        shop.store.set_setting(name, value)?;
    }
    shop.store.forget_lists(None)?;
    shop.reload()?;
    if shop.store.epochs()?.iter().all(|e| e.epoch != enrolled.epoch) {
        open_epoch(shop, &enrolled.epoch, before).map_err(anyhow::Error::msg)?;
    }
    Ok(enrolled)
}

/// What the first record of a later epoch says of the one before it.
fn before(http: &Http, shop: &Shop, key: &Key, enrolled: &Enrolled) -> Result<Option<Before>> {
    use ::sync::engine::Transport as _;
    if epoch_number(&enrolled.epoch) <= 1 {
        return Ok(None);
    }
    let token = token::make(key, &enrolled.store, &enrolled.till, shop.now().timestamp());
    let request = engine::Request {
        method: engine::Method::Get,
        path: "/v1/chain".into(),
        token: Some(token),
        content_type: "",
        body: Vec::new(),
    };
    let answer = http.call(&request).map_err(anyhow::Error::msg)?;
    let chain: Chain = serde_json::from_slice(&answer.body).context("headquarters' answer to /v1/chain")?;
    let own = shop.store.epochs()?.pop();
    let last = chain.epochs.into_iter().rfind(|e| e.epoch != enrolled.epoch);
    let reason = "enrolled".to_owned();
    Ok(match (own, last) {
        (Some(own), _) => Some(Before {
            epoch: own.epoch,
            through: own.answered_through,
            hash: own.answered_hash,
            total_claimed: Money::ZERO,
            reason,
        }),
        (None, Some(last)) => Some(Before {
            epoch: last.epoch,
            through: last.through,
            hash: last.hash,
            total_claimed: Money::ZERO,
            reason,
        }),
        (None, None) => {
            Some(Before { epoch: enrolled.epoch.clone(), through: 0, hash: None, total_claimed: Money::ZERO, reason })
        }
    })
}
