//! Headquarters as far as holds go, over a socket: how it answers is the test's choice.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use domain::quote::quote;
use domain::time::rfc3339;
use serde_json::{Value, json};
use sync::jws::Key;

use super::bench::programme;

/// How it answers a hold.
#[derive(Debug, Clone)]
pub enum Mood {
    /// With the quote, where everyone together used so much.
    Holds(&'static str),
    /// The same, after so long.
    Slow(&'static str, Duration),
    /// With a problem of this status and word.
    Says(u16, &'static str),
    /// With something that is no answer.
    Nonsense,
    /// By closing the connection.
    Silent,
}

#[derive(Default)]
struct Inner {
    mood: Option<Mood>,
    /// Method, path and body of each request, as it came.
    seen: Vec<(String, String, Value)>,
}

/// A running headquarters.
#[derive(Clone)]
pub struct Server {
    pub url: String,
    pub key: Key,
    inner: Arc<Mutex<Inner>>,
}

impl Server {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, key: Key::generate(), inner: Arc::default() };
        server.turn(mood);
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// From now on it answers like this.
    pub fn turn(&self, mood: Mood) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).mood = Some(mood);
    }

    pub fn seen(&self) -> Vec<(String, String, Value)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }

    /// Bodies of the holds that were asked for.
    pub fn asked(&self) -> Vec<Value> {
        self.seen().into_iter().filter(|(method, ..)| method == "PUT").map(|(.., body)| body).collect()
    }

    /// Ids of the holds that were let go.
    pub fn gone(&self) -> Vec<String> {
        let deleted = self.seen().into_iter().filter(|(method, ..)| method == "DELETE");
        deleted.map(|(_, path, _)| path.rsplit('/').next().unwrap().to_owned()).collect()
    }

    /// Waits for something.
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !is_so(self) {
            assert!(Instant::now() < until, "{what} does not happen: {:?}", self.seen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let (mut line, mut length) = (String::new(), 0_usize);
            reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let mut words = line.split_whitespace();
            let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).ok()?;
                if header.trim().is_empty() {
                    break;
                }
                if let Some((_, value)) = header.to_lowercase().split_once("content-length:") {
                    length = value.trim().parse().ok()?;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let mood = {
                let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
                inner.seen.push((method.clone(), path, body.clone()));
                inner.mood.clone()?
            };
            let (status, answer) = if method == "DELETE" { (200, json!({})) } else { said(&mood, &body)? };
            let answer = answer.to_string();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()).ok()?;
        }
    }
}

fn said(mood: &Mood, body: &Value) -> Option<(u16, Value)> {
    Some(match mood {
        Mood::Holds(used) => (200, held(body, used)),
        Mood::Slow(used, pause) => {
            std::thread::sleep(*pause);
            (200, held(body, used))
        }
        Mood::Says(status, word) => {
            let kind = format!("https://example.org/problems/{word}");
            (*status, json!({ "type": kind, "title": word, "status": status, "detail": word }))
        }
        Mood::Nonsense => (200, json!({ "lines": "all of them" })),
        Mood::Silent => return None,
    })
}

/// The quote's answer, what is used, and until when.
fn held(body: &Value, used: &str) -> Value {
    let mut basket = json!({
        "store": "S1", "business_date": body["business_date"], "online": true, "lines": body["lines"],
        "beneficiary": { "household": body["household"], "category": "urban_dibao", "district": "370811" },
        "used": { "HALF": { "m": used } }, "decline": body["decline"], "purses": body["purses"],
    });
    basket.as_object_mut().unwrap().retain(|_, value| !value.is_null() && *value != json!([]) && *value != json!({}));
    let mut answer = serde_json::to_value(quote(&json!({ "programmes": [programme()] }), &basket).unwrap()).unwrap();
    answer["used"] = json!({ "HALF": { "m": used } });
    answer["expires_at"] = json!(rfc3339(Utc::now() + TimeDelta::minutes(15)));
    answer
}
