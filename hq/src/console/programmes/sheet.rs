//! The parts of the editor's form: every field that a version of a programme has.

use domain::household::CATEGORIES;
use domain::time::{Period, parse_weekday};
use maud::{Markup, html};

use super::fields::Form;
use super::words;
use crate::service::programmes::typed::WEEKDAYS;
use crate::service::programmes::{NOBODY, check};

/// What there is to choose from.
pub struct Choices {
    /// Codes of funds.
    pub funds: Vec<String>,
    /// Codes and names of stores.
    pub stores: Vec<(String, String)>,
    /// Groups with the number of products in and below them.
    pub groups: Vec<(String, i64)>,
    /// Products that were found or are named: tagged code and name.
    pub goods: Vec<(String, String)>,
    /// Of them, those that were found by the last search.
    pub found: usize,
}

impl Choices {
    /// A selector in words.
    fn selector(&self, word: &str, form: &Form<'_>) -> String {
        if word == "all" {
            return form.t("所有商品", "all goods").into();
        }
        if let Some(path) = word.strip_prefix("group:") {
            let count = self.groups.iter().find(|(known, _)| known == path).map_or(0, |(_, n)| *n);
            return form.visit.lang.of(format!("分类 {path}（{count} 种）"), format!("group {path} ({count})"));
        }
        match self.goods.iter().find(|(key, _)| key == word) {
            Some((_, name)) => format!("{name} {}", word.split_once(':').map_or(word, |(_, code)| code)),
            None => word.into(),
        }
    }

    /// Groups as a tree, for a choice.
    fn tree(&self, form: &Form<'_>) -> Vec<(String, String)> {
        let all: i64 = self.groups.iter().filter(|(path, _)| !path.contains('/')).map(|(_, n)| n).sum();
        let mut options = vec![("all".to_owned(), format!("{}（{all}）", form.t("所有商品", "all goods")))];
        options.extend(self.groups.iter().map(|(path, count)| {
            let (indent, name) = (path.matches('/').count(), path.rsplit('/').next().unwrap_or(path));
            (format!("group:{path}"), format!("{}{name}（{count}）", "\u{3000}".repeat(indent)))
        }));
        options
    }

    /// What a limit or a ceiling may be about.
    fn matching(&self, form: &Form<'_>, none: Option<&str>) -> Vec<(String, String)> {
        let first = none.map(|text| (String::new(), text.to_owned()));
        let goods = self.goods.iter().map(|(key, _)| (key.clone(), self.selector(key, form)));
        first.into_iter().chain(self.tree(form)).chain(goods).collect()
    }
}

fn units(form: &Form<'_>) -> Vec<(String, String)> {
    [("piece", "件", "piece"), ("kg", "公斤", "kg"), ("jin", "斤（按两倍折成公斤）", "jin (twice as much a kg)")]
        .map(|(code, zh, en)| (code.into(), form.t(zh, en).into()))
        .into()
}

/// Name, fund, dates.
pub fn identity(form: &Form<'_>, choices: &Choices, is_new: bool) -> Markup {
    let mut funds = vec![(String::new(), form.t("没有资金，门店自担", "none: borne by stores").to_owned())];
    funds.extend(choices.funds.iter().map(|code| (code.clone(), code.clone())));
    html! {
        section.card.sheet-form id="identity" {
            h2 { (form.t("项目", "Programme")) }
            @if is_new { (form.text("code", form.t("编号", "Code"), form.t("字母和数字，例如 GRAIN，以后不能改", "letters and digits, as in GRAIN; it stays"))) }
            (form.text("name.zh", form.t("中文名称", "Chinese name"), ""))
            (form.text("name.en", form.t("英文名称", "English name"), ""))
            (form.input("valid_from", form.t("开始", "First day"), "date", form.t("最早从发布的第二天起", "at the earliest the day after it is published")))
            (form.input("valid_to", form.t("结束", "Last day"), "date", ""))
            (form.select("fund", form.t("资金", "Fund"), &funds))
            (form.text("subsidy_share", form.t("资金承担优惠的百分之几", "Percent of the discount that the fund bears"), form.t("其余是门店让利；爱心卡填 100", "the store bears the rest; 100 for a value card")))
            (form.text("priority", form.t("先后（小的先用）", "Order (lower goes first)"), form.t("优惠一样多时，小的先用；一件商品只用一个项目", "among equal discounts the lower; a line takes one programme only")))
        }
    }
}

