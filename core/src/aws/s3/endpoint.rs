//! Where S3 answers, and the URLs of its objects.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::lookup::{Lookup, SettingsError, required};

/// The most bytes that a key may have, in UTF-8.
pub const KEY_LIMIT: usize = 1024;

/// Where S3 answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Endpoint {
    /// Without a trailing slash.
    base: String,
    /// Whether the bucket is always in the path, never in the host name.
    path_style: bool,
}

impl S3Endpoint {
    /// Reads `AWS_REGION`, and `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` to go elsewhere than
    /// the region's own endpoint.
    ///
    /// An endpoint that is given is called in path style, AWS's own in virtual-host style.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let [region] = required(lookup, ["AWS_REGION"])?;
        let set = |name| lookup(name).filter(|url| !url.is_empty());
        let given = set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL"));
        Ok(match given {
            Some(url) => Self { base: url.trim_end_matches('/').to_owned(), path_style: true },
            None => Self { base: regional_endpoint(&region), path_style: false },
        })
    }

    /// The URL of an object, for another service that reads it.
    pub fn object_url(&self, bucket: &str, key: &str) -> String {
        self.url(bucket, key)
    }

    /// The URL of a bucket or, with a key, of an object.
    ///
    /// A bucket with a dot in its name does not fit the certificate of a virtual host.
    pub(super) fn url(&self, bucket: &str, key: &str) -> String {
        let (bucket, key) = (&encode(bucket, RESERVED), encode(key, RESERVED_IN_KEYS));
        match self.base.split_once("://") {
            Some((scheme, host)) if !self.path_style && !bucket.contains('.') => {
                format!("{scheme}://{bucket}.{host}/{key}")
            }
            _ => format!("{}/{bucket}/{key}", self.base),
        }
    }
}

fn regional_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://s3.{region}.{suffix}")
}

/// All but RFC 3986's unreserved characters.
pub(super) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a key a slash stays, too.
const RESERVED_IN_KEYS: &AsciiSet = &RESERVED.remove(b'/');

/// Percent-encodes these characters, and every byte past ASCII.
pub(super) fn encode(text: &str, reserved: &'static AsciiSet) -> String {
    utf8_percent_encode(text, reserved).to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::object::{DeleteObject, HeadObject, PutObject};
    use super::*;
    use crate::aws::operation::Operation;

    fn endpoint(variables: &[(&str, &str)]) -> S3Endpoint {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        S3Endpoint::read(&lookup).unwrap()
    }

    pub(crate) fn aws() -> S3Endpoint {
        endpoint(&[("AWS_REGION", "eu-west-1")])
    }

    #[test]
    fn aws_is_called_by_the_buckets_own_host() {
        let aws = aws();
        assert_eq!(aws.url("b", "a/x.csv"), "https://b.s3.eu-west-1.amazonaws.com/a/x.csv");
        assert_eq!(aws.url("my.b", "x"), "https://s3.eu-west-1.amazonaws.com/my.b/x");
        let china = endpoint(&[("AWS_REGION", "cn-north-1")]);
        assert_eq!(china.url("b", ""), "https://b.s3.cn-north-1.amazonaws.com.cn/");
    }

    #[test]
    fn another_endpoint_is_called_by_path() {
        let region = ("AWS_REGION", "eu-west-1");
        let any = ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/");
        assert_eq!(endpoint(&[region, any]).url("b", "x"), "http://127.0.0.1:1/b/x");
        let own = ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2");
        assert_eq!(endpoint(&[region, any, own]).url("b", "x"), "http://127.0.0.1:2/b/x");
    }

    #[test]
    fn keys_are_encoded_once() {
        assert_eq!(encode("a b+c%20/é~", RESERVED_IN_KEYS), "a%20b%2Bc%2520/%C3%A9~");
        assert_eq!(encode("a b/c", RESERVED), "a%20b%2Fc");
    }

    #[test]
    fn each_byte_is_encoded_unless_it_is_unreserved() {
        for byte in 0..128 {
            let text = char::from(byte).to_string();
            let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let encoded = if is_unreserved { text.clone() } else { format!("%{byte:02X}") };
            assert_eq!(encode(&text, RESERVED), encoded);
            let in_key = if byte == b'/' { "/" } else { &encoded };
            assert_eq!(encode(&text, RESERVED_IN_KEYS), in_key);
        }
    }

    #[test]
    fn each_request_says_whether_it_leads_elsewhere() {
        let local = endpoint(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000"),
        ]);
        for (bucket, key, leads_elsewhere) in [
            ("hr", "incoming/jobs/a.csv", false),
            ("hr", "a..b/.c/d./...", false),
            ("hr", "a/%2e%2e/b", false),
            ("hr", "incoming/../backups/a", true),
            ("hr", "./a", true),
            ("hr", "a/..", true),
            ("..", "a", true),
            (".", "a", true),
        ] {
            for endpoint in [&local, &aws()] {
                let head = HeadObject { bucket, key, version_id: Some("../.."), if_match: None };
                let put = PutObject {
                    bucket,
                    key,
                    content_type: "a/b",
                    body: "".into(),
                    if_none_match: false,
                };
                let found = [
                    head.to_request(endpoint).has_dot_segment(),
                    put.to_request(endpoint).has_dot_segment(),
                    DeleteObject { bucket, key }.to_request(endpoint).has_dot_segment(),
                ];
                assert_eq!(found, [leads_elsewhere; 3], "{bucket} {key}");
            }
        }
    }

    #[test]
    fn a_bucket_is_one_part_of_the_address() {
        for bucket in ["evil.example/x", "a/b", "a?b", "a#b", "a@b", "a:80"] {
            let url = aws().url(bucket, "k");
            let (_, rest) = url.split_once("://").unwrap();
            let (host, path) = rest.split_once('/').unwrap();
            assert!(host.ends_with("s3.eu-west-1.amazonaws.com"), "{url}");
            assert!(!host.contains(['?', '#', '@', ':']) && path.ends_with("k"), "{url}");
        }
    }
}
