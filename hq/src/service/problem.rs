//! Refusals of the API, by the words of spec/sync.md.

use sync::protocol::{Problem, Uploaded};

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// One of the protocol's problems.
    Problem(Box<Problem>),
    /// Headquarters itself failed; the till tries again.
    Failed(anyhow::Error),
}

impl Refusal {
    /// A problem by its word.
    pub fn new(word: &str, detail: impl Into<String>) -> Self {
        let (status, title) = match word {
            "body" => (400, "The body cannot be read"),
            "token" => (401, "The token is not valid"),
            "clock" => (401, "The till's clock is off"),
            "code" => (403, "The enrolment code is not valid"),
            "revoked" => (403, "The till was revoked"),
            "unknown" => (404, "There is no such thing"),
            "gap" => (409, "Records are missing before this one"),
            "fork" => (409, "Another record stands here"),
            "conflict" => (409, "The same id with another body"),
            "ended" => (409, "It has ended"),
            "busy" => (409, "Another upload of this till is under way"),
            "size" => (413, "The body is too large"),
            "invalid" => (422, "A record or a change is not valid"),
            "too_many" => (429, "Too many requests"),
            "unavailable" => (503, "Headquarters cannot keep anything right now"),
            _ => (500, "Headquarters failed"),
        };
        Self::Problem(Box::new(Problem {
            kind: format!("https://jihui.invalid/problems/{word}"),
            title: title.into(),
            status,
            detail: detail.into(),
            expected: None,
            uploaded: None,
        }))
    }

    /// The same, with what an upload took before it.
    pub fn with_upload(self, expected: Option<u64>, uploaded: Uploaded) -> Self {
        match self {
            Self::Problem(mut problem) => {
                problem.expected = expected;
                problem.uploaded = Some(uploaded);
                Self::Problem(problem)
            }
            Self::Failed(err) => Self::Failed(err),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(err: anyhow::Error) -> Self {
        Self::Failed(err)
    }
}
