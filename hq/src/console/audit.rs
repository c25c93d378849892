//! Who did what: sign-ins, pages about families, exports, changes.

use axum::extract::State;
use chrono::{NaiveDate, TimeDelta};
use domain::lang::Lang;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use sheets::{Column, Kind, Sheet};

use super::{
    Answer, Asked, Failure, ROWS, Shared, Visit, blocking, export, files, filled, form, page, show as render, words,
};
use crate::service::Hq;
use crate::service::access::{Action, Place, Scope};
use crate::store::audit::{self, Filter, Line};
use crate::store::users;

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
const ACTIONS: [(&str, &str, &str); 91] = [
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
    ("user password", "更换密码", "set a new password"),
    ("user rights", "修改角色和范围", "changed a role or scope"),
    ("user block", "停用人员", "blocked a user"),
    ("user unblock", "恢复人员", "let a user in again"),
    ("second step", "登录第二步", "took the second step"),
    ("second step refused", "第二步被拒", "failed the second step"),
    ("second step set up", "设置第二步", "set up the second step"),
    ("second step removed", "取消第二步", "removed a second step"),
    ("second step required", "修改第二步要求", "changed whether a second step is required"),
    ("recovery codes", "更换备用码", "renewed recovery codes"),
    ("password refused", "密码不对", "typed a wrong password"),
    ("sign-out everywhere", "在所有地方退出", "signed out everywhere"),
    ("export audit", "导出审计", "exported the audit"),
    ("export period", "导出审计期间", "exported a period for an auditor"),
    ("audit chain", "开始审计链", "began the audit's chain"),
    ("lookup", "款台查询外区家庭", "a till looked up a household"),
    ("store add", "添加门店", "added a store"),
    ("roster import", "导入名册", "imported the roster"),
    ("roster key", "更换名册密钥", "renewed a roster key"),
    ("programmes import", "导入项目", "imported programmes"),
    ("programme draft", "写项目草稿", "wrote on a programme's draft"),
    ("programme draft discard", "放弃项目草稿", "gave a programme's draft up"),
    ("programme publish", "发布项目", "published a programme"),
    ("what-if", "试算", "asked a what-if"),
    ("export what-if", "导出试算", "exported a what-if"),
    ("products import", "导入商品", "imported products"),
    ("shop product", "修改商品", "changed a product"),
    ("shop promotion", "修改促销", "changed a promotion"),
    ("shop staff", "修改员工", "changed staff"),
    ("shop setting", "修改门店设置", "changed a store's setting"),
    ("stock received", "登记收货", "entered what was received"),
    ("stock sold", "登记其他销售", "entered other sales"),
    ("stock given", "登记发放", "entered what was handed out"),
    ("stock counted", "登记盘点", "entered a count"),
    ("stock sold file", "导入其他销售", "imported other sales"),
    ("stock strike", "划掉库存登记", "struck a stock entry out"),
    ("stock export", "导出库存", "exported the stock"),
    ("shop report", "导出门店报表", "exported the store's report"),
    ("price plan", "定以后的价格", "set a price to come"),
    ("price take back", "撤回以后的价格", "took a price to come back"),
    ("price comes", "到日子换价", "a price came into force"),
    ("shop import", "导入商品文件", "imported a product file"),
    ("shop export", "导出商品", "exported the products"),
    ("shop labels", "打印价签", "printed shelf labels"),
    ("shop changes", "批量修改商品和员工", "changed many things of a store"),
    ("batch made", "制表", "made a batch"),
    ("batch checked", "复核结算单", "checked a batch"),
    ("batch approved", "审批结算单", "approved a batch"),
    ("batch paid", "付款", "paid a batch"),
    ("batch confirmed", "确认收款", "confirmed a payment"),
    ("batch withdrawn", "撤回结算单", "took a batch back"),
    ("batch invoice", "登记发票号", "noted an invoice"),
    ("payment file", "取付款文件", "fetched a payment file"),
    ("advance paid", "登记预付", "noted an advance"),
    ("payments entered after restore", "恢复后补录付款", "entered payments after a restore"),
    ("settlement rules", "修改结算设置", "changed the rules of settlement"),
    ("export statement", "导出对账表", "exported a statement"),
    ("export batch claims", "导出申报明细", "exported a batch's claims"),
    ("fund", "登记资金", "kept a fund"),
    ("fund source", "登记资金来源", "noted a fund's source"),
    ("fund payers", "设定出资比例", "set a fund's payers"),
    ("fund budget", "设定预算", "set a fund's budget"),
    ("fund release", "放行等待资金的申报", "let waiting claims go"),
    ("payer", "登记出资方", "kept a payer"),
    ("store register", "登记门店资料", "kept a store's register"),
    ("store account asked", "申请修改收款账户", "asked for another account"),
    ("store account confirmed", "确认收款账户", "confirmed an account"),
    ("store account refused", "不同意收款账户", "refused an account"),
    ("store contract", "登记合同", "noted a contract"),
    ("signature", "门店签认", "signed by a store"),
    ("backup", "备份", "made a backup"),
    ("decide claim", "决定申报", "decided on claims"),
    ("dispute claim", "提出申诉", "disputed a claim"),
    ("set sign", "设置可疑迹象", "set a sign of fraud"),
    ("own household", "登记工作人员的家庭", "noted an own household"),
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

impl Ask {
    /// The lines that are asked for, bounded by what the person may see: a scoped one sees what people and
    /// tills within the scope did.
    fn filter(&self, hq: &Hq, visit: &Visit) -> anyhow::Result<Filter> {
        let db = hq.reading();
        let scope = Scope::of(&db.conn, &visit.person)?;
        let within = if scope.is_all() {
            None
        } else {
            let covered = users::all(&db.conn)?.into_iter();
            let covered = covered.filter(|u| scope.covers(u.store.as_deref(), u.district.as_deref()));
            Some((covered.map(|user| user.name).collect(), scope.stores().unwrap_or_default().to_vec()))
        };
        Ok(Filter {
            who: filled(self.who.as_ref()),
            action: filled(self.action.as_ref()),
            from: midnight(filled(self.from.as_ref()), 0),
            before: midnight(filled(self.to.as_ref()), 1),
            within,
        })
    }

    fn address(&self, path: &str, at: i64) -> String {
        let part = |text: &Option<String>| words::encode(text.as_deref().unwrap_or_default());
        let (who, action, from, to) = (part(&self.who), part(&self.action), part(&self.from), part(&self.to));
        format!("{path}?who={who}&action={action}&from={from}&to={to}&page={at}")
    }

    fn is_set(&self) -> bool {
        [&self.who, &self.action, &self.from, &self.to].into_iter().any(|field| filled(field.as_ref()).is_some())
    }
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Audit)?;
    render(move || {
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let filter = ask.filter(&hq, &visit)?;
        let sees_all = filter.within.is_none();
        let db = hq.reading();
        let rows = audit::page(&db.conn, &filter, at * ROWS, ROWS)?;
        let all = audit::count(&db.conn, &filter)?;
        let (last, head) = audit::head(&db.conn)?;
        drop(db);
        let actions: Vec<_> =
            ACTIONS.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
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
                @if ask.is_set() { a href=(Place::Audit.path()) { (visit.t("清除筛选", "Clear filters")) } }
                @if visit.person.role.may_do(Action::ExportAudit) {
                    a.button href=(ask.address("/console/audit.csv", 0)) { (visit.t("导出表格", "Export CSV")) }
                    @if ask.from.is_some() && ask.to.is_some() && sees_all {
                        a.button href=(ask.address("/console/audit/period.ndjson", 0)) { (visit.t("导出记录供核验", "Export records to verify")) }
                    }
                }
            }
            (table(&visit, &rows))
            (page::paging(&visit, at, ROWS, all, &|at| ask.address(Place::Audit.path(), at)))
            @if last > 0 {
                p { small {
                    (visit.lang.of(format!("链到第 {last} 条，校验值"), format!("Chained up to entry {last}, hash"))) " " code { (head) }
                    (visit.t("。抄在别处，以后用 jihui-hq verify 核对，删改都会露出来。", ". Note it elsewhere: jihui-hq verify then shows whether anything was changed or cut off."))
                } }
            }
        };
        Ok(page::page(&visit, Place::Audit, visit.t("审计", "Audit"), body))
    })
    .await
}

