//! The figures of the overview, as a chart, as a table, as a sheet.

use domain::words::category;
use maud::{Markup, html};
use sheets::{Column, Kind, Sheet, Value};

use super::super::{Failure, Visit, claims, files, words};
use super::ask::{Ask, Choices, way};
use crate::console::chart::{self, Bar};
use crate::service::Hq;
use crate::service::access::Place;
use crate::service::report::Period;
use crate::store::usage::Given;
use crate::store::usage::read::{self, By, Figures, Filter};

/// Most bars of a chart.
const BARS: usize = 31;

/// What a page or a file shows.
pub struct Shown {
    /// How figures are told apart.
    pub by: By,
    /// What was asked.
    pub filter: Filter,
    /// In the order of days and months, else the largest first.
    pub rows: Vec<Figures>,
    /// The whole period.
    pub whole: Figures,
    /// What filters offer.
    pub choices: Choices,
}

impl Shown {
    /// Reads what an address asks for, within what the person may see.
    pub fn read(hq: &Hq, visit: &Visit, ask: &Ask) -> Result<Self, Failure> {
        let visible = claims::visible(hq, visit)?;
        let db = hq.reading();
        let choices = Choices::read(&db.conn, visit, ask, visible.as_deref())?;
        let by = ask.by();
        let filter = ask.wanted().over(choices.period, visible);
        let mut rows = read::figures(&db.conn, by, &filter)?;
        if matches!(by, By::Store | By::District | By::Programme | By::Category | By::Goods) {
            rows.sort_by_key(|row| std::cmp::Reverse(all(row.given)));
        }
        Ok(Self { by, rows, whole: read::whole(&db.conn, &filter)?, filter, choices })
    }

    /// What a row is called.
    fn name(&self, visit: &Visit, key: &str) -> String {
        match self.by {
            By::Day | By::Month => key.into(),
            By::Store => Choices::word(&self.choices.stores, key),
            By::District if key.is_empty() => visit.t("名册里没有", "not in the roster").into(),
            By::District => key.into(),
            By::Programme => Choices::word(&self.choices.programmes, key),
            By::Category if key.is_empty() => visit.t("名册里没有", "not in the roster").into(),
            By::Category => category(visit.lang, key),
            By::Size => visit.lang.of(format!("{key} 人"), format!("{key} persons")),
            By::Goods => key.into(),
        }
    }

    /// The claims behind a row, or behind all of them.
    fn claims(&self, key: Option<&str>) -> String {
        let f = &self.filter;
        let (mut first, mut last) = (f.first.clone(), f.last.clone());
        let size = f.size.map(|size| size.to_string());
        let mut pairs = vec![
            ("store", f.store.clone()),
            ("programme", f.programme.clone()),
            ("category", f.category.clone()),
            ("size", size),
            ("district", f.district.clone()),
            ("group", None),
        ];
        let mut set = |name: &str, value: &str| {
            for (known, kept) in &mut pairs {
                if *known == name {
                    *kept = Some(value.to_owned());
                }
            }
        };
        match (self.by, key) {
            (_, None) => {}
            (By::Day, Some(day)) => (first, last) = (day.to_owned(), day.to_owned()),
            (By::Month, Some(month)) => {
                if let Some(period) = Period::parse(month) {
                    (first, last) = period.days();
                }
            }
            (By::Store, Some(key)) => set("store", key),
            (By::District, Some(key)) => set("district", key),
            (By::Programme, Some(key)) => set("programme", key),
            (By::Category, Some(key)) => set("category", key),
            (By::Size, Some(key)) => set("size", key),
            (By::Goods, Some(key)) => set("group", key),
        }
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let query: String = pairs.map(|(name, value)| format!("&{name}={}", words::encode(&value))).collect();
        format!("{}?given=1&from={first}&to={}{query}", Place::Claims.path(), last_day(&last))
    }
}

/// A day that there is: no month of a report ends after it.
fn last_day(day: &str) -> String {
    (28..=31)
        .rev()
        .map(|n| format!("{}{n}", day.get(..8).unwrap_or_default()))
        .find(|text| (day.ends_with("31") && domain::time::parse_date(text).is_ok()) || text == day)
        .unwrap_or_else(|| day.to_owned())
}

/// All that families were given.
fn all(given: Given) -> i64 {
    given.discount + given.purse
}

/// A part each, in yuan.
fn each(fen: i64, count: i64) -> String {
    fen.checked_div(count).map_or_else(|| "–".into(), words::yuan)
}

/// The period in one line.
pub fn headline(visit: &Visit, shown: &Shown) -> Markup {
    let (whole, lang) = (&shown.whole, visit.lang);
    let households = whole.households.unwrap_or(0);
    html! {
        strong { (shown.choices.period.word(lang)) } " · "
        (lang.of(format!("惠及 {households} 户、{} 次", whole.claims), format!("{households} households, {} visits", whole.claims))) " · "
        (lang.of(format!("共 {}", words::yuan(all(whole.given))), format!("{} in all", words::yuan(all(whole.given))))) " · "
        (lang.of(
            format!("每户 {}，每次 {}", each(all(whole.given), households), each(all(whole.given), whole.claims)),
            format!("{} a household, {} a visit", each(all(whole.given), households), each(all(whole.given), whole.claims))))
    }
}

