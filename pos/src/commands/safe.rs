//! What keeps the till's data safe: backups, daily copies, the records out of what is left.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::Utc;
use domain::time::rfc3339;
use serde_json::json;
use store::{Copies, Export, Lock};

use super::{print, wrong_input};
use crate::outbox::payload_of;

/// Writes a backup while the till may be selling, also of a newer program's data.
pub fn backup(dir: &Path, file: &Path) -> Result<()> {
    not_over(file)?;
    Ok(Export::backup(dir, file)?)
}

/// Makes the day's copy now.
pub fn copy(dir: &Path) -> Result<()> {
    let path = Copies::of(dir).make(Utc::now())?;
    print(&json!({ "file": path }).to_string())
}

/// Lists the copies, oldest first.
pub fn list(dir: &Path) -> Result<()> {
    for kept in Copies::of(dir).list() {
        let kind = if kept.is_before_upgrade { "before_upgrade" } else { "daily" };
        print(&json!({ "file": kept.path, "at": rfc3339(kept.at), "kind": kind }).to_string())?;
    }
    Ok(())
}

/// Writes every record that can be read, as it was signed.
pub fn export(dir: &Path, file: &Path) -> Result<()> {
    not_over(file)?;
    let from = Export::open(dir)?;
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let part = file.with_added_extension("part");
    std::fs::remove_file(&part).ok();
    let mut out = BufWriter::new(options.open(&part).with_context(|| format!("writing {}", file.display()))?);
    let (mut records, mut waiting) = (0_u64, 0_u64);
    let unreadable = from.each(|record| {
        let payload = payload_of(&record.jws).unwrap_or_default();
        let line =
            json!({ "epoch": payload["epoch"], "seq": payload["seq"], "waits": record.waits, "jws": record.jws });
        records += 1;
        waiting += u64::from(record.waits);
        writeln!(out, "{line}").map_err(|source| store::StoreError::File { what: "write the records".into(), source })
    })?;
    let written = out.into_inner().map_err(|err| err.into_error()).and_then(|file| file.sync_all());
    written.context("writing the records")?;
    std::fs::rename(&part, file).with_context(|| format!("naming {}", file.display()))?;
    print(&json!({ "records": records, "waiting": waiting, "unreadable": unreadable }).to_string())
}

/// Puts a backup in place. The next start notices and goes on in a new epoch.
pub fn restore(dir: &Path, file: &Path) -> Result<()> {
    let _lock = Lock::take(dir)?;
    if !file.is_file() {
        return Err(wrong_input(format!("{} is not a file", file.display())));
    }
    let aside = store::restore(dir, file)?;
    print(&json!({ "restored": file, "old": aside }).to_string())
}

fn not_over(file: &Path) -> Result<()> {
    match file.exists() {
        true => Err(wrong_input(format!("{} exists; choose another name", file.display()))),
        false => Ok(()),
    }
}
