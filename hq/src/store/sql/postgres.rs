//! `PostgreSQL`'s side: one connection, with its prepared statements by their text.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{ToSql, Type};
use postgres::{Client, Config, NoTls, Statement};

use super::dialect::translate;
use super::{Row, Value, wire};
use crate::store::trouble;

/// Who writes holds this lock of the database, so that one writes at a time.
const WRITING: i64 = 7_409_113_284;
/// Who upgrades the tables holds this one: a command that starts does not wait for who writes.
const UPGRADING: i64 = 7_409_113_285;
/// So many statements are kept prepared.
const KEPT: usize = 500;

/// A connection to a server.
pub struct Postgres {
    config: Config,
    is_reader: bool,
    link: RefCell<Link>,
    open: Cell<Open>,
}

/// What is open on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Transaction,
    /// A statement failed: the server takes none but ROLLBACK, and says nothing at COMMIT.
    Failed,
}

struct Link {
    /// None only while it is closed.
    client: Option<Client>,
    prepared: BTreeMap<String, Statement>,
}

impl Drop for Link {
    fn drop(&mut self) {
        // The client waits for its farewell, which a thread of the server's runtime may not.
        if let Some(client) = self.client.take() {
            std::thread::spawn(move || drop(client)).join().ok();
        }
    }
}

impl Link {
    fn client(&mut self) -> Result<&mut Client> {
        self.client.as_mut().context("the connection is closed")
    }

    fn is_gone(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// A statement for these values.
    fn prepare(&mut self, sql: &str, params: &[Value]) -> Result<Statement> {
        let statement = match self.prepared.get(sql) {
            Some(known) => known.clone(),
            None => {
                let said = translate(sql);
                let client = self.client()?;
                let statement = match &said.typed_by {
                    None => client.prepare(&said.text)?,
                    Some(typed_by) => {
                        let types = client.prepare(typed_by)?.params().to_vec();
                        client.prepare_typed(&said.text, &types)?
                    }
                };
                self.keep(sql.to_owned(), statement)
            }
        };
        let is_wide = |(ty, value): (&Type, &Value)| match value {
            Value::Int(n) => *ty == Type::INT4 && i32::try_from(*n).is_err(),
            Value::Null | Value::Text(_) | Value::Blob(_) => false,
        };
        if statement.params().iter().zip(params).any(is_wide) { self.widened(sql, &statement) } else { Ok(statement) }
    }

    /// A statement whose numbers the server took for short ones, as in `?1 + 1`, for long ones.
    fn widened(&mut self, sql: &str, short: &Statement) -> Result<Statement> {
        let name = format!("-- long\n{sql}");
        if let Some(known) = self.prepared.get(&name) {
            return Ok(known.clone());
        }
        let long = |ty: &Type| if *ty == Type::INT4 { Type::INT8 } else { ty.clone() };
        let types: Vec<Type> = short.params().iter().map(long).collect();
        let statement = self.client()?.prepare_typed(&translate(sql).text, &types)?;
        Ok(self.keep(name, statement))
    }

    fn keep(&mut self, name: String, statement: Statement) -> Statement {
        if self.prepared.len() >= KEPT {
            self.prepared.clear();
        }
        self.prepared.insert(name, statement.clone());
        statement
    }
}

impl Postgres {
    /// Connects. A reader cannot write.
    pub fn open(config: &Config, is_reader: bool) -> Result<Self> {
        let link = RefCell::new(connect(config, is_reader)?);
        Ok(Self { config: config.clone(), is_reader, link, open: Cell::new(Open::Nothing) })
    }

    /// Works with the client itself, while nobody else upgrades.
    pub fn upgrade<T>(&self, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
        let mut link = self.link.borrow_mut();
        let client = link.client()?;
        client.execute("SELECT pg_advisory_lock($1)", &[&UPGRADING]).map_err(told)?;
        let done = work(client);
        client.execute("SELECT pg_advisory_unlock($1)", &[&UPGRADING]).map_err(told)?;
        done
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<usize> {
        self.changing(sql, || {
            let changed = self.with(|link| {
                let statement = link.prepare(sql, params)?;
                Ok(link.client()?.execute(&statement, &given(params))?)
            })?;
            Ok(usize::try_from(changed)?)
        })
    }

    /// All rows of a statement.
    pub fn rows(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        self.changing(sql, || {
            self.with(|link| {
                let statement = link.prepare(sql, params)?;
                link.client()?.query(&statement, &given(params))?.iter().map(row).collect()
            })
        })
    }

    /// Hands each row to a closure as it comes; that cannot ask this connection.
    pub fn stream(&self, sql: &str, mut take: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let mut link = self.link.borrow_mut();
        let mut rows = link.client()?.query_raw(sql, Vec::<Value>::new()).map_err(told)?;
        while let Some(found) = rows.next().map_err(told)? {
            take(row(&found)?)?;
        }
        Ok(())
    }

    /// Puts rows into a table, fast; `next` gives one after the other.
    pub fn copy_in(&self, into: &str, mut next: impl FnMut() -> Result<Option<Vec<Value>>>) -> Result<()> {
        let mut link = self.link.borrow_mut();
        let mut writer = link.client()?.copy_in(&format!("COPY {into} FROM STDIN")).map_err(told)?;
        let mut line = String::new();
        while let Some(values) = next()? {
            line.clear();
            for (i, value) in values.iter().enumerate() {
                line.push_str(if i == 0 { "" } else { "\t" });
                wire::copied(value, &mut line);
            }
            line.push('\n');
            writer.write_all(line.as_bytes())?;
        }
        writer.finish().map_err(told)?;
        Ok(())
    }

    /// Several statements, without values.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.changing(sql, || self.with(|link| Ok(link.client()?.batch_execute(sql)?)))
    }

