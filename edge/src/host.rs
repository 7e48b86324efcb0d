//! The Worker as a host of the core: `fetch`, the platform's clock and timers.

use core::pin::pin;
use core::time::Duration;

use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use js_sys::futures::JsFuture;
use rowgate_core::{
    BodyError, Credentials, Host, RateLimit, Request, Response, SendError, Service, SignError, sign,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, RequestInit, RequestRedirect, WorkerGlobalScope};
use worker::{Date, Delay, RateLimiter};

use crate::{headers, pieces};

/// Longer than the Data API's 45 seconds, so that the service is the one to give up first.
const TIMEOUT_MILLISECONDS: u32 = 60_000;

/// How long the body of an answer may take whose headers have come.
const BODY_TIME: Duration = Duration::from_secs(15);

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
        fetch(&request).await.map_err(|error| SendError { sent: true, message: words(error) })
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

async fn fetch(request: &Request) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_headers_headers(&headers::write(&request.headers)?);
    init.set_redirect(RequestRedirect::Manual);
    init.set_body_opt_u8_array(Some(&Uint8Array::from(request.body.as_ref())));
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MILLISECONDS)));

    // By its URL: a `worker::Request` would be copied once more.
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let answer = JsFuture::from(scope.fetch_with_str_and_init(&request.url, &init)).await?;
    let answer: web_sys::Response = answer.unchecked_into();
    let (status, headers) = (answer.status(), headers::read(&answer.headers()));
    let body = in_time(read(&answer, &headers, request.answer_limit())).await?;
    Ok(Response { status, headers, body })
}

async fn in_time(
    reading: impl Future<Output = Result<Vec<u8>, JsValue>>,
) -> Result<Vec<u8>, JsValue> {
    match select(pin!(reading), Delay::from(BODY_TIME)).await {
        Either::Left((body, _)) => body,
        Either::Right(_) => Err("the answer broke off: its body took too long".into()),
    }
}

/// In one crossing where the length is known and within the limit.
async fn read(
    answer: &web_sys::Response,
    headers: &[(String, String)],
    limit: usize,
) -> Result<Vec<u8>, JsValue> {
    let value = |wanted| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    // Of a packed body the length is another one.
    let length = value("content-length").filter(|_| value("content-encoding").is_none());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length <= limit) {
        let body = JsFuture::from(answer.array_buffer()?).await?;
        return Ok(Uint8Array::new(&body).to_vec());
    }
    pieces::read(answer.body(), limit).await.map_err(|error| match error {
        BodyError::TooLarge => format!("the answer is longer than {limit} bytes").into(),
        BodyError::Broken => "the answer broke off".into(),
    })
}

fn words(error: JsValue) -> String {
    worker::Error::from(error).to_string()
}
