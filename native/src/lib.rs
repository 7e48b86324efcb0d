//! rowgate's core on a native host: reqwest over rustls, settings from the environment.

mod files;

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rowgate_core::{
    Credentials, Host, Request, Response, SendError, Service, SettingsError, SignError, sign,
};
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;

pub use files::{FileError, read_migrations, read_schema};

/// musl's own allocator takes several times as long for many small texts, of which tables and rows are made.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Longer than the Data API's 45 seconds, so that the service is the one to give up first.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long an answer that has begun may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept idle. S3 closes its own after 5 seconds at the earliest, and a request on
/// one that is being closed has an unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// The most that is reserved for a body on its announced length.
const MOST_RESERVED: u64 = 16 << 20;

/// Looks a setting up in the process's environment.
pub fn from_environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Whether a process has been told to end. A clone is the same flag.
#[derive(Debug, Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Tells it to end.
    pub fn interrupt(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been told.
    pub fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Signs with credentials of its own and sends with reqwest.
#[derive(Debug)]
pub struct NativeHost {
    client: reqwest::Client,
    credentials: Credentials,
    region: String,
    interruption: Interruption,
    tell: Option<fn(&str)>,
}

impl NativeHost {
    /// A host for one region.
    pub fn new(credentials: Credentials, region: impl Into<String>) -> Self {
        let interruption = Interruption::default();
        let (client, region) = (client(TIMEOUT), region.into());
        Self { client, credentials, region, interruption, tell: None }
    }

    /// A host with the environment's `AWS_REGION` and AWS credentials.
    pub fn from_environment() -> Result<Self, SettingsError> {
        let credentials = Credentials::read(&from_environment)?;
        let region = from_environment("AWS_REGION")
            .ok_or_else(|| SettingsError::Missing(vec!["AWS_REGION"]))?;
        Ok(Self::new(credentials, region))
    }

    /// The same, but told to end by this.
    pub fn interrupted_by(self, interruption: &Interruption) -> Self {
        Self { interruption: interruption.clone(), ..self }
    }

    /// The same, but each call is told by this: its method and path, how it ended and after what time.
    pub fn telling(self, tell: fn(&str)) -> Self {
        Self { tell: Some(tell), ..self }
    }
}

/// A client that gives up a request, with its answer, after `timeout`. The certificates of Mozilla's list
/// are compiled in: a Lambda has none on its disk.
fn client(timeout: Duration) -> reqwest::Client {
    let provider = rustls::crypto::ring::default_provider();
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let tls = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of rustls's default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without proxies or files has nothing that could fail")
}

/// An error with its causes, of which the last says most.
fn words(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", words(cause)),
        None => error.to_string(),
    }
}

impl Host for NativeHost {
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError> {
        sign(request, &self.credentials, &self.region, service, self.now())
    }

