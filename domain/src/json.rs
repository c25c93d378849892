//! Reading JSON documents so that every refusal names its place.

use serde_json::{Map, Value};

/// A refusal: what is wrong, and where in the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Refused {
    /// Path of the place, such as `basket.lines[2].unit_price`.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Whether a reader refuses fields that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A person wrote it: a typo must not pass.
    Refuse,
    /// Another program wrote it, perhaps a newer one.
    Ignore,
}

/// A value together with its place.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The value itself.
    pub value: &'a Value,
    place: String,
    unknown: Unknown,
}

impl<'a> Node<'a> {
    /// The document itself, called `name`.
    pub fn root(name: &str, value: &'a Value, unknown: Unknown) -> Self {
        Self { value, place: name.into(), unknown }
    }

    /// A refusal at this place.
    pub fn refuse(&self, problem: impl Into<String>) -> Refused {
        Refused { place: self.place.clone(), problem: problem.into() }
    }

    /// An object with none but the named fields.
    pub fn object(&self, fields: &[&str]) -> Result<Object<'a>, Refused> {
        let map = self.value.as_object().ok_or_else(|| self.refuse("must be an object"))?;
        if self.unknown == Unknown::Refuse
            && let Some(name) = map.keys().find(|name| !fields.contains(&name.as_str()))
        {
            return Err(self.refuse(format!("unknown field `{name}`")));
        }
        Ok(Object { node: self.clone(), map })
    }

    /// The entries of an object whose keys are free.
    pub fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>, Refused> {
        let map = self.value.as_object().ok_or_else(|| self.refuse("must be an object"))?;
        Ok(map.iter().map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    /// A list, which may be empty.
    pub fn list(&self) -> Result<Vec<Node<'a>>, Refused> {
        let list = self.value.as_array().ok_or_else(|| self.refuse("must be a list"))?;
        let item = |(i, value)| Node { value, place: format!("{}[{i}]", self.place), unknown: self.unknown };
        Ok(list.iter().enumerate().map(item).collect())
    }

    /// A list with at least one item.
    pub fn full_list(&self) -> Result<Vec<Node<'a>>, Refused> {
        let list = self.list()?;
        if list.is_empty() { Err(self.refuse("must not be empty")) } else { Ok(list) }
    }

    /// A string.
    pub fn text(&self) -> Result<&'a str, Refused> {
        self.value.as_str().ok_or_else(|| self.refuse("must be a string"))
    }

    /// True or false.
    pub fn bool(&self) -> Result<bool, Refused> {
        self.value.as_bool().ok_or_else(|| self.refuse("must be true or false"))
    }

    /// A whole number.
    pub fn integer(&self) -> Result<i64, Refused> {
        self.value.as_i64().ok_or_else(|| self.refuse("must be a whole number"))
    }

    /// A whole number from 0 on.
    pub fn count(&self) -> Result<u32, Refused> {
        u32::try_from(self.integer()?).map_err(|_| self.refuse("must be a whole number from 0 on"))
    }

    /// A string that `parse` understands.
    pub fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Refused> {
        parse(self.text()?).map_err(|problem| self.refuse(problem))
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        self.value.is_null()
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        Self { value, place: format!("{}.{key}", self.place), unknown: self.unknown }
    }
}

/// An object whose field names were checked.
pub struct Object<'a> {
    node: Node<'a>,
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// A field that must be there.
    pub fn need(&self, name: &str) -> Result<Node<'a>, Refused> {
        self.get(name).ok_or_else(|| self.node.refuse(format!("`{name}` is missing")))
    }

    /// A field that may be absent.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        self.map.get(name).map(|value| self.node.child(name, value))
    }

    /// A field that may be absent or null.
    pub fn get_non_null(&self, name: &str) -> Option<Node<'a>> {
        self.get(name).filter(|node| !node.is_null())
    }

    /// Reads a field that may be absent.
    pub fn opt<T>(&self, name: &str, read: impl FnOnce(Node<'a>) -> Result<T, Refused>) -> Result<Option<T>, Refused> {
        self.get(name).map(read).transpose()
    }

    /// A refusal at this object.
    pub fn refuse(&self, problem: impl Into<String>) -> Refused {
        self.node.refuse(problem)
    }
}

/// Reads a plain number with at most `decimals` decimals as an integer of its smallest unit.
pub fn plain(text: &str, decimals: usize, max: i128, max_text: &str) -> Result<i128, String> {
    let shape = || format!("`{}` is not a plain number", text.chars().take(40).collect::<String>());
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(shape()),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(shape());
    }
    if fraction.len() > decimals {
        return Err(format!("`{text}` has more than {decimals} decimals"));
    }
    let joined = format!("{whole}{fraction:0<decimals$}");
    let value = joined.trim_start_matches('0');
    let value: i128 = if value.is_empty() { 0 } else { value.parse().unwrap_or(i128::MAX) };
    if value > max { Err(format!("`{text}` is above {max_text}")) } else { Ok(value) }
}
