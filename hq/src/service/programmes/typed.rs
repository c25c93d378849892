//! A programme as somebody types it: the fields of a form, by the places that they have in the document.

use domain::household::CATEGORIES;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

/// Days as documents name them, from Monday.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Benefits as documents name them.
pub const BENEFITS: [&str; 4] = ["percent_off", "amount_off", "fixed_price", "purse"];
/// What a limit counts, as documents name it.
pub const KINDS: [&str; 4] = ["discount", "discount_by_size", "quantity", "quantity_by_size"];

/// Fields and what stands in them, in the form's order. A field's name is its place in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed(pub Vec<(String, String)>);

impl Typed {
    /// What stands in a field; nothing where it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// All that was chosen of a list.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, value)| known == name && !value.trim().is_empty())
            .map(|(_, v)| v.trim())
            .collect()
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Whether a list has this choice.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).contains(&value)
    }

    /// Puts something in a field.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
    }

    /// Adds a choice.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// How many rows a table has: `limits[0].id`, `limits[1].id`, …
    pub fn rows(&self, table: &str) -> usize {
        self.0.iter().filter_map(|(name, _)| Some(row_of(name, table)?.0 + 1)).max().unwrap_or(0)
    }

    /// Takes a row away; those after it move up.
    pub fn remove_row(&mut self, table: &str, row: usize) {
        self.0.retain(|(name, _)| row_of(name, table).is_none_or(|(n, _)| n != row));
        for (name, _) in &mut self.0 {
            if let Some((n, rest)) = row_of(name, table)
                && n > row
            {
                *name = format!("{table}[{}]{rest}", n - 1);
            }
        }
    }

    /// Words that commas or spaces separate.
    pub fn words(&self, name: &str) -> Vec<String> {
        let apart = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；');
        self.get(name).split(apart).filter(|word| !word.is_empty()).map(Into::into).collect()
    }

    /// The categories that are chosen and written, in the order in which pages name them.
    pub fn categories(&self) -> Vec<String> {
        let chosen = CATEGORIES.iter().map(|(code, _)| *code).filter(|code| self.has("categories", code));
        chosen.map(Into::into).chain(self.words("categories.other")).collect()
    }

    /// The document that these fields make, sound or not.
    pub fn document(&self, version: u32) -> Value {
        let mut d = Map::new();
        let text = |name: &str| Value::from(self.get(name));
        d.insert("code".into(), text("code"));
        d.insert("version".into(), version.into());
        d.insert("name".into(), json!({"zh": self.get("name.zh"), "en": self.get("name.en")}));
        d.insert("fund".into(), if self.get("fund").is_empty() { Value::Null } else { text("fund") });
        d.insert("valid_from".into(), text("valid_from"));
        d.insert("valid_to".into(), text("valid_to"));
        let weekdays: Vec<&str> = WEEKDAYS.into_iter().filter(|day| self.has("weekdays", day)).collect();
        let mut stores: Vec<&str> = self.all("stores");
        stores.dedup();
        d.insert("categories".into(), self.categories().into());
        for (name, list) in [
            ("weekdays", weekdays.into_iter().map(str::to_owned).collect::<Vec<_>>()),
            ("tags", self.words("tags")),
            ("districts", self.words("districts")),
            ("stores", stores.into_iter().map(str::to_owned).collect()),
        ] {
            if !list.is_empty() {
                d.insert(name.into(), list.into());
            }
        }
        d.insert("scope".into(), self.scope());
        d.insert("benefit".into(), self.benefit());
        d.insert("subsidy_share".into(), text("subsidy_share"));
        let limits: Vec<Value> = (0..self.rows("limits")).map(|row| self.limit(row)).collect();
        d.insert("limits".into(), limits.into());
        d.insert("priority".into(), whole(self.get("priority")));
        self.optional(&mut d);
        Value::Object(d)
    }

    /// What is left out where nothing is typed.
    fn optional(&self, d: &mut Map<String, Value>) {
        let mut minimum = Map::new();
        if self.ticked("minimum.gross") {
            minimum.insert("gross".into(), self.get("minimum.gross").into());
        }
        if self.ticked("minimum.kinds") {
            minimum.insert("kinds".into(), whole(self.get("minimum.kinds")));
        }
        if !minimum.is_empty() {
            d.insert("minimum".into(), minimum.into());
        }
        let ceilings: Vec<Value> = (0..self.rows("ceilings"))
            .map(|row| {
                let field = |name: &str| format!("ceilings[{row}].{name}");
                let (price, unit) = by_unit(self.get(&field("price")), self.get(&field("unit")));
                json!({"match": self.get(&field("match")), "price": price, "unit": unit})
            })
            .collect();
        if !ceilings.is_empty() {
            d.insert("ceilings".into(), ceilings.into());
        }
        if self.ticked("lowest_price_7d") {
            d.insert("lowest_price_7d".into(), true.into());
        }
        if self.ticked("offline.home") || self.ticked("offline.other") {
            d.insert("offline".into(), json!({"home": self.get("offline.home"), "other": self.get("offline.other")}));
        }
    }

    fn scope(&self) -> Value {
        let mut scope = Map::new();
        let list = |table: &str| -> Vec<Value> {
            (0..self.rows(table)).map(|row| self.get(&format!("{table}[{row}]")).into()).collect()
        };
        scope.insert("include".into(), list("scope.include").into());
        let exclude = list("scope.exclude");
        if !exclude.is_empty() {
            scope.insert("exclude".into(), exclude.into());
        }
        scope.into()
    }

    fn benefit(&self) -> Value {
        let priced = |name: &str| {
            let (amount, unit) =
                by_unit(self.get(&format!("benefit.{name}")), self.get(&format!("benefit.{name}.unit")));
            json!({name: amount, "unit": unit})
        };
        match self.get("benefit") {
            "percent_off" => json!({"percent_off": self.get("benefit.percent_off")}),
            name @ ("amount_off" | "fixed_price") => priced(name),
            "purse" => json!({"purse": true}),
            _ => json!({}),
        }
    }

    fn limit(&self, row: usize) -> Value {
        let field = |name: &str| self.get(&format!("limits[{row}].{name}"));
        let mut limit = Map::new();
        limit.insert("id".into(), field("id").into());
        limit.insert("per".into(), field("per").into());
        if !field("match").is_empty() {
            limit.insert("match".into(), field("match").into());
        }
        let kind = field("kind");
        match kind {
            "discount" | "quantity" => {
                limit.insert(kind.into(), field("figure").into());
            }
            "discount_by_size" | "quantity_by_size" => {
                let table = self.sizes(row).into_iter().map(|(_, size, figure)| (size, Value::from(figure)));
                limit.insert(kind.into(), Value::Object(table.collect()));
            }
            _ => {}
        }
        if kind.starts_with("quantity") {
            limit.insert("unit".into(), field("unit").into());
        }
        if field("holder") == "person" {
            limit.insert("holder".into(), "person".into());
        }
        if !field("each_product").is_empty() {
            limit.insert("each_product".into(), true.into());
        }
        limit.into()
    }

    /// A limit's table: row, size, figure. Empty rows are none. A size that stands twice is written
    /// with a zero before it the second time, so that the document's reader sees both.
    pub fn sizes(&self, limit: usize) -> Vec<(usize, String, String)> {
        let table = format!("limits[{limit}].sizes");
        let mut sizes: Vec<(usize, String, String)> = Vec::new();
        for row in 0..self.rows(&table) {
            let (size, figure) =
                (self.get(&format!("{table}[{row}].size")), self.get(&format!("{table}[{row}].figure")));
            if size.is_empty() && figure.is_empty() {
                continue;
            }
            let mut size = size.to_owned();
            while sizes.iter().any(|(_, known, _)| *known == size) {
                size.insert(0, '0');
            }
            sizes.push((row, size, figure.into()));
        }
        sizes
    }
}

