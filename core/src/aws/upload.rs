//! An object written to S3 piece by piece, in parts once it is large.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::s3::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, Error, PutObject,
    S3Endpoint, UploadPart,
};

/// Writes one object, which is not visible before its end.
#[derive(Debug)]
pub struct Upload<'u, H> {
    client: &'u Client<'u, H, S3Endpoint>,
    bucket: &'u str,
    key: Cow<'u, str>,
    content_type: &'static str,
    /// The upload's id, once a first part has been written.
    id: Option<String>,
    e_tags: Vec<String>,
}

impl<'u, H: Host> Upload<'u, H> {
    /// An upload of which nothing has been written.
    pub fn new(
        client: &'u Client<'u, H, S3Endpoint>,
        bucket: &'u str,
        key: impl Into<Cow<'u, str>>,
        content_type: &'static str,
    ) -> Self {
        let key = key.into();
        Self { client, bucket, key, content_type, id: None, e_tags: Vec::new() }
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Writes a part: at least 5 MiB, the last one aside.
    pub async fn write(&mut self, body: Bytes) -> Result<(), CallError<Error>> {
        let id = match &self.id {
            Some(id) => id.clone(),
            None => self.begin().await?,
        };
        let part = UploadPart {
            bucket: self.bucket,
            key: &self.key,
            upload_id: &id,
            part_number: self.e_tags.len() + 1,
            body,
        };
        // A part that is written again takes the place of the first.
        self.e_tags.push(self.client.call(&part, Repeat::Harmless).await?);
        Ok(())
    }

    async fn begin(&mut self) -> Result<String, CallError<Error>> {
        let (bucket, key, content_type) = (self.bucket, &*self.key, self.content_type);
        let create = CreateMultipartUpload { bucket, key, content_type };
        let id = self.client.call(&create, Repeat::Harmless).await?;
        self.id = Some(id.clone());
        Ok(id)
    }

    /// Writes the rest and ends the object; a small one is a single call.
    pub async fn finish(&mut self, rest: Bytes) -> Result<(), CallError<Error>> {
        let (bucket, content_type) = (self.bucket, self.content_type);
        if self.id.is_none() {
            let (key, body) = (&*self.key, rest);
            let put = PutObject { bucket, key, body, content_type, if_none_match: false };
            return self.client.call(&put, Repeat::Harmless).await;
        }
        if !rest.is_empty() {
            self.write(rest).await?;
        }
        let upload_id = self.id.clone().unwrap_or_default();
        let complete = CompleteMultipartUpload {
            bucket,
            key: &self.key,
            upload_id: &upload_id,
            e_tags: &self.e_tags,
        };
        self.client.call(&complete, Repeat::Harmless).await?;
        // Until here there is something to abandon.
        self.id = None;
        self.e_tags.clear();
        Ok(())
    }

    /// Gives up the parts that were written. If that fails, the bucket's lifecycle rule ends them.
    pub async fn abandon(&mut self) {
        self.e_tags.clear();
        if let Some(upload_id) = self.id.take() {
            let (bucket, key) = (self.bucket, &*self.key);
            let abort = AbortMultipartUpload { bucket, key, upload_id: &upload_id };
            let _: Result<(), _> = self.client.closing().call(&abort, Repeat::Harmless).await;
        }
    }
}
