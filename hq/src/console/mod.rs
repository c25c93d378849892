//! The console: headquarters for people, as pages that a server renders. It translates HTTP; every
//! rule is in `service`. There is no script on any page.

mod account;
mod audit;
mod cards;
mod chart;
mod claim;
mod claims;
mod disclosure;
mod export;
mod files;
mod form;
mod funds;
mod home;
mod households;
mod multipart;
mod page;
mod patient;
mod people;
mod period;
mod programmes;
mod register;
mod review;
mod roster;
mod second;
mod settle;
mod shop;
mod sign_in;
mod slip;
mod stores;
mod unreached;
mod usage;
mod what_if;
mod words;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::lang::Lang;
use maud::Markup;
use serde::de::DeserializeOwned;
use tower_http::csrf::CsrfLayer;

use crate::service::access::Place;
use crate::service::session::{self, Due, Person, resume};
use crate::service::{Hq, Refusal};

type Shared = State<Arc<Hq>>;
type Answer = Result<Response, Failure>;

/// Cookie of the session.
const SESSION: &str = "jihui_session";
/// Cookie of the language.
const LANGUAGE: &str = "jihui_lang";
/// Most bytes of a form; the longest has a name, a password and an address.
const LARGEST_FORM: usize = 16 * 1024;
/// Rows of a page of a list.
const ROWS: i64 = 50;

/// Whether this program itself answers by TLS.
#[derive(Debug, Clone, Copy)]
struct Tls(bool);

/// All routes of the console; `tls`: cookies then go by TLS alone.
pub fn router(hq: Arc<Hq>, tls: bool) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/console")))
        .route("/console", get(home::show))
        .route("/console/style.css", get(style))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::post))
        .route("/console/sign-out", post(sign_in::out))
        .route("/console/language", post(sign_in::set_language))
        .route("/console/claims", get(claims::show))
        .route("/console/claims.csv", get(export::claims))
        .route("/console/claims/{id}", get(claim::show))
        .route("/console/stores", get(stores::show))
        .route("/console/stores/till", post(stores::add_till))
        .route("/console/stores/revoke/{store}/{till}", get(stores::ask_revoke).post(stores::revoke))
        .route("/console/households", get(households::show).post(households::find))
        .route("/console/households/{id}", get(households::one))
        .route("/console/cards", get(cards::show))
        .route("/console/audit", get(audit::show))
        .route("/console/audit.csv", get(audit::export))
        .route("/console/audit/period.ndjson", get(period::show))
        .merge(account::routes())
        .merge(people::routes())
        .merge(second::routes())
        .merge(shop::routes())
        .merge(review::routes())
        .merge(programmes::routes())
        .merge(what_if::routes())
        .merge(funds::routes())
        .merge(register::routes())
        .merge(settle::routes())
        .merge(roster::routes())
        .merge(usage::routes())
        .merge(unreached::routes())
        .merge(disclosure::routes())
        .merge(slip::routes())
        .route("/console/{*rest}", get(nowhere))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn(patient::hear_out))
        .layer(CsrfLayer::new().with_rejection_response(|_| foreign()))
        .layer(from_fn(guard))
        .layer(Extension(Tls(tls)))
        .with_state(hq)
}

/// A form that another site sent.
fn foreign() -> Response {
    (StatusCode::FORBIDDEN, page::foreign()).into_response()
}

async fn nowhere(visit: Visit) -> Answer {
    Err(Failure::Missing(Box::new(visit)))
}

async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("style.css")).into_response()
}

/// Headers of every page: nothing runs, nothing is framed, nothing is kept.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: browsers would then send forms with the origin `null`, which is nobody's.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Why a page could not be shown.
pub enum Failure {
    /// Nobody is signed in, or not any more: sign in, and come back here.
    SignIn(String),
    /// Something is to be done first: the second step, a password of one's own.
    First(Due),
    /// The password is asked for again: it was not typed lately. Then back here.
    Confirm(String),
    /// The role may not open this place.
    Forbidden(Box<Visit>, Place),
    /// There is no such thing.
    Missing(Box<Visit>),
    /// Something broke; the log says what.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(err: anyhow::Error) -> Self {
        Self::Failed(err)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Failed(err) => Self::Failed(err),
            Refusal::Problem(problem) => Self::Failed(anyhow::anyhow!(problem.detail)),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(next) => {
                Redirect::to(&format!("/console/sign-in?expired=1&next={}", words::encode(&next))).into_response()
            }
            Self::First(due) => Redirect::to(second::place(due)).into_response(),
            Self::Confirm(next) => {
                Redirect::to(&format!("/console/confirm?next={}", words::encode(&next))).into_response()
            }
            Self::Forbidden(visit, place) => (StatusCode::FORBIDDEN, page::forbidden(&visit, place)).into_response(),
            Self::Missing(visit) => (StatusCode::NOT_FOUND, page::missing(&visit)).into_response(),
            Self::Failed(err) => {
                crate::cli::log(&format!("a page failed: {err:#}"));
                if let Some(trouble) = crate::store::trouble::of(&err) {
                    return (StatusCode::SERVICE_UNAVAILABLE, page::disk(trouble)).into_response();
                }
                (StatusCode::INTERNAL_SERVER_ERROR, page::failed()).into_response()
            }
        }
    }
}

