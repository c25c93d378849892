//! Files that are refused before they are whole. A browser reads no answer while it still sends: where a
//! server stops listening, it shows a broken connection instead of the page that says why.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http_body::Frame;

/// Most bytes that are read of a refused file, and the longest time for it.
const MOST: usize = 512 << 20;
const LONGEST: Duration = Duration::from_secs(120);

/// Lets a handler answer at once, and reads on until all was sent.
pub async fn hear_out(request: Request, next: Next) -> Response {
    next.run(request.map(|body| Body::new(Patient(Some(body))))).await
}

/// A body whose rest is read and forgotten when nobody wants it any more.
struct Patient(Option<Body>);

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        polled
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        if let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) {
            tokio::spawn(tokio::time::timeout(LONGEST, forget(body)));
        }
    }
}

async fn forget(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST {
            return;
        }
    }
}
