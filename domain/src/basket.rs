//! A basket as pricing takes it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::barcode::ProductKey;
use crate::id::{group_path, identifier};
use crate::json::{Node, Object, Refused};
use crate::money::{MAX_FEN, Money};
use crate::programme::Programme;
use crate::quantity::Quantity;
use crate::time::parse_date;
use crate::usage::Used;

/// Everything that a price depends on beside the programmes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Store's code.
    pub store: String,
    /// Date in Asia/Shanghai.
    pub business_date: NaiveDate,
    /// Whether what is used is known to be what headquarters knows.
    pub online: bool,
    /// The verified household, if any.
    pub beneficiary: Option<Beneficiary>,
    /// What was used before this basket.
    pub used: Used,
    /// Programmes that the family does not want this time.
    pub decline: Vec<String>,
    /// How much to pay from each purse, at most.
    pub purses: BTreeMap<String, Money>,
    /// What is bought.
    pub lines: Vec<BasketLine>,
}

/// The household for which a basket is priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beneficiary {
    /// Opaque id.
    pub household: String,
    /// Category such as `urban_dibao`.
    pub category: String,
    /// GB/T 2260 code.
    pub district: String,
    /// Persons covered.
    pub size: u32,
    /// Store where the household usually shops.
    pub home_store: Option<String>,
    /// Plain identifiers.
    pub tags: Vec<String>,
}

/// Unit in which a line is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SaleUnit {
    /// A piece; the quantity is whole.
    #[default]
    Piece,
    /// A kilogram.
    Kg,
    /// Half a kilogram.
    Jin,
}

impl SaleUnit {
    /// Reads `piece`, `kg` or `jin`.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "piece" => Self::Piece,
            "kg" => Self::Kg,
            "jin" => Self::Jin,
            _ => return Err(format!("`{text}` is not a unit (piece, kg, jin)")),
        })
    }

    /// The word that documents carry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Piece => "piece",
            Self::Kg => "kg",
            Self::Jin => "jin",
        }
    }
}

/// One line of a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLine {
    /// Unique in the basket.
    pub line: u32,
    /// What is sold.
    pub product: ProductKey,
    /// Path of the product's group.
    pub group: String,
    /// Unit of price and quantity.
    pub unit: SaleUnit,
    /// Kilograms in one piece.
    pub content_kg: Option<Quantity>,
    /// Yuan per unit.
    pub unit_price: Money,
    /// How much of it.
    pub quantity: Quantity,
    /// What a scale's label charges.
    pub amount: Option<Money>,
    /// Yuan off the line for any customer.
    pub promotion: Money,
    /// The store's lowest price of the last 7 days, per unit, after promotions.
    pub lowest_price_7d: Option<Money>,
}

impl BasketLine {
    /// What the line costs before promotions: the label's amount, else price times quantity,
    /// rounded half away from zero.
    pub fn gross(&self) -> Money {
        self.amount.unwrap_or_else(|| self.unit_price.times(self.quantity))
    }

    /// What any customer pays for it.
    pub fn regular(&self) -> Money {
        self.gross() - self.promotion
    }

