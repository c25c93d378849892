//! Promotions of a store: what any customer pays less.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use chrono::NaiveDate;
use domain::barcode::Selector;
use domain::json::{Node, Unknown};
use domain::money::Money;
use domain::promotion::Promotion;
use domain::quantity::Percent;
use domain::time::{business_date, parse_date};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::products::changed;
use super::{Chosen, Field, Problems, chosen, done, frame, no_store, of_form, refused};
use crate::console::programmes::selector;
use crate::console::{Answer, Asked, Failure, Shared, Visit, blocking, form as fields, show as render, words};
use crate::service::shop::typed_key;
use crate::service::{Hq, now, shop};
use crate::store::shop::{self as rows, Entry};

/// Path of the page.
const PATH: &str = "/console/shop/promotions";
/// What a promotion does: its field in the document, Chinese, English.
const KINDS: [(&str, &str, &str); 4] = [
    ("unit_price", "特价（每单位售价）", "special price, a unit"),
    ("amount_off", "立减（每单位减多少）", "amount off, a unit"),
    ("percent_off", "打折（减百分之几）", "percent off"),
    ("threshold", "满减", "money off from a sum on"),
];

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    saved: Option<String>,
}

/// A form of the page: `act` is `add` or `stop`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PromotionForm {
    store: String,
    act: String,
    code: String,
    name: String,
    valid_from: String,
    valid_to: String,
    include: String,
    exclude: String,
    kind: String,
    amount: String,
    spend: String,
    repeat: String,
}

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        let today = business_date(now()).to_string();
        let typed = PromotionForm { valid_from: today, kind: KINDS[0].0.into(), ..PromotionForm::default() };
        Ok(list(&hq, &visit, &chosen, ask.saved.as_ref(), &typed, &Vec::new())?)
    })
    .await
}

fn list(
    hq: &Hq,
    visit: &Visit,
    chosen: &Chosen,
    saved: Option<&String>,
    typed: &PromotionForm,
    problems: &Problems,
) -> anyhow::Result<Markup> {
    let store = &chosen.store.code;
    let promotions = rows::of_kind(&hq.reading().conn, store, "promotion")?;
    let today = business_date(now());
    let body = html! {
        (done(visit, saved))
        (refused(visit, problems))
        @if promotions.is_empty() { p.notice { (visit.t("现在没有促销。", "No promotion now.")) } }
        @else { div.scroll { table {
            caption.unseen { (visit.t("促销", "Promotions")) }
            thead { tr {
                th scope="col" { (visit.t("促销", "Promotion")) } th scope="col" { (visit.t("优惠", "Benefit")) } th scope="col" { (visit.t("商品", "Goods")) }
                th scope="col" { (visit.t("日期", "Dates")) } th scope="col" { (visit.t("最后修改", "Last change")) } th scope="col" { (visit.t("操作", "Action")) }
            } }
            tbody { @for entry in &promotions { @let body = document(entry); tr {
                td { (body["name"].as_str().unwrap_or_default()) br; small { (entry.key) } }
                td { (benefit(visit, &body)) }
                td { (goods(visit, &body["scope"])) }
                td { (dates(visit, &body, today)) }
                td { (changed(visit, entry)) }
                td { details {
                    summary { (visit.t("停止", "Stop")) }
                    form.inline method="post" action=(PATH) {
                        input type="hidden" name="store" value=(store);
                        input type="hidden" name="act" value="stop";
                        input type="hidden" name="code" value=(entry.key);
                        button.danger { (visit.t("确定停止", "Stop it now")) }
                    }
                } }
            } } }
        } } }
        (sheet(visit, store, typed, problems))
    };
    Ok(frame(visit, chosen, PATH, body))
}

fn sheet(visit: &Visit, store: &str, p: &PromotionForm, problems: &Problems) -> Markup {
    let kinds: Vec<(String, String)> = KINDS.map(|(code, zh, en)| (code.into(), visit.t(zh, en).into())).into();
    html! {
        form.card.sheet-form method="post" action=(PATH) {
            h2 { (visit.t("添加促销", "Add a promotion")) }
            input type="hidden" name="store" value=(store);
            input type="hidden" name="act" value="add";
            (Field::text("name", visit.t("名称（印在小票上）", "Name, as paper shows it"), &p.name).show(problems))
            (Field::text("valid_from", visit.t("从", "From"), &p.valid_from).kind("date").show(problems))
            (Field::text("valid_to", visit.t("到（含当天）", "To, that day included"), &p.valid_to).kind("date").show(problems))
            (fields::select("kind", visit.t("方式", "What it does"), None, Some(&p.kind), &kinds))
            (Field::text("amount", visit.t("售价、减多少元，或百分比", "Price, yuan off, or percent"), &p.amount).hint(visit.t("满减时填减多少元", "of a sum: the yuan off")).show(problems))
            (Field::text("spend", visit.t("满多少元（只用于满减）", "From what sum on"), &p.spend).show(problems))
            div.field { label { input type="checkbox" name="repeat" value="yes" checked[p.repeat == "yes"]; " " (visit.t("每满一次减一次", "each time anew")) } }
            (Field::text("include", visit.t("哪些商品", "Which goods"), &p.include).hint(visit.t("条码、编号、group:分类 或 all，用逗号分开", "barcodes, PLUs, group:… or all, with commas")).show(problems))
            (Field::text("exclude", visit.t("除了", "Without"), &p.exclude).hint(visit.t("可以不填", "may be empty")).show(problems))
            p.actions { button.main { (visit.t("添加", "Add")) } }
        }
    }
}

