//! Products and prices of a store.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse as _, Redirect};
use domain::barcode::ProductKey;
use domain::money::Money;
use domain::quantity::Quantity;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Chosen, Field, Problems, chosen, done, frame, no_store, of_form, refused};
use crate::console::{
    Answer, Asked, Failure, ROWS, Shared, Visit, blocking, filled, form as fields, page, show as render, words,
};
use crate::service::shop::{prices, typed_key};
use crate::service::{Hq, shop};
use crate::store::shop::{self as rows, Entry};

/// What the address of the list says.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    store: Option<String>,
    q: Option<String>,
    page: Option<i64>,
    saved: Option<String>,
}

/// The list.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, ask.store.as_deref())? else { return Ok(no_store(&visit)) };
        let (store, text) = (chosen.store.code.clone(), filled(ask.q.as_ref()).unwrap_or_default());
        let at = ask.page.unwrap_or(0).clamp(0, 1_000_000);
        let db = hq.reading();
        let list = rows::products(&db.conn, &store, &text, at * ROWS, ROWS)?;
        let all = rows::products_count(&db.conn, &store, &text)?;
        let lows = list.iter().map(|entry| prices::lowest(&db.conn, &store, &entry.key)).collect::<Result<Vec<_>, _>>()?;
        drop(db);
        let address =
            |at: i64| format!("/console/shop?store={}&q={}&page={at}", words::encode(&store), words::encode(&text));
        let body = html! {
            (done(&visit, ask.saved.as_ref()))
            form.filters method="get" action="/console/shop" {
                input type="hidden" name="store" value=(store);
                (fields::text("q", visit.t("名称、规格或条码", "Name, specification or barcode"), ask.q.as_ref()))
                button.main { (visit.t("查找", "Find")) }
                a.button href={ "/console/shop/product?store=" (words::encode(&store)) } { (visit.t("添加商品", "Add a product")) }
                a.button href={ "/console/shop/labels?store=" (words::encode(&store)) "&q=" (words::encode(&text)) } { (visit.t("打印这些价签", "Labels of these")) }
            }
            (table(&visit, &store, &list, &lows, all))
            (page::paging(&visit, at, ROWS, all, &address))
        };
        Ok(frame(&visit, &chosen, "/console/shop", body))
    })
    .await
}

fn table(visit: &Visit, store: &str, list: &[Entry], lows: &[Option<i64>], all: i64) -> Markup {
    if list.is_empty() {
        return html! { p.notice { (visit.t("没有商品。可以在这里添加，也可以在款台导入商品文件，同步后就会出现。", "No product here: add one, or import a product file at a till and sync.")) } };
    }
    html! {
        div.scroll { table {
            caption { (visit.lang.of(format!("共 {all} 种"), format!("{all} products"))) }
            thead { tr {
                th scope="col" { (visit.t("商品", "Product")) } th scope="col" { (visit.t("规格", "Specification")) }
                th scope="col" { (visit.t("条码或编号", "Barcode or PLU")) } th.number scope="col" { (visit.t("单价", "Price")) } th.number scope="col" { (visit.t("7 天最低", "7-day low")) }
                th scope="col" { (visit.t("分类", "Group")) } th scope="col" { (visit.t("最后修改", "Last change")) }
            } }
            tbody { @for (entry, low) in list.iter().zip(lows) { @let p = ProductForm::of(store, entry); tr {
                td { a href={ "/console/shop/product?store=" (words::encode(store)) "&key=" (words::encode(&entry.key)) } { (p.name) } }
                td { (p.spec) }
                td { code { (p.code) } }
                td.number { "¥" (p.price) " " small { "/ " (per(visit, &p)) } }
                td.number { (low.map(words::yuan).unwrap_or_default()) }
                td { (p.group) }
                td { (changed(visit, entry)) }
            } } }
        } }
    }
}

/// What the price is for.
fn per(visit: &Visit, p: &ProductForm) -> String {
    match (p.unit_name.as_str(), p.unit.as_str()) {
        ("", "kg") => visit.t("公斤", "kg").into(),
        ("", "jin") => visit.t("斤", "jin").into(),
        ("", _) => visit.t("件", "piece").into(),
        (name, _) => name.into(),
    }
}

