//! A connection: counted while it is open, and closed when nothing moves on it.

use std::collections::BTreeMap;
use std::future::{Future as _, Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::Bounds;

/// Lets connections in, as many as there may be.
#[derive(Clone)]
pub(super) struct Gate {
    bounds: Bounds,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    from: BTreeMap<IpAddr, usize>,
}

impl Gate {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, open: Arc::default() }
    }

    fn hold(&self, stream: TcpStream) -> io::Result<Held> {
        let from = stream.peer_addr()?.ip();
        let mut open = locked(&self.open);
        let here = open.from.get(&from).copied().unwrap_or(0);
        if open.all >= self.bounds.connections || !from.is_loopback() && here >= self.bounds.from_one {
            return Err(io::Error::other("too many connections"));
        }
        open.all += 1;
        open.from.insert(from, here + 1);
        drop(open);
        let place = Place { open: Arc::clone(&self.open), from };
        let idle = self.bounds.idle;
        Ok(Held { stream, _place: place, idle, moved: Instant::now(), alarm: Box::pin(sleep(idle)) })
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Held;
    type Service = S;
    type Future = Ready<io::Result<(Held, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.hold(stream).map(|held| (held, service)))
    }
}

fn locked(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of the places; free again when this is dropped.
struct Place {
    open: Arc<Mutex<Open>>,
    from: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = locked(&self.open);
        open.all = open.all.saturating_sub(1);
        let left = open.from.get(&self.from).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            open.from.remove(&self.from);
        } else {
            open.from.insert(self.from, left);
        }
    }
}

/// A stream in its place.
pub(super) struct Held {
    stream: TcpStream,
    _place: Place,
    idle: Duration,
    moved: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Held {
    /// What comes of a step: where it has to wait, not for ever.
    fn within<T>(&mut self, step: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if step.is_ready() {
            self.moved = Instant::now();
            return step;
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let until = self.moved + self.idle;
            if Instant::now() >= until {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(until);
        }
        Poll::Pending
    }
}

impl AsyncRead for Held {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.within(step, cx)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.within(step, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.within(step, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_flush(cx);
        self.within(step, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within(step, cx)
    }
}
