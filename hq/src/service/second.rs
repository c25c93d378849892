//! The second step of signing in: a code of the person's telephone, or one of ten for who lost it.

use anyhow::Result;
use serde_json::json;

use super::Hq;
use super::access::{Action, Role};
use super::session::{self, Person, SignInError};
use super::totp;
use crate::store::sql::Conn;
use crate::store::users::{self, User};
use crate::store::{audit, meta, now_ms, sessions, set_meta};

/// Recovery codes that a person gets.
const RECOVERY_CODES: usize = 10;
/// Random characters of one.
const RECOVERY_LEN: usize = 12;
/// Under this name it is kept whether the second step is required.
const REQUIRED: &str = "second_step";
/// Who must have one, where it is required: who lets money go, and who lets people in.
const BOUND: [Role; 3] = [Role::Approver, Role::Payer, Role::Admin];

/// Whether a role must have a second step.
pub fn is_required(conn: &Conn, role: Role) -> Result<bool> {
    Ok(BOUND.contains(&role) && is_on(conn)?)
}

/// Whether the second step is required at all.
pub fn is_on(conn: &Conn) -> Result<bool> {
    Ok(meta(conn, REQUIRED)?.is_some())
}

/// Requires the second step of approvers, payers and administrators, or does not any more; false where
/// the person may not say so.
pub fn require(hq: &Hq, actor: &Person, on: bool) -> Result<bool> {
    if !actor.role.may_do(Action::ManagePeople) || actor.district.is_some() {
        return Ok(false);
    }
    let db = hq.db();
    let tx = db.begin()?;
    set_meta(&tx, REQUIRED, on.then_some("required"))?;
    audit(&tx, &actor.name, "second step required", &json!({ "required": on }).to_string())?;
    tx.commit()?;
    Ok(true)
}

/// What a telephone is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The secret as people type it.
    pub secret: String,
    /// The same as a QR code holds it.
    pub uri: String,
}

/// The secret that a person may set up: the same until it was confirmed, so that a page can be loaded twice.
pub fn offer(hq: &Hq, name: &str) -> Result<Option<Offer>> {
    let db = hq.db();
    let Some(user) = users::find(&db.conn, name)? else { return Ok(None) };
    let secret = match &user.totp_offered_enc {
        Some(sealed) => hq.keys.open_sealed(sealed)?,
        None => {
            let secret = sync::random::<{ totp::SECRET_LEN }>();
            users::offer_totp(&db.conn, name, &hq.keys.seal(&secret))?;
            secret.to_vec()
        }
    };
    let secret = totp::base32(&secret);
    // Names are identifiers: an address takes them as they are.
    let uri = format!("otpauth://totp/Jihui:{name}?secret={secret}&issuer=Jihui&algorithm=SHA1&digits=6&period=30");
    Ok(Some(Offer { secret, uri }))
}

/// Sets up the offered secret, where a code of it was typed; the recovery codes, which are not shown again.
pub fn set_up(hq: &Hq, name: &str, typed: &str) -> Result<Result<Vec<String>, SignInError>> {
    let keys = session::code_keys(name);
    if let Err(seconds) = hq.throttle.begin(&keys, now_ms()) {
        return Ok(Err(SignInError::Wait(seconds)));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let sealed = users::find(&tx, name)?.and_then(|user| user.totp_offered_enc);
    let secret = sealed.map(|sealed| hq.keys.open_sealed(&sealed)).transpose()?.unwrap_or_default();
    let Some(step) = totp::find(&secret, &plain(typed), now_ms() / 1000).filter(|_| !secret.is_empty()) else {
        return Ok(Err(SignInError::Wrong));
    };
    users::accept_totp(&tx, name, step)?;
    let codes = new_codes(hq, &tx, name)?;
    audit(&tx, name, "second step set up", "{}")?;
    tx.commit()?;
    hq.throttle.forget(&keys);
    Ok(Ok(codes))
}

/// Draws recovery codes in the place of those there are.
fn new_codes(hq: &Hq, conn: &Conn, name: &str) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| sync::random_base32(RECOVERY_LEN)).collect();
    let macs: Vec<String> = codes.iter().map(|code| recovery_mac(hq, name, code)).collect();
    users::put_recovery(conn, name, &macs)?;
    Ok(codes.iter().map(|code| grouped(code)).collect())
}

/// Draws new recovery codes for somebody who has a second step; those before stop working.
pub fn renew_codes(hq: &Hq, name: &str) -> Result<Option<Vec<String>>> {
    let db = hq.db();
    let tx = db.begin()?;
    if users::find(&tx, name)?.is_none_or(|user| user.totp_enc.is_none()) {
        return Ok(None);
    }
    let codes = new_codes(hq, &tx, name)?;
    audit(&tx, name, "recovery codes", "{}")?;
    tx.commit()?;
    Ok(Some(codes))
}

/// Takes the second step away, for a new telephone; by the person, an administrator or the command line.
pub fn remove(conn: &Conn, who: &str, name: &str) -> Result<()> {
    users::remove_totp(conn, name)?;
    audit(conn, who, "second step removed", &json!({ "user": name }).to_string())
}

/// The same, by the person.
pub fn remove_own(hq: &Hq, name: &str) -> Result<()> {
    let db = hq.db();
    let tx = db.begin()?;
    remove(&tx, name, name)?;
    tx.commit()
}

/// The second step: the session of this token is whole from then on.
pub fn take(hq: &Hq, token: &str, name: &str, typed: &str, address: &str) -> Result<Result<(), SignInError>> {
    let now = now_ms();
    let keys = session::code_keys(name);
    if let Err(seconds) = hq.throttle.begin(&keys, now) {
        return Ok(Err(SignInError::Wait(seconds)));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let Some(user) = users::find(&tx, name)? else { return Ok(Err(SignInError::Wrong)) };
    let Some(how) = fits(hq, &tx, &user, &plain(typed), now)? else {
        audit(&tx, name, "second step refused", &json!({ "address": address }).to_string())?;
        tx.commit()?;
        return Ok(Err(SignInError::Wrong));
    };
    sessions::complete(&tx, &session::digest(token))?;
    users::signed_in(&tx, name, now)?;
    audit(&tx, name, "second step", &json!({ "address": address, "by": how }).to_string())?;
    tx.commit()?;
    hq.throttle.forget(&keys);
    Ok(Ok(()))
}

/// What fits, and is used up by it.
fn fits(hq: &Hq, conn: &Conn, user: &User, typed: &str, now: i64) -> Result<Option<&'static str>> {
    let Some(sealed) = &user.totp_enc else { return Ok(None) };
    let secret = hq.keys.open_sealed(sealed)?;
    if let Some(step) = totp::find(&secret, typed, now / 1000) {
        return Ok(users::use_step(conn, &user.name, step)?.then_some("code"));
    }
    let used = users::use_recovery(conn, &user.name, &recovery_mac(hq, &user.name, typed))?;
    Ok(used.then_some("recovery code"))
}

/// Recovery codes are kept as keyed hashes: who only has the database finds none of them.
fn recovery_mac(hq: &Hq, name: &str, code: &str) -> String {
    hq.keys.mac("recovery", &format!("{name}:{code}"))
}

/// What was typed, without the spaces and hyphens that people put in.
fn plain(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).take(40).collect()
}

/// A recovery code in fours.
fn grouped(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    chars.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
