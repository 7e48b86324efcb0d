//! Signature Version 4, verified with AWS's own signer: what it makes of a copy of the request is
//! what the caller must have sent.
//!
//! Source: "Signing AWS API requests" in the IAM User Guide; the texts are those that AWS answers.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::http::HeaderMap;
use subtle::ConstantTimeEq;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far a signature's date may be from now. AWS documents five minutes for most services.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(5);

const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature \
    you provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";
const WRONG_TOKEN: &str = "The security token included in the request is invalid.";

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefusalKind {
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    UnrecognizedClient,
}

impl RefusalKind {
    /// The type as in `x-amzn-ErrorType`; the status is 403 for all of them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
        }
    }
}

/// A request that is not from whom it says, or not for this service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) kind: RefusalKind,
    pub(crate) message: String,
}

impl Refusal {
    fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// Who may call what.
pub(crate) struct Verifier {
    /// The name that a credential's scope must have, as `rds-data`.
    pub(crate) service: &'static str,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

/// The parts of a request that a signature covers.
#[derive(Clone, Copy)]
pub(crate) struct SignedRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) path_and_query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Verifier {
    /// Checks who calls, when, for what, and that nothing was changed in transit.
    pub(crate) fn verify(
        &self,
        request: SignedRequest<'_>,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let authorization = Authorization::of(request.headers)?;
        if authorization.access_key_id != self.access_key_id {
            return Err(Refusal::new(RefusalKind::UnrecognizedClient, WRONG_TOKEN));
        }
        self.check_token(request.headers)?;
        authorization.check_signed_headers()?;
        let date = check_date(request.headers, now)?;
        self.check_scope(&authorization, date)?;

        let expected = self.signature(request, &authorization, date)?;
        let same = expected.as_bytes().ct_eq(authorization.signature.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(invalid(WRONG_SIGNATURE)) }
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = headers.get("x-amz-security-token") else { return Ok(()) };
        let expected = self.session_token.as_deref().unwrap_or_default();
        if expected.is_empty() || !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
            return Err(Refusal::new(RefusalKind::UnrecognizedClient, WRONG_TOKEN));
        }
        Ok(())
    }

    fn check_scope(&self, given: &Authorization<'_>, date: OffsetDateTime) -> Result<(), Refusal> {
        let [day, region, service, terminator] = given.scope;
        let expected_day = text_of(date);
        let expected_day = &expected_day[..8];
        if day != expected_day {
            return Err(invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{day}' != '{expected_day}', from '{}'.",
                text_of(date)
            )));
        }
        if region != self.region {
            let region = &self.region;
            return Err(invalid(format!("Credential should be scoped to region '{region}'.")));
        }
        if service != self.service {
            let service = self.service;
            return Err(invalid(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if terminator != "aws4_request" {
            return Err(invalid(
                "Credential should be scoped with a valid terminator: 'aws4_request'.",
            ));
        }
        Ok(())
    }

    /// The signature that this very request must carry.
    ///
    /// The copy has the headers that the caller says it signed, and no others. The signer adds the
    /// date (the same that was checked) and nothing else, because the credentials have no token:
    /// a token that was signed stands among the headers.
    fn signature(
        &self,
        request: SignedRequest<'_>,
        authorization: &Authorization<'_>,
        date: OffsetDateTime,
    ) -> Result<String, Refusal> {
        let headers = authorization.headers_to_sign(request.headers)?;
        let host = header(request.headers, "host").unwrap_or_default();
        let uri = format!("http://{host}{}", request.path_and_query);
        let refuse = |_| invalid(WRONG_SIGNATURE);
        let copy = SignableRequest::new(
            request.method,
            uri,
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(request.body),
        )
        .map_err(refuse)?;

        let credentials =
            Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "local");
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::from(date))
            .settings(settings)
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        let signed = sign(copy, &parameters.into()).map_err(refuse)?;
        Ok(signed.signature().to_owned())
    }
}

