//! The network between tills and headquarters: it loses, doubles, delays and reorders, and headquarters
//! behind it goes down and comes back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request as HttpRequest, header};
use hq::params;
use hq::service::Hq;
use hq::store::place::Database;
use serde_json::Value;
use sync::chain;
use sync::engine::{self, Request, Response, Transport};
use sync::protocol::{Receipt, Uploaded, typ};
use tests::month::dice::Dice;
use tower_service::Service as _;

use crate::faults::Faults;
use crate::template::{copy_dir, stop_clocks};

/// Headquarters in this process: its own API, without a socket.
pub struct Router {
    hq: Arc<Hq>,
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
}

/// A request that the network keeps.
#[derive(Clone)]
struct Kept {
    method: engine::Method,
    path: String,
    token: Option<String>,
    content_type: String,
    body: Vec<u8>,
}

impl Router {
    /// Opens headquarters' database with the keys of its folder.
    pub fn open(place: &Database, dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let hq = Arc::new(Hq::open(place.clone(), &dir.join("keys.json"))?);
        // A simulation does not outlive its process: nothing is flushed.
        if hq.db().conn.as_sqlite().is_some() {
            hq.db().conn.batch("PRAGMA synchronous = OFF")?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build()?;
        Ok(Self { router: hq::api::router(Arc::clone(&hq)), hq, runtime })
    }

    /// Its rules and its database.
    pub fn hq(&self) -> &Hq {
        &self.hq
    }

    fn carry(&self, request: &Kept) -> Result<Response, String> {
        let method = match request.method {
            engine::Method::Get => Method::GET,
            engine::Method::Post => Method::POST,
            engine::Method::Put => Method::PUT,
            engine::Method::Delete => Method::DELETE,
        };
        let mut http = HttpRequest::builder().method(method).uri(&request.path);
        if request.method.has_body() {
            http = http.header(header::CONTENT_TYPE, &request.content_type);
        }
        if let Some(token) = &request.token {
            http = http.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let http = http.body(Body::from(request.body.clone())).map_err(|err| err.to_string())?;
        let mut router = self.router.clone();
        self.runtime.block_on(async move {
            let Ok(answer) = router.call(http).await;
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(|err| err.to_string())?;
            Ok(Response { status, body: body.to_vec() })
        })
    }
}

fn kept(request: &Request<'_>) -> Kept {
    Kept {
        method: request.method,
        path: request.path.clone(),
        token: request.token.clone(),
        content_type: request.content_type.into(),
        body: request.body.clone(),
    }
}

impl Kept {
    /// Whether it changes anything at headquarters: only such a request does harm when it comes late.
    fn acts(&self) -> bool {
        self.method != engine::Method::Get
    }

    fn is_upload(&self) -> bool {
        self.method == engine::Method::Post && self.path.starts_with("/v1/records")
    }
}

impl Transport for Router {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        self.carry(&kept(request))
    }
}

/// Where a till's program is to stop.
struct Crash {
    machine: usize,
    calls_left: i64,
    folder: PathBuf,
    image: PathBuf,
}

/// Everything that the network is and carries.
pub struct State {
    router: Option<Router>,
    place: Database,
    hq_dir: PathBuf,
    /// What may go wrong, and how often.
    pub faults: Faults,
    /// Decides what does.
    pub dice: Dice,
    /// True time.
    pub now_ms: i64,
    late: Vec<(i64, Kept)>,
    /// Tills without a line.
    pub cut: BTreeSet<usize>,
    crash: Option<Crash>,
    crashed: Option<usize>,
    /// Ids of records that headquarters has, as its answers said.
    pub at_hq: BTreeSet<String>,
    /// What happened, newest last.
    pub story: Vec<String>,
    /// Requests that reached headquarters.
    pub delivered: u64,
    /// What tills found wrong with headquarters' public log.
    pub log_faults: Vec<String>,
    /// A planted fault of headquarters: what is held for others does not count when it grants.
    pub forgets_holds: bool,
    /// A planted fault of the way itself: from this record on it swallows, and forges the receipts.
    pub swallows: Option<Swallow>,
}

/// What a lying network does to the uploads of one till.
#[derive(Default)]
pub struct Swallow {
    from: Option<u64>,
}

/// The network, shared by all tills.
pub struct Net(Mutex<State>);

/// One till's line.
pub struct Line {
    /// The network.
    pub net: Arc<Net>,
    /// Whose line it is.
    pub machine: usize,
}

impl Net {
    /// A network before headquarters' database, with the keys in its folder.
    pub fn open(place: Database, hq_dir: &Path, faults: Faults, seed: u64, now_ms: i64) -> Result<Arc<Self>> {
        Ok(Arc::new(Self(Mutex::new(State {
            router: Some(Router::open(&place, hq_dir)?),
            place,
            hq_dir: hq_dir.into(),
            faults,
            dice: Dice::new(seed ^ 0x006e_6574),
            now_ms,
            late: Vec::new(),
            cut: BTreeSet::new(),
            crash: None,
            crashed: None,
            at_hq: BTreeSet::new(),
            story: Vec::new(),
            delivered: 0,
            log_faults: Vec::new(),
            forgets_holds: false,
            swallows: None,
        }))))
    }

