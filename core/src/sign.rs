//! AWS Signature Version 4 on one request, by AWS's own crate (feature `sigv4`).

use std::fmt;
use std::string::{String, ToString};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as aws_sign};
use aws_sigv4::sign::v4;

use crate::host::{Service, SignError};
use crate::http::Request;
use crate::settings::{Lookup, SettingsError, required};

/// What proves to AWS who is calling.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Credentials {
    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if it is set, `AWS_SESSION_TOKEN`.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let [access_key_id, secret_access_key] =
            required(lookup, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])?;
        let session_token = lookup("AWS_SESSION_TOKEN").filter(|token| !token.is_empty());
        Ok(Self { access_key_id, secret_access_key, session_token })
    }
}

/// Shows the key's id only.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"***")
            .field("session_token", &self.session_token.as_ref().map(|_| "***"))
            .finish()
    }
}

/// Adds `x-amz-date`, `authorization` and, with temporary credentials, `x-amz-security-token`.
///
/// `now` is the time since the Unix epoch; AWS refuses a request that is off by more than about
/// 5 minutes. All headers are signed, and `host` as the URL gives it. On error the request is
/// unchanged.
pub fn sign(
    request: &mut Request,
    credentials: &Credentials,
    region: &str,
    service: Service,
    now: Duration,
) -> Result<(), SignError> {
    let identity = AwsCredentials::new(
        &credentials.access_key_id,
        &credentials.secret_access_key,
        credentials.session_token.clone(),
        None,
        "rowgate",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service.signing_name())
        .time(SystemTime::UNIX_EPOCH + now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| SignError::new(error.to_string()))?
        .into();

    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(request.method, &request.url, headers, body)
        .map_err(|error| SignError::new(error.to_string()))?;
    let (instructions, _) = aws_sign(signable, &parameters)
        .map_err(|error| SignError::new(error.to_string()))?
        .into_parts();

    let added = instructions.headers().map(|(name, value)| (name.to_string(), value.to_string()));
    request.headers.extend(added);
    Ok(())
}
