//! Who may sign in, and as what: added, changed and blocked by administrators.

use anyhow::Result;
use domain::id::identifier;
use domain::lang::Lang;
use serde_json::json;

use super::access::{Action, Role, Scope};
use super::session::Person;
use super::{Hq, roster, second};
use crate::store::sql::Conn;
use crate::store::users::{self, NewUser, User};
use crate::store::{audit, tills};

/// Random characters of a password that is shown once: 60 bits.
const GIVEN_LEN: usize = 12;

/// What somebody is and sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Role.
    pub role: Role,
    /// The store of a manager.
    pub store: Option<String>,
    /// District prefix.
    pub district: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Not an administrator, or not any more.
    NotAllowed,
    /// There is nobody of this name whom the administrator may see.
    Missing,
    /// The name cannot be one.
    Name,
    /// Somebody has this name.
    Taken,
    /// A manager without a store, or a store for somebody else.
    Store,
    /// There is no such store.
    NoSuchStore,
    /// The district is none.
    District,
    /// More than the administrator may see.
    Beyond,
    /// One's own rights.
    Own,
    /// The last administrator of everything.
    LastAdmin,
}

impl Wrong {
    /// What to tell the administrator.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::NotAllowed => lang.of("只有系统管理员能管理人员。", "Only an administrator manages people."),
            Self::Missing => lang.of("没有这个人。", "There is nobody of this name."),
            Self::Name => lang.of(
                "用户名只用字母、数字、点、横线和下划线，例如 wang.fang。",
                "A name has letters, digits, dots, hyphens and underscores only, as in wang.fang.",
            ),
            Self::Taken => lang.of("这个用户名已经有人用了，请换一个。", "This name is taken: choose another."),
            Self::Store => {
                lang.of("店长要选一家门店，其他角色不选门店。", "A manager, and nobody else, is given a store.")
            }
            Self::NoSuchStore => lang.of("没有这家门店，请重新选择。", "There is no such store: choose another."),
            Self::District => lang.of(
                "地区代码是 2 到 12 位数字，例如 370811；不限地区就空着。",
                "A district code has 2 to 12 digits, as in 370811; leave it empty for all.",
            ),
            Self::Beyond => lang.of(
                "这超出了您自己的范围，请找不限地区的系统管理员。",
                "This is beyond what you see yourself: ask an administrator of all districts.",
            ),
            Self::Own => lang.of(
                "不能改自己的角色、范围，也不能停用自己，请找另一位系统管理员。",
                "Nobody changes the own role or scope or blocks the own name: ask another administrator.",
            ),
            Self::LastAdmin => lang.of(
                "这是最后一位不限地区的系统管理员，请先添加另一位。",
                "This is the last administrator of everything: add another one first.",
            ),
        }
    }
}

/// What an administrator does to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another role or scope.
    Rights(Rights),
    /// Blocked, or let in again.
    Blocked(bool),
    /// A new password, shown once and replaced at the next sign-in.
    Password,
    /// The second step is taken away, for who lost telephone and recovery codes.
    SecondStep,
}

/// People whom somebody may see.
pub fn list(hq: &Hq, actor: &Person) -> Result<Vec<User>> {
    let db = hq.reading();
    let scope = Scope::of(&db.conn, actor)?;
    let all = users::all(&db.conn)?;
    Ok(all.into_iter().filter(|user| scope.covers(user.store.as_deref(), user.district.as_deref())).collect())
}

/// Adds somebody; the first password, to be shown once.
pub fn add(hq: &Hq, actor: &Person, name: &str, rights: &Rights) -> Result<Result<String, Wrong>> {
    let Ok(name) = identifier(name.trim()) else { return Ok(Err(Wrong::Name)) };
    let (password, hash) = given()?;
    let db = hq.db();
    let tx = db.begin()?;
    if let Err(wrong) = is_allowed(&tx, actor)?.and(check(&tx, actor, rights)?) {
        return Ok(Err(wrong));
    }
    let new = NewUser {
        name: &name,
        role: rights.role.code(),
        store: rights.store.as_deref(),
        district: rights.district.as_deref(),
        password_hash: &hash,
        must_change: true,
    };
    if !users::insert(&tx, &new)? {
        return Ok(Err(Wrong::Taken));
    }
    audit(&tx, &actor.name, "user add", &said(&name, rights))?;
    tx.commit()?;
    Ok(Ok(password))
}

