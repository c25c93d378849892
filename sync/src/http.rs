//! The transport over HTTP: HTTPS everywhere, plain HTTP to this machine only.

use std::time::Duration;

use crate::engine::{Method, Request, Response, Transport};
use crate::protocol::MAX_BODY;

/// Longest that one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer: a whole roster of a large district.
const MAX_ANSWER: u64 = 512 * 1024 * 1024;

/// Headquarters at an address.
pub struct Http {
    agent: ureq::Agent,
    base: String,
}

impl Http {
    /// Headquarters at `https://…`, or `http://` on loopback.
    pub fn new(url: &str) -> Result<Self, String> {
        Self::with_timeout(url, TIMEOUT)
    }

    /// The same, for a question that a person waits for.
    pub fn with_timeout(url: &str, timeout: Duration) -> Result<Self, String> {
        let base = url.trim_end_matches('/');
        let host = base.strip_prefix("http://").map(host_of);
        let loopback = matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"));
        if !base.starts_with("https://") && !loopback {
            return Err(format!("`{url}` is not an address of headquarters: it must begin with https://"));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(Duration::from_secs(5))))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Ok(Self { agent: config.into(), base: base.into() })
    }
}

/// `host` of `host:port/path`.
fn host_of(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

impl Transport for Http {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        let url = format!("{}{}", self.base, request.path);
        let bearer = request.token.as_ref().map(|token| format!("Bearer {token}"));
        let answer = if request.method.has_body() {
            let call = if request.method == Method::Put { self.agent.put(&url) } else { self.agent.post(&url) };
            let mut call = call.header("content-type", request.content_type);
            if let Some(bearer) = &bearer {
                call = call.header("authorization", bearer);
            }
            debug_assert!(request.body.len() <= MAX_BODY + MAX_BODY, "bodies are bounded by the caller");
            call.send(request.body.as_slice())
        } else {
            let is_delete = request.method == Method::Delete;
            let mut call = if is_delete { self.agent.delete(&url) } else { self.agent.get(&url) };
            if let Some(bearer) = &bearer {
                call = call.header("authorization", bearer);
            }
            call.call()
        };
        let mut answer = answer.map_err(|err| err.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(|err| err.to_string())?;
        Ok(Response { status, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in ["https://hq.example.org", "http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:8080"] {
            assert!(Http::new(good).is_ok(), "{good}");
        }
        for bad in ["http://hq.example.org", "hq.example.org", "http://127.0.0.1.example.org", "ftp://127.0.0.1"] {
            assert!(Http::new(bad).is_err(), "{bad}");
        }
    }
}
