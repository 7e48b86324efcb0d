//! s3s-fs with what it lacks: conditions on reads, one step at a time, ETags in lists, messages.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::{Extensions, HeaderMap, Method, StatusCode, Uri};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CopySource,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, Object,
    PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::call::Call;
use super::conditions::Conditions;
use super::lists::{Page, Wanted, encode_list, encode_old_list};
use super::locks::Locks;
use super::long_keys::{self, MAX_KEY, stored};
use super::notification::{Created, Notifier};

type Answer<T> = S3Result<S3Response<T>>;

/// Where objects live.
pub(super) struct Store {
    pub(super) files: FileSystem,
    pub(super) root: PathBuf,
    pub(super) locks: Locks,
    pub(super) notifier: Option<Notifier>,
}

impl Store {
    pub(super) fn new(root: PathBuf, notifier: Option<Notifier>) -> anyhow::Result<Self> {
        let files = FileSystem::new(&root).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { files, root, locks: Locks::default(), notifier })
    }

    /// Refuses what s3s-fs would store in a new bucket, and what S3 refuses.
    fn check_target(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.check_bucket(bucket)?;
        if key.len() > MAX_KEY {
            return Err(s3_error!(KeyTooLongError, "Your key is too long"));
        }
        long_keys::keep(&self.root, key).map_err(S3Error::internal_error)
    }

    fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        if self.root.join(bucket).is_dir() {
            return Ok(());
        }
        Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    /// Refuses what is no object or does not meet the conditions; the lock is the caller's.
    async fn check(&self, bucket: &str, key: &str, conditions: Conditions) -> S3Result<()> {
        self.check_bucket(bucket)?;
        // s3s-fs would take the folder of other keys for an object.
        if !key.ends_with('/') && self.root.join(bucket).join(&*stored(key)).is_dir() {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        if conditions.is_empty() {
            return Ok(());
        }
        let found = self.head(bucket, key).await?;
        conditions.check(found.e_tag.as_ref())
    }

    async fn head(&self, bucket: &str, key: &str) -> S3Result<HeadObjectOutput> {
        let key = stored(key).into_owned();
        let input = HeadObjectInput { bucket: bucket.into(), key, ..Default::default() };
        Ok(self.files.head_object(request(Method::HEAD, input)).await?.output)
    }

    /// A page of a bucket's objects, by their own keys.
    async fn page(&self, bucket: &str, wanted: &Wanted<'_>) -> S3Result<Page> {
        let max_keys = Some(i32::MAX);
        let input = ListObjectsV2Input { bucket: bucket.into(), max_keys, ..Default::default() };
        let all = self.files.list_objects_v2(request(Method::GET, input)).await?.output;
        let own = |object: Object| {
            let key = object.key.map(|key| long_keys::original(&self.root, key));
            Object { key, ..object }
        };
        let mut page = Page::of(all.contents.into_iter().flatten().map(own), wanted);
        self.add_e_tags(bucket, &mut page.objects).await;
        Ok(page)
    }

    /// Adds what AWS has in a list; an object that has just gone keeps the gap.
    async fn add_e_tags(&self, bucket: &str, objects: &mut [Object]) {
        for object in objects {
            let Some(key) = &object.key else { continue };
            let found = self.head(bucket, key).await;
            object.e_tag = found.ok().and_then(|found| found.e_tag);
        }
    }

    /// Tells of an object that can be read from now on.
    async fn announce(&self, event_name: &str, bucket: &str, key: &str, extensions: &Extensions) {
        let Some(notifier) = self.notifier.as_ref().filter(|it| it.is_for(key)) else { return };
        let (Ok(found), Some(call)) = (self.head(bucket, key).await, extensions.get::<Arc<Call>>())
        else {
            return;
        };
        notifier.notify(&Created {
            event_name,
            bucket,
            key,
            size: found.content_length.unwrap_or_default(),
            e_tag: found.e_tag.as_ref().map_or("", |e_tag| e_tag.value()),
            request_id: &call.request_id,
            host_id: &call.host_id,
        });
    }
}

