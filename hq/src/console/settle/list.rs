//! The list of statements, and making them.

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _};
use domain::time::business_date;
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, state, state_word, tabs};
use crate::console::{
    Answer, Asked, Failure, ROWS, Shared, Visit, blocking, claims, filled, form as fields, page, show as render, words,
};
use crate::service::access::{Place, Role};
use crate::service::settle::period::Period;
use crate::service::settle::{State as BatchState, make as service};
use crate::service::{Hq, now};
use crate::store::settle::{self as rows, Batch, Filter};
use crate::store::{funds, tills};

const PATH: &str = "/console/settlement";

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    state: Option<String>,
    payer: Option<String>,
    store: Option<String>,
    period: Option<String>,
    before: Option<i64>,
}

impl Ask {
    fn address(&self, before: i64) -> String {
        let field = |name: &str, value: &Option<String>| {
            filled(value.as_ref()).map(|value| format!("{name}={}&", words::encode(&value))).unwrap_or_default()
        };
        let fields = [
            field("state", &self.state),
            field("payer", &self.payer),
            field("store", &self.store),
            field("period", &self.period),
        ];
        format!("{PATH}?{}before={before}", fields.concat())
    }
}

/// Codes and names to choose from.
type Options = Vec<(String, String)>;

fn options(hq: &Hq, visit: &Visit) -> Result<(Options, Options), Failure> {
    let visible = claims::visible(hq, visit)?;
    let db = hq.reading();
    let stores = tills::stores(&db.conn)?;
    let stores = stores.into_iter().filter(|s| visible.as_ref().is_none_or(|codes| codes.contains(&s.code)));
    let payers = funds::payers(&db.conn)?;
    let named = |code: &str, name: &str| (code.to_owned(), format!("{name} {code}"));
    Ok((payers.iter().map(|p| named(&p.code, &p.name)).collect(), stores.map(|s| named(&s.code, &s.name)).collect()))
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Settlement)?;
    render(move || {
        let filter = Filter {
            state: filled(ask.state.as_ref()),
            payer: filled(ask.payer.as_ref()),
            store: filled(ask.store.as_ref()),
            period: filled(ask.period.as_ref()),
            before: ask.before,
            visible: claims::visible(&hq, &visit)?,
        };
        let (payers, stores) = options(&hq, &visit)?;
        let mut found = rows::batches(&hq.reading().conn, &filter, ROWS + 1)?;
        let has_more = i64::try_from(found.len()).is_ok_and(|n| n > ROWS);
        found.truncate(usize::try_from(ROWS).unwrap_or(50));
        let body = html! {
            (tabs(&visit, PATH))
            @if visit.person.role == Role::Accountant { (make_form(&visit, &payers, &stores)) }
            (filters(&visit, &ask, &payers, &stores))
            (table(&visit, &found, &stores))
            @if let Some(last) = found.last().filter(|_| has_more) {
                p.paging { a rel="next" href=(ask.address(last.id)) { (visit.t("下一页", "Next")) } }
            }
        };
        Ok(page::page(&visit, Place::Settlement, visit.t("结算：对账表", "Settlement: statements"), body))
    })
    .await
}

fn filters(visit: &Visit, ask: &Ask, payers: &Options, stores: &Options) -> Markup {
    let states: Options =
        BatchState::ALL.map(|state| (state.code().to_owned(), state_word(visit.lang, state.code()).to_owned())).into();
    let any = visit.t("全部", "all");
    html! {
        form.filters method="get" action=(PATH) {
            (fields::select("state", visit.t("状态", "State"), Some(any), ask.state.as_ref(), &states))
            (fields::select("payer", visit.t("付款单位", "Payer"), Some(any), ask.payer.as_ref(), payers))
            (fields::select("store", visit.t("门店", "Store"), Some(any), ask.store.as_ref(), stores))
            (fields::text("period", visit.t("结算期", "Period"), ask.period.as_ref()))
            button { (visit.t("筛选", "Filter")) }
        }
    }
}