/// When, by whom and where a thing was entered.
pub fn changed(visit: &Visit, e: &Entry) -> Markup {
    let at = domain::time::parse_rfc3339(&e.at).map(|at| words::moment(at.timestamp_millis())).unwrap_or_default();
    let place = e.till.as_ref().map(|till| visit.lang.of(format!("{till} 号款台"), format!("till {till}")));
    // What no person entered by name at a till: a file or the first set-up, or what the till had before.
    let by = match (e.by.as_str(), &e.till) {
        ("setup", Some(_)) => visit.t("导入或设置", "file or set-up"),
        ("till", Some(_)) => visit.t("款台原有", "the till had it"),
        (name, _) => name,
    };
    html! { (at) " " small { (by) " · " (place.as_deref().unwrap_or(visit.t("总部", "headquarters"))) } }
}

/// What the address of the form says.
#[derive(Debug, Default, Deserialize)]
pub struct One {
    store: Option<String>,
    key: Option<String>,
}

/// The form: of a product, or for a new one.
pub async fn form(State(hq): Shared, visit: Visit, Asked(one): Asked<One>) -> Answer {
    render(move || {
        let Some(chosen) = chosen(&hq, &visit, one.store.as_deref())? else { return Ok(no_store(&visit)) };
        let store = chosen.store.code.clone();
        let typed = match filled(one.key.as_ref()) {
            None => ProductForm { store, unit: "piece".into(), ..ProductForm::default() },
            Some(key) => match rows::find(&hq.reading().conn, &store, "product", &key)?.filter(|e| e.body.is_some()) {
                Some(entry) => ProductForm::of(&store, &entry),
                None => return Err(Failure::Missing(Box::new(visit))),
            },
        };
        Ok(sheet(&visit, &chosen, &typed, &Vec::new()))
    })
    .await
}

/// A product as it is typed. `key`: of the product that is changed; empty for a new one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProductForm {
    store: String,
    key: String,
    code: String,
    name: String,
    spec: String,
    unit_name: String,
    unit: String,
    content_kg: String,
    group: String,
    price: String,
    tax_rate: String,
}

impl ProductForm {
    fn of(store: &str, e: &Entry) -> Self {
        let body: Value = e.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            store: store.into(),
            key: e.key.clone(),
            code: e.key.split_once(':').map(|(_, code)| code.to_owned()).unwrap_or_default(),
            name: text("name"),
            spec: text("spec"),
            unit_name: text("unit_name"),
            unit: text("unit"),
            content_kg: text("content_kg"),
            group: text("group"),
            price: text("price"),
            tax_rate: text("tax_rate"),
        }
    }

    /// Key and body, or what is wrong with which field.
    fn read(&self, visit: &Visit) -> Result<(String, Value), Problems> {
        let mut problems = Problems::new();
        let mut wrong = |name, zh, en| problems.push((name, visit.t(zh, en).to_owned()));
        let typed = self.code.trim();
        let key = if self.key.is_empty() { typed_key(typed) } else { ProductKey::parse_tagged(&self.key) };
        if key.is_err() {
            wrong(
                "code",
                "条码的校验位不对，或者不是 PLU 编号，请核对。",
                "This is neither a barcode with a right check digit nor a PLU.",
            );
        }
        for (name, text) in [("name", &self.name), ("spec", &self.spec), ("unit_name", &self.unit_name)] {
            if text.chars().count() > 200 || text.chars().any(char::is_control) {
                wrong(name, "最多 200 个字。", "At most 200 characters.");
            }
        }
        if self.name.trim().is_empty() {
            wrong("name", "请填写名称。", "Enter a name.");
        }
        let price = Money::parse(self.price.trim());
        if price.is_err() {
            wrong("price", "请填写金额，例如 19.90。", "Enter an amount, as in 19.90.");
        }
        let content = Some(self.content_kg.trim()).filter(|text| !text.is_empty()).map(Quantity::parse);
        if content.as_ref().is_some_and(|q| q.as_ref().map_or(true, |q| q.milli() == 0)) {
            wrong(
                "content_kg",
                "请填写公斤数，例如 5 或 0.5，没有就留空。",
                "Enter kilograms, as in 5 or 0.5, or nothing.",
            );
        }
        if domain::id::group_path(self.group.trim()).is_err() {
            wrong("group", "分类用字母、数字和斜线，例如 food/grain/rice。", "A group is as in food/grain/rice.");
        }
        let (Ok(key), Ok(price), true) = (key, price, problems.is_empty()) else { return Err(problems) };
        let content = content.and_then(Result::ok);
        let body = json!({
            "name": self.name.trim(), "spec": self.spec.trim(), "unit_name": self.unit_name.trim(),
            "unit": self.unit, "content_kg": content, "group": self.group.trim(), "price": price,
            "tax_rate": self.tax_rate.trim(),
        });
        Ok((key.tagged(), body))
    }
}

