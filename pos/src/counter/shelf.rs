//! Goods and prices, promotions and staff of the store, as a manager changes them at a till. A change
//! counts here at once and goes to the store's other tills through headquarters.

use std::collections::BTreeMap;

use domain::barcode::Selector;
use domain::json::{Node, Unknown};
use domain::product::Product;
use domain::promotion::Promotion;
use domain::role::{StaffRole, check_pin};
use domain::till::Refusal;
use domain::time::business_date;
use store::{Shared, SharedKind};
use sync::protocol::read_shared;

use super::Approval;
use crate::effects::{Driver, failed};

/// A change to what the store's tills share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShelfChange {
    /// A product, new or as it is from now on.
    Product { product: Product, is_new: bool },
    /// A new promotion; its code is given here.
    Promotion(Promotion),
    /// A promotion ends now.
    Stop { code: String },
    /// A new staff member.
    Person { code: String, role: StaffRole, pin: String },
    /// A new PIN.
    Pin { code: String, pin: String },
    /// Who left signs in no more, or does again.
    Active { code: String, active: bool },
}

/// Why a change was not made: a sentence in Chinese and one in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Problem {
    /// A sentence in both languages.
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { zh: refusal.zh(), en: refusal.en() }
    }
}

/// What the pages show beside products.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Groups of the store's products, each with a product of it.
    pub groups: Vec<(String, String)>,
    /// Promotions, those that are over too.
    pub promotions: Vec<Promotion>,
    /// Names of the products that they are for, by `barcode:…` or `plu:…`.
    pub names: BTreeMap<String, String>,
    /// Staff: code, role, and whether the person may sign in.
    pub staff: Vec<(String, StaffRole, bool)>,
}

impl Driver {
    /// Groups, promotions and staff as they are now.
    pub fn books(&self) -> Result<Books, Refusal> {
        let store = &self.shop.store;
        let mut books = Books::default();
        for document in store.promotions().map_err(failed)? {
            let value = serde_json::from_str(&document).map_err(failed)?;
            books.promotions.extend(Promotion::read(&Node::root("promotion", &value, Unknown::Ignore)));
        }
        for selector in books.promotions.iter().flat_map(|p| &p.include) {
            if let Selector::Product(key) = selector
                && let Some(product) = store.product(key).map_err(failed)?
            {
                books.names.insert(key.tagged(), product.name);
            }
        }
        books.staff = store.staff_rows().map_err(failed)?.into_iter().map(|s| (s.code, s.role, s.active)).collect();
        books.groups = self.shop.store.groups().map_err(failed)?;
        Ok(books)
    }

    /// Makes a change that a manager allows. The till reads it with its next refresh.
    pub fn change_shelf(&mut self, change: &ShelfChange, approval: &Approval) -> Result<(), Problem> {
        let manager = self.check_manager(&approval.staff, &approval.pin)?.code;
        let now = self.shop.now();
        let detail = match change {
            ShelfChange::Stop { code } => {
                let store = &mut self.shop.store;
                store.delete_shared(SharedKind::Promotion, code, &manager, now).map_err(failed)?;
                format!("promotion {code} stopped")
            }
            other => {
                let (thing, detail) = self.shared(other)?;
                let (kind, key) = thing.key();
                read_shared(kind.word(), &key, &thing.body()).map_err(Refusal::Failed)?;
                self.shop.store.put_shared(&[thing], &manager, now).map_err(failed)?;
                detail
            }
        };
        Ok(self.shop.store.remember(now.timestamp_millis(), Some(&manager), "shelf", &detail).map_err(failed)?)
    }

    /// What is written, and what the trail says of it; never a PIN.
    fn shared(&self, change: &ShelfChange) -> Result<(Shared, String), Problem> {
        Ok(match change {
            ShelfChange::Product { product, is_new } => {
                let before = self.shop.store.product(&product.key).map_err(failed)?;
                if *is_new && before.is_some() {
                    return Err(Problem::new(
                        "这个编号已经有商品，请按编号找到它再改。",
                        "There is a product of this code; find it and change it.",
                    ));
                }
                if product.price.is_none_or(|price| price.is_zero()) {
                    return Err(Problem::new("请填写价格，要大于 0。", "Enter a price above 0."));
                }
                let old = before.and_then(|p| p.price).map_or_else(|| "-".into(), |price| price.to_string());
                let price = product.price.unwrap_or_default();
                (Shared::Product(product.clone()), format!("product {} {old} -> {price}", product.key.tagged()))
            }
            ShelfChange::Promotion(promotion) => {
                let day = business_date(self.shop.now()).format("%Y%m%d");
                let code = format!("P{day}-{}", sync::random_base32(4));
                let promotion = Promotion { code: code.clone(), ..promotion.clone() };
                let detail = format!("promotion {code}");
                (Shared::Promotion { code, document: promotion.document() }, detail)
            }
            ShelfChange::Stop { code } => return Err(Refusal::Failed(format!("{code} is no change to write")).into()),
            ShelfChange::Person { code, role, pin } => {
                let code = domain::id::identifier(code.trim())
                    .map_err(|_| Problem::new("工号用字母和数字。", "A staff code has letters and digits."))?;
                if self.person(&code).is_ok() {
                    return Err(Problem::new(
                        "这个工号已经有了，请在名单里选它，改密码或恢复。",
                        "This code is in the list already; choose it there.",
                    ));
                }
                let pin_hash = hash(pin)?;
                let detail = format!("staff {code} {}", role.word());
                (Shared::Staff { code, role: *role, pin_hash, active: true }, detail)
            }
            ShelfChange::Pin { code, pin } => {
                let row = self.person(code)?;
                let detail = format!("staff {code} new PIN");
                (Shared::Staff { code: row.code, role: row.role, pin_hash: hash(pin)?, active: row.active }, detail)
            }
            ShelfChange::Active { code, active } => {
                let row = self.person(code)?;
                if !active && row.role == StaffRole::Manager && self.is_last_manager(code)? {
                    return Err(Problem::new(
                        "这是最后一位店长，不能停用。请先添加另一位店长。",
                        "This is the last manager. Add another one first.",
                    ));
                }
                let detail = format!("staff {code} {}", if *active { "back" } else { "off" });
                (Shared::Staff { code: row.code, role: row.role, pin_hash: row.pin_hash, active: *active }, detail)
            }
        })
    }

    fn person(&self, code: &str) -> Result<store::StaffRow, Problem> {
        let rows = self.shop.store.staff_rows().map_err(failed)?;
        let found = rows.into_iter().find(|row| row.code == code);
        found.ok_or_else(|| Problem::new("没有这个工号，请看名单。", "There is no such code; look at the list."))
    }

    fn is_last_manager(&self, code: &str) -> Result<bool, Refusal> {
        let rows = self.shop.store.staff_rows().map_err(failed)?;
        Ok(!rows.iter().any(|row| row.role == StaffRole::Manager && row.active && row.code != code))
    }
}

fn hash(pin: &str) -> Result<String, Problem> {
    check_pin(pin).map_err(|_| Problem::new("密码是 4 到 8 位数字。", "A PIN has 4 to 8 digits."))?;
    Ok(sync::password::hash(pin).map_err(Refusal::Failed)?)
}
