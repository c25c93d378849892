//! The reviewer's queue: what waits for a person, by risk and age.

mod around;
mod bulk;
mod decide;
mod dispute;
pub mod multipart;
mod signs;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use chrono::TimeDelta;
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;

use super::form as fields;
use super::{Answer, Asked, ROWS, Shared, Visit, claims, filled, page, show as render, words};
use crate::service::access::{Place, Role};
use crate::service::decide::NotDone;
use crate::service::{Hq, catalogue, now, signs as rules};
use crate::store::queue::{self, Alike, COUNTED, QueueFilter, QueueRow};
use crate::store::sql::Conn;
use crate::store::tills;

pub use around::Around;
pub use decide::{Typed, form, lines};
pub use dispute::section;

/// Most bytes of a form with a picture.
const LARGEST_UPLOAD: usize = crate::service::dispute::LARGEST_PICTURE + 64 * 1024;
/// So many groups of claims that are alike are named.
const GROUPS: i64 = 6;

/// Routes of the place.
pub fn routes() -> Router<Arc<Hq>> {
    Router::new()
        .route("/console/review", get(show))
        .route("/console/review/bulk", get(bulk::show).post(bulk::post))
        .route("/console/review/claims/{row}", post(decide::post))
        .route("/console/signs", get(signs::show).post(signs::post))
        .route("/console/signs/own", post(signs::own))
        .route("/console/disputes/{row}", post(dispute::post).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/console/disputes/{id}/picture", get(dispute::picture))
}

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    /// `held`, `disputed` or `adjusted`; none: the claim was not opened from the queue.
    pub tab: Option<String>,
    store: Option<String>,
    reason: Option<String>,
    sign: Option<String>,
    programme: Option<String>,
    days: Option<String>,
    sort: Option<String>,
    page: Option<i64>,
    /// Row of the claim, where two have the same id.
    pub row: Option<i64>,
    /// What was done just now.
    pub done: Option<String>,
}

/// The tabs: state, Chinese, English.
const TABS: [(&str, &str, &str); 3] =
    [("held", "待审核", "Held"), ("disputed", "申诉", "Disputed"), ("adjusted", "已调减", "Adjusted")];

impl Ask {
    /// Reads the fields that a form carries along.
    pub fn of_form(pairs: &[(String, String)]) -> Self {
        let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Self {
            tab: field("tab"),
            store: field("store"),
            reason: field("reason"),
            sign: field("sign"),
            programme: field("programme"),
            days: field("days"),
            sort: field("sort"),
            ..Self::default()
        }
    }

    fn state(&self) -> &'static str {
        TABS.iter().find(|(tab, ..)| self.tab.as_deref() == Some(tab)).map_or("held", |(tab, ..)| tab)
    }

    fn pairs(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("tab", Some(self.state())),
            ("store", self.store.as_deref()),
            ("reason", self.reason.as_deref()),
            ("sign", self.sign.as_deref()),
            ("programme", self.programme.as_deref()),
            ("days", self.days.as_deref()),
            ("sort", self.sort.as_deref()),
        ]
    }

    /// The filters as a query, `?…`.
    pub fn query(&self) -> String {
        let pairs = self.pairs().into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", words::encode(value))).collect();
        format!("?{}", pairs.join("&"))
    }

    /// The filters as hidden fields.
    pub fn hidden(&self) -> Markup {
        let pairs = self.pairs().into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        html! { @for (name, value) in pairs { input type="hidden" name=(name) value=(value); } }
    }

    /// The address of a claim, opened from this queue.
    pub fn claim(&self, uuid: &str, id: i64) -> String {
        format!("/console/claims/{}{}&row={id}", words::encode(uuid), self.query())
    }

    /// The filter, bounded by what the person may see.
    pub fn filter(&self, visible: Option<Vec<String>>) -> QueueFilter {
        let days: Option<i64> = filled(self.days.as_ref()).and_then(|days| days.parse().ok());
        let until = days.filter(|days| (0..10_000).contains(days)).and_then(|days| {
            let date = domain::time::business_date(now()).checked_sub_signed(TimeDelta::days(days))?;
            Some(date.to_string())
        });
        QueueFilter {
            state: self.state().into(),
            store: filled(self.store.as_ref()),
            reason: filled(self.reason.as_ref()),
            reasons: None,
            sign: filled(self.sign.as_ref()),
            programme: filled(self.programme.as_ref()),
            until,
            by_age: self.sort.as_deref() == Some("age"),
            visible,
        }
    }
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Review)?;
    render(move || {
        let filter = ask.filter(claims::visible(&hq, &visit)?);
        let at = ask.page.unwrap_or(0).clamp(0, 100_000);
        let db = hq.reading();
        let rows = queue::list(&db.conn, &filter, at * ROWS, ROWS)?;
        let counts =
            TABS.map(|(state, ..)| queue::count(&db.conn, &QueueFilter { state: state.into(), ..filter.clone() }));
        let groups = if filter.state == "held" { queue::alike(&db.conn, &filter, GROUPS)? } else { Vec::new() };
        let choices = Choices::read(&db.conn, &visit, &filter)?;
        drop(db);
        let mut sums = Vec::new();
        for count in counts {
            sums.push(count?);
        }
        let here = TABS.iter().position(|(state, ..)| *state == filter.state).and_then(|i| sums.get(i).copied());
        let here = here.unwrap_or_default();
        let address = |at: i64| format!("/console/review{}&page={at}", ask.query());
        let body = html! {
            (done(&visit, &ask))
            (tabs(&visit, &ask, &sums))
            (filters(&visit, &ask, &choices))
            (alike(&visit, &groups))
            (table(&visit, &ask, &rows, here))
            (page::paging(&visit, at, ROWS, here.0, &address))
            (keys(&visit))
        };
        Ok(page::page(&visit, Place::Review, Place::Review.word(visit.lang), body))
    })
    .await
}

