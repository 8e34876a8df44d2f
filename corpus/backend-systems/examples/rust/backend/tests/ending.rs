//! What a graceful shutdown of axum waits for, and what it does not.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use backend::lifecycle::{Workers, serve};
use backend::supervise::first_end;
use futures::StreamExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

/// Opens one request, stops the server while its answer is under way, and returns what `serve` said.
async fn stop_with_open_request(app: Router, stop: CancellationToken) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let signal = stop.clone();
    let serving = tokio::spawn(serve(
        listener,
        app,
        async move { signal.cancelled().await },
        Workers::default(),
        Duration::from_millis(400),
    ));
    let socket = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(REQUEST).unwrap();
        assert!(socket.read(&mut [0; 512]).unwrap() > 0); // the head of the answer
        socket
    });
    let socket = socket.await.unwrap();
    stop.cancel();
    let said = serving.await.unwrap();
    drop(socket);
    said
}

async fn upgraded(request: Request) -> impl IntoResponse {
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let _socket = upgrade.await; // what a WebSocket handler does: a task of its own holds the socket
        std::future::pending::<()>().await
    });
    (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "echo")])
}

#[tokio::test]
async fn an_upgraded_connection_is_not_waited_for() {
    let started = Instant::now();
    let app = Router::new().route("/", get(upgraded));
    stop_with_open_request(app, CancellationToken::new()).await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(300));
}

#[tokio::test]
async fn a_stream_that_never_ends_is_waited_for() {
    let ticks = || {
        let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from("tick"))]);
        Body::from_stream(first.chain(futures::stream::pending()))
    };
    let app = Router::new().route("/", get(async move || ticks()));
    let late = stop_with_open_request(app, CancellationToken::new()).await.unwrap_err();
    assert_eq!(late.to_string(), "requests or workers were still running after 400ms");
}

#[tokio::test]
async fn a_stream_that_ends_with_the_token_lets_the_server_end() {
    let stop = CancellationToken::new();
    let ending = stop.clone();
    let ticks = move || {
        let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from("tick"))]);
        let end = ending.clone().cancelled_owned();
        Body::from_stream(first.chain(futures::stream::pending()).take_until(end))
    };
    let app = Router::new().route("/", get(async move || ticks()));
    stop_with_open_request(app, stop).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_once() {
    let app = Router::new().route("/", get(async || "done"));
    let started = Instant::now();
    stop_with_open_request(app, CancellationToken::new()).await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(300));
}

#[tokio::test]
async fn the_first_part_that_ends_is_named() {
    let mut parts = JoinSet::new();
    parts.spawn(async { std::future::pending().await });
    parts.spawn(async { "consumer" });
    assert_eq!(first_end(&mut parts).await.to_string(), "consumer ended by itself");
    parts.spawn(async { panic!("no broker") });
    let error = format!("{:#}", first_end(&mut parts).await);
    assert!(error.contains("panicked") && error.contains("no broker"), "{error}");
}
