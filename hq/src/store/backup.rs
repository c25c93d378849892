//! Backups. A backup is always a SQLite file, whatever the database: it can be looked into, and it is
//! the way from one database to the other.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use copies::{Hold, Over};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::place::Database;
use super::sql::{Conn, Postgres, Value};
use super::{Db, FILE, audit, log, now_ms, settle};
use crate::params;

impl Db {
    /// Writes a consistent copy while the server may be running.
    pub fn backup(&self, to: &Path) -> Result<()> {
        self.write_copy(to, Over::Never)
    }

    /// Checks a database and copies it, on a connection of its own: whoever works is not kept waiting.
    pub fn copy(place: &Database, to: &Path) -> Result<()> {
        match place {
            Database::Folder(dir) => {
                let conn = beside(dir)?;
                // An index that is damaged would be made anew in the copy, and nobody would know.
                if let Some(why) = copies::problem(&conn)? {
                    bail!("hq.db: {why}");
                }
                Ok(copies::write(&conn, to, Over::Replace)?)
            }
            Database::Server(_) => Self::open(place)?.write_copy(to, Over::Replace),
        }
    }

    /// Copies a folder's database as it is, also one of a newer program.
    pub fn copy_as_it_is(dir: &Path, to: &Path) -> Result<()> {
        Ok(copies::write(&beside(dir)?, to, Over::Never)?)
    }

    fn write_copy(&self, to: &Path, over: Over) -> Result<()> {
        if let Some(sqlite) = self.conn.as_sqlite() {
            return Ok(copies::write(sqlite, to, over)?);
        }
        let server = self.conn.as_postgres().context("neither database")?;
        let scratch = Scratch::beside(to)?;
        let copy = Self::open(&Database::Folder(scratch.0.clone()))?;
        let sqlite = copy.conn.as_sqlite().context("a backup is a SQLite file")?;
        sqlite.pragma_update(None, "foreign_keys", false)?;
        sqlite.pragma_update(None, "synchronous", false)?;
        // What triggers keep is copied like all else.
        sqlite.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        let moment = self.conn.snapshot()?;
        let into = copy.begin()?;
        for table in tables(sqlite)? {
            sqlite.execute(&format!("DELETE FROM {}", table.name), [])?;
            let marks = vec!["?"; table.columns.len()].join(", ");
            let mut insert = sqlite.prepare(&format!("INSERT INTO {} VALUES ({marks})", table.with_columns()))?;
            server
                .stream(&format!("SELECT {} FROM {}", table.columns.join(", "), table.name), |row| {
                    insert.execute(rusqlite::params_from_iter(row.values))?;
                    Ok(())
                })
                .with_context(|| format!("copying {}", table.name))?;
        }
        drop(moment);
        into.commit()?;
        Ok(copies::write(sqlite, to, over)?)
    }

    /// Puts a backup in the database's place and draws a new id, by which tills notice. `head` is the last head
    /// of the public log, which starts anew with it. Where the old files of a folder were put aside.
    pub fn restore(place: &Database, from: &Path, head: Option<&str>) -> Result<Option<PathBuf>> {
        match place {
            Database::Folder(dir) => {
                let _alone = Hold::alone(dir)?;
                let aside = copies::put_back(dir, FILE, from, &OURS, chrono::Utc::now())?;
                let db = Db::open(place)?;
                let tx = db.begin()?;
                draw_id(&tx, from, head)?;
                tx.commit()?;
                Ok(aside)
            }
            Database::Server(_) => {
                check(from)?;
                restore_server(place, from, head)?;
                Ok(None)
            }
        }
    }
}

/// Tables without which a file is not headquarters'.
const OURS: [&str; 3] = ["records", "claims", "roster_items"];

/// A connection to a folder's database, beside those that work in it.
fn beside(dir: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(dir.join(FILE), flags).context("opening headquarters' database")?;
    conn.busy_timeout(super::BUSY)?;
    Ok(conn)
}

/// Whether a file is a sound backup.
fn check(from: &Path) -> Result<()> {
    copies::sound(from)?;
    let open = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("opening {}", from.display()))?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('records', 'claims', 'roster_items')";
    let ours: i64 = open.query_row(sql, [], |row| row.get(0))?;
    if ours != 3 {
        bail!("{} is no backup of headquarters", from.display());
    }
    Ok(())
}

