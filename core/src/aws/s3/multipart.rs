//! An object written in parts, which is not visible before it is complete.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;

use super::endpoint::{RESERVED, S3Endpoint, encode};
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};
use crate::aws::xml;

/// The least that a part may have, the last one aside: 5 MiB.
pub const PART_MINIMUM: usize = 5 << 20;

/// Begins an upload; answers its id.
#[derive(Debug, Clone)]
pub struct CreateMultipartUpload<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The object's media type.
    pub content_type: &'a str,
}

/// Writes one part; answers its ETag.
#[derive(Debug, Clone)]
pub struct UploadPart<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a str,
    /// Counted from 1, at most 10,000.
    pub part_number: usize,
    /// At least [`PART_MINIMUM`] bytes, the last part aside.
    pub body: Bytes,
}

/// Makes the object of its parts.
#[derive(Debug, Clone)]
pub struct CompleteMultipartUpload<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a str,
    /// The parts' ETags, from part 1 on.
    pub e_tags: &'a [String],
}

/// Gives an upload up, so that its parts cost nothing more.
#[derive(Debug, Clone)]
pub struct AbortMultipartUpload<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a str,
}

impl Operation for CreateMultipartUpload<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = String;
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = format!("{}?uploads=", endpoint.url(self.bucket, self.key));
        let headers = vec![("content-type".to_owned(), self.content_type.to_owned())];
        Request { method: "POST", url, headers, body: Bytes::new() }
    }

    fn parse(response: Response) -> Result<String, Error> {
        if response.status != 200 {
            return Err(Error::from_response(&response));
        }
        xml::read(&response.body, |root| xml::text(root, "UploadId"))
            .ok_or_else(|| Error::unreadable(&response))
    }
}

impl Operation for UploadPart<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = String;
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = format!(
            "{}?partNumber={}&uploadId={}",
            endpoint.url(self.bucket, self.key),
            self.part_number,
            encode(self.upload_id, RESERVED)
        );
        Request { method: "PUT", url, headers: Vec::new(), body: self.body.clone() }
    }

    fn parse(response: Response) -> Result<String, Error> {
        match response.header("etag") {
            Some(e_tag) if response.status == 200 => Ok(e_tag.trim_matches('"').to_owned()),
            _ => Err(Error::from_response(&response)),
        }
    }
}

impl Operation for CompleteMultipartUpload<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = upload_url(endpoint, self.bucket, self.key, self.upload_id);
        let parts = self.e_tags.iter().zip(1..).map(|(e_tag, number)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{e_tag}\"</ETag></Part>")
        });
        let body = format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}\
             </CompleteMultipartUpload>",
            parts.collect::<String>()
        );
        let headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
        Request { method: "POST", url, headers, body: body.into() }
    }

    /// The status is sent before S3 knows the end, so an error may stand behind 200.
    fn parse(response: Response) -> Result<(), Error> {
        let root = xml::read(&response.body, |root| Some(root.tag_name().name().to_owned()));
        match root.as_deref() {
            Some("CompleteMultipartUploadResult") if response.status == 200 => Ok(()),
            _ => Err(Error::from_response(&response)),
        }
    }
}

impl Operation for AbortMultipartUpload<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let url = upload_url(endpoint, self.bucket, self.key, self.upload_id);
        Request { method: "DELETE", url, headers: Vec::new(), body: Bytes::new() }
    }

    fn parse(response: Response) -> Result<(), Error> {
        if response.status == 204 { Ok(()) } else { Err(Error::from_response(&response)) }
    }
}

fn upload_url(endpoint: &S3Endpoint, bucket: &str, key: &str, upload_id: &str) -> String {
    format!("{}?uploadId={}", endpoint.url(bucket, key), encode(upload_id, RESERVED))
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::aws;
    use super::*;
    use crate::aws::operation::{Retry, ServiceError};

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: vec![("etag".into(), "\"e\"".into())], body: body.into() }
    }

    #[test]
    fn an_upload_is_begun_written_and_completed() {
        let (bucket, key, upload_id) = ("b", "k", "u/1");
        let create = CreateMultipartUpload { bucket, key, content_type: "text/csv" };
        assert!(create.to_request(&aws()).url.ends_with("/k?uploads="));
        let document = "<InitiateMultipartUploadResult><UploadId>u/1</UploadId>\
             </InitiateMultipartUploadResult>";
        assert_eq!(CreateMultipartUpload::parse(answer(200, document)).unwrap(), "u/1");

        let part = UploadPart { bucket, key, upload_id, part_number: 2, body: Bytes::new() };
        assert!(part.to_request(&aws()).url.ends_with("/k?partNumber=2&uploadId=u%2F1"));
        assert_eq!(UploadPart::parse(answer(200, "")).unwrap(), "e");

        let e_tags = ["a".to_owned(), "b".to_owned()];
        let complete = CompleteMultipartUpload { bucket, key, upload_id, e_tags: &e_tags };
        let body = String::from_utf8(complete.to_request(&aws()).body.into()).unwrap();
        assert!(body.contains("<Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag></Part>"));
        let done = "<CompleteMultipartUploadResult/>";
        assert!(CompleteMultipartUpload::parse(answer(200, done)).is_ok());
        let abort = AbortMultipartUpload { bucket, key, upload_id };
        assert_eq!(abort.to_request(&aws()).method, "DELETE");
        assert!(AbortMultipartUpload::parse(answer(204, "")).is_ok());
    }

    #[test]
    fn an_error_behind_200_is_an_error() {
        let document = "<Error><Code>InternalError</Code></Error>";
        let error = CompleteMultipartUpload::parse(answer(200, document)).unwrap_err();
        assert_eq!((error.code.as_str(), error.retry()), ("InternalError", Retry::OutcomeUnknown));
    }
}
