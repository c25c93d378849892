//! What stands around a claim: signs, the household's month, the store's day, the chain, its history.

use anyhow::Result;
use chrono::{Datelike as _, Months, NaiveDate};
use domain::money::Money;
use domain::time::{parse_date, parse_rfc3339};
use maud::{Markup, html};
use serde_json::Value;

use super::{Ask, Visit, claims, done, keys, page, sign_name, words};
use crate::console::households::{Spent, spent};
use crate::service::access::Place;
use crate::service::{Hq, catalogue, verify};
use crate::store::claims::Claim;
use crate::store::disputes::{self, Dispute};
use crate::store::facts::{self, Found};
use crate::store::queue::{self, Beside, Place as At, Sums};
use crate::store::records::Record;
use crate::store::reviews::{self, EventRow};
use crate::store::sql::Conn;
use crate::store::{claims as books, people};

/// So many of a till's claims are shown before and after one.
const EACH_WAY: i64 = 4;
/// So many records of the chain before and after one.
const CHAIN_EACH_WAY: u64 = 4;
/// Most claims of a household's month.
const MONTH: i64 = 60;

/// What was found.
pub struct Around {
    /// Version of the claim's state.
    pub version: u64,
    /// The claim's disputes.
    pub disputes: Vec<Dispute>,
    risk: i64,
    found: Vec<Found>,
    events: Vec<EventRow>,
    beside: (Option<At>, Option<At>),
    month: Option<Month>,
    day: Option<Day>,
}

struct Month {
    claims: Vec<Beside>,
    sums: Vec<Sums>,
    limits: Vec<Spent>,
}

struct Day {
    tills: Vec<Sums>,
    closes: Vec<Value>,
    tempo: Vec<Beside>,
    chain: Vec<(u64, String, String, Value)>,
}

impl Around {
    /// Asks for all that this person may see.
    pub fn read(hq: &Hq, visit: &Visit, ask: &Ask, record: &Record, claim: &Claim) -> Result<Self> {
        let role = visit.person.role;
        let visible = claims::visible(hq, visit)?;
        let db = hq.reading();
        let conn = &db.conn;
        let reviews = role.may(Place::Review);
        let (_, version) = reviews::stands(conn, claim.id)?.unwrap_or_default();
        let risk = reviews::risk(conn, claim.id)?;
        let date = claim.business_date.as_deref().and_then(|date| parse_date(date).ok());
        let in_queue = reviews && ask.tab.is_some();
        Ok(Self {
            version,
            risk,
            disputes: disputes::of_claim(conn, claim.id)?,
            found: if reviews { facts::found(conn, claim.id)? } else { Vec::new() },
            events: reviews::events(conn, claim.id)?,
            beside: if in_queue {
                queue::neighbours(conn, &ask.filter(visible), claim.id, risk)?
            } else {
                (None, None)
            },
            month: match (&claim.household, date) {
                (Some(household), Some(date)) if role.may(Place::Households) => {
                    Some(month(visit, conn, household, date)?)
                }
                _ => None,
            },
            day: if reviews { Some(day(conn, record, claim)?) } else { None },
        })
    }

    /// Above everything: the way through the queue, and what signs found.
    pub fn top(&self, visit: &Visit, ask: &Ask, claim: &Claim) -> Markup {
        let link = |to: &Option<At>, key: &str, rel: &str, text: &str| {
            html! { @if let Some((uuid, id)) = to { a.button rel=(rel) accesskey=(key) href=(ask.claim(uuid, *id)) { (text) " " kbd { (key) } } } }
        };
        html! {
            (done(visit, ask))
            @if ask.tab.is_some() && visit.person.role.may(Place::Review) {
                p.inline {
                    a.button href={ "/console/review" (ask.query()) } { (visit.t("回到列表", "Back to the list")) }
                    (link(&self.beside.0, "k", "prev", visit.t("上一笔", "Previous")))
                    (link(&self.beside.1, "j", "next", visit.t("下一笔", "Next")))
                    @if claim.state == "held" { (link(&self.beside.1, "h", "next", visit.t("先放着，看下一笔", "Keep it held, go on"))) }
                    @if self.risk > 0 { span { (visit.t("风险", "Risk")) " " strong { (self.risk) } " / 100" } }
                }
            }
            @if !self.found.is_empty() {
                section.notice.warn aria-label=(visit.t("可疑迹象", "Signs")) {
                    @for (code, zh, en) in &self.found { p { strong { (sign_name(visit.lang, code)) } " – " (visit.lang.of(zh, en)) } }
                    p { small { (visit.t("迹象只说明值得看一看，不说明有错。", "A sign says that it is worth a look, not that anything is wrong.")) } }
                }
            }
        }
    }

