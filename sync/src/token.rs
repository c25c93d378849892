//! The bearer token of a request: a JWT that the till signs anew each time.

use serde::{Deserialize, Serialize};

use crate::jws::{Jwk, JwsError, Key, Unverified};

/// Longest life of a token, in seconds.
pub const MAX_LIFE_SECS: i64 = 60;
/// Clock skew that headquarters allows, in seconds.
pub const SKEW_SECS: i64 = 30;
/// Whom tokens are for.
pub const AUDIENCE: &str = "jihui-hq";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// `store/till`.
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// Seconds since 1970.
    pub exp: i64,
}

/// Makes a token that lives for as long as one may.
pub fn make(key: &Key, store: &str, till: &str, now: i64) -> String {
    let claims = Claims { iss: format!("{store}/{till}"), aud: AUDIENCE.into(), iat: now, exp: now + MAX_LIFE_SECS };
    key.sign_json("JWT", &claims)
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Malformed, signed by somebody else, or not for us.
    #[error("the token is not valid: {0}")]
    Token(String),
    /// The till's clock is off.
    #[error("the token's time is not ours: set the clock by /v1/time")]
    Clock,
}

/// Checks a token by the key that it names.
pub fn check(token: &str, key: &Jwk, now: i64) -> Result<Claims, TokenError> {
    let bad = |err: JwsError| TokenError::Token(err.to_string());
    let payload = Unverified::parse(token, "JWT", false).map_err(bad)?.verify(key).map_err(bad)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|err| TokenError::Token(err.to_string()))?;
    if claims.aud != AUDIENCE {
        return Err(TokenError::Token(format!("aud must be {AUDIENCE}")));
    }
    let life = claims.exp.saturating_sub(claims.iat);
    if !(0..=MAX_LIFE_SECS).contains(&life) {
        return Err(TokenError::Token(format!("it lives longer than {MAX_LIFE_SECS} s")));
    }
    if claims.iat > now.saturating_add(SKEW_SECS) || claims.exp < now.saturating_sub(SKEW_SECS) {
        return Err(TokenError::Clock);
    }
    Ok(claims)
}
