//! Very many tills that all come at once. Beside it: as many requests of as many clients at once that ask for
//! nothing but the time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hq::params;
use sync::engine::{self, Method, Request, Response, SyncError, Transport};
use sync::http::Http;
use tests::window::{p50, p99};

use super::Sizes;
use super::memory::Memory;
use super::place::{Kind, Place};
use super::table::{Limit, Table, aside};

/// A till tries again so often; what a person would call refused comes after that.
const TRIES: usize = 5;
/// A till gives a request up after so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// A thread of this program does little.
const STACK: usize = 1024 * 1024;

/// Counts requests.
struct Counted<'a> {
    http: Http,
    count: &'a AtomicUsize,
}

impl Transport for Counted<'_> {
    fn call(&self, request: &Request<'_>) -> Result<Response, String> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.http.call(request)
    }
}

/// What became of one till.
struct Came {
    took: Duration,
    tries: usize,
    unsent: usize,
    refused: Option<String>,
}

/// All rows.
pub fn rows(sizes: &Sizes, kind: Kind, table: &mut Table) {
    let place = Place::open(kind, sizes);
    let mut tills = place.tills(sizes.tills);
    let outboxes: Vec<Memory> = tills
        .iter_mut()
        .enumerate()
        .map(|(n, till)| {
            let records = till.claims(&place, sizes.records, n);
            Memory::of(till, &place.hq_key, records)
        })
        .collect();
    let server = place.serve();
    let requests = AtomicUsize::new(0);
    let (whole, came) = at_once(outboxes, |outbox| come(outbox, &server.url, &requests));
    let each = requests.load(Ordering::Relaxed) / sizes.tills;
    let (bare_whole, bare) = at_once((0..sizes.tills).collect(), |_| ask_the_time(&server.url, each));
    for problem in came.iter().filter_map(|came| came.refused.as_ref()).take(3) {
        aside(problem);
    }
    let name = |what: &str| format!("{} tills at once, {}: {what}", sizes.tills, kind.word());
    let done = came.iter().filter(|came| came.unsent == 0 && came.refused.is_none()).count();
    table.count(&name("tills whose records were all acknowledged"), done, sizes.tills);
    let sql = "SELECT count(*) FROM claims WHERE state = 'accepted'";
    let accepted: i64 = place.lab.db().conn.value(sql, params![]).unwrap();
    table.count(&name("claims accepted"), usize::try_from(accepted).unwrap(), sizes.tills * sizes.records);
    table.count(&name("rounds that began anew"), came.iter().map(|came| came.tries - 1).sum(), 0);
    table.time(
        &name(&format!("whole time, beside as many requests ({each} a till) for the time")),
        whole,
        bare_whole,
        Limit::None,
    );
    let took: Vec<Duration> = came.iter().map(|came| came.took).collect();
    table.time(&name("round, p50"), p50(took.clone()), p50(bare.clone()), Limit::None);
    table.time(&name("round, p99, below a till's patience"), p99(took), p99(bare), Limit::Time(PATIENCE));
}

/// Starts all at once; how long until the last is done, and what each says.
fn at_once<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> R + Sync) -> (Duration, Vec<R>) {
    let start = Barrier::new(all.len() + 1);
    std::thread::scope(|scope| {
        let run = |one: T| {
            let (start, work) = (&start, &work);
            let waiting = move || {
                start.wait();
                work(one)
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, waiting).unwrap()
        };
        let threads: Vec<_> = all.into_iter().map(run).collect();
        start.wait();
        let began = Instant::now();
        let said = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        (began.elapsed(), said)
    })
}

/// One till's round, again where nobody answered.
fn come(mut outbox: Memory, url: &str, count: &AtomicUsize) -> Came {
    let line = Counted { http: Http::new(url).unwrap(), count };
    let start = Instant::now();
    let mut refused = None;
    let mut tries = 0;
    while tries < TRIES {
        tries += 1;
        match engine::round(&mut outbox, &line) {
            Ok(_) => {
                refused = None;
                break;
            }
            Err(SyncError::Unreachable(why)) => refused = Some(format!("not reached: {why}")),
            Err(err) => {
                refused = Some(err.to_string());
                break;
            }
        }
    }
    Came { took: start.elapsed(), tries, unsent: outbox.unsent(), refused }
}

fn ask_the_time(url: &str, requests: usize) -> Duration {
    let http = Http::new(url).unwrap();
    let start = Instant::now();
    for _ in 0..requests {
        let path = "/v1/time?nonce=load".to_owned();
        let request = Request { method: Method::Get, path, token: None, content_type: "", body: Vec::new() };
        // Where it is not reached, that is as long as it took.
        http.call(&request).ok();
    }
    start.elapsed()
}
