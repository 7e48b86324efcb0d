//! A bucket's objects, read page by page: the list is never in memory as a whole.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::{self, Vec};

use super::error::BackupError;
use super::keys::FOLDER;
use super::manifest::Manifest;
use crate::aws::host::{Client, Host, Repeat};
use crate::aws::s3::{ListObjectsV2, ListedObject, S3Endpoint};

/// The most objects that are looked at together, of some 250 bytes each.
const OBJECTS_LIMIT: usize = 500_000;

/// All objects whose keys begin so, in the order of their keys; more than 500,000 are an error.
pub(crate) async fn objects<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<ListedObject>, BackupError> {
    let mut list = List::new(s3, bucket, prefix);
    let mut objects = Vec::new();
    while let Some(object) = list.next().await? {
        if objects.len() == OBJECTS_LIMIT {
            return Err(list.failed(format!("more than {OBJECTS_LIMIT} objects begin so")));
        }
        objects.push(object);
    }
    Ok(objects)
}

/// Objects of a bucket, one after the other.
struct List<'l, H> {
    s3: &'l Client<'l, H, S3Endpoint>,
    bucket: &'l str,
    prefix: &'l str,
    page: vec::IntoIter<ListedObject>,
    next: Next,
}

/// Where the next page begins.
enum Next {
    First,
    Behind(String),
    Nowhere,
}

impl<'l, H: Host> List<'l, H> {
    fn new(s3: &'l Client<'l, H, S3Endpoint>, bucket: &'l str, prefix: &'l str) -> Self {
        Self { s3, bucket, prefix, page: Vec::new().into_iter(), next: Next::First }
    }

    async fn next(&mut self) -> Result<Option<ListedObject>, BackupError> {
        loop {
            if let Some(object) = self.page.next() {
                return Ok(Some(object));
            }
            let token = match &self.next {
                Next::First => None,
                Next::Behind(token) => Some(token.clone()),
                Next::Nowhere => return Ok(None),
            };
            self.read_page(token.as_deref()).await?;
        }
    }

    async fn read_page(&mut self, token: Option<&str>) -> Result<(), BackupError> {
        let Self { s3, bucket, prefix, .. } = *self;
        let list = ListObjectsV2 { bucket, prefix, continuation_token: token };
        let page = s3.call(&list, Repeat::Harmless).await;
        let page = page.map_err(|error| self.failed(error.to_string()))?;
        self.page = page.contents.into_iter();
        self.next = match page.next_continuation_token {
            Some(next) if Some(next.as_str()) == token => {
                return Err(self.failed("the list comes back to the same page".to_string()));
            }
            Some(next) => Next::Behind(next),
            None => Next::Nowhere,
        };
        Ok(())
    }

    fn failed(&self, cause: String) -> BackupError {
        BackupError::Read { key: self.prefix.into(), cause }
    }
}

/// The folders of the backups, one after the other.
pub(super) struct Folders<'f, H> {
    list: List<'f, H>,
    /// The first object of the next one.
    first: Option<ListedObject>,
}

/// A folder of the backups.
#[derive(Debug)]
pub(super) struct Folder {
    /// Its own name.
    pub(super) name: String,
    /// What is in it.
    pub(super) objects: Vec<ListedObject>,
    /// Whether there are more objects than were looked at.
    pub(super) has_more: bool,
}

impl<'f, H: Host> Folders<'f, H> {
    pub(super) fn new(s3: &'f Client<'f, H, S3Endpoint>, bucket: &'f str) -> Self {
        Self { list: List::new(s3, bucket, FOLDER), first: None }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Folder>, BackupError> {
        let Some(mut folder) = self.begin().await? else { return Ok(None) };
        while let Some(object) = self.list.next().await? {
            if name_of(&object.key) != Some(&folder.name) {
                self.first = Some(object);
                break;
            }
            folder.push(object);
        }
        Ok(Some(folder))
    }

    /// The next folder with its first object; an object that is in no folder is passed.
    async fn begin(&mut self) -> Result<Option<Folder>, BackupError> {
        loop {
            let first = match self.first.take() {
                Some(first) => Some(first),
                None => self.list.next().await?,
            };
            let Some(first) = first else { return Ok(None) };
            if let Some(name) = name_of(&first.key) {
                return Ok(Some(Folder {
                    name: name.into(),
                    objects: [first].into(),
                    has_more: false,
                }));
            }
        }
    }

    /// What is wrong with all of them together.
    pub(super) fn failed(&self, cause: String) -> BackupError {
        self.list.failed(cause)
    }
}

impl Folder {
    fn push(&mut self, object: ListedObject) {
        match self.objects.len() < OBJECTS_LIMIT {
            true => self.objects.push(object),
            false => self.has_more = true,
        }
    }

    /// Its manifest, if it has one.
    pub(super) fn manifest(&self) -> Option<&ListedObject> {
        let key = Manifest::key_of(&self.name);
        self.objects.iter().find(|object| object.key == key)
    }
}

/// The name of the folder that an object is in.
fn name_of(key: &str) -> Option<&str> {
    Some(key.strip_prefix(FOLDER)?.split_once('/')?.0)
}

#[cfg(test)]
impl Folder {
    /// The folders of objects in the order of their keys.
    pub(super) fn all(objects: &[ListedObject]) -> Vec<Self> {
        let folders = objects.chunk_by(|one, other| name_of(&one.key) == name_of(&other.key));
        let folder = |objects: &[ListedObject]| {
            let name = name_of(&objects[0].key)?.to_string();
            Some(Self { name, objects: objects.to_vec(), has_more: false })
        };
        folders.filter_map(folder).collect()
    }
}