    /// Goes on in a task of its own, so that a large body travels while the caller computes, and
    /// ends with the caller's interest.
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let mut task = JoinSet::new();
        let called = self.tell.map(|tell| (tell, Call::of(&request)));
        task.spawn(send(self.client.clone(), request, SILENCE));
        let answer = match task.join_next().await {
            Some(Ok(answer)) => answer,
            _ => Err(SendError { sent: true, message: "the sending task ended early".to_owned() }),
        };
        if let Some((tell, call)) = called {
            tell(&call.ended(&answer));
        }
        answer
    }

    fn now(&self) -> Duration {
        // A clock before 1970 makes signatures that AWS refuses, which says what is wrong.
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn is_interrupted(&self) -> bool {
        self.interruption.is_interrupted()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn random(&self) -> u64 {
        getrandom::u64().expect("the operating system has random numbers")
    }
}

/// A call in flight, for people: no value is in its method and path.
struct Call {
    method: &'static str,
    path: String,
    begun: Instant,
}

impl Call {
    fn of(request: &Request) -> Self {
        let bare = request.url.split(['?', '#']).next().unwrap_or_default();
        Self { method: request.method, path: bare.to_owned(), begun: Instant::now() }
    }

    fn ended(&self, answer: &Result<Response, SendError>) -> String {
        let (Self { method, path, .. }, time) = (self, self.begun.elapsed().as_millis());
        match answer {
            Ok(answer) => format!("{method} {path}: {} after {time} ms", answer.status),
            Err(error) => format!("{method} {path}: no answer after {time} ms: {}", error.message),
        }
    }
}

async fn send(
    client: reqwest::Client,
    request: Request,
    silence: Duration,
) -> Result<Response, SendError> {
    let limit = request.answer_limit();
    // The core sends only methods that HTTP defines.
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
    let mut builder = client.request(method, request.url).body(request.body);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let mut answer = builder.send().await.map_err(failed)?;
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let status = answer.status().as_u16();
    let headers = answer.headers().iter().filter_map(header).collect();
    Ok(Response { status, headers, body: read(&mut answer, limit, silence).await? })
}

/// Into one buffer: to collect the pieces first would hold a large body twice.
async fn read(
    answer: &mut reqwest::Response,
    limit: usize,
    silence: Duration,
) -> Result<Vec<u8>, SendError> {
    let length = answer.content_length().unwrap_or_default().min(MOST_RESERVED);
    let mut body = Vec::with_capacity(limit.min(length as usize));
    loop {
        let piece = tokio::time::timeout(silence, answer.chunk()).await;
        let silent = |_| broken(format!("the answer broke off: nothing came for {silence:?}"));
        let Some(piece) = piece.map_err(silent)?.map_err(failed)? else { return Ok(body) };
        if body.len() + piece.len() > limit {
            let message = format!("the answer is longer than {limit} bytes, and was not read on");
            return Err(broken(message));
        }
        body.extend_from_slice(&piece);
    }
}

fn broken(message: String) -> SendError {
    SendError { sent: true, message }
}

fn failed(error: reqwest::Error) -> SendError {
    // The URL has no secret, but the log of a retry reads better without it.
    SendError { sent: !error.is_connect(), message: words(&error.without_url()) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with a head and bytes without an end, until the client hangs up; gives how
    /// many it could send.
    fn endless(head: &'static str) -> (String, std::thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let sent = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 4096]);
            let (piece, mut sent) = ([b'x'; 0x10000], 0);
            let _ = stream.write_all(head.as_bytes());
            while sent < 1 << 30 && stream.write_all(b"10000\r\n").is_ok() {
                if stream.write_all(&piece).and_then(|()| stream.write_all(b"\r\n")).is_err() {
                    break;
                }
                sent += piece.len();
            }
            sent
        });
        (url, sent)
    }

    /// Answers one request with a head of ten bytes to come, then with one byte after each pause, of so
    /// many, and then nothing until the client hangs up.
    fn dripping(pause: Duration, bytes: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
            for _ in 0..bytes {
                std::thread::sleep(pause);
                let _ = stream.write_all(b"x");
            }
            let _ = stream.read(&mut [0; 1]);
        });
        url
    }

    fn get(url: String, range: Option<&str>) -> Request {
        let range = range.map(|range| ("range".to_owned(), range.to_owned()));
        let headers = range.into_iter().collect();
        Request { method: "GET", url, headers, body: Default::default() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_without_an_end_is_not_read_on() {
        for (range, limit) in [(None, 8 << 20), (Some("bytes=0-9"), (1 << 20) + 10)] {
            let (url, sent) = endless("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            let error =
                send(client(TIMEOUT), get(url, range), SILENCE).await.expect_err("too long");
            assert!(error.sent);
            let said = format!("the answer is longer than {limit} bytes, and was not read on");
            assert_eq!(error.message, said);
            // The buffers of both ends come on top.
            let sent = sent.join().expect("no panic");
            assert!(sent < limit + (32 << 20), "{sent}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_falls_silent_ends() {
        let silence = Duration::from_millis(200);
        for bytes in [0, 3] {
            let url = dripping(silence / 20, bytes);
            let error = send(client(TIMEOUT), get(url, None), silence).await.expect_err("silence");
            assert_eq!(error.message, "the answer broke off: nothing came for 200ms");
            assert!(error.sent);
        }
        let url = dripping(silence / 20, 10);
        let answer = send(client(TIMEOUT), get(url, None), silence).await.expect("an answer");
        assert_eq!(answer.body, b"xxxxxxxxxx");
    }

    #[tokio::test]
    async fn an_answer_that_drips_ends_with_its_request() {
        let (timeout, begun) = (Duration::from_millis(500), std::time::Instant::now());
        let url = dripping(timeout / 5, 100);
        let error = send(client(timeout), get(url, None), SILENCE).await.expect_err("no end");
        assert!(error.sent && error.message.contains("timed out"), "{}", error.message);
        assert!(begun.elapsed() < timeout * 10, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let head = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\n\
                    content-length: 0\r\n\r\n";
        let (url, _) = endless(head);
        let answer = send(client(TIMEOUT), get(url, None), SILENCE).await.expect("an answer");
        assert_eq!((answer.status, answer.body.len()), (307, 0));
    }
}
