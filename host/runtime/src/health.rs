//! When a process is ready: its health path answers as the plan lets expect.

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// The longest one question may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The most of an answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// What a ready process answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// 200.
    Ok,
    /// 200, and that the agent's own code answers.
    UserCode,
    /// Anything that is no failure of the server (below 500): an app without this route is there too.
    Answer,
}

/// What one question to the health path found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// Ready.
    Ready,
    /// No answer, or not 200: ask again.
    NotYet,
    /// It serves, and says that it has no user code though some was claimed. It will not find any later.
    NoUserCode,
}

/// Asks `path` at `addr` once.
pub(crate) async fn ask(addr: SocketAddr, path: &str, expected: Expected) -> Health {
    let Ok(Some((status, body))) = tokio::time::timeout(ANSWER_WITHIN, get(addr, path)).await else {
        return Health::NotYet;
    };
    judge(status, &body, expected)
}

fn judge(status: StatusCode, body: &[u8], expected: Expected) -> Health {
    match expected {
        Expected::Answer if !status.is_server_error() => return Health::Ready,
        Expected::Ok if status == StatusCode::OK => return Health::Ready,
        Expected::UserCode if status == StatusCode::OK => {}
        Expected::Ok | Expected::UserCode | Expected::Answer => return Health::NotYet,
    }
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    match answer.get("user_code").and_then(serde_json::Value::as_bool) {
        Some(true) => Health::Ready,
        _ => Health::NoUserCode,
    }
}

async fn get(addr: SocketAddr, path: &str) -> Option<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(addr).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(path).header(header::HOST, addr.to_string()).body(Empty::<Bytes>::new()).ok()?;
    let answer = async {
        let response = sender.send_request(request).await.ok()?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await.ok()?.to_bytes();
        Some((status, body))
    };
    // The connection is driven here, beside the answer: no task outlives the question.
    tokio::pin!(connection);
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection ends with the answer's last byte: what is left is read from memory.
        _ = &mut connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn two_hundred_alone_is_ready_only_where_no_code_was_claimed() {
        let (ok, down) = (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(judge(ok, b"fine", Expected::Ok), Health::Ready);
        assert_eq!(judge(ok, br#"{"user_code": true}"#, Expected::UserCode), Health::Ready);
        assert_eq!(judge(ok, br#"{"user_code": false}"#, Expected::UserCode), Health::NoUserCode);
        assert_eq!(judge(ok, b"fine", Expected::UserCode), Health::NoUserCode);
        assert_eq!(judge(down, br#"{"user_code": true}"#, Expected::UserCode), Health::NotYet);
    }

    #[test]
    fn any_answer_but_a_failure_is_ready_for_a_command_of_the_plans_own() {
        assert_eq!(judge(StatusCode::NOT_FOUND, b"", Expected::Answer), Health::Ready);
        assert_eq!(judge(StatusCode::NOT_FOUND, b"", Expected::Ok), Health::NotYet);
        assert_eq!(judge(StatusCode::SERVICE_UNAVAILABLE, b"", Expected::Answer), Health::NotYet);
    }

    #[tokio::test]
    async fn a_real_answer_is_read_and_a_closed_port_is_not_yet() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.expect("a request");
            assert!(request[..read].starts_with(b"GET /healthz HTTP/1.1\r\n"));
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"user_code\": true}";
            stream.write_all(answer).await.expect("written");
        });
        assert_eq!(ask(addr, "/healthz", Expected::UserCode).await, Health::Ready);
        server.await.expect("the server ended");
        assert_eq!(ask(addr, "/healthz", Expected::UserCode).await, Health::NotYet);
    }
}
