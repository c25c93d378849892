//! What is wrong with typed fields, by field and in words. The judge is the document's own reader in
//! `domain`: here stands only which field it means, and how to say it.

use domain::json::{Node, Refused, Unknown};
use domain::programme::{Benefit, Programme, consistent};
use serde_json::{Map, Value, json};

use super::typed::Typed;

/// What is wrong with one field, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field; empty: the whole.
    pub field: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Problem {
    /// A problem of a field.
    pub fn new(field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.into(), zh: zh.into(), en: en.into() }
    }
}

/// Lists of which each item is read by itself.
const LISTS: [&str; 2] = ["limits", "ceilings"];

/// The programme that the fields make beside the published versions of its code, or all that is wrong.
pub fn check(typed: &Typed, version: u32, others: &[Programme]) -> Result<(Programme, Value), Vec<Problem>> {
    let document = typed.document(version);
    let mut refused = parts(&document);
    if refused.is_empty() {
        match read(&document) {
            Ok(programme) => match others.iter().try_for_each(|other| consistent(other, &programme)) {
                Ok(()) => return Ok((programme, document)),
                Err(problem) => refused.push(changed_limit(&programme, problem)),
            },
            Err(one) => refused.push(one),
        }
    }
    Err(refused.iter().map(|one| said(typed, one)).collect())
}

/// What the fields give, where that much is sound.
pub fn benefit(typed: &Typed) -> Option<Benefit> {
    let mut whole = sound();
    whole["benefit"] = typed.document(1)["benefit"].clone();
    // A value card needs a fund that bears all of it.
    whole["subsidy_share"] = if typed.get("benefit") == "purse" { "100" } else { "0" }.into();
    read(&whole).ok().map(|p| p.benefit)
}

fn read(document: &Value) -> Result<Programme, Refused> {
    Programme::read(&Node::root("programme", document, Unknown::Refuse))
}

/// A document that nothing is wrong with.
fn sound() -> Value {
    json!({
        "code": "x", "version": 1, "name": {"zh": "", "en": ""}, "fund": "x", "valid_from": "0001-01-01",
        "valid_to": "9999-12-31", "categories": ["x"], "scope": {"include": ["all"]}, "benefit": {"percent_off": "1"},
        "subsidy_share": "0", "priority": 0,
    })
}

/// The reader stops at the first thing that is wrong. Each part is therefore read beside a sound
/// rest, so that a person hears of all at once.
fn parts(document: &Value) -> Vec<Refused> {
    let mut refused = Vec::new();
    let mut probe = |name: &str, value: Value, row: Option<usize>| {
        let mut whole = sound();
        whole[name] = value;
        let place = format!("programme.{name}");
        // What concerns two parts is said of the whole, below.
        if let Err(mut one) = read(&whole)
            && (one.place == place
                || one.place.starts_with(&format!("{place}."))
                || one.place.starts_with(&format!("{place}[")))
        {
            if let Some(row) = row {
                one.place = one.place.replacen("[0]", &format!("[{row}]"), 1);
            }
            refused.push(one);
        }
    };
    for (name, value) in document.as_object().into_iter().flatten() {
        match value.as_array().filter(|_| LISTS.contains(&name.as_str())) {
            Some(items) => {
                items.iter().enumerate().for_each(|(row, item)| probe(name, json!([item]), Some(row)));
            }
            None if ["scope", "minimum", "offline"].contains(&name.as_str()) => {
                each_field(name, value, &mut probe);
            }
            None => probe(name, value.clone(), None),
        }
    }
    refused
}

/// The fields of an object one by one, beside sound others.
fn each_field(name: &str, value: &Value, probe: &mut dyn FnMut(&str, Value, Option<usize>)) {
    for (field, inner) in value.as_object().into_iter().flatten() {
        let mut object: Map<String, Value> = match name {
            "scope" => [("include".into(), json!(["all"]))].into_iter().collect(),
            "offline" => ["home", "other"].map(|side| (side.into(), json!("0"))).into_iter().collect(),
            _ => Map::new(),
        };
        object.insert(field.clone(), inner.clone());
        probe(name, object.into(), None);
    }
}

/// The limit that another version knows otherwise.
fn changed_limit(p: &Programme, problem: String) -> Refused {
    let row = p.limits.iter().position(|limit| problem.contains(&format!("limit `{}` ", limit.id)));
    Refused { place: row.map_or("programme".into(), |row| format!("programme.limits[{row}].id")), problem }
}

/// The field that a place in the document stands for.
pub fn field(typed: &Typed, place: &str) -> String {
    let place = place.strip_prefix("programme").unwrap_or(place).trim_start_matches('.');
    let head = place.split(['.', '[']).next().unwrap_or_default();
    match head {
        "" => "benefit".into(),
        "categories" | "tags" | "districts" | "stores" | "weekdays" => head.into(),
        "benefit" if place == "benefit.unit" => format!("benefit.{}.unit", typed.get("benefit")),
        "limits" => limit_field(typed, place),
        "scope" if place.starts_with("scope.include") || place.starts_with("scope.exclude") => {
            place.split('[').next().unwrap_or(place).into()
        }
        _ => place.into(),
    }
}

