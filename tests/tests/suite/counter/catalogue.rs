//! What the shop of the model sells, who works there, and how it counts.

/// Something that the shop sells.
pub struct Item {
    pub code: &'static str,
    pub price: i64,
    pub is_piece: bool,
}

const fn piece(code: &'static str, price: i64) -> Item {
    Item { code, price, is_piece: true }
}

const fn weighed(code: &'static str, price: i64) -> Item {
    Item { code, price, is_piece: false }
}

/// As `data/products.csv` prices them; the first ones are sold by the piece.
pub const ITEMS: [Item; 10] = [
    piece("6900000000014", 4140),
    piece("6900000000229", 2270),
    piece("6900000000502", 560),
    piece("6900000000786", 10810),
    piece("6900000000991", 2300),
    piece("6900000002742", 430),
    weighed("10002", 250),
    weighed("10007", 3340),
    weighed("10012", 700),
    weighed("10014", 1260),
];
/// How many of them are sold by the piece.
pub const PIECES: usize = 6;

/// Quantities as they are typed, with what they are in thousandths; none: no quantity at all.
pub const QUANTITIES: [(&str, Option<i64>); 14] = [
    ("2", Some(2000)),
    ("1", Some(1000)),
    ("3", Some(3000)),
    ("12", Some(12_000)),
    ("0.255", Some(255)),
    ("1.235", Some(1235)),
    ("0.5", Some(500)),
    ("99999.999", Some(99_999_999)),
    ("0", None),
    ("-1", None),
    ("1.0005", None),
    ("100000", None),
    ("两", None),
    ("", None),
];
/// The most that one line may cost, in fen, and the most that it may hold.
pub const MOST_FEN: i64 = 999_999_999;
pub const MOST_MILLI: i64 = 99_999_999;
/// The most cash that is taken, and the most that a cashier waives.
pub const MOST_CASH: i64 = 10_000_000;
pub const MOST_WAIVED: i64 = 99;

/// Who works here: code, PIN, whether a manager.
pub const STAFF: [(&str, &str, bool); 3] = [("c1", "1234", false), ("m1", "9999", true), ("c2", "4321", false)];
pub const MANAGER: usize = 1;
/// Means of payment; the first is cash.
pub const TENDERS: [&str; 5] = ["cash", "wechat", "alipay", "bank_card", "e_cny"];

/// `a / b`, half away from zero.
pub fn rounded(a: i64, b: i64) -> i64 {
    let (a, b) = (i128::from(a), i128::from(b));
    i64::try_from((2 * a + b * a.signum()) / (2 * b)).unwrap()
}

/// How cash is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    None,
    Down,
    HalfUp,
}

impl Rounding {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Down => "jiao_down",
            Self::HalfUp => "jiao_half_up",
        }
    }

    pub fn asks(self, due: i64) -> i64 {
        match self {
            Self::None => due,
            Self::Down => due / 10 * 10,
            Self::HalfUp => (due + 5) / 10 * 10,
        }
    }
}

/// A typed quantity, in thousandths.
pub fn valid(n: usize, is_piece: bool) -> Result<i64, &'static str> {
    let milli = QUANTITIES[n].1.ok_or("no quantity")?;
    if is_piece && milli % 1000 != 0 { Err("part of a piece") } else { Ok(milli) }
}
