//! A version of a programme in words, and what changed between two.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::barcode::Selector;
use domain::lang::Lang;
use domain::programme::{Benefit, Limit, Measure, Minimum, Offline, Programme, Table, Unit};
use domain::time::Period;
use maud::{Markup, html};

use crate::service::programmes::NOBODY;
use crate::store::lists;
use crate::store::sql::Conn;

/// The language, and names of the products that programmes name.
pub struct Words {
    /// The language.
    pub lang: Lang,
    names: BTreeMap<String, String>,
}

impl Words {
    /// With the names of the products that these programmes name.
    pub fn of<'a>(conn: &Conn, lang: Lang, programmes: impl IntoIterator<Item = &'a Programme>) -> Result<Self> {
        let mut names = BTreeMap::new();
        for p in programmes {
            let limits = p.limits.iter().filter_map(|limit| limit.selector.as_ref());
            let ceilings = p.ceilings.iter().map(|ceiling| &ceiling.selector);
            for selector in p.include.iter().chain(&p.exclude).chain(limits).chain(ceilings) {
                if let Selector::Product(key) = selector
                    && let Some(name) = lists::product_name(conn, &key.tagged())?
                {
                    names.insert(key.tagged(), format!("{name} {}", key.parts().1));
                }
            }
        }
        Ok(Self { lang, names })
    }

    fn selector(&self, one: &Selector) -> String {
        self.names.get(&one.word()).cloned().unwrap_or_else(|| selector(self.lang, one))
    }

    fn selectors(&self, list: &[Selector]) -> String {
        list.iter().map(|one| self.selector(one)).collect::<Vec<_>>().join(self.lang.of("、", ", "))
    }

    /// All that a version says: what about, and what.
    pub fn facts(&self, p: &Programme) -> Vec<(String, String)> {
        let lang = self.lang;
        let comma = lang.of("、", ", ");
        let any = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.join(comma));
        let mut facts: Vec<(String, String)> = Vec::new();
        let mut say = |zh: &str, en: &str, text: String| facts.push((lang.of(zh, en).to_owned(), text));
        say("名称", "Name", format!("{} / {}", p.name_zh, p.name_en));
        say("给谁", "For whom", p.categories.iter().map(|c| category(lang, c)).collect::<Vec<_>>().join(comma));
        if let Some(tags) = any(&p.tags) {
            say("标签（有其中一个）", "Tags (any of)", tags);
        }
        say("给什么", "What it gives", benefit(lang, p.benefit));
        let without = if p.exclude.is_empty() {
            String::new()
        } else {
            format!("{}{}", lang.of("；不含 ", "; without "), self.selectors(&p.exclude))
        };
        say("哪些商品", "Which goods", format!("{}{without}", self.selectors(&p.include)));
        say("哪些地区", "Districts", any(&p.districts).unwrap_or_else(|| lang.of("所有地区", "all districts").into()));
        say("哪些门店", "Stores", any(&p.stores).unwrap_or_else(|| lang.of("所有门店", "all stores").into()));
        say("开始", "First day", p.valid_from.to_string());
        say("结束", "Last day", p.valid_to.to_string());
        let days =
            p.weekdays.as_ref().map(|days| days.iter().map(|d| weekday(lang, *d)).collect::<Vec<_>>().join(comma));
        say("星期", "Weekdays", days.unwrap_or_else(|| lang.of("每天", "every day").into()));
        for limit in &p.limits {
            say(&format!("限额 {}", limit.id), &format!("Limit {}", limit.id), self.limit(limit));
        }
        if p.limits.is_empty() {
            say("限额", "Limits", lang.of("没有限额", "none").into());
        }
        if let Some(minimum) = p.minimum {
            say("起用条件", "Minimum", minimum_words(lang, minimum));
        }
        for (n, ceiling) in p.ceilings.iter().enumerate() {
            let price = format!("{}{}", domain::words::yuan(ceiling.price), per(lang, ceiling.unit));
            let (zh, en) = (format!("最高补贴基准价 {}", n + 1), format!("Ceiling price {}", n + 1));
            say(&zh, &en, format!("{} {price}", self.selector(&ceiling.selector)));
        }
        if p.lowest_price_7d {
            let text =
                lang.of("不高于门店最近 7 天的最低价", "no more than the store's lowest price of the last 7 days");
            say("基准价", "Base price", text.into());
        }
        say("谁承担", "Who bears it", bearer(lang, p));
        if let Some(offline) = p.offline {
            say("离线额度", "Offline amount", offline_words(lang, offline));
        }
        say("先后（小的先用）", "Order (lower first)", p.priority.to_string());
        facts
    }

    /// The same as a list on a page.
    pub fn list(&self, p: &Programme) -> Markup {
        html! {
            section.card { dl {
                dt { (self.lang.of("编号", "Code")) } dd { code { (p.code) } }
                @for (about, text) in self.facts(p) { dt { (about) } dd { (text) } }
            } }
        }
    }

    /// What changed from one version to another: what about, before, after.
    pub fn changes(&self, old: &Programme, new: &Programme) -> Vec<(String, Option<String>, Option<String>)> {
        let (old, new) = (self.facts(old), self.facts(new));
        let of = |facts: &[(String, String)], about: &str| {
            facts.iter().find(|(known, _)| known == about).map(|(_, text)| text.clone())
        };
        let gone = old.iter().filter(|(about, _)| of(&new, about).is_none());
        let mut about: Vec<&String> = new.iter().map(|(about, _)| about).collect();
        about.extend(gone.map(|(about, _)| about));
        let pairs = about.into_iter().map(|about| (about.clone(), of(&old, about), of(&new, about)));
        pairs.filter(|(_, before, after)| before != after).collect()
    }

    /// The same as a table.
    pub fn diff(&self, old: &Programme, new: &Programme) -> Markup {
        let lang = self.lang;
        let changes = self.changes(old, new);
        let none = lang.of("（没有）", "(none)");
        html! {
            @if changes.is_empty() { p.notice { (lang.of("两个版本写的一样。", "Both versions say the same.")) } }
            @else { div.scroll { table {
                caption { (lang.of(format!("第 {} 版 → 第 {} 版改了什么", old.version, new.version), format!("What changed from version {} to {}", old.version, new.version))) }
                thead { tr { th scope="col" { (lang.of("项", "What")) } th scope="col" { (lang.of("原来", "Before")) } th scope="col" { (lang.of("现在", "After")) } } }
                tbody { @for (about, before, after) in &changes { tr {
                    th scope="row" { (about) } td { (before.as_deref().unwrap_or(none)) } td { strong { (after.as_deref().unwrap_or(none)) } }
                } } }
            } } }
        }
    }

    fn limit(&self, limit: &Limit) -> String {
        let lang = self.lang;
        let amount = match &limit.measure {
            Measure::Discount(table) => by_size(lang, table, &|money| domain::words::yuan(*money)),
            Measure::Quantity(table, Unit::Kg) => by_size(lang, table, &|q| format!("{q} {}", lang.of("公斤", "kg"))),
            Measure::Quantity(table, Unit::Piece) => {
                by_size(lang, table, &|q| format!("{q} {}", lang.of("件", "pieces")))
            }
        };
        let goods = limit.selector.as_ref().map(|s| self.selector(s)).unwrap_or_default();
        let goods = if goods.is_empty() { goods } else { lang.of(format!("{goods}："), format!("{goods}: ")) };
        let who = if limit.per_person { lang.of("每人", "a person") } else { lang.of("每户", "a household") };
        let apart =
            if limit.each_product { lang.of("，每种商品分别计算", ", each product by itself") } else { "" };
        let period = each(lang, limit.per);
        lang.of(format!("{goods}{who}{period} {amount}{apart}"), format!("{goods}{amount} {who} {period}{apart}"))
    }
}

