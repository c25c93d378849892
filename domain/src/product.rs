//! Products: what a store sells and at what price; what headquarters says of their groups.

use serde::{Deserialize, Serialize};

use crate::barcode::ProductKey;
use crate::basket::SaleUnit;
use crate::id::group_path;
use crate::money::Money;
use crate::quantity::Quantity;
use crate::table::{Row, Table};

/// Columns of a product file (spec/cli.md).
pub const COLUMNS: [&str; 10] =
    ["barcode", "name", "spec", "unit_name", "unit", "content_kg", "group", "price", "tax_rate", "plu"];

/// One product of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Barcode or PLU.
    pub key: ProductKey,
    /// Name on shelf and receipt.
    pub name: String,
    /// Such as 5kg; empty where there is none.
    pub spec: String,
    /// Such as 袋 or 公斤; empty where there is none.
    pub unit_name: String,
    /// Unit of the price.
    pub unit: SaleUnit,
    /// Kilograms in one piece.
    pub content_kg: Option<Quantity>,
    /// Path of the group.
    pub group: String,
    /// Yuan per unit; headquarters' list needs none.
    pub price: Option<Money>,
    /// Such as 0.09; empty where unknown.
    pub tax_rate: String,
}

/// Reads a product file's table. A store's needs prices, headquarters' does not.
pub fn read_products(table: &Table, needs_price: bool) -> Result<Vec<Product>, String> {
    let required: &[&str] = if needs_price { &["name", "group", "price"] } else { &["name", "group"] };
    table.check(&COLUMNS, required)?;
    let mut seen = std::collections::BTreeMap::new();
    let mut products = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let place = |problem: String| format!("line {}: {problem}", row.line);
        let product = read_row(row).map_err(place)?;
        if needs_price && product.price.is_none() {
            return Err(place("`price` is empty".into()));
        }
        if let Some(earlier) = seen.insert(product.key.clone(), row.line) {
            return Err(place(format!("{} stands on line {earlier} too", product.key.tagged())));
        }
        products.push(product);
    }
    Ok(products)
}

fn read_row(row: &Row) -> Result<Product, String> {
    let barcode = row.parse("barcode", ProductKey::barcode)?;
    let plu = row.parse("plu", ProductKey::plu)?;
    let key = match (barcode, plu) {
        (Some(key), None) | (None, Some(key)) => key,
        (None, None) => return Err("has neither barcode nor plu".into()),
        (Some(_), Some(_)) => return Err("has both barcode and plu".into()),
    };
    let content_kg = row.parse("content_kg", Quantity::parse)?;
    if content_kg == Some(Quantity::ZERO) {
        return Err("content_kg: must be above 0".into());
    }
    Ok(Product {
        key,
        name: row.need("name")?.into(),
        spec: row.get("spec").unwrap_or_default().into(),
        unit_name: row.get("unit_name").unwrap_or_default().into(),
        unit: row.parse("unit", SaleUnit::parse)?.unwrap_or_default(),
        content_kg,
        group: row.parse_needed("group", group_path)?,
        price: row.parse("price", Money::parse)?,
        tax_rate: row.parse("tax_rate", parse_rate)?.unwrap_or_default(),
    })
}

fn parse_rate(text: &str) -> Result<String, String> {
    let percent = text.strip_suffix('%');
    crate::json::plain(percent.unwrap_or(text), 4, 1_000_000, "100").map(|_| text.into())
}

/// A product as headquarters' list carries it to tills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProduct {
    /// One of barcode and plu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// One of barcode and plu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plu: Option<String>,
    /// Name.
    pub name: String,
    /// Group, which overrides the store's own.
    pub group: String,
    /// `piece`, `kg` or `jin`.
    #[serde(default)]
    pub unit: SaleUnitWord,
    /// Kilograms in one piece.
    #[serde(default)]
    pub content_kg: Option<Quantity>,
    /// Such as 0.09.
    #[serde(default)]
    pub tax_rate: Option<String>,
}

/// A unit's word; kept as text so that a newer headquarters may send others.
pub type SaleUnitWord = String;

impl ListedProduct {
    /// Which product it is.
    pub fn key(&self) -> Result<ProductKey, String> {
        match (&self.barcode, &self.plu) {
            (Some(barcode), None) => ProductKey::barcode(barcode),
            (None, Some(plu)) => ProductKey::plu(plu),
            _ => Err("a listed product must have exactly one of barcode and plu".into()),
        }
    }
}

impl From<&Product> for ListedProduct {
    fn from(product: &Product) -> Self {
        let (kind, code) = product.key.parts();
        let filled = |text: &str| (!text.is_empty()).then(|| text.into());
        Self {
            barcode: (kind == "barcode").then(|| code.clone()),
            plu: (kind == "plu").then_some(code),
            name: product.name.clone(),
            group: product.group.clone(),
            unit: product.unit.word().into(),
            content_kg: product.content_kg,
            tax_rate: filled(&product.tax_rate),
        }
    }
}