/// What was done just now, said once.
pub fn done(visit: &Visit, ask: &Ask) -> Markup {
    html! {
        @if let Some(what) = filled(ask.done.as_ref()) {
            p.notice.good role="status" { (visit.t("已决定：", "Decided: ")) (what) }
        }
    }
}

/// Why a decision was not made, in words.
pub fn sentence(lang: Lang, why: &NotDone) -> String {
    why.sentence(lang, &|state| words::state(lang, state).to_owned(), &words::moment)
}

struct Choices {
    stores: Vec<(String, String)>,
    programmes: Vec<(String, String)>,
}

impl Choices {
    fn read(conn: &Conn, visit: &Visit, filter: &QueueFilter) -> anyhow::Result<Self> {
        let sees = |code: &String| filter.visible.as_ref().is_none_or(|visible| visible.contains(code));
        let stores = tills::stores(conn)?.into_iter().filter(|s| sees(&s.code));
        let programmes = catalogue::names(conn)?.into_iter().map(|(code, (zh, en))| (code, visit.lang.of(zh, en)));
        Ok(Self {
            stores: stores.map(|s| (s.code.clone(), format!("{} {}", s.code, s.name))).collect(),
            programmes: programmes.collect(),
        })
    }
}

fn tabs(visit: &Visit, ask: &Ask, sums: &[(i64, i64, i64)]) -> Markup {
    html! {
        ul.tabs { @for ((state, zh, en), (count, ..)) in TABS.iter().zip(sums) {
            li { a href={ "/console/review?tab=" (state) } aria-current=[(*state == ask.state()).then_some("page")] {
                (visit.t(zh, en)) " " (if *count > COUNTED { format!("{COUNTED}+") } else { count.to_string() })
            } }
        } }
    }
}

fn filters(visit: &Visit, ask: &Ask, choices: &Choices) -> Markup {
    let lang = visit.lang;
    let any = Some(visit.t("全部", "all"));
    let reasons: Vec<_> =
        words::REASONS.iter().map(|(code, zh, en)| ((*code).into(), format!("{code} {}", lang.of(*zh, *en)))).collect();
    let signs: Vec<_> = rules::all().map(|s| (s.code.into(), format!("{} {}", s.code, lang.of(s.zh, s.en)))).collect();
    let days: Vec<_> = [3, 7, 14, 30]
        .iter()
        .map(|n| (n.to_string(), lang.of(format!("{n} 天以上"), format!("{n} days and more"))))
        .collect();
    let sorts = [("age".to_owned(), visit.t("等得最久", "oldest first").to_owned())];
    html! {
        form.filters method="get" action="/console/review" {
            input type="hidden" name="tab" value=(ask.state());
            (fields::select("store", visit.t("门店", "Store"), any, ask.store.as_ref(), &choices.stores))
            (fields::select("reason", visit.t("原因", "Reason"), any, ask.reason.as_ref(), &reasons))
            (fields::select("sign", visit.t("可疑迹象", "Sign"), any, ask.sign.as_ref(), &signs))
            (fields::select("programme", visit.t("项目", "Programme"), any, ask.programme.as_ref(), &choices.programmes))
            (fields::select("days", visit.t("等了", "Waiting"), any, ask.days.as_ref(), &days))
            (fields::select("sort", visit.t("先看", "First"), Some(visit.t("风险最高", "riskiest")), ask.sort.as_ref(), &sorts))
            button.main { (visit.t("筛选", "Filter")) }
        }
    }
}

