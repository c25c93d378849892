//! The token by which the other till's program is known: a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// The file within the data folder.
const FILE: &str = "api-token";

/// The token of a folder; made where there is none.
///
/// # Errors
/// Where the file cannot be read or written, or holds no token.
pub fn token(dir: &Path) -> Result<String> {
    let path = dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = text.trim();
            if sync::from_b64(text).is_none_or(|bytes| bytes.len() != 32) {
                bail!(
                    "{} 里不是口令，请删掉它再打开接口。 It holds no token; delete it and switch the API on again",
                    path.display()
                );
            }
            return Ok(text.into());
        }
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
        Err(err) => return Err(err).context("reading the API's token"),
    }
    let token = sync::b64(&sync::random::<32>());
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).context("writing the API's token")?;
    writeln!(file, "{token}").context("writing the API's token")?;
    file.sync_all().context("writing the API's token to disk")?;
    Ok(token)
}

/// Whether a header's value is the token; how long it takes does not say how much of it is right.
pub(super) fn is_right(header: Option<&str>, token: &str) -> bool {
    let Some(given) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
        return false;
    };
    let (given, token) = (sync::sha256(given.trim().as_bytes()), sync::sha256(token.as_bytes()));
    given.bytes().zip(token.bytes()).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_is_its_owners() {
        let dir = tempfile::tempdir().unwrap();
        let first = token(dir.path()).unwrap();
        assert_eq!(token(dir.path()).unwrap(), first);
        assert_eq!(sync::from_b64(&first).unwrap().len(), 32);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(is_right(Some(&format!("Bearer {first}")), &first));
        assert!(!is_right(Some(&format!("Bearer {first}x")), &first));
        assert!(!is_right(Some(&first), &first) && !is_right(None, &first) && !is_right(Some("Bearer "), &first));
        fs::write(dir.path().join(FILE), "short\n").unwrap();
        assert!(token(dir.path()).is_err());
    }
}