/// A request of the store itself.
fn request<T>(method: Method, input: T) -> S3Request<T> {
    S3Request {
        input,
        method,
        uri: Uri::default(),
        headers: HeaderMap::default(),
        extensions: Extensions::default(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

/// Puts the key in that s3s-fs stores an object under.
fn store_key(key: &mut String) {
    if let Cow::Owned(stored) = stored(key) {
        *key = stored;
    }
}

fn store_source(source: &mut CopySource) {
    if let CopySource::Bucket { key, .. } = source
        && let Cow::Owned(stored) = stored(key)
    {
        *key = stored.into();
    }
}

/// Tells a broken body from a broken store, which s3s-fs does not.
fn body_error(error: S3Error) -> S3Error {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if source.ends_with("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let message =
            "The provided 'x-amz-content-sha256' header does not match what was computed.";
        let mut error = S3Error::with_message(code, message);
        error.set_status_code(StatusCode::BAD_REQUEST);
        return error;
    }
    if source.ends_with("LengthMismatch") {
        let message =
            "You did not provide the number of bytes specified by the Content-Length HTTP header";
        return s3_error!(IncompleteBody, "{message}");
    }
    error
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn get_object(&self, mut request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let GetObjectInput { bucket, key, .. } = &request.input;
        let conditions = Conditions {
            if_match: request.input.if_match.clone(),
            if_none_match: request.input.if_none_match.clone(),
        };
        let _lock = self.locks.read(bucket, key).await;
        self.check(bucket, key, conditions).await?;
        store_key(&mut request.input.key);
        self.files.get_object(request).await
    }

    async fn head_object(
        &self,
        mut request: S3Request<HeadObjectInput>,
    ) -> Answer<HeadObjectOutput> {
        let HeadObjectInput { bucket, key, .. } = &request.input;
        let conditions = Conditions {
            if_match: request.input.if_match.clone(),
            if_none_match: request.input.if_none_match.clone(),
        };
        let _lock = self.locks.read(bucket, key).await;
        self.check(bucket, key, conditions).await?;
        store_key(&mut request.input.key);
        self.files.head_object(request).await
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> Answer<ListObjectsOutput> {
        let input = request.input;
        let wanted = Wanted::of_old(&input);
        let mut list = self.page(&input.bucket, &wanted).await?.into_old_list(&input, &wanted);
        encode_old_list(&mut list);
        Ok(S3Response::new(list))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        let input = request.input;
        let wanted = Wanted::of(&input);
        let mut list = self.page(&input.bucket, &wanted).await?.into_list(&input, &wanted);
        encode_list(&mut list);
        Ok(S3Response::new(list))
    }

    async fn put_object(&self, mut request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        self.check_target(&bucket, &key)?;
        let extensions = request.extensions.clone();
        let _lock = self.locks.write(&bucket, &key).await;
        store_key(&mut request.input.key);
        let answer = self.files.put_object(request).await.map_err(body_error)?;
        self.announce("ObjectCreated:Put", &bucket, &key, &extensions).await;
        Ok(answer)
    }

    async fn copy_object(
        &self,
        mut request: S3Request<CopyObjectInput>,
    ) -> Answer<CopyObjectOutput> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        self.check_target(&bucket, &key)?;
        let extensions = request.extensions.clone();
        let _lock = self.locks.write(&bucket, &key).await;
        store_key(&mut request.input.key);
        store_source(&mut request.input.copy_source);
        let answer = self.files.copy_object(request).await?;
        self.announce("ObjectCreated:Copy", &bucket, &key, &extensions).await;
        Ok(answer)
    }

    async fn complete_multipart_upload(
        &self,
        mut request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let extensions = request.extensions.clone();
        let _lock = self.locks.write(&bucket, &key).await;
        store_key(&mut request.input.key);
        let mut answer = self.files.complete_multipart_upload(request).await?;
        answer.output.key = Some(key.clone());
        let event_name = "ObjectCreated:CompleteMultipartUpload";
        self.announce(event_name, &bucket, &key, &extensions).await;
        Ok(answer)
    }

    async fn delete_object(
        &self,
        mut request: S3Request<DeleteObjectInput>,
    ) -> Answer<DeleteObjectOutput> {
        let _lock = self.locks.write(&request.input.bucket, &request.input.key).await;
        store_key(&mut request.input.key);
        self.files.delete_object(request).await
    }

    // The rest is s3s-fs as it is, but for long keys; an operation that is not here it does not have either.

    async fn delete_objects(
        &self,
        mut request: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        let objects = request.input.delete.objects.iter_mut();
        objects.for_each(|object| store_key(&mut object.key));
        let mut answer = self.files.delete_objects(request).await?;
        for deleted in answer.output.deleted.iter_mut().flatten() {
            deleted.key = deleted.key.take().map(|key| long_keys::original(&self.root, key));
        }
        Ok(answer)
    }

    async fn create_multipart_upload(
        &self,
        mut request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let key = request.input.key.clone();
        self.check_target(&request.input.bucket, &key)?;
        store_key(&mut request.input.key);
        let mut answer = self.files.create_multipart_upload(request).await?;
        answer.output.key = Some(key);
        Ok(answer)
    }

    async fn upload_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> Answer<UploadPartOutput> {
        store_key(&mut request.input.key);
        self.files.upload_part(request).await.map_err(body_error)
    }

    async fn upload_part_copy(
        &self,
        mut request: S3Request<UploadPartCopyInput>,
    ) -> Answer<UploadPartCopyOutput> {
        store_key(&mut request.input.key);
        store_source(&mut request.input.copy_source);
        self.files.upload_part_copy(request).await
    }

    async fn list_parts(&self, mut request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let key = request.input.key.clone();
        store_key(&mut request.input.key);
        let mut answer = self.files.list_parts(request).await?;
        answer.output.key = Some(key);
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        mut request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        store_key(&mut request.input.key);
        self.files.abort_multipart_upload(request).await
    }

    async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> Answer<ListBucketsOutput> {
        self.files.list_buckets(request).await
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.files.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        self.files.get_bucket_location(request).await
    }

    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> Answer<CreateBucketOutput> {
        self.files.create_bucket(request).await
    }

    async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> Answer<DeleteBucketOutput> {
        self.files.delete_bucket(request).await
    }
}
