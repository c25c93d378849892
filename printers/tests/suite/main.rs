//! Paper: every line fits, no hanzi is split, no control byte passes, and it stays short.

mod pictures;

use domain::money::Money;
use domain::quantity::Quantity;
use domain::receipt::{Kind, Line, Receipt};
use printers::{Profile, paper, receipt_bytes};
use proptest::prelude::*;

fn receipt(names: &[String]) -> Receipt {
    let line = |name: &String| Line {
        name: name.clone(),
        code: "6900000000014".into(),
        quantity: Quantity::from_milli(2000),
        unit_name: "袋".into(),
        unit_price: Money::from_fen(3390),
        amount: Money::from_fen(6780),
        promotion: Money::ZERO,
        discount: Some(("平价粮油".into(), Money::from_fen(211))),
        note: None,
    };
    Receipt {
        kind: Kind::Sale,
        store_name: "慈善超市".into(),
        store: "S001".into(),
        till: "01".into(),
        number: "S001-01-1-K7QD-000001".into(),
        at: chrono::DateTime::from_timestamp_millis(1_790_000_000_000).unwrap(),
        cashier: "c1".into(),
        lines: names.iter().map(line).collect(),
        gross: Money::from_fen(67_800),
        promotion: Money::ZERO,
        discount: Money::from_fen(2110),
        purse: Money::from_fen(500),
        rounding: Money::ZERO,
        due: Money::from_fen(65_190),
        tenders: vec![("现金".into(), Money::from_fen(70_000))],
        change: Money::from_fen(4810),
        left: Vec::new(),
        phone: "12345678".into(),
        qr: Some("https://hq.example.org/r/01a20d3e-0e52-7e4c-b8c4-b57d45785003.sdcLOt_DUSOs06dk".into()),
        copy: 0,
    }
}

#[test]
fn ten_items_on_58_mm_stay_under_20_cm() {
    let names = vec!["东北大米 5kg".to_owned(); 10];
    let page = paper::read(&receipt_bytes(&receipt(&names), Profile::default()).unwrap());
    assert!(page.mm() < 200, "{} mm", page.mm());
    assert_eq!((page.qr.len(), page.cuts), (1, 1));
}

proptest! {
    #[test]
    fn any_name_prints_within_the_paper(name in "\\PC{0,40}|[\\x00-\\x1f\u{4e00}-\u{9fff}a-z]{0,60}", columns in prop::sample::select(vec![32_usize, 42, 48])) {
        let bytes = receipt_bytes(&receipt(&[name]), Profile { columns, cut: true }).unwrap();
        let page = paper::read(&bytes);
        prop_assert_eq!(page.unknown.len(), 0);
        for line in &page.lines {
            prop_assert!(printers::charset::columns(line) <= columns, "{}", line);
            prop_assert!(!line.contains('\u{fffd}'), "{}", line);
        }
    }
}
