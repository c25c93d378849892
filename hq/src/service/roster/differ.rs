//! What differs between two rows, as people may see it: masked.

use serde::{Deserialize, Serialize};

use super::entry::{Private, tail};
use crate::store::people::Member;

/// A column that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differs {
    /// Our column.
    pub column: String,
    /// Before; empty: nothing.
    pub old: String,
    /// After; empty: nothing.
    pub new: String,
}

/// What is shown of an address: that there is one.
const HIDDEN: &str = "***";

/// Columns that differ; `old` none: the row is new.
pub fn differences(old: Option<(&Member, &Private)>, new: (&Member, &Private)) -> Vec<Differs> {
    let before = old.map(|(member, private)| values(member, private));
    let after = values(new.0, new.1);
    let mut all = Vec::new();
    for (at, (column, shown, exact)) in after.into_iter().enumerate() {
        let was = before.as_ref().and_then(|before| before.get(at));
        let same = was.map_or(exact.is_empty(), |(_, _, old)| *old == exact);
        if !same {
            let old = was.map(|(_, shown, _)| shown.clone()).unwrap_or_default();
            // Two that look alike when masked are not alike.
            let new = if old == shown && !shown.is_empty() { format!("{shown}′") } else { shown };
            all.push(Differs { column: column.into(), old, new });
        }
    }
    all
}

/// Each column: as it is shown, and as it is compared.
fn values(m: &Member, p: &Private) -> Vec<(&'static str, String, String)> {
    let e = &m.entry;
    let open = |column, text: String| (column, text.clone(), text);
    let date = |date: Option<chrono::NaiveDate>| date.map(|d| d.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let tailed =
        |column, number: &Option<String>| (column, number.as_deref().map(tail).unwrap_or_default(), text(number));
    vec![
        ("name", e.name.clone(), p.name.clone()),
        open("relation", m.relation.clone()),
        open("household_size", e.size.to_string()),
        open("category", e.category.clone()),
        open("district", e.district.clone()),
        open("home_store", text(&e.home_store)),
        open("status", e.status.word().into()),
        open("valid_from", e.valid_from.to_string()),
        open("valid_to", date(e.valid_to)),
        open("proxy", if e.proxy { "true".into() } else { String::new() }),
        open("tags", e.tags.join(";")),
        tailed("certificate", &p.certificate),
        ("street", p.street.as_ref().map(|_| HIDDEN.into()).unwrap_or_default(), text(&p.street)),
        open("consent_on", date(p.consent_on)),
        tailed("card_number", &p.card_number),
        open("authority_on", date(p.authority_on)),
    ]
}
