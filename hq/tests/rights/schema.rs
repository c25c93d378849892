//! As much of JSON Schema as the API's description uses; a word that is not known here fails.

use serde_json::Value;
use sync::jws::{Jwk, Unverified};

pub struct Schemas<'a> {
    pub document: &'a Value,
    /// Headquarters' key, by which signed texts are checked.
    pub key: Jwk,
}

type Found = Result<(), String>;

impl Schemas<'_> {
    /// Follows a reference.
    pub fn follow<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(place) => {
                let found = self.document.pointer(place.strip_prefix('#').unwrap());
                self.follow(found.unwrap_or_else(|| panic!("{place} leads nowhere")))
            }
            None => value,
        }
    }

    /// Whether a value fits.
    pub fn fits(&self, schema: &Value, value: &Value) -> Found {
        let schema = self.follow(schema);
        for (word, rule) in schema.as_object().unwrap() {
            self.word(schema, word, rule, value).map_err(|problem| format!("{problem}: {value}"))?;
        }
        Ok(())
    }

    fn word(&self, schema: &Value, word: &str, rule: &Value, value: &Value) -> Found {
        let ok = |fits: bool| if fits { Ok(()) } else { Err(format!("`{word}` {rule}")) };
        let length = || value.as_array().map(Vec::len).or(value.as_str().map(|text| text.chars().count()));
        let limit = || usize::try_from(rule.as_u64().unwrap()).unwrap();
        match word {
            "description" | "format" => Ok(()),
            "type" => match rule.as_array() {
                Some(any) => ok(any.iter().any(|one| is(one, value))),
                None => ok(is(rule, value)),
            },
            "enum" => ok(rule.as_array().unwrap().contains(value)),
            "minimum" => ok(value.as_i64().is_none_or(|n| n >= rule.as_i64().unwrap())),
            "maxItems" | "maxLength" => ok(length().is_none_or(|n| n <= limit())),
            "minItems" | "minLength" => ok(length().is_none_or(|n| n >= limit())),
            "pattern" => ok(value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text))),
            "required" => {
                let names = rule.as_array().unwrap().iter().filter_map(Value::as_str);
                ok(value.as_object().is_none_or(|o| names.into_iter().all(|name| o.contains_key(name))))
            }
            "properties" => rule.as_object().unwrap().iter().try_for_each(|(name, rule)| match value.get(name) {
                Some(value) => self.fits(rule, value).map_err(|problem| format!("{name}: {problem}")),
                None => Ok(()),
            }),
            "additionalProperties" => {
                let known = |name: &String| schema.get("properties").is_some_and(|p| p.get(name).is_some());
                let others = value.as_object().into_iter().flatten().filter(|(name, _)| !known(name));
                match rule {
                    Value::Bool(false) => {
                        others.into_iter().try_for_each(|(name, _)| Err(format!("`{name}` is too much")))
                    }
                    rule => others.into_iter().try_for_each(|(_, value)| self.fits(rule, value)),
                }
            }
            "items" => value.as_array().into_iter().flatten().try_for_each(|item| self.fits(rule, item)),
            "anyOf" | "oneOf" => {
                let tried: Vec<Found> = rule.as_array().unwrap().iter().map(|one| self.fits(one, value)).collect();
                let fitting = tried.iter().filter(|found| found.is_ok()).count();
                let enough = if word == "oneOf" { fitting == 1 } else { fitting > 0 };
                if enough { Ok(()) } else { Err(format!("`{word}`: {tried:?}")) }
            }
            "x-jws" => value.as_str().map_or(Ok(()), |text| self.signed(rule, text)),
            "x-lines" | "x-end" => Ok(()),
            other => panic!("the checker does not know `{other}`"),
        }
    }

    fn signed(&self, rule: &Value, text: &str) -> Found {
        let typ = rule["typ"].as_str().unwrap();
        let payload = Unverified::parse(text, typ, true).and_then(|jws| jws.verify(&self.key));
        let payload: Value = serde_json::from_slice(&payload.map_err(|err| err.to_string())?).unwrap();
        self.fits(&rule["payload"], &payload)
    }

    /// Whether the lines of NDJSON fit, and its end.
    pub fn lines_fit(&self, schema: &Value, text: &str) -> Result<usize, String> {
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let end = lines.pop().ok_or("no end")?;
        self.signed(&schema["x-end"], end["end"].as_str().ok_or("the last line is no end")?)?;
        lines.iter().try_for_each(|line| self.fits(&schema["x-lines"], line))?;
        Ok(lines.len())
    }
}

fn is(word: &Value, value: &Value) -> bool {
    match word.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the checker does not know the type `{other}`"),
    }
}

/// The patterns of the description, each as a rule: an engine for all of them would be a dependency.
fn matches(pattern: &str, text: &str) -> bool {
    let digits = |text: &str, from: usize, to: usize| {
        (from..=to).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let date = |text: &str| text.len() == 10 && domain::time::parse_date(text).is_ok();
    match pattern {
        "^[A-Za-z0-9_-]*$" => text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => date(text),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T" => text.get(..10).is_some_and(date) && text.as_bytes().get(10) == Some(&b'T'),
        r"^-?[0-9]+\.[0-9]{2}$" => {
            let plain = text.strip_prefix('-').unwrap_or(text);
            plain.split_once('.').is_some_and(|(yuan, fen)| digits(yuan, 1, 20) && digits(fen, 2, 2))
        }
        r"^[0-9]+(\.[0-9]{1,3})?$" => {
            let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
            digits(whole, 1, 20) && digits(rest, 1, 3)
        }
        other => panic!("the checker does not know the pattern `{other}`"),
    }
}
