//! `jihui-hq verify`: the log is what its records make.

use anyhow::{Context as _, Result};
use sync::jws::{self, Key};
use sync::log::{self, Hash, TILE, Tile};
use sync::protocol::{LogHead, typ};

use super::KeptHead;
use crate::store::log as rows;
use crate::store::sql::Conn;

/// Records that are read at a time.
const CHUNK: usize = 256;

/// Tiles as the records make them, held against those that are kept.
struct Again<'a> {
    conn: &'a Conn,
    levels: Vec<(u64, Tile)>,
    tiles: u64,
}

impl Again<'_> {
    /// Adds a leaf; the first tile that is kept otherwise, in words.
    fn push(&mut self, leaf: Hash) -> Result<Option<String>> {
        let (mut level, mut up) = (0, Some(leaf));
        while let Some(hash) = up {
            if self.levels.len() == level {
                self.levels.push((0, Tile::default()));
            }
            let (index, tile) = &mut self.levels[level];
            up = tile.push(hash);
            if up.is_some() {
                let full = (*index, std::mem::take(tile));
                *index += 1;
                if let Some(problem) = self.compare(level, full.0, &full.1)? {
                    return Ok(Some(problem));
                }
            }
            level += 1;
        }
        Ok(None)
    }

    fn compare(&mut self, level: usize, index: u64, tile: &Tile) -> Result<Option<String>> {
        self.tiles += 1;
        let kept = rows::tile(self.conn, u32::try_from(level)?, index)?;
        let first = index.saturating_mul(TILE);
        let same = kept.as_ref() == Some(tile);
        Ok((!same)
            .then(|| format!("the log: what is kept of level {level} from {first} on is not what the records make")))
    }

    /// What is begun and not full, too; and nothing beside it.
    fn end(&mut self) -> Result<Option<String>> {
        for (level, (index, tile)) in std::mem::take(&mut self.levels).into_iter().enumerate() {
            if !tile.is_empty()
                && let Some(problem) = self.compare(level, index, &tile)?
            {
                return Ok(Some(problem));
            }
        }
        let extra = rows::count_tiles(self.conn)? != self.tiles;
        Ok(extra.then(|| "the log: more is kept of it than the records make".into()))
    }
}

/// The first difference between the log, its records and the last head (one from before the present
/// moment), in words.
pub fn first_difference(conn: &Conn, key: &Key, head: Option<&KeptHead>) -> Result<Option<String>> {
    let mut again = Again { conn, levels: Vec::new(), tiles: 0 };
    let mut leaf = 0;
    if let Some(before) = rows::before(conn)? {
        if let Err(problem) = jws::read::<LogHead>(&before, typ::HEAD, &key.jwk()) {
            return Ok(Some(format!("the log: the head that it starts with is not signed by this key: {problem}")));
        }
        if let Some(problem) = again.push(log::leaf(before.as_bytes()))? {
            return Ok(Some(problem));
        }
        leaf = 1;
    }
    let runs = rows::runs(conn)?;
    let mut run = 0;
    let mut last = i64::MIN;
    loop {
        let records = rows::records_after(conn, last, CHUNK)?;
        let Some((newest, _)) = records.last() else { break };
        last = *newest;
        for (id, jws) in &records {
            while runs.get(run + 1).is_some_and(|(first, _)| first <= id) {
                run += 1;
            }
            let said = runs.get(run).and_then(|(first, at)| Some(at + u64::try_from(id - first).ok()?));
            if said != Some(leaf) {
                return Ok(Some(format!("the log: record {leaf} is noted as leaf {said:?}")));
            }
            if let Some(problem) = again.push(log::leaf(jws.as_bytes()))? {
                return Ok(Some(problem));
            }
            leaf += 1;
        }
    }
    if let Some(problem) = again.end()? {
        return Ok(Some(problem));
    }
    match head {
        Some(head) => check_head(conn, key, head, leaf),
        None => Ok(None),
    }
}

/// The last head that was given out: signed, and of this log.
fn check_head(conn: &Conn, key: &Key, kept: &KeptHead, size: u64) -> Result<Option<String>> {
    let head: LogHead = match jws::read(&kept.head, typ::HEAD, &key.jwk()) {
        Ok(head) => head,
        Err(problem) => return Ok(Some(format!("the log: its last head is not signed by this key: {problem}"))),
    };
    if crate::store::meta(conn, "hq")?.as_ref() != Some(&kept.hq) {
        // Restored, and no head was given out since.
        return Ok(None);
    }
    if head.size > size {
        return Ok(Some(format!("the log: its last head has {} records, the database {size}", head.size)));
    }
    let root = log::root(head.size, &mut |level, index| rows::node(conn, level, index)).context("the log's root")?;
    Ok((sync::b64(&root) != head.root).then(|| "the log: its last head has another root than its records".into()))
}