/// Who is here, in which language, and where.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who.
    pub person: Person,
    /// The language.
    pub lang: Lang,
    /// Path and query.
    pub here: String,
}

impl Visit {
    /// Chooses between two wordings.
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.of(zh, en)
    }

    /// Refused, where the role may not open a place.
    /// Asks for the password again, where it was not typed lately: before money moves, and before a name
    /// is shown. From a form the person comes back to the form's page, `page`, and sends it again.
    fn must_be_fresh(&self, page: &str) -> Result<(), Failure> {
        if session::fresh(&self.person) { Ok(()) } else { Err(Failure::Confirm(page.into())) }
    }

    fn must(&self, place: Place) -> Result<(), Failure> {
        if self.person.may(place) { Ok(()) } else { Err(Failure::Forbidden(Box::new(self.clone()), place)) }
    }
}

/// Somebody who signed in, but may have something to do before anything else.
pub struct Arrival {
    /// Who, where.
    pub visit: Visit,
    /// What is still to be done.
    pub due: Option<Due>,
    /// The session's token.
    pub token: String,
}

impl FromRequestParts<Arc<Hq>> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, hq: &Arc<Hq>) -> Result<Self, Failure> {
        let arrival = Arrival::from_request_parts(parts, hq).await?;
        match arrival.due {
            None => Ok(arrival.visit),
            Some(due) => Err(Failure::First(due)),
        }
    }
}

impl FromRequestParts<Arc<Hq>> for Arrival {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, hq: &Arc<Hq>) -> Result<Self, Failure> {
        let here = parts.uri.path_and_query().map_or("/console", |p| p.as_str()).to_owned();
        // A form's answer cannot be opened again: its page can.
        let back = if parts.method == "GET" { here.clone() } else { "/console".into() };
        let Some(token) = cookie(&parts.headers, SESSION) else {
            return Err(Failure::SignIn(back));
        };
        let lang = language(&parts.headers);
        let hq = Arc::clone(hq);
        let (resumed, token) = blocking(move || Ok((resume(&hq, &token)?, token))).await?;
        match resumed {
            Some(resumed) => {
                let visit = Visit { person: resumed.person, lang, here };
                Ok(Self { visit, due: resumed.due, token })
            }
            None => Err(Failure::SignIn(back)),
        }
    }
}

/// The address that a request comes from, as far as it is known.
pub struct Origin(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(crate::address::origin(&parts.extensions, &parts.headers)))
    }
}

impl Origin {
    /// For the audit.
    fn text(&self) -> String {
        self.0.map_or_else(|| "?".into(), |ip| ip.to_string())
    }
}

/// What an address names. What cannot be read as that is not there, and whoever asks is told so.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Hq>> for At<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, hq: &Arc<Hq>) -> Result<Self, Failure> {
        match Path::<T>::from_request_parts(parts, hq).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(_) => Err(Failure::Missing(Box::new(Visit::from_request_parts(parts, hq).await?))),
        }
    }
}

/// What an address asks for; what cannot be read is as if it were absent.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + Default, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default()))
    }
}

/// What a field of an address holds, where it holds something.
fn filled(field: Option<&String>) -> Option<String> {
    field.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The language of a request: the cookie's, else the browser's first.
fn language(headers: &HeaderMap) -> Lang {
    match cookie(headers, LANGUAGE) {
        Some(code) => Lang::parse(&code),
        None => {
            let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).unwrap_or("zh");
            if wanted.starts_with("en") { Lang::En } else { Lang::Zh }
        }
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|h| h.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Runs a rule off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Failed(anyhow::anyhow!("a page stopped"))),
    }
}

/// Makes a page off the async threads.
async fn show(work: impl FnOnce() -> Result<Markup, Failure> + Send + 'static) -> Answer {
    Ok(Html(blocking(work).await?.into_string()).into_response())
}
