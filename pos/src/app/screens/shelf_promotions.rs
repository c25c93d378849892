//! The store's promotions: what any customer pays less, from when to when.

use chrono::{Days, NaiveDate};
use domain::barcode::Selector;
use domain::lang::Lang;
use domain::money::Money;
use domain::product::Product;
use domain::promotion::{Kind, Promotion};
use domain::quantity::Percent;
use domain::time::{business_date, parse_date};
use eframe::egui::{ScrollArea, Ui};

use super::shelf::{self, Act, Sheet, Shelf, Wrong};
use super::shelf_form::{self, Cell, Form, Row};
use super::shelf_goods::groups;
use crate::app::theme::size;
use crate::app::widgets::{Look, Press, label, pair, scroll, title};
use crate::app::{Scene, words};
use crate::counter::{Books, ShelfChange};

/// What a promotion does: word, and both languages.
const KINDS: [(&str, &str, &str); 4] = [
    ("price", "特价", "special price"),
    ("off", "立减", "yuan off each"),
    ("percent", "折扣", "percent off"),
    ("threshold", "满减", "yuan off a sum"),
];
/// Days that a promotion may have after its first, by one key.
const LENGTHS: [u64; 3] = [7, 14, 30];
/// Longest name.
const MOST_NAME: usize = 40;

/// The list; what runs comes first, what is over last.
pub fn list(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf) {
    let today = business_date(scene.snap.now());
    let mut all: Vec<&Promotion> = shelf.books.promotions.iter().collect();
    all.sort_by_key(|p| (p.valid.1 < today, p.valid.0 > today, p.valid.1));
    let mut choice = shelf.choice;
    let mut picked = shelf::chosen(scene, &mut choice, all.len());
    if all.is_empty() {
        let text = scene.t("还没有促销。特价、立减、折扣、满减都在这里加。", "No promotion yet. They are added here.");
        label(ui, text, size::LINE, scene.p.weak);
    }
    scroll(ui, "shelf promotions", ScrollArea::vertical().max_height(shelf::room(ui)), |ui| {
        for (i, promotion) in all.iter().enumerate() {
            let look = if i == choice { Look::Chosen } else { Look::Plain };
            let text = format!("{}   {}", promotion.name, what(scene.lang, promotion.kind));
            let below = format!(
                "{} – {}   {}   {}",
                promotion.valid.0,
                promotion.valid.1,
                standing(scene.lang, promotion, today),
                goods(scene.lang, &shelf.books, promotion)
            );
            let press = Press::new(&text).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0);
            if press.response(ui).accessible_name(format!("{text} {below}")).clicked() {
                picked = Some(i);
            }
        }
    });
    shelf.choice = choice;
    if let Some(promotion) = picked.and_then(|i| all.get(i)) {
        shelf.sheet = Some(Sheet::Stop((*promotion).clone()));
    }
}

/// What it does, in words.
pub fn what(lang: Lang, kind: Kind) -> String {
    match kind {
        Kind::UnitPrice(price) => {
            lang.of(format!("特价 {}", words::yuan(price)), format!("{} each", words::yuan(price)))
        }
        Kind::AmountOff(off) => lang.of(format!("立减 {}", words::yuan(off)), format!("{} off each", words::yuan(off))),
        Kind::PercentOff(percent) => words::benefit(lang, domain::programme::Benefit::PercentOff(percent)),
        Kind::Threshold { spend, off, repeat } => {
            let (spend, off) = (words::yuan(spend), words::yuan(off));
            match (lang, repeat) {
                (Lang::Zh, true) => format!("每满 {spend} 减 {off}"),
                (Lang::Zh, false) => format!("满 {spend} 减 {off}"),
                (Lang::En, true) => format!("{off} off every {spend}"),
                (Lang::En, false) => format!("{off} off from {spend} on"),
            }
        }
    }
}

fn word(lang: Lang, kind: Kind) -> &'static str {
    let [price, off, percent, threshold] = KINDS.map(|(_, zh, en)| lang.of(zh, en));
    match kind {
        Kind::UnitPrice(_) => price,
        Kind::AmountOff(_) => off,
        Kind::PercentOff(_) => percent,
        Kind::Threshold { .. } => threshold,
    }
}

fn standing(lang: Lang, promotion: &Promotion, today: NaiveDate) -> &'static str {
    if promotion.valid.1 < today {
        lang.of("已结束", "over")
    } else if promotion.valid.0 > today {
        lang.of("还没开始", "coming")
    } else {
        lang.of("进行中", "running")
    }
}

