//! One way to speak SQL to SQLite and to `PostgreSQL`. A statement is written once, in what both
//! dialects understand, with `?1`, `?2`, … for what is given to it. What neither shares is avoided:
//! upserts name their columns, rows are counted by `RETURNING`, JSON is not searched.

mod dialect;
mod postgres;
mod sqlite;
mod value;
mod wire;

use anyhow::{Context as _, Result};

pub use self::postgres::Postgres;
pub use value::{Field, Param, Row, Value};

/// Rows that one statement puts in, at most.
const ROWS: usize = 32;

/// Values for a statement, in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::sql::Param::value(&$value)),*] as &[$crate::store::sql::Value]
    };
}

/// A connection, or what is inside a transaction: both are asked alike.
pub struct Conn {
    inner: Inner,
}

enum Inner {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Postgres>),
}

impl Conn {
    /// SQLite.
    pub fn sqlite(conn: rusqlite::Connection) -> Self {
        Self { inner: Inner::Sqlite(conn) }
    }

    /// `PostgreSQL`.
    pub fn postgres(conn: Postgres) -> Self {
        Self { inner: Inner::Postgres(Box::new(conn)) }
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<usize> {
        match &self.inner {
            Inner::Sqlite(conn) => sqlite::execute(conn, sql, params),
            Inner::Postgres(conn) => conn.execute(sql, params),
        }
        .with_context(|| place(sql))
    }

    /// Hands each row to a closure, as long as that wants more.
    fn each(&self, sql: &str, params: &[Value], take: &mut dyn FnMut(&Row) -> Result<bool>) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(conn) => sqlite::each(conn, sql, params, take),
            // All of them first: the closure may ask the same connection.
            Inner::Postgres(conn) => conn.rows(sql, params).and_then(|rows| {
                for row in &rows {
                    if !take(row)? {
                        break;
                    }
                }
                Ok(())
            }),
        }
        .with_context(|| place(sql))
    }

    /// All rows.
    pub fn all<T>(&self, sql: &str, params: &[Value], read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, params, &mut |row| {
            rows.push(read(row)?);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// The first row, where there is one.
    pub fn optional<T>(&self, sql: &str, params: &[Value], read: impl Fn(&Row) -> Result<T>) -> Result<Option<T>> {
        let mut found = None;
        self.each(sql, params, &mut |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// The one row that there must be.
    pub fn one<T>(&self, sql: &str, params: &[Value], read: impl Fn(&Row) -> Result<T>) -> Result<T> {
        self.optional(sql, params, read)?.with_context(|| format!("no row: {}", place(sql)))
    }

    /// The one value of the one row that there must be.
    pub fn value<T: Field>(&self, sql: &str, params: &[Value]) -> Result<T> {
        self.one(sql, params, |row| row.get(0))
    }

    /// Puts rows in by as few statements as fit, since a server's answer to each is waited for: `into` is the
    /// table with its columns, `tail` what follows the values. Where that is an upsert, no two have the same key.
    pub fn insert_many(&self, into: &str, rows: &[Vec<Value>], tail: &str) -> Result<()> {
        for chunk in rows.chunks(ROWS) {
            self.execute(&insertion(into, chunk, tail), &chunk.concat())?;
        }
        Ok(())
    }

    /// The same; what the statement returns of each.
    pub fn insert_returning<T>(
        &self,
        into: &str,
        rows: &[Vec<Value>],
        tail: &str,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(ROWS) {
            found.extend(self.all(&insertion(into, chunk, tail), &chunk.concat(), &read)?);
        }
        Ok(found)
    }

    /// Several statements, without values.
    pub fn batch(&self, sql: &str) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(conn) => conn.execute_batch(sql).map_err(anyhow::Error::from),
            Inner::Postgres(conn) => conn.batch(sql),
        }
        .with_context(|| place(sql))
    }

    /// A transaction that writes. One writes at a time, whatever the database and however many
    /// servers: versions of lists then become visible in their order.
    pub fn begin(&self) -> Result<Tx<'_>> {
        match &self.inner {
            Inner::Sqlite(_) => self.batch("BEGIN IMMEDIATE")?,
            Inner::Postgres(conn) => conn.begin(true)?,
        }
        Ok(Tx { conn: self, is_over: false })
    }

    /// A transaction that reads: all of it sees one moment.
    pub fn snapshot(&self) -> Result<Tx<'_>> {
        match &self.inner {
            Inner::Sqlite(_) => self.batch("BEGIN DEFERRED")?,
            Inner::Postgres(conn) => conn.begin(false)?,
        }
        Ok(Tx { conn: self, is_over: false })
    }

    /// The SQLite connection, for what only that has.
    pub fn as_sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.inner {
            Inner::Sqlite(conn) => Some(conn),
            Inner::Postgres(_) => None,
        }
    }

    /// The connection to a server, for what only that has.
    pub fn as_postgres(&self) -> Option<&Postgres> {
        match &self.inner {
            Inner::Sqlite(_) => None,
            Inner::Postgres(conn) => Some(conn),
        }
    }

    /// Ends a transaction.
    fn end(&self, keep: bool) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(_) => self.batch(if keep { "COMMIT" } else { "ROLLBACK" }),
            Inner::Postgres(conn) => conn.end(keep),
        }
    }
}

/// A transaction; dropped without `commit` it never was.
pub struct Tx<'a> {
    conn: &'a Conn,
    is_over: bool,
}

impl Tx<'_> {
    /// Makes it durable.
    pub fn commit(mut self) -> Result<()> {
        self.is_over = true;
        let done = self.conn.end(true);
        if done.is_err() {
            // SQLite leaves a transaction open that could not commit.
            self.conn.end(false).ok();
        }
        done
    }
}

impl std::ops::Deref for Tx<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            // Nothing to say where it fails: the connection is gone, and the transaction with it.
            self.conn.end(false).ok();
        }
    }
}

/// A statement that puts rows in.
fn insertion(into: &str, rows: &[Vec<Value>], tail: &str) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    format!("INSERT INTO {into} VALUES {} {tail}", tuples(rows.len(), columns, 1))
}

/// Marks for rows of values that are counted from a number: `(?1, ?2), (?3, ?4)`.
pub fn tuples(rows: usize, columns: usize, first: usize) -> String {
    let row = |n: usize| {
        let marks: Vec<String> = (0..columns).map(|column| format!("?{}", first + n * columns + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// The start of a statement, for an error.
fn place(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(12).collect();
    format!("the database, at `{} …`", words.join(" "))
}

/// Text for `LIKE … ESCAPE '\'` that finds it anywhere.
pub fn containing(text: &str) -> String {
    let plain = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{plain}%")
}
