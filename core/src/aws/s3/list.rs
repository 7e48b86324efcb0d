//! The objects of a bucket.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use roxmltree::Node;

use super::endpoint::{RESERVED, S3Endpoint, encode};
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};
use crate::aws::xml;

/// Lists objects in the order of their keys, at most 1,000 a call.
#[derive(Debug, Clone)]
pub struct ListObjectsV2<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// How the keys begin.
    pub prefix: &'a str,
    /// Where the call before left off.
    pub continuation_token: Option<&'a str>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListObjectsV2Output {
    /// The objects.
    pub contents: Vec<ListedObject>,
    /// Where to go on, if there are more.
    pub next_continuation_token: Option<String>,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// The ETag without quotes.
    pub e_tag: String,
    /// When it was written by S3's clock, in RFC 3339; empty if S3 did not say.
    pub last_modified: String,
}

impl Operation for ListObjectsV2<'_> {
    const SERVICE: Service = Service::S3;
    type Target = S3Endpoint;
    type Output = ListObjectsV2Output;
    type Error = Error;

    fn to_request(&self, endpoint: &S3Endpoint) -> Request {
        let mut url = endpoint.url(self.bucket, "");
        // In the order in which a signature has them.
        url.push('?');
        if let Some(token) = self.continuation_token {
            url += &format!("continuation-token={}&", encode(token, RESERVED));
        }
        url += &format!("list-type=2&prefix={}", encode(self.prefix, RESERVED));
        Request { method: "GET", url, headers: Vec::new(), body: Bytes::new() }
    }

    fn parse(response: Response) -> Result<ListObjectsV2Output, Error> {
        if response.status != 200 {
            return Err(Error::from_response(&response));
        }
        xml::read(&response.body, page).ok_or_else(|| Error::unreadable(&response))
    }
}

/// Another document is no empty list, and a list that goes on says where.
fn page(root: Node<'_, '_>) -> Option<ListObjectsV2Output> {
    let is_list = root.tag_name().name() == "ListBucketResult";
    let contents = root.children().filter(|child| child.tag_name().name() == "Contents");
    let contents = contents.map(object).collect::<Option<_>>()?;
    let next_continuation_token = xml::text(root, "NextContinuationToken");
    let goes_on = xml::text(root, "IsTruncated").is_some_and(|text| text == "true");
    let is_known = is_list && (next_continuation_token.is_some() || !goes_on);
    is_known.then_some(ListObjectsV2Output { contents, next_continuation_token })
}

fn object(node: Node<'_, '_>) -> Option<ListedObject> {
    Some(ListedObject {
        key: xml::text(node, "Key")?,
        size: xml::text(node, "Size")?.parse().ok()?,
        e_tag: xml::text(node, "ETag").unwrap_or_default().trim_matches('"').into(),
        last_modified: xml::text(node, "LastModified").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::aws;
    use super::*;

    #[test]
    fn a_page_is_asked_for_by_prefix_and_token() {
        let list = ListObjectsV2 { bucket: "b", prefix: "a b/", continuation_token: Some("t+/=") };
        assert_eq!(
            list.to_request(&aws()).url,
            "https://b.s3.eu-west-1.amazonaws.com/?continuation-token=t%2B%2F%3D&list-type=2\
             &prefix=a%20b%2F"
        );
    }

    #[test]
    fn a_page_has_objects_and_where_to_go_on() {
        let document = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"urn:s3\"><Contents>\
             <Key>a&amp;b</Key><LastModified>2027-01-15T08:00:00.000Z</LastModified><Size>3</Size><ETag>&quot;x&quot;</ETag></Contents>\
             <NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
        let answer = |body: &str| Response { status: 200, headers: Vec::new(), body: body.into() };
        let page = ListObjectsV2::parse(answer(document)).unwrap();
        let object = ListedObject {
            key: "a&b".into(),
            size: 3,
            e_tag: "x".into(),
            last_modified: "2027-01-15T08:00:00.000Z".into(),
        };
        assert_eq!(page.contents, [object]);
        assert_eq!(page.next_continuation_token.as_deref(), Some("t"));
        let empty = ListObjectsV2::parse(answer("<ListBucketResult/>")).unwrap();
        assert_eq!((empty.contents.len(), empty.next_continuation_token), (0, None));
    }

    #[test]
    fn what_is_no_whole_page_is_not_an_empty_one() {
        for document in [
            "no XML",
            "<html><body>welcome</body></html>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>",
            "<ListBucketResult><Contents><Key>k</Key><Size>-1</Size></Contents></ListBucketResult>",
        ] {
            let answer = Response { status: 200, headers: Vec::new(), body: document.into() };
            let error = ListObjectsV2::parse(answer).unwrap_err();
            assert_eq!((error.status, &*error.code), (200, "UnreadableAnswer"), "{document}");
        }
    }
}
