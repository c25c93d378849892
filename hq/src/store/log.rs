//! The public log: the hashes of its tree, and which leaf a record is.

use std::collections::{BTreeMap, btree_map};

use anyhow::{Context as _, Result};
use sync::log::{self, Hash, TILE, TILE_LEVELS, Tile};

use super::sql::{Conn, Row};
use super::{meta, set_meta};
use crate::params;

/// The head of the log before this one, as its first leaf: set where headquarters was restored.
const BEFORE: &str = "log_before";
/// Records that are read at a time where many have no leaf yet.
const CHUNK: usize = 256;

/// A record as the log sees it: its row and its JWS.
pub type Entry = (i64, String);

/// Leaves that a transaction adds: one for each record that it takes, in their order.
#[derive(Debug, Default)]
pub struct Leaves(Vec<(i64, Hash)>);

impl Leaves {
    /// Adds a record.
    pub fn push(&mut self, record_id: i64, jws: &str) {
        self.0.push((record_id, log::leaf(jws.as_bytes())));
    }

    /// Writes them, each tile once.
    pub fn append(self, conn: &Conn) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut tail = Tail::read(conn)?;
        for (record_id, hash) in self.0 {
            if record_id != tail.next_record {
                put_run(conn, record_id, tail.size)?;
            }
            tail.push(conn, hash)?;
            tail.next_record = record_id + 1;
        }
        tail.write(conn)
    }
}

/// The end of the log while it grows.
struct Tail {
    size: u64,
    /// The row that the present run goes on with.
    next_record: i64,
    tiles: BTreeMap<(u32, u64), Tile>,
}

impl Tail {
    fn read(conn: &Conn) -> Result<Self> {
        let mut tiles = BTreeMap::new();
        let size = match last_tile(conn)? {
            None => 0,
            Some((index, tile)) => {
                let size = index * TILE + tile.len();
                if tile.len() < TILE {
                    tiles.insert((0, index), tile);
                }
                size
            }
        };
        let next = |(record, leaf): (i64, u64)| Some(record + i64::try_from(size.checked_sub(leaf)?).ok()?);
        let next_record = last_run(conn)?.and_then(next).unwrap_or(-1);
        Ok(Self { size, next_record, tiles })
    }

    fn push(&mut self, conn: &Conn, leaf: Hash) -> Result<()> {
        let (mut level, mut up) = (0, Some(leaf));
        while let Some(hash) = up {
            let at = self.size >> (TILE_LEVELS * level);
            let key = (level, at / TILE);
            let tile = match self.tiles.entry(key) {
                btree_map::Entry::Occupied(tile) => tile.into_mut(),
                btree_map::Entry::Vacant(place) => {
                    let begun = if at.is_multiple_of(TILE) { None } else { tile(conn, level, at / TILE)? };
                    place.insert(begun.unwrap_or_default())
                }
            };
            up = tile.push(hash);
            level += 1;
        }
        self.size += 1;
        Ok(())
    }

    fn write(self, conn: &Conn) -> Result<()> {
        for ((level, index), tile) in self.tiles {
            conn.execute(
                "INSERT INTO log_tiles (level, idx, hashes) VALUES (?1, ?2, ?3)
                 ON CONFLICT (level, idx) DO UPDATE SET hashes = excluded.hashes",
                params![level, index, tile.bytes()],
            )?;
        }
        Ok(())
    }
}

fn read_tile(row: &Row, at: usize) -> Result<Tile> {
    Tile::read(&row.get::<Vec<u8>>(at)?).context("a tile of the log is damaged")
}

fn last_tile(conn: &Conn) -> Result<Option<(u64, Tile)>> {
    let sql = "SELECT idx, hashes FROM log_tiles WHERE level = 0 ORDER BY idx DESC LIMIT 1";
    conn.optional(sql, params![], |row| Ok((row.get(0)?, read_tile(row, 1)?)))
}

