//! AWS Signature Version 4 on one request, by AWS's own crate (feature `sigv4`).

use std::fmt;
use std::string::{String, ToString};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as aws_sign,
};
use aws_sigv4::sign::v4;

use crate::aws::host::SignError;
use crate::aws::http::Request;
use crate::aws::operation::Service;
use crate::base::lookup::{Lookup, SettingsError, required};

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
        .settings(settings(service))
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

/// S3 wants keys encoded once and as they are, and the content's digest in a header.
fn settings(service: Service) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == Service::S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::data_api::{ExecuteStatement, Target};
    use crate::aws::operation::Operation;
    use sha2::{Digest, Sha256};
    use std::borrow::ToOwned;
    use std::format;

    const TOKEN: &str = "FwoGZXIvYXdzEXAMPLE/+=";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const SCOPE: &str = "20260102/eu-west-1/rds-data/aws4_request";
    /// 2026-01-02T03:04:05Z
    const NOW: Duration = Duration::from_secs(1_767_323_045);

    /// The digest of the body of [`request`], by botocore.
    const BODY: &str = "b0a673ae112a76bcda564b87a21a1a8d3395c921ece2de47bb876998be6880df";

    fn request() -> Request {
        let target = Target {
            endpoint: "https://rds-data.eu-west-1.amazonaws.com".to_owned(),
            resource_arn: "arn:aws:rds:eu-west-1:1:cluster:c".to_owned(),
            secret_arn: "arn:aws:secretsmanager:eu-west-1:1:secret:s".to_owned(),
            database: "hr".to_owned(),
        };
        let parameters = &[("a", "Zoë")];
        ExecuteStatement { sql: "SELECT :a", parameters, transaction_id: None }.to_request(&target)
    }

    fn credentials(token: Option<&str>) -> Credentials {
        let lookup = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(SECRET.to_owned()),
            "AWS_SESSION_TOKEN" => token.map(ToOwned::to_owned),
            _ => None,
        };
        Credentials::read(&lookup).unwrap()
    }

    fn sha256(text: &str) -> String {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Signs our request and walks AWS's steps beside it; every constant is botocore's.
    fn assert_steps(token: Option<&str>, canonical: &str, canonical_digest: &str, signature: &str) {
        assert_eq!(sha256(core::str::from_utf8(&request().body).unwrap()), BODY);
        assert_eq!(sha256(canonical), canonical_digest);

        let string_to_sign =
            format!("AWS4-HMAC-SHA256\n20260102T030405Z\n{SCOPE}\n{canonical_digest}");
        let time = SystemTime::UNIX_EPOCH + NOW;
        let key = v4::generate_signing_key(SECRET, time, "eu-west-1", "rds-data");
        assert_eq!(v4::calculate_signature(key, string_to_sign.as_bytes()), signature);

        let mut signed = request();
        sign(&mut signed, &credentials(token), "eu-west-1", Service::RdsData, NOW).unwrap();
        let header = |name: &str| crate::aws::http::header(&signed.headers, name);
        let names = canonical.lines().rev().nth(1).unwrap();
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SCOPE}, SignedHeaders={names}, \
             Signature={signature}"
        );
        assert_eq!(header("authorization"), Some(expected.as_str()));
        assert_eq!(header("x-amz-date"), Some("20260102T030405Z"));
        assert_eq!(header("x-amz-security-token"), token);
    }

    #[test]
    fn each_step_is_botocores() {
        assert_steps(
            None,
            &format!(
                "POST\n/Execute\n\ncontent-type:application/json\n\
                 host:rds-data.eu-west-1.amazonaws.com\nx-amz-date:20260102T030405Z\n\n\
                 content-type;host;x-amz-date\n{BODY}"
            ),
            "2b03e4f1bab9635525ffb44f89c6f6ce095f749f38459e30cd7dc7a67781abe9",
            "ba60cfbf8762f90e431cc5ab28867addcd6893bbdea434157272370649f6a36c",
        );
    }

    #[test]
    fn each_step_with_a_session_token_is_botocores() {
        assert_steps(
            Some(TOKEN),
            &format!(
                "POST\n/Execute\n\ncontent-type:application/json\n\
                 host:rds-data.eu-west-1.amazonaws.com\nx-amz-date:20260102T030405Z\n\
                 x-amz-security-token:{TOKEN}\n\n\
                 content-type;host;x-amz-date;x-amz-security-token\n{BODY}"
            ),
            "32b29eb69a3c8245166d32cade67abd064c97ff9442d82c59545c00894182b61",
            "97e042b3fc9d866838b9ffb8a2c2d8d714046aa82e2c227bcba8eb4ee6e6d79e",
        );
    }

    /// AWS's own example: "Authenticating Requests: Using the Authorization Header", GET Object.
    #[test]
    fn s3_has_its_own_rules() {
        let lookup = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            _ => None,
        };
        let mut request = Request {
            method: "GET",
            url: "https://examplebucket.s3.amazonaws.com/test.txt".to_owned(),
            headers: std::vec![("range".to_owned(), "bytes=0-9".to_owned())],
            body: std::vec![].into(),
        };
        // 2013-05-24T00:00:00Z
        let time = Duration::from_secs(1_369_353_600);
        sign(&mut request, &Credentials::read(&lookup).unwrap(), "us-east-1", Service::S3, time)
            .unwrap();
        let header = |name: &str| crate::aws::http::header(&request.headers, name).unwrap();
        assert_eq!(header("x-amz-content-sha256"), sha256(""));
        assert!(header("authorization").ends_with(
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ));
    }

    #[test]
    fn a_request_that_cannot_be_signed_is_left_as_it_is() {
        let mut request = Request { url: "no url".to_owned(), ..request() };
        let before = request.clone();
        let result = sign(&mut request, &credentials(None), "eu-west-1", Service::RdsData, NOW);
        assert!(result.is_err());
        assert_eq!(request, before);
    }

    #[test]
    fn debug_masks_every_secret() {
        let credentials = credentials(Some(TOKEN));
        let mut request = request();
        sign(&mut request, &credentials, "eu-west-1", Service::RdsData, NOW).unwrap();
        let shown = format!("{credentials:?} {request:?}");
        assert!(shown.contains("AKIDEXAMPLE"));
        for secret in [SECRET, TOKEN, "Signature", "Zo"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