/// Most rows of a file.
const MOST: i64 = 200_000;

/// The lines that the same address shows, with their hashes, as a file.
pub async fn export(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Audit)?;
    if !visit.person.role.may_do(Action::ExportAudit) {
        return Err(Failure::Forbidden(Box::new(visit), Place::Audit));
    }
    blocking(move || {
        let filter = ask.filter(&hq, &visit)?;
        let rows = audit::page(&hq.reading().conn, &filter, 0, MOST)?;
        crate::store::audit(&hq.db().conn, &visit.person.name, "export audit", &export::said(rows.len(), &visit))?;
        let head = visit.lang.of(
            ["序号", "时间（毫秒）", "时间", "谁", "做了什么", "细节", "校验值"],
            ["No.", "At (ms)", "At", "Who", "What", "Detail", "Hash"],
        );
        let mut sheet = Sheet::new(head.map(|name| Column::new(name, Kind::Text)));
        for row in rows {
            sheet.rows.push(vec![
                row.id.to_string().into(),
                row.at.to_string().into(),
                words::moment(row.at).into(),
                row.who.into(),
                row.action.into(),
                row.detail.into(),
                row.hash.unwrap_or_default().into(),
            ]);
        }
        Ok(files::sheet("audit.csv", &sheet)?)
    })
    .await
}

/// What a line is about, as words: `store S001 · district 370811`.
fn said(detail: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(detail) else { return detail.to_owned() };
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts = fields.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    parts.map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(" · ")
}

fn table(visit: &Visit, rows: &[Line]) -> Markup {
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
            tbody { @for row in rows { tr {
                td.whole { (words::moment(row.at)) }
                td { (row.who) }
                td { span title=(row.action) { (action(visit.lang, &row.action)) } }
                td.wrap { (said(&row.detail)) }
            } } }
        } }
    }
}
