//! Headquarters in this process: its own API, without a socket.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request as HttpRequest, header};
use hq::service::{Hq, catalogue, roster};
use hq::store::place::Database;
use pos::holds::Direct;
use pos::shop::Shop;
use sync::engine::{self, Request, Response, Transport};
use tower_service::Service as _;

/// Headquarters, whose clock this process can set.
pub struct Inside {
    hq: Arc<Hq>,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

impl Inside {
    /// Opens headquarters' database with the keys of its folder, beside a server that may be running on it.
    pub fn open(database: Database, dir: &Path) -> Result<Self> {
        let hq = Arc::new(Hq::open(database, &dir.join("keys.json"))?);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { router: hq::api::router(Arc::clone(&hq)), hq, runtime })
    }

    /// Its rules and its database, to be looked at.
    pub fn hq(&self) -> &Hq {
        &self.hq
    }

    /// Publishes a roster.
    pub fn publish_roster(&self, csv: &str) -> Result<()> {
        roster::import(&self.hq, csv.as_bytes(), false, &mut |_, _| {})?.map(|_| ()).map_err(anyhow::Error::msg)
    }

    /// Publishes programmes.
    pub fn publish_programmes(&self, json: &[u8]) -> Result<()> {
        catalogue::import_programmes(&self.hq, json, false)?.map(|_| ()).map_err(anyhow::Error::msg)
    }

    /// Publishes products.
    pub fn publish_products(&self, csv: &[u8]) -> Result<()> {
        catalogue::import_products(&self.hq, csv, false)?.map(|_| ()).map_err(anyhow::Error::msg)
    }
}

impl Transport for Inside {
    fn call(&self, request: &Request<'_>) -> std::result::Result<Response, String> {
        let method = match request.method {
            engine::Method::Get => Method::GET,
            engine::Method::Post => Method::POST,
            engine::Method::Put => Method::PUT,
            engine::Method::Delete => Method::DELETE,
        };
        let mut http = HttpRequest::builder().method(method).uri(&request.path);
        if request.method.has_body() {
            http = http.header(header::CONTENT_TYPE, request.content_type);
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

/// A till's line to it, which can be cut.
#[derive(Clone)]
pub struct Line {
    headquarters: Arc<Inside>,
    is_up: Arc<AtomicBool>,
}

impl Line {
    /// A line that works.
    pub fn to(headquarters: &Arc<Inside>) -> Self {
        Self { headquarters: Arc::clone(headquarters), is_up: Arc::new(AtomicBool::new(true)) }
    }

    /// Who asks over it to hold the baskets of a till's folder.
    pub fn holds(&self, dir: &Path) -> Result<Box<Direct>> {
        Ok(Box::new(Direct::new(Shop::open(dir)?, Box::new(self.clone()))))
    }

    /// Cuts or mends it.
    pub fn set_up(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::Relaxed);
    }

    /// Whether it works.
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }
}

impl Transport for Line {
    fn call(&self, request: &Request<'_>) -> std::result::Result<Response, String> {
        if self.is_up() { self.headquarters.call(request) } else { Err("no line".into()) }
    }
}
