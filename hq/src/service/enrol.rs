//! Enrolment codes, enrolment, and who is asking.

use crate::params;
use anyhow::{Context as _, Result};
use domain::record::epoch_number;
use serde_json::json;
use sync::jws::{Jwk, Unverified};
use sync::protocol::{Enrol, Enrolled, typ};
use sync::{random_base32, sha256, token};

use super::roster::replace_key;
use super::{Hq, Refusal};
use crate::store::sql::Conn;
use crate::store::tills::{self, TillKey};
use crate::store::{audit, now_ms, records};

/// How long a code works, in milliseconds.
const CODE_LIFE_MS: i64 = 24 * 3600 * 1000;
/// Random characters of a code.
const CODE_LEN: usize = 26;

/// Makes a code for one till.
pub fn make_code(hq: &Hq, who: &str, store: &str, till: &str) -> Result<Option<String>> {
    let db = hq.db();
    let tx = db.begin()?;
    if tills::store(&tx, store)?.is_none() {
        return Ok(None);
    }
    let till_id = tills::till_id(&tx, store, till, true)?.context("the till was just made")?;
    let code = format!("{}.{}", random_base32(CODE_LEN), &hq.keys.signing.kid()[..16]);
    tx.execute(
        "INSERT INTO enrolments (code_hash, till_id, created_at) VALUES (?1, ?2, ?3)",
        params![sha256(code.as_bytes()), till_id, now_ms()],
    )?;
    audit(&tx, who, "till add", &json!({ "till": format!("{store}/{till}") }).to_string())?;
    tx.commit()?;
    Ok(Some(code))
}

/// Enrols a till; the answer is a JWS.
pub fn enrol(hq: &Hq, body: &str) -> Result<String, Refusal> {
    let bad = |problem: String| Refusal::new("body", problem);
    let unverified = Unverified::parse(body.trim(), typ::ENROL, true).map_err(|err| bad(err.to_string()))?;
    let jwk = unverified.jwk().map_err(|err| bad(err.to_string()))?;
    let payload = unverified.verify(&jwk).map_err(|err| bad(err.to_string()))?;
    let asked: Enrol = serde_json::from_slice(&payload).map_err(|err| bad(err.to_string()))?;
    let db = hq.db();
    // Whoever guesses keeps nobody from writing.
    let hash = sha256(asked.code.trim().as_bytes());
    if db
        .conn
        .optional("SELECT 1 FROM enrolments WHERE code_hash = ?1", params![hash], |row| row.get::<i64>(0))?
        .is_none()
    {
        return Err(no());
    }
    let hq_id = db.hq_id()?;
    let tx = db.begin()?;
    let sql = "SELECT till_id, created_at, kid, epoch FROM enrolments WHERE code_hash = ?1";
    let row: Option<(i64, i64, Option<String>, Option<String>)> =
        tx.optional(sql, params![hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let (till_id, created_at, used_by, epoch) = row.ok_or_else(no)?;
    let kid = jwk.thumbprint();
    let epoch = match (used_by, epoch) {
        (Some(used_by), Some(epoch)) if used_by == kid => epoch,
        (Some(_), _) => return Err(no()),
        _ if now_ms() - created_at > CODE_LIFE_MS => return Err(no()),
        _ => first_use(&tx, till_id, &jwk, &kid, &asked)?,
    };
    let (store, till) = tills::till_names(&tx, till_id)?;
    let row = tills::store(&tx, &store)?.context("a till without a store")?;
    let roster_key = hq.keys.open_sealed(&row.roster_key_enc)?;
    tx.commit()?;
    let answer = Enrolled {
        hq: hq_id,
        store,
        till,
        kid,
        epoch,
        roster_salt: sync::b64(&hq.keys.roster_salt),
        roster_key: sync::b64(&roster_key),
    };
    let payload = serde_json::to_vec(&answer).map_err(anyhow::Error::from)?;
    Ok(hq.keys.signing.sign_with_jwk(typ::ENROLLED, &payload))
}

fn no() -> Refusal {
    Refusal::new("code", "the code is unknown, used or older than 24 hours; make a new one at headquarters")
}

/// Binds a code to a key and names the till's next epoch.
fn first_use(tx: &Conn, till_id: i64, jwk: &Jwk, kid: &str, asked: &Enrol) -> Result<String, Refusal> {
    if tills::key(tx, kid)?.is_some() {
        return Err(Refusal::new("code", "this key is enrolled already; make a new one"));
    }
    let highest = records::epochs(tx, till_id)?.iter().map(|e| epoch_number(&e.epoch)).max().unwrap_or(0);
    let epoch = format!("{}-{}", highest + 1, random_base32(4));
    tills::insert_key(tx, till_id, kid, &serde_json::to_string(jwk).map_err(anyhow::Error::from)?)?;
    records::insert_epoch(tx, till_id, &epoch)?;
    tx.execute(
        "UPDATE enrolments SET kid = ?2, epoch = ?3 WHERE code_hash = ?1",
        params![sha256(asked.code.trim().as_bytes()), kid, epoch],
    )?;
    let software: String = asked.software.chars().filter(|c| !c.is_control()).take(80).collect();
    let (store, till) = tills::till_names(tx, till_id)?;
    let detail = json!({ "key": kid, "software": software });
    audit(tx, &format!("{store}/{till}"), "enrol", &detail.to_string())?;
    Ok(epoch)
}

/// Revokes a till's keys, as after a theft. Whoever has the machine has the key to the store's roster: the store
/// gets a new one.
pub fn revoke(hq: &Hq, who: &str, store: &str, till: &str) -> Result<bool> {
    let db = hq.db();
    let tx = db.begin()?;
    let (Some(till_id), Some(row)) = (tills::till_id(&tx, store, till, false)?, tills::store(&tx, store)?) else {
        return Ok(false);
    };
    tills::revoke(&tx, till_id)?;
    replace_key(&tx, hq, row)?;
    audit(&tx, who, "till revoke", &json!({ "till": format!("{store}/{till}") }).to_string())?;
    tx.commit()?;
    Ok(true)
}

/// Who is asking. A new key's first use replaces the one before it.
pub fn authenticate(hq: &Hq, bearer: Option<&str>) -> Result<TillKey, Refusal> {
    let bad = |problem: &str| Refusal::new("token", problem);
    let bearer = bearer.and_then(|h| h.strip_prefix("Bearer ")).ok_or_else(|| bad("a bearer token is needed"))?;
    let unverified = Unverified::parse(bearer, "JWT", false).map_err(|err| bad(&err.to_string()))?;
    let known = tills::key(&hq.door().conn, unverified.kid())?;
    let mut key = known.ok_or_else(|| bad("no till has this key"))?;
    let jwk: Jwk = serde_json::from_str(&key.jwk).map_err(anyhow::Error::from)?;
    let claims = token::check(bearer, &jwk, now_ms() / 1000).map_err(|err| match err {
        token::TokenError::Token(problem) => bad(&problem),
        token::TokenError::Clock => Refusal::new("clock", err.to_string()),
    })?;
    if claims.iss != format!("{}/{}", key.store, key.till) {
        return Err(bad("iss is another till"));
    }
    if key.state == "pending" {
        tills::promote(&hq.db().conn, key.till_id, &key.kid)?;
        key.state = "current".into();
    }
    Ok(key)
}

/// A revoked or replaced key may only send what was sold before.
pub fn must_be_current(key: &TillKey) -> Result<(), Refusal> {
    if key.state == "current" {
        Ok(())
    } else {
        Err(Refusal::new("revoked", "this key was revoked or replaced by a later enrolment"))
    }
}
