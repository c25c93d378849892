//! The keys of headquarters: one file that only its owner may read, never in a backup.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use sync::jws::Key;
use zeroize::Zeroizing;

#[derive(Serialize, Deserialize)]
struct KeyFile {
    signing: Zeroizing<String>,
    encryption: Zeroizing<String>,
    mac: Zeroizing<String>,
    roster_salt: String,
}

/// Signing key, the key of what is encrypted at rest, and the roster's salt.
pub struct Keys {
    /// Signs what tills believe.
    pub signing: Key,
    /// Salt of every digest in the network.
    pub roster_salt: Vec<u8>,
    encryption: XChaCha20Poly1305,
    mac: Zeroizing<[u8; 32]>,
}

impl Keys {
    /// Reads the key file; makes it where there is none.
    pub fn open(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Self::from_file(
                &serde_json::from_slice(&Zeroizing::new(bytes))
                    .with_context(|| format!("{} is no key file", path.display()))?,
            ),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                let b64 = || Zeroizing::new(sync::b64(&*Zeroizing::new(sync::random::<32>())));
                let file = KeyFile {
                    signing: b64(),
                    encryption: b64(),
                    mac: b64(),
                    roster_salt: sync::b64(&sync::random::<16>()),
                };
                match write_new(path, &file) {
                    Ok(()) => Self::from_file(&file),
                    // Another process was first: its keys count.
                    Err(err) if err.kind() == std::io::ErrorKind::AlreadyExists => Self::open(path),
                    Err(err) => Err(err).with_context(|| format!("writing {}", path.display())),
                }
            }
            Err(err) => Err(err).with_context(|| format!("reading {}", path.display())),
        }
    }

    fn from_file(file: &KeyFile) -> Result<Self> {
        let key = |text: &str| {
            let bytes = Zeroizing::new(sync::from_b64(text)?);
            <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
        };
        let (Some(signing), Some(encryption), Some(mac)) = (key(&file.signing), key(&file.encryption), key(&file.mac))
        else {
            bail!("the key file is damaged");
        };
        let roster_salt = sync::from_b64(&file.roster_salt).context("the key file is damaged")?;
        Ok(Self {
            signing: Key::from_seed(&signing),
            roster_salt,
            encryption: XChaCha20Poly1305::new((&*encryption).into()),
            mac,
        })
    }

    /// Seals something for the database.
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = sync::random();
        let sealed = self.encryption.encrypt(&XNonce::from(nonce), plain).expect("what is sealed is short");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed.
    pub fn open_sealed(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let Some((nonce, sealed)) = sealed.split_first_chunk::<24>() else { bail!("a sealed value is too short") };
        self.encryption
            .decrypt(&XNonce::from(*nonce), sealed)
            .map_err(|_| anyhow::anyhow!("a sealed value does not open: is this the right key file?"))
    }

    /// A keyed hash, by which a number is found without being readable (HMAC, as HKDF extracts).
    pub fn mac(&self, kind: &str, text: &str) -> String {
        let (prk, _) = Hkdf::<Sha256>::extract(Some(&*self.mac), format!("{kind}:{text}").as_bytes());
        sync::b64(&prk)
    }
}

fn write_new(path: &Path, file: &KeyFile) -> std::io::Result<()> {
    let beside = path.with_extension(format!("new-{}", sync::random_base32(8)));
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&beside)?;
    out.write_all(&Zeroizing::new(serde_json::to_vec_pretty(file)?))?;
    out.sync_all()?;
    // A link fails where the file exists: two processes never make two sets of keys.
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    linked
}
