//! The calls of Amazon S3: one struct each, with `to_request` and `parse`.
//!
//! Names and shapes are those of the service's own model, `s3` 2006-03-01 (restXml). Keys are
//! percent-encoded once and paths never normalised, which is how S3 wants them signed.

mod bucket;
mod endpoint;
mod error;
mod list;
mod multipart;
mod object;

pub use bucket::CreateBucket;
pub use endpoint::{KEY_LIMIT, S3Endpoint};
pub use error::Error;
pub use list::{ListObjectsV2, ListObjectsV2Output, ListedObject};
pub use multipart::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, PART_MINIMUM, UploadPart,
};
pub use object::{
    DeleteObject, GetObject, GetObjectOutput, HeadObject, HeadObjectOutput, PutObject,
};
