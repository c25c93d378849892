//! Passwords and PINs at rest: Argon2id in the PHC string format.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The hash of a password, with a salt of its own.
pub fn hash(password: &str) -> Result<String, String> {
    let hash: PasswordHash =
        hasher().hash_password(password.as_bytes()).map_err(|err| format!("the password cannot be hashed: {err}"))?;
    Ok(hash.to_string())
}

/// Whether a password fits a hash.
pub fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether a text is a hash of this kind.
pub fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2") && PasswordHash::new(text).is_ok_and(|hash| hash.hash.is_some())
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_right_password_fits() {
        let hash = super::hash("1234").unwrap();
        assert!(super::verify("1234", &hash));
        assert!(!super::verify("1235", &hash));
        assert!(!super::verify("1234", "nonsense"));
        assert!(super::is_hash(&hash) && !super::is_hash("1234") && !super::is_hash("$argon2id$"));
    }
}