fn limit_field(typed: &Typed, place: &str) -> String {
    let Some((row, rest)) = place.split_once(']') else { return place.into() };
    let Some((kind, size)) = rest.trim_start_matches('.').split_once('.') else {
        return match rest {
            ".discount" | ".quantity" => format!("{row}].figure"),
            ".discount_by_size" | ".quantity_by_size" => format!("{row}].sizes"),
            "" => format!("{row}].kind"),
            rest => format!("{row}]{rest}"),
        };
    };
    let limit = row.trim_start_matches("limits[").parse().unwrap_or(0);
    let at = typed.sizes(limit).into_iter().find(|(_, known, _)| known == size).map(|(at, ..)| at);
    match at.filter(|_| kind.ends_with("_by_size")) {
        Some(at) => format!("{row}].sizes[{at}]"),
        None => format!("{row}]{rest}"),
    }
}

fn said(typed: &Typed, refused: &Refused) -> Problem {
    let (zh, en) = words(&refused.problem);
    Problem { field: field(typed, &refused.place), zh, en }
}

/// Parts of the reader's sentences, and how the console says them; `{}` is what was typed.
const WORDS: &[(&str, &str, &str)] = &[
    ("`` is not a plain number", "请填写数字。", "Fill in a number."),
    ("is not a plain number", "“{}”不是数字，请写成 12 或 12.50。", "“{}” is not a number: write 12 or 12.50."),
    (
        "decimals",
        "“{}”的小数位太多：金额和百分比最多两位，数量最多三位。",
        "“{}” has too many decimals: amounts and percents have two, quantities three.",
    ),
    ("is above", "“{}”太大了。", "“{}” is too much."),
    ("`` is not an identifier", "请填写。", "Fill this in."),
    (
        "is not an identifier",
        "“{}”不能用，只能用字母、数字和 _ - .。",
        "“{}” will not do: letters, digits, _, - and . only.",
    ),
    ("`` is not a date", "请选择日期。", "Choose a date."),
    ("is not a date", "“{}”不是日期，请写成 2026-11-24。", "“{}” is not a date: write 2026-11-24."),
    ("is not a weekday", "请选择星期。", "Choose a weekday."),
    ("is not a period", "请选择多久重新计算。", "Choose how often it starts anew."),
    ("is not a unit", "请选择件、公斤或斤。", "Choose piece, kg or jin."),
    ("is not a holder", "请选择按户或按人。", "Choose household or person."),
    ("is not a selector", "请选择商品或分类。", "Choose goods or a group."),
    ("is not a barcode", "“{}”不是条码。", "“{}” is not a barcode."),
    ("check digit", "条码“{}”的校验位不对，请核对。", "The check digit of barcode “{}” is wrong."),
    ("is not a group", "“{}”不是分类。", "“{}” is not a group."),
    ("must not be empty", "至少要有一项。", "At least one is needed."),
    ("from 0 on", "请填写不小于 0 的整数。", "Fill in a whole number from 0 on."),
    ("whole number", "请填写整数。", "Fill in a whole number."),
    ("is after `valid_to`", "开始日期不能晚于结束日期。", "The first day cannot be after the last."),
    ("may be null only", "资金承担的比例大于 0，请选择资金。", "A fund bears a share: choose which."),
    ("stands twice", "“{}”出现了两次。", "“{}” stands twice."),
    ("must be 100 for a purse", "爱心卡由资金全部承担，请填 100。", "A fund bears all of a value card: fill in 100."),
    (
        "a purse has no",
        "爱心卡不能有最高限价、数量限额和 7 天最低价。",
        "A value card has no ceiling prices, quantity limits or 7-day low.",
    ),
    ("must have exactly one of", "请选择一种。", "Choose one."),
    ("must be above 0", "请填写大于 0 的数。", "Fill in more than 0."),
    ("whole for pieces", "按件卖的数量要是整数。", "Pieces are whole."),
    ("must be a household size", "家庭人数请填整数。", "A household's size is a whole number."),
    ("not a limit's id", "“offline”另有用途，请换一个编号。", "“offline” means something else: choose another id."),
    (
        "counts only per sale",
        "“每种商品分别计算”只能用于每次购物的限额。",
        "Each product by itself counts only for each sale.",
    ),
];

/// The reader's sentence in both languages.
pub fn words(problem: &str) -> (String, String) {
    if problem.contains("changes its period") {
        let id = quoted(problem);
        return (
            format!("限额“{id}”在以前的版本里有了，它的周期、种类、单位和按户按人不能改；要改就换一个编号。"),
            format!(
                "Limit “{id}” is in an earlier version: its period, kind, unit and holder stay. Give a changed one another id."
            ),
        );
    }
    match WORDS.iter().find(|(part, ..)| problem.contains(part)) {
        Some((_, zh, en)) => (zh.replace("{}", quoted(problem)), en.replace("{}", quoted(problem))),
        None => (format!("这一项不能用：{problem}"), format!("This will not do: {problem}")),
    }
}

/// What stands between the first pair of backticks; else the size that stands twice.
fn quoted(problem: &str) -> &str {
    let mut parts = problem.split('`');
    let (_, inner) = (parts.next(), parts.next());
    inner.unwrap_or_else(|| problem.split_whitespace().nth(1).unwrap_or_default())
}
