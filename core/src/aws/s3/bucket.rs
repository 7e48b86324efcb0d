//! A bucket that is made.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::endpoint::S3Endpoint;
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Makes a bucket; one that this account has already is no error. A name that another account has is
/// `BucketAlreadyExists`.
#[derive(Debug, Clone)]
pub struct CreateBucket<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Where it is.
    pub region: &'a str,
}

impl Operation for CreateBucket<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        // The first region is the one that must not be named.
        let body = match self.region {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        let headers = Vec::from([("content-type".to_owned(), "application/xml".to_owned())]);
        let url = endpoint.url(self.bucket, "");
        Request { method: "PUT", url, headers, body: body.into() }
    }

    fn parse(response: Response) -> Result<(), Error> {
        if response.status == 200 {
            return Ok(());
        }
        let error = Error::from_response(&response);
        if error.code == "BucketAlreadyOwnedByYou" { Ok(()) } else { Err(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::aws;
    use super::*;
    use crate::aws::operation::{Retry, ServiceError};

    #[test]
    fn a_bucket_is_made_in_its_region_or_is_there() {
        let request = CreateBucket { bucket: "b", region: "eu-west-1" }.to_request(&aws());
        let url = "https://b.s3.eu-west-1.amazonaws.com/";
        assert_eq!((request.method, request.url.as_str()), ("PUT", url));
        let body = core::str::from_utf8(&request.body).unwrap();
        assert!(body.contains("<LocationConstraint>eu-west-1</LocationConstraint>"), "{body}");
        assert!(
            CreateBucket { bucket: "b", region: "us-east-1" }.to_request(&aws()).body.is_empty()
        );

        let answer = |status, code: &str| {
            let body = format!("<Error><Code>{code}</Code></Error>").into_bytes();
            CreateBucket::parse(Response { status, headers: Vec::new(), body })
        };
        assert_eq!(answer(200, ""), Ok(()));
        assert_eq!(answer(409, "BucketAlreadyOwnedByYou"), Ok(()));
        let error = answer(409, "BucketAlreadyExists").unwrap_err();
        assert_eq!((error.code.as_str(), error.retry()), ("BucketAlreadyExists", Retry::Never));
    }
}
