//! Signing in to the console.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::access::{Place, Role};
use super::{Hq, second};
use crate::store::sessions::{self, Session};
use crate::store::users;
use crate::store::{audit, now_ms};

/// A session ends after this long without use, in milliseconds.
pub const IDLE_MS: i64 = 30 * 60_000;
/// A session ends after this long in any case, in milliseconds.
pub const LONGEST_MS: i64 = 12 * 3_600_000;
/// So long after the password the second step may come, in milliseconds.
const SECOND_STEP_MS: i64 = 10 * 60_000;
/// So long after the password was typed nobody is asked for it again, in milliseconds.
pub const FRESH_MS: i64 = 10 * 60_000;
/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 8;
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
    /// When the password was last typed in this session, in ms since 1970.
    pub confirmed_at: i64,
}

/// What somebody who signed in still has to do before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The second step.
    Code,
    /// A password of one's own.
    Password,
    /// A second step is required, and there is none yet.
    SetUp,
}

/// Somebody's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// Whose it is.
    pub person: Person,
    /// What is still to be done.
    pub due: Option<Due>,
}

/// Whether the password was typed so lately that a sensitive action needs no other proof.
pub fn fresh(person: &Person) -> bool {
    now_ms() - person.confirmed_at <= FRESH_MS
}

impl Person {
    /// Whether the person may open a place. Programmes hold for the whole network: whoever looks after
    /// one district does not write them.
    pub fn may(&self, place: Place) -> bool {
        let is_of_all = !matches!(place, Place::Drafting | Place::Publishing);
        self.role.may(place) && (is_of_all || self.district.is_none())
    }
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
    pub(super) fn begin(&self, keys: &[(String, u32)], now: i64) -> Result<(), i64> {
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

    pub(super) fn forget(&self, keys: &[(String, u32)]) {
        let mut tries = self.tries();
        for (key, _) in keys {
            tries.remove(key);
        }
    }

    fn tries(&self) -> MutexGuard<'_, BTreeMap<String, (u32, i64)>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands for a token.
pub(super) fn digest(token: &str) -> String {
    sync::b64(&Sha256::digest(token.as_bytes()))
}

/// By what wrong passwords are counted.
fn password_keys(name: &str, address: &str) -> [(String, u32); 2] {
    [(format!("{address} {name}"), FREE_TRIES), (format!("* {name}"), FREE_TRIES_ANYWHERE)]
}

/// By what wrong codes are counted: whoever types them has the password, wherever that is.
pub(super) fn code_keys(name: &str) -> [(String, u32); 1] {
    [(format!("code {name}"), FREE_TRIES)]
}

/// Checks name and password; the token of a new session. `address` is where the request came from.
/// Costs a core and 19 MiB: callers see to it that few run at a time.
pub fn sign_in(hq: &Hq, name: &str, password: &str, address: &str) -> Result<Result<String, SignInError>> {
    if name.len() > LONGEST_NAME {
        return Ok(Err(SignInError::Wrong));
    }
    let now = now_ms();
    let keys = password_keys(name, address);
    if let Err(seconds) = hq.throttle.begin(&keys, now) {
        return Ok(Err(SignInError::Wait(seconds)));
    }
    let user = users::find(&hq.db().conn, name)?;
    // Somebody who is not there costs as much time as somebody who is.
    let hash = user.as_ref().map_or(NOBODY, |user| user.password_hash.as_str());
    let right = sync::password::verify(password, hash);
    let db = hq.db();
    let detail = |why: Option<&str>| match why {
        Some(why) => json!({ "address": address, "why": why }).to_string(),
        None => json!({ "address": address }).to_string(),
    };
    let Some(user) = user.filter(|_| right) else {
        let known = if users::find(&db.conn, name)?.is_some() { name } else { "?" };
        audit(&db.conn, known, "sign-in refused", &detail(None))?;
        return Ok(Err(SignInError::Wrong));
    };
    if user.blocked {
        audit(&db.conn, name, "sign-in refused", &detail(Some("blocked")))?;
        return Ok(Err(SignInError::Wrong));
    }
    hq.throttle.forget(&keys);
    let token = sync::random_base32(52);
    let tx = db.begin()?;
    let session = Session {
        digest: digest(&token),
        user: name.into(),
        created_at: now,
        seen_at: now,
        confirmed_at: now,
        code_due: user.totp_enc.is_some(),
        address: address.into(),
    };
    sessions::insert(&tx, &session, now - LONGEST_MS)?;
    if !session.code_due {
        users::signed_in(&tx, name, now)?;
    }
    audit(&tx, name, "sign-in", &detail(None))?;
    tx.commit()?;
    Ok(Ok(token))
}

/// A hash that no password has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who a token belongs to, while the session lasts.
pub fn resume(hq: &Hq, token: &str) -> Result<Option<Resumed>> {
    let now = now_ms();
    let digest = digest(token);
    let db = hq.db();
    let Some(session) = sessions::find(&db.conn, &digest)? else {
        return Ok(None);
    };
    let age = now - session.created_at;
    if age > LONGEST_MS || now - session.seen_at > IDLE_MS || (session.code_due && age > SECOND_STEP_MS) {
        sessions::delete(&db.conn, &digest)?;
        return Ok(None);
    }
    // Once a minute is enough to know that it is in use.
    if now - session.seen_at > 60_000 {
        sessions::touch(&db.conn, &digest, now)?;
    }
    let Some(user) = users::find(&db.conn, &session.user)?.filter(|user| !user.blocked) else { return Ok(None) };
    let Some(role) = Role::parse(&user.role) else { return Ok(None) };
    let due = if session.code_due {
        Some(Due::Code)
    } else if user.must_change {
        Some(Due::Password)
    } else if user.totp_enc.is_none() && second::is_required(&db.conn, role)? {
        Some(Due::SetUp)
    } else {
        None
    };
    let (name, store, district) = (user.name, user.store, user.district);
    Ok(Some(Resumed { person: Person { name, role, store, district, confirmed_at: session.confirmed_at }, due }))
}

/// The password again, before something sensitive.
pub fn confirm(hq: &Hq, token: &str, name: &str, password: &str, address: &str) -> Result<Result<(), SignInError>> {
    if let Err(wrong) = check_password(hq, name, password, address)? {
        return Ok(Err(wrong));
    }
    sessions::confirm(&hq.db().conn, &digest(token), now_ms())?;
    Ok(Ok(()))
}

/// Whether this is the password of somebody who is signed in; wrong ones count as at the door.
fn check_password(hq: &Hq, name: &str, password: &str, address: &str) -> Result<Result<(), SignInError>> {
    let keys = password_keys(name, address);
    if let Err(seconds) = hq.throttle.begin(&keys, now_ms()) {
        return Ok(Err(SignInError::Wait(seconds)));
    }
    let hash = users::find(&hq.db().conn, name)?.map(|user| user.password_hash);
    if !hash.is_some_and(|hash| sync::password::verify(password, &hash)) {
        audit(&hq.db().conn, name, "password refused", &json!({ "address": address }).to_string())?;
        return Ok(Err(SignInError::Wrong));
    }
    hq.throttle.forget(&keys);
    Ok(Ok(()))
}

/// Why a password was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeError {
    /// The old one is wrong, or was tried too often.
    Old(SignInError),
    /// The new one is too short.
    Short,
    /// The new one is the old one.
    Same,
}

/// One's own new password: other sessions end, this one stays.
pub fn change_password(
    hq: &Hq,
    token: &str,
    name: &str,
    (old, new): (&str, &str),
    address: &str,
) -> Result<Result<(), ChangeError>> {
    if new.chars().count() < SHORTEST_PASSWORD {
        return Ok(Err(ChangeError::Short));
    }
    if new == old {
        return Ok(Err(ChangeError::Same));
    }
    if let Err(wrong) = check_password(hq, name, old, address)? {
        return Ok(Err(ChangeError::Old(wrong)));
    }
    let hash = sync::password::hash(new).map_err(anyhow::Error::msg)?;
    let db = hq.db();
    let tx = db.begin()?;
    let Some(session) = sessions::find(&tx, &digest(token))? else {
        return Ok(Err(ChangeError::Old(SignInError::Wrong)));
    };
    users::set_password(&tx, name, &hash, false)?;
    sessions::insert(&tx, &Session { confirmed_at: now_ms(), ..session }, 0)?;
    audit(&tx, name, "user password", &json!({ "user": name }).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// A person's sessions that have not ended, the last used first; whether each is the one of this token.
pub fn own(hq: &Hq, token: &str, name: &str) -> Result<Vec<(Session, bool)>> {
    let digest = digest(token);
    let now = now_ms();
    let found = sessions::of_user(&hq.db().conn, name, now - IDLE_MS)?.into_iter();
    Ok(found.filter(|s| now - s.created_at <= LONGEST_MS).map(|s| (s.clone(), s.digest == digest)).collect())
}

/// Ends all sessions of a person, this one among them.
pub fn sign_out_everywhere(hq: &Hq, name: &str) -> Result<()> {
    let db = hq.db();
    let tx = db.begin()?;
    users::end_sessions(&tx, name)?;
    audit(&tx, name, "sign-out everywhere", "{}")?;
    tx.commit()
}

/// Ends a session.
pub fn sign_out(hq: &Hq, token: &str, name: &str) -> Result<()> {
    hq.what_ifs.forget(name);
    let db = hq.db();
    sessions::delete(&db.conn, &digest(token))?;
    audit(&db.conn, name, "sign-out", "{}")
}
