//! The Worker as a host of the core: `fetch`, the platform's clock and timers.

use core::time::Duration;

use rowgate_core::{
    Credentials, Host, RateLimit, Request, Response, SendError, Service, SignError, sign,
};
use worker::{
    AbortSignal, Date, Delay, Fetch, Headers, Method, RateLimiter, RequestInit, RequestRedirect,
};

/// Longer than the Data API's 45 seconds, so that the service is the one to give up first.
const TIMEOUT_MILLISECONDS: u32 = 60_000;

/// Signs with the Worker's secrets and sends with `fetch`.
pub(crate) struct WorkerHost {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
    pub(crate) limits: Limits,
}

/// The rate-limit bindings of `wrangler.toml`.
pub(crate) struct Limits {
    pub(crate) address: RateLimiter,
    pub(crate) key: RateLimiter,
}

impl Host for WorkerHost {
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError> {
        sign(request, &self.credentials, &self.region, service, self.now())
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        // `fetch` does not say whether a connection came about, so a failure may have been sent.
        fetch(&request).await.map_err(|error| SendError { sent: true, message: error.to_string() })
    }

    async fn admit(&self, limit: RateLimit, who: &str) -> bool {
        let limiter = match limit {
            RateLimit::Address => &self.limits.address,
            RateLimit::Key => &self.limits.key,
        };
        // A limiter that fails lets pass: it protects from floods, the key from strangers.
        limiter.limit(who.to_owned()).await.map_or(true, |outcome| outcome.success)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(Date::now().as_millis())
    }

    async fn sleep(&self, time: Duration) {
        Delay::from(time).await;
    }

    fn random(&self) -> u64 {
        // A double has 53 random bits, so a number is made of two.
        let half = || (js_sys::Math::random() * 4_294_967_296.0) as u64;
        half() << 32 | half()
    }
}

async fn fetch(request: &Request) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_owned()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(js_sys::Uint8Array::from(request.body.as_ref()).into()));

    let timeout = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(TIMEOUT_MILLISECONDS));
    let outgoing = worker::Request::new_with_init(&request.url, &init)?;
    let mut answer = Fetch::Request(outgoing).send_with_signal(&timeout).await?;
    Ok(Response {
        status: answer.status_code(),
        headers: answer.headers().entries().collect(),
        body: answer.bytes().await?,
    })
}
