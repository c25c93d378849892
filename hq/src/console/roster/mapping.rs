//! What a bureau's columns and words mean: said once, kept under its name.

use std::collections::BTreeMap;

use axum::extract::{Form, State};
use domain::household::CATEGORIES;
use maud::{Markup, html};

use super::{Answer, Failure, Shared, Visit, after, blocking, columns, fields, frame, render};
use crate::console::At;
use crate::console::households::{RELATIONS, STATUSES};
use crate::service::access::{Action, Place};
use crate::service::roster::imports::{self, Seen};
use crate::service::roster::mapping::{COLUMNS, Mapping};
use crate::store::roster as rows;

/// The page.
pub async fn show(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::Roster)?;
    render(move || {
        let Some(import) = imports::visible(&hq, &visit.person, id)? else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let mapping: Mapping = serde_json::from_str(&import.mapping).unwrap_or_default();
        let seen: Vec<Seen> = serde_json::from_str(&import.columns).unwrap_or_default();
        let saved = rows::mappings(&hq.reading().conn)?;
        let body = form(&visit, id, &mapping, &seen, &saved);
        Ok(frame(&visit, "/console/roster", visit.t("列的对照", "Mapping of columns"), body))
    })
    .await
}

fn form(visit: &Visit, id: i64, mapping: &Mapping, seen: &[Seen], saved: &[(String, String)]) -> Markup {
    let ours: Vec<(String, String)> =
        COLUMNS.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
    let lacks = mapping.lacks(visit.lang);
    let of = saved.iter().find(|(_, body)| *body == serde_json::to_string(mapping).unwrap_or_default());
    html! {
        p { a href={ "/console/roster/imports/" (id) } { (visit.t("回到这次导入", "Back to the import")) } }
        @if !lacks.is_empty() { p.notice.warn { (visit.t("还缺：", "Still lacking: ")) (lacks.join("、")) "。" } }
        form.card method="post" action={ "/console/roster/imports/" (id) "/mapping" } {
            h2 { (visit.t("文件里的列", "Columns of the file")) }
            div.sheet-form { @for (n, column) in seen.iter().enumerate() {
                div {
                    input type="hidden" name={ "n" (n) } value=(column.name);
                    (fields::select(&format!("c{n}"), &column.name, Some(visit.t("不用这一列", "not used")), mapping.columns.get(&column.name), &ours))
                }
            } }
            (words_of(visit, mapping, seen))
            h2 { (visit.t("文件里没有写的", "What the file does not say")) }
            div.sheet-form {
                (fields::select("f.category", visit.t("全部是这一类", "All are of this category"), Some(visit.t("文件里有", "the file says it")), mapping.fixed.get("category"), &categories(visit)))
                (fields::text("f.district", visit.t("全部在这个地区（代码）", "All are in this district (code)"), mapping.fixed.get("district")))
                (fields::select("f.status", visit.t("全部是这个状态", "All have this status"), Some(visit.t("文件里有", "the file says it")), mapping.fixed.get("status"), &statuses(visit)))
                (fields::date("f.valid_from", visit.t("全部从这天起", "All from this day"), mapping.fixed.get("valid_from")))
                div.field { label { input type="checkbox" name="by_name" value="yes" checked[mapping.by_name]; " " (visit.t("户号是民政局长期不变的号（不勾：按低保证号，再按户主认户）", "the household column never changes (else households are known by certificate, then by head)")) } }
                (fields::text("save_as", visit.t("保存为（例如 惠民区民政局）", "Keep as (such as the bureau's name)"), of.map(|(name, _)| name)))
            }
            p { button.main { (visit.t("保存并重新读取", "Save and read again")) } }
        }
    }
}

fn categories(visit: &Visit) -> Vec<(String, String)> {
    CATEGORIES.iter().map(|(code, _)| ((*code).into(), domain::words::category(visit.lang, code))).collect()
}

fn statuses(visit: &Visit) -> Vec<(String, String)> {
    STATUSES.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect()
}

