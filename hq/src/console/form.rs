//! Fields of the filters: each with a label of its own.

use maud::{Markup, html};

/// A choice; `any` is what stands for no choice, where there may be none.
pub fn select(
    name: &str,
    label: &str,
    any: Option<&str>,
    chosen: Option<&String>,
    options: &[(String, String)],
) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @if let Some(any) = any { option value="" { (any) } }
                @for (value, text) in options { option value=(value) selected[chosen == Some(value)] { (text) } }
            }
        }
    }
}

/// A date.
pub fn date(name: &str, label: &str, value: Option<&String>) -> Markup {
    html! {
        div.field { label for=(name) { (label) } input id=(name) type="date" name=(name) value=[value]; }
    }
}

/// A word or a number.
pub fn text(name: &str, label: &str, value: Option<&String>) -> Markup {
    html! {
        div.field { label for=(name) { (label) } input id=(name) name=(name) value=[value] size="8" autocomplete="off"; }
    }
}
