//! Products and prices from a file: read, held against the list, and applied as they were seen.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::id::group_path;
use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::table::{Row, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sheets::{Limits, Reading};
use sync::protocol::read_shared;

use super::{labels, put_products};
use crate::service::Hq;
use crate::store::audit;
use crate::store::shop::imports::{self, Import};
use crate::store::shop::{Entry, of_kind};
use crate::store::sql::Conn;

/// Most rows of a file.
const MOST: usize = 100_000;

/// Fields, and what files call them.
const FIELDS: [(&str, &[&str]); 11] = [
    ("code", &["code", "条码或编号", "商品编码", "商品代码", "货号", "barcode or plu"]),
    ("barcode", &["barcode", "条码", "商品条码", "条形码", "国际条码", "69码", "ean", "gtin"]),
    ("plu", &["plu", "编号", "plu编号", "plu 编号", "店内码", "称重编号"]),
    ("name", &["name", "名称", "商品名称", "品名", "商品", "商品名", "product"]),
    ("spec", &["spec", "规格", "规格型号", "specification"]),
    ("unit_name", &["unit_name", "单位名称", "单位", "销售单位", "unit name"]),
    ("unit", &["unit", "计价单位", "priced by"]),
    ("content_kg", &["content_kg", "每件公斤数", "净含量公斤", "净含量（公斤）", "kilograms in a piece"]),
    ("group", &["group", "分类", "类别", "商品分类"]),
    ("price", &["price", "单价", "零售价", "售价", "价格", "单价（元）", "售价（元）", "price (yuan)"]),
    ("tax_rate", &["tax_rate", "税率", "tax rate"]),
];

/// A row that could be read: which product, and what the file says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    line: u64,
    key: String,
    fields: BTreeMap<String, String>,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    rows: Vec<Said>,
    /// Line and what is wrong with it.
    bad: Vec<(u64, String)>,
    /// Columns that nobody reads.
    ignored: Vec<String>,
}

/// A product that would be new or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Line in the file.
    pub line: u64,
    /// As the list has it; none: new.
    pub old: Option<Product>,
    /// As the file has it.
    pub new: Product,
}

/// A file held against the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// New and changed.
    pub changes: Vec<Changed>,
    /// Products of which the file says nothing new.
    pub same: usize,
    /// Line and what is wrong with it.
    pub bad: Vec<(u64, String)>,
    /// Columns that nobody reads.
    pub ignored: Vec<String>,
}

impl Difference {
    /// How many are new.
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|change| change.old.is_none()).count()
    }

    /// Stands for what was seen: it is applied as it was seen, or not.
    pub fn digest(&self) -> String {
        let seen: Vec<Value> =
            self.changes.iter().map(|c| json!([c.new.key.tagged(), c.old.as_ref().map(body), body(&c.new)])).collect();
        sync::sha256(Value::Array(seen).to_string().as_bytes())
    }
}

/// Reads a file and keeps what it says; the row by which it is found again.
pub fn take(hq: &Hq, who: &str, store: &str, name: &str, bytes: &[u8]) -> Result<Result<i64, String>> {
    let content = match read(bytes) {
        Ok(content) => content,
        Err(problem) => return Ok(Err(problem)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let id = imports::insert(&tx, store, who, &name, &serde_json::to_string(&content)?)?;
    tx.commit()?;
    Ok(Ok(id))
}

/// Reads a table by the names that its columns have.
fn read(bytes: &[u8]) -> Result<Content, String> {
    let known: Vec<&str> = FIELDS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let limits = Limits { rows: MOST, unzipped: 256 << 20, ..Limits::default() };
    let table = sheets::read(bytes, &Reading::new(&known).limits(limits))?;
    let columns = columns(&table);
    let has = |field: &str| columns.contains_key(field);
    if !(has("code") || has("barcode") || has("plu")) {
        return Err("文件里没有“条码”或“编号”一列。 The file has no column for the barcode or PLU".into());
    }
    let mut content = Content {
        ignored: table.columns.iter().filter(|name| !columns.values().any(|known| known == *name)).cloned().collect(),
        ..Content::default()
    };
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in &table.rows {
        match said(row, &columns) {
            Err(problem) => content.bad.push((row.line, problem)),
            Ok(said) => match seen.insert(said.key.clone(), row.line) {
                Some(earlier) => content
                    .bad
                    .push((row.line, format!("与第 {earlier} 行是同一个商品。 It is the product of line {earlier}"))),
                None => content.rows.push(said),
            },
        }
    }
    Ok(content)
}

/// Which column of a file holds which field.
fn columns(table: &Table) -> BTreeMap<&'static str, String> {
    let find = |names: &[&str]| {
        let is_known = |column: &&String| names.contains(&column.trim().to_lowercase().as_str());
        table.columns.iter().find(is_known).cloned()
    };
    FIELDS.iter().filter_map(|(field, names)| find(names).map(|column| (*field, column))).collect()
}

/// A row's product and its fields, each read once so that what is wrong is said with its column.
fn said(row: &Row, columns: &BTreeMap<&str, String>) -> Result<Said, String> {
    let mut fields = BTreeMap::new();
    for (field, column) in columns {
        let checked = row.parse(column, |text| {
            let read = match *field {
                "price" => Money::parse(amount(text)).map(|price| price.to_string()),
                "unit" => unit(text).map(|unit| unit.word().into()),
                "content_kg" => Quantity::parse(text).map(|quantity| quantity.to_string()),
                "group" => group_path(text),
                _ => Ok(text.to_owned()),
            };
            read.map_err(|problem| format!("{} {problem}", wrong(field)))
        })?;
        fields.extend(checked.map(|text| ((*field).to_owned(), text)));
    }
    let mut keys = Vec::new();
    for (field, parse) in [
        ("barcode", ProductKey::barcode as fn(&str) -> Result<ProductKey, String>),
        ("plu", ProductKey::plu),
        ("code", super::typed_key),
    ] {
        if let Some(text) = fields.remove(field) {
            let column = columns.get(field).map(String::as_str).unwrap_or(field);
            keys.push(parse(&text).map_err(|problem| format!("{column}: {} {problem}", wrong(field)))?);
        }
    }
    match keys.as_slice() {
        [key] => Ok(Said { line: row.line, key: key.tagged(), fields }),
        [] => Err("没有条码也没有编号。 It has neither barcode nor PLU".into()),
        _ => Err("条码和编号只能填一个。 It has both a barcode and a PLU".into()),
    }
}

/// What is wrong with a field that cannot be read, in Chinese; the English follows it.
fn wrong(field: &str) -> &'static str {
    match field {
        "price" => "不是金额，例如 19.90。",
        "unit" => "不是计价单位（件、公斤、斤）。",
        "content_kg" => "不是公斤数，例如 5 或 0.5。",
        "group" => "不是分类，例如 food/grain/rice。",
        _ => "不是正确的条码或编号，请核对。",
    }
}