    /// The fields of pricing.md, as records carry them.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut map = serde_json::Map::new();
        let (kind, code) = self.product.parts();
        map.insert("line".into(), self.line.into());
        map.insert(kind.into(), code.into());
        map.insert("group".into(), self.group.clone().into());
        map.insert("unit".into(), self.unit.word().into());
        if let Some(content) = self.content_kg {
            map.insert("content_kg".into(), content.to_string().into());
        }
        map.insert("unit_price".into(), self.unit_price.to_string().into());
        map.insert("quantity".into(), self.quantity.to_string().into());
        if let Some(amount) = self.amount {
            map.insert("amount".into(), amount.to_string().into());
        }
        if !self.promotion.is_zero() {
            map.insert("promotion".into(), self.promotion.to_string().into());
        }
        if let Some(lowest) = self.lowest_price_7d {
            map.insert("lowest_price_7d".into(), lowest.to_string().into());
        }
        map
    }

    /// Reads a line. A record's line carries the answer's fields too, which is why the caller
    /// decides by the node whether unknown fields are refused.
    pub fn read(node: &Node<'_>) -> Result<Self, Refused> {
        let o = node.object(&[
            "line",
            "barcode",
            "plu",
            "group",
            "unit",
            "content_kg",
            "unit_price",
            "quantity",
            "amount",
            "promotion",
            "lowest_price_7d",
        ])?;
        let line = Self {
            line: o.need("line")?.count()?,
            product: read_product(&o)?,
            group: o.need("group")?.parse(group_path)?,
            unit: o.opt("unit", |n| n.parse(SaleUnit::parse))?.unwrap_or_default(),
            content_kg: o.opt("content_kg", |n| n.parse(Quantity::parse))?,
            unit_price: o.need("unit_price")?.parse(Money::parse)?,
            quantity: o.need("quantity")?.parse(Quantity::parse)?,
            amount: o.opt("amount", |n| n.parse(Money::parse))?,
            promotion: o.opt("promotion", |n| n.parse(Money::parse))?.unwrap_or_default(),
            lowest_price_7d: o.opt("lowest_price_7d", |n| n.parse(Money::parse))?,
        };
        if line.quantity == Quantity::ZERO {
            return Err(o.need("quantity")?.refuse("must be above 0"));
        }
        if line.unit == SaleUnit::Piece && !line.quantity.is_whole() {
            return Err(o.need("quantity")?.refuse("must be whole for pieces"));
        }
        if line.content_kg == Some(Quantity::ZERO) {
            return Err(o.need("content_kg")?.refuse("must be above 0"));
        }
        if line.gross().fen() > MAX_FEN {
            return Err(node.refuse("the line is above 9999999.99"));
        }
        if line.promotion > line.gross() {
            return Err(o.need("promotion")?.refuse("is above the line's gross"));
        }
        Ok(line)
    }
}

/// Reads the `barcode` or `plu` of an object that has exactly one of them.
pub fn read_product(o: &Object<'_>) -> Result<ProductKey, Refused> {
    match (o.get("barcode"), o.get("plu")) {
        (Some(barcode), None) => barcode.parse(ProductKey::barcode),
        (None, Some(plu)) => plu.parse(ProductKey::plu),
        _ => Err(o.refuse("must have exactly one of barcode and plu")),
    }
}

impl Basket {
    /// Reads a basket, checked against the programmes that it will be priced with.
    pub fn read(node: &Node<'_>, programmes: &[Programme]) -> Result<Self, Refused> {
        let o =
            node.object(&["store", "business_date", "online", "beneficiary", "used", "decline", "purses", "lines"])?;
        let known = |code: &str| programmes.iter().any(|p| p.code == code);
        let mut basket = Self {
            store: o.need("store")?.parse(identifier)?,
            business_date: o.need("business_date")?.parse(parse_date)?,
            online: o.opt("online", |n| n.bool())?.unwrap_or(true),
            beneficiary: o.get_non_null("beneficiary").map(|n| Beneficiary::read(&n)).transpose()?,
            used: o.opt("used", |n| Used::read(&n, programmes))?.unwrap_or_default(),
            decline: Vec::new(),
            purses: BTreeMap::new(),
            lines: o.need("lines")?.full_list()?.iter().map(BasketLine::read).collect::<Result<_, _>>()?,
        };
        for code in o.opt("decline", |n| n.list())?.unwrap_or_default() {
            let text = code.parse(identifier)?;
            if !known(&text) {
                return Err(code.refuse(format!("no programme `{text}`")));
            }
            basket.decline.push(text);
        }
        for (code, amount) in o.opt("purses", |n| n.entries())?.unwrap_or_default() {
            if !programmes.iter().any(|p| p.code == code && p.is_purse()) {
                return Err(amount.refuse("no such purse"));
            }
            basket.purses.insert(code.into(), amount.parse(Money::parse)?);
        }
        for (i, line) in basket.lines.iter().enumerate() {
            if basket.lines[..i].iter().any(|earlier| earlier.line == line.line) {
                return Err(o.need("lines")?.refuse(format!("line {} stands twice", line.line)));
            }
        }
        Ok(basket)
    }
}

impl Beneficiary {
    fn read(node: &Node<'_>) -> Result<Self, Refused> {
        let o = node.object(&["household", "category", "district", "size", "home_store", "tags"])?;
        Ok(Self {
            household: o.need("household")?.parse(identifier)?,
            category: o.need("category")?.parse(identifier)?,
            district: o.need("district")?.parse(identifier)?,
            size: o.opt("size", |n| n.count())?.unwrap_or(1),
            home_store: o.get_non_null("home_store").map(|n| n.parse(identifier)).transpose()?,
            tags: o.opt("tags", |n| n.list()?.iter().map(|tag| tag.parse(identifier)).collect())?.unwrap_or_default(),
        })
    }
}
