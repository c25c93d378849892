//! What a report's address asks for, and the form that makes it.

use anyhow::Result;
use domain::household::CATEGORIES;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::{Visit, filled, form, words};
use crate::service::catalogue;
use crate::service::report::{Period, Wanted};
use crate::store::sql::Conn;
use crate::store::tills;
use crate::store::usage::read::{self, By};

/// Persons of a household that can be chosen.
const SIZES: i64 = 8;

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Ask {
    period: Option<String>,
    by: Option<String>,
    store: Option<String>,
    programme: Option<String>,
    category: Option<String>,
    size: Option<String>,
    district: Option<String>,
}

/// Ways to tell figures apart: in the address, Chinese, English.
const WAYS: [(By, &str, &str, &str); 8] = [
    (By::Month, "month", "月份", "month"),
    (By::Day, "day", "日期", "day"),
    (By::Store, "store", "门店", "store"),
    (By::District, "district", "地区", "district"),
    (By::Programme, "programme", "项目", "programme"),
    (By::Category, "category", "困难类别", "category"),
    (By::Size, "size", "家庭人口", "household size"),
    (By::Goods, "goods", "商品类别", "product group"),
];

/// A way in words.
pub fn way(visit: &Visit, by: By) -> &'static str {
    WAYS.iter().find(|(way, ..)| *way == by).map_or("", |(_, _, zh, en)| visit.lang.of(*zh, *en))
}

impl Ask {
    /// How figures are told apart.
    pub fn by(&self) -> By {
        let asked = self.by.as_deref().unwrap_or_default();
        WAYS.iter().find(|(_, code, ..)| *code == asked).map_or(By::Month, |(way, ..)| *way)
    }

    /// The period; the newest year with claims where none is asked for. Days are told of one month.
    pub fn period(&self, months: &[String]) -> Period {
        let newest = months.first().and_then(|month| Period::parse(month));
        let year = match newest {
            Some(Period::Month(year, _) | Period::Quarter(year, _) | Period::Year(year)) => Period::Year(year),
            None => Period::Year(2026),
        };
        let asked = self.period.as_deref().and_then(Period::parse).unwrap_or(year);
        match (self.by(), asked) {
            (By::Day, Period::Year(_) | Period::Quarter(..)) => asked.newest(months).or(newest).unwrap_or(asked),
            _ => asked,
        }
    }

    /// The filters.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            store: filled(self.store.as_ref()),
            programme: filled(self.programme.as_ref()),
            category: filled(self.category.as_ref()),
            size: filled(self.size.as_ref()).and_then(|size| size.parse().ok()).filter(|_| self.by() != By::Goods),
            district: filled(self.district.as_ref()).filter(|_| self.by() != By::Goods),
        }
    }

    /// The same question as a query, with some parts changed.
    pub fn query(&self, changed: &[(&str, &str)]) -> String {
        let own = [
            ("period", &self.period),
            ("by", &self.by),
            ("store", &self.store),
            ("programme", &self.programme),
            ("category", &self.category),
            ("size", &self.size),
            ("district", &self.district),
        ];
        let kept = own.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        let kept = kept.filter_map(|(name, value)| Some((name, filled(value.as_ref())?)));
        let changed = changed.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let pairs = kept.chain(changed).filter(|(_, value)| !value.is_empty());
        let parts: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", words::encode(&value))).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    /// The filters of what is no store's and no programme's.
    pub fn short_form(&self, visit: &Visit, path: &str, choices: &Choices) -> Markup {
        let any = Some(visit.t("全部", "all"));
        let period = choices.period.key();
        html! {
            form.filters method="get" action=(path) {
                (form::select("period", visit.t("时期", "Period"), None, Some(&period), &choices.periods))
                (form::select("category", visit.t("困难类别", "Category"), any, self.category.as_ref(), &choices.categories))
                (form::select("size", visit.t("人口", "Persons"), any, self.size.as_ref(), &choices.sizes))
                (form::text("district", visit.t("地区", "District"), self.district.as_ref()))
                button.main { (visit.t("查看", "Show")) }
            }
        }
    }

    /// The filters in one row.
    pub fn form(&self, visit: &Visit, path: &str, choices: &Choices, with_ways: bool) -> Markup {
        let any = Some(visit.t("全部", "all"));
        let ways: Vec<_> =
            WAYS.iter().map(|(_, code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
        let period = choices.period.key();
        let by = self.by.clone().unwrap_or_else(|| "month".into());
        html! {
            form.filters method="get" action=(path) {
                (form::select("period", visit.t("时期", "Period"), None, Some(&period), &choices.periods))
                @if with_ways { (form::select("by", visit.t("按", "By"), None, Some(&by), &ways)) }
                (form::select("store", visit.t("门店", "Store"), any, self.store.as_ref(), &choices.stores))
                (form::select("programme", visit.t("项目", "Programme"), any, self.programme.as_ref(), &choices.programmes))
                (form::select("category", visit.t("困难类别", "Category"), any, self.category.as_ref(), &choices.categories))
                @if self.by() != By::Goods {
                    (form::select("size", visit.t("人口", "Persons"), any, self.size.as_ref(), &choices.sizes))
                    (form::select("district", visit.t("地区", "District"), any, self.district.as_ref(), &choices.districts))
                }
                button.main { (visit.t("查看", "Show")) }
            }
        }
    }
}

type Options = Vec<(String, String)>;

/// What the filters offer.
pub struct Choices {
    /// The period that is shown.
    pub period: Period,
    /// Periods with claims.
    pub periods: Options,
    /// Stores that the person may see.
    pub stores: Options,
    /// Programmes.
    pub programmes: Options,
    /// Categories.
    pub categories: Options,
    /// Persons.
    pub sizes: Options,
    /// Counties.
    pub districts: Options,
}

impl Choices {
    /// Reads them for a question.
    pub fn read(conn: &Conn, visit: &Visit, ask: &Ask, visible: Option<&[String]>) -> Result<Self> {
        let months = read::months(conn)?;
        let period = ask.period(&months);
        let mut periods = Period::choices(&months);
        if !periods.contains(&period) {
            periods.insert(0, period);
        }
        let stores = tills::stores(conn)?.into_iter().filter(|s| visible.is_none_or(|codes| codes.contains(&s.code)));
        let names = catalogue::names(conn)?;
        let category = |(code, _): &(&str, &str)| ((*code).into(), domain::words::category(visit.lang, code));
        Ok(Self {
            period,
            periods: periods.into_iter().map(|p| (p.key(), p.word(visit.lang))).collect(),
            stores: stores.map(|s| (s.code.clone(), format!("{} {}", s.code, s.name))).collect(),
            programmes: names.into_iter().map(|(code, (zh, en))| (code, visit.lang.of(zh, en))).collect(),
            categories: CATEGORIES.iter().map(category).collect(),
            sizes: (1..=SIZES).map(|n| (n.to_string(), n.to_string())).collect(),
            districts: read::districts(conn, &period.key())?.into_iter().map(|d| (d.clone(), d)).collect(),
        })
    }

    /// A code's word among options.
    pub fn word(options: &Options, code: &str) -> String {
        options.iter().find(|(known, _)| known == code).map_or_else(|| code.to_owned(), |(_, word)| word.clone())
    }
}
