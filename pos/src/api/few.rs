//! Few connections at once, and none that does nothing for long: the till needs its files itself.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Connections at once: one program asks, and its threads.
pub(super) const MOST: usize = 32;
/// A connection on which nothing moves is closed after so long; no answer takes a quarter of it.
const IDLE: Duration = Duration::from_secs(60);

/// Takes connections while there is a place, and drops the others.
pub(super) struct Few {
    listener: TcpListener,
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Few {
    pub(super) fn at(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(MOST)), idle: IDLE }
    }
}

impl Listener for Few {
    type Io = Held;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Held, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                        let (idle, moved) = (self.idle, Instant::now());
                        return (Held { stream, _place: place, idle, moved, alarm: Box::pin(sleep(idle)) }, from);
                    }
                }
                // No file is free, or the client has gone: others may come.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection in its place.
pub(super) struct Held {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    idle: Duration,
    moved: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Held {
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

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_flush(cx);
        self.within(step, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within(step, cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// A server that answers nothing but 404, with so little patience.
    fn served() -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let few = Few { idle: Duration::from_millis(300), ..Few::at(TcpListener::from_std(listener).unwrap()) };
                axum::serve(few, axum::Router::new()).await.ok();
            });
        });
        address
    }

    fn answers(address: SocketAddr) -> bool {
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok();
        let mut said = String::new();
        client.read_to_string(&mut said).ok();
        said.starts_with("HTTP/1.1 404")
    }

    #[test]
    fn a_crowd_that_does_nothing_is_let_go() {
        let address = served();
        let crowd: Vec<_> = (0..MOST * 4).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let start = std::time::Instant::now();
        while !answers(address) {
            assert!(start.elapsed() < Duration::from_secs(60), "no place became free");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(crowd);
    }
}
