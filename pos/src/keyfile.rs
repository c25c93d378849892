//! The till's private key: a file that only its owner may read, and no backup holds.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sync::jws::Key;
use zeroize::Zeroizing;

/// Reads the till's key; none before enrolment.
pub fn read(dir: &Path) -> Result<Option<Key>> {
    let path = dir.join("till.key");
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(err).context("reading the till's key"),
    };
    let bytes = sync::from_b64(text.trim()).map(Zeroizing::new);
    let seed = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()).map(Zeroizing::new);
    match seed {
        Some(seed) => Ok(Some(Key::from_seed(&seed))),
        None => bail!("{} is not a key", path.display()),
    }
}

/// Writes the till's key: first beside, then in place, so that no crash leaves half of it.
pub fn write(dir: &Path, key: &Key) -> Result<()> {
    let (path, beside) = (dir.join("till.key"), dir.join("till.key.new"));
    // What a crash left there may be open to others.
    store::private::file(&beside).context("writing the till's key")?;
    let mut file = OpenOptions::new().truncate(true).write(true).open(&beside).context("writing the till's key")?;
    writeln!(file, "{}", *Zeroizing::new(sync::b64(&*key.seed()))).context("writing the till's key")?;
    file.sync_all().context("writing the till's key to disk")?;
    fs::rename(&beside, &path).context("putting the till's key in place")
}
