//! The store's products: found by name, initials, code or scan, and what one costs.

use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::lang::Lang;
use domain::money::Money;
use domain::product::Product;
use eframe::egui::{ScrollArea, Ui};

use super::shelf::{self, Act, Sheet, Shelf, Wrong};
use super::shelf_form::{self, Cell, Form, Row};
use super::shelf_promotions;
use crate::app::theme::size;
use crate::app::widgets::{Field, Keys, Look, Press, Signs, label, scroll, title};
use crate::app::worker::Request;
use crate::app::{Scene, words};
use crate::counter::{Books, ShelfChange};

/// Units of the price: word, Chinese, English.
const UNITS: [(&str, &str, &str); 3] = [("piece", "件", "piece"), ("kg", "公斤", "kg"), ("jin", "斤", "jin (500 g)")];
/// Where a product goes while the store has no groups.
const FIRST_GROUP: &str = "other";

/// Find a product, or add one.
pub fn list(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf) {
    let mut picked = shelf::chosen(scene, &mut shelf.choice, shelf.found.len());
    let hint = scene.t("品名、拼音首字母、编号，或扫码", "name, pinyin initials or number, or scan");
    let field = Field { name: hint, hint, signs: Signs::Search, most: 40, is_secret: false, keeps_focus: true };
    if field.show(ui, &mut shelf.text, scene.lang) {
        shelf.found.clear();
        scene.ask(Request::Search(shelf.text.clone()));
    }
    scroll(ui, "shelf goods", ScrollArea::vertical().max_height(shelf::room(ui)), |ui| {
        for (i, product) in shelf.found.iter().enumerate() {
            let look = if i == shelf.choice { Look::Chosen } else { Look::Plain };
            let price = product.price.map(words::yuan).unwrap_or_default();
            let (name, below) =
                (words::product(product), format!("{price}   {}   {}", product.key.parts().1, product.group));
            if Press::new(&name).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0).show(ui) {
                picked = Some(i);
            }
        }
    });
    if shelf.found.is_empty() && !shelf.text.is_empty() && !scene.is_waiting {
        label(ui, scene.t("没有找到，换个说法试试。", "Nothing found; try other words."), size::BODY, scene.p.weak);
    }
    if let Some(product) = picked.and_then(|i| shelf.found.get(i)) {
        shelf.sheet = Some(sheet(scene.lang, &shelf.books, Some(product.clone()), ""));
    }
}

/// The sheet of a product, or of a new one with this code.
pub fn sheet(lang: Lang, books: &Books, of: Option<Product>, code: &str) -> Sheet {
    let words = |text: &str, most| Cell::Words { text: text.into(), most };
    let (name, spec, group, unit, price) = match &of {
        Some(p) => (p.name.as_str(), p.spec.as_str(), p.group.as_str(), p.unit, p.price.map(|m| m.to_string())),
        None => ("", "", "", SaleUnit::Piece, None),
    };
    let units = UNITS.map(|(word, zh, en)| (word.into(), lang.of(zh, en).to_owned())).into();
    let mut rows = vec![
        Row::new("price", ("价格（元）", "Price (yuan)"), Cell::amount(price.unwrap_or_default())),
        Row::new("name", ("名称", "Name"), words(name, 100)),
        Row::new("spec", ("规格，例如 5kg", "Specification, such as 5kg"), words(spec, 40)),
        Row::new("group", ("分类", "Group"), Cell::choice(groups(lang, books, group), group)),
        Row::new("unit", ("按什么卖", "Sold by"), Cell::choice(units, unit.word())),
    ];
    if of.is_none() {
        rows.insert(
            0,
            Row::new(
                "code",
                ("条码或编号（可以扫）", "Barcode or number (may be scanned)"),
                Cell::Figures { text: code.into(), keys: Keys::Number, most: 40, is_fresh: false },
            ),
        );
    }
    let mut form = Form::new(rows);
    if of.is_none() && !code.is_empty() {
        form.choose("name");
    }
    Sheet::Product { of, form }
}

