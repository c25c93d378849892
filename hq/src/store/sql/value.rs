//! What goes into a statement and comes out of a row.

use anyhow::{Context as _, Result, bail};

/// A value as databases know it. Truth is 0 or 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// What can be given to a statement.
pub trait Param {
    /// As a value.
    fn value(&self) -> Value;
}

impl Param for Value {
    fn value(&self) -> Value {
        self.clone()
    }
}

impl Param for i64 {
    fn value(&self) -> Value {
        Value::Int(*self)
    }
}

impl Param for u64 {
    /// Rows and versions stay far below; what does not compares as the largest.
    fn value(&self) -> Value {
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Param for u32 {
    fn value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Param for bool {
    fn value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Param for str {
    fn value(&self) -> Value {
        Value::Text(storable(self))
    }
}

/// What both databases keep: PostgreSQL has no room for a NUL, and whoever sends one may not make a whole
/// upload fail.
fn storable(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.to_owned() }
}

impl Param for String {
    fn value(&self) -> Value {
        self.as_str().value()
    }
}

impl Param for [u8] {
    fn value(&self) -> Value {
        Value::Blob(self.to_owned())
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value {
        (**self).value()
    }
}

/// A row that was found.
pub struct Row {
    /// Its values, in the order of the statement's columns.
    pub values: Vec<Value>,
}

impl Row {
    /// The value of a column, counted from 0.
    pub fn get<T: Field>(&self, column: usize) -> Result<T> {
        let value = self.values.get(column).with_context(|| format!("no column {column}"))?;
        T::read(value).with_context(|| format!("column {column}"))
    }
}

/// What can be read from a row.
pub trait Field: Sized {
    /// Reads it.
    fn read(value: &Value) -> Result<Self>;
}

impl Field for i64 {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::Int(n) => Ok(*n),
            Value::Null | Value::Text(_) | Value::Blob(_) => bail!("no whole number"),
        }
    }
}

impl Field for u64 {
    fn read(value: &Value) -> Result<Self> {
        Ok(Self::try_from(i64::read(value)?)?)
    }
}

impl Field for u32 {
    fn read(value: &Value) -> Result<Self> {
        Ok(Self::try_from(i64::read(value)?)?)
    }
}

impl Field for bool {
    fn read(value: &Value) -> Result<Self> {
        Ok(i64::read(value)? != 0)
    }
}

impl Field for String {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            Value::Null | Value::Int(_) | Value::Blob(_) => bail!("no text"),
        }
    }
}

impl Field for Vec<u8> {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::Blob(bytes) => Ok(bytes.clone()),
            Value::Null | Value::Int(_) | Value::Text(_) => bail!("no bytes"),
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn read(value: &Value) -> Result<Self> {
        if *value == Value::Null { Ok(None) } else { T::read(value).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_holds_what_a_database_has_no_room_for() {
        for given in [&"a\0b" as &dyn Param, &String::from("a\0b"), &Some("a\0b")] {
            assert_eq!(given.value(), Value::Text("a\u{FFFD}b".into()));
        }
    }
}
