//! An answer that comes before the request's body was read to its end (401, 404, 413) must still reach the client: closing
//! a connection with unread bytes resets it, and the client never sees why. So what a handler leaves of a body is read
//! and dropped, within bounds, before the answer goes out. A client that waits for `100 Continue` has sent nothing yet: it
//! gets the answer at once.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;

/// The most that is read and dropped, in bytes: sixteen of the largest bodies that are taken.
const MAX_DRAINED: usize = 16 * super::body::MAX_BODY;
/// The longest that it may take.
const WITHIN: Duration = Duration::from_mins(1);

/// Reads what the handler left of the body. A handler that still holds the body when it answers (a proxy) keeps it.
pub async fn drain(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let (leave, mut left) = oneshot::channel();
    let waits = parts.headers.contains_key(EXPECT);
    let body = Body::new(Watched { body: Some(body), leave: Some(leave), waits });
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Ok(body) = left.try_recv() {
        // Past the bounds the connection is closed, whatever the client sees.
        let _ = tokio::time::timeout(WITHIN, read_to_end(body)).await;
    }
    response
}

async fn read_to_end(mut body: Body) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > MAX_DRAINED {
            return;
        }
    }
}

/// A body that hands itself back when it is dropped unread.
struct Watched {
    body: Option<Body>,
    leave: Option<oneshot::Sender<Body>>,
    /// Whether the client waits until the body is asked for.
    waits: bool,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        self.waits = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if frame.is_none() {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let (Some(body), Some(leave)) = (self.body.take(), self.leave.take())
            && !body.is_end_stream()
            && !self.waits
        {
            // Nobody waits once the answer has gone out.
            let _ = leave.send(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_dropped_unread_is_handed_back_unless_it_ended_or_was_never_asked_for() {
        for (waits, read, handed_back) in [(false, 0, true), (false, 9, false), (true, 0, false), (true, 1, true)] {
            let (leave, mut left) = oneshot::channel();
            let chunks = futures_util::stream::iter(["a", "b"].map(Ok::<_, std::io::Error>));
            let mut body = Watched { body: Some(Body::from_stream(chunks)), leave: Some(leave), waits };
            for _ in 0..read {
                body.frame().await;
            }
            drop(body);
            assert_eq!(left.try_recv().is_ok(), handed_back, "waits: {waits}, read: {read}");
        }
    }
}
