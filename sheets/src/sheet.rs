//! A table that goes to CSV, XLSX and PDF alike.

use chrono::NaiveDate;
use domain::money::Money;
use domain::quantity::{Percent, Quantity};

/// A table with what stands above and below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Above everything, and the workbook's sheet; empty where there is none. CSV leaves it out.
    pub title: String,
    /// From left to right.
    pub columns: Vec<Column>,
    /// A value for each column.
    pub rows: Vec<Vec<Value>>,
    /// A last row that stands out.
    pub totals: Option<Vec<Value>>,
    /// Lines between title and header.
    pub above: Vec<String>,
    /// Lines below.
    pub below: Vec<String>,
}

impl Sheet {
    /// An empty table of these columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), ..Self::default() }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// In the header.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column of this name.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// What a column holds: figures stand at the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words and numbers that nobody adds up.
    Text,
    /// Yuan.
    Amount,
    /// Pieces, kilograms, families.
    Count,
    /// Days.
    Date,
    /// Parts of a hundred.
    Percent,
}

impl Kind {
    /// Whether it stands at the right.
    pub(crate) fn is_figure(self) -> bool {
        match self {
            Self::Amount | Self::Count | Self::Percent => true,
            Self::Text | Self::Date => false,
        }
    }
}

/// What stands in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    #[default]
    Empty,
    /// Words; a number of a card or a barcode too.
    Text(String),
    /// Yuan.
    Amount(Money),
    /// How many, or how much.
    Count(Quantity),
    /// A day.
    Date(NaiveDate),
    /// A part of a hundred.
    Percent(Percent),
}

impl Value {
    /// A whole number.
    pub fn number(number: impl Into<i128>) -> Self {
        Self::Count(Quantity::from_milli(number.into() * 1000))
    }

    /// As CSV carries it: figures without separators, days as 2026-01-31.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Amount(amount) => amount.to_string(),
            Self::Count(count) => count.decimal().normalize().to_string(),
            Self::Date(date) => date.to_string(),
            Self::Percent(percent) => format!("{percent}%"),
        }
    }

    /// As people read it on paper: 1,234.50.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Amount(_) | Self::Count(_) => grouped(&self.plain()),
            Self::Empty | Self::Text(_) | Self::Date(_) | Self::Percent(_) => self.plain(),
        }
    }
}

/// With a comma before each third figure.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = rest.find('.').map_or((rest, ""), |dot| rest.split_at(dot));
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + decimals
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Money> for Value {
    fn from(amount: Money) -> Self {
        Self::Amount(amount)
    }
}

impl From<Quantity> for Value {
    fn from(count: Quantity) -> Self {
        Self::Count(count)
    }
}

impl From<NaiveDate> for Value {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl From<Percent> for Value {
    fn from(percent: Percent) -> Self {
        Self::Percent(percent)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
