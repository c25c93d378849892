//! What a person at the till must hear, whichever thread learned it: kept until the window has shown it.

use anyhow::Result;

use crate::devices::Sentence;
use crate::shop::{Shop, commands_log};

/// What it is about; of each kind the last is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The machine's clock was wrong.
    Clock,
    /// The records go on in a new stretch.
    Records,
    /// Headquarters revoked the till's key.
    Key,
}

impl About {
    const ALL: [Self; 3] = [Self::Clock, Self::Records, Self::Key];

    fn setting(self) -> &'static str {
        match self {
            Self::Clock => "notice_clock",
            Self::Records => "notice_records",
            Self::Key => "notice_key",
        }
    }
}

/// Notes a sentence, and writes it to the log.
pub fn put(shop: &Shop, about: About, zh: &str, en: &str) -> Result<()> {
    commands_log(&format!("{zh} {en}"));
    Ok(shop.store.set_setting(about.setting(), &format!("{zh}\n{en}"))?)
}

/// What was noted since the last call.
pub fn take(shop: &Shop) -> Result<Vec<Sentence>> {
    let mut sentences = Vec::new();
    for about in About::ALL {
        let Some(text) = shop.store.setting(about.setting())? else { continue };
        shop.store.remove_setting(about.setting())?;
        if let Some((zh, en)) = text.split_once('\n') {
            sentences.push(Sentence::new(zh.to_owned(), en.to_owned()));
        }
    }
    Ok(sentences)
}

/// Why the records go on in a new stretch, by the reason that its first record gives.
pub fn of_epoch(shop: &Shop, reason: &str) -> Result<()> {
    let (zh, en) = match reason {
        "restored" => (
            "本机少了总部已有的记录（恢复过备份，或者数据被复制到另一台机器）：已取回并另起一段记录，可以照常卖货。请店长告诉总部。",
            "Headquarters has records that this till had not (a backup was put back, or its data runs on another machine): \
             they were fetched, a new stretch of records begins, and selling goes on. The manager tells headquarters",
        ),
        "clock" => (
            "本机时钟曾经走快，已另起一段记录。走快那段时间的惠民销售要等总部核对。",
            "The clock had been ahead, so a new stretch of records begins. Discounts given meanwhile wait for headquarters",
        ),
        _ => (
            "总部不接受本机的一条记录：已另起一段记录，可以照常卖货，卖过的不会丢。请店长告诉总部。",
            "Headquarters refused one of this till's records: a new stretch begins, selling goes on, and nothing that was \
             sold is lost. The manager tells headquarters",
        ),
    };
    put(shop, About::Records, zh, en)
}