fn document(e: &Entry) -> Value {
    e.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

/// What a promotion does, in words.
fn benefit(visit: &Visit, body: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(price) = body["unit_price"].as_str() {
        return visit.lang.of(format!("特价 ¥{price}"), format!("¥{price} a unit"));
    }
    if let Some(off) = body["amount_off"].as_str() {
        return visit.lang.of(format!("每单位减 ¥{off}"), format!("¥{off} off a unit"));
    }
    if let Some(off) = body["percent_off"].as_str() {
        return visit.lang.of(format!("减 {off}%"), format!("{off}% off"));
    }
    let threshold = &body["threshold"];
    if !threshold.is_object() {
        return visit.t("见款台", "as tills show it").into();
    }
    let (spend, off) = (text(&threshold["spend"]), text(&threshold["off"]));
    if threshold["repeat"] == json!(true) {
        visit.lang.of(format!("每满 ¥{spend} 减 ¥{off}"), format!("¥{off} off every ¥{spend}"))
    } else {
        visit.lang.of(format!("满 ¥{spend} 减 ¥{off}"), format!("¥{off} off from ¥{spend} on"))
    }
}

fn goods(visit: &Visit, scope: &Value) -> String {
    let named = |list: &Value| {
        let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        let words =
            texts.map(|text| Selector::parse(text).map_or_else(|_| text.into(), |one| selector(visit.lang, &one)));
        words.collect::<Vec<_>>().join(visit.t("、", ", "))
    };
    let (include, exclude) = (named(&scope["include"]), named(&scope["exclude"]));
    if exclude.is_empty() {
        include
    } else {
        visit.lang.of(format!("{include}；不含 {exclude}"), format!("{include}; without {exclude}"))
    }
}

fn dates(visit: &Visit, body: &Value, today: NaiveDate) -> Markup {
    let date = |name: &str| body[name].as_str().and_then(|text| parse_date(text).ok());
    let (from, to) = (date("valid_from"), date("valid_to"));
    let (class, text) = if to.is_some_and(|to| to < today) {
        ("warn", visit.t("已结束", "over"))
    } else if from.is_some_and(|from| from > today) {
        ("warn", visit.t("还没开始", "not yet"))
    } else {
        ("good", visit.t("进行中", "in force"))
    };
    html! {
        (body["valid_from"].as_str().unwrap_or("–")) " – " (body["valid_to"].as_str().unwrap_or("–"))
        " " span class={ "state " (class) } { (text) }
    }
}

impl PromotionForm {
    /// The document under a code, or what is wrong with which field.
    fn read(&self, visit: &Visit, code: &str) -> Result<Value, Problems> {
        let mut problems = Problems::new();
        let mut wrong = |name, zh, en| problems.push((name, visit.t(zh, en).to_owned()));
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
            wrong("name", "请填写名称，最多 40 个字。", "Enter a name of at most 40 characters.");
        }
        let (from, to) = (parse_date(self.valid_from.trim()), parse_date(self.valid_to.trim()));
        if from.is_err() {
            wrong("valid_from", "请选择开始日期。", "Choose the first day.");
        }
        match (&from, &to) {
            (_, Err(_)) => wrong("valid_to", "请选择结束日期。", "Choose the last day."),
            (Ok(from), Ok(to)) if to < from => {
                wrong("valid_to", "结束日期不能早于开始日期。", "The last day is before the first.");
            }
            _ => {}
        }
        let (include, exclude) = (selectors(&self.include), selectors(&self.exclude));
        if include.as_ref().is_none_or(Vec::is_empty) {
            wrong("include", "请填写条码、编号、group:分类 或 all。", "Enter barcodes, PLUs, group:… or all.");
        }
        if exclude.is_none() {
            wrong("exclude", "请填写条码、编号或 group:分类，或留空。", "Enter barcodes, PLUs or group:…, or nothing.");
        }
        let benefit = self.benefit();
        if let Err((field, zh, en)) = benefit {
            wrong(field, zh, en);
        }
        let (Ok(benefit), true) = (benefit, problems.is_empty()) else { return Err(problems) };
        let mut body = Map::new();
        body.insert(self.kind.clone(), benefit);
        body.extend([
            ("code".into(), json!(code)),
            ("name".into(), json!(name)),
            ("valid_from".into(), json!(from.map(|date| date.to_string()).unwrap_or_default())),
            ("valid_to".into(), json!(to.map(|date| date.to_string()).unwrap_or_default())),
            ("scope".into(), json!({ "include": include, "exclude": exclude })),
        ]);
        // The fields above have their own sentences; what a promotion is, its one reader says.
        let body = Value::Object(body);
        Promotion::read(&Node::root("promotion", &body, Unknown::Refuse))
            .map(|promotion| promotion.document())
            .map_err(|refused| vec![("", refused.to_string())])
    }

    /// What the promotion does, or field and sentences of what is wrong.
    fn benefit(&self) -> Result<Value, (&'static str, &'static str, &'static str)> {
        let amount = ("amount", "请填写金额，例如 2.00，要大于 0。", "Enter an amount above 0, as in 2.00.");
        let above = |text: &str| Money::parse(text.trim()).ok().filter(|money| !money.is_zero());
        match self.kind.as_str() {
            "unit_price" | "amount_off" => above(&self.amount).map(|money| json!(money)).ok_or(amount),
            "percent_off" => {
                let text = self.amount.trim().trim_end_matches('%');
                let fits = Percent::parse(text).is_ok_and(|percent| (1..10_000).contains(&percent.basis_points()));
                let wrong = ("amount", "请填写百分比，例如 10 表示减 10%。", "Enter a percentage, as in 10.");
                if fits { Ok(json!(text)) } else { Err(wrong) }
            }
            "threshold" => {
                let off = above(&self.amount).ok_or(amount)?;
                let spend = above(&self.spend).filter(|spend| off <= *spend);
                let wrong =
                    ("spend", "请填写满多少元，不能小于减的金额。", "Enter a sum that is not below what it takes off.");
                let spend = spend.ok_or(wrong)?;
                Ok(json!({ "spend": spend, "off": off, "repeat": self.repeat == "yes" }))
            }
            _ => Err(("", "请选择方式。", "Choose what it does.")),
        }
    }
}

