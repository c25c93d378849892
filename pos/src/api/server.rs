//! The server: HTTP on loopback, in a thread of its own. It knows the token and the shapes of calls;
//! the till's thread answers.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use super::few::Few;
use super::{Answer, Call, Problem, SETTING, address, read, token};
use crate::shop::{Shop, commands_log};

/// Longest body.
const MAX_BODY: usize = 256 * 1024;
/// Bytes that are read before the answer is that it is too large: whoever is still sending would see a broken
/// line instead of the answer.
const MOST_READ: usize = 4 * 1024 * 1024;
/// Requests that are answered at once.
const AT_ONCE: usize = 4;
/// Longest wait for the till's thread.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for a body to come in.
const BODY: Duration = Duration::from_secs(5);

type Ask = dyn Fn(Call, SyncSender<Answer>) -> bool + Send + Sync;

/// A running server. It ends when this is dropped.
pub struct Api {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// What every request is answered with.
struct Gate {
    ask: Box<Ask>,
    token: String,
    at_once: Semaphore,
}

type Shared = State<Arc<Gate>>;

impl Api {
    /// Starts the server. `ask` passes a call to the till's thread; whether there was room for it.
    ///
    /// # Errors
    /// Where the address is not this machine's own or is taken, or the token cannot be kept.
    pub fn start(
        shop: &Shop,
        listen: SocketAddr,
        ask: impl Fn(Call, SyncSender<Answer>) -> bool + Send + Sync + 'static,
    ) -> Result<Self> {
        let listen = address(&listen.to_string()).map_err(anyhow::Error::msg)?;
        let token = token(shop.store.dir())?;
        let listener = TcpListener::bind(listen).with_context(|| {
            format!("本机接口的地址 {listen} 被占用，请换一个。 The local API's address is taken; choose another")
        })?;
        listener.set_nonblocking(true).context("the local API's socket")?;
        let address = listener.local_addr().context("the local API's address")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(AT_ONCE)
            .build()
            .context("starting the local API")?;
        let gate = Arc::new(Gate { ask: Box::new(ask), token, at_once: Semaphore::new(AT_ONCE) });
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(Few::at(listener), router(gate))
                .with_graceful_shutdown(async {
                    // It ends either way: told to, or left alone.
                    stopped.await.ok();
                })
                .await
        };
        std::thread::Builder::new()
            .name("api".into())
            .spawn(move || {
                if let Err(err) = runtime.block_on(serve) {
                    commands_log(&format!("the local API stopped: {err}"));
                }
            })
            .context("starting the local API's thread")?;
        Ok(Self { address, _stop: stop })
    }

    /// Starts the server where the setting says so. A till whose API cannot start still sells.
    pub fn start_if_on(
        shop: &Shop,
        ask: impl Fn(Call, SyncSender<Answer>) -> bool + Send + Sync + 'static,
    ) -> Option<Self> {
        let setting = shop.store.setting(SETTING).ok().flatten().filter(|text| text != "off")?;
        let started = address(&setting).map_err(anyhow::Error::msg).and_then(|listen| Self::start(shop, listen, ask));
        started.inspect_err(|err| commands_log(&format!("{err:#}"))).ok()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/v1/health", get(health))
        .route("/v1/verifications", post(verifications))
        .route("/v1/quotes", post(quotes))
        .route("/v1/claims", post(claims))
        .route("/v1/claims/{claim}", get(look))
        .route("/v1/claims/{claim}/reversals", post(reversals))
        .route("/v1/window", post(window))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .layer(from_fn_with_state(Arc::clone(&gate), guard))
        .layer(middleware::from_fn(no_store))
        .with_state(gate)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], self.document().to_string()).into_response()
    }
}

async fn nowhere() -> Problem {
    Problem::unknown("没有这个地址或方法，请看 /openapi.json。", "There is no such path or method; see /openapi.json.")
}

