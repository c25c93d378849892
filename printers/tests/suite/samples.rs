//! Receipts as shops hand them out. Every name and number is invented.

use domain::money::Money;
use domain::quantity::Quantity;
use domain::receipt::{Kind, Left, Line, Receipt};

/// Money from its text.
pub fn yuan(text: &str) -> Money {
    Money::parse_signed(text).unwrap()
}

/// A line: name, quantity, unit, price, amount.
pub fn line(name: &str, quantity: &str, unit: &str, price: &str, amount: &str) -> Line {
    Line {
        name: name.into(),
        code: "6900000000014".into(),
        quantity: Quantity::parse(quantity).unwrap(),
        unit_name: unit.into(),
        unit_price: yuan(price),
        amount: yuan(amount),
        promotion: Money::ZERO,
        discount: None,
        note: None,
    }
}

fn discounted(line: Line, amount: &str, note: Option<&str>) -> Line {
    Line { discount: Some(("平价粮油".into(), yuan(amount))), note: note.map(Into::into), ..line }
}

/// Goods without help, paid in cash to the fen.
pub fn plain() -> Receipt {
    Receipt {
        kind: Kind::Sale,
        store_name: "和平路慈善超市".into(),
        store: "S001".into(),
        till: "01".into(),
        number: "S001-01-1-K7QD-000127".into(),
        at: chrono::DateTime::from_timestamp_millis(1_790_000_000_000).unwrap(),
        cashier: "003".into(),
        lines: vec![line("酱油 500ml", "1", "瓶", "8.90", "8.90"), line("毛巾", "2", "条", "6.50", "13.00")],
        gross: yuan("21.90"),
        promotion: Money::ZERO,
        discount: Money::ZERO,
        purse: Money::ZERO,
        rounding: Money::ZERO,
        due: yuan("21.90"),
        tenders: vec![("现金".into(), yuan("50.00"))],
        change: yuan("28.10"),
        left: Vec::new(),
        phone: "0537-0000000".into(),
        qr: None,
        copy: 0,
        training: false,
        waived: Money::ZERO,
    }
}

/// Discounts, a purse, limits that are left, a product out of scope, weighed goods, and rounding.
pub fn helped() -> Receipt {
    let left = |name: &str, amount: &str| Left { name: name.into(), period: "本月".into(), amount: amount.into() };
    Receipt {
        lines: vec![
            discounted(line("东北大米 5kg", "2", "袋", "33.90", "67.80"), "8.20", Some("本次用的是剩余额度")),
            discounted(line("一级大豆油 5L", "1", "桶", "49.90", "49.90"), "5.00", None),
            line("土豆", "1.235", "公斤", "3.98", "4.92"),
            Line { promotion: yuan("1.00"), ..line("鸡蛋 30枚", "1", "盒", "21.80", "21.80") },
            line("卷烟", "1", "盒", "22.00", "22.00"),
        ],
        gross: yuan("166.42"),
        promotion: yuan("1.00"),
        discount: yuan("13.20"),
        purse: yuan("20.00"),
        rounding: yuan("0.02"),
        due: yuan("132.20"),
        tenders: vec![("微信".into(), yuan("100.00")), ("现金".into(), yuan("50.00"))],
        change: yuan("17.80"),
        left: vec![left("平价粮油", "0.00元"), left("爱心卡", "30.00元")],
        qr: Some("https://hq.example.org/r/01a20d3e-0e52-7e4c-b8c4-b57d45785003.sdcLOt_DUSOs06dk".into()),
        ..plain()
    }
}

/// A long head, long names, large amounts, long units.
pub fn long() -> Receipt {
    Receipt {
        store_name: "济宁市任城区和平路街道慈善超市（演示）".into(),
        lines: vec![
            line("运河人家有机长粒香东北大米真空装家庭实惠装 10kg×2", "12", "袋", "1075.90", "12910.80"),
            discounted(
                line("超浓缩洗衣液薰衣草香型瓶装补充装组合 2kg+500g×4", "1", "组合装", "59.90", "59.90"),
                "12.00",
                None,
            ),
            line("散装", "99999.999", "公斤", "99999.99", "9999999.99"),
        ],
        gross: yuan("9999999.99"),
        due: yuan("9999999.99"),
        tenders: vec![("数字人民币".into(), yuan("9999999.99"))],
        change: Money::ZERO,
        ..helped()
    }
}

/// A return of two lines, one of them partly paid by a purse.
pub fn back() -> Receipt {
    Receipt {
        kind: Kind::Return { of: "S001-01-1-K7QD-000127".into() },
        number: "S001-01-1-K7QD-000131".into(),
        lines: vec![line("东北大米 5kg", "1", "袋", "33.90", "29.80"), line("土豆", "1.235", "公斤", "3.98", "4.92")],
        gross: Money::ZERO,
        promotion: Money::ZERO,
        discount: yuan("4.10"),
        purse: yuan("20.00"),
        rounding: Money::ZERO,
        due: yuan("14.72"),
        tenders: Vec::new(),
        change: Money::ZERO,
        left: Vec::new(),
        ..helped()
    }
}

/// The second copy of a sale that was rounded up.
pub fn copied() -> Receipt {
    Receipt { copy: 2, rounding: yuan("-0.03"), due: yuan("21.93"), ..plain() }
}

/// A whole sale taken back, on a training till.
pub fn void() -> Receipt {
    Receipt { kind: Kind::Void { of: "S001-01-1-K7QD-000127".into() }, training: true, ..back() }
}

/// The slip of a till that stands beside another.
pub fn beside(host_receipt: Option<&str>) -> Receipt {
    Receipt { kind: Kind::Beside { host_receipt: host_receipt.map(Into::into) }, ..helped() }
}

/// A sale of which the cashier let some fen go.
pub fn waived() -> Receipt {
    Receipt { waived: yuan("0.90"), due: yuan("21.00"), ..plain() }
}

/// All of them, by name.
pub fn all() -> [(&'static str, Receipt); 9] {
    [
        ("plain", plain()),
        ("helped", helped()),
        ("long", long()),
        ("back", back()),
        ("copied", copied()),
        ("void", void()),
        ("beside", beside(Some("0003-20261124-000351"))),
        ("beside, not known", beside(None)),
        ("waived", waived()),
    ]
}

/// A file of this crate.
pub fn file(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The system's font, read once.
pub fn font() -> printers::font::Font {
    static FONT: std::sync::OnceLock<printers::font::Font> = std::sync::OnceLock::new();
    FONT.get_or_init(|| printers::font::system().unwrap()).clone()
}