/// Groups of claims that are alike: a link to decide on them together.
fn alike(visit: &Visit, groups: &[Alike]) -> Markup {
    if groups.is_empty() || visit.person.role != Role::Reviewer {
        return html! {};
    }
    html! {
        details.card {
            summary { (visit.t("同样的申报，可以一起决定", "Alike: can be decided together")) }
            ul { @for (store, reasons, count, claimed, granted) in groups { li {
                a href={ "/console/review/bulk?store=" (words::encode(store)) "&reasons=" (words::encode(reasons)) } {
                    (store) " · " (words::codes(reasons).join(" "))
                }
                " " (visit.lang.of(
                    format!("{count} 笔，申报 {}，放行会给 {}", words::yuan(*claimed), words::yuan(*granted)),
                    format!("{count} claims, {} claimed, {} if let go", words::yuan(*claimed), words::yuan(*granted)),
                ))
            } } }
        }
    }
}

fn table(visit: &Visit, ask: &Ask, rows: &[QueueRow], sums: (i64, i64, i64)) -> Markup {
    if rows.is_empty() {
        return html! { p.notice.good { (visit.t("没有等着看的申报。", "Nothing waits here.")) } };
    }
    let decides = visit.person.role == Role::Reviewer && ask.state() == "held";
    html! {
        form method="get" action="/console/review/bulk" {
            div.scroll { table {
                caption.unseen { (visit.t("等着看的申报", "Claims that wait")) }
                thead { tr {
                    @if decides { td {} }
                    th.number scope="col" { (visit.t("风险", "Risk")) } th scope="col" { (visit.t("营业日", "Date")) }
                    th scope="col" { (visit.t("门店", "Store")) } th scope="col" { (visit.t("小票号", "Receipt")) }
                    th scope="col" { (visit.t("为什么", "Why")) }
                    th.number scope="col" { (visit.t("申报", "Claimed")) } th.number scope="col" { (visit.t("放行会给", "If let go")) }
                } }
                tbody { @for (i, row) in rows.iter().enumerate() { (one(visit, ask, row, decides, i == 0)) } }
                tfoot { tr {
                    th scope="row" colspan=(if decides { 6 } else { 5 }) {
                        (visit.t("合计", "Total")) @if sums.0 > COUNTED { " " small { (visit.lang.of(format!("（只数到 {COUNTED} 笔）"), format!("(of the first {COUNTED})"))) } }
                    }
                    td.number { (words::yuan(sums.1)) } td.number { (words::yuan(sums.2)) }
                } }
            } }
            @if decides { p { button { (visit.t("一起决定选中的", "Decide on the chosen together")) } } }
        }
    }
}

fn one(visit: &Visit, ask: &Ask, row: &QueueRow, decides: bool, is_first: bool) -> Markup {
    let name = row.sale.as_deref().unwrap_or(&row.uuid);
    html! { tr {
        @if decides { td { input.pick type="checkbox" name="pick" value={ (row.id) "." (row.version) } aria-label=(name); } }
        td.number { (row.risk) }
        td.whole { (row.date.as_deref().unwrap_or("–")) }
        td.whole { (row.store) "/" (row.till) }
        td.whole { a href=(ask.claim(&row.uuid, row.id)) autofocus[is_first] accesskey=[is_first.then_some("j")] { (name) } }
        td {
            @for code in &row.signs { span.reason { strong { (sign_name(visit.lang, code)) } } }
            @for code in words::codes(&row.reasons) { @if code != "R15" || row.signs.is_empty() { span.reason { (code) " " (words::reason(visit.lang, &code)) } } }
        }
        td.number { (words::yuan(row.claimed)) } td.number { (words::yuan(row.granted)) }
    } }
}

/// A sign's name.
pub fn sign_name(lang: Lang, code: &str) -> String {
    rules::all().find(|s| s.code == code).map_or_else(|| code.to_owned(), |s| format!("{code} {}", lang.of(s.zh, s.en)))
}

/// The keys, for who does without a mouse.
pub fn keys(visit: &Visit) -> Markup {
    let all = [
        ("j", visit.t("下一笔", "next")),
        ("k", visit.t("上一笔", "previous")),
        ("Enter", visit.t("打开", "open")),
        ("a", visit.t("放行", "let go")),
        ("h", visit.t("暂缓", "hold")),
        ("r", visit.t("驳回", "reject")),
    ];
    html! {
        p.keys { small {
            (visit.t("按键：", "Keys: ")) @for (key, what) in all { kbd { (key) } " " (what) " · " }
            (visit.t("字母键要和 Alt 一起按（Firefox 是 Alt+Shift，Mac 是 Control+Option）。", "letters go with Alt (Firefox Alt+Shift, Mac Control+Option)."))
        } }
    }
}