fn table(visit: &Visit, found: &[Batch], stores: &Options) -> Markup {
    if found.is_empty() {
        return html! { p.notice { (visit.t("没有这样的对账表。", "There is no such statement.")) } };
    }
    let name =
        |code: &str| stores.iter().find(|(known, _)| known == code).map_or(code.to_owned(), |(_, name)| name.clone());
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("对账表", "Statements")) }
            thead { tr {
                th scope="col" { (visit.t("编号", "Number")) } th scope="col" { (visit.t("结算期", "Period")) } th scope="col" { (visit.t("门店", "Store")) }
                th scope="col" { (visit.t("付款单位", "Payer")) } th.number scope="col" { (visit.t("应拨金额", "To be paid")) }
                th scope="col" { (visit.t("状态", "State")) } th scope="col" { (visit.t("制表时间", "Made")) } th scope="col" { (visit.t("付款", "Paid")) }
            } }
            tbody { @for b in found { tr {
                td { a href=(address(&b.number)) { (b.number) } }
                td { (b.period) } td { (name(&b.store)) } td { (b.payer) }
                td.number { (words::yuan(b.payable)) }
                td { (state(visit.lang, &b.state)) }
                td.whole { (words::moment(b.made_at)) }
                td { (b.paid_on.as_deref().unwrap_or("–")) " " small { (b.reference) } }
            } } }
        } }
    }
}

fn make_form(visit: &Visit, payers: &Options, stores: &Options) -> Markup {
    let all = visit.t("全部", "all");
    // What is usually settled is the month that has ended.
    let last_month = business_date(now()).checked_sub_months(chrono::Months::new(1));
    let period = last_month.and_then(|day| Period::holding(day, "month").ok()).map(|period| period.code);
    html! {
        form.card.sheet-form method="post" action=(PATH) {
            h2 { (visit.t("制对账表", "Make statements")) }
            (fields::select("payer", visit.t("付款单位", "Payer"), Some(all), None, payers))
            (fields::select("store", visit.t("门店", "Store"), Some(all), None, stores))
            div.field {
                label for="made-period" { (visit.t("结算期，例如 2026-11 或 2026-Q4", "Period, as in 2026-11 or 2026-Q4")) }
                input id="made-period" name="period" required value=[period] size="8" autocomplete="off";
            }
            p.actions { button.main { (visit.t("制表", "Make")) } }
        }
    }
}

/// What is to be made; empty: of all.
#[derive(Deserialize)]
pub struct MakeForm {
    payer: String,
    store: String,
    period: String,
}

/// Makes statements, and says of each what became of it.
pub async fn make(State(hq): Shared, visit: Visit, Form(form): Form<MakeForm>) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        let (payers, stores) = options(&hq, &visit)?;
        let wanted = |all: &Options, one: &str| -> Vec<String> {
            if one.is_empty() { all.iter().map(|(code, _)| code.clone()).collect() } else { vec![one.to_owned()] }
        };
        let (payers, stores) = (wanted(&payers, &form.payer), wanted(&stores, &form.store));
        let (mut made, mut left) = (Vec::new(), Vec::new());
        for store in &stores {
            for payer in &payers {
                match service::make(&hq, &visit.person, payer, store, form.period.trim())? {
                    Ok(number) => made.push(number),
                    Err(sentence) => left.push((store.clone(), payer.clone(), sentence)),
                }
            }
        }
        if made.is_empty() && left.len() == 1 && let Some((_, _, sentence)) = left.first() {
            return Ok(page::refused(&visit, Place::Settlement, sentence, PATH));
        }
        let body = html! {
            @if !made.is_empty() { section.notice.good role="status" {
                p { (visit.lang.of(format!("制好 {} 张：", made.len()), format!("{} made:", made.len()))) }
                ul { @for number in &made { li { a href=(address(number)) { (number) } } } }
            } }
            @if !left.is_empty() { section.card {
                h2 { (visit.t("没有制表的", "Not made")) }
                ul { @for (store, payer, sentence) in &left { li { (store) " · " (payer) "：" (words::half(visit.lang, sentence)) } } }
            } }
            p { a.button href=(PATH) { (visit.t("回到对账表", "Back to the statements")) } }
        };
        Ok(Html(page::page(&visit, Place::Settlement, visit.t("制对账表", "Make statements"), body).into_string()).into_response())
    })
    .await
}
