//! The audit: who did what. Each line carries a hash of itself and of the line before it, so that no
//! line can be changed, dropped or put in between without all later ones showing it.

use anyhow::{Result, bail};

use super::now_ms;
use super::sql::{Conn, Row};
use crate::params;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Position; lines are numbered without gaps from where the chain begins.
    pub id: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// User, `STORE/TILL`, `cli` or headquarters itself.
    pub who: String,
    /// What was done.
    pub action: String,
    /// To what, as a JSON object.
    pub detail: String,
    /// None: from before the chain.
    pub hash: Option<String>,
}

/// What a line's hash covers, read from a row.
const COLUMNS: &str = "id, at, who, action, detail, hash";
/// Lines that are read at a time.
const PAGE: i64 = 5_000;
/// So often somebody else may write the next line before this one does.
const TRIES: u32 = 10_000;

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        id: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        action: row.get(3)?,
        detail: row.get(4)?,
        hash: row.get(5)?,
    })
}

impl Line {
    /// SHA-256 of the hash before it and all that it says. A JSON array keeps the parts apart: no two
    /// lines look alike to it.
    fn link(&self, prev: &str) -> Result<String> {
        let said = serde_json::to_string(&(prev, self.id, self.at, &self.who, &self.action, &self.detail))?;
        Ok(sync::sha256(said.as_bytes()))
    }
}

/// Notes who did what; `detail` is a JSON object, without whole names and numbers of families.
pub fn audit(conn: &Conn, who: &str, action: &str, detail: &str) -> Result<()> {
    let (at, who, action, detail) = (now_ms(), who.to_owned(), action.to_owned(), detail.to_owned());
    let mut next = Line { id: 0, at, who, action, detail, hash: None };
    for _ in 0..TRIES {
        let (last, prev) = head(conn)?;
        next.id = last + 1;
        let hash = next.link(&prev)?;
        // The number is the lock: whoever takes it first has chained to the right line, here or in
        // another process, inside a transaction or not.
        let added = conn.execute(
            "INSERT INTO audit (id, at, who, action, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
            params![next.id, next.at, next.who, next.action, next.detail, hash],
        )?;
        if added > 0 {
            return Ok(());
        }
    }
    bail!("the audit takes no line: others write to it without end")
}

/// The newest line and its hash; where lines are older than the chain, what covers them all.
pub fn head(conn: &Conn) -> Result<(i64, String)> {
    let sql = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
    let newest: Option<(i64, Option<String>)> = conn.optional(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match newest {
        None => Ok((0, String::new())),
        Some((id, Some(hash))) => Ok((id, hash)),
        Some((id, None)) => {
            let mut prev = String::new();
            each(conn, &mut |line| {
                prev = line.link(&prev)?;
                Ok(true)
            })?;
            Ok((id, prev))
        }
    }
}

/// Begins the chain, where lines are older than it: from then on they are covered.
pub fn begin(conn: &Conn) -> Result<()> {
    let sql = "SELECT hash FROM audit ORDER BY id DESC LIMIT 1";
    if let Some(None) = conn.optional(sql, params![], |row| row.get::<Option<String>>(0))? {
        audit(conn, "service", "audit chain", "{}")?;
    }
    Ok(())
}

/// Checks the whole chain: how many lines, and the newest hash; the inner error is the first difference.
pub fn check(conn: &Conn) -> Result<Result<(u64, String), String>> {
    let (mut count, mut prev, mut last, mut chained, mut wrong) = (0, String::new(), 0, false, None);
    each(conn, &mut |line| {
        let hash = line.link(&prev)?;
        wrong = match &line.hash {
            Some(_) if chained && line.id != last + 1 => Some(format!("line {} is missing", last + 1)),
            Some(kept) if *kept != hash => Some(format!("line {} is not what was noted, or one before it", line.id)),
            None if chained => Some(format!("line {} is in no chain", line.id)),
            Some(_) | None => None,
        };
        chained |= line.hash.is_some();
        (count, last, prev) = (count + 1, line.id, hash);
        Ok(wrong.is_none())
    })?;
    Ok(match wrong {
        Some(problem) => Err(format!("audit: {problem}")),
        None => Ok((count, prev)),
    })
}

/// Hands over all lines, the oldest first, as long as more are wanted.
fn each(conn: &Conn, take: &mut dyn FnMut(&Line) -> Result<bool>) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut last = i64::MIN;
    loop {
        let lines = conn.all(&sql, params![last, PAGE], line)?;
        for line in &lines {
            last = line.id;
            if !take(line)? {
                return Ok(());
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
    }
}

/// Which lines a page shows; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Name.
    pub who: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// First moment.
    pub from: Option<i64>,
    /// The moment after the last.
    pub before: Option<i64>,
    /// Whose lines the person may see: these users, and the tills of these stores. None: all.
    pub within: Option<(Vec<String>, Vec<String>)>,
}

impl Filter {
    fn sql(&self) -> (String, Vec<super::sql::Value>) {
        use super::sql::Param as _;
        let mut parts = vec!["1 = 1".to_owned()];
        let mut values = Vec::new();
        let given = [
            ("who = ?", self.who.as_ref().map(|v| v.value())),
            ("action = ?", self.action.as_ref().map(|v| v.value())),
            ("at >= ?", self.from.map(|v| v.value())),
            ("at < ?", self.before.map(|v| v.value())),
        ];
        for (condition, value) in given {
            if let Some(value) = value {
                parts.push(condition.into());
                values.push(value);
            }
        }
        if let Some((people, stores)) = &self.within {
            let mut any = vec!["1 = 0".to_owned()];
            for name in people {
                any.push("who = ?".into());
                values.push(name.value());
            }
            for store in stores {
                any.push("substr(who, 1, length(?)) = ?".into());
                let prefix = format!("{store}/");
                values.extend([prefix.value(), prefix.value()]);
            }
            parts.push(format!("({})", any.join(" OR ")));
        }
        (parts.join(" AND "), values)
    }
}

/// A page of lines, the newest first.
pub fn page(conn: &Conn, filter: &Filter, skip: i64, most: i64) -> Result<Vec<Line>> {
    use super::sql::Param as _;
    let (condition, mut values) = filter.sql();
    values.extend([most.value(), skip.value()]);
    conn.all(&format!("SELECT {COLUMNS} FROM audit WHERE {condition} ORDER BY id DESC LIMIT ? OFFSET ?"), &values, line)
}

/// How many lines there are.
pub fn count(conn: &Conn, filter: &Filter) -> Result<i64> {
    let (condition, values) = filter.sql();
    conn.value(&format!("SELECT count(*) FROM audit WHERE {condition}"), &values)
}
