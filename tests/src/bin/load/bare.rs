//! The bare equivalents: the same signatures verified and the same rows inserted, and nothing decided.

use std::time::{Duration, Instant};

use hq::params;
use hq::store::sql::{Conn, Value};
use postgres::types::ToSql;
use postgres::{Client, NoTls};
use sync::chain;
use sync::engine::Waiting;
use sync::jws::{Jwk, Unverified};
use tests::{Lab, cluster};

use super::place::Kind;

/// What a table was given.
pub struct Rows {
    insert: String,
    rows: Vec<Vec<Value>>,
}

/// Tables of a database, those first that others name.
fn tables(conn: &Conn, kind: Kind) -> Vec<String> {
    let sql = match kind {
        Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        Kind::Postgres => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'",
    };
    let mut tables: Vec<String> = conn.all(sql, params![], |row| row.get(0)).unwrap();
    // A trigger counts in it.
    tables.retain(|table| table != "claim_totals");
    tables.sort_by_key(|table| match table.as_str() {
        "records" => 0,
        "claims" => 1,
        _ => 2,
    });
    tables
}

fn columns(conn: &Conn, kind: Kind, table: &str) -> Vec<String> {
    let sql = match kind {
        Kind::Sqlite => "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
        Kind::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND CAST(table_name AS TEXT) = ?1 ORDER BY ordinal_position"
        }
    };
    conn.all(sql, params![table], |row| row.get(0)).unwrap()
}

/// Tables that have no row.
pub fn empty_tables(lab: &Lab, kind: Kind) -> Vec<String> {
    let conn = lab.db().conn;
    let mut tables = tables(&conn, kind);
    let is_empty = |table: &String| -> bool {
        let sql = format!("SELECT count(*) FROM {table}");
        conn.value::<i64>(&sql, params![]).unwrap() == 0
    };
    tables.retain(is_empty);
    tables
}

/// All rows of tables, each to be inserted as it is.
pub fn rows_of(lab: &Lab, kind: Kind, tables: &[String]) -> Vec<Rows> {
    let conn = lab.db().conn;
    let read = |table: &String| {
        let columns = columns(&conn, kind, table);
        // Some are words of SQL.
        let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", names.join(", "));
        let rows = conn.all(&sql, params![], |row| Ok(row.values.clone())).unwrap();
        let mark = if kind == Kind::Sqlite { "?" } else { "$" };
        let marks: Vec<String> = (1..=columns.len()).map(|n| format!("{mark}{n}")).collect();
        let (names, marks) = (names.join(", "), marks.join(", "));
        Rows { insert: format!("INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"), rows }
    };
    tables.iter().map(read).filter(|table| !table.rows.is_empty()).collect()
}

/// A database beside headquarters': a copy of it from before anything came.
pub enum Beside {
    /// The folder goes with it.
    Sqlite(Box<rusqlite::Connection>, #[expect(dead_code, reason = "it is kept")] tempfile::TempDir),
    Postgres(Box<Client>, String),
}

impl Beside {
    /// Copies headquarters' database; nobody may be connected to it.
    pub fn copy(lab: &Lab) -> Self {
        match &lab.database {
            None => {
                let dir = tempfile::tempdir().unwrap();
                std::fs::copy(lab.hq_dir().join("hq.db"), dir.path().join("bare.db")).unwrap();
                let conn = rusqlite::Connection::open(dir.path().join("bare.db")).unwrap();
                conn.pragma_update(None, "journal_mode", "WAL").unwrap();
                conn.pragma_update(None, "synchronous", "FULL").unwrap();
                conn.pragma_update(None, "foreign_keys", true).unwrap();
                conn.set_prepared_statement_cache_capacity(100);
                Self::Sqlite(Box::new(conn), dir)
            }
            Some(address) => {
                let address = cluster::copy_of(address);
                let client = Client::connect(&address, NoTls).unwrap();
                Self::Postgres(Box::new(client), address)
            }
        }
    }

    /// Verifies and inserts batch by batch, each in one transaction; how long each took.
    pub fn batches(&mut self, sent: &[(Jwk, Vec<Waiting>)], tables: &[Rows]) -> Vec<Duration> {
        let one = |(n, (jwk, records)): (usize, &(Jwk, Vec<Waiting>))| {
            let start = Instant::now();
            for record in records {
                let payload = Unverified::parse(&record.jws, chain::TYP, false).unwrap().verify(jwk).unwrap();
                std::hint::black_box(payload);
            }
            // Of each table the part that one batch has of it.
            let part = |table: &'_ Rows| {
                let at = |n: usize| table.rows.len() * n / sent.len();
                at(n)..at(n + 1)
            };
            match self {
                Self::Sqlite(conn, _) => {
                    let tx = conn.unchecked_transaction().unwrap();
                    for table in tables {
                        let mut insert = tx.prepare_cached(&table.insert).unwrap();
                        for row in &table.rows[part(table)] {
                            insert.execute(rusqlite::params_from_iter(row)).unwrap();
                        }
                    }
                    tx.commit().unwrap();
                }
                Self::Postgres(client, _) => {
                    let statements: Vec<_> =
                        tables.iter().map(|table| client.prepare(&table.insert).unwrap()).collect();
                    let mut tx = client.transaction().unwrap();
                    for (table, insert) in tables.iter().zip(&statements) {
                        for row in &table.rows[part(table)] {
                            let values: Vec<&(dyn ToSql + Sync)> =
                                row.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect();
                            tx.execute(insert, &values).unwrap();
                        }
                    }
                    tx.commit().unwrap();
                }
            }
            start.elapsed()
        };
        sent.iter().enumerate().map(one).collect()
    }

    /// Makes a table for single rows.
    pub fn begin_singles(&mut self) {
        match self {
            Self::Sqlite(conn, _) => {
                conn.execute_batch("CREATE TABLE bare (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)").unwrap();
            }
            Self::Postgres(client, _) => {
                let sql =
                    "CREATE TABLE bare (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, bytes BYTEA NOT NULL)";
                client.batch_execute(sql).unwrap();
            }
        }
    }

    /// Inserts one row, durably; how long it took.
    pub fn single(&mut self, bytes: &[u8]) -> Duration {
        match self {
            Self::Sqlite(conn, _) => {
                let start = Instant::now();
                conn.prepare_cached("INSERT INTO bare (bytes) VALUES (?1)").unwrap().execute([bytes]).unwrap();
                start.elapsed()
            }
            Self::Postgres(client, _) => {
                let insert = client.prepare("INSERT INTO bare (bytes) VALUES ($1)").unwrap();
                let start = Instant::now();
                client.execute(&insert, &[&bytes]).unwrap();
                start.elapsed()
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Self::Postgres(_, address) = self {
            cluster::drop_durable(address);
        }
    }
}
