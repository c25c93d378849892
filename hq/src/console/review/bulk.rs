//! Several claims that are alike, decided on together: shown with their sums first.

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::{Answer, Ask, Shared, Visit, claims, page, sentence, sign_name, words};
use crate::console::blocking;
use crate::service::Hq;
use crate::service::access::{Place, Role};
use crate::service::decide::{self, MOST_AT_ONCE, NotDone, Order, Seen, Verdict};
use crate::store::queue::{self, QueueFilter, QueueRow};

/// `ID.VERSION` of each chosen claim.
fn picked(pairs: &[(String, String)]) -> Vec<Seen> {
    let read = |text: &str| {
        let (id, version) = text.split_once('.')?;
        Some(Seen { id: id.parse().ok()?, version: version.parse().ok()? })
    };
    pairs.iter().filter(|(key, _)| key == "pick").filter_map(|(_, value)| read(value)).collect()
}

/// The chosen claims, before anything is done; or all held ones of a store with the same reasons.
pub async fn show(State(hq): Shared, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Review)?;
    super::render(move || {
        let rows = chosen(&hq, &visit, &pairs)?;
        Ok(sheet(&visit, &rows, None))
    })
    .await
}

fn chosen(hq: &Hq, visit: &Visit, pairs: &[(String, String)]) -> anyhow::Result<Vec<QueueRow>> {
    let visible = claims::visible(hq, visit)?;
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let db = hq.reading();
    if let (Some(store), Some(reasons)) = (field("store"), field("reasons")) {
        let filter = QueueFilter { store: Some(store), reasons: Some(reasons), visible, ..Ask::default().filter(None) };
        return queue::list(&db.conn, &filter, 0, i64::try_from(MOST_AT_ONCE)?);
    }
    let ids: Vec<i64> = picked(pairs).iter().map(|seen| seen.id).take(MOST_AT_ONCE + 1).collect();
    queue::of_rows(&db.conn, &ids, visible.as_deref())
}

fn are_alike(rows: &[QueueRow]) -> bool {
    let mut keys = rows.iter().map(|r| (&r.store, &r.state, &r.reasons));
    keys.next().is_some_and(|first| keys.all(|key| key == first)) && rows.len() <= MOST_AT_ONCE
}

fn sheet(visit: &Visit, rows: &[QueueRow], problem: Option<&str>) -> Markup {
    let can = visit.person.role == Role::Reviewer && are_alike(rows) && rows.iter().all(|r| r.state == "held");
    let unlike = sentence(visit.lang, &NotDone::Unlike);
    let (claimed, granted) = rows.iter().fold((0, 0), |(c, g), r| (c + r.claimed, g + r.granted));
    let count = rows.len();
    let body = html! {
        @if let Some(problem) = problem { p.notice.warn role="alert" { (problem) } }
        @if !can { p.notice.warn { (unlike) } p { a href="/console/review" { (visit.t("回到列表", "Back to the list")) } } }
        form method="post" action="/console/review/bulk" {
            @if can { section.card {
                p.figures {
                    strong { (visit.lang.of(format!("{count} 笔"), format!("{count} claims"))) }
                    span { (visit.t("申报", "claimed")) " " strong { (words::yuan(claimed)) } }
                    span { (visit.t("放行会给", "if let go")) " " strong { (words::yuan(granted)) } }
                    span { (visit.t("驳回：给 0", "rejected: nothing")) }
                }
                div.inline {
                    label for="code" { (visit.t("原因代码", "Reason code")) }
                    select id="code" name="code" { option value="" { "–" }
                        @for (code, zh, en) in words::REASONS { option value=(code) { (code) " " (visit.t(zh, en)) } } }
                    label for="note" { (visit.t("原因（门店会看到）", "Why (the store reads it)")) }
                    input.wide id="note" name="note" maxlength="1000" autocomplete="off";
                }
                p.inline {
                    button.main name="verdict" value="let_go" accesskey="a" { (visit.t("全部放行", "Let all go")) " " kbd { "a" } }
                    button.danger name="verdict" value="reject" accesskey="r" { (visit.t("全部驳回", "Reject all")) " " kbd { "r" } }
                    a href="/console/review" { (visit.t("不决定，回到列表", "Decide nothing, go back")) }
                }
            } }
            div.scroll { table {
                caption { (visit.t("选中的申报", "The chosen claims")) }
                thead { tr {
                    th scope="col" { (visit.t("营业日", "Date")) } th scope="col" { (visit.t("门店", "Store")) } th scope="col" { (visit.t("小票号", "Receipt")) }
                    th scope="col" { (visit.t("状态", "State")) } th scope="col" { (visit.t("为什么", "Why")) }
                    th.number scope="col" { (visit.t("申报", "Claimed")) } th.number scope="col" { (visit.t("放行会给", "If let go")) }
                } }
                tbody { @for row in rows { tr {
                    td.whole { input type="hidden" name="pick" value={ (row.id) "." (row.version) }; (row.date.as_deref().unwrap_or("–")) }
                    td.whole { (row.store) "/" (row.till) }
                    td.whole { a href=(Ask::default().claim(&row.uuid, row.id)) { (row.sale.as_deref().unwrap_or(&row.uuid)) } }
                    td { (page::state(visit.lang, &row.state)) }
                    td { @for code in words::codes(&row.reasons) { span.reason { (code) " " (words::reason(visit.lang, &code)) } }
                        @for sign in &row.signs { span.reason { (sign_name(visit.lang, sign)) } } }
                    td.number { (words::yuan(row.claimed)) } td.number { (words::yuan(row.granted)) }
                } } }
                tfoot { tr { th scope="row" colspan="5" { (visit.t("合计", "Total")) } td.number { (words::yuan(claimed)) } td.number { (words::yuan(granted)) } } }
            } }
        }
    };
    page::page(visit, Place::Review, visit.t("一起决定", "Decide together"), body)
}

/// Decides on all of them, or on none.
pub async fn post(State(hq): Shared, visit: Visit, Form(pairs): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Review)?;
    let done = blocking(move || {
        let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        let verdict = match field("verdict") {
            "let_go" => Some(Verdict::LetGo),
            "reject" => Some(Verdict::Reject),
            _ => None,
        };
        let code = Some(field("code")).filter(|code| !code.is_empty()).map(Into::into);
        let note = field("note").to_owned();
        let done = match verdict {
            Some(verdict) => decide::decide(&hq, &visit.person, &picked(&pairs), &Order { verdict, code, note })?,
            None => Err(NotDone::Words),
        };
        match done {
            Ok(done) => Ok(Ok(visit.lang.of(format!("{} 笔", done.len()), format!("{} claims", done.len())))),
            Err(why) => {
                let rows = chosen(&hq, &visit, &pairs)?;
                Ok(Err(sheet(&visit, &rows, Some(&sentence(visit.lang, &why)))))
            }
        }
    })
    .await?;
    match done {
        Ok(words) => Ok(Redirect::to(&format!("/console/review?done={}", words::encode(&words))).into_response()),
        Err(page) => Ok((StatusCode::CONFLICT, Html(page.into_string())).into_response()),
    }
}
