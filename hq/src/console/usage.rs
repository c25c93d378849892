//! What programmes gave, by month: a chart, and its table beneath.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;

use super::chart::{self, Bar};
use super::{Answer, Asked, Failure, Shared, Visit, claims, filled, form, page, show as render, words};
use crate::service::access::Place;
use crate::service::{Hq, catalogue};
use crate::store::pages::{self, ClaimFilter, UsageRow};
use crate::store::tills;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    year: Option<String>,
    store: Option<String>,
    programme: Option<String>,
}

impl Ask {
    fn address(&self, path: &str) -> String {
        let pairs = [("year", &self.year), ("store", &self.store), ("programme", &self.programme)];
        let query: Vec<String> = pairs
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", words::encode(&filled(value.as_ref())?))))
            .collect();
        if query.is_empty() { path.into() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// The figures that a page or a file shows.
pub struct Shown {
    /// The year.
    year: String,
    /// Years that can be chosen.
    years: Vec<String>,
    /// By month and programme.
    pub rows: Vec<UsageRow>,
    names: BTreeMap<String, (String, String)>,
    stores: Vec<(String, String)>,
}

impl Shown {
    /// A programme's name; its code where it has none.
    pub fn name<'a>(&'a self, lang: Lang, code: &'a str) -> &'a str {
        self.names.get(code).map_or(code, |(zh, en)| lang.of(zh, en))
    }
}

/// Reads what an address asks for, within what the person may see.
pub fn read(hq: &Hq, visit: &Visit, ask: &Ask) -> Result<Shown, Failure> {
    let visible = claims::visible(hq, visit)?;
    let filter = ClaimFilter { store: filled(ask.store.as_ref()), visible: visible.clone(), ..ClaimFilter::default() };
    let db = hq.reading();
    let years = pages::years(&db.conn)?;
    let year = filled(ask.year.as_ref()).or_else(|| years.first().cloned()).unwrap_or_default();
    let mut rows = pages::usage(&db.conn, &year, &filter)?;
    if let Some(programme) = filled(ask.programme.as_ref()) {
        rows.retain(|row| row.programme == programme);
    }
    let sees = |code: &String| visible.as_ref().is_none_or(|codes| codes.contains(code));
    let stores = tills::stores(&db.conn)?.into_iter().filter(|s| sees(&s.code));
    let stores = stores.map(|s| (s.code.clone(), format!("{} {}", s.code, s.name))).collect();
    Ok(Shown { year, years, rows, names: catalogue::names(&db.conn)?, stores })
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Usage)?;
    render(move || {
        let shown = read(&hq, &visit, &ask)?;
        let any = Some(visit.t("全部", "all"));
        let years: Vec<_> = shown.years.iter().map(|year| (year.clone(), year.clone())).collect();
        let programmes: Vec<_> =
            shown.names.iter().map(|(code, (zh, en))| (code.clone(), visit.lang.of(zh, en).clone())).collect();
        let body = html! {
            form.filters method="get" action=(Place::Usage.path()) {
                (form::select("year", visit.t("年份", "Year"), None, Some(&shown.year), &years))
                (form::select("store", visit.t("门店", "Store"), any, ask.store.as_ref(), &shown.stores))
                (form::select("programme", visit.t("项目", "Programme"), any, ask.programme.as_ref(), &programmes))
                button.main { (visit.t("查看", "Show")) }
            }
            (picture(&visit, &shown))
            div.bar {
                p { (visit.t("退货已经减去，算在销售的那个月。", "Less what came back, in the month of the sale.")) }
                a.button href=(ask.address("/console/usage.csv")) { (visit.t("导出表格", "Export CSV")) }
            }
            (table(&visit, &shown))
        };
        Ok(page::page(&visit, Place::Usage, visit.t("使用情况", "Usage"), body))
    })
    .await
}

fn picture(visit: &Visit, shown: &Shown) -> Markup {
    let bars: Vec<Bar> = (1..=12)
        .map(|month| {
            let of_month = shown.rows.iter().filter(|row| row.month.ends_with(&format!("-{month:02}")));
            let mut parts = [0; 3];
            for row in of_month {
                parts[0] += row.subsidy;
                parts[1] += row.discount - row.subsidy;
                parts[2] += row.purse;
            }
            Bar { name: visit.lang.of(format!("{month}月"), month.to_string()), parts }
        })
        .collect();
    let year = &shown.year;
    let title = visit.lang.of(
        format!("{year} 年各月给家庭的优惠和支付（元）"),
        format!("What families were given by month of {year} (yuan)"),
    );
    let about = visit.t(
        "每月一根柱：从下到上是资金承担的优惠、门店让利、爱心卡支付。同样的数字在下面的表里。",
        "One bar a month: from below the funds' part of discounts, the stores' part, payments by value card. The same figures are in the table beneath.",
    );
    let series = visit.lang.of(["资金承担", "门店让利", "爱心卡支付"], ["Fund's part", "Store's part", "Value card"]);
    chart::bars(&title, about, &series, &bars)
}

fn table(visit: &Visit, shown: &Shown) -> Markup {
    let rows = &shown.rows;
    if rows.is_empty() {
        return html! { p.notice { (visit.t("这段时间没有申报。", "There were no claims in this time.")) } };
    }
    let sum = |of: fn(&UsageRow) -> i64| words::yuan(rows.iter().map(of).sum::<i64>());
    html! {
        div.scroll { table {
            caption { (visit.t("按月份和项目", "By month and programme")) }
            thead { tr {
                th scope="col" { (visit.t("月份", "Month")) } th scope="col" { (visit.t("项目", "Programme")) }
                th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("户数", "Households")) }
                th.number scope="col" { (visit.t("惠民优惠", "Discount")) } th.number scope="col" { (visit.t("资金承担", "Fund's part")) }
                th.number scope="col" { (visit.t("门店让利", "Store's part")) } th.number scope="col" { (visit.t("爱心卡支付", "Value card")) }
            } }
            tbody { @for row in rows { tr {
                td.whole { (row.month) }
                td { (shown.name(visit.lang, &row.programme)) }
                td.number { (row.claims) } td.number { (row.households) }
                td.number { (words::yuan(row.discount)) } td.number { (words::yuan(row.subsidy)) }
                td.number { (words::yuan(row.discount - row.subsidy)) } td.number { (words::yuan(row.purse)) }
            } } }
            tfoot { tr {
                th scope="row" colspan="4" { (visit.t("合计", "Total")) }
                td.number { (sum(|r| r.discount)) } td.number { (sum(|r| r.subsidy)) }
                td.number { (sum(|r| r.discount - r.subsidy)) } td.number { (sum(|r| r.purse)) }
            } }
        } }
    }
}
