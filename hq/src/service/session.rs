//! Signing in to the console.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::Hq;
use super::access::Role;
use crate::store::sessions::{self, User};
use crate::store::{audit, now_ms};

/// A session ends after this long without use, in milliseconds.
pub const IDLE_MS: i64 = 30 * 60_000;
/// A session ends after this long in any case, in milliseconds.
pub const LONGEST_MS: i64 = 12 * 3_600_000;
/// Wrong passwords in a row from one address before a name has to wait there.
const FREE_TRIES: u32 = 5;
/// The same from anywhere: more, so that nobody is locked out by others.
const FREE_TRIES_ANYWHERE: u32 = 50;
/// First wait after too many, in milliseconds; it doubles.
const FIRST_WAIT_MS: i64 = 30_000;
/// Longest wait after a wrong password, in milliseconds.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Names whose tries are remembered; a flood of made-up names must not fill the memory.
const MOST_NAMES: usize = 10_000;
/// No user has a longer name, in bytes: it is not worth remembering either.
const LONGEST_NAME: usize = 128;

/// Wrong passwords by name and address: how many in a row, and when the last one was.
#[derive(Debug, Default)]
pub struct Throttle {
    tries: Mutex<BTreeMap<String, (u32, i64)>>,
}

/// Someone who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The store of a manager.
    pub store: Option<String>,
    /// District prefix that bounds what is seen.
    pub district: Option<String>,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInError {
    /// Name or password is wrong; which, is not said.
    Wrong,
    /// Too many wrong ones: wait for so many seconds.
    Wait(i64),
}

impl Throttle {
    /// Counts a try before it is checked, so that tries at the same time count too; how many seconds
    /// somebody still has to wait, where they do.
    fn begin(&self, keys: &[(String, u32)], now: i64) -> Result<(), i64> {
        let mut tries = self.tries();
        let wait = |(key, free): &(String, u32)| {
            let (wrong, last) = tries.get(key).copied()?;
            let pause = (FIRST_WAIT_MS << wrong.checked_sub(*free)?.min(16)).min(LONGEST_WAIT_MS);
            Some(last + pause - now)
        };
        if let Some(left) = keys.iter().filter_map(wait).max().filter(|left| *left > 0) {
            return Err((left + 999) / 1000);
        }
        if tries.len() >= MOST_NAMES {
            tries.retain(|_, (_, last)| now - *last < LONGEST_WAIT_MS);
        }
        for (key, _) in keys {
            let entry = tries.entry(key.clone()).or_insert((0, now));
            *entry = (entry.0.saturating_add(1), now);
        }
        Ok(())
    }

    fn forget(&self, keys: &[(String, u32)]) {
        let mut tries = self.tries();
        for (key, _) in keys {
            tries.remove(key);
        }
    }

    fn tries(&self) -> MutexGuard<'_, BTreeMap<String, (u32, i64)>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(token: &str) -> String {
    sync::b64(&Sha256::digest(token.as_bytes()))
}

/// Checks name and password; the token of a new session. `address` is where the request came from.
/// Costs a core and 19 MiB: callers see to it that few run at a time.
pub fn sign_in(hq: &Hq, name: &str, password: &str, address: &str) -> Result<Result<String, SignInError>> {
    if name.len() > LONGEST_NAME {
        return Ok(Err(SignInError::Wrong));
    }
    let now = now_ms();
    let keys = [(format!("{address} {name}"), FREE_TRIES), (format!("* {name}"), FREE_TRIES_ANYWHERE)];
    if let Err(seconds) = hq.throttle.begin(&keys, now) {
        return Ok(Err(SignInError::Wait(seconds)));
    }
    let user = sessions::user(&hq.db().conn, name)?;
    // Somebody who is not there costs as much time as somebody who is.
    let hash = user.as_ref().map_or(NOBODY, |user| user.password_hash.as_str());
    let right = sync::password::verify(password, hash) && user.is_some();
    let db = hq.db();
    if !right {
        let known = if user.is_some() { name } else { "?" };
        audit(&db.conn, known, "sign-in refused", address)?;
        return Ok(Err(SignInError::Wrong));
    }
    hq.throttle.forget(&keys);
    let token = sync::random_base32(52);
    sessions::insert(&db.conn, &digest(&token), name, now, now - LONGEST_MS)?;
    audit(&db.conn, name, "sign-in", address)?;
    Ok(Ok(token))
}

/// A hash that no password has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who a token belongs to, while the session lasts.
pub fn resume(hq: &Hq, token: &str) -> Result<Option<Person>> {
    let now = now_ms();
    let digest = digest(token);
    let db = hq.db();
    let Some((name, created, seen)) = sessions::find(&db.conn, &digest)? else {
        return Ok(None);
    };
    if now - created > LONGEST_MS || now - seen > IDLE_MS {
        sessions::delete(&db.conn, &digest)?;
        return Ok(None);
    }
    // Once a minute is enough to know that it is in use.
    if now - seen > 60_000 {
        sessions::touch(&db.conn, &digest, now)?;
    }
    let user = sessions::user(&db.conn, &name)?;
    Ok(user.and_then(|user| {
        let User { name, role, store, district, .. } = user;
        Some(Person { name, role: Role::parse(&role)?, store, district })
    }))
}

/// Ends a session.
pub fn sign_out(hq: &Hq, token: &str, name: &str) -> Result<()> {
    hq.what_ifs.forget(name);
    let db = hq.db();
    sessions::delete(&db.conn, &digest(token))?;
    audit(&db.conn, name, "sign-out", "")
}