/// Words of the columns that mean one of a few.
fn words_of(visit: &Visit, mapping: &Mapping, seen: &[Seen]) -> Markup {
    let relations: Vec<(String, String)> =
        RELATIONS.iter().map(|(code, zh, en)| ((*code).into(), visit.lang.of(*zh, *en).into())).collect();
    let truths = vec![("true".into(), visit.t("是", "yes").into()), ("false".into(), visit.t("否", "no").into())];
    let columns = seen.iter().filter(|column| !column.words.is_empty());
    html! { @for column in columns {
        @if let Some(ours) = mapping.columns.get(&column.name) {
            @let options = match ours.as_str() {
                "category" => categories(visit),
                "status" => statuses(visit),
                "relation" => relations.clone(),
                _ => truths.clone(),
            };
            h2 { (columns::word(visit.lang, ours)) " · " (visit.t("文件里的写法", "as the file writes it")) }
            div.sheet-form { @for (n, word) in column.words.iter().enumerate() {
                @let meant = meant(mapping, ours, word);
                div {
                    input type="hidden" name={ "w." (ours) "." (n) } value=(word);
                    (fields::select(&format!("v.{ours}.{n}"), word, Some(visit.t("请选", "choose")), meant.as_ref(), &options))
                }
            } }
        }
    } }
}

/// What a word means already.
fn meant(mapping: &Mapping, ours: &str, word: &str) -> Option<String> {
    let text = mapping.word(ours, word);
    match ours {
        "category" => domain::household::parse_category(text).ok(),
        "status" => domain::household::Status::parse(text).ok().map(|status| status.word().into()),
        _ => Some(text.to_owned()),
    }
}

/// Keeps it, and reads the file anew.
pub async fn post(State(hq): Shared, visit: Visit, At(id): At<i64>, Form(form): Form<Vec<(String, String)>>) -> Answer {
    visit.must(Place::Roster)?;
    let who = visit.person.clone();
    let desk = std::sync::Arc::clone(&hq);
    let done = blocking(move || {
        let (mapping, save_as) = read(&form);
        Ok(imports::map(&desk, &who, id, &mapping, &save_as)?)
    })
    .await?;
    if done.is_ok() {
        imports::begin(&hq, id);
    }
    debug_assert!(done.is_err() || visit.person.role.may_do(Action::ImportRoster));
    Ok(after(&visit, done, &format!("/console/roster/imports/{id}")))
}

fn read(form: &[(String, String)]) -> (Mapping, String) {
    let fields: BTreeMap<&str, &str> = form.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
    let mut mapping = Mapping { by_name: fields.get("by_name") == Some(&"yes"), ..Mapping::default() };
    for (name, value) in &fields {
        if let Some(theirs) = name.strip_prefix('c').and_then(|n| fields.get(format!("n{n}").as_str())) {
            let is_ours = COLUMNS.iter().any(|(code, _, _)| code == value);
            if is_ours && mapping.theirs(value).is_none() {
                mapping.columns.insert((*theirs).to_owned(), (*value).to_owned());
            }
        } else if let Some(rest) = name.strip_prefix("w.") {
            let meant = fields.get(format!("v.{rest}").as_str()).filter(|meant| !meant.is_empty());
            if let (Some((ours, _)), Some(meant)) = (rest.rsplit_once('.'), meant) {
                mapping.words.entry(ours.to_owned()).or_default().insert((*value).to_owned(), (*meant).to_owned());
            }
        } else if let Some(ours) = name.strip_prefix("f.").filter(|_| !value.is_empty()) {
            mapping.fixed.insert(ours.to_owned(), (*value).to_owned());
        }
    }
    (mapping, fields.get("save_as").copied().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_form_becomes_a_mapping() {
        let form = [
            ("n0", "证件"),
            ("c0", "id_number"),
            ("n1", "备注"),
            ("c1", ""),
            ("n2", "类型"),
            ("c2", "category"),
            ("n3", "又一列"),
            ("c3", "category"),
            ("w.category.0", "城镇"),
            ("v.category.0", "urban_dibao"),
            ("w.category.1", "别的"),
            ("v.category.1", ""),
            ("f.district", "370811"),
            ("f.status", ""),
            ("save_as", " 市局 "),
        ];
        let form: Vec<_> = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (mapping, name) = super::read(&form);
        assert_eq!(name, "市局");
        assert_eq!((mapping.theirs("id_number"), mapping.theirs("category")), (Some("证件"), Some("类型")));
        assert_eq!((mapping.word("category", "城镇"), mapping.word("category", "别的")), ("urban_dibao", "别的"));
        assert_eq!(mapping.fixed.len(), 1);
        assert!(mapping.columns.len() == 2 && !mapping.by_name);
    }
}
