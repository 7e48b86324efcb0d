//! One object, whole or a part of it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use bytes::Bytes;

use super::endpoint::{RESERVED, S3Endpoint, encode};
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Reads bytes of an object.
#[derive(Debug, Clone)]
pub struct GetObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The version, in a bucket that keeps versions.
    pub version_id: Option<&'a str>,
    /// Which bytes; not empty, and inside the object.
    pub range: Range<u64>,
    /// The ETag that the object must have, without quotes; else 412.
    pub if_match: Option<&'a str>,
}

/// Bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetObjectOutput {
    /// Whether the range was not looked at and these are all bytes, as RFC 9110 lets a server do.
    pub is_whole: bool,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Asks what an object is.
#[derive(Debug, Clone)]
pub struct HeadObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The version, in a bucket that keeps versions.
    pub version_id: Option<&'a str>,
    /// The ETag that the object must have, without quotes; else 412.
    pub if_match: Option<&'a str>,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadObjectOutput {
    /// Bytes.
    pub content_length: u64,
    /// The ETag without quotes.
    pub e_tag: String,
    /// The version, in a bucket that keeps versions.
    pub version_id: Option<String>,
    /// When it was written by S3's clock, as HTTP has dates; empty if S3 did not say.
    pub last_modified: String,
}

/// Writes a whole object.
#[derive(Debug, Clone)]
pub struct PutObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The whole content.
    pub body: Bytes,
    /// Its media type.
    pub content_type: &'a str,
    /// Whether the key must be free; else 412.
    pub if_none_match: bool,
}

/// Deletes an object; in a bucket that keeps versions, by a mark. One that is not there is no error.
#[derive(Debug, Clone)]
pub struct DeleteObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
}

impl Operation for DeleteObject<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        object_request("DELETE", endpoint.url(self.bucket, self.key))
    }

    fn parse(response: Response) -> Result<(), Error> {
        if response.status == 204 { Ok(()) } else { Err(Error::from_response(&response)) }
    }
}

impl Operation for GetObject<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = GetObjectOutput;
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = endpoint.url(self.bucket, self.key);
        let mut request = content_request("GET", url, self.version_id, self.if_match);
        let Range { start, end } = self.range;
        let range = format!("bytes={start}-{}", end.saturating_sub(1));
        request.headers.push(("range".to_owned(), range));
        request
    }

    fn parse(response: Response) -> Result<GetObjectOutput, Error> {
        match response.status {
            200 => Ok(GetObjectOutput { is_whole: true, body: response.body }),
            206 => Ok(GetObjectOutput { is_whole: false, body: response.body }),
            _ => Err(Error::from_response(&response)),
        }
    }
}

impl Operation for HeadObject<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = HeadObjectOutput;
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = endpoint.url(self.bucket, self.key);
        content_request("HEAD", url, self.version_id, self.if_match)
    }

    fn parse(response: Response) -> Result<HeadObjectOutput, Error> {
        if response.status != 200 {
            return Err(Error::from_response(&response));
        }
        let length = response.header("content-length").and_then(|text| text.parse().ok());
        let e_tag = response.header("etag").map(|e_tag| e_tag.trim_matches('"').to_owned());
        // S3 answers "null" for what was written before versions were kept.
        let version_id = response.header("x-amz-version-id").filter(|version| *version != "null");
        match (length, e_tag) {
            (Some(content_length), Some(e_tag)) => Ok(HeadObjectOutput {
                content_length,
                e_tag,
                version_id: version_id.map(ToOwned::to_owned),
                last_modified: response.header("last-modified").unwrap_or_default().to_owned(),
            }),
            _ => Err(Error::unreadable(&response)),
        }
    }
}

impl Operation for PutObject<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let mut request = object_request("PUT", endpoint.url(self.bucket, self.key));
        request.headers.push(("content-type".to_owned(), self.content_type.to_owned()));
        if self.if_none_match {
            request.headers.push(("if-none-match".to_owned(), "*".to_owned()));
        }
        request.body = self.body.clone();
        request
    }

    fn parse(response: Response) -> Result<(), Error> {
        if response.status == 200 { Ok(()) } else { Err(Error::from_response(&response)) }
    }
}

/// A request for one version of an object, or one content.
fn content_request(
    method: &'static str,
    mut url: String,
    version_id: Option<&str>,
    if_match: Option<&str>,
) -> Request {
    if let Some(version_id) = version_id {
        url += &format!("?versionId={}", encode(version_id, RESERVED));
    }
    let mut request = object_request(method, url);
    let if_match = if_match.map(|e_tag| ("if-match".to_owned(), format!("\"{e_tag}\"")));
    request.headers.extend(if_match);
    request
}

fn object_request(method: &'static str, url: String) -> Request {
    Request { method, url, headers: Vec::new(), body: Bytes::new() }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::aws;
    use super::*;
    use alloc::string::ToString;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Response { status, headers: headers.collect(), body: body.into() }
    }

    #[test]
    fn a_range_is_read_of_one_version_and_one_content() {
        let get = GetObject {
            bucket: "b",
            key: "in/a b.csv",
            version_id: Some("v/1"),
            range: 10..30,
            if_match: Some("abc"),
        };
        let request = get.to_request(&aws());
        assert_eq!(request.method, "GET");
        let url = "https://b.s3.eu-west-1.amazonaws.com/in/a%20b.csv?versionId=v%2F1";
        assert_eq!(request.url, url);
        let header = |name| crate::aws::http::header(&request.headers, name);
        assert_eq!((header("range"), header("if-match")), (Some("bytes=10-29"), Some("\"abc\"")));
        let part = GetObject::parse(response(206, &[], "xyz")).unwrap();
        assert_eq!((part.is_whole, part.body.as_slice()), (false, b"xyz".as_slice()));
        assert!(GetObject::parse(response(200, &[], "xyz")).unwrap().is_whole);
        let changed = GetObject::parse(response(412, &[], "")).unwrap_err();
        assert!(changed.is_precondition_failed());
    }

    #[test]
    fn a_head_says_length_tag_and_version() {
        let headers = [("content-length", "7"), ("etag", "\"abc-2\""), ("x-amz-version-id", "v1")];
        let head = HeadObject::parse(response(200, &headers, "")).unwrap();
        assert_eq!((head.content_length, head.e_tag.as_str()), (7, "abc-2"));
        assert_eq!(head.version_id.as_deref(), Some("v1"));
        let error = HeadObject::parse(response(404, &[], "")).unwrap_err();
        assert!(error.is_not_found());
        assert!(HeadObject::parse(response(200, &[], "")).is_err());
    }

    #[test]
    fn writing_once_is_asked_for_by_a_condition() {
        let put = PutObject {
            bucket: "b",
            key: "k",
            body: Bytes::from_static(b"x"),
            content_type: "text/csv",
            if_none_match: true,
        };
        let request = put.to_request(&aws());
        assert_eq!((request.method, request.body.as_ref()), ("PUT", b"x".as_slice()));
        assert_eq!(crate::aws::http::header(&request.headers, "if-none-match"), Some("*"));
        let document = "<Error><Code>PreconditionFailed</Code></Error>";
        let error = PutObject::parse(response(412, &[("x-amz-request-id", "r")], document));
        assert_eq!(error.unwrap_err().to_string(), "PreconditionFailed (HTTP 412), request r");
    }
}
