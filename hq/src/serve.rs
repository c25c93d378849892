//! Serving: HTTP for tills and people, with bounds on what a client may keep open, send slowly, or never finish.

mod held;
mod pace;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use tokio::net::TcpSocket;

use self::held::Gate;
use self::pace::Paced;
use crate::cli::{print, wrong_input};
use crate::service::{self, Hq};

/// Certificate and key, PEM.
pub type Tls = Option<(PathBuf, PathBuf)>;

/// Bytes of a request's head, and what is read ahead of it.
const HEAD: usize = 64 * 1024;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Connections that may wait to be taken: after a line was down, all tills of a network come at once.
const WAITING: u32 = 1024;
/// Files that the program needs beside its connections.
const OWN_FILES: usize = 128;

/// What a client may do to the server at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address; this machine's own (a proxy) has no such bound.
    pub from_one: usize,
    /// Longest wait for a request's head.
    pub head: Duration,
    /// Longest wait for a body; each 4 KiB that come give a second more.
    pub body: Duration,
    /// A connection on which nothing moves is closed after so long.
    pub idle: Duration,
}

impl Default for Bounds {
    /// For a network of a thousand tills.
    fn default() -> Self {
        Self {
            connections: 2048.min(files().saturating_sub(OWN_FILES).max(64)),
            from_one: 512,
            head: Duration::from_secs(20),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(120),
        }
    }
}

/// How many files the system lets this program open; many, where it does not say.
fn files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX)
}

/// Everything that is answered: the API and the console.
pub fn app(hq: Arc<Hq>, tls: bool, bounds: Bounds) -> Router {
    let console = crate::console::router(Arc::clone(&hq), tls);
    let pace = move |request: Request| async move { request.map(|body| Paced::within(body, bounds.body)) };
    crate::api::router(hq).merge(console).layer(map_request(pace))
}

/// `serve`: prints the address once it answers; SIGTERM finishes what is in flight.
///
/// # Errors
/// Where the address is taken, or the certificate cannot be read.
pub fn serve(hq: Arc<Hq>, listen: SocketAddr, tls: Tls) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the server")?;
    runtime.block_on(async move {
        let listener = listener(listen).map_err(|err| wrong_input(format!("{listen}: {err}")))?;
        let address = listener.local_addr().context("the listener's address")?;
        let handle = Handle::new();
        tokio::spawn(stop_on_signal(handle.clone()));
        service::copies::keep(&hq)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        print(&format!("listening on {scheme}://{address}"))?;
        on(hq, listener, tls, handle, Bounds::default()).await
    })
}

/// Takes an address.
fn listener(listen: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Elsewhere it would mean that two may have one address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(WAITING)?.into_std()
}

/// Serves on a listener until the handle says stop.
///
/// # Errors
/// Where the certificate cannot be read, or the socket fails.
pub async fn on(
    hq: Arc<Hq>,
    listener: std::net::TcpListener,
    tls: Tls,
    handle: Handle<SocketAddr>,
    bounds: Bounds,
) -> Result<()> {
    let service = app(hq, tls.is_some(), bounds).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener)?.handle(handle).first_request_timeout(bounds.head);
    bound(&mut server, bounds);
    let gate = Gate::new(bounds);
    match tls {
        None => server.acceptor(gate).serve(service).await.context("serving"),
        Some((cert, key)) => {
            // Another provider may be installed already only if this runs twice.
            rustls::crypto::ring::default_provider().install_default().ok();
            let config = RustlsConfig::from_pem_file(&cert, &key)
                .await
                .map_err(|err| wrong_input(format!("the certificate or its key: {err}")))?;
            let acceptor = RustlsAcceptor::new(config).acceptor(gate);
            server.acceptor(acceptor).serve(service).await.context("serving")
        }
    }
}

fn bound(server: &mut Server<SocketAddr>, bounds: Bounds) {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(bounds.head).max_buf_size(HEAD);
    builder.http2().max_concurrent_streams(STREAMS);
}

async fn stop_on_signal(handle: Handle<SocketAddr>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut term) = signal(SignalKind::terminate()) else {
            return;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.ok();
    handle.graceful_shutdown(Some(Duration::from_secs(10)));
}