/// Goods as they are typed: numbers alone are barcodes or PLUs. None: one of them is neither.
fn selectors(text: &str) -> Option<Vec<String>> {
    let parts = text.split([',', '，', '、', ' ', ';', '；']).map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let bare = || typed_key(part).map(Selector::Product);
            Some(match Selector::parse(part).or_else(|_| bare()).ok()? {
                Selector::All => "all".to_owned(),
                Selector::Group(path) => format!("group:{path}"),
                Selector::Product(key) => key.tagged(),
            })
        })
        .collect()
}

/// Adds or stops one, or shows the page again with what was typed.
pub async fn post(State(hq): Shared, visit: Visit, Form(typed): Form<PromotionForm>) -> Answer {
    let kept = blocking(move || {
        let chosen = of_form(&hq, &visit, &typed.store)?;
        match keep(&hq, &visit, &chosen, &typed)? {
            Ok(name) => {
                let (store, name) = (words::encode(&chosen.store.code), words::encode(&name));
                Ok(Ok(format!("{PATH}?store={store}&saved={name}")))
            }
            Err(problems) => Ok(Err(list(&hq, &visit, &chosen, None, &typed, &problems)?)),
        }
    })
    .await?;
    Ok(match kept {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(page) => Html(page.into_string()).into_response(),
    })
}

/// What was changed, by name.
fn keep(
    hq: &Arc<Hq>,
    visit: &Visit,
    chosen: &Chosen,
    typed: &PromotionForm,
) -> Result<Result<String, Problems>, Failure> {
    let store = &chosen.store.code;
    let who = &visit.person.name;
    if typed.act == "stop" {
        let present = rows::find(&hq.reading().conn, store, "promotion", &typed.code)?.filter(|e| e.body.is_some());
        let Some(entry) = present else { return Err(Failure::Missing(Box::new(visit.clone()))) };
        let name = document(&entry)["name"].as_str().unwrap_or(&typed.code).to_owned();
        let put = shop::put(hq, who, store, "promotion", &typed.code, None)?;
        return Ok(put.map(|()| name).map_err(|problem| vec![("", problem)]));
    }
    let code = format!("P{}-{}", business_date(now()).format("%Y%m%d"), sync::random_base32(4));
    let body = match typed.read(visit, &code) {
        Ok(body) => body,
        Err(problems) => return Ok(Err(problems)),
    };
    let put = shop::put(hq, who, store, "promotion", &code, Some(&body))?;
    Ok(put.map(|()| typed.name.trim().to_owned()).map_err(|problem| vec![("", problem)]))
}