/// A tile.
pub fn tile(conn: &Conn, level: u32, index: u64) -> Result<Option<Tile>> {
    let sql = "SELECT hashes FROM log_tiles WHERE level = ?1 AND idx = ?2";
    conn.optional(sql, params![level, index], |row| read_tile(row, 0))
}

/// How many tiles there are.
pub fn count_tiles(conn: &Conn) -> Result<u64> {
    conn.value("SELECT count(*) FROM log_tiles", params![])
}

/// Leaves of the log.
pub fn size(conn: &Conn) -> Result<u64> {
    Ok(last_tile(conn)?.map_or(0, |(index, tile)| index * TILE + tile.len()))
}

/// The hash over a complete subtree.
pub fn node(conn: &Conn, level: u32, index: u64) -> Result<Hash> {
    let within = level % TILE_LEVELS;
    let at = (index << within) / TILE;
    let found = tile(conn, level / TILE_LEVELS, at)?;
    found.and_then(|tile| tile.node(within, index - ((at * TILE) >> within))).context("the log has a hole")
}

fn put_run(conn: &Conn, first_record: i64, first_leaf: u64) -> Result<()> {
    let sql = "INSERT INTO log_runs (first_record, first_leaf) VALUES (?1, ?2)";
    conn.execute(sql, params![first_record, first_leaf])?;
    Ok(())
}

