//! The JSON API for tills (spec/sync.md). It translates; every rule is in `service`.

mod openapi;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde::Deserialize;
use sync::protocol::{Lookup, MAX_BODY, MAX_SMALL_BODY};
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::service::{Hq, Refusal, accounts, enrol, lists, sales, shop, upload};
use crate::store::tills::TillKey;

type Shared = State<Arc<Hq>>;
type Answer = Result<Response, Refusal>;

const LISTS: [&str; 5] = ["roster", "programmes", "products", "balances", "decisions"];

/// All routes of the API.
pub fn router(hq: Arc<Hq>) -> Router {
    Router::new()
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/enrolments", post(enrolments))
        .route("/v1/time", get(time))
        .route("/v1/keys", get(keys))
        .route("/v1/lookups", post(lookups))
        .route("/v1/chain", get(chain))
        .route("/v1/records", get(own_records).post(records))
        .route("/v1/shop", get(shop_list).post(shop_changes))
        .route("/v1/sales", get(sale))
        .route("/v1/accounts", get(month))
        .route("/v1/signatures", post(signatures))
        .route("/v1/{list}", get(list))
        .fallback(async || Refusal::new("unknown", "there is no such path"))
        .layer(middleware::from_fn(no_store))
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
        .with_state(hq)
}

/// Nothing here may be kept by a cache on the way.
async fn no_store(request: Request, next: middleware::Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Problem(problem) => problem,
            Self::Failed(err) => {
                crate::cli::log(&format!("a request failed: {err:#}"));
                let Self::Problem(problem) = Self::new("failed", "headquarters failed; try again later") else {
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

async fn enrolments(State(hq): Shared, body: Body) -> Answer {
    let body = read(body, MAX_SMALL_BODY).await?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| Refusal::new("body", "the body is no JWS"))?;
    Ok(jose(blocking(move || enrol::enrol(&hq, &text)).await?))
}

#[derive(Deserialize)]
struct TimeQuery {
    nonce: Option<String>,
}

async fn time(State(hq): Shared, Query(query): Query<TimeQuery>) -> Answer {
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

async fn list(
    State(hq): Shared,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(query): Query<ListQuery>,
) -> Answer {
    if !LISTS.contains(&name.as_str()) {
        return Err(Refusal::new("unknown", format!("there is no list `{name}`")));
    }
    list_of(hq, &headers, name, query).await
}

async fn list_of(hq: Arc<Hq>, headers: &HeaderMap, name: String, query: ListQuery) -> Answer {
    let who = who(&hq, headers, true).await?;
    let after = match query.after.as_deref().map(str::parse::<u64>) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return Err(Refusal::new("body", "`after` must be a version")),
    };
    let body = blocking(move || lists::list(&hq, &who, &name, after, query.household.as_deref())).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

async fn shop_list(State(hq): Shared, headers: HeaderMap, Query(query): Query<ListQuery>) -> Answer {
    list_of(hq, &headers, "shop".into(), query).await
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

async fn sale(State(hq): Shared, headers: HeaderMap, Query(query): Query<SaleQuery>) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let number = query.number.ok_or_else(|| Refusal::new("body", "`number` is missing"))?;
    json(&blocking(move || sales::sale(&hq, &who, &number)).await?)
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

#[derive(Deserialize)]
struct RecordsQuery {
    epoch: Option<String>,
    after: Option<u64>,
    branch: Option<bool>,
}

impl RecordsQuery {
    fn epoch(&self) -> Result<String, Refusal> {
        let epoch = self.epoch.as_deref().ok_or_else(|| Refusal::new("body", "`epoch` is missing"))?;
        domain::id::identifier(epoch).map_err(|problem| Refusal::new("body", problem))
    }
}

async fn own_records(State(hq): Shared, headers: HeaderMap, Query(query): Query<RecordsQuery>) -> Answer {
    let who = who(&hq, &headers, true).await?;
    let epoch = query.epoch()?;
    let after = query.after.unwrap_or(0);
    Ok(jose(blocking(move || lists::own_records(&hq, &who, &epoch, after)).await?))
}

async fn records(State(hq): Shared, headers: HeaderMap, Query(query): Query<RecordsQuery>, body: Body) -> Answer {
    let who = who(&hq, &headers, false).await?;
    let epoch = query.epoch()?;
    let branch = query.branch.unwrap_or(false);
    let body = read(body, MAX_BODY).await?;
    json(&blocking(move || upload::upload(&hq, &who, &epoch, branch, &body)).await?)
}
