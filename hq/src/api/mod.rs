//! The JSON API for tills (spec/sync.md). It translates; every rule is in `service`.

mod log;
mod openapi;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Router, middleware};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sync::protocol::{Lookup, MAX_BODY, MAX_SMALL_BODY};
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::service::{Hq, Refusal, accounts, dispute, enrol, holds, lists, sales, shop, upload};
use crate::store::tills::TillKey;
use crate::store::trouble;

type Shared = State<Arc<Hq>>;
type Answer = Result<Response, Refusal>;

/// Lists: path and name.
const LISTS: [(&str, &str); 6] = [
    ("/v1/roster", "roster"),
    ("/v1/programmes", "programmes"),
    ("/v1/products", "products"),
    ("/v1/balances", "balances"),
    ("/v1/decisions", "decisions"),
    ("/v1/shop", "shop"),
];

/// A route: method, path, and what answers there.
type Route = (&'static str, &'static str, MethodRouter<Arc<Hq>>);

/// Every route, once: the router is made of this table, and the description is checked against it.
fn table() -> Vec<Route> {
    let mut table = vec![
        ("GET", "/v1/openapi.json", get(openapi::document)),
        ("POST", "/v1/enrolments", post(enrolments)),
        ("GET", "/v1/time", get(time)),
        ("GET", "/v1/keys", get(keys)),
        ("POST", "/v1/lookups", post(lookups)),
        ("GET", "/v1/chain", get(chain)),
        ("GET", "/v1/records", get(own_records)),
        ("POST", "/v1/records", post(records)),
        ("POST", "/v1/shop", post(shop_changes)),
        ("GET", "/v1/sales", get(sale)),
        ("POST", "/v1/disputes", post(disputes)),
        ("GET", "/v1/accounts", get(month)),
        ("POST", "/v1/signatures", post(signatures)),
        ("GET", "/v1/log/head", get(log::head)),
        ("GET", "/v1/log/proof", get(log::proof)),
        ("GET", "/v1/log/consistency", get(log::consistency)),
        ("PUT", "/v1/holds/{id}", put(put_hold)),
        ("DELETE", "/v1/holds/{id}", delete(let_go_hold)),
    ];
    table
        .extend(LISTS.map(|(path, name)| ("GET", path, get(move |hq, headers, query| list(hq, headers, query, name)))));
    table
}

/// Method and path of every route.
pub fn routes() -> Vec<(&'static str, &'static str)> {
    table().into_iter().map(|(method, path, _)| (method, path)).collect()
}

/// All routes of the API.
pub fn router(hq: Arc<Hq>) -> Router {
    let router = table().into_iter().fold(Router::new(), |router, (_, path, answers)| router.route(path, answers));
    router
        .fallback(async || Refusal::new("unknown", "there is no such path"))
        .layer(middleware::from_fn(no_store))
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
        .with_state(hq)
}

/// What an address asks for; what cannot be read is a problem like any other.
struct Ask<T>(T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Ask<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let asked = Query::try_from_uri(&parts.uri).map_err(|err| Refusal::new("body", err.body_text()))?;
        Ok(Self(asked.0))
    }
}

/// Nothing here may be kept by a cache on the way.
async fn no_store(request: Request, next: middleware::Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Problem(problem) => problem,
            Self::Failed(err) => {
                crate::cli::log(&format!("a request failed: {err:#}"));
                // Nothing was kept and nothing is lost: the till has it, and tries again.
                let told = match trouble::of(&err) {
                    Some(_) => Self::new("unavailable", "headquarters' disk keeps nothing right now; try again later"),
                    None => Self::new("failed", "headquarters failed; try again later"),
                };
                let Self::Problem(problem) = told else {
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                };
                problem
            }
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// Reads a body, counting its bytes after decompression.
async fn read(body: Body, max: usize) -> Result<Bytes, Refusal> {
    use axum::body::HttpBody as _;
    if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
        return Err(Refusal::new("size", format!("the body has more than {max} bytes")));
    }
    axum::body::to_bytes(body, max).await.map_err(|err| {
        let text = std::error::Error::source(&err).map_or_else(|| err.to_string(), ToString::to_string);
        if text.contains("length limit") {
            Refusal::new("size", format!("the body has more than {max} bytes"))
        } else {
            Refusal::new("body", "the body cannot be read or decompressed")
        }
    })
}

/// Runs a rule off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Refusal::Failed(anyhow::anyhow!("a request stopped"))),
    }
}

/// Who is asking; none but uploads are open to a revoked key.
async fn who(hq: &Arc<Hq>, headers: &HeaderMap, current: bool) -> Result<TillKey, Refusal> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok()).map(str::to_owned);
    let hq = Arc::clone(hq);
    blocking(move || {
        let key = enrol::authenticate(&hq, bearer.as_deref())?;
        if current {
            enrol::must_be_current(&key)?;
        }
        Ok(key)
    })
    .await
}

fn jose(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/jose")], body).into_response()
}

fn json(body: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(anyhow::Error::from)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Wrong codes from one address in a minute.
const CODES_A_MINUTE: u32 = 30;

async fn enrolments(State(hq): Shared, request: Request) -> Answer {
    let from = crate::address::origin(request.extensions(), request.headers());
    hq.rates.codes.take(from, CODES_A_MINUTE, crate::store::now_ms()).map_err(|seconds| {
        Refusal::new("too_many", format!("too many wrong codes from this address; wait {seconds} seconds"))
    })?;
    let body = read(request.into_body(), MAX_SMALL_BODY).await?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| Refusal::new("body", "the body is no JWS"))?;
    let done = {
        let hq = Arc::clone(&hq);
        blocking(move || enrol::enrol(&hq, &text)).await?
    };
    hq.rates.codes.give_back(from);
    Ok(jose(done))
}