/// The chart.
pub fn picture(visit: &Visit, shown: &Shown) -> Markup {
    let bars: Vec<Bar> = shown
        .rows
        .iter()
        .take(BARS)
        .map(|row| {
            let name = match shown.by {
                By::Day => row.key.get(8..).unwrap_or_default().to_owned(),
                By::Month => visit.lang.of(
                    format!("{}月", row.key.get(5..).unwrap_or_default().trim_start_matches('0')),
                    row.key.get(5..).unwrap_or_default().to_owned(),
                ),
                By::Store => row.key.clone(),
                By::Goods => row.key.rsplit('/').next().unwrap_or_default().to_owned(),
                By::District | By::Programme | By::Category | By::Size => shown.name(visit, &row.key),
            };
            let Given { discount, subsidy, purse } = row.given;
            Bar { name, parts: [subsidy, discount - subsidy, purse] }
        })
        .collect();
    let (period, way) = (shown.choices.period.word(visit.lang), way(visit, shown.by));
    let title = visit.lang.of(
        format!("{period}给家庭的优惠和支付，按{way}（元）"),
        format!("What families were given in {period}, by {way} (yuan)"),
    );
    let about = visit.t(
        "每根柱从下到上是资金承担的优惠、门店让利、爱心卡支付。同样的数字在下面的表里。",
        "Each bar from below: the funds' part of discounts, the stores' part, payments by value card. The same figures are in the table beneath.",
    );
    let series = visit.lang.of(["资金承担", "门店让利", "爱心卡支付"], ["Fund's part", "Store's part", "Value card"]);
    chart::bars("chart", &title, about, &series, &bars)
}

fn heads(visit: &Visit, by: By) -> [&'static str; 9] {
    visit.lang.of(
        [way(visit, by), "次数", "户数", "惠民优惠", "资金承担", "门店让利", "爱心卡支付", "每户", "每次"],
        [
            way(visit, by),
            "Visits",
            "Households",
            "Discount",
            "Fund's part",
            "Store's part",
            "Value card",
            "A household",
            "A visit",
        ],
    )
}

/// The table.
pub fn table(visit: &Visit, shown: &Shown) -> Markup {
    if shown.rows.is_empty() {
        return html! { p.notice { (visit.t("这段时间没有给出优惠。放宽条件再看。", "Nothing was given in this time. Widen the filters.")) } };
    }
    let linked = visit.person.role.may(Place::Claims);
    let cells = |f: &Figures, to: String| {
        let (given, households) = (f.given, f.households);
        html! {
            td.number { @if linked { a href=(to) { (f.claims) } } @else { (f.claims) } }
            td.number { @match households { Some(n) => (n), None => "–" } }
            td.number { (words::yuan(given.discount)) } td.number { (words::yuan(given.subsidy)) }
            td.number { (words::yuan(given.discount - given.subsidy)) } td.number { (words::yuan(given.purse)) }
            td.number { (each(all(given), households.unwrap_or(0))) } td.number { (each(all(given), f.claims)) }
        }
    };
    html! {
        div.scroll { table {
            caption { (visit.lang.of(format!("按{}", way(visit, shown.by)), format!("By {}", way(visit, shown.by)))) }
            thead { tr { @for (n, head) in heads(visit, shown.by).into_iter().enumerate() { th.number[n > 0] scope="col" { (head) } } } }
            tbody { @for row in &shown.rows { tr {
                td.whole { (shown.name(visit, &row.key)) }
                (cells(row, shown.claims(Some(&row.key))))
            } } }
            tfoot { tr {
                th scope="row" { (visit.t("整个时期", "Whole period")) }
                (cells(&shown.whole, shown.claims(None)))
            } }
        } }
    }
}

/// The same for a spreadsheet.
pub fn sheet(visit: &Visit, shown: &Shown) -> Sheet {
    let kinds = [
        Kind::Text,
        Kind::Count,
        Kind::Count,
        Kind::Amount,
        Kind::Amount,
        Kind::Amount,
        Kind::Amount,
        Kind::Amount,
        Kind::Amount,
    ];
    let columns = heads(visit, shown.by).into_iter().zip(kinds).map(|(name, kind)| Column::new(name, kind));
    let share = |fen: i64, count: i64| fen.checked_div(count).map_or(Value::Empty, files::figure);
    let values = |name: String, f: &Figures| {
        vec![
            name.into(),
            Value::number(f.claims),
            f.households.map_or(Value::Empty, Value::number),
            files::figure(f.given.discount),
            files::figure(f.given.subsidy),
            files::figure(f.given.discount - f.given.subsidy),
            files::figure(f.given.purse),
            share(all(f.given), f.households.unwrap_or(0)),
            share(all(f.given), f.claims),
        ]
    };
    Sheet {
        title: visit.lang.of(
            format!("使用情况 {}", shown.choices.period.word(visit.lang)),
            format!("Usage, {}", shown.choices.period.word(visit.lang)),
        ),
        rows: shown.rows.iter().map(|row| values(shown.name(visit, &row.key), row)).collect(),
        totals: Some(values(visit.t("整个时期", "Whole period").into(), &shown.whole)),
        ..Sheet::new(columns)
    }
}
