//! The store's products, with headquarters' groups over them.

use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::search::initials;
use crate::{Result, Store, StoreError};

/// The key of a product in the database.
pub(crate) fn code_of(key: &ProductKey) -> String {
    match key {
        ProductKey::Gtin(gtin) => format!("barcode:{gtin}"),
        ProductKey::Plu(plu) => format!("plu:{plu}"),
    }
}

pub(crate) fn key_of(code: &str) -> Result<ProductKey> {
    ProductKey::parse_tagged(code).map_err(StoreError::Corrupt)
}

/// Writes a product inside a transaction.
pub(crate) fn put(tx: &Connection, p: &Product) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO products (code, name, spec, unit_name, unit, content_milli, product_group, price_fen, tax_rate, initials)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, spec = excluded.spec,
           unit_name = excluded.unit_name, unit = excluded.unit, content_milli = excluded.content_milli,
           product_group = excluded.product_group, price_fen = excluded.price_fen, tax_rate = excluded.tax_rate,
           initials = excluded.initials",
    )?
    .execute(params![
        code_of(&p.key),
        p.name,
        p.spec,
        p.unit_name,
        p.unit.word(),
        p.content_kg.map(Quantity::milli_i64),
        p.group,
        p.price.unwrap_or_default().fen_i64(),
        p.tax_rate,
        initials(&p.name),
    ])?;
    Ok(())
}

/// All products, with the store's own groups.
pub(crate) fn all(tx: &Connection) -> Result<Vec<Product>> {
    let mut statement = tx.prepare(
        "SELECT name, spec, unit_name, unit, content_milli, product_group, price_fen, tax_rate, code FROM products
         ORDER BY code",
    )?;
    let mut rows = statement.query([])?;
    let mut products = Vec::new();
    while let Some(row) = rows.next()? {
        let key = key_of(&row.get::<_, String>(8)?)?;
        products.push(read(row, key)?);
    }
    Ok(products)
}

impl Store {
    /// Adds and replaces products on this till alone; none is removed. All of them or none. What people
    /// change goes through `put_shared`, by which the store's other tills get it.
    pub fn put_products(&mut self, products: &[Product]) -> Result<()> {
        let tx = self.begin()?;
        for product in products {
            put(&tx, product)?;
        }
        Ok(tx.commit()?)
    }

    /// Finds what a scanned or typed code sells: a barcode first, else a PLU.
    pub fn find_product(&self, code: &str) -> Result<Option<Product>> {
        let keys = [ProductKey::barcode(code).ok(), ProductKey::plu(code).ok()];
        for key in keys.into_iter().flatten() {
            if let Some(product) = self.product(&key)? {
                return Ok(Some(product));
            }
        }
        Ok(None)
    }

    /// The groups that the store's products have, each with a product of it.
    pub fn groups(&self) -> Result<Vec<(String, String)>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT product_group, min(name) FROM products GROUP BY product_group ORDER BY 1")?;
        Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
    }

    /// A product with its price here. Its group is headquarters' where headquarters lists it.
    pub fn product(&self, key: &ProductKey) -> Result<Option<Product>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT p.name, p.spec, p.unit_name, p.unit, coalesce(p.content_milli, l.content_milli),
                    coalesce(l.product_group, p.product_group), p.price_fen, p.tax_rate
             FROM products p LEFT JOIN listed_products l ON l.code = p.code WHERE p.code = ?1",
        )?;
        let found = statement.query_row([code_of(key)], |row| read(row, key.clone())).optional()?;
        Ok(found)
    }
}

fn read(row: &Row<'_>, key: ProductKey) -> rusqlite::Result<Product> {
    let unit: String = row.get(3)?;
    let content: Option<i64> = row.get(4)?;
    let price: i64 = row.get(6)?;
    Ok(Product {
        key,
        name: row.get(0)?,
        spec: row.get(1)?,
        unit_name: row.get(2)?,
        unit: SaleUnit::parse(&unit).unwrap_or_default(),
        content_kg: content.map(|milli| Quantity::from_milli(milli.into())),
        group: row.get(5)?,
        price: Some(Money::from_fen(price.into())),
        tax_rate: row.get(7)?,
    })
}
