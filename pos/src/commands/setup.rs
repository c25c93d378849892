//! Products, staff, settings, backup and restore.

use std::path::Path;

use anyhow::Result;
use domain::product::read_products;
use domain::role::{StaffRole, check_pin};
use domain::tender::CashRounding;
use serde_json::json;
use store::Lock;

use super::{first_line, print, read_input, wrong_input};
use crate::shop::Shop;

/// Imports the store's own products and prices: all of them or none.
pub fn import_products(dir: &Path, file: &str) -> Result<()> {
    let count = put_products(&mut Shop::open(dir)?, file)?;
    print(&json!({ "products": count }).to_string())
}

/// Reads a product file into the store; how many there were.
pub fn put_products(shop: &mut Shop, file: &str) -> Result<usize> {
    let products =
        read_products(&read_input(file)?, true).map_err(|problem| wrong_input(format!("{file}: {problem}")))?;
    shop.store.put_products(&products)?;
    Ok(products.len())
}

/// Adds a staff member, with the PIN from standard input.
pub fn add_staff(dir: &Path, name: &str, role: &str) -> Result<()> {
    let role = StaffRole::parse(role).map_err(wrong_input)?;
    put_staff(&Shop::open(dir)?, name, role, &first_line()?)?;
    print(&json!({ "staff": name, "role": role.word() }).to_string())
}

/// Adds a staff member, or gives one a new PIN and role.
pub fn put_staff(shop: &Shop, name: &str, role: StaffRole, pin: &str) -> Result<()> {
    let name = domain::id::identifier(name).map_err(wrong_input)?;
    check_pin(pin).map_err(wrong_input)?;
    let hash = ::sync::password::hash(pin).map_err(anyhow::Error::msg)?;
    Ok(shop.store.put_staff(&name, role, &hash)?)
}

/// Settings that a store may change.
pub fn set(dir: &Path, name: &str, value: &str) -> Result<()> {
    match name {
        "cash_rounding" => CashRounding::parse(value).map(|_| ()).map_err(wrong_input)?,
        "store_name" | "phone" if value.chars().count() <= 40 && !value.chars().any(char::is_control) => {}
        "store_name" | "phone" => {
            return Err(wrong_input(format!("{name} has at most 40 printable characters")));
        }
        _ => {
            return Err(wrong_input(format!("there is no setting `{name}` (cash_rounding, store_name, phone)")));
        }
    }
    Shop::open(dir)?.store.set_setting(name, value)?;
    Ok(())
}

/// Writes a backup while the till may be selling.
pub fn backup(dir: &Path, file: &Path) -> Result<()> {
    if file.exists() {
        return Err(wrong_input(format!("{} exists; choose another name", file.display())));
    }
    Ok(Shop::open(dir)?.store.backup(file)?)
}

/// Puts a backup in place. The next start notices and goes on in a new epoch.
pub fn restore(dir: &Path, file: &Path) -> Result<()> {
    let _lock = Lock::take(dir)?;
    if !file.is_file() {
        return Err(wrong_input(format!("{} is not a file", file.display())));
    }
    Ok(store::restore(dir, file)?)
}
