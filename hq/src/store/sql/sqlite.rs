//! SQLite's side: rusqlite, with its cache of prepared statements.

use anyhow::{Result, bail};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{Row, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Runs a statement; how many rows it changed.
pub fn execute(conn: &Connection, sql: &str, params: &[Value]) -> Result<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params_from_iter(params))?)
}

/// Hands each row to a closure, as long as that wants more.
pub fn each(conn: &Connection, sql: &str, params: &[Value], take: &mut dyn FnMut(&Row) -> Result<bool>) -> Result<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|i| value(row.get_ref(i)?)).collect::<Result<_>>()?;
        if !take(&Row { values })? {
            break;
        }
    }
    Ok(())
}

fn value(from: ValueRef<'_>) -> Result<Value> {
    Ok(match from {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text)?.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
        ValueRef::Real(_) => bail!("a number with a fraction, where this database keeps none"),
    })
}