    /// Its state; nobody holds it while a till works.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A till does something that a crash may come before.
    pub fn step(&self, machine: usize) -> Result<(), String> {
        self.state().step(machine)
    }

    /// The next but `calls` of a till's calls is its last: its folder is kept as it is then.
    pub fn crash_after(&self, machine: usize, calls: i64, folder: &Path, image: &Path) {
        let (folder, image) = (folder.into(), image.into());
        self.state().crash = Some(Crash { machine, calls_left: calls, folder, image });
    }

    /// Whether a till crashed; then its folder is to be what it was. What was to come does not come any more.
    pub fn take_crash(&self, machine: usize) -> bool {
        let mut state = self.state();
        if state.crash.as_ref().is_some_and(|crash| crash.machine == machine) {
            state.crash = None;
        }
        drop(state);
        self.has_crashed(machine)
    }

    /// The same, and a crash that is still to come comes.
    pub fn has_crashed(&self, machine: usize) -> bool {
        let mut state = self.state();
        let crashed = state.crashed == Some(machine);
        if crashed {
            state.crashed = None;
        }
        crashed
    }

    /// Does something at headquarters itself.
    pub fn at_headquarters<T>(&self, work: impl FnOnce(&Hq) -> Result<T>) -> Result<T> {
        let mut state = self.state();
        work(state.router()?.hq())
    }
}

/// As if nobody held anything.
fn forget_holds(hq: &Hq) -> Result<()> {
    hq.db().conn.execute("UPDATE holds SET state = 'lapsed', ended_at = expires_at WHERE state = 'live'", params![])?;
    Ok(())
}

impl State {
    fn router(&mut self) -> Result<&Router> {
        if self.router.is_none() {
            self.router = Some(Router::open(&self.place, &self.hq_dir)?);
        }
        self.router.as_ref().context("headquarters does not open")
    }

    /// The plug is pulled at headquarters; it comes back at the next request.
    pub fn pull_the_plug(&mut self) {
        self.router = None;
    }

    /// A line of the story.
    pub fn say(&mut self, line: &str) {
        let at = chrono::DateTime::from_timestamp_millis(self.now_ms + 8 * 3_600_000).unwrap_or_default();
        self.story.push(format!("{} {line}", at.format("%m-%d %H:%M:%S")));
    }

    fn step(&mut self, machine: usize) -> Result<(), String> {
        if self.crashed == Some(machine) {
            return Err("the till is off".into());
        }
        let Some(crash) = self.crash.as_mut().filter(|crash| crash.machine == machine) else { return Ok(()) };
        crash.calls_left -= 1;
        if crash.calls_left >= 0 {
            return Ok(());
        }
        copy_dir(&crash.folder, &crash.image).map_err(|err| err.to_string())?;
        (self.crash, self.crashed) = (None, Some(machine));
        self.say(&format!("till {machine} crashes"));
        Err("the till is off".into())
    }

    /// Time passes; what was late arrives meanwhile, in its turn.
    pub fn advance(&mut self, to_ms: i64) {
        loop {
            let due = self.late.iter().enumerate().filter(|(_, (at, _))| *at <= to_ms).min_by_key(|(_, (at, _))| *at);
            let Some(n) = due.map(|(n, _)| n) else { break };
            let (at, request) = self.late.remove(n);
            self.now_ms = self.now_ms.max(at);
            stop_clocks(self.now_ms);
            let status = self.deliver(&request).map_or(0, |answer| answer.status);
            self.say(&format!("a late {} arrives: {status}", request.path));
        }
        self.now_ms = self.now_ms.max(to_ms);
        stop_clocks(self.now_ms);
    }