    /// Below the claim: history, disputes and, for who reviews, what stands around it.
    pub fn below(&self, visit: &Visit, claim: &Claim) -> Markup {
        html! {
            (self.history(visit))
            @if let Some(month) = &self.month { (shown_month(visit, month, claim)) }
            @if let Some(day) = &self.day { (shown_day(visit, day, claim)) }
            @if visit.person.role.may(Place::Review) { (keys(visit)) }
        }
    }

    fn history(&self, visit: &Visit) -> Markup {
        html! {
            @if !self.events.is_empty() { div.scroll { table {
                caption { (visit.t("经过", "History")) }
                thead { tr { th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("谁", "Who")) } th scope="col" { (visit.t("做了什么", "What")) } th scope="col" { (visit.t("说明", "Words")) } } }
                tbody { @for e in &self.events { (event(visit, e)) } }
            } } }
        }
    }
}

fn event(visit: &Visit, e: &EventRow) -> Markup {
    let detail: Value = serde_json::from_str(&e.detail).unwrap_or_default();
    let text = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or_default();
    let what = words::event(visit.lang, &e.event);
    let granted = detail.get("granted").and_then(Value::as_str).and_then(|m| Money::parse_signed(m).ok());
    html! { tr {
        td.whole { (words::moment(e.at)) }
        td { @if e.who.is_empty() { (visit.t("总部自动", "headquarters")) } @else { (e.who) } }
        td { (what) @if !text("state").is_empty() { " → " (words::state(visit.lang, text("state"))) } @if let Some(granted) = granted { " · " (words::yuan(granted.fen_i64())) } }
        td.wrap { @if !text("code").is_empty() { (text("code")) " " } (text("note")) @if !text("reference").is_empty() { " " (text("reference")) } }
    } }
}

fn month(visit: &Visit, conn: &Conn, household: &str, date: NaiveDate) -> Result<Month> {
    let first = date.with_day(1).unwrap_or(date);
    let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(date);
    let (from, to) = (first.to_string(), last.to_string());
    let members = people::of_household(conn, household)?;
    let mut limits = Vec::new();
    if let Some((_, member)) = members.first() {
        let mut newest = std::collections::BTreeMap::new();
        for (p, _) in catalogue::published(conn)? {
            if p.in_force(date) && p.categories.contains(&member.entry.category) {
                newest.insert(p.code.clone(), p);
            }
        }
        for p in newest.values() {
            let balances = books::household_balances(conn, household, &p.code)?;
            for limit in &p.limits {
                let Some(period) = limit.per.key(date) else { continue };
                let used = balances.iter().filter(|b| b.limit == limit.id && b.period == period);
                limits.push(spent(visit, p, limit, member.entry.size, used.map(|b| b.used.milli()).sum()));
            }
        }
    }
    Ok(Month {
        claims: queue::of_household(conn, household, &from, &to, MONTH)?,
        sums: queue::household_sums(conn, household, &from, &to)?,
        limits,
    })
}

