//! Products, staff and settings.

use std::path::Path;

use anyhow::Result;
use domain::label::Pattern;
use domain::money::Money;
use domain::product::{COLUMNS, read_products};
use domain::role::{StaffRole, check_pin};
use domain::tender::CashRounding;
use printers::Profile;
use serde_json::json;
use sheets::Reading;
use store::Shared;

use super::{first_line, print, read_input, wrong_input};
use crate::devices::{Kind, Setting};
use crate::shop::Shop;

/// Who a change is by that was made on the command line or in the first set-up.
const BY: &str = "setup";

/// Imports the store's own products and prices: all of them or none.
pub fn import_products(dir: &Path, file: &str) -> Result<()> {
    let count = put_products(&mut Shop::open(dir)?, file)?;
    print(&json!({ "products": count }).to_string())
}

/// Reads a product file into the store; how many there were.
pub fn put_products(shop: &mut Shop, file: &str) -> Result<usize> {
    let wrong = |problem: String| wrong_input(format!("{file}: {problem}"));
    let table = sheets::read(&read_input(file)?, &Reading::new(&COLUMNS)).map_err(|problem| wrong(problem.into()))?;
    let products = read_products(&table, true).map_err(wrong)?;
    let count = products.len();
    let things: Vec<Shared> = products.into_iter().map(Shared::Product).collect();
    let now = shop.now();
    shop.store.put_shared(&things, BY, now)?;
    Ok(count)
}

/// Adds a staff member, with the PIN from standard input.
pub fn add_staff(dir: &Path, name: &str, role: &str) -> Result<()> {
    let role = StaffRole::parse(role).map_err(wrong_input)?;
    put_staff(&mut Shop::open(dir)?, name, role, &first_line()?)?;
    print(&json!({ "staff": name, "role": role.word() }).to_string())
}

/// Adds a staff member, or gives one a new PIN and role.
pub fn put_staff(shop: &mut Shop, name: &str, role: StaffRole, pin: &str) -> Result<()> {
    let name = domain::id::identifier(name).map_err(wrong_input)?;
    check_pin(pin).map_err(wrong_input)?;
    let hash = ::sync::password::hash(pin).map_err(anyhow::Error::msg)?;
    let now = shop.now();
    Ok(shop.store.put_shared(&[Shared::Staff { code: name, role, pin_hash: hash, active: true }], BY, now)?)
}

/// Settings that a store may change; the window has a page for each.
pub const SETTINGS: [&str; 16] = [
    "cash_rounding",
    "store_name",
    "phone",
    "waive_up_to",
    "promotions_note",
    "cash_refunds",
    "scale_patterns",
    "mode",
    "wedge_prefix",
    "printer_profile",
    "printer2_profile",
    "device_scanner",
    "device_id_card",
    "device_scale",
    "device_display",
    store::COPIES_FOLDER,
];

/// Sets one of them.
pub fn set(dir: &Path, name: &str, value: &str) -> Result<()> {
    match name {
        "cash_rounding" => CashRounding::parse(value).map(|_| ()).map_err(wrong_input)?,
        "store_name" | "phone" | "promotions_note"
            if value.chars().count() <= 40 && !value.chars().any(char::is_control) => {}
        "store_name" | "phone" | "promotions_note" => {
            return Err(wrong_input(format!("{name} has at most 40 printable characters")));
        }
        "waive_up_to" => Money::parse(value).map(|_| ()).map_err(wrong_input)?,
        "scale_patterns" => Pattern::parse_list(value).map(|_| ()).map_err(wrong_input)?,
        "cash_refunds" if ["allowed", "as_paid"].contains(&value) => {}
        "cash_refunds" => return Err(wrong_input("cash_refunds is allowed or as_paid")),
        "mode" if ["till", "beside"].contains(&value) => {}
        "mode" => return Err(wrong_input("mode is till or beside")),
        "wedge_prefix" if value.len() <= 8 && value.bytes().all(|b| b.is_ascii_graphic()) => {}
        "wedge_prefix" => return Err(wrong_input("wedge_prefix has at most 8 characters, no spaces")),
        "printer_profile" | "printer2_profile" => value.parse::<Profile>().map(|_| ()).map_err(wrong_input)?,
        "device_scanner" | "device_id_card" | "device_scale" | "device_display" => {
            let kind = Kind::parse(name.trim_start_matches("device_")).unwrap_or(Kind::Scanner);
            if !value.is_empty() {
                Setting::parse(kind, value).map_err(|sentence| wrong_input(sentence.to_string()))?;
            }
        }
        store::COPIES_FOLDER if value.is_empty() || Path::new(value).is_absolute() && Path::new(value).is_dir() => {}
        store::COPIES_FOLDER => {
            return Err(wrong_input(
                "copies_folder is a folder that is there, with its whole path; empty: within the data folder",
            ));
        }
        _ => {
            return Err(wrong_input(format!("there is no setting `{name}` ({})", SETTINGS.join(", "))));
        }
    }
    let mut shop = Shop::open(dir)?;
    let now = shop.now();
    Ok(shop.store.keep_setting(name, value, BY, now)?)
}