fn goods(lang: Lang, books: &Books, promotion: &Promotion) -> String {
    let one = |selector: &Selector| match selector {
        Selector::All => lang.of("所有商品", "all goods").to_owned(),
        Selector::Group(path) => path.clone(),
        Selector::Product(key) => books.names.get(&key.tagged()).cloned().unwrap_or_else(|| key.parts().1),
    };
    promotion.include.iter().map(one).collect::<Vec<_>>().join(lang.of("、", ", "))
}

/// A promotion, to be looked at and perhaps stopped.
pub fn stop(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &Shelf, promotion: &Promotion) -> bool {
    let (p, lang) = (scene.p, scene.lang);
    let today = business_date(scene.snap.now());
    title(ui, &promotion.name, p);
    pair(ui, scene.t("优惠", "What it does"), &what(lang, promotion.kind), size::LINE, p.ink);
    pair(ui, scene.t("商品", "Goods"), &goods(lang, &shelf.books, promotion), size::LINE, p.ink);
    let dates = format!("{} – {}", promotion.valid.0, promotion.valid.1);
    pair(ui, standing(lang, promotion, today), &dates, size::LINE, p.ink);
    let hint = scene
        .t("停止后，下一单起按原来的价格；已经开始的一单不变。", "Stopped, it counts no more from the next sale on.");
    label(ui, hint, size::BODY, p.weak);
    match shelf::buttons(ui, scene, None, Some((scene.t("停止这个促销", "Stop it now"), Look::Danger))) {
        Act::None | Act::Main => true,
        Act::Back => false,
        Act::Other => {
            shelf.ask(scene, ShelfChange::Stop { code: promotion.code.clone() });
            true
        }
    }
}

/// The sheet of a new promotion.
pub fn sheet(scene: &Scene<'_>, books: &Books, product: Option<&Product>) -> Sheet {
    let lang = scene.lang;
    let today = business_date(scene.snap.now());
    let kinds = KINDS.map(|(word, zh, en)| (word.into(), lang.of(zh, en).to_owned())).into();
    let repeat = [("once", "只减一次", "once"), ("each", "每满一次减一次", "each time anew")]
        .map(|(word, zh, en)| (word.into(), lang.of(zh, en).to_owned()))
        .into();
    let mut scope = vec![("all".to_owned(), lang.of("所有商品", "all goods").to_owned())];
    scope.extend(groups(lang, books, "").into_iter().map(|(path, words)| (format!("group:{path}"), words)));
    let date = |date: NaiveDate| Cell::Date { text: date.to_string(), is_fresh: true, days: Vec::new() };
    let mut form = Form::new(vec![
        Row::new("kind", ("方式", "What it does"), Cell::choice(kinds, "price")),
        Row::new("amount", ("特价", "Price"), Cell::amount(String::new())),
        Row::new("spend", ("满多少元", "From what sum on"), Cell::amount(String::new())),
        Row::new("repeat", ("减几次", "How often"), Cell::choice(repeat, "once")),
        Row::new("goods", ("哪些商品（可以扫）", "Which goods (may be scanned)"), Cell::choice(scope, "all")),
        Row::new("from", ("从", "From"), date(today)),
        Row::new("to", ("到（含当天）", "To (that day too)"), date(after(today, LENGTHS[0]))),
        Row::new(
            "name",
            ("名称（可以不填）", "Name (may be empty)"),
            Cell::Words { text: String::new(), most: MOST_NAME },
        ),
    ]);
    if let Some(product) = product {
        put_product(&mut form, product);
    }
    Sheet::Promotion { product: product.cloned(), form }
}

/// The promotion is for this product.
pub fn put_product(form: &mut Form, product: &Product) {
    if let Some(Row { cell: Cell::Choice { options, at }, .. }) = form.row("goods") {
        // A selector with a code is the product that was scanned before.
        options.retain(|(value, _)| value == "all" || value.starts_with("group:"));
        options.insert(0, (product.key.tagged(), words::product(product)));
        *at = 0;
    }
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

/// `2026-11-24`, or its eight figures.
fn read_date(text: &str) -> Result<NaiveDate, String> {
    match (text.get(..4), text.get(4..6), text.get(6..)) {
        (Some(year), Some(month), Some(day)) if text.len() == 8 && text.is_ascii() && !text.contains('-') => {
            parse_date(&format!("{year}-{month}-{day}"))
        }
        _ => parse_date(text),
    }
}

/// The sheet.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &Shelf, product: Option<&Product>, form: &mut Form) -> bool {
    title(ui, scene.t("加促销", "Add a promotion"), scene.p);
    arrange(scene, form);
    shelf_form::show(ui, scene, form);
    match shelf::buttons(ui, scene, Some(scene.t("保存", "Keep")), None) {
        Act::None | Act::Other => true,
        Act::Back => false,
        Act::Main => {
            let read = read(scene.lang, form, product).map(ShelfChange::Promotion);
            shelf.save(scene, form, read);
            true
        }
    }
}