/// For whom, where, when.
pub fn whom(form: &Form<'_>, choices: &Choices) -> Markup {
    let lang = form.visit.lang;
    let known = |code: &str| choices.stores.iter().any(|(store, _)| store == code);
    let others: Vec<&str> = form.typed.all("stores").into_iter().filter(|code| !known(code)).collect();
    html! {
        section.card id="whom" {
            h2 { (form.t("给谁、在哪里、什么时候", "For whom, where, when")) }
            fieldset { legend { (form.t("类别", "Categories")) }
                @for (code, _) in CATEGORIES { (form.tick("categories", code, &words::category(lang, code))) }
                (form.wrong("categories"))
            }
            div.sheet-form {
                (form.text("categories.other", form.t("其他类别的代码", "Codes of other categories"), form.visit.lang.of(&*format!("用空格分开；{NOBODY} 表示停用，没有人"), &*format!("apart by spaces; {NOBODY} ends the programme"))))
                (form.text("tags", form.t("标签（有其中一个）", "Tags (any of them)"), form.t("不填：都可以", "empty: anyone")))
                (form.text("districts", form.t("行政区划代码的开头", "Beginnings of district codes"), form.t("例如 3708；不填：所有地区", "as in 3708; empty: all districts")))
            }
            fieldset { legend { (form.t("门店（不选：所有门店）", "Stores (none ticked: all)")) }
                @for (code, name) in &choices.stores { (form.tick("stores", code, &format!("{name} {code}"))) }
                @for code in others { (form.tick("stores", code, code)) }
                (form.wrong("stores"))
            }
            fieldset { legend { (form.t("星期（不选：每天）", "Weekdays (none ticked: every day)")) }
                @for day in WEEKDAYS { @if let Ok(known) = parse_weekday(day) { (form.tick("weekdays", day, words::weekday(lang, known))) } }
            }
        }
    }
}

/// Which goods.
pub fn scope(form: &Form<'_>, choices: &Choices) -> Markup {
    let side = |name: &'static str, zh: &'static str, en: &'static str| {
        let table = format!("scope.{name}");
        html! {
            h3 { (form.t(zh, en)) }
            ul.rows { @for row in 0..form.typed.rows(&table) {
                @let field = format!("{table}[{row}]");
                li {
                    input type="hidden" name=(field) value=(form.typed.get(&field));
                    span { (choices.selector(form.typed.get(&field), form)) } " "
                    (form.quiet(&format!("remove {table} {row}"), form.t("去掉", "remove"), "scope"))
                }
            } }
            (form.wrong(&table))
        }
    };
    html! {
        section.card id="scope" {
            h2 { (form.t("哪些商品", "Which goods")) }
            (side("include", "适用", "Included"))
            (side("exclude", "不含", "Excluded"))
            div.sheet-form {
                (form.select("pick.group", form.t("分类（总部目录里的商品数）", "Group (products on headquarters' list)"), &choices.tree(form)))
                p.actions { (form.button("include", form.t("加到适用", "Include it"), "scope")) " " (form.button("exclude", form.t("加到不含", "Exclude it"), "scope")) }
                (form.text("pick.goods", form.t("按名称、条码或编号找商品", "Find goods by name, barcode or PLU"), ""))
                p.actions { (form.button("find", form.t("查找", "Find"), "scope")) }
            }
            @if choices.found > 0 { ul.rows { @for (key, name) in choices.goods.iter().take(choices.found) { li {
                (name) " " code { (key.split_once(':').map_or(key.as_str(), |(_, code)| code)) } " "
                (form.quiet(&format!("include {key}"), form.t("适用", "include"), "scope")) " "
                (form.quiet(&format!("exclude {key}"), form.t("不含", "exclude"), "scope")) " "
                (form.quiet(&format!("try {key}"), form.t("放进示例", "into the example"), "example"))
            } } } }
            @else if form.typed.ticked("pick.goods") { p.notice { (form.t("没有找到。换个词，或者输入完整的条码或编号。", "Nothing found: try another word, or a whole barcode or PLU.")) } }
        }
    }
}