fn day(conn: &Conn, record: &Record, claim: &Claim) -> Result<Day> {
    let payload = |jws: &str| verify::payload(jws).unwrap_or_default();
    let at =
        payload(&record.jws)["at"].as_str().and_then(|at| parse_rfc3339(at).ok()).map_or(0, |at| at.timestamp_millis());
    let date = claim.business_date.as_deref().unwrap_or_default();
    let chain = queue::chain(conn, claim.till_id, &record.epoch, record.seq, CHAIN_EACH_WAY)?;
    Ok(Day {
        tills: queue::store_day(conn, &claim.store, date)?,
        closes: queue::closes_around(conn, claim.till_id, record.id)?.iter().map(|jws| payload(jws)).collect(),
        tempo: queue::tempo(conn, claim.till_id, at, EACH_WAY)?,
        chain: chain.into_iter().map(|(seq, kind, outcome, jws)| (seq, kind, outcome, payload(&jws))).collect(),
    })
}

/// Seconds, as people say them.
fn gap(visit: &Visit, ms: i64) -> String {
    let seconds = ms / 1000;
    match seconds {
        ..60 => visit.lang.of(format!("{seconds} 秒"), format!("{seconds} s")),
        60..3600 => visit
            .lang
            .of(format!("{} 分 {} 秒", seconds / 60, seconds % 60), format!("{} min {} s", seconds / 60, seconds % 60)),
        _ => visit.lang.of(
            format!("{} 小时 {} 分", seconds / 3600, seconds % 3600 / 60),
            format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        ),
    }
}

/// Claims one after another, with the time between them.
fn one_after_another(visit: &Visit, caption: &str, rows: &[Beside], here: &str, stores: bool) -> Markup {
    html! {
        div.scroll { table {
            caption { (caption) }
            thead { tr {
                th scope="col" { (visit.t("时间", "Time")) } th.number scope="col" { (visit.t("隔了", "After")) }
                @if stores { th scope="col" { (visit.t("门店", "Store")) } } @else { th.number scope="col" { (visit.t("用时", "Took")) } th.number scope="col" { (visit.t("行数", "Lines")) } }
                th scope="col" { (visit.t("小票号", "Receipt")) } th scope="col" { (visit.t("状态", "State")) }
                th.number scope="col" { (visit.t("申报", "Claimed")) } th.number scope="col" { (visit.t("核准", "Granted")) }
            } }
            tbody { @for (i, row) in rows.iter().enumerate() { tr class=[(row.uuid == here).then_some("here")] {
                td.whole { (words::moment(row.at)) @if row.uuid == here { " ←" } }
                td.number { @match i.checked_sub(1).and_then(|before| rows.get(before)) { Some(before) => { (gap(visit, row.at - before.at)) } None => "–" } }
                @if stores { td.whole { (row.store) "/" (row.till) } } @else {
                    td.number { @if row.started_at > 0 { (gap(visit, row.at - row.started_at)) } @else { "–" } } td.number { (row.lines) }
                }
                td.whole { a href={ "/console/claims/" (words::encode(&row.uuid)) } { (row.sale.as_deref().unwrap_or("–")) } }
                td { (page::state(visit.lang, &row.state)) }
                td.number { (words::yuan(row.claimed)) } td.number { (words::yuan(row.granted)) }
            } } }
        } }
    }
}

fn shown_month(visit: &Visit, month: &Month, claim: &Claim) -> Markup {
    html! {
        h2 { (visit.t("这一户这个月", "The household's month")) }
        (one_after_another(visit, visit.t("这个月的申报", "Claims of the month"), &month.claims, &claim.uuid, true))
        div.halves {
            div.scroll { table {
                caption { (visit.t("按项目", "By programme")) }
                thead { tr { th scope="col" { (visit.t("项目", "Programme")) } th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("申报", "Asked")) } th.number scope="col" { (visit.t("优惠", "Discount")) } th.number scope="col" { (visit.t("爱心卡", "Card")) } } }
                tbody { @for (code, count, asked, discount, purse) in &month.sums { tr {
                    td { (code) } td.number { (count) } td.number { (words::yuan(*asked)) } td.number { (words::yuan(*discount)) } td.number { (words::yuan(*purse)) }
                } } }
            } }
            div.scroll { table {
                caption { (visit.t("当时各期的额度", "Limits of those periods")) }
                thead { tr { th scope="col" { (visit.t("项目", "Programme")) } th scope="col" { (visit.t("额度", "Limit")) } th.number scope="col" { (visit.t("已用", "Used")) } th.number scope="col" { (visit.t("上限", "Most")) } th.number scope="col" { (visit.t("剩余", "Left")) } } }
                tbody { @for row in &month.limits { tr { td { (row.programme) } td { (row.limit) } td.number { (row.used) } td.number { (row.most) } td.number { (row.left) } } } }
            } }
        }
    }
}

