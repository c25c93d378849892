//! A store says that a decision is wrong, with a note and a picture of the slip.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::access::Action;
use super::decide::{self, NotDone};
use super::session::Person;
use super::{Hq, Refusal};
use crate::store::claims::{self, Claim};
use crate::store::disputes::{self, Dispute};
use crate::store::sql::Conn;
use crate::store::tills::TillKey;
use crate::store::{audit, reviews};

/// Most bytes of a picture.
pub const LARGEST_PICTURE: usize = 2 * 1024 * 1024;
/// Longest note, in characters.
const LONGEST_NOTE: usize = 1_000;
/// Longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// What a store says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objection {
    /// Id by which it was sent; the same again changes nothing.
    pub letter: String,
    /// Who says it.
    pub by: String,
    /// Why, in words.
    pub note: String,
    /// A picture of the slip.
    pub picture: Option<Vec<u8>>,
    /// The picture's file name.
    pub name: String,
}

/// What a picture's bytes are, whatever its name says: JPEG or PNG, from their first to their last byte.
pub fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const PNG_END: &[u8] = b"\0\0\0\0IEND\xaeB`\x82";
    if bytes.len() > LARGEST_PICTURE {
        None
    } else if bytes.starts_with(PNG) && bytes.ends_with(PNG_END) {
        Some("image/png")
    } else if bytes.len() > 4 && bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9") {
        Some("image/jpeg")
    } else {
        None
    }
}

/// A claim of the person's own store is disputed, as it was seen.
pub fn by_manager(hq: &Hq, person: &Person, seen: decide::Seen, objection: &Objection) -> Result<Result<(), NotDone>> {
    if !person.role.may_do(Action::DisputeClaim) {
        return Ok(Err(NotDone::Role));
    }
    let db = hq.db();
    let tx = db.begin()?;
    let claim = claims::by_id(&tx, seen.id)?.filter(|claim| person.store.as_ref() == Some(&claim.store));
    let Some(claim) = claim else { return Ok(Err(NotDone::Gone)) };
    let (state, version) = reviews::stands(&tx, claim.id)?.context("a claim that was there")?;
    if version != seen.version {
        let last = reviews::events(&tx, claim.id)?.pop();
        return Ok(Err(NotDone::Changed { state, last: last.map(Box::new) }));
    }
    let objection = Objection { by: person.name.clone(), ..objection.clone() };
    if let Err(why) = take(&tx, &claim, &objection, "")? {
        return Ok(Err(why));
    }
    audit(&tx, &person.name, "dispute claim", &json!({"claim": claim.uuid}).to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

/// A till's letter.
#[derive(Debug, Deserialize)]
struct Letter {
    id: Option<String>,
    claim: String,
    note: String,
    by: Option<String>,
    picture: Option<String>,
    name: Option<String>,
}

/// `POST /v1/disputes`: the answer is the claim's state now.
pub fn by_till(hq: &Hq, who: &TillKey, body: &[u8]) -> Result<Value, Refusal> {
    let letter: Letter = serde_json::from_slice(body).map_err(|err| Refusal::new("body", err.to_string()))?;
    let picture = letter.picture.as_deref().filter(|text| !text.is_empty()).map(bytes_of);
    let picture = match picture {
        Some(None) => return Err(Refusal::new("body", "`picture` must be base64")),
        Some(Some(bytes)) if bytes.len() > LARGEST_PICTURE => {
            return Err(Refusal::new("size", "a picture has at most 2 MB"));
        }
        Some(Some(bytes)) if picture_type(&bytes).is_none() => {
            return Err(Refusal::new("invalid", "the picture is no JPEG or PNG"));
        }
        Some(picture) => picture,
        None => None,
    };
    let digest = digest(&letter.claim, &letter.note, picture.as_deref());
    let sent_as = letter.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| digest.clone());
    let till = format!("{}/{}", who.store, who.till);
    let by = letter.by.map_or_else(|| till.clone(), |by| format!("{till} {by}"));
    let name = letter.name.unwrap_or_default();
    let objection = Objection { letter: sent_as, by: by.chars().take(100).collect(), note: letter.note, picture, name };
    let db = hq.db();
    let tx = db.begin()?;
    if let Some(known) = disputes::by_letter(&tx, &who.store, &objection.letter)? {
        if known.digest != digest {
            return Err(Refusal::new("conflict", "another dispute was sent under this id"));
        }
        return answer(&tx, known.claim_id);
    }
    let Some(claim) = claims::of_store(&tx, &who.store, &letter.claim)? else {
        return Err(Refusal::new("unknown", "this store has no such claim"));
    };
    match take(&tx, &claim, &objection, &digest)? {
        Ok(()) => {}
        Err(NotDone::State(state)) => {
            let why = format!("a claim that is {state} cannot be disputed: only held, adjusted and rejected ones can");
            return Err(Refusal::new("conflict", why));
        }
        Err(_) => return Err(Refusal::new("invalid", "the note must have 1 to 1000 characters")),
    }
    let told = answer(&tx, claim.id)?;
    tx.commit()?;
    Ok(told)
}

fn answer(tx: &Conn, claim_id: i64) -> Result<Value, Refusal> {
    let claim = claims::by_id(tx, claim_id)?.context("a disputed claim")?;
    Ok(json!({"claim": claim.uuid, "state": claim.state}))
}

/// Base64 with padding, or that of addresses without.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().or_else(|| sync::from_b64(text))
}

fn digest(claim: &str, note: &str, picture: Option<&[u8]>) -> String {
    let mut hash = Sha256::new();
    for part in [claim.as_bytes(), note.as_bytes(), picture.unwrap_or_default()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    sync::b64(&hash.finalize())
}

fn take(tx: &Conn, claim: &Claim, said: &Objection, digest: &str) -> Result<Result<(), NotDone>> {
    let note = said.note.trim();
    if note.is_empty() || note.chars().count() > LONGEST_NOTE {
        return Ok(Err(NotDone::Words));
    }
    let kind = said.picture.as_deref().map(picture_type);
    let Some(kind) = kind.unwrap_or(Some("")) else { return Ok(Err(NotDone::Picture)) };
    if !decide::may_become(&claim.state, "disputed") {
        return Ok(Err(NotDone::State(claim.state.clone())));
    }
    let kept = Dispute {
        id: 0,
        claim_id: claim.id,
        letter: said.letter.clone(),
        digest: digest.into(),
        at: 0,
        who: said.by.clone(),
        note: note.into(),
        before: claim.state.clone(),
        state: "open".into(),
        answer: String::new(),
        picture_name: said.name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect(),
        picture_type: kind.into(),
    };
    disputes::insert(tx, &kept, said.picture.as_deref())?;
    let detail = json!({"from": claim.state, "state": "disputed", "note": note, "picture": !kind.is_empty()});
    decide::set_state(tx, claim.id, "disputed", &said.by, "disputed", &detail)?;
    Ok(Ok(()))
}