/// The store's groups with a product of each, so that a path means something to people.
pub fn groups(lang: Lang, books: &Books, own: &str) -> Vec<(String, String)> {
    let like = |(path, name): &(String, String)| {
        (path.clone(), lang.of(format!("{path}（如 {name}）"), format!("{path} (as {name})")))
    };
    let mut options: Vec<(String, String)> = books.groups.iter().map(like).collect();
    if !own.is_empty() && !options.iter().any(|(path, _)| path == own) {
        options.insert(0, (own.into(), own.into()));
    }
    if options.is_empty() {
        options.push((FIRST_GROUP.into(), lang.of("未分类", "not sorted yet").into()));
    }
    options
}

/// The code of the product that is being added was scanned.
pub fn put_code(form: &mut Form, code: String) {
    if let Some(Row { cell: Cell::Figures { text, .. }, .. }) = form.row("code") {
        *text = code;
        form.choose("name");
    }
}

/// The sheet.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf, of: Option<&Product>, form: &mut Form) -> bool {
    let text = match of {
        Some(product) => format!("{}   {}", words::product(product), product.key.parts().1),
        None => scene.t("加新商品", "Add a product").to_owned(),
    };
    title(ui, &text, scene.p);
    shelf_form::show(ui, scene, form);
    let promote = of.map(|_| (scene.t("给它做促销", "A promotion for it"), Look::Plain));
    match shelf::buttons(ui, scene, Some(scene.t("保存", "Keep")), promote) {
        Act::None => return true,
        Act::Back => return false,
        Act::Main => {
            let read = read(form, of).map(|product| ShelfChange::Product { product, is_new: of.is_none() });
            shelf.save(scene, form, read);
        }
        Act::Other => shelf.sheet = Some(shelf_promotions::sheet(scene, &shelf.books, of)),
    }
    true
}

fn read(form: &Form, of: Option<&Product>) -> Result<Product, Wrong> {
    let price = Money::parse(form.value("price")).ok().filter(|price| !price.is_zero());
    let key = match of {
        Some(product) => product.key.clone(),
        None => key(form.value("code").trim())?,
    };
    let name = form.value("name").trim();
    if name.is_empty() {
        return Err(("name", "请填写名称。", "Enter the name."));
    }
    let price =
        price.ok_or(("price", "请填写价格，例如 12.50，要大于 0。", "Enter a price above 0, such as 12.50."))?;
    let unit = SaleUnit::parse(form.value("unit")).unwrap_or_default();
    let unit_name = match of {
        Some(product) if product.unit == unit => product.unit_name.clone(),
        _ => UNITS.iter().find(|(word, ..)| *word == unit.word()).map_or("件", |(_, zh, _)| zh).into(),
    };
    Ok(Product {
        key,
        name: name.into(),
        spec: form.value("spec").trim().into(),
        unit_name,
        unit,
        content_kg: of.and_then(|product| product.content_kg),
        group: form.value("group").into(),
        price: Some(price),
        tax_rate: of.map(|product| product.tax_rate.clone()).unwrap_or_default(),
    })
}

/// A barcode, else the shop's own number. What is as long as a barcode must be one.
fn key(code: &str) -> Result<ProductKey, Wrong> {
    let is_long = matches!(code.len(), 12..=14) && code.bytes().all(|b| b.is_ascii_digit());
    match ProductKey::barcode(code) {
        Ok(key) => Ok(key),
        Err(_) if is_long => Err((
            "code",
            "条码读得不对，请重新扫，或核对每一位。",
            "The barcode is wrong; scan it again, or check each digit.",
        )),
        Err(_) => ProductKey::plu(code).map_err(|_| {
            ("code", "请扫条码，或填编号（字母和数字）。", "Scan the barcode, or enter a number (letters and digits).")
        }),
    }
}