fn shown_day(visit: &Visit, day: &Day, claim: &Claim) -> Markup {
    html! {
        h2 { (visit.t("门店这一天", "The store's day")) }
        (one_after_another(visit, visit.t("这台款台前后的申报", "This till's claims before and after"), &day.tempo, &claim.uuid, false))
        div.halves {
            div.scroll { table {
                caption { (visit.t("当天各款台", "Tills on that day")) }
                thead { tr { th scope="col" { (visit.t("款台", "Till")) } th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("户数", "Households")) } th.number scope="col" { (visit.t("申报", "Claimed")) } th.number scope="col" { (visit.t("核准", "Granted")) } } }
                tbody { @for (till, count, households, claimed, granted) in &day.tills { tr {
                    td { (till) } td.number { (count) } td.number { (households) } td.number { (words::yuan(*claimed)) } td.number { (words::yuan(*granted)) }
                } } }
            } }
            div.scroll { table {
                caption { (visit.t("前后的日结", "Day closes before and after")) }
                thead { tr { th scope="col" { (visit.t("营业日", "Date")) } th.number scope="col" { (visit.t("销售", "Sales")) } th.number scope="col" { (visit.t("有补贴", "Subsidised")) } th.number scope="col" { (visit.t("销售额", "Gross")) } th.number scope="col" { (visit.t("优惠", "Discount")) } } }
                tbody {
                    @for close in &day.closes { @let text = |key: &str| close.get(key).and_then(Value::as_str).unwrap_or("–").to_owned(); tr {
                        td.whole { (text("business_date")) } td.number { (close["sales"].as_i64().unwrap_or(0)) } td.number { (close["subsidised_sales"].as_i64().unwrap_or(0)) } td.number { (text("gross")) } td.number { (text("discount")) }
                    } }
                    @if day.closes.is_empty() { tr { td colspan="5" { (visit.t("还没有日结。", "No day was closed yet.")) } } }
                }
            } }
        }
        (shown_chain(visit, day, claim))
    }
}

fn shown_chain(visit: &Visit, day: &Day, claim: &Claim) -> Markup {
    let at =
        |payload: &Value| payload["at"].as_str().and_then(|at| parse_rfc3339(at).ok()).map(|at| at.timestamp_millis());
    html! {
        div.scroll { table {
            caption { (visit.t("记录链前后", "The chain around it")) }
            thead { tr { th.number scope="col" { (visit.t("第几条", "Record")) } th scope="col" { (visit.t("种类", "Kind")) } th scope="col" { (visit.t("时间", "Time")) } th.number scope="col" { (visit.t("隔了", "After")) } th scope="col" { (visit.t("小票号", "Receipt")) } th scope="col" { (visit.t("收到时", "Outcome")) } } }
            tbody { @for (i, (seq, kind, outcome, payload)) in day.chain.iter().enumerate() {
                @let before = i.checked_sub(1).and_then(|b| day.chain.get(b)).and_then(|row| at(&row.3));
                @let is_here = payload["id"].as_str() == Some(claim.uuid.as_str());
                tr class=[is_here.then_some("here")] {
                    td.number { (seq) @if is_here { " ←" } }
                    td { (words::kind(visit.lang, kind)) @if let Some(event) = payload["event"].as_str() { " " small { (event) } } }
                    td.whole { (at(payload).map(words::moment).unwrap_or_default()) }
                    td.number { @match (before, at(payload)) { (Some(before), Some(now)) => { (gap(visit, now - before)) } _ => "–" } }
                    td { (payload["sale"].as_str().unwrap_or("–")) } td { (words::state(visit.lang, outcome)) }
                }
            } }
        } }
    }
}
