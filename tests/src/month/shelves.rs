//! What people put into their baskets.

use anyhow::Result;
use domain::basket::SaleUnit;
use domain::product::{COLUMNS, Product, read_products};

use super::dice::Dice;

/// Who fills a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shopper {
    /// Anybody.
    Passer,
    /// A family that shops for some days.
    Family,
    /// A family that lays in rice, flour and oil.
    Larder,
}

/// A group; how many in a hundred baskets of each shopper hold it; how many pieces at most.
const WISHES: [(&str, [i64; 3], i64); 22] = [
    ("food/grain/rice", [8, 38, 90], 2),
    ("food/grain/flour", [6, 26, 45], 2),
    ("food/grain/noodles", [12, 30, 40], 3),
    ("food/grain/millet", [4, 9, 10], 1),
    ("food/oil", [7, 28, 80], 2),
    ("food/egg", [18, 40, 20], 2),
    ("food/meat", [22, 38, 10], 1),
    ("food/vegetable", [45, 62, 15], 1),
    ("food/fruit", [35, 22, 5], 1),
    ("food/tofu", [14, 24, 5], 1),
    ("food/dairy", [16, 12, 0], 1),
    ("food/seasoning", [15, 25, 20], 2),
    ("food/canned", [6, 4, 0], 2),
    ("food/instant", [16, 8, 0], 4),
    ("food/snack", [20, 6, 0], 3),
    ("food/drink", [26, 6, 0], 3),
    ("daily", [18, 22, 8], 2),
    ("stationery", [6, 7, 0], 3),
    ("tobacco", [12, 5, 4], 2),
    ("alcohol", [10, 4, 2], 3),
    ("health", [1, 0, 0], 1),
    ("gift_card", [1, 0, 0], 1),
];

/// A code to scan, and how much of it.
pub struct Wanted {
    /// Barcode or PLU.
    pub code: String,
    /// Pieces or kilograms; none: one piece.
    pub quantity: Option<String>,
}

/// The store's products.
pub struct Shelves {
    products: Vec<Product>,
}

impl Shelves {
    /// The demonstration's products.
    pub fn new() -> Result<Self> {
        let bytes = std::fs::read(crate::data().join("products.csv"))?;
        let table = sheets::read(&bytes, &sheets::Reading::new(&COLUMNS))?;
        Ok(Self { products: read_products(&table, true).map_err(anyhow::Error::msg)? })
    }

    /// A basket, never empty.
    pub fn basket(&self, shopper: Shopper, dice: &mut Dice) -> Vec<Wanted> {
        let mut basket = Vec::new();
        for (group, chances, most) in WISHES {
            let [passer, family, larder] = chances;
            let chance = match shopper {
                Shopper::Passer => passer,
                Shopper::Family => family,
                Shopper::Larder => larder,
            };
            if dice.chance(chance) {
                basket.extend(self.one_of(group, most, dice));
            }
        }
        if basket.is_empty() {
            basket.extend(self.one_of("food/vegetable", 1, dice));
        }
        basket
    }

    fn one_of(&self, group: &str, most: i64, dice: &mut Dice) -> Option<Wanted> {
        let inside =
            |p: &&Product| p.group.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let products: Vec<&Product> = self.products.iter().filter(inside).collect();
        let product = dice.pick(&products)?;
        let quantity = if product.unit == SaleUnit::Piece {
            Some(dice.between(1, most)).filter(|n| *n > 1).map(|n| n.to_string())
        } else {
            // A shop's scale shows steps of five grams.
            let grams = dice.between(60, 420) * 5;
            Some(format!("{}.{:03}", grams / 1000, grams % 1000))
        };
        Some(Wanted { code: product.key.parts().1, quantity })
    }
}