/// Changes somebody; a password, where one was made.
pub fn change(hq: &Hq, actor: &Person, name: &str, change: &Change) -> Result<Result<Option<String>, Wrong>> {
    let made = if *change == Change::Password { Some(given()?) } else { None };
    let db = hq.db();
    let tx = db.begin()?;
    if let Err(wrong) = is_allowed(&tx, actor)? {
        return Ok(Err(wrong));
    }
    let scope = Scope::of(&tx, actor)?;
    let user = users::find(&tx, name)?.filter(|u| scope.covers(u.store.as_deref(), u.district.as_deref()));
    let Some(user) = user else { return Ok(Err(Wrong::Missing)) };
    let plain = json!({ "user": name }).to_string();
    match change {
        Change::Rights(rights) => {
            if let Err(wrong) = check(&tx, actor, rights)?.and(not_own(actor, name)).and(stays(&tx, &user)?) {
                return Ok(Err(wrong));
            }
            users::set_rights(&tx, name, rights.role.code(), rights.store.as_deref(), rights.district.as_deref())?;
            let before = json!({ "role": user.role, "store": user.store, "district": user.district });
            let mut detail = json!({ "before": before });
            detail["now"] = rights_json(rights);
            detail["user"] = name.into();
            audit(&tx, &actor.name, "user rights", &detail.to_string())?;
        }
        Change::Blocked(true) => {
            if let Err(wrong) = not_own(actor, name).and(stays(&tx, &user)?) {
                return Ok(Err(wrong));
            }
            users::set_blocked(&tx, name, true)?;
            audit(&tx, &actor.name, "user block", &plain)?;
        }
        Change::Blocked(false) => {
            users::set_blocked(&tx, name, false)?;
            audit(&tx, &actor.name, "user unblock", &plain)?;
        }
        Change::Password => {
            let hash = made.as_ref().map(|(_, hash)| hash.as_str()).unwrap_or_default();
            users::set_password(&tx, name, hash, true)?;
            audit(&tx, &actor.name, "user password", &plain)?;
        }
        Change::SecondStep => {
            users::end_sessions(&tx, name)?;
            second::remove(&tx, &actor.name, name)?;
        }
    }
    tx.commit()?;
    Ok(Ok(made.map(|(password, _)| password)))
}

/// A password that nobody thought of, and its hash.
fn given() -> Result<(String, String)> {
    let password = sync::random_base32(GIVEN_LEN);
    let hash = sync::password::hash(&password).map_err(anyhow::Error::msg)?;
    Ok((password, hash))
}

/// The administrator as the database has that person now: two who block each other at once do not both succeed.
fn is_allowed(conn: &Conn, actor: &Person) -> Result<Result<(), Wrong>> {
    let now = users::find(conn, &actor.name)?.filter(|user| !user.blocked);
    let may = now.and_then(|user| Role::parse(&user.role)).is_some_and(|role| role.may_do(Action::ManagePeople));
    Ok(if may && actor.role.may_do(Action::ManagePeople) { Ok(()) } else { Err(Wrong::NotAllowed) })
}

fn not_own(actor: &Person, name: &str) -> Result<(), Wrong> {
    if actor.name == name { Err(Wrong::Own) } else { Ok(()) }
}

/// Whether somebody is left who can add administrators, when this one is none any more.
fn stays(conn: &Conn, user: &User) -> Result<Result<(), Wrong>> {
    let is_one = user.role == Role::Admin.code() && user.district.is_none() && !user.blocked;
    Ok(if is_one && !users::another_admin(conn, &user.name)? { Err(Wrong::LastAdmin) } else { Ok(()) })
}

/// Whether the administrator may give these rights, and they make sense.
fn check(conn: &Conn, actor: &Person, rights: &Rights) -> Result<Result<(), Wrong>> {
    if (rights.role == Role::Manager) != rights.store.is_some() {
        return Ok(Err(Wrong::Store));
    }
    if let Some(store) = &rights.store
        && tills::store(conn, store)?.is_none()
    {
        return Ok(Err(Wrong::NoSuchStore));
    }
    if rights.district.as_deref().is_some_and(|code| roster::district(code).is_err()) {
        return Ok(Err(Wrong::District));
    }
    let covers = Scope::of(conn, actor)?.covers(rights.store.as_deref(), rights.district.as_deref());
    Ok(if covers { Ok(()) } else { Err(Wrong::Beyond) })
}

fn rights_json(rights: &Rights) -> serde_json::Value {
    json!({ "role": rights.role.code(), "store": rights.store, "district": rights.district })
}

/// What the audit says of somebody who was added.
fn said(name: &str, rights: &Rights) -> String {
    let mut said = rights_json(rights);
    said["user"] = name.into();
    said.to_string()
}
