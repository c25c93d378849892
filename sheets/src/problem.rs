//! What is wrong with a file, and where.

use std::fmt;

/// Why a file is refused; in Chinese and in English, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, counted from 1.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
    /// The sentence in Chinese, without its full stop.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

impl Problem {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line: None, column: None, zh: zh.into(), en: en.into() }
    }

    pub(crate) fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    pub(crate) fn of(mut self, column: &str) -> Self {
        self.column = Some(column.into());
        self
    }

    /// In Chinese, with the place.
    pub fn chinese(&self) -> String {
        let line = self.line.map(|line| format!("第 {line} 行")).unwrap_or_default();
        let column = self.column.as_ref().map(|column| format!("「{column}」")).unwrap_or_default();
        let colon = if line.is_empty() && column.is_empty() { "" } else { "：" };
        format!("{line}{column}{colon}{}。", self.zh)
    }

    /// In English, with the place.
    pub fn english(&self) -> String {
        let line = self.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let column = self.column.as_ref().map(|column| format!("{column}: ")).unwrap_or_default();
        format!("{line}{column}{}", self.en)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.chinese(), self.english())
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for String {
    fn from(problem: Problem) -> Self {
        problem.to_string()
    }
}
