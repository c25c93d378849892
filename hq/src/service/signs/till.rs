//! Signs in what one till does.

use std::collections::BTreeSet;

use chrono::{DateTime, Timelike as _};
use domain::time::shanghai;

use super::{Facts, Number, Numbers, Sign};
use crate::store::facts::Fact;

const fn number(
    key: &'static str,
    zh: &'static str,
    en: &'static str,
    (default, least, most): (i64, i64, i64),
) -> Number {
    Number { key, zh, en, default, least, most }
}

/// These signs.
pub const SIGNS: [Sign; 9] = [
    Sign {
        code: "S01",
        zh: "连续顶格",
        en: "At the cap in a row",
        about_zh: "同一台款台同一天连着 {n} 笔、每笔不同的家庭，都刚好把额度用完。平常的家庭很少正好用完。",
        about_en: "{n} claims in a row at one till and day, each of another family, all take just the last of a limit.",
        is_daily: false,
        is_on: true,
        numbers: &[number("n", "连着几笔", "Claims in a row", (8, 3, 40))],
        look: capped,
    },
    Sign {
        code: "S02",
        zh: "快得不可能",
        en: "Faster than possible",
        about_zh: "同一台款台在 {seconds} 秒里做了 {n} 笔申报：扫码、核验、收款都来不及。",
        about_en: "One till makes {n} claims within {seconds} seconds: no time to scan, verify and be paid.",
        is_daily: false,
        is_on: true,
        numbers: &[
            number("n", "几笔", "Claims", (5, 3, 40)),
            number("seconds", "几秒内", "Within seconds", (60, 5, 900)),
        ],
        look: too_fast,
    },
    Sign {
        code: "S03",
        zh: "只有受助家庭来买",
        en: "Nobody else is served",
        about_zh: "这台款台最近 {n} 次日结，每天至少 {sales} 笔销售，全部是有补贴的；店里应当也有别的顾客。",
        about_en: "At the last {n} day closes, with at least {sales} sales each, every sale was a subsidised one.",
        is_daily: true,
        is_on: true,
        numbers: &[
            number("n", "几次日结", "Day closes", (3, 2, 7)),
            number("sales", "每天至少几笔", "Sales a day, at least", (10, 1, 500)),
        ],
        look: nobody_else,
    },
    Sign {
        code: "S05",
        zh: "按名单顺序",
        en: "In the order of the list",
        about_zh: "连着 {n} 笔的家庭，在名册里一户接一户（相隔不超过 {step} 行），像照着名单录入。",
        about_en: "{n} claims in a row are of families that follow each other in the roster, at most {step} rows apart.",
        is_daily: false,
        is_on: true,
        numbers: &[
            number("n", "连着几笔", "Claims in a row", (6, 4, 40)),
            number("step", "最多相隔几行", "Rows apart, at most", (8, 1, 50)),
        ],
        look: list_order,
    },
    Sign {
        code: "S06",
        zh: "营业时间以外",
        en: "After hours",
        about_zh: "{from} 点以前或 {to} 点以后的申报。先按门店的营业时间填好，再打开。",
        about_en: "A claim before {from}:00 or after {to}:00. Set it to the stores' hours before it is switched on.",
        is_daily: false,
        is_on: false,
        numbers: &[
            number("from", "几点开门", "Opens at", (6, 0, 23)),
            number("to", "几点关门", "Closes at", (22, 1, 24)),
        ],
        look: after_hours,
    },
    Sign {
        code: "S07",
        zh: "同一个码、同样的节奏",
        en: "One code in a steady rhythm",
        about_zh: "连着 {n} 笔，八成以上的金额是同一个商品，而且每笔相隔的时间差不超过 {seconds} 秒。",
        about_en: "{n} claims in a row are mostly one product, and their distances in time differ by at most {seconds} seconds.",
        is_daily: false,
        is_on: true,
        numbers: &[
            number("n", "连着几笔", "Claims in a row", (6, 4, 40)),
            number("seconds", "相隔最多差几秒", "Distances differ by", (8, 1, 120)),
        ],
        look: rhythm,
    },
    Sign {
        code: "S08",
        zh: "多是手工录入",
        en: "Mostly entered by hand",
        about_zh: "最近 {n} 笔的商品行，{percent}% 以上不是扫码，而是输编号或查找录入的。",
        about_en: "Of the lines of the last {n} claims {percent} percent and more were entered by number or search, not scanned.",
        is_daily: true,
        is_on: true,
        numbers: &[
            number("n", "最近几笔", "Claims", (30, 5, 60)),
            number("percent", "占百分之几", "Percent", (95, 50, 100)),
        ],
        look: by_hand,
    },
    Sign {
        code: "S10",
        zh: "总是输入证件号",
        en: "Numbers always typed",
        about_zh: "最近 {n} 笔全部是手工输入证件号核验，一次也没有刷卡或读卡。",
        about_en: "The last {n} claims were all verified by a typed number, never by a card.",
        is_daily: true,
        is_on: true,
        numbers: &[number("n", "最近几笔", "Claims", (40, 10, 60))],
        look: always_typed,
    },
    Sign {
        code: "S13",
        zh: "一分钱也没收",
        en: "Nothing is ever paid",
        about_zh: "同一台款台同一天连着 {n} 笔、至少三户，家庭都不用付钱：没有收款，可能没有人真的来过。",
        about_en: "{n} claims in a row at one till and day, of three families or more, left nothing to pay: perhaps nobody came.",
        is_daily: false,
        is_on: true,
        numbers: &[number("n", "连着几笔", "Claims in a row", (8, 4, 40))],
        look: unpaid,
    },
];