fn last_run(conn: &Conn) -> Result<Option<(i64, u64)>> {
    let sql = "SELECT first_record, first_leaf FROM log_runs ORDER BY first_record DESC LIMIT 1";
    conn.optional(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// All runs: first record and its leaf.
pub fn runs(conn: &Conn) -> Result<Vec<(i64, u64)>> {
    let sql = "SELECT first_record, first_leaf FROM log_runs ORDER BY first_record";
    conn.all(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Which leaf a record is; none: it has none.
pub fn leaf_of(conn: &Conn, record_id: i64) -> Result<Option<u64>> {
    let sql =
        "SELECT first_record, first_leaf FROM log_runs WHERE first_record <= ?1 ORDER BY first_record DESC LIMIT 1";
    let run: Option<(i64, u64)> = conn.optional(sql, params![record_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(run.and_then(|(record, leaf)| Some(leaf + u64::try_from(record_id - record).ok()?)))
}

/// Records after a row, at most so many, in the order of the log.
pub fn records_after(conn: &Conn, record_id: i64, limit: usize) -> Result<Vec<Entry>> {
    let sql = "SELECT id, jws FROM records WHERE id > ?1 ORDER BY id LIMIT ?2";
    conn.all(sql, params![record_id, u64::try_from(limit)?], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The head that is the first leaf, where there is one.
pub fn before(conn: &Conn) -> Result<Option<String>> {
    meta(conn, BEFORE)
}

/// Whether there are records without a leaf.
pub fn needs_fill(conn: &Conn) -> Result<bool> {
    let next = Tail::read(conn)?.next_record;
    conn.value("SELECT EXISTS (SELECT 1 FROM records WHERE id >= ?1)", params![next])
}

/// Gives their leaves to records that have none: those from before there was a log.
pub fn fill(conn: &Conn) -> Result<()> {
    let tail = Tail::read(conn)?;
    let mut last = tail.next_record - 1;
    loop {
        let records = records_after(conn, last, CHUNK)?;
        let Some((newest, _)) = records.last() else { return Ok(()) };
        last = *newest;
        let mut leaves = Leaves::default();
        records.iter().for_each(|(id, jws)| leaves.push(*id, jws));
        leaves.append(conn)?;
    }
}

/// Starts the log anew: the last head of the log before it is its first leaf, the records follow.
pub fn restart(conn: &Conn, head: Option<&str>) -> Result<()> {
    conn.execute("DELETE FROM log_tiles", params![])?;
    conn.execute("DELETE FROM log_runs", params![])?;
    set_meta(conn, BEFORE, head)?;
    if let Some(head) = head {
        let mut tail = Tail::read(conn)?;
        tail.push(conn, log::leaf(head.as_bytes()))?;
        tail.write(conn)?;
    }
    fill(conn)
}

/// Returns against a claim that were accepted, of any till of its store.
pub fn reversals_of(conn: &Conn, till_id: i64, claim: &str) -> Result<Vec<String>> {
    let sql = "SELECT r.jws FROM reversals v JOIN records r ON r.id = v.record_id JOIN tills t ON t.id = v.till_id
               WHERE v.of_uuid = ?1 AND v.state = 'accepted'
                 AND t.store = (SELECT store FROM tills WHERE id = ?2) ORDER BY r.id";
    conn.all(sql, params![claim, till_id], |row| row.get(0))
}

/// The first record that came at a time (milliseconds) or later, and when it came. Records came in the
/// order of their rows, so that a few looks find it however many there are.
pub fn first_since(conn: &Conn, ms: i64) -> Result<Option<i64>> {
    let bounds = "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM records";
    let (mut low, last): (i64, i64) = conn.one(bounds, params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut high = last + 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let sql = "SELECT id, received_at FROM records WHERE id >= ?1 ORDER BY id LIMIT 1";
        let (id, at): (i64, i64) = conn.one(sql, params![middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if at >= ms {
            high = middle;
        } else {
            low = id + 1;
        }
    }
    Ok((low <= last).then_some(low))
}

/// When the last record before a row came, in milliseconds; none: there is none.
pub fn received_before(conn: &Conn, record_id: i64) -> Result<Option<i64>> {
    let sql = "SELECT received_at FROM records WHERE id < ?1 ORDER BY id DESC LIMIT 1";
    conn.optional(sql, params![record_id], |row| row.get(0))
}

/// The first row from a row on.
pub fn row_from(conn: &Conn, record_id: i64) -> Result<Option<i64>> {
    conn.optional("SELECT id FROM records WHERE id >= ?1 ORDER BY id LIMIT 1", params![record_id], |row| row.get(0))
}

/// Tills that have records in a range of rows.
pub fn tills_between(conn: &Conn, from: i64, to: i64) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT till_id FROM records WHERE id >= ?1 AND id < ?2 ORDER BY till_id";
    conn.all(sql, params![from, to], |row| row.get(0))
}

/// All tills.
pub fn all_tills(conn: &Conn) -> Result<Vec<i64>> {
    conn.all("SELECT id FROM tills ORDER BY store, till", params![], |row| row.get(0))
}

/// All public keys of a till, as JSON.
pub fn keys_of(conn: &Conn, till_id: i64) -> Result<Vec<String>> {
    let sql = "SELECT jwk FROM till_keys WHERE till_id = ?1 ORDER BY created_at, kid";
    conn.all(sql, params![till_id], |row| row.get(0))
}

/// The last record of each of a till's epochs before a row, in the order of the log.
pub fn last_before(conn: &Conn, till_id: i64, record_id: i64) -> Result<Vec<i64>> {
    let sql = "SELECT max(id) FROM records WHERE till_id = ?1 AND branch = 0 AND id < ?2 GROUP BY epoch ORDER BY 1";
    conn.all(sql, params![till_id, record_id], |row| row.get(0))
}

/// Records before a row that returns in a range are of: the claims, and their earlier returns.
pub fn returned_before(conn: &Conn, from: i64, to: i64) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT c.record_id FROM reversals v JOIN claims c ON c.uuid = v.of_uuid
               WHERE v.record_id >= ?1 AND v.record_id < ?2 AND c.record_id < ?1
               UNION SELECT DISTINCT e.record_id FROM reversals v JOIN reversals e ON e.of_uuid = v.of_uuid
               WHERE v.record_id >= ?1 AND v.record_id < ?2 AND e.record_id < ?1
               ORDER BY 1";
    conn.all(sql, params![from, to], |row| row.get(0))
}