/// Tills notice by the new id; people find the restore in the audit.
fn draw_id(conn: &Conn, from: &Path, head: Option<&str>) -> Result<()> {
    conn.execute("UPDATE meta SET value = ?1 WHERE name = 'hq'", params![sync::random_base32(16)])?;
    log::restart(conn, head)?;
    // No batch before the payments made since the backup were entered.
    settle::put_setting(conn, settle::RESTORED, &now_ms().to_string())?;
    audit(conn, "cli", "restore", &serde_json::json!({ "file": from.display().to_string() }).to_string())
}

/// All at once, or nothing: who reads meanwhile sees what was there before.
fn restore_server(place: &Database, from: &Path, head: Option<&str>) -> Result<()> {
    let scratch = Scratch::beside(&std::env::temp_dir().join("jihui-hq"))?;
    std::fs::copy(from, scratch.0.join("hq.db")).context("copying the backup")?;
    // An older version's backup is brought up to date on the way.
    let source = Db::open(&Database::Folder(scratch.0.clone()))?;
    let sqlite = source.conn.as_sqlite().context("a backup is a SQLite file")?;
    let db = Db::open(place)?;
    let server = db.conn.as_postgres().context("a restore into a server")?;
    let tables = tables(sqlite)?;
    let tx = db.begin()?;
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    server.batch(&format!("TRUNCATE {}", names.join(", ")))?;
    let triggers = |state: &str| -> Result<()> {
        names.iter().try_for_each(|name| server.batch(&format!("ALTER TABLE {name} {state} TRIGGER USER")))
    };
    // What triggers keep is copied like all else.
    triggers("DISABLE")?;
    for table in &tables {
        copy_table(sqlite, server, table).with_context(|| format!("copying {}", table.name))?;
    }
    triggers("ENABLE")?;
    let numbered = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                    WHERE is_identity = 'YES' AND table_schema = current_schema() ORDER BY table_name";
    let read = |row: &super::sql::Row| Ok((row.get::<String>(0)?, row.get::<String>(1)?));
    for (table, column) in tx.all(numbered, params![], read)? {
        // New rows go on after those that came.
        let next = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false) FROM {table}"
        );
        tx.value::<i64>(&next, params![])?;
    }
    draw_id(&tx, from, head)?;
    tx.commit()
}

fn copy_table(from: &Connection, into: &Postgres, table: &Table) -> Result<()> {
    let mut select = from.prepare(&format!("SELECT {} FROM {}", table.columns.join(", "), table.name))?;
    let mut rows = select.query([])?;
    into.copy_in(&table.with_columns(), || {
        let Some(row) = rows.next()? else { return Ok(None) };
        let values = (0..table.columns.len()).map(|i| {
            Ok(match row.get_ref(i)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Int(n),
                ValueRef::Text(text) => Value::Text(std::str::from_utf8(text)?.to_owned()),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
                ValueRef::Real(_) => bail!("a number with a fraction"),
            })
        });
        values.collect::<Result<_>>().map(Some)
    })
}

/// A table, with its columns in quotes.
struct Table {
    name: String,
    columns: Vec<String>,
    refers_to: Vec<String>,
}

impl Table {
    fn with_columns(&self) -> String {
        format!("{} ({})", self.name, self.columns.join(", "))
    }
}

/// All tables, each after those that it refers to.
fn tables(sqlite: &Connection) -> Result<Vec<Table>> {
    let list = |sql: &str, of: &[&str]| -> Result<Vec<String>> {
        let mut statement = sqlite.prepare(sql)?;
        let found = statement.query_map(rusqlite::params_from_iter(of), |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(found)
    };
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                 AND name <> 'refinery_schema_history' ORDER BY name";
    let mut left = Vec::new();
    for name in list(names, &[])? {
        let columns = list("SELECT name FROM pragma_table_info(?1) ORDER BY cid", &[&name])?;
        let columns = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let mut refers_to = list("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1)", &[&name])?;
        refers_to.retain(|other| *other != name);
        left.push(Table { name, columns, refers_to });
    }
    let mut sorted: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let is_ready = |table: &Table| table.refers_to.iter().all(|other| sorted.iter().any(|t| t.name == *other));
        let Some(at) = left.iter().position(is_ready) else { bail!("tables that refer to each other in a circle") };
        sorted.push(left.remove(at));
    }
    Ok(sorted)
}

/// A folder that is gone afterwards, and that nobody else may read.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Result<Self> {
        let dir = path.with_extension(format!("incoming-{}", sync::random_base32(8)));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&dir).with_context(|| format!("creating {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever stays behind is of no use to anybody.
        std::fs::remove_dir_all(&self.0).ok();
    }
}