/// As 19.90, ¥19.90 or 19.90元.
fn amount(text: &str) -> &str {
    text.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim()
}

fn unit(text: &str) -> Result<SaleUnit, String> {
    match text {
        "件" | "个" => Ok(SaleUnit::Piece),
        "公斤" | "千克" | "KG" | "Kg" => Ok(SaleUnit::Kg),
        "斤" | "市斤" => Ok(SaleUnit::Jin),
        text => SaleUnit::parse(text),
    }
}

/// Holds a file against a store's list.
pub fn difference(conn: &Conn, import: &Import) -> Result<Difference> {
    let content: Content = serde_json::from_str(&import.content).context("an uploaded file")?;
    let present: BTreeMap<String, Entry> =
        of_kind(conn, &import.store, "product")?.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
    let mut found = Difference { bad: content.bad, ignored: content.ignored, ..Difference::default() };
    for said in content.rows {
        let old = present.get(&said.key).and_then(labels::product);
        match merged(old.clone(), &said) {
            Err(problem) => found.bad.push((said.line, problem)),
            Ok(new) if old.as_ref() == Some(&new) => found.same += 1,
            Ok(new) => found.changes.push(Changed { line: said.line, old, new }),
        }
    }
    found.bad.sort();
    Ok(found)
}

/// What the list has, with what the file says of it; a new product needs a name, a group and a price.
fn merged(old: Option<Product>, said: &Said) -> Result<Product, String> {
    let of = |field: &str| said.fields.get(field).map(String::as_str);
    let need =
        |field: &str, zh: &str| of(field).ok_or_else(|| format!("新商品缺少{zh}。 A new product without `{field}`"));
    let mut product = match old {
        Some(old) => old,
        None => Product {
            key: ProductKey::parse_tagged(&said.key)?,
            name: need("name", "名称")?.into(),
            spec: String::new(),
            unit_name: String::new(),
            unit: of("unit_name").and_then(|name| unit(name).ok()).unwrap_or_default(),
            content_kg: None,
            group: need("group", "分类")?.into(),
            price: Some(Money::parse(need("price", "单价")?)?),
            tax_rate: String::new(),
        },
    };
    let texts = [
        ("name", &mut product.name),
        ("spec", &mut product.spec),
        ("unit_name", &mut product.unit_name),
        ("group", &mut product.group),
        ("tax_rate", &mut product.tax_rate),
    ];
    for (field, place) in texts {
        if let Some(text) = of(field) {
            *place = text.into();
        }
    }
    if let Some(word) = of("unit") {
        product.unit = SaleUnit::parse(word)?;
    }
    if let Some(text) = of("content_kg") {
        product.content_kg = Some(Quantity::parse(text)?);
    }
    if let Some(text) = of("price") {
        product.price = Some(Money::parse(text)?);
    }
    read_shared("product", &said.key, &body(&product))?;
    Ok(product)
}

/// A product as the list carries it.
pub(super) fn body(p: &Product) -> Value {
    json!({
        "name": p.name, "spec": p.spec, "unit_name": p.unit_name, "unit": p.unit.word(), "content_kg": p.content_kg,
        "group": p.group, "price": p.price, "tax_rate": p.tax_rate,
    })
}

/// Why a file was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotApplied {
    /// It was applied already.
    Already,
    /// The list is another than the one that was seen.
    Another,
}

/// Applies a file as it was seen: all of it or nothing. Rows that are wrong are left out.
pub fn apply(hq: &Hq, who: &str, import: i64, seen: &str) -> Result<Result<(), NotApplied>> {
    let db = hq.db();
    let tx = db.begin()?;
    let import = imports::find(&tx, import)?.context("an uploaded file")?;
    if import.is_applied {
        return Ok(Err(NotApplied::Already));
    }
    let difference = difference(&tx, &import)?;
    if difference.digest() != seen {
        return Ok(Err(NotApplied::Another));
    }
    let added = difference.added();
    let changed = difference.changes.len() - added;
    let detail = json!({
        "store": import.store, "file": import.file, "added": added, "changed": changed, "bad": difference.bad.len(),
    });
    let products = difference.changes.iter().map(|c| (c.new.key.tagged(), body(&c.new))).collect();
    put_products(&tx, who, &import.store, products)?;
    imports::applied(&tx, import.id, i64::try_from(added)?, i64::try_from(changed)?)?;
    audit(&tx, who, "shop import", &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}