/// A category in words.
pub fn category(lang: Lang, code: &str) -> String {
    if code == NOBODY {
        lang.of("没有人（停用）", "nobody (ended)").into()
    } else {
        domain::words::category(lang, code)
    }
}

/// What it gives; for a kilogram also for a 斤.
pub fn benefit(lang: Lang, benefit: Benefit) -> String {
    let words = domain::words::benefit(lang, benefit);
    match benefit {
        Benefit::AmountOff(amount, Unit::Kg) | Benefit::FixedPrice(amount, Unit::Kg) if amount.fen() % 2 == 0 => {
            let half = domain::money::Money::from_fen(amount.fen() / 2);
            lang.of(format!("{words}（每斤 {half} 元）"), format!("{words} (¥{half} a jin)"))
        }
        _ => words,
    }
}

/// Share of the fund.
pub fn percent(p: &Programme) -> String {
    format!("{}%", p.subsidy_share)
}

/// A day of the week.
pub fn weekday(lang: Lang, day: chrono::Weekday) -> &'static str {
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let n = usize::try_from(day.num_days_from_monday()).unwrap_or(0);
    lang.of(ZH[n], EN[n])
}

fn minimum_words(lang: Lang, minimum: Minimum) -> String {
    let gross = minimum.gross.map(|gross| {
        let gross = domain::words::yuan(gross);
        lang.of(format!("适用商品满 {gross}"), format!("{gross} of such goods"))
    });
    let kinds = minimum.kinds.map(|n| lang.of(format!("至少 {n} 种"), format!("{n} kinds or more")));
    gross.into_iter().chain(kinds).collect::<Vec<_>>().join(lang.of("，", ", "))
}