/// Nobody comes in from a web page or without the token, and few at once.
async fn guard(State(gate): Shared, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) {
        return Problem::new(403, "origin", "网页不能使用本机接口。", "No web page may use the local API.")
            .into_response();
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if request.uri().path() != "/openapi.json" && !token::is_right(given, &gate.token) {
        let problem = Problem::new(
            401,
            "token",
            "口令不对，请用 jihui-till api token 显示的口令。",
            "The token is wrong; use the one that `jihui-till api token` prints.",
        );
        return ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response();
    }
    match gate.at_once.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => ([(header::RETRY_AFTER, "1")], busy()).into_response(),
    }
}

fn busy() -> Problem {
    Problem::new(503, "busy", "济惠正忙，请稍后再试一次。", "The till is busy; try the same again in a moment.")
}

/// Nothing here may be kept on the way.
async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn document() -> Response {
    json(include_str!("openapi.json").to_owned())
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

async fn health(State(gate): Shared) -> Result<Response, Problem> {
    ask(gate, Call::Health).await
}

async fn verifications(State(gate): Shared, body: Body) -> Result<Response, Problem> {
    let call = read::verification(&value(body).await?)?;
    ask(gate, call).await
}

async fn quotes(State(gate): Shared, body: Body) -> Result<Response, Problem> {
    let call = read::quote(&value(body).await?)?;
    ask(gate, call).await
}

async fn claims(State(gate): Shared, body: Body) -> Result<Response, Problem> {
    let call = read::claim(&value(body).await?)?;
    ask(gate, call).await
}

async fn look(State(gate): Shared, Path(claim): Path<String>) -> Result<Response, Problem> {
    ask(gate, Call::Look { claim }).await
}

async fn reversals(State(gate): Shared, Path(claim): Path<String>, body: Body) -> Result<Response, Problem> {
    let call = read::reversal(claim, &value(body).await?)?;
    ask(gate, call).await
}

async fn window(State(gate): Shared, body: Body) -> Result<Response, Problem> {
    let call = read::window(&value(body).await?)?;
    ask(gate, call).await
}

async fn value(body: Body) -> Result<Value, Problem> {
    use axum::body::HttpBody as _;
    let size = || Problem::new(413, "size", "请求太大，最多 256 KiB。", "The body is too large; at most 256 KiB.");
    let wrong = || Problem::new(400, "body", "请求不是 JSON。", "The body is not JSON.");
    if body.size_hint().lower() > u64::try_from(MOST_READ).unwrap_or(u64::MAX) {
        return Err(size());
    }
    let bytes = match tokio::time::timeout(BODY, axum::body::to_bytes(body, MOST_READ)).await {
        Ok(Ok(bytes)) if bytes.len() > MAX_BODY => return Err(size()),
        Ok(Ok(bytes)) => bytes,
        Ok(Err(err)) => {
            let is_long = std::error::Error::source(&err).is_some_and(|err| err.to_string().contains("length limit"));
            return Err(if is_long { size() } else { wrong() });
        }
        Err(_) => return Err(wrong()),
    };
    // What is wrong with it is not said: it might hold a number that was shown.
    serde_json::from_slice(&bytes).map_err(|_| wrong())
}

/// Asks the till's thread, and waits off this one.
async fn ask(gate: Arc<Gate>, call: Call) -> Result<Response, Problem> {
    let waited = tokio::task::spawn_blocking(move || {
        let (reply, answered) = sync_channel(1);
        if !(gate.ask)(call, reply) {
            return Err(busy());
        }
        match answered.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => Err(busy()),
            Err(RecvTimeoutError::Timeout) => Err(Problem::new(
                504,
                "slow",
                "济惠没有及时回答，可能已经登记；请用同一个编号再试一次。",
                "The till did not answer in time and may have done it; send the same again with the same id.",
            )),
        }
    });
    let answer = waited.await.map_err(|_| busy())??;
    Ok(json(answer.to_string()))
}
