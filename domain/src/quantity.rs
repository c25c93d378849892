//! Quantities and weights with three decimals, and percents with two.

use std::fmt;
use std::ops::{Add, Sub};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::plain;

/// The largest quantity that a document may name, in thousandths: 99,999.999.
pub const MAX_MILLI: i128 = 99_999_999;

/// A number of pieces, kilograms or jin. The decimal inside always has scale 3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(Decimal);

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, 3));
    /// One piece or kilogram.
    pub const ONE: Self = Self(Decimal::from_parts(1000, 0, 0, false, 3));

    /// From thousandths.
    pub fn from_milli(milli: i128) -> Self {
        Self(Decimal::from_i128_with_scale(milli, 3))
    }

    /// In thousandths.
    pub fn milli(self) -> i128 {
        self.0.mantissa()
    }

    /// In thousandths, for a column of SQL.
    pub fn milli_i64(self) -> i64 {
        i64::try_from(self.milli()).unwrap_or(i64::MAX)
    }

    /// Reads `2`, `1.5` or `1.235`: no sign, no exponent, at most three decimals.
    pub fn parse(text: &str) -> Result<Self, String> {
        plain(text, 3, MAX_MILLI, "99999.999").map(Self::from_milli)
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.milli() % 1000 == 0
    }

    /// The decimal inside, without trailing zeros.
    pub fn decimal(self) -> Decimal {
        self.0.normalize()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.decimal().to_string())
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.decimal())
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A percent between 0 and 100, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(i128);

impl fmt::Display for Percent {
    /// Without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::from_i128_with_scale(self.0, 2).normalize())
    }
}

impl Percent {
    /// All of it.
    pub const HUNDRED: Self = Self(10_000);

    /// Reads `8`, `8.5` or `8.25`.
    pub fn parse(text: &str) -> Result<Self, String> {
        plain(text, 2, Self::HUNDRED.0, "100").map(Self)
    }

    /// In hundredths of a percent: 8 percent is 800.
    pub fn basis_points(self) -> i128 {
        self.0
    }
}