fn bearer(lang: Lang, p: &Programme) -> String {
    match &p.fund {
        Some(fund) if p.subsidy_share.basis_points() == 10_000 => {
            lang.of(format!("资金 {fund} 全部承担"), format!("fund {fund}, all of it"))
        }
        Some(fund) => lang.of(
            format!("资金 {fund} 承担 {}，其余门店让利", percent(p)),
            format!("fund {fund} {}, the store the rest", percent(p)),
        ),
        None => lang.of("门店自担", "borne by the store").into(),
    }
}

fn offline_words(lang: Lang, offline: Offline) -> String {
    let (home, other) = (domain::words::yuan(offline.home), domain::words::yuan(offline.other));
    lang.of(
        format!("断网时每户最多：常去门店 {home}，其他门店 {other}"),
        format!("without a line, for a household: {home} at its home store, {other} elsewhere"),
    )
}

fn per(lang: Lang, unit: Unit) -> &'static str {
    match unit {
        Unit::Piece => lang.of("/件", " a piece"),
        Unit::Kg => lang.of("/公斤", " a kg"),
    }
}

/// What a selector means, in words where there are some.
pub fn selector(lang: Lang, one: &Selector) -> String {
    match one {
        Selector::All => lang.of("所有商品", "all goods").to_owned(),
        Selector::Group(path) => path.clone(),
        Selector::Product(key) => key.parts().1,
    }
}

/// How often a limit starts anew.
pub fn each(lang: Lang, period: Period) -> &'static str {
    match period {
        Period::Sale => lang.of("每次购物", "for each sale"),
        Period::Day => lang.of("每天", "a day"),
        Period::Week => lang.of("每周", "a week"),
        Period::Month => lang.of("每月", "a month"),
        Period::TwoMonths => lang.of("每两个月", "for two months"),
        Period::Quarter => lang.of("每季度", "a quarter"),
        Period::HalfYear => lang.of("每半年", "for half a year"),
        Period::Year => lang.of("每年", "a year"),
        Period::Programme => lang.of("整个项目期间", "for the whole programme"),
    }
}

/// Figures by size of household, each in words.
fn by_size<T>(lang: Lang, table: &Table<T>, figure: &dyn Fn(&T) -> String) -> String {
    match table {
        Table::Flat(all) => figure(all),
        Table::BySize(sizes) => {
            let one = |(size, value): (&u32, &T)| {
                lang.of(format!("{size} 口起 {}", figure(value)), format!("{} from {size} persons", figure(value)))
            };
            sizes.iter().map(one).collect::<Vec<_>>().join(lang.of("，", ", "))
        }
    }
}
