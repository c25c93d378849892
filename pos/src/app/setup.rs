//! The steps of setting a till up.

use anyhow::Result;
use domain::role::StaffRole;

use super::worker::Worker;
use crate::commands::{enrol, printer, setup};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Enrol with headquarters: address and code.
    Enrol { url: String, code: String },
    /// Import the store's products from a file.
    Products(String),
    /// Say where the printer is, and how many columns its paper has.
    Printer(String, usize),
    /// The same for the second printer.
    SecondPrinter(String, usize),
    /// Print the test page.
    TestPage,
    /// Print the test page of a printer.
    TestPageOf(u8),
    /// Add a staff member.
    Staff { code: String, role: StaffRole, pin: String },
}

/// Carries a step out; what came of it, in figures.
pub(super) fn perform(worker: &mut Worker, step: &Step) -> Result<String> {
    let shop = &mut worker.driver.shop;
    let said = match step {
        Step::Enrol { url, code } => {
            let enrolled = enrol::enrol(shop, url.trim(), code)?;
            format!("{}/{}", enrolled.store, enrolled.till)
        }
        Step::Products(file) => {
            let count = setup::put_products(shop, file)?;
            worker.products = shop.store.product_count()?;
            count.to_string()
        }
        Step::Printer(target, columns) => {
            printer::put(shop, target, *columns)?;
            target.clone()
        }
        Step::SecondPrinter(target, columns) => {
            printer::put_as(shop, 2, target, *columns)?;
            target.clone()
        }
        Step::TestPage => {
            printer::print_test_page(shop, 1)?;
            String::new()
        }
        Step::TestPageOf(number) => {
            printer::print_test_page(shop, *number)?;
            String::new()
        }
        Step::Staff { code, role, pin } => {
            setup::put_staff(shop, code, *role, pin)?;
            code.clone()
        }
    };
    worker.driver.refresh()?;
    Ok(said)
}