    fn deliver(&mut self, request: &Kept) -> Result<Response, String> {
        self.delivered += 1;
        let is_upload = request.is_upload();
        if is_upload && self.swallows.is_some() {
            return self.swallow(request);
        }
        let forgets = self.forgets_holds && request.method == engine::Method::Put;
        let router = self.router().map_err(|err| format!("{err:#}"))?;
        if forgets {
            forget_holds(router.hq()).map_err(|err| format!("{err:#}"))?;
        }
        let answer = router.carry(request)?;
        if is_upload {
            self.note_taken(&answer);
        }
        Ok(answer)
    }

    fn note_taken(&mut self, answer: &Response) {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        for result in body["results"].as_array().into_iter().flatten() {
            self.at_hq.extend(result["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned));
        }
    }

    /// From the first claim on, nothing of a till goes through, and it is told that all did.
    fn swallow(&mut self, request: &Kept) -> Result<Response, String> {
        let text = String::from_utf8(request.body.clone()).map_err(|err| err.to_string())?;
        let mut swallow = self.swallows.take().unwrap_or_default();
        let payload = |jws: &str| pos::outbox::payload_of(jws).unwrap_or_default();
        let mut through: Vec<&str> = Vec::new();
        let mut last = None;
        for line in text.lines() {
            let said = payload(line);
            let seq = said["seq"].as_u64().unwrap_or(0);
            if swallow.from.is_none() && said["kind"] == "claim" {
                swallow.from = Some(seq);
            }
            match swallow.from {
                Some(from) if seq >= from => last = Some((line, said)),
                _ => through.push(line),
            }
        }
        let part = Kept { body: (through.join("\n") + "\n").into_bytes(), ..request.clone() };
        let router = self.router().map_err(|err| format!("{err:#}"))?;
        let key = router.hq().keys.signing.clone();
        let answer = if through.is_empty() { None } else { Some(router.carry(&part)?) };
        if let Some(answer) = &answer {
            self.note_taken(answer);
        }
        self.swallows = Some(swallow);
        let Some((jws, said)) = last else {
            return answer.ok_or_else(|| "an empty upload".into());
        };
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        let receipt = Receipt {
            store: text("store"),
            till: text("till"),
            epoch: text("epoch"),
            through: said["seq"].as_u64(),
            hash: Some(chain::hash(jws)),
            taken: None,
            at: text("at"),
        };
        let receipt = Some(key.sign_json(typ::RECEIPT, &receipt));
        let through = said["seq"].as_u64().unwrap_or(0);
        let forged = Uploaded { epoch: text("epoch"), through, results: Vec::new(), receipt };
        Ok(Response { status: 200, body: serde_json::to_vec(&forged).map_err(|err| err.to_string())? })
    }

    /// One request through all that can happen to it.
    fn call(&mut self, machine: usize, request: Kept) -> Result<Response, String> {
        self.step(machine)?;
        if self.cut.contains(&machine) {
            return Err("no line".into());
        }
        let faults = self.faults;
        if self.dice.chance(faults.lose_request) {
            return Err("the request was lost".into());
        }
        if request.acts() && self.dice.chance(faults.delay) {
            let at = self.now_ms + self.dice.between(1, 85) * 1000;
            self.late.push((at, request));
            return Err("no answer in time".into());
        }
        if faults.crashes_hq && self.dice.chance(1) && self.dice.chance(40) {
            self.say("headquarters crashes before a request");
            self.pull_the_plug();
            return Err("the connection was reset".into());
        }
        let answer = self.deliver(&request)?;
        if request.acts() && self.dice.chance(faults.arrive_again) {
            let at = self.now_ms + self.dice.between(1, 85) * 1000;
            self.late.push((at, request.clone()));
        }
        if self.dice.chance(faults.duplicate) {
            let second = self.deliver(&request)?;
            if self.dice.chance(50) {
                return Ok(second);
            }
        }
        if faults.crashes_hq && self.dice.chance(1) && self.dice.chance(40) {
            self.say("headquarters crashes before its answer");
            self.pull_the_plug();
            return Err("the connection was reset".into());
        }
        if self.dice.chance(faults.lose_answer) {
            return Err("the answer was lost".into());
        }
        Ok(answer)
    }
}

impl Transport for Line {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        self.net.state().call(self.machine, kept(request))
    }
}
