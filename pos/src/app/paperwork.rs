//! What the till does beside selling, for the window: returns, copies, reports, cash.

use domain::id::identifier;
use domain::money::Money;
use domain::product::Product;
use domain::promotion::Kind;
use domain::returns::PayBack;
use domain::sale::{Entry, ReturnLine, SaleLine};
use domain::till::{Refusal, family};
use printers::font::Font;
use serde_json::Value;

use super::screens::shelf::Start;
use super::view::Checked;
use super::worker::News;
use crate::counter::{Approval, Books, CashKind, Loose, Month, Problem, Saying, ShelfChange};
use crate::effects::{Driver, failed};

/// Work of the counter that is no event of the state machine.
#[derive(Debug, Clone)]
pub enum Counter {
    /// Find a sale by its receipt number, or by the code on its paper.
    FindSale(String),
    /// The latest sales.
    RecentSales,
    /// Take goods back.
    TakeBack { number: String, lines: Vec<ReturnLine>, reason: String, pay_back: PayBack },
    /// Take goods back that another till of the store sold.
    TakeBackForeign { number: String, lines: Vec<ReturnLine>, reason: String },
    /// Goods and prices, promotions and staff.
    Shelf(Query),
    /// The store's accounts with headquarters.
    Accounts(AccountQuery),
    /// A manager opens the store's settings.
    Settings(Approval),
    /// Give the same goods for goods that came back.
    Exchange { number: String, lines: Vec<ReturnLine>, reason: String },
    /// Take goods back without a receipt.
    Loose { loose: Loose, approval: Approval },
    /// Void the last sale.
    VoidLast { reason: String, approval: Approval },
    /// Put cash in, take it out, or open the drawer.
    MoveCash { kind: CashKind, amount: String, reason: String, approval: Option<Approval> },
    /// What something costs.
    Check(String),
    /// How each rule reads a code.
    Read(String),
    /// Print a receipt again.
    Reprint(String),
    /// Draw a receipt.
    Preview(String),
    /// The shift as it stands.
    XReport,
    /// This much cash was counted: end the shift if it is right.
    Count(String),
    /// End the shift with this much cash counted.
    CloseShift { counted: String, reason: Option<String> },
    /// End the business day.
    CloseDay,
    /// Print a report.
    PrintReport(&'static str, Value),
    /// Print what is left for the verified family.
    PrintQuota,
    /// Print what to take off in the other till.
    TakeOffSlip,
    /// Print blank numbered slips.
    BlankSlips,
}

/// What the pages of goods and prices, promotions and staff ask for.
#[derive(Debug, Clone)]
pub enum Query {
    /// A manager opens them.
    Open { approval: Approval, start: Start },
    /// The product of a scanned code.
    Code(String),
    /// A change.
    Change { approval: Approval, change: ShelfChange },
}

/// What the page of accounts asks for.
#[derive(Debug, Clone)]
pub enum AccountQuery {
    /// A manager opens a month; none: the present one.
    Open { approval: Approval, month: Option<String> },
    /// Something is said to headquarters about the month.
    Say { approval: Approval, month: Box<Month>, saying: Saying },
}

/// What it is told.
#[derive(Debug)]
pub enum AccountNews {
    /// A month, and pictures that may be added to a dispute.
    Month { approval: Approval, month: Box<Month>, pictures: Vec<String>, is_said: bool },
    /// It cannot be.
    Refused(Problem),
}

/// What they are told.
#[derive(Debug)]
pub enum ShelfNews {
    /// They are open.
    Opened { approval: Approval, start: Start, books: Box<Books> },
    /// A product.
    Product(Box<Product>),
    /// There is none of this code.
    NoProduct(String),
    /// It was changed.
    Changed { change: ShelfChange, books: Box<Books> },
    /// It was not.
    Refused(Problem),
}

impl Counter {
    /// Whether it leaves something that the store's other tills or headquarters should have soon.
    pub fn goes_up(&self) -> bool {
        matches!(
            self,
            Self::Shelf(Query::Change { .. }) | Self::Accounts(AccountQuery::Say { .. }) | Self::TakeBackForeign { .. }
        )
    }
}

/// Answers it.
pub fn answer(driver: &mut Driver, font: &Font, work: Counter) -> News {
    attempt(driver, font, work).unwrap_or_else(News::Failed)
}

fn attempt(driver: &mut Driver, font: &Font, work: Counter) -> Result<News, Refusal> {
    Ok(match work {
        Counter::FindSale(number) => find_sale(driver, &number)?,
        Counter::RecentSales => News::Recent(driver.shop.store.recent_sales(RECENT).map_err(failed)?),
        Counter::TakeBack { number, lines, reason, pay_back } => {
            News::TakenBack(driver.take_back_by(&number, &lines, &reason, pay_back)?)
        }
        Counter::TakeBackForeign { number, lines, reason } => {
            News::TakenBack(driver.take_back_foreign(&number, &lines, &reason)?)
        }
        Counter::Shelf(query) => News::Shelf(shelf(driver, query).unwrap_or_else(ShelfNews::Refused)),
        Counter::Accounts(query) => News::Accounts(accounts(driver, query).unwrap_or_else(AccountNews::Refused)),
        Counter::Settings(approval) => {
            driver.check_manager(&approval.staff, &approval.pin)?;
            let values = driver.shop.settings_now().map_err(failed)?;
            News::Settings(approval, values)
        }
        Counter::Exchange { number, lines, reason } => {
            for line in &lines {
                driver.exchange(&number, line, &reason)?;
            }
            News::Exchanged
        }
        Counter::Loose { loose, approval } => News::TakenBack(driver.refund_without_receipt(&loose, Some(&approval))?),
        Counter::VoidLast { reason, approval } => News::TakenBack(driver.void_last(&reason, Some(&approval))?),
        Counter::MoveCash { kind, amount, reason, approval } => {
            let moved = driver.move_cash(kind, &amount, &reason, approval.as_ref())?;
            let title = match kind {
                CashKind::In => Some("现金存入单"),
                CashKind::Out => Some("现金取出单"),
                CashKind::Open => None,
            };
            if let Some(title) = title {
                let slip = driver.cash_slip(title, moved, &reason)?;
                // The money has moved: without a printer the trail still says so.
                driver.print_slip(&slip).ok();
            }
            News::Moved(kind, moved)
        }
        Counter::Check(code) => News::Checked(Box::new(check(driver, &code)?)),
        Counter::Read(code) => {
            let lines = readings(driver, &code);
            // A payment code or an ID number is not shown, not even here.
            let shown = if matches!(driver.find(&code), Err(Refusal::PaymentCode)) { String::new() } else { code };
            News::Readings(shown, lines)
        }
        Counter::Reprint(number) => {
            let (copy, _) = driver.reprint(&number).map_err(|err| Refusal::Failed(format!("{err:#}")))?;
            News::Reprinted(number, copy)
        }
        Counter::Preview(number) => News::Paper(preview(driver, font, &number)?),
        Counter::XReport => News::Report("x", driver.x_report()?),
        Counter::Count(counted) if driver.is_count_right(&counted)? => close_shift(driver, &counted, None)?,
        Counter::Count(counted) => News::CountDiffers(counted),
        Counter::CloseShift { counted, reason } => close_shift(driver, &counted, reason.as_deref())?,
        Counter::CloseDay => {
            let report = driver.close_day()?;
            print_report(driver, "day", &report).ok();
            News::Report("day", report)
        }
        Counter::PrintReport(kind, report) => {
            print_report(driver, kind, &report)?;
            News::Printing
        }
        Counter::PrintQuota => {
            let cx = driver.context();
            let family = family::family(&driver.till, &cx).ok_or(Refusal::NotVerified)?;
            let slip = driver.quota_slip(&family)?;
            driver.print_slip(&slip)?;
            News::Printing
        }
        Counter::TakeOffSlip => {
            let slip = driver.take_off_slip()?;
            driver.print_slip(&slip)?;
            News::Printing
        }
        Counter::BlankSlips => {
            driver.blank_slips(BLANK_SLIPS)?;
            News::Printing
        }
    })
}

/// Blank slips that are printed at once.
const BLANK_SLIPS: u32 = 5;
/// Sales that a cashier can pick from; older ones by their number.
const RECENT: usize = 50;
/// Digits of a receipt's number within its till and epoch.
const SERIAL: usize = 6;

/// The shift is closed before its paper: without a printer it is closed all the same.
fn close_shift(driver: &mut Driver, counted: &str, reason: Option<&str>) -> Result<News, Refusal> {
    let report = driver.close_shift(counted, reason)?;
    print_report(driver, "shift", &report).ok();
    Ok(News::Report("shift", report))
}

fn print_report(driver: &mut Driver, kind: &str, report: &Value) -> Result<i64, Refusal> {
    let slip = driver.report_slip(kind, report)?;
    driver.print_slip(&slip)
}

/// How each rule reads a code: for the pages that try scanners and labels.
fn readings(driver: &Driver, code: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut lines = vec![("位数", "Characters", code.chars().count().to_string())];
    let barcode = match domain::barcode::ProductKey::barcode(code) {
        Ok(key) => key.parts().1,
        Err(_) => "—".into(),
    };
    lines.push(("条码", "Barcode", barcode));
    for pattern in &driver.shop.patterns {
        let Some(read) = pattern.read(code) else { continue };
        let text = match read {
            Err(_) => format!("{} ✗", pattern.text()),
            Ok(label) => {
                let weight = label.weight.map(|kg| format!(" {kg} kg")).unwrap_or_default();
                let amount = label.amount.map(|amount| format!(" ¥{amount}")).unwrap_or_default();
                format!("{} → {}{weight}{amount}", pattern.text(), label.item)
            }
        };
        lines.push(("秤签", "Scale label", text));
    }
    let product = match driver.find(code) {
        Ok(found) => format!("{} {}", found.product.name, found.product.spec),
        Err(refusal) => refusal.zh(),
    };
    lines.push(("商品", "Product", product.trim().to_owned()));
    lines
}

/// A sale of this till, else of another one of the store.
fn find_sale(driver: &mut Driver, typed: &str) -> Result<News, Refusal> {
    let Some(number) = number_of(driver, typed)? else {
        return Ok(News::Shelf(ShelfNews::Refused(Problem::new(
            "这张小票是别的款台的，请输入小票上的小票号。",
            "This receipt is another till's; type the number that stands on it.",
        ))));
    };
    if let Some(sale) = driver.shop.store.sale(&number).map_err(failed)? {
        let may_choose = driver.may_choose_cash(&sale)?;
        return Ok(News::Sale(Box::new(sale), may_choose));
    }
    // Headquarters knows the number as it was printed, in capitals.
    let capitals = number.to_uppercase();
    let found = match driver.foreign_sale(&number) {
        Err(Refusal::UnknownSale(_) | Refusal::NotOwnSale(_)) if capitals != number => driver.foreign_sale(&capitals),
        asked => asked,
    }?;
    Ok(News::OtherTill(Box::new(found.sale), found.till))
}

fn shelf(driver: &mut Driver, query: Query) -> Result<ShelfNews, Problem> {
    Ok(match query {
        Query::Open { approval, start } => {
            driver.check_manager(&approval.staff, &approval.pin)?;
            ShelfNews::Opened { approval, start, books: Box::new(driver.books()?) }
        }
        Query::Code(code) => match driver.find(&code) {
            Ok(found) => ShelfNews::Product(Box::new(found.product)),
            Err(Refusal::UnknownProduct(code)) => ShelfNews::NoProduct(code),
            Err(refusal) => return Err(refusal.into()),
        },
        Query::Change { approval, change } => {
            driver.change_shelf(&change, &approval)?;
            ShelfNews::Changed { change, books: Box::new(driver.books()?) }
        }
    })
}

fn accounts(driver: &mut Driver, query: AccountQuery) -> Result<AccountNews, Problem> {
    let (approval, month, is_said) = match query {
        AccountQuery::Open { approval, month } => {
            driver.check_manager(&approval.staff, &approval.pin)?;
            (approval, month.unwrap_or_else(|| driver.this_month()), false)
        }
        AccountQuery::Say { approval, month, saying } => {
            driver.say(&month, &saying, &approval)?;
            (approval, month.month, true)
        }
    };
    let month = Box::new(driver.month(&month)?);
    Ok(AccountNews::Month { approval, month, pictures: crate::nearby::files(&["jpg", "jpeg", "png"]), is_said })
}

/// A product's price today, with the promotions that cover it.
fn check(driver: &Driver, code: &str) -> Result<Checked, Refusal> {
    let found = driver.find(code)?;
    let cx = driver.context();
    let date = domain::time::business_date(cx.now);
    let product = found.product;
    let basket = domain::basket::BasketLine {
        line: 1,
        product: product.key.clone(),
        group: product.group.clone(),
        unit: product.unit,
        content_kg: product.content_kg,
        unit_price: product.price.unwrap_or_default(),
        quantity: domain::quantity::Quantity::ONE,
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    let line = SaleLine { basket, product: product.clone(), at: cx.now, entry: Entry::Scan, changed: None };
    let valid = driver.till.promotions.iter().filter(|p| p.is_valid(date) && p.covers(&line));
    let promotions = valid
        .map(|p| {
            let mut lines = [line.clone()];
            domain::promotion::apply(std::slice::from_ref(p), date, &mut lines);
            let off = (!matches!(p.kind, Kind::Threshold { .. })).then_some(lines[0].basket.promotion);
            (p.name.clone(), off)
        })
        .collect();
    Ok(Checked { product, amount: found.label.and_then(|label| label.amount), promotions })
}

/// A whole receipt number, or the last digits of the latest receipt that ends so. None: the code on the
/// paper of another till, which does not say its number.
fn number_of(driver: &Driver, text: &str) -> Result<Option<String>, Refusal> {
    let unknown = || Refusal::UnknownSale(text.chars().take(60).collect());
    // The code on the paper is an address that ends in the record's id and the start of its hash.
    if let Some((_, record)) = text.trim().rsplit_once("/r/") {
        let id = record.split('.').next().unwrap_or_default();
        return driver.shop.store.number_of(id).map_err(failed);
    }
    let text = identifier(text.trim()).map_err(|_| unknown())?;
    if text.len() > SERIAL || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(Some(text));
    }
    let latest = driver.shop.store.latest_number(&format!("-{text:0>SERIAL$}")).map_err(failed)?;
    latest.map(Some).ok_or_else(unknown)
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
