//! Who did what: sign-ins, pages about families, exports, changes.

use axum::extract::State;
use chrono::{NaiveDate, TimeDelta};
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Answer, Asked, ROWS, Shared, Visit, filled, form, page, show as render, words};
use crate::service::access::Place;
use crate::store::pages::{self, AuditFilter, AuditRow};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    who: Option<String>,
    action: Option<String>,
    from: Option<String>,
    to: Option<String>,
    page: Option<i64>,
}

/// Actions: as they are noted, in Chinese, in English.
const ACTIONS: [(&str, &str, &str); 28] = [
    ("sign-in", "登录", "signed in"),
    ("sign-in refused", "登录被拒", "was not let in"),
    ("sign-out", "退出", "signed out"),
    ("household search", "查找家庭", "looked for a household"),
    ("household page", "查看家庭", "opened a household"),
    ("cards page", "打开卡片", "opened cards to print"),
    ("export claims", "导出申报", "exported claims"),
    ("export usage", "导出使用情况", "exported usage"),
    ("unreached list", "查看未惠及家庭", "listed families that did not come"),
    ("disclosure publish", "发布信息公开", "published a disclosure"),
    ("export disclosure", "导出信息公开", "exported a disclosure"),
    ("till add", "生成注册码", "made an enrolment code"),
    ("till revoke", "作废款台", "revoked a till"),
    ("enrol", "款台注册", "enrolled a till"),
    ("user add", "添加用户", "added a user"),
    ("user password", "重设密码", "set a new password"),
    ("lookup", "款台查询外区家庭", "a till looked up a household"),
    ("store add", "添加门店", "added a store"),
    ("roster import", "导入名册", "imported the roster"),
    ("roster key", "更换名册密钥", "renewed a roster key"),
    ("programmes import", "导入项目", "imported programmes"),
    ("products import", "导入商品", "imported products"),
    ("shop product", "修改商品", "changed a product"),
    ("shop promotion", "修改促销", "changed a promotion"),
    ("shop staff", "修改员工", "changed staff"),
    ("shop setting", "修改门店设置", "changed a store's setting"),
    ("shop changes", "批量修改商品和员工", "changed many things of a store"),
    ("restore", "恢复备份", "restored a backup"),
];

fn action(lang: Lang, code: &str) -> &str {
    ACTIONS.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, zh, en)| lang.of(zh, en))
}

/// Midnight of a day in Shanghai, in milliseconds since 1970; `later` days after it.
fn midnight(date: Option<String>, later: i64) -> Option<i64> {
    let date = domain::time::parse_date(&date?).ok()?.checked_add_signed(TimeDelta::days(later))?;
    let at = |date: NaiveDate| date.and_hms_opt(0, 0, 0)?.and_local_timezone(domain::time::shanghai()).single();
    Some(at(date)?.timestamp_millis())
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Audit)?;
    render(move || {
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let filter = AuditFilter {
            who: filled(ask.who.as_ref()),
            action: filled(ask.action.as_ref()),
            from: midnight(filled(ask.from.as_ref()), 0),
            before: midnight(filled(ask.to.as_ref()), 1),
        };
        let rows = pages::audit(&hq.reading().conn, &filter, at * ROWS, ROWS)?;
        let all = pages::audit_count(&hq.reading().conn, &filter)?;
        let actions: Vec<_> =
            ACTIONS.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
        let address = |at: i64| {
            let part = |text: &Option<String>| words::encode(text.as_deref().unwrap_or_default());
            let (who, action, from, to) = (part(&ask.who), part(&ask.action), part(&ask.from), part(&ask.to));
            format!("/console/audit?who={who}&action={action}&from={from}&to={to}&page={at}")
        };
        let body = html! {
            form.filters method="get" action=(Place::Audit.path()) {
                (form::text("who", visit.t("谁", "Who"), ask.who.as_ref()))
                (form::select("action", visit.t("做了什么", "What"), Some(visit.t("全部", "all")), ask.action.as_ref(), &actions))
                (form::date("from", visit.t("从", "From"), ask.from.as_ref()))
                (form::date("to", visit.t("到", "To"), ask.to.as_ref()))
                button.main { (visit.t("筛选", "Filter")) }
            }
            div.bar {
                p { (visit.lang.of(format!("共 {all} 条，只能增加，不能修改。"), format!("{all} entries, which only grow."))) }
                @if filter != AuditFilter::default() { a href=(Place::Audit.path()) { (visit.t("清除筛选", "Clear filters")) } }
            }
            (table(&visit, &rows))
            (page::paging(&visit, at, ROWS, all, &address))
        };
        Ok(page::page(&visit, Place::Audit, visit.t("审计", "Audit"), body))
    })
    .await
}

fn table(visit: &Visit, rows: &[AuditRow]) -> Markup {
    if rows.is_empty() {
        return html! { p.notice { (visit.t("没有符合条件的记录。", "Nothing fits.")) } };
    }
    html! {
        div.scroll { table {
            caption.unseen { (visit.t("审计", "Audit")) }
            thead { tr {
                th scope="col" { (visit.t("时间", "Time")) } th scope="col" { (visit.t("谁", "Who")) }
                th scope="col" { (visit.t("做了什么", "What")) } th scope="col" { (visit.t("细节", "Detail")) }
            } }
            tbody { @for (at, who, code, detail) in rows { tr {
                td.whole { (words::moment(*at)) }
                td { (who) }
                td { span title=(code) { (action(visit.lang, code)) } }
                td.wrap { (detail) }
            } } }
        } }
    }
}
