//! The sealed roster: a till knows a household only while its card is shown.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::household::RosterEntry;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::b64;
use zeroize::Zeroizing;

/// Memory that a digest costs, in KiB (19 MiB).
pub const MEMORY_KIB: u32 = 19 * 1024;
const NONCE: usize = 24;

/// `s`: what stands for a number. Slow on purpose (tens of milliseconds).
pub fn stretch(number: &str, roster_salt: &[u8]) -> Result<[u8; 32], String> {
    let params = Params::new(MEMORY_KIB, 2, 1, Some(32)).map_err(|err| err.to_string())?;
    let mut s = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(number.as_bytes(), roster_salt, &mut s)
        .map_err(|err| format!("the digest failed: {err}"))?;
    Ok(s)
}

/// The name and the key of one person's entries in one store's roster.
pub struct Slot {
    digest: [u8; 32],
    key: Zeroizing<[u8; 32]>,
}

impl Slot {
    /// From `s` and the store's key.
    pub fn new(s: &[u8; 32], roster_key: &[u8]) -> Self {
        let mut out = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(Some(roster_key), s)
            .expand(b"jihui roster 1", &mut *out)
            .expect("64 bytes are within HKDF's reach");
        let (mut digest, mut key) = ([0; 32], Zeroizing::new([0; 32]));
        digest.copy_from_slice(&out[..32]);
        key.copy_from_slice(&out[32..]);
        Self { digest, key }
    }

    /// The name under which the entries stand.
    pub fn digest(&self) -> String {
        b64(&self.digest)
    }

    /// Seals the entries.
    pub fn seal(&self, entries: &[RosterEntry]) -> Vec<u8> {
        let nonce: [u8; NONCE] = crate::random();
        let plain = serde_json::to_vec(entries).expect("roster entries serialise");
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), plain.as_slice()).expect("a roster entry is short");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens sealed entries.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<RosterEntry>, String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or("a sealed entry is too short")?;
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| "a sealed entry does not open")?;
        serde_json::from_slice(&plain).map_err(|err| format!("a sealed entry is malformed: {err}"))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}