/// The header `Authorization`, taken apart.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Authorization<'a> {
    access_key_id: &'a str,
    /// Day, region, service, terminator.
    scope: [&'a str; 4],
    pub(crate) signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let Some(value) = header(headers, "authorization") else {
            let kind = RefusalKind::MissingAuthenticationToken;
            return Err(Refusal::new(kind, "Missing Authentication Token"));
        };
        Self::parse(value).ok_or_else(|| {
            let message = "Authorization header requires 'Credential' with a five-part scope, \
                           'SignedHeaders' and 'Signature' parameters, and AWS4-HMAC-SHA256.";
            Refusal::new(RefusalKind::IncompleteSignature, message)
        })
    }

    fn parse(value: &'a str) -> Option<Self> {
        let rest = value.strip_prefix(ALGORITHM)?;
        let member = |name: &str| {
            let mut members = rest.split(',').filter_map(|part| part.trim().split_once('='));
            members.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let mut credential = member("Credential")?.splitn(5, '/');
        Some(Self {
            access_key_id: credential.next()?,
            scope: [credential.next()?, credential.next()?, credential.next()?, credential.next()?],
            signed_headers: member("SignedHeaders")?.split(';').collect(),
            signature: member("Signature")?,
        })
    }

    fn check_signed_headers(&self) -> Result<(), Refusal> {
        if !self.signed_headers.contains(&"host") {
            return Err(invalid(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        if !self.signed_headers.contains(&"x-amz-date") {
            return Err(invalid("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."));
        }
        Ok(())
    }

    /// Every value of every signed header; a header that is not there cannot have been signed.
    fn headers_to_sign(&self, headers: &HeaderMap) -> Result<Vec<(&'a str, String)>, Refusal> {
        let mut signed = Vec::new();
        for name in &self.signed_headers {
            let mut values = headers.get_all(*name).iter().peekable();
            if values.peek().is_none() {
                return Err(invalid(WRONG_SIGNATURE));
            }
            for value in values {
                let value = value.to_str().map_err(|_| invalid(WRONG_SIGNATURE))?;
                signed.push((*name, value.to_owned()));
            }
        }
        Ok(signed)
    }
}

fn check_date(headers: &HeaderMap, now: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = header(headers, "x-amz-date")
        .and_then(|text| PrimitiveDateTime::parse(text, format).ok())
        .map(PrimitiveDateTime::assume_utc)
        .ok_or_else(|| {
            let message = "Authorization header requires existence of either a 'X-Amz-Date' or a \
                           'Date' header.";
            Refusal::new(RefusalKind::IncompleteSignature, message)
        })?;

    let minutes = CLOCK_SKEW.whole_minutes();
    let (given, at) = (text_of(date), text_of(now));
    if date < now - CLOCK_SKEW {
        let bound = text_of(now - CLOCK_SKEW);
        return Err(invalid(format!(
            "Signature expired: {given} is now earlier than {bound} ({at} - {minutes} min.)"
        )));
    }
    if date > now + CLOCK_SKEW {
        let bound = text_of(now + CLOCK_SKEW);
        return Err(invalid(format!(
            "Signature not yet current: {given} is still later than {bound} ({at} + {minutes} min.)"
        )));
    }
    Ok(date)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn text_of(date: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    date.format(format).unwrap_or_default()
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::InvalidSignature, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-23 03:04:05 UTC);
    const BODY: &str = r#"{"sql":"SELECT 1"}"#;

    /// Both were signed by botocore, another signer than the one under test.
    const PLAIN: &str = "d1d71e157562a1d897652b36e3d27af565ba65bd820fef5e16b13d8dac44989e";
    const WITH_TOKEN: &str = "fe21659ba82440c4b3d2a1ffe66e38a0e622df7d7bc423ab3c71a1e5915818a8";

    fn verifier() -> Verifier {
        Verifier {
            service: "rds-data",
            region: "us-east-1".into(),
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: Some("TOKEN".into()),
        }
    }

    fn authorization(scope: &str, signed: &str, signature: &str) -> String {
        format!(
            "{ALGORITHM} Credential=AKIDEXAMPLE/{scope}/aws4_request, SignedHeaders={signed}, \
             Signature={signature}"
        )
    }

    fn plain() -> HeaderMap {
        let signed = "content-type;host;x-amz-date";
        headers(&authorization("20261123/us-east-1/rds-data", signed, PLAIN))
    }

    fn headers(authorization: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "127.0.0.1:8080"),
            ("content-type", "application/json"),
            ("user-agent", "not signed"),
            ("x-amz-date", "20261123T030405Z"),
            ("authorization", authorization),
        ] {
            set(&mut headers, name, value);
        }
        headers
    }

    fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).unwrap();
        headers.insert(HeaderName::from_static(name), value);
    }

    fn verify(headers: &HeaderMap, body: &str, now: OffsetDateTime) -> Result<(), Refusal> {
        let body = body.as_bytes();
        let request = SignedRequest { method: "POST", path_and_query: "/Execute", headers, body };
        verifier().verify(request, now)
    }

    fn refusal(headers: &HeaderMap) -> Refusal {
        verify(headers, BODY, NOW).unwrap_err()
    }

    #[test]
    fn accepts_what_another_signer_signed() {
        assert_eq!(verify(&plain(), BODY, NOW), Ok(()));

        let signed = "content-type;host;x-amz-date;x-amz-security-token";
        let mut with_token =
            headers(&authorization("20261123/us-east-1/rds-data", signed, WITH_TOKEN));
        set(&mut with_token, "x-amz-security-token", "TOKEN");
        assert_eq!(verify(&with_token, BODY, NOW), Ok(()));

        set(&mut with_token, "x-amz-security-token", "OTHER");
        assert_eq!(refusal(&with_token).message, WRONG_TOKEN);
    }

    #[test]
    fn refuses_what_was_changed() {
        let error = verify(&plain(), r#"{"sql":"SELECT 2"}"#, NOW).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (RefusalKind::InvalidSignature, WRONG_SIGNATURE)
        );

        for (name, value) in [("content-type", "text/plain"), ("host", "127.0.0.1:8081")] {
            let mut headers = plain();
            set(&mut headers, name, value);
            assert_eq!(refusal(&headers).message, WRONG_SIGNATURE, "{name}");
        }

        let mut without = plain();
        without.remove("content-type");
        assert_eq!(refusal(&without).message, WRONG_SIGNATURE);
    }

    #[test]
    fn refuses_dates_that_are_off() {
        let early = verify(&plain(), BODY, NOW + time::Duration::seconds(301)).unwrap_err();
        assert_eq!(
            early.message,
            "Signature expired: 20261123T030405Z is now earlier than 20261123T030406Z \
             (20261123T030906Z - 5 min.)"
        );
        let late = verify(&plain(), BODY, NOW - time::Duration::seconds(301)).unwrap_err();
        assert!(late.message.starts_with("Signature not yet current: 20261123T030405Z"));
        assert_eq!(verify(&plain(), BODY, NOW + time::Duration::seconds(300)), Ok(()));
    }

    #[test]
    fn refuses_other_scopes() {
        for (scope, text) in [
            ("20261122/us-east-1/rds-data", "Date in Credential scope"),
            ("20261123/eu-west-1/rds-data", "region 'us-east-1'"),
            ("20261123/us-east-1/s3", "service: 'rds-data'"),
        ] {
            let error = refusal(&headers(&authorization(scope, "host;x-amz-date", PLAIN)));
            assert_eq!(error.kind, RefusalKind::InvalidSignature);
            assert!(error.message.contains(text), "{error:?}");
        }
    }

    #[test]
    fn host_and_date_must_be_signed() {
        for signed in ["x-amz-date", "host"] {
            let headers = headers(&authorization("20261123/us-east-1/rds-data", signed, PLAIN));
            assert!(refusal(&headers).message.contains("must be a 'SignedHeader'"));
        }
    }

    #[test]
    fn refuses_strangers_and_broken_headers() {
        let mut none = plain();
        none.remove("authorization");
        assert_eq!(refusal(&none).kind, RefusalKind::MissingAuthenticationToken);

        let stranger = authorization("20261123/us-east-1/rds-data", "host;x-amz-date", PLAIN);
        let stranger = headers(&stranger.replace("AKIDEXAMPLE", "AKIDOTHER"));
        assert_eq!(refusal(&stranger).kind, RefusalKind::UnrecognizedClient);

        for broken in ["Bearer x", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123"] {
            assert_eq!(refusal(&headers(broken)).kind, RefusalKind::IncompleteSignature);
        }
    }
}
