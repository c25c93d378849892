//! Signs in how one family, or whoever shops for it, comes.

use std::collections::BTreeSet;

use super::{DAY_MS, Facts, Number, Numbers, Sign};

/// These signs.
pub const SIGNS: [Sign; 3] = [
    Sign {
        code: "S04",
        zh: "几家店连着买",
        en: "Store after store",
        about_zh: "同一户在 {minutes} 分钟里，在至少 {stores} 家店有 {n} 笔申报：像是把一次购物拆开。",
        about_en: "One family has {n} claims in at least {stores} stores within {minutes} minutes: one basket, split.",
        is_daily: false,
        is_on: true,
        numbers: &[
            Number { key: "n", zh: "几笔", en: "Claims", default: 3, least: 2, most: 10 },
            Number { key: "stores", zh: "至少几家店", en: "Stores, at least", default: 2, least: 2, most: 10 },
            Number { key: "minutes", zh: "几分钟内", en: "Within minutes", default: 30, least: 1, most: 600 },
        ],
        look: split,
    },
    Sign {
        code: "S11",
        zh: "久不来，突然频繁",
        en: "Dormant, suddenly active",
        about_zh: "一户 {quiet} 天没有来过，又在 {days} 天里有 {n} 笔申报：卡可能在别人手里。",
        about_en: "A family that did not come for {quiet} days has {n} claims within {days} days: somebody else may have the card.",
        is_daily: false,
        is_on: true,
        numbers: &[
            Number { key: "quiet", zh: "几天没来", en: "Days without a claim", default: 120, least: 14, most: 730 },
            Number { key: "days", zh: "几天内", en: "Within days", default: 3, least: 1, most: 30 },
            Number { key: "n", zh: "几笔", en: "Claims", default: 4, least: 2, most: 10 },
        ],
        look: dormant,
    },
    Sign {
        code: "S12",
        zh: "一人代很多户",
        en: "One proxy for many",
        about_zh: "同一个人 30 天里为 {n} 户以上买东西。",
        about_en: "One person shopped for {n} families or more within 30 days.",
        is_daily: false,
        is_on: true,
        numbers: &[Number { key: "n", zh: "几户", en: "Families", default: 6, least: 2, most: 50 }],
        look: proxy,
    },
];

fn split(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = facts.family.get(..numbers.count("n"))?;
    let minutes = (claims.first()?.at - claims.last()?.at) / 60_000;
    let stores = claims.iter().map(|c| c.store.as_str()).collect::<BTreeSet<_>>().len();
    let n = claims.len();
    (minutes < numbers.get("minutes") && stores >= numbers.count("stores")).then(|| {
        (
            format!("这一户 {minutes} 分钟里在 {stores} 家店有 {n} 笔申报。"),
            format!("This family has {n} claims in {stores} stores within {minutes} minutes."),
        )
    })
}

fn dormant(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let n = numbers.count("n");
    let (burst, before) = (facts.family.get(..n)?, facts.family.get(n)?);
    let (newest, oldest) = (burst.first()?.at, burst.last()?.at);
    let quiet = (oldest - before.at) / DAY_MS;
    let days = (newest - oldest) / DAY_MS + 1;
    (quiet >= numbers.get("quiet") && days <= numbers.get("days")).then(|| {
        (
            format!("这一户 {quiet} 天没有来过，现在 {days} 天里有 {n} 笔。"),
            format!("This family did not come for {quiet} days; now it has {n} claims within {days} days."),
        )
    })
}

fn proxy(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let families = facts.served;
    (families >= numbers.count("n")).then(|| {
        (
            format!("来买的人 30 天里为 {families} 户买过东西。"),
            format!("Who came shopped for {families} families within 30 days."),
        )
    })
}