/// The newest so many claims of the till, where there are so many.
fn last<'a>(facts: &'a Facts, numbers: &Numbers) -> Option<&'a [Fact]> {
    facts.till.get(..numbers.count("n"))
}

fn households(claims: &[Fact]) -> usize {
    claims.iter().map(|c| c.household.as_str()).collect::<BTreeSet<_>>().len()
}

fn is_one_day(claims: &[Fact]) -> bool {
    claims.iter().all(|c| Some(&c.date) == claims.first().map(|first| &first.date))
}

fn clock(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.with_timezone(&shanghai()).format("%H:%M:%S").to_string()
}

/// From when to when, in the order in which it was.
fn span(claims: &[Fact]) -> (String, String) {
    let (last, first) = (claims.first().map_or(0, |c| c.at), claims.last().map_or(0, |c| c.at));
    (clock(first), clock(last))
}

fn capped(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let n = claims.len();
    let is_found = is_one_day(claims) && claims.iter().all(|c| c.is_capped) && households(claims) == n;
    let (from, to) = span(claims);
    is_found.then(|| {
        (
            format!("{from} 到 {to} 连着 {n} 笔、{n} 户，每笔都刚好用完额度。"),
            format!("From {from} to {to}, {n} claims in a row of {n} families each took the last of a limit."),
        )
    })
}

fn too_fast(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let took = (claims.first()?.at - claims.last()?.at) / 1000;
    let (from, to) = span(claims);
    let n = claims.len();
    (took <= numbers.get("seconds")).then(|| {
        (
            format!("{from} 到 {to}，{took} 秒里做了 {n} 笔申报。"),
            format!("{n} claims within {took} seconds, from {from} to {to}."),
        )
    })
}

fn nobody_else(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let days = facts.closes.get(..numbers.count("n"))?;
    let only = |(_, sales, subsidised): &(String, i64, i64)| *sales >= numbers.get("sales") && subsidised >= sales;
    let (n, sales): (usize, i64) = (days.len(), days.iter().map(|day| day.1).sum());
    days.iter().all(only).then(|| {
        (
            format!("最近 {n} 次日结共 {sales} 笔销售，全部有补贴，没有别的顾客。"),
            format!("The last {n} day closes have {sales} sales, all of them subsidised: no other customer."),
        )
    })
}

fn list_order(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let step = numbers.get("step");
    let steps: Vec<i64> = claims.windows(2).map(|pair| pair[0].place - pair[1].place).collect();
    let is_known = claims.iter().all(|c| c.place > 0);
    let up = steps.iter().all(|s| (1..=step).contains(s));
    let down = steps.iter().all(|s| (1..=step).contains(&-s));
    let n = claims.len();
    (is_known && (up || down)).then(|| {
        (
            format!("连着 {n} 笔的 {n} 户在名册里一户接一户，每次相隔不超过 {step} 行。"),
            format!("{n} claims in a row follow the roster family by family, at most {step} rows apart."),
        )
    })
}

fn after_hours(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let at = DateTime::from_timestamp_millis(facts.this.at)?.with_timezone(&shanghai());
    let (from, to, hour) = (numbers.get("from"), numbers.get("to"), i64::from(at.hour()));
    let time = at.format("%H:%M");
    (hour < from || hour >= to).then(|| {
        (
            format!("{time} 的销售，不在 {from} 点到 {to} 点的营业时间里。"),
            format!("Sold at {time}, outside the opening hours from {from}:00 to {to}:00."),
        )
    })
}

fn rhythm(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let code = &claims.first()?.main_code;
    let is_one = claims.iter().all(|c| c.main_code == *code && c.main_percent >= 80);
    let gaps: Vec<i64> = claims.windows(2).map(|pair| (pair[0].at - pair[1].at) / 1000).collect();
    let (least, most) = (gaps.iter().min()?, gaps.iter().max()?);
    let (n, shown) = (claims.len(), code.split_once(':').map_or(code.as_str(), |(_, code)| code));
    (is_one && most - least <= numbers.get("seconds")).then(|| {
        (
            format!("连着 {n} 笔都主要是 {shown}，相隔 {least} 到 {most} 秒。"),
            format!("{n} claims in a row are mostly {shown}, {least} to {most} seconds apart."),
        )
    })
}

fn by_hand(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let (lines, hand) = claims.iter().fold((0, 0), |(l, h), c| (l + c.lines, h + c.manual_lines));
    let n = claims.len();
    (lines > 0 && hand * 100 >= lines * numbers.get("percent")).then(|| {
        (
            format!("最近 {n} 笔的 {lines} 行商品里，{hand} 行不是扫码录入的。"),
            format!("Of {lines} lines of the last {n} claims {hand} were not scanned."),
        )
    })
}

fn always_typed(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let (n, families) = (claims.len(), households(claims));
    (claims.iter().all(|c| c.verified_by == "typed")).then(|| {
        (
            format!("最近 {n} 笔、{families} 户全部是输入证件号核验的，没有一次刷卡。"),
            format!("The last {n} claims, of {families} families, were all verified by a typed number, never a card."),
        )
    })
}

fn unpaid(facts: &Facts, numbers: &Numbers) -> Option<(String, String)> {
    let claims = last(facts, numbers)?;
    let (n, families) = (claims.len(), households(claims));
    let is_found = is_one_day(claims) && claims.iter().all(|c| c.is_unpaid) && families >= 3;
    let (from, to) = span(claims);
    is_found.then(|| {
        (
            format!("{from} 到 {to} 连着 {n} 笔、{families} 户，家庭一分钱也没付。"),
            format!("From {from} to {to}, {n} claims in a row of {families} families left nothing to pay."),
        )
    })
}
