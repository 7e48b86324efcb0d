//! The operations as faults tell them apart.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};

/// A group of S3's operations, which fail together.
///
/// As a text it is `get`, `put`, `head`, `list`, `multipart` or `delete`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum S3Operation {
    /// GetObject.
    Get,
    /// PutObject and CopyObject.
    Put,
    /// HeadObject.
    Head,
    /// ListObjectsV2 and the older ListObjects.
    List,
    /// Every step of a multipart upload.
    Multipart,
    /// DeleteObject and DeleteObjects.
    Delete,
}

impl S3Operation {
    const NAMES: [(&'static str, Self); 6] = [
        ("get", Self::Get),
        ("put", Self::Put),
        ("head", Self::Head),
        ("list", Self::List),
        ("multipart", Self::Multipart),
        ("delete", Self::Delete),
    ];

    /// Takes the name of AWS's own model; the rest (buckets, tags) is in no group.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "GetObject" => Some(Self::Get),
            "PutObject" | "CopyObject" => Some(Self::Put),
            "HeadObject" => Some(Self::Head),
            "ListObjects" | "ListObjectsV2" => Some(Self::List),
            "CreateMultipartUpload"
            | "UploadPart"
            | "UploadPartCopy"
            | "ListParts"
            | "CompleteMultipartUpload"
            | "AbortMultipartUpload" => Some(Self::Multipart),
            "DeleteObject" | "DeleteObjects" => Some(Self::Delete),
            _ => None,
        }
    }
}

impl FromStr for S3Operation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == text);
        let (_, operation) = found.with_context(|| format!("unknown operation {text:?}"))?;
        Ok(operation)
    }
}

impl fmt::Display for S3Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::NAMES.iter().find(|(_, operation)| operation == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}
