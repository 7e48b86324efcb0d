//! What the core needs of the world, and calls to the Data API that survive its hiccups.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use futures_util::future::{Either, select};

use crate::aws::data_api::{self, Target};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, Service, ServiceError};

/// The world outside: network, clock, random numbers, and signatures.
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

    /// Whether the process has been told to end. From then on a [`Client`] begins no call but those
    /// of [`Client::closing`].
    ///
    /// A host that cannot be told answers `false`.
    fn is_interrupted(&self) -> bool {
        false
    }

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
pub enum CallError<E = data_api::Error> {
    /// It could not be signed.
    Sign(SignError),
    /// It got no answer.
    Send(SendError),
    /// It was not sent, since the process has been told to end.
    Interrupted,
    /// The service answered with an error.
    Api(E),
    /// It was not sent: no time was left for it.
    OutOfTime,
}

impl<E: ServiceError> CallError<E> {
    /// What this says about the call.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Sign(_) => Retry::Never,
            Self::Send(error) if error.sent => Retry::OutcomeUnknown,
            Self::Send(_) | Self::Interrupted | Self::OutOfTime => Retry::NotRun,
            Self::Api(error) => error.retry(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign(SignError(message)) => write!(f, "not signed: {message}"),
            Self::Send(error) => write!(f, "no answer: {}", error.message),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Api(error) => error.fmt(f),
            Self::OutOfTime => f.write_str("no time left"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for CallError<E> {}

/// Whether a call may be sent again when it is unknown if it ran.
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

/// How long a service is tried that never answered yet: its address is more likely wrong than its
/// network down.
const UNREACHABLE: Duration = Duration::from_secs(4);

/// How long after its deadline a call is waited for that is in flight, where [`Client::ending`]
/// bounds that, and a call of [`Client::closing`] may be begun. A Lambda keeps 5 seconds.
const GRACE: Duration = Duration::from_secs(3);

/// How long the calls of [`Client::closing`] take at most: after an interruption, and after
/// [`GRACE`].
const CLOSING: Duration = Duration::from_secs(20);
const CLOSING_AFTER_GRACE: Duration = Duration::from_millis(1_500);

/// How long after its deadline the last call of a [`Client::ending`] is over.
pub const ENDED_AFTER: Duration = Duration::from_millis(4_500);

/// How often a pause looks for an interruption.
const LOOK: Duration = Duration::from_millis(200);

/// Signs, sends and, within its deadline, repeats calls to one service.
#[derive(Debug)]
pub struct Client<'h, H, T = Target> {
    host: &'h H,
    target: &'h T,
    deadline: Duration,
    /// How long one call is repeated, the deadline aside.
    patience: Duration,
    /// When a call in flight is given up, since the Unix epoch.
    answers_until: Duration,
    /// Whether its calls are begun after an interruption, too.
    is_closing: bool,
    /// Whether the service has answered a call, however.
    has_answered: AtomicBool,
    /// The most bytes of rows that a statement may have.
    rows_limit: AtomicUsize,
    /// The transaction that its queries are of; without one each is committed by itself.
    transaction_id: Option<&'h str>,
}

impl<'h, H: Host, T> Client<'h, H, T> {
    /// A client that begins no attempt after `time` from now.
    pub fn new(host: &'h H, target: &'h T, time: Duration) -> Self {
        Self {
            host,
            target,
            deadline: host.now().saturating_add(time),
            patience: time,
            answers_until: Duration::MAX,
            is_closing: false,
            has_answered: AtomicBool::new(false),
            rows_limit: AtomicUsize::new(usize::MAX),
            transaction_id: None,
        }
    }

    /// The same, but no single call is repeated for longer than `patience`.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same, but a call in flight is given up 3 seconds after its time, so that there is a
    /// moment left for [`Self::closing`], up to [`ENDED_AFTER`].
    pub fn ending(self) -> Self {
        Self { answers_until: self.deadline.saturating_add(GRACE), ..self }
    }

    /// A client for what ends the work: rollbacks, and what takes back or tells what was begun.
    ///
    /// Its calls are begun after an interruption as well, for 20 seconds, and up to 3 seconds after
    /// the deadline, or after now if that is past.
    pub fn closing(&self) -> Self {
        let same = Self {
            has_answered: AtomicBool::new(self.has_answered()),
            rows_limit: AtomicUsize::new(self.rows_limit()),
            ..*self
        };
        if self.is_closing {
            return same;
        }
        let (now, is_interrupted) = (self.host.now(), self.is_interrupted());
        let most = self.answers_until.saturating_add(CLOSING_AFTER_GRACE);
        let deadline = most.min(match is_interrupted {
            true => now.saturating_add(CLOSING),
            false => self.deadline.max(now).saturating_add(GRACE),
        });
        let answers_until = if is_interrupted { deadline } else { most };
        Self { deadline, answers_until, patience: CLOSING, is_closing: true, ..same }
    }

    /// The same for another target.
    pub(crate) fn on<'n>(&self, target: &'n T) -> Client<'n, H, T>
    where
        'h: 'n,
    {
        Client {
            host: self.host,
            target,
            has_answered: AtomicBool::new(self.has_answered()),
            rows_limit: AtomicUsize::new(self.rows_limit()),
            ..*self
        }
    }

    /// The same, whose queries are of a transaction.
    #[cfg(feature = "avro")]
    pub(crate) fn within<'n>(&self, transaction_id: &'n str) -> Client<'n, H, T>
    where
        'h: 'n,
    {
        Client { transaction_id: Some(transaction_id), ..self.on(self.target) }
    }