/// What it gives.
pub fn benefit(form: &Form<'_>) -> Markup {
    let shown = check::benefit(form.typed).map(|benefit| words::benefit(form.visit.lang, benefit));
    let one = |code: &str, zh: &'static str, en: &'static str, inputs: Markup| {
        html! {
            div.choice {
                label.tick { input type="radio" name="benefit" value=(code) checked[form.typed.get("benefit") == code]; " " (form.t(zh, en)) }
                div.sheet-form { (inputs) }
            }
        }
    };
    let units = units(form);
    let priced = |name: &str| {
        html! {
            (form.text(&format!("benefit.{name}"), form.t("元", "Yuan"), ""))
            (form.select(&format!("benefit.{name}.unit"), form.t("每", "For each"), &units))
        }
    };
    html! {
        section.card id="benefit" {
            h2 { (form.t("给什么", "What it gives")) @if let Some(words) = shown { " " small { (words) } } }
            (form.wrong("benefit"))
            (one("percent_off", "打折", "Percent off", form.text("benefit.percent_off", form.t("优惠百分之几", "Percent off"), form.t("九二折填 8", "8 takes 8 percent off"))))
            (one("amount_off", "立减", "Amount off", priced("amount_off")))
            (one("fixed_price", "特价", "Special price", priced("fixed_price")))
            (one("purse", "爱心卡，抵货款", "Value card, pays for goods", html! {}))
            h3 { (form.t("起用条件：一次购物里适用商品一共", "Minimum: such goods of one sale together")) }
            div.sheet-form {
                (form.text("minimum.gross", form.t("至少多少元", "At least so many yuan"), form.t("不填：不要求", "empty: none")))
                (form.text("minimum.kinds", form.t("至少几种", "At least so many kinds"), form.t("不填：不要求", "empty: none")))
            }
        }
    }
}

/// Ceilings and the 7-day low.
pub fn ceilings(form: &Form<'_>, choices: &Choices) -> Markup {
    let (goods, units) = (choices.matching(form, None), units(form));
    html! {
        section.card id="ceilings" {
            h2 { (form.t("资金最高看到的价格", "The highest price that the fund looks at")) }
            @for row in 0..form.typed.rows("ceilings") {
                @let name = |field: &str| format!("ceilings[{row}].{field}");
                fieldset { legend { (form.t("最高价", "Ceiling")) " " (row + 1) }
                    div.sheet-form {
                        (form.select(&name("match"), form.t("商品", "Goods"), &goods))
                        (form.text(&name("price"), form.t("元", "Yuan"), ""))
                        (form.select(&name("unit"), form.t("每", "For each"), &units))
                    }
                    (form.quiet(&format!("remove ceilings {row}"), form.t("去掉这一行", "remove this row"), "ceilings"))
                }
            }
            p { (form.button("add ceilings", form.t("加一个最高价", "Add a ceiling"), "ceilings")) }
            (form.tick("lowest_price_7d", "1", form.t("不高于门店最近 7 天的最低价", "no more than the store's lowest price of the last 7 days")))
        }
    }
}

const PERIODS: [&str; 9] = ["sale", "day", "week", "month", "two_months", "quarter", "half_year", "year", "programme"];

/// The limits.
pub fn limits(form: &Form<'_>, choices: &Choices) -> Markup {
    html! {
        section.card id="limits" {
            h2 { (form.t("限额", "Limits")) }
            (form.wrong("limits"))
            @for row in 0..form.typed.rows("limits") { (limit(form, choices, row)) }
            p { (form.button("add limits", form.t("加一个限额", "Add a limit"), "limits")) }
        }
    }
}

