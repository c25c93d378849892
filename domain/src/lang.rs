//! The languages of window and console. Each sentence stands where it is shown, in both, so that none
//! can be missing.

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 简体中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// Chooses between two wordings.
    pub fn of<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Reads `zh` or `en`; Chinese where it is neither.
    pub fn parse(text: &str) -> Self {
        if text == "en" { Self::En } else { Self::Zh }
    }

    /// The code that settings carry.
    pub fn code(self) -> &'static str {
        self.of("zh", "en")
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}