#[derive(Deserialize)]
struct TimeQuery {
    nonce: Option<String>,
}

async fn time(State(hq): Shared, Ask(query): Ask<TimeQuery>) -> Answer {
    match query.nonce.filter(|nonce| !nonce.is_empty() && nonce.len() <= 200) {
        Some(nonce) => Ok(jose(lists::time(&hq, &nonce))),
        None => Err(Refusal::new("body", "`nonce` is missing or longer than 200 characters")),
    }
}

async fn keys(State(hq): Shared, headers: HeaderMap) -> Answer {
    let who = who(&hq, &headers, true).await?;
    Ok(jose(blocking(move || lists::keys(&hq, &who)).await?))
}

async fn lookups(State(hq): Shared, headers: HeaderMap, body: Body) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let body = read(body, MAX_SMALL_BODY).await?;
    let asked: Lookup = serde_json::from_slice(&body).map_err(|err| Refusal::new("body", err.to_string()))?;
    json(&blocking(move || lists::lookup(&hq, &who, &asked.s)).await?)
}

async fn chain(State(hq): Shared, headers: HeaderMap) -> Answer {
    let who = who(&hq, &headers, true).await?;
    json(&blocking(move || lists::chain(&hq, &who)).await?)
}

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
    household: Option<String>,
}

async fn list(State(hq): Shared, headers: HeaderMap, Ask(query): Ask<ListQuery>, name: &'static str) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let after = match query.after.as_deref().map(str::parse::<u64>) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return Err(Refusal::new("body", "`after` must be a version")),
    };
    let body = blocking(move || lists::list(&hq, &who, name, after, query.household.as_deref())).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

async fn shop_changes(State(hq): Shared, headers: HeaderMap, body: Body) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let body = read(body, MAX_BODY).await?;
    json(&blocking(move || shop::take(&hq, &who, &body)).await?)
}

#[derive(Deserialize)]
struct SaleQuery {
    number: Option<String>,
}

async fn sale(State(hq): Shared, headers: HeaderMap, Ask(query): Ask<SaleQuery>) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let number = query.number.ok_or_else(|| Refusal::new("body", "`number` is missing"))?;
    json(&blocking(move || sales::sale(&hq, &who, &number)).await?)
}

async fn disputes(State(hq): Shared, headers: HeaderMap, body: Body) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let body = read(body, MAX_BODY).await?;
    json(&blocking(move || dispute::by_till(&hq, &who, &body)).await?)
}

#[derive(Deserialize)]
struct MonthQuery {
    month: Option<String>,
}

async fn month(State(hq): Shared, headers: HeaderMap, Query(query): Query<MonthQuery>) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let month = query.month.ok_or_else(|| Refusal::new("body", "`month` is missing"))?;
    json(&blocking(move || accounts::month(&hq, &who, &month)).await?)
}

async fn signatures(State(hq): Shared, headers: HeaderMap, body: Body) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let body = read(body, MAX_SMALL_BODY).await?;
    let said = serde_json::from_slice(&body).map_err(|err| Refusal::new("body", err.to_string()))?;
    blocking(move || accounts::sign(&hq, &who, &said)).await?;
    json(&serde_json::json!({}))
}

type Id = Result<Path<String>, PathRejection>;

fn id_of(id: Id) -> Result<String, Refusal> {
    id.map(|Path(id)| id).map_err(|_| Refusal::new("invalid", "an id is a UUIDv7 in lower case"))
}

async fn put_hold(State(hq): Shared, headers: HeaderMap, id: Id, body: Body) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let (id, body) = (id_of(id)?, read(body, MAX_SMALL_BODY).await?);
    let answer = blocking(move || holds::put(&hq, &who, &id, &body)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

async fn let_go_hold(State(hq): Shared, headers: HeaderMap, id: Id) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let id = id_of(id)?;
    blocking(move || holds::let_go(&hq, &who, &id)).await?;
    json(&serde_json::json!({}))
}

/// The highest number of an epoch: what follows it still has room.
const MOST_EPOCHS: u64 = 1_000_000;

#[derive(Deserialize)]
struct RecordsQuery {
    epoch: Option<String>,
    after: Option<u64>,
    branch: Option<bool>,
}

impl RecordsQuery {
    fn epoch(&self) -> Result<String, Refusal> {
        let epoch = self.epoch.as_deref().ok_or_else(|| Refusal::new("body", "`epoch` is missing"))?;
        if domain::record::epoch_number(epoch) > MOST_EPOCHS {
            return Err(Refusal::new("body", format!("an epoch's number is at most {MOST_EPOCHS}")));
        }
        domain::id::identifier(epoch).map_err(|problem| Refusal::new("body", problem))
    }
}

async fn own_records(State(hq): Shared, headers: HeaderMap, Ask(query): Ask<RecordsQuery>) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let epoch = query.epoch()?;
    let after = query.after.unwrap_or(0);
    Ok(jose(blocking(move || lists::own_records(&hq, &who, &epoch, after)).await?))
}

async fn records(State(hq): Shared, headers: HeaderMap, Ask(query): Ask<RecordsQuery>, body: Body) -> Answer {
    let who = who(&hq, &headers, false).await?;
    let epoch = query.epoch()?;
    let branch = query.branch.unwrap_or(false);
    let body = read(body, MAX_BODY).await?;
    json(&blocking(move || upload::upload(&hq, &who, &epoch, branch, &body)).await?)
}
