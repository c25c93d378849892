//! What a cashier reads about a device, in both languages.

use std::borrow::Cow;
use std::fmt;

use domain::lang::Lang;

/// One sentence that says what is wrong and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    zh: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Sentence {
    /// A sentence in Chinese and in English.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The sentence in one language.
    pub fn of(&self, lang: Lang) -> &str {
        lang.of(&self.zh, &self.en)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.zh, self.en)
    }
}
