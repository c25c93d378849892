//! Fields of the editor: each with its label, what was typed, and what is wrong with it.

use maud::{Markup, html};

use super::super::Visit;
use crate::service::programmes::check::Problem;
use crate::service::programmes::typed::Typed;

/// A form as it is shown.
pub struct Form<'a> {
    /// Who looks at it.
    pub visit: &'a Visit,
    /// What is typed.
    pub typed: &'a Typed,
    /// What is wrong.
    pub problems: &'a [Problem],
}

impl Form<'_> {
    /// One of two wordings.
    pub fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.visit.t(zh, en)
    }

    /// What is wrong with a field.
    pub fn problem(&self, name: &str) -> Option<&str> {
        let found = self.problems.iter().find(|problem| problem.field == name);
        found.map(|problem| self.visit.lang.of(problem.zh.as_str(), problem.en.as_str()))
    }

    /// What stands below a field: what is wrong with it, else a hint.
    fn note(&self, name: &str, hint: &str) -> Markup {
        html! {
            small id={ (name) "-note" } { @if let Some(text) = self.problem(name) { span.less { (text) } } @else { (hint) } }
        }
    }

    /// What is wrong with a group of fields.
    pub fn wrong(&self, name: &str) -> Markup {
        html! { @if let Some(text) = self.problem(name) { p.less id={ (name) "-note" } { (text) } } }
    }

    /// A word, a number or a date.
    pub fn input(&self, name: &str, label: &str, kind: &str, hint: &str) -> Markup {
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) name=(name) type=(kind) value=(self.typed.get(name)) autocomplete="off"
                    aria-invalid=[self.problem(name).map(|_| "true")] aria-describedby={ (name) "-note" };
                (self.note(name, hint))
            }
        }
    }

    /// A word or a number.
    pub fn text(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.input(name, label, "text", hint)
    }

    /// A choice: code and words.
    pub fn select(&self, name: &str, label: &str, options: &[(String, String)]) -> Markup {
        let chosen = self.typed.get(name);
        html! {
            div.field {
                label for=(name) { (label) }
                select id=(name) name=(name) aria-invalid=[self.problem(name).map(|_| "true")] aria-describedby={ (name) "-note" } {
                    @if !options.iter().any(|(value, _)| value == chosen) { option value=(chosen) selected { (chosen) } }
                    @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
                }
                (self.note(name, ""))
            }
        }
    }

    /// A box that is ticked.
    pub fn tick(&self, name: &str, value: &str, label: &str) -> Markup {
        html! {
            label.tick { input type="checkbox" name=(name) value=(value) checked[self.typed.has(name, value)]; " " (label) }
        }
    }

    /// A button that does one thing to the form and stays at that part of it.
    pub fn button(&self, what: &str, label: &str, part: &str) -> Markup {
        let target = self.target(part);
        html! { button name="do" value=(what) formaction=(target) { (label) } }
    }

    /// The same, small, in a row.
    pub fn quiet(&self, what: &str, label: &str, part: &str) -> Markup {
        let target = self.target(part);
        html! { button.quiet name="do" value=(what) formaction=(target) { (label) } }
    }

    fn target(&self, part: &str) -> String {
        let address = self.visit.here.split(['?', '#']).next().unwrap_or_default();
        format!("{address}#{part}")
    }
}