fn sheet(visit: &Visit, chosen: &Chosen, p: &ProductForm, problems: &Problems) -> Markup {
    let is_new = p.key.is_empty();
    let units: Vec<(String, String)> = [("piece", "件", "piece"), ("kg", "公斤", "kg"), ("jin", "斤", "jin (500 g)")]
        .map(|(code, zh, en)| (code.into(), visit.t(zh, en).into()))
        .into();
    let body = html! {
        (refused(visit, problems))
        form.card.sheet-form method="post" action="/console/shop/product" {
            h2 { @if is_new { (visit.t("添加商品", "Add a product")) } @else { (visit.t("修改商品", "Change a product")) " " code { (p.code) } } }
            input type="hidden" name="store" value=(chosen.store.code);
            input type="hidden" name="key" value=(p.key);
            @if is_new {
                (Field::text("code", visit.t("条码或 PLU 编号", "Barcode or PLU"), &p.code).show(problems))
            } @else {
                input type="hidden" name="code" value=(p.code);
            }
            (Field::text("name", visit.t("名称", "Name"), &p.name).show(problems))
            (Field::text("price", visit.t("单价（元）", "Price (yuan)"), &p.price).show(problems))
            (Field::text("spec", visit.t("规格", "Specification"), &p.spec).hint(visit.t("例如 5kg", "as in 5kg")).show(problems))
            (fields::select("unit", visit.t("计价单位", "Priced by"), None, Some(&p.unit), &units))
            (Field::text("unit_name", visit.t("单位名称", "Name of the unit"), &p.unit_name).hint(visit.t("例如 袋、瓶", "as in bag, bottle")).show(problems))
            (Field::text("content_kg", visit.t("每件公斤数", "Kilograms in a piece"), &p.content_kg).show(problems))
            (Field::text("group", visit.t("分类", "Group"), &p.group).hint("food/grain/rice").show(problems))
            (Field::text("tax_rate", visit.t("税率", "Tax rate"), &p.tax_rate).hint(visit.t("例如 0.09", "as in 0.09")).show(problems))
            p.actions {
                button.main { (visit.t("保存", "Save")) } " "
                @if !is_new { a.button href={ "/console/shop/prices?store=" (words::encode(&chosen.store.code)) "&code=" (words::encode(&p.code)) } { (visit.t("定以后的价格", "Set a price to come")) } " " }
                a.button href={ "/console/shop?store=" (words::encode(&chosen.store.code)) } { (visit.t("返回", "Back")) }
            }
        }
    };
    frame(visit, chosen, "/console/shop", body)
}

/// Saves the form, or shows it again with what was typed.
pub async fn save(State(hq): Shared, visit: Visit, Form(typed): Form<ProductForm>) -> Answer {
    let saved = blocking(move || keep(&hq, &visit, &typed)).await?;
    Ok(match saved {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(sheet) => Html(sheet.into_string()).into_response(),
    })
}

fn keep(hq: &Arc<Hq>, visit: &Visit, typed: &ProductForm) -> Result<Result<String, Markup>, Failure> {
    let chosen = of_form(hq, visit, &typed.store)?;
    let again = |problems: Problems| Ok(Err(sheet(visit, &chosen, typed, &problems)));
    let (key, body) = match typed.read(visit) {
        Ok(read) => read,
        Err(problems) => return again(problems),
    };
    let store = &chosen.store.code;
    let present = rows::find(&hq.reading().conn, store, "product", &key)?.filter(|e| e.body.is_some());
    if typed.key.is_empty() && present.is_some() {
        let text = visit.t(
            "这个商品已经有了，请在列表里查找后修改。",
            "There is this product already: find it in the list and change it.",
        );
        return again(vec![("code", text.into())]);
    }
    if let Err(problem) = shop::put(hq, &visit.person.name, store, "product", &key, Some(&body))? {
        return again(vec![("", problem)]);
    }
    let saved = words::encode(typed.name.trim());
    Ok(Ok(format!("/console/shop?store={}&saved={saved}", words::encode(store))))
}
