//! Money: yuan with two decimals, exact.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::plain;
use crate::quantity::Quantity;

/// The largest amount that a document may name, in fen: 9,999,999.99 yuan.
pub const MAX_FEN: i128 = 999_999_999;

/// An amount in yuan. The decimal inside always has scale 2, so its mantissa is the amount in fen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

impl Default for Money {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, 2));

    /// From fen (1/100 yuan).
    pub fn from_fen(fen: i128) -> Self {
        Self(Decimal::from_i128_with_scale(fen, 2))
    }

    /// In fen.
    pub fn fen(self) -> i128 {
        self.0.mantissa()
    }

    /// In fen, for a column of SQL. Amounts that a document can name always fit.
    pub fn fen_i64(self) -> i64 {
        i64::try_from(self.fen()).unwrap_or(i64::MAX)
    }

    /// Reads `12`, `12.5` or `12.50`: no sign, no exponent, at most two decimals.
    pub fn parse(text: &str) -> Result<Self, String> {
        plain(text, 2, MAX_FEN, "9999999.99").map(Self::from_fen)
    }

    /// Like [`Money::parse`], with a leading minus allowed.
    pub fn parse_signed(text: &str) -> Result<Self, String> {
        match text.strip_prefix('-') {
            Some(rest) => Self::parse(rest).map(Neg::neg),
            None => Self::parse(text),
        }
    }

    /// The decimal inside, of scale 2.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// What so much costs at this price a unit, rounded half away from zero.
    pub fn times(self, quantity: Quantity) -> Self {
        Self::from_fen((self.fen() * quantity.milli() + 500) / 1000)
    }

    /// Whether this is 0.00.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padding and alignment are honoured: receipts line figures up.
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self::from_fen(-self.fen())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Records may carry -0.01: a step of a return can leave such a concession.
        let text = String::deserialize(deserializer)?;
        Self::parse_signed(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_only() {
        for (text, fen) in [("0", 0), ("12", 1200), ("12.5", 1250), ("0.05", 5), ("9999999.99", MAX_FEN)] {
            assert_eq!(Money::parse(text).unwrap().fen(), fen, "{text}");
        }
        for text in ["", ".5", "5.", "-1", "+1", "1e2", "1.005", "10000000.00", "１２", " 1", "1,000"] {
            assert!(Money::parse(text).is_err(), "{text}");
        }
        assert_eq!(Money::from_fen(-1).to_string(), "-0.01");
        assert_eq!(Money::from_fen(123_450).to_string(), "1234.50");
    }
}
