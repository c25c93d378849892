//! The customer's display: what it shows, as bytes.
//!
//! The queue reads it too. So what can be shown is amounts and nothing else: a household, a
//! programme or a balance has no place in `Show`.

use domain::money::Money;

/// Columns of a text display.
const COLUMNS: usize = 20;
/// Digits of a numeric display.
const DIGITS: usize = 8;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Nobody is being served.
    Welcome,
    /// Nothing.
    Clear,
    /// The price of one thing that was asked for.
    Price(Money),
    /// A line of the basket, and what the basket comes to.
    Line {
        /// What the line comes to.
        price: Money,
        /// What the basket comes to so far.
        total: Money,
    },
    /// What is to be paid.
    Total(Money),
    /// What was handed over.
    Received(Money),
    /// What is given back.
    Change(Money),
}

/// Kinds of display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// 8 digits; lamps by `ESC s`.
    Led8,
    /// 8 digits; lamps by `STX L`.
    Led8n,
    /// 2 lines of 20 characters.
    Cd5220,
}

/// The four lamps beside the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lamp {
    None,
    /// 单价
    Price,
    /// 总计
    Total,
    /// 收款
    Received,
    /// 找零
    Change,
}

impl Lamp {
    fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Price => 1,
            Self::Total => 2,
            Self::Received => 3,
            Self::Change => 4,
        }
    }
}

impl Model {
    /// What a display is sent after it was switched on.
    pub fn start(self) -> &'static [u8] {
        match self {
            Self::Led8 | Self::Led8n | Self::Cd5220 => &[0x1B, 0x40],
        }
    }

    /// The bytes that show it.
    pub fn encode(self, show: Show) -> Vec<u8> {
        match self {
            Self::Led8 | Self::Led8n => self.digits(show),
            Self::Cd5220 => two_lines(show),
        }
    }

    fn digits(self, show: Show) -> Vec<u8> {
        let (lamp, amount) = match show {
            Show::Welcome | Show::Clear => (Lamp::None, None),
            Show::Price(price) | Show::Line { price, .. } => (Lamp::Price, Some(price)),
            Show::Total(total) => (Lamp::Total, Some(total)),
            Show::Received(received) => (Lamp::Received, Some(received)),
            Show::Change(change) => (Lamp::Change, Some(change)),
        };
        let mut bytes = vec![0x0C];
        bytes.extend(self.lamp(lamp));
        if let Some(amount) = amount {
            bytes.extend([0x1B, 0x51, 0x41]);
            bytes.extend(figure(amount).bytes());
            bytes.push(0x0D);
        }
        bytes
    }

    fn lamp(self, lamp: Lamp) -> Vec<u8> {
        if self == Self::Led8 {
            return vec![0x1B, 0x73, b'0' + lamp.number()];
        }
        let each = (1..=4).map(|number| if lamp.number() == number { 0x31 } else { 0x30 });
        [0x02, 0x4C].into_iter().chain(each).collect()
    }
}

/// An amount in at most eight places, the point not counted: without fen where it does not fit.
fn figure(amount: Money) -> String {
    let text = amount.to_string();
    let places = |text: &str| text.bytes().filter(|byte| *byte != b'.').count();
    if places(&text) <= DIGITS {
        return text;
    }
    let whole = text.split('.').next().unwrap_or_default();
    if places(whole) <= DIGITS { whole.into() } else { "-".repeat(DIGITS) }
}

fn two_lines(show: Show) -> Vec<u8> {
    let one = |name: &str, amount: Money| (row(name, amount), " ".repeat(COLUMNS));
    let (upper, lower) = match show {
        Show::Clear => return vec![0x0C],
        Show::Welcome => (format!("{:^COLUMNS$}", "WELCOME"), " ".repeat(COLUMNS)),
        Show::Line { price, total } => (row("PRICE", price), row("TOTAL", total)),
        Show::Price(price) => one("PRICE", price),
        Show::Total(total) => one("TOTAL", total),
        Show::Received(received) => one("RECEIVED", received),
        Show::Change(change) => one("CHANGE", change),
    };
    let mut bytes = vec![0x1B, 0x51, 0x41];
    bytes.extend(upper.bytes());
    bytes.extend([0x0D, 0x1B, 0x51, 0x42]);
    bytes.extend(lower.bytes());
    bytes.push(0x0D);
    bytes
}

fn row(name: &str, amount: Money) -> String {
    let left = COLUMNS - name.len();
    format!("{name}{amount:>left$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(text: &str) -> Money {
        Money::parse_signed(text).unwrap()
    }

    /// The bytes of the LED8N manual for 12.50.
    #[test]
    fn eight_digits() {
        let amount = [0x1B, 0x51, 0x41, 0x31, 0x32, 0x2E, 0x35, 0x30, 0x0D];
        let led8 = Model::Led8.encode(Show::Total(yuan("12.50")));
        assert_eq!(led8, [&[0x0C, 0x1B, 0x73, b'2'][..], &amount].concat());
        let led8n = Model::Led8n.encode(Show::Change(yuan("12.50")));
        assert_eq!(led8n, [&[0x0C, 0x02, 0x4C, 0x30, 0x30, 0x30, 0x31][..], &amount].concat());
        assert_eq!(Model::Led8.encode(Show::Welcome), [0x0C, 0x1B, 0x73, b'0']);
        assert_eq!(Model::Led8n.encode(Show::Clear), [0x0C, 0x02, 0x4C, 0x30, 0x30, 0x30, 0x30]);
        assert_eq!(Model::Led8.start(), [0x1B, 0x40]);
    }

    #[test]
    fn each_amount_has_its_lamp() {
        let one = yuan("1.00");
        let shows = [Show::Price(one), Show::Line { price: one, total: one }, Show::Total(one), Show::Received(one)];
        assert_eq!(shows.map(|show| Model::Led8.encode(show)[3]), [b'1', b'1', b'2', b'3']);
        assert_eq!(Model::Led8.encode(Show::Change(one))[3], b'4');
    }

    #[test]
    fn amounts_that_do_not_fit() {
        assert_eq!(figure(yuan("999999.99")), "999999.99");
        assert_eq!(figure(yuan("1000000.00")), "1000000");
        assert_eq!(figure(yuan("-99999.99")), "-99999.99");
        assert_eq!(figure(yuan("-999999.99")), "-999999");
        assert_eq!(figure(Money::from_fen(99_999_999_999_999)), "--------");
    }

    #[test]
    fn two_lines_of_twenty() {
        let line = Show::Line { price: yuan("3.50"), total: yuan("9999999.99") };
        assert_eq!(Model::Cd5220.encode(line), b"\x1bQAPRICE           3.50\r\x1bQBTOTAL     9999999.99\r");
        assert_eq!(Model::Cd5220.encode(Show::Clear), [0x0C]);
        for show in
            [Show::Welcome, Show::Price(yuan("1.00")), Show::Received(yuan("-5.00")), Show::Change(yuan("0.00"))]
        {
            let bytes = Model::Cd5220.encode(show);
            assert_eq!(bytes.len(), 2 * (3 + COLUMNS + 1), "{show:?}");
            assert!(bytes.is_ascii());
        }
    }
}