    /// The transaction that its queries are of.
    pub(crate) fn transaction_id(&self) -> Option<&'h str> {
        self.transaction_id
    }

    /// The host that it sends with.
    pub fn host(&self) -> &'h H {
        self.host
    }

    /// What it calls.
    pub(crate) fn target(&self) -> &'h T {
        self.target
    }

    /// Whether nothing more should be begun: its time is over, or there was an interruption.
    pub fn is_out_of_time(&self) -> bool {
        self.time_left().is_zero()
    }

    /// How much time is left in which anything may be begun; none after an interruption.
    pub fn time_left(&self) -> Duration {
        match self.is_interrupted() {
            true => Duration::ZERO,
            false => self.deadline.saturating_sub(self.host.now()),
        }
    }

    /// The most bytes of rows that a statement may have, as far as calls have shown; no limit at first.
    pub(crate) fn rows_limit(&self) -> usize {
        self.rows_limit.load(Ordering::Relaxed)
    }

    /// Takes note that a statement with so many bytes of rows was too much. The next ones have a little
    /// more than half of that, so that two do for its rows.
    pub(crate) fn halve_rows(&self, bytes: usize) {
        self.rows_limit.fetch_min(bytes / 2 + bytes / 32, Ordering::Relaxed);
    }

    /// Waits; `false` if an interruption has ended that early.
    pub async fn pause(&self, time: Duration) -> bool {
        let mut left = time;
        while !left.is_zero() && !self.is_interrupted() {
            let nap = left.min(LOOK);
            self.host.sleep(nap).await;
            left -= nap;
        }
        left.is_zero()
    }

    /// Makes a call.
    ///
    /// One that was surely not run is repeated until the deadline, whatever it is; but for seconds
    /// only where no connection comes about and none ever did. One that may have run is repeated
    /// only if that is [`Repeat::Harmless`]. After an interruption or the deadline none is begun or
    /// repeated; one in flight is waited for, since what it does is not known before.
    pub async fn call<O: Operation<Target = T>>(
        &self,
        operation: &O,
        repeat: Repeat,
    ) -> Result<O::Output, CallError<O::Error>> {
        if self.is_interrupted() {
            return Err(CallError::Interrupted);
        }
        let begun = self.host.now();
        if begun >= self.deadline {
            return Err(CallError::OutOfTime);
        }
        let mut attempt = 1;
        loop {
            let error = match self.attempt(operation).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let may_repeat = match error.retry() {
                Retry::NotRun => true,
                Retry::OutcomeUnknown => repeat == Repeat::Harmless && attempt < UNKNOWN_ATTEMPTS,
                Retry::Transaction | Retry::Never => false,
            };
            let pause = self.time_to_repeat(attempt);
            let until = self.deadline.min(begun.saturating_add(self.patience_with(&error)));
            if !may_repeat || self.host.now() + pause > until || !self.pause(pause).await {
                return Err(self.told(error, operation, attempt));
            }
            attempt += 1;
        }
    }

    /// Makes the request anew each time: a copy to repeat it from would double a large one.
    async fn attempt<O: Operation<Target = T>>(
        &self,
        operation: &O,
    ) -> Result<O::Output, CallError<O::Error>> {
        let mut request = operation.to_request(self.target);
        if request.has_dot_segment() {
            let message = "a segment of its path is . or .., which would lead elsewhere";
            return Err(CallError::Sign(SignError::new(message)));
        }
        // Each attempt has its own date, or a long wait would make the signature stale.
        self.host.sign(&mut request, O::SERVICE).map_err(CallError::Sign)?;
        let response = self.send(request).await.map_err(CallError::Send)?;
        self.has_answered.store(true, Ordering::Relaxed);
        O::parse(response).map_err(CallError::Api)
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let sending = self.host.send(request);
        if self.answers_until == Duration::MAX {
            return sending.await;
        }
        let time = self.answers_until.saturating_sub(self.host.now());
        match select(pin!(sending), pin!(self.host.sleep(time))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                Err(SendError { sent: true, message: "the time for it is over".to_owned() })
            }
        }
    }

    /// A client that is closing is let through.
    fn is_interrupted(&self) -> bool {
        !self.is_closing && self.host.is_interrupted()
    }

    fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    fn patience_with<E>(&self, error: &CallError<E>) -> Duration {
        let is_unreachable = matches!(error, CallError::Send(error) if !error.sent);
        match is_unreachable && !self.has_answered() {
            true => self.patience.min(UNREACHABLE),
            false => self.patience,
        }
    }

    /// Names the endpoint of a connection that did not come about, and where it is from.
    fn told<O: Operation<Target = T>>(
        &self,
        error: CallError<O::Error>,
        operation: &O,
        attempts: u32,
    ) -> CallError<O::Error> {
        let CallError::Send(SendError { sent: false, message }) = error else { return error };
        let url = operation.to_request(self.target).url;
        let endpoint = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let settings = O::SERVICE.settings();
        let message = format!(
            "{endpoint} cannot be reached (it is from {settings}), tried {attempts} times: {message}"
        );
        CallError::Send(SendError { sent: false, message })
    }

    /// Between half of and the whole of a pause that doubles, so that callers spread out.
    fn time_to_repeat(&self, attempt: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_PAUSE);
        longest / 2 + (longest / 2).mul_f64((self.host.random() >> 11) as f64 / (1u64 << 53) as f64)
    }
}
