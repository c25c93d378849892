//! What customers see, and what they never see.

use std::collections::BTreeMap;

use domain::barcode::ProductKey;
use domain::basket::{BasketLine, SaleUnit};
use domain::money::Money;
use domain::pricing::{Priced, Totals};
use domain::product::Product;
use domain::quantity::Quantity;
use domain::role::StaffRole;
use domain::sale::{Entry, SaleLine};
use domain::tender::{Tender, TenderKind};
use domain::till::{Finished, OpenSale, Screen, Shift, Staff};

use super::{Goods, Mode, Shown, Sums, place};
use crate::devices::Show;

const STORE: &str = "和平路店";

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn totals() -> Totals {
    Totals {
        gross: yuan("67.80"),
        promotion: yuan("2.00"),
        discount: yuan("8.20"),
        purse: yuan("5.00"),
        due: yuan("52.60"),
        ..Totals::default()
    }
}

fn rice(number: u32) -> SaleLine {
    let key = ProductKey::barcode("6900000000014").unwrap();
    let product = Product {
        key: key.clone(),
        name: "东北大米".into(),
        spec: "5kg".into(),
        unit_name: "袋".into(),
        unit: SaleUnit::Piece,
        content_kg: None,
        group: "staples/rice".into(),
        price: Some(yuan("33.90")),
        tax_rate: String::new(),
    };
    let basket = BasketLine {
        line: number,
        product: key,
        group: product.group.clone(),
        unit: SaleUnit::Piece,
        content_kg: None,
        unit_price: yuan("33.90"),
        quantity: Quantity::parse("2").unwrap(),
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    SaleLine { basket, product, at: chrono::DateTime::UNIX_EPOCH, entry: Entry::Scan, changed: None }
}

fn sale() -> OpenSale {
    let priced = Priced { lines: Vec::new(), programmes: Vec::new(), totals: totals() };
    OpenSale { lines: vec![rice(1)], last: Some(1), priced: Some(priced), ..OpenSale::default() }
}

fn screen(sale: OpenSale) -> Screen {
    let staff = Staff { code: "c1".into(), role: StaffRole::Cashier };
    Screen::Sale { staff, shift: Shift { id: 1, float: Money::ZERO }, sale: Box::new(sale) }
}

fn finished(beside: bool) -> Finished {
    Finished {
        number: "S001-01-a7c2-000001".into(),
        totals: totals(),
        change: yuan("7.40"),
        rounding: Money::ZERO,
        waived: Money::ZERO,
        beside,
        claims: vec!["a claim".into()],
        job: None,
    }
}

fn sums() -> Sums {
    let (total, shop, discount) = (yuan("67.80"), yuan("2.00"), yuan("8.20"));
    Sums { total, shop, discount, purse: yuan("5.00"), due: yuan("52.60") }
}

#[test]
fn the_line_just_entered_and_what_the_basket_comes_to() {
    let shown = Shown::of_screen(&screen(sale()), None, STORE, false);
    let (price, amount) = (yuan("33.90"), yuan("67.80"));
    let goods = Goods { name: "东北大米 5kg".into(), quantity: "2袋".into(), price, amount };
    assert_eq!(shown, Shown::Basket { line: Some(goods), sums: sums() });
    assert_eq!(shown.for_pole(), Show::Line { price: amount, total: yuan("52.60") });
}

#[test]
fn a_line_that_was_removed_is_not_shown() {
    let shown = Shown::of_screen(&screen(OpenSale { last: Some(7), ..sale() }), None, STORE, false);
    assert_eq!(shown, Shown::Basket { line: None, sums: sums() });
    assert_eq!(shown.for_pole(), Show::Total(yuan("52.60")));
}

#[test]
fn a_family_that_is_verified_before_it_has_goods_is_a_welcome_like_any_other() {
    let purses = BTreeMap::from([("P-PURSE".to_owned(), yuan("5.00"))]);
    let decline = vec!["P-DIBAO".to_owned()];
    let shown = Shown::of_screen(&screen(OpenSale { purses, decline, ..OpenSale::default() }), None, STORE, false);
    assert_eq!(shown, Shown::Idle { store: STORE.into(), note: String::new() });
    assert_eq!(shown.for_pole(), Show::Welcome);
}

#[test]
fn paying_shows_what_was_received_and_what_is_left() {
    let shown = Shown::of_screen(&screen(sale()), None, STORE, true);
    assert_eq!(shown, Shown::Paying { sums: sums(), received: Money::ZERO });
    assert_eq!(shown.for_pole(), Show::Total(yuan("52.60")));
    let tender = Tender { kind: TenderKind::Wechat, amount: yuan("50"), reference: Some("4200001".into()) };
    let sale = OpenSale { tenders: vec![tender], waived: yuan("0.60"), ..sale() };
    let shown = Shown::of_screen(&screen(sale), None, STORE, false);
    let left = Sums { due: yuan("2.00"), shop: yuan("2.60"), ..sums() };
    assert_eq!(shown, Shown::Paying { sums: left, received: yuan("50") });
    assert_eq!(shown.for_pole(), Show::Received(yuan("50")));
}

#[test]
fn thanks_come_with_change_but_not_where_another_till_takes_the_money() {
    let empty = screen(OpenSale::default());
    let shown = Shown::of_screen(&empty, Some(&finished(false)), STORE, false);
    assert_eq!(shown, Shown::Thanks { paid: Some((yuan("60"), yuan("7.40"))) });
    assert_eq!(shown.for_pole(), Show::Change(yuan("7.40")));
    let shown = Shown::of_screen(&empty, Some(&finished(true)), STORE, false);
    assert_eq!(shown, Shown::Thanks { paid: None });
    assert_eq!(shown.for_pole(), Show::Welcome);
    // The next customer's goods matter more than thanks for the last.
    let shown = Shown::of_screen(&screen(sale()), Some(&finished(false)), STORE, false);
    assert!(matches!(shown, Shown::Basket { .. }));
}

#[test]
fn nothing_shown_names_a_family_or_a_receipt() {
    for screen in [screen(sale()), screen(OpenSale::default()), Screen::SignIn] {
        for finished in [None, Some(finished(false))] {
            for is_paying in [false, true] {
                let shown = format!("{:?}", Shown::of_screen(&screen, finished.as_ref(), STORE, is_paying));
                for secret in ["000001", "claim", "staples", "c1", "P-DIBAO"] {
                    assert!(!shown.contains(secret), "{secret} in {shown}");
                }
            }
        }
    }
}

#[test]
fn settings_are_read_back_as_they_were_written() {
    for mode in [Mode::Off, Mode::Window, Mode::Full] {
        assert_eq!(Mode::parse(mode.word()), mode);
    }
    assert_eq!(place("1366, -20").map(|at| (at.x, at.y)), Some((1366.0, -20.0)));
    for bad in ["", "12", "a,b", "1,2,3", "99999,0"] {
        assert_eq!(place(bad), None, "{bad}");
    }
}