/// Rows that the kind needs, and days that follow from the first one.
fn arrange(scene: &Scene<'_>, form: &mut Form) {
    let kind = form.value("kind").to_owned();
    let is_threshold = kind == "threshold";
    for row in &mut form.rows {
        match row.id {
            "amount" => {
                row.name = match kind.as_str() {
                    "price" => ("特价（每单位卖多少元）", "Price, a unit"),
                    "off" => ("每单位减多少元", "Yuan off, a unit"),
                    "percent" => ("减百分之几（打九折填 10）", "Percent off"),
                    _ => ("减多少元", "Yuan off"),
                }
            }
            "spend" | "repeat" => row.is_shown = is_threshold,
            _ => {}
        }
    }
    let today = business_date(scene.snap.now());
    let from = read_date(form.value("from")).unwrap_or(today);
    if let Some(Row { cell: Cell::Date { days, .. }, .. }) = form.row("from") {
        *days = vec![
            (scene.t("今天", "Today").into(), today.to_string()),
            (scene.t("明天", "Tomorrow").into(), after(today, 1).to_string()),
        ];
    }
    if let Some(Row { cell: Cell::Date { days, .. }, .. }) = form.row("to") {
        let day = |n| (scene.lang.of(format!("+{n} 天"), format!("+{n} days")), after(from, n).to_string());
        *days = LENGTHS.map(day).into();
    }
}

fn read(lang: Lang, form: &Form, product: Option<&Product>) -> Result<Promotion, Wrong> {
    let kind = kind(form)?;
    let from = read_date(form.value("from"))
        .map_err(|_| ("from", "日期要写成 2026-11-24。", "A date is as in 2026-11-24."))?;
    let to =
        read_date(form.value("to")).map_err(|_| ("to", "日期要写成 2026-11-24。", "A date is as in 2026-11-24."))?;
    if to < from {
        return Err(("to", "结束日期不能早于开始日期。", "The last day is before the first."));
    }
    let goods = form.value("goods");
    let include = Selector::parse(goods).map_err(|_| ("goods", "请选哪些商品参加。", "Choose the goods."))?;
    let typed = form.value("name").trim();
    let name = match (&include, product, typed) {
        (_, _, typed) if !typed.is_empty() => typed.to_owned(),
        (Selector::Product(_), Some(product), _) => format!("{} {}", product.name, word(lang, kind)),
        _ => word(lang, kind).to_owned(),
    };
    Ok(Promotion {
        code: String::new(),
        name: name.chars().take(MOST_NAME).collect(),
        valid: (from, to),
        include: vec![include],
        exclude: Vec::new(),
        kind,
    })
}

fn kind(form: &Form) -> Result<Kind, Wrong> {
    let above = |id: &str| Money::parse(form.value(id)).ok().filter(|money| !money.is_zero());
    let amount = || {
        above("amount").ok_or(("amount", "请填写金额，例如 2.00，要大于 0。", "Enter an amount above 0, as in 2.00."))
    };
    Ok(match form.value("kind") {
        "price" => Kind::UnitPrice(amount()?),
        "off" => Kind::AmountOff(amount()?),
        "percent" => {
            let percent = Percent::parse(form.value("amount")).ok().filter(|p| (1..10_000).contains(&p.basis_points()));
            Kind::PercentOff(percent.ok_or((
                "amount",
                "请填写百分比，例如 10 表示减 10%（九折）。",
                "Enter a percentage, as in 10.",
            ))?)
        }
        _ => {
            let off = amount()?;
            let spend = above("spend").filter(|spend| off <= *spend);
            let spend = spend.ok_or((
                "spend",
                "请填写满多少元，不能小于减的金额。",
                "Enter a sum that is not below what it takes off.",
            ))?;
            Kind::Threshold { spend, off, repeat: form.value("repeat") == "each" }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_and_without_dashes() {
        assert_eq!(read_date("20261124"), read_date("2026-11-24"));
        for bad in ["2026112", "2026-1124", "20261341", "", "2026-11-2"] {
            assert!(read_date(bad).is_err(), "{bad}");
        }
    }
}
