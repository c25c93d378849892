//! A request's body that has to keep moving.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// So many bytes give a second more: slower is no line that a till could live on.
const A_SECOND: u64 = 4096;

/// A body with a deadline that moves with what comes.
pub(super) struct Paced {
    body: Body,
    until: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn within(body: Body, first: Duration) -> Body {
        Body::new(Self { body, until: Instant::now() + first, alarm: None })
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let step = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &step {
            let bytes = u64::try_from(frame.data_ref().map_or(0, Bytes::len)).unwrap_or(u64::MAX);
            self.until += Duration::from_millis(bytes.saturating_mul(1000) / A_SECOND);
        }
        if step.is_ready() {
            return step;
        }
        let until = self.until;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= until {
                return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut)))));
            }
            alarm.as_mut().reset(until);
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