/// The row of a table and the rest of a field's name.
fn row_of<'n>(name: &'n str, table: &str) -> Option<(usize, &'n str)> {
    let (row, rest) = name.strip_prefix(table)?.strip_prefix('[')?.split_once(']')?;
    // Nobody types so many rows: an address with a huge number must not make them.
    Some((row.parse().ok().filter(|row| *row < 1000)?, rest))
}

/// A whole number, or what else stands there, for the document's reader to refuse.
fn whole(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), |n| Number::from(n).into())
}

/// An amount for each piece or kilogram. What is typed for a 斤 is twice as much for a kilogram.
fn by_unit(amount: &str, unit: &str) -> (String, String) {
    match (unit, Money::parse(amount)) {
        ("jin", Ok(money)) => ((money + money).to_string(), "kg".into()),
        ("jin", Err(_)) => (amount.into(), "kg".into()),
        _ => (amount.into(), unit.into()),
    }
}

/// The fields that a document fills.
pub fn of_document(d: &Value) -> Typed {
    let mut t = Typed::default();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    for name in ["code", "fund", "valid_from", "valid_to", "subsidy_share", "priority"] {
        t.set(name, text(&d[name]));
    }
    for (group, name) in [
        ("name", "zh"),
        ("name", "en"),
        ("minimum", "gross"),
        ("minimum", "kinds"),
        ("offline", "home"),
        ("offline", "other"),
    ] {
        t.set(format!("{group}.{name}"), text(&d[group][name]));
    }
    let list = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
    for name in ["weekdays", "stores"] {
        list(&d[name]).into_iter().for_each(|value| t.add(name, value));
    }
    let (known, other): (Vec<_>, Vec<_>) =
        list(&d["categories"]).into_iter().partition(|c| CATEGORIES.iter().any(|(code, _)| code == c));
    known.into_iter().for_each(|value| t.add("categories", value));
    t.set("categories.other", other.join(" "));
    t.set("tags", list(&d["tags"]).join(" "));
    t.set("districts", list(&d["districts"]).join(" "));
    for side in ["include", "exclude"] {
        for (row, value) in list(&d["scope"][side]).into_iter().enumerate() {
            t.set(format!("scope.{side}[{row}]"), value);
        }
    }
    if let Some(name) = BENEFITS.into_iter().find(|name| d["benefit"].get(name).is_some()) {
        t.set("benefit", name);
        t.set(format!("benefit.{name}"), text(&d["benefit"][name]));
        t.set(format!("benefit.{name}.unit"), text(&d["benefit"]["unit"]));
    }
    if d["lowest_price_7d"] == Value::Bool(true) {
        t.set("lowest_price_7d", "1");
    }
    for (row, ceiling) in d["ceilings"].as_array().into_iter().flatten().enumerate() {
        for name in ["match", "price", "unit"] {
            t.set(format!("ceilings[{row}].{name}"), text(&ceiling[name]));
        }
    }
    for (row, limit) in d["limits"].as_array().into_iter().flatten().enumerate() {
        of_limit(&mut t, row, limit, &text);
    }
    t
}

fn of_limit(t: &mut Typed, row: usize, limit: &Value, text: &dyn Fn(&Value) -> String) {
    for name in ["id", "per", "match", "unit", "holder"] {
        t.set(format!("limits[{row}].{name}"), text(&limit[name]));
    }
    if limit["each_product"] == Value::Bool(true) {
        t.set(format!("limits[{row}].each_product"), "1");
    }
    let Some(kind) = KINDS.into_iter().find(|kind| limit.get(kind).is_some()) else { return };
    t.set(format!("limits[{row}].kind"), kind);
    match limit[kind].as_object() {
        None => t.set(format!("limits[{row}].figure"), text(&limit[kind])),
        Some(table) => {
            let mut sizes: Vec<(&String, &Value)> = table.iter().collect();
            sizes.sort_by_key(|(size, _)| size.parse::<u32>().unwrap_or(0));
            for (n, (size, figure)) in sizes.into_iter().enumerate() {
                t.set(format!("limits[{row}].sizes[{n}].size"), size.clone());
                t.set(format!("limits[{row}].sizes[{n}].figure"), text(figure));
            }
        }
    }
}
