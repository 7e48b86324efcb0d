//! What the core needs of the world, and calls to the Data API that survive its hiccups.

use alloc::string::String;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use crate::data_api::{self, Operation, Retry, Target};
use crate::http::{Request, Response};

/// The world outside: network, clock, chance, and the right to sign as somebody.
///
/// Always used as a type parameter, never as `dyn`, and without a `Send` bound: the futures are
/// `Send` where the host's are, and a host of JavaScript values serves as well.
pub trait Host {
    /// Adds the signature that AWS asks for, with the host's credentials.
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError>;

    /// Sends a request and reads the whole answer. Every status is an answer, not an error.
    ///
    /// Waits longer than the Data API's own 45 seconds: a client that gives up before the service
    /// does cannot know what became of its statement.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, SendError>>;

    /// Counts a request, and answers whether it is within the limit.
    ///
    /// A host whose platform limits requests before they come here answers `true`.
    fn admit(&self, limit: RateLimit, who: &str) -> impl Future<Output = bool> {
        let _ = (limit, who);
        core::future::ready(true)
    }

    /// The time since the Unix epoch.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// 64 random bits; for jitter and request ids, not for keys.
    fn random(&self) -> u64;
}

/// By what requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// By the client's address, before its key is looked at.
    Address,
    /// By the key's id.
    Key,
}

/// A service of AWS that rowgate talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The RDS Data API.
    RdsData,
}

impl Service {
    /// The name that goes into a signature's scope.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::RdsData => "rds-data",
        }
    }
}

/// A request that could not be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignError(String);

impl SignError {
    /// With the signer's own words.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// Whether the service may have received it: `false` only if no connection came about.
    pub sent: bool,
    /// The transport's own words, for the log.
    pub message: String,
}

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It could not be signed.
    Sign(SignError),
    /// It got no answer.
    Send(SendError),
    /// The service answered with an error.
    Api(data_api::Error),
}

impl CallError {
    /// What this says about the statement.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Sign(_) => Retry::Never,
            Self::Send(error) if error.sent => Retry::OutcomeUnknown,
            Self::Send(_) => Retry::NotRun,
            Self::Api(error) => error.retry(),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign(SignError(message)) => write!(f, "not signed: {message}"),
            Self::Send(error) => write!(f, "no answer: {}", error.message),
            Self::Api(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CallError {}

/// Whether a call may be sent again when nobody knows if it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Running it twice does no harm.
    Harmless,
    /// Running it twice would change or refuse something.
    Never,
}

/// Times that a call is sent whose outcome is unknown but whose repetition is harmless.
const UNKNOWN_ATTEMPTS: u32 = 3;

/// The pause before the second attempt; it doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Signs, sends and, within its deadline, repeats calls to one database.
#[derive(Debug)]
pub struct Client<'h, H> {
    host: &'h H,
    target: &'h Target,
    deadline: Duration,
}

impl<'h, H: Host> Client<'h, H> {
    /// A client that begins no attempt after `time` from now.
    pub fn new(host: &'h H, target: &'h Target, time: Duration) -> Self {
        Self { host, target, deadline: host.now() + time }
    }

    /// Makes a call.
    ///
    /// One that was surely not run is repeated until the deadline, whatever it is. One that may
    /// have run is repeated only if that is [`Repeat::Harmless`].
    pub async fn call<O: Operation>(
        &self,
        operation: &O,
        repeat: Repeat,
    ) -> Result<O::Output, CallError> {
        let request = operation.to_request(self.target);
        let mut attempt = 1;
        loop {
            let error = match self.attempt::<O>(request.clone()).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let may_repeat = match error.retry() {
                Retry::NotRun => true,
                Retry::OutcomeUnknown => repeat == Repeat::Harmless && attempt < UNKNOWN_ATTEMPTS,
                Retry::Transaction | Retry::Never => false,
            };
            let pause = self.pause(attempt);
            if !may_repeat || self.host.now() + pause > self.deadline {
                return Err(error);
            }
            self.host.sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt<O: Operation>(&self, mut request: Request) -> Result<O::Output, CallError> {
        // Each attempt has its own date, or a long wait would make the signature stale.
        self.host.sign(&mut request, Service::RdsData).map_err(CallError::Sign)?;
        let response = self.host.send(request).await.map_err(CallError::Send)?;
        O::parse(&response).map_err(CallError::Api)
    }

    /// Between half of and the whole of a pause that doubles, so that callers spread out.
    fn pause(&self, attempt: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_PAUSE);
        longest / 2 + (longest / 2).mul_f64((self.host.random() >> 11) as f64 / (1u64 << 53) as f64)
    }
}
