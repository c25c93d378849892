//! Returns, copies and reports: what the till does beside selling.

use domain::id::identifier;
use domain::till::Refusal;
use printers::font::Font;

use super::worker::{News, Request};
use crate::effects::{Driver, failed};

/// Answers a request that is neither an event nor a setting.
pub fn answer(driver: &mut Driver, font: &Font, request: Request) -> News {
    attempt(driver, font, request).unwrap_or_else(News::Failed)
}

fn attempt(driver: &mut Driver, font: &Font, request: Request) -> Result<News, Refusal> {
    Ok(match request {
        Request::FindSale(number) => {
            let number = number_of(driver, &number)?;
            let sale = driver.shop.store.sale(&number).map_err(failed)?;
            News::Sale(Box::new(sale.ok_or(Refusal::UnknownSale(number))?))
        }
        Request::RecentSales => News::Recent(driver.shop.store.recent_sales(RECENT).map_err(failed)?),
        Request::TakeBack { number, lines, reason } => {
            let returned = driver.take_back(&number, &lines, &reason)?;
            News::TakenBack(returned.number, returned.refund)
        }
        Request::Reprint(number) => {
            let (copy, _) = driver.reprint(&number).map_err(|err| Refusal::Failed(format!("{err:#}")))?;
            News::Reprinted(number, copy)
        }
        Request::Preview(number) => News::Paper(preview(driver, font, &number)?),
        Request::XReport => News::Report("x", driver.x_report()?),
        Request::CloseShift(counted) => News::Report("shift", driver.close_shift(&counted)?),
        Request::CloseDay => News::Report("day", driver.close_day()?),
        // The caller answers these itself.
        Request::Event(_)
        | Request::Scan(_)
        | Request::Search(_)
        | Request::Sync
        | Request::Synced(_)
        | Request::SetUp(_)
        | Request::Keep(..) => return Err(Refusal::Busy),
    })
}

/// Sales that a cashier can pick from; older ones by their number.
const RECENT: usize = 50;
/// Digits of a receipt's number within its till and epoch.
const SERIAL: usize = 6;

/// A whole receipt number, or the last digits of the latest receipt that ends so.
fn number_of(driver: &Driver, text: &str) -> Result<String, Refusal> {
    let unknown = || Refusal::UnknownSale(text.chars().take(60).collect());
    // The code on the paper is an address that ends in the record's id and the start of its hash.
    if let Some((_, record)) = text.trim().rsplit_once("/r/") {
        let id = record.split('.').next().unwrap_or_default();
        return driver.shop.store.number_of(id).map_err(failed)?.ok_or_else(unknown);
    }
    let text = identifier(text.trim()).map_err(|_| unknown())?;
    if text.len() > SERIAL || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text);
    }
    driver.shop.store.latest_number(&format!("-{text:0>SERIAL$}")).map_err(failed)?.ok_or_else(unknown)
}

/// The receipt as its printer would print it, or on 58 mm where there is no printer.
fn preview(driver: &Driver, font: &Font, number: &str) -> Result<printers::picture::Picture, Refusal> {
    let unknown = || Refusal::UnknownSale(number.chars().take(60).collect());
    let json = driver.shop.store.receipt(number).map_err(failed)?.ok_or_else(unknown)?;
    let receipt = serde_json::from_str(&json).map_err(failed)?;
    let profile = driver.shop.printer().map_err(failed)?.map(|(_, profile)| profile).unwrap_or_default();
    let bytes = printers::receipt_bytes(&receipt, profile).map_err(Refusal::Failed)?;
    Ok(printers::picture::draw(&bytes, profile.dots(), font))
}