fn limit(form: &Form<'_>, choices: &Choices, row: usize) -> Markup {
    let lang = form.visit.lang;
    let periods: Vec<(String, String)> = PERIODS
        .iter()
        .filter_map(|code| Some(((*code).into(), words::each(lang, Period::parse(code).ok()?).into())))
        .collect();
    let kinds: [(String, String); 4] = [
        ("discount", "优惠金额（元）", "yuan of discount"),
        ("discount_by_size", "优惠金额，按家庭人数", "yuan, by size of household"),
        ("quantity", "数量", "quantity"),
        ("quantity_by_size", "数量，按家庭人数", "quantity, by size of household"),
    ]
    .map(|(code, zh, en)| (code.into(), form.t(zh, en).into()));
    let holders: [(String, String); 2] = [("household", "按户", "the household"), ("person", "按人", "the person")]
        .map(|(c, zh, en)| (c.into(), form.t(zh, en).into()));
    let units: Vec<(String, String)> =
        [("piece", "件", "piece"), ("kg", "公斤", "kg")].map(|(c, zh, en)| (c.into(), form.t(zh, en).into())).into();
    let name = |field: &str| format!("limits[{row}].{field}");
    let sizes = format!("limits[{row}].sizes");
    let is_table = form.typed.get(&name("kind")).ends_with("_by_size");
    html! {
        fieldset { legend { (form.t("限额", "Limit")) " " (row + 1) }
            div.sheet-form {
                (form.text(&name("id"), form.t("编号", "Id"), form.t("同一项目里各版本的同一个限额用同一个编号", "the same limit keeps its id in later versions")))
                (form.select(&name("per"), form.t("多久重新计算", "Starts anew"), &periods))
                (form.select(&name("holder"), form.t("谁的", "Whose"), &holders))
                (form.select(&name("match"), form.t("算哪些商品", "Which goods count"), &choices.matching(form, Some(form.t("项目的所有商品", "all of the programme's")))))
                (form.select(&name("kind"), form.t("算什么", "What it counts"), &kinds))
                @if !is_table { (form.text(&name("figure"), form.t("最多", "At most"), form.t("金额或数量", "yuan or quantity"))) }
                (form.select(&name("unit"), form.t("数量的单位", "Unit of a quantity"), &units))
            }
            @if is_table {
                (form.wrong(&sizes))
                @for n in 0..form.typed.rows(&sizes) + 2 {
                    @let field = |part: &str| format!("{sizes}[{n}].{part}");
                    div.inline {
                        (form.text(&field("size"), form.t("几口起", "From so many persons"), ""))
                        (form.text(&field("figure"), form.t("最多", "At most"), ""))
                        (form.wrong(&format!("{sizes}[{n}]")))
                    }
                }
                p { small { (form.t("空行不算；写满后按“检查并计算”会再有空行。小于第一行人数的家庭没有额度。", "Empty rows do not count; “Check and reckon” brings more. Households below the first row get nothing.")) } }
            } @else {
                @for n in 0..form.typed.rows(&sizes) { @for part in ["size", "figure"] {
                    @let field = format!("{sizes}[{n}].{part}");
                    input type="hidden" name=(field) value=(form.typed.get(&field));
                } }
            }
            p {
                (form.tick(&name("each_product"), "1", form.t("每种商品分别计算（只用于每次购物）", "each product by itself (for each sale only)")))
                (form.wrong(&name("each_product")))
            }
            (form.quiet(&format!("remove limits {row}"), form.t("去掉这个限额", "remove this limit"), "limits"))
        }
    }
}

/// What holds without a line.
pub fn offline(form: &Form<'_>) -> Markup {
    html! {
        section.card id="offline" {
            h2 { (form.t("断网时每户最多", "The most for a household without a line")) }
            div.sheet-form {
                (form.text("offline.home", form.t("在常去门店（元）", "At its home store (yuan)"), form.t("都不填：断网时没有这个限制", "both empty: no such bound")))
                (form.text("offline.other", form.t("在其他门店（元）", "Elsewhere (yuan)"), ""))
            }
        }
    }
}
