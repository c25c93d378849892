//! Lists: NDJSON lines, then one signed line that says what was sent.

use serde::{Deserialize, Serialize};

use crate::jws::{self, Jwk, Key};
use crate::protocol::{ListEnd, typ};
use crate::sha256;

#[derive(Serialize, Deserialize)]
struct EndLine {
    end: String,
}

/// Builds a list's body. `end` gets rows and hash filled in.
pub fn build(lines: &[String], mut end: ListEnd, key: &Key) -> Vec<u8> {
    let mut body = Vec::new();
    for line in lines {
        body.extend_from_slice(line.as_bytes());
        body.push(b'\n');
    }
    end.rows = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    end.sha256 = sha256(&body);
    let end = EndLine { end: key.sign_json(typ::LIST, &end) };
    body.extend(serde_json::to_vec(&end).expect("one string serialises"));
    body.push(b'\n');
    body
}

/// What a till asked for, against which a list is checked.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub list: &'a str,
    pub store: &'a str,
    pub after: Option<u64>,
    pub hq_key: &'a Jwk,
}

/// Checks a list's body: the end is there, is for what was asked, and fits.
pub fn open<'b>(body: &'b [u8], asked: &Asked<'_>) -> Result<(Vec<&'b str>, ListEnd), String> {
    let text = std::str::from_utf8(body).map_err(|_| "the list is not UTF-8")?;
    let trimmed = text.strip_suffix('\n').unwrap_or(text);
    let (before, last) = match trimmed.rfind('\n') {
        Some(i) => (&text[..=i], &trimmed[i + 1..]),
        None => ("", trimmed),
    };
    let end: EndLine = serde_json::from_str(last).map_err(|_| "the list has no end: it was cut off")?;
    let end: ListEnd = jws::read(&end.end, typ::LIST, asked.hq_key).map_err(|err| format!("the list's end: {err}"))?;
    if end.list != asked.list || end.store != asked.store || end.after != asked.after {
        return Err("the list is not what was asked for".into());
    }
    let lines: Vec<&str> = before.lines().collect();
    if u64::try_from(lines.len()) != Ok(end.rows) || sha256(before.as_bytes()) != end.sha256 {
        return Err("the list's rows do not fit its end".into());
    }
    Ok((lines, end))
}
