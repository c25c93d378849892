//! Compact JWS (RFC 7515) by Ed25519, with headers that leave no choice.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{b64, from_b64, sha256};

/// Why a JWS is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three parts of base64url, or a header that is no JSON object.
    #[error("not a compact JWS")]
    Shape,
    /// A header that is not exactly what the protocol asks for.
    #[error("the header is not allowed: {0}")]
    Header(String),
    /// The signature does not fit the bytes and the key.
    #[error("the signature is wrong")]
    Signature,
    /// The payload is not what it should be.
    #[error("the payload is not as expected: {0}")]
    Payload(String),
}

/// A private key with its public name. It is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Key {
    key: SigningKey,
    kid: String,
}

impl Key {
    /// A new random key.
    pub fn generate() -> Self {
        Self::from_seed(&Zeroizing::new(crate::random()))
    }

    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let kid = Jwk::of(&key.verifying_key()).thumbprint();
        Self { key, kid }
    }

    /// The seed, for the key file.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key.
    pub fn jwk(&self) -> Jwk {
        Jwk::of(&self.key.verifying_key())
    }

    /// Signs a payload under a type of its own.
    pub fn sign(&self, typ: &str, payload: &[u8]) -> String {
        self.sign_header(json!({"alg": "EdDSA", "kid": self.kid, "typ": typ}), payload)
    }

    /// Signs a payload with the public key in the header, for a reader who does not know it yet.
    pub fn sign_with_jwk(&self, typ: &str, payload: &[u8]) -> String {
        self.sign_header(json!({"alg": "EdDSA", "jwk": self.jwk(), "kid": self.kid, "typ": typ}), payload)
    }

    /// Signs anything that serialises.
    pub fn sign_json(&self, typ: &str, payload: &impl Serialize) -> String {
        self.sign(typ, &serde_json::to_vec(payload).expect("protocol types serialise"))
    }

    fn sign_header(&self, header: Value, payload: &[u8]) -> String {
        let input = format!("{}.{}", b64(header.to_string().as_bytes()), b64(payload));
        let signature = self.key.sign(input.as_bytes());
        format!("{input}.{}", b64(&signature.to_bytes()))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.kid)
    }
}

/// A public Ed25519 key as JWK (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `Ed25519`.
    pub crv: String,
    /// `OKP`.
    pub kty: String,
    /// The key's bytes.
    pub x: String,
}

impl Jwk {
    fn of(key: &VerifyingKey) -> Self {
        Self { crv: "Ed25519".into(), kty: "OKP".into(), x: b64(key.as_bytes()) }
    }

    /// RFC 7638: the hash of the required members in lexical order.
    pub fn thumbprint(&self) -> String {
        sha256(format!(r#"{{"crv":"{}","kty":"{}","x":"{}"}}"#, self.crv, self.kty, self.x).as_bytes())
    }

    fn key(&self) -> Result<VerifyingKey, JwsError> {
        let bytes = from_b64(&self.x).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let well_formed = self.crv == "Ed25519" && self.kty == "OKP";
        bytes
            .filter(|_| well_formed)
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .ok_or_else(|| JwsError::Header("the key is no Ed25519 key".into()))
    }
}

/// A JWS taken apart, not believed yet.
#[derive(Debug, Clone)]
pub struct Unverified<'a> {
    input: &'a str,
    header: Map<String, Value>,
    payload: &'a str,
    signature: Signature,
}

impl<'a> Unverified<'a> {
    /// Takes a compact JWS apart and checks its header: `alg`, `kid` and `typ`, and `jwk` where
    /// the reader does not know the key yet.
    pub fn parse(compact: &'a str, typ: &str, with_jwk: bool) -> Result<Self, JwsError> {
        let (input, signature) = compact.rsplit_once('.').ok_or(JwsError::Shape)?;
        let (header, payload) = input.split_once('.').ok_or(JwsError::Shape)?;
        let header = from_b64(header).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let Some(Value::Object(header)) = header else {
            return Err(JwsError::Shape);
        };
        let signature =
            from_b64(signature).and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or(JwsError::Shape)?;
        if header.get("alg") != Some(&json!("EdDSA")) {
            return Err(JwsError::Header("alg must be EdDSA".into()));
        }
        if header.get("typ") != Some(&json!(typ)) {
            return Err(JwsError::Header(format!("typ must be {typ}")));
        }
        let known = |name: &str| matches!(name, "alg" | "kid" | "typ") || (with_jwk && name == "jwk");
        if let Some(name) = header.keys().find(|name| !known(name)) {
            return Err(JwsError::Header(format!("`{name}` is not allowed")));
        }
        if !header.get("kid").is_some_and(Value::is_string) {
            return Err(JwsError::Header("kid is missing".into()));
        }
        Ok(Self { input, header, payload, signature })
    }

    /// The key's name, as the header claims.
    pub fn kid(&self) -> &str {
        self.header.get("kid").and_then(Value::as_str).unwrap_or_default()
    }

    /// The key that the header carries.
    pub fn jwk(&self) -> Result<Jwk, JwsError> {
        let jwk = self.header.get("jwk").cloned().ok_or_else(|| JwsError::Header("jwk is missing".into()))?;
        serde_json::from_value(jwk).map_err(|_| JwsError::Header("jwk is malformed".into()))
    }

    /// Checks the signature, and gives the payload's bytes only then.
    pub fn verify(&self, key: &Jwk) -> Result<Vec<u8>, JwsError> {
        if self.kid() != key.thumbprint() {
            return Err(JwsError::Header("kid is another key's".into()));
        }
        key.key()?.verify_strict(self.input.as_bytes(), &self.signature).map_err(|_| JwsError::Signature)?;
        from_b64(self.payload).ok_or(JwsError::Shape)
    }
}

/// Checks a JWS by a known key and reads its payload.
pub fn read<T: serde::de::DeserializeOwned>(compact: &str, typ: &str, key: &Jwk) -> Result<T, JwsError> {
    let payload = Unverified::parse(compact, typ, false)?.verify(key)?;
    serde_json::from_slice(&payload).map_err(|err| JwsError::Payload(err.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_header_passes() {
        let key = Key::generate();
        let signed = key.sign("jihui-record", b"{}");
        assert_eq!(Unverified::parse(&signed, "jihui-record", false).unwrap().verify(&key.jwk()).unwrap(), b"{}");
        assert!(Unverified::parse(&signed, "jihui-list", false).is_err());
        assert!(read::<Value>(&signed, "jihui-record", &Key::generate().jwk()).is_err());
        for header in [
            json!({"alg": "none", "kid": key.kid(), "typ": "t"}),
            json!({"alg": "EdDSA", "kid": key.kid(), "typ": "t", "crit": []}),
            json!({"alg": "EdDSA", "kid": key.kid(), "typ": "t", "jku": "x"}),
            json!({"alg": "EdDSA", "typ": "t"}),
        ] {
            let signed = key.sign_header(header, b"{}");
            assert!(matches!(Unverified::parse(&signed, "t", false), Err(JwsError::Header(_))), "{signed}");
        }
    }

    #[test]
    fn the_thumbprint_is_rfc_8037s() {
        let jwk =
            Jwk { crv: "Ed25519".into(), kty: "OKP".into(), x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into() };
        assert_eq!(jwk.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
