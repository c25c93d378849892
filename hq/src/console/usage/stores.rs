//! Each store beside its peers.

use axum::extract::State;
use maud::{Markup, html};

use super::super::{Answer, Asked, Shared, Visit, claims, page, show as render, words};
use super::ask::{Ask, Choices};
use super::tabs;
use crate::service::access::Place;
use crate::service::report::peers::{self, Peer, Price, Ways};
use crate::service::report::{Period, decimal};
use crate::store::usage::read;

/// Most products of a store's comparison.
const PRODUCTS: usize = 20;

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Usage)?;
    render(move || {
        let visible = claims::visible(&hq, &visit)?;
        let db = hq.reading();
        let choices = Choices::read(&db.conn, &visit, &ask, visible.as_deref())?;
        let filter = ask.wanted().over(choices.period, None);
        let mut rows = peers::peers(&db.conn, &filter)?;
        rows.retain(|peer| visible.as_ref().is_none_or(|codes| codes.contains(&peer.code)));
        let chosen = match (&filter.store, rows.as_slice()) {
            (Some(store), _) => rows.iter().find(|peer| peer.code == *store).cloned(),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        };
        let month = choices.period.newest(&read::months(&db.conn)?).map(Period::key).unwrap_or_default();
        let prices = match &chosen {
            Some(peer) => peers::prices(&db.conn, &month, &peer.code, PRODUCTS)?,
            None => Vec::new(),
        };
        drop(db);
        let body = html! {
            (tabs(&visit, "/console/usage/stores", &ask.query(&[])))
            (ask.form(&visit, "/console/usage/stores", &choices, false))
            (table(&visit, &ask, &rows))
            @if let Some(peer) = &chosen { (products(&visit, peer, &month, &prices)) }
            p { small { (visit.t(
                "“通常”是同区县各店的中位数；同区县不到 3 家店时是全部门店的。偏离不等于有错，只说明值得看一看。",
                "“Usual” is the median of the county's stores, or of all stores where the county has fewer than three. To differ is no fault: it is worth a look.")) } }
        };
        Ok(page::page(&visit, Place::Usage, visit.t("门店对比", "Stores compared"), body))
    })
    .await
}

/// A figure above what is usual of it.
fn pair(own: Option<i64>, usual: Option<i64>, word: &dyn Fn(i64) -> String) -> Markup {
    let far = own.zip(usual).is_some_and(|(own, usual)| own * 2 > usual * 3 && own > usual);
    html! {
        td.number {
            @if far { strong.less { (own.map_or_else(|| "–".into(), word)) } } @else { (own.map_or_else(|| "–".into(), word)) }
            br; small { (usual.map_or_else(|| "–".into(), word)) }
        }
    }
}

fn table(visit: &Visit, ask: &Ask, rows: &[Peer]) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("这段时间没有给出优惠。", "Nothing was given in this time.")) } };
    }
    let count = |n: i64| n.to_string();
    let percent = |n: i64| format!("{}%", decimal(n));
    html! {
        div.scroll { table {
            caption { (visit.t("本店（上）和通常（下）", "Own figure above, usual one beneath")) }
            thead { tr {
                th scope="col" { (visit.t("门店", "Store")) }
                th.number scope="col" { (visit.t("次数", "Visits")) } th.number scope="col" { (visit.t("户数", "Households")) }
                th.number scope="col" { (visit.t("每户次数", "Visits a household")) }
                th.number scope="col" { (visit.t("每次优惠", "Discount a visit")) }
                th.number scope="col" { (visit.t("待审比例", "Share held")) }
                th scope="col" { (visit.t("与谁比", "Peers")) }
                th scope="col" { (visit.t("价格", "Prices")) }
            } }
            tbody { @for peer in rows { @let (own, usual): (&Ways, &Ways) = (&peer.own, &peer.usual); tr {
                td.whole { (peer.code) " " (peer.name) }
                (pair(Some(own.claims), Some(usual.claims), &count))
                (pair(Some(own.households), Some(usual.households), &count))
                (pair(own.visits, usual.visits, &decimal))
                (pair(own.discount, usual.discount, &words::yuan))
                (pair(own.held, usual.held, &percent))
                td { (if peer.is_local { visit.t("同区县", "county") } else { visit.t("全部门店", "all stores") }) }
                td { a href=(format!("/console/usage/stores{}", ask.query(&[("store", &peer.code)]))) { (visit.t("对比", "compare")) } }
            } } }
        } }
    }
}

fn products(visit: &Visit, peer: &Peer, month: &str, prices: &[Price]) -> Markup {
    html! {
        div.scroll { table {
            caption { (visit.lang.of(
                format!("{month}：{} 卖给受助家庭的价格与其他门店的中位数，贵得最多的在前", peer.name),
                format!("{month}: what {} asked families, beside the median of other stores, the dearest first", peer.name))) }
            thead { tr {
                th scope="col" { (visit.t("条码", "Barcode")) }
                th.number scope="col" { (visit.t("本店", "Here")) } th.number scope="col" { (visit.t("其他门店", "Others")) }
                th.number scope="col" { (visit.t("高出", "More by")) } th.number scope="col" { (visit.t("门店数", "Stores")) }
            } }
            tbody {
                @if prices.is_empty() { tr { td colspan="5" { (visit.t("没有与其他门店相同的商品。", "No product was sold elsewhere too.")) } } }
                @for price in prices { tr {
                    td.whole { (price.code.trim_start_matches('0')) }
                    td.number { (words::yuan(price.own)) } td.number { (words::yuan(price.usual)) }
                    td.number { @if price.more() >= 10 { strong.less { (price.more()) "%" } } @else { (price.more()) "%" } }
                    td.number { (price.others) }
                } }
            }
        } }
    }
}