    /// Begins a transaction: one that writes is the only one, one that reads sees one moment.
    pub fn begin(&self, writes: bool) -> Result<()> {
        if self.open.get() != Open::Nothing {
            bail!("a transaction is open already");
        }
        let sql = if writes {
            format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITING})")
        } else {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()
        };
        let begun = self.with(|link| Ok(link.client()?.batch_execute(&sql)?));
        self.open.set(Open::Transaction);
        if begun.is_err() {
            // It may be open without the lock.
            self.end(false).ok();
        }
        begun
    }

    /// Ends a transaction.
    pub fn end(&self, keep: bool) -> Result<()> {
        let was = self.open.replace(Open::Nothing);
        let keeps = keep && was == Open::Transaction;
        let mut link = self.link.borrow_mut();
        let sql = if keeps { "COMMIT" } else { "ROLLBACK" };
        let ended = link.client().and_then(|client| client.batch_execute(sql).map_err(told));
        if keep && !keeps {
            bail!("nothing was kept: a statement before had failed");
        }
        ended
    }

    /// Runs what changes something: outside of a transaction in one of its own, so that all wait in
    /// one line. It is begun first: a connection that broke is then opened again before anything is done.
    fn changing<T>(&self, sql: &str, work: impl Fn() -> Result<T>) -> Result<T> {
        if is_question(sql) || self.open.get() != Open::Nothing {
            return work();
        }
        self.begin(true)?;
        match work() {
            Ok(done) => self.end(true).map(|()| done),
            Err(err) => {
                self.end(false).ok();
                Err(err)
            }
        }
    }

    /// Works with the connection. Where nothing is open, one that broke is opened again, once.
    fn with<T>(&self, work: impl Fn(&mut Link) -> Result<T>) -> Result<T> {
        let mut link = self.link.borrow_mut();
        let is_idle = self.open.get() == Open::Nothing;
        if is_idle && link.is_gone() {
            *link = connect(&self.config, self.is_reader)?;
        }
        let done = match work(&mut link) {
            Err(err) if is_idle && (link.is_gone() || is_lost(&err)) => {
                *link = connect(&self.config, self.is_reader)?;
                work(&mut link)
            }
            done => done,
        };
        if done.is_err() && !is_idle {
            self.open.set(Open::Failed);
        }
        done.map_err(plain)
    }
}

/// Whether a statement changes nothing.
fn is_question(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let changes = |word: &str| ["INSERT", "UPDATE", "DELETE"].iter().any(|other| word.eq_ignore_ascii_case(other));
    words.next().is_some_and(|word| {
        word.eq_ignore_ascii_case("SELECT") || (word.eq_ignore_ascii_case("WITH") && !words.any(changes))
    })
}

/// Connects and sets what must hold whatever the server is set to.
fn connect(config: &Config, is_reader: bool) -> Result<Link> {
    let place = place(config);
    let refused = || format!("PostgreSQL at {place} takes no connection; is it running, are name and password right?");
    let mut client = config.connect(NoTls).map_err(told).with_context(refused)?;
    client.batch_execute("SET synchronous_commit = on; SET lock_timeout = '60s'; SET client_min_messages = warning")?;
    if is_reader {
        client.batch_execute("SET default_transaction_read_only = on")?;
    }
    let encoding: String = client.query_one("SHOW server_encoding", &[])?.try_get(0)?;
    if encoding != "UTF8" {
        bail!("the database at {place} keeps text as {encoding}; create it with ENCODING 'UTF8'");
    }
    Ok(Link { client: Some(client), prepared: BTreeMap::new() })
}

/// Where a server is, without name and password.
fn place(config: &Config) -> String {
    use postgres::config::Host;
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let hosts = hosts.chain(config.get_hostaddrs().iter().map(ToString::to_string));
    format!("{}/{}", hosts.collect::<Vec<_>>().join(","), config.get_dbname().unwrap_or_default())
}

/// Whether the server ended the connection, or nothing of it is heard.
fn is_lost(err: &anyhow::Error) -> bool {
    let Some(err) = err.downcast_ref::<postgres::Error>() else { return false };
    err.as_db_error().map_or_else(|| err.is_closed(), |db| db.code().code().starts_with("57P"))
}

/// What the server said, without the rows that it quotes: those may name people.
fn told(err: postgres::Error) -> anyhow::Error {
    match err.as_db_error() {
        Some(db) => {
            let text = format!("{} ({})", db.message(), db.code().code());
            match trouble::of_state(db.code().code()) {
                Some(trouble) => trouble::ServerDisk { trouble, text }.into(),
                None => anyhow::anyhow!(text),
            }
        }
        None => err.into(),
    }
}

fn plain(err: anyhow::Error) -> anyhow::Error {
    err.downcast::<postgres::Error>().map_or_else(|other| other, told)
}

fn given(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect()
}

fn row(from: &postgres::Row) -> Result<Row> {
    let values = (0..from.len()).map(|i| Ok(from.try_get(i)?)).collect::<Result<_>>()?;
    Ok(Row { values })
}
