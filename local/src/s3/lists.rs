//! Lists by pages, and in the encoding that the caller wants, which s3s-fs promises and does not
//! give.

use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object,
};

use super::keys::encode_key;

/// As many as S3 lists at a time.
const MOST: i32 = 1000;

/// What is asked of a list.
pub(super) struct Wanted<'w> {
    prefix: &'w str,
    delimiter: Option<&'w str>,
    /// Only what comes behind it.
    after: Option<&'w str>,
    most: i32,
}

impl<'w> Wanted<'w> {
    pub(super) fn of(input: &'w ListObjectsV2Input) -> Self {
        let token = input.continuation_token.as_deref();
        Self {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|text| !text.is_empty()),
            after: token.max(input.start_after.as_deref()),
            most: input.max_keys.unwrap_or(MOST).min(MOST),
        }
    }

    pub(super) fn of_old(input: &'w ListObjectsInput) -> Self {
        Self {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|text| !text.is_empty()),
            after: input.marker.as_deref(),
            most: input.max_keys.unwrap_or(MOST).min(MOST),
        }
    }

    /// What a key counts as: itself, or all keys up to the delimiter; `None` if it is not wanted.
    fn name(&self, key: &str) -> Option<Name> {
        let rest = key.strip_prefix(self.prefix)?;
        let end = self.delimiter.and_then(|text| Some(rest.find(text)? + text.len()));
        let name = match end {
            Some(end) => Name { text: key[..self.prefix.len() + end].to_owned(), is_common: true },
            None => Name { text: key.to_owned(), is_common: false },
        };
        self.after.is_none_or(|after| name.text.as_str() > after).then_some(name)
    }
}

struct Name {
    text: String,
    is_common: bool,
}

/// One page of a list.
#[derive(Default)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    prefixes: Vec<CommonPrefix>,
    /// The last name, if more follow.
    next: Option<String>,
}

impl Page {
    pub(super) fn of(objects: impl Iterator<Item = Object>, wanted: &Wanted<'_>) -> Self {
        let named = |object: Object| Some((wanted.name(object.key.as_deref()?)?, object));
        let mut named: Vec<_> = objects.filter_map(named).collect();
        named.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
        named.dedup_by(|(a, _), (b, _)| a.is_common && a.text == b.text);

        let most = usize::try_from(wanted.most).unwrap_or_default();
        let next = named.get(most).and(most.checked_sub(1)).map(|last| named[last].0.text.clone());
        let mut page = Self { next, ..Self::default() };
        for (name, object) in named.into_iter().take(most) {
            match name.is_common {
                true => page.prefixes.push(CommonPrefix { prefix: Some(name.text) }),
                false => page.objects.push(object),
            }
        }
        page
    }

    pub(super) fn into_list(
        self,
        input: &ListObjectsV2Input,
        wanted: &Wanted<'_>,
    ) -> ListObjectsV2Output {
        let count = self.objects.len() + self.prefixes.len();
        ListObjectsV2Output {
            key_count: i32::try_from(count).ok(),
            max_keys: Some(wanted.most),
            is_truncated: Some(self.next.is_some()),
            contents: some(self.objects),
            common_prefixes: some(self.prefixes),
            continuation_token: input.continuation_token.clone(),
            next_continuation_token: self.next,
            delimiter: input.delimiter.clone(),
            encoding_type: input.encoding_type.clone(),
            name: Some(input.bucket.clone()),
            prefix: input.prefix.clone(),
            start_after: input.start_after.clone(),
            ..Default::default()
        }
    }

    pub(super) fn into_old_list(
        self,
        input: &ListObjectsInput,
        wanted: &Wanted<'_>,
    ) -> ListObjectsOutput {
        ListObjectsOutput {
            max_keys: Some(wanted.most),
            is_truncated: Some(self.next.is_some()),
            contents: some(self.objects),
            common_prefixes: some(self.prefixes),
            next_marker: self.next,
            delimiter: input.delimiter.clone(),
            encoding_type: input.encoding_type.clone(),
            marker: input.marker.clone(),
            name: Some(input.bucket.clone()),
            prefix: input.prefix.clone(),
            ..Default::default()
        }
    }
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    Some(items).filter(|items| !items.is_empty())
}

/// Encodes what `encoding-type=url` is for; the tokens of pages are no keys.
pub(super) fn encode_list(list: &mut ListObjectsV2Output) {
    if is_wanted(list.encoding_type.as_ref()) {
        encode_contents(list.contents.as_mut(), list.common_prefixes.as_mut());
        encode([&mut list.prefix, &mut list.delimiter, &mut list.start_after]);
    }
}

/// Does the same for the older list.
pub(super) fn encode_old_list(list: &mut ListObjectsOutput) {
    if is_wanted(list.encoding_type.as_ref()) {
        encode_contents(list.contents.as_mut(), list.common_prefixes.as_mut());
        encode([&mut list.prefix, &mut list.delimiter]);
        encode([&mut list.marker, &mut list.next_marker]);
    }
}

fn is_wanted(encoding: Option<&EncodingType>) -> bool {
    encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL)
}

fn encode_contents(objects: Option<&mut Vec<Object>>, prefixes: Option<&mut Vec<CommonPrefix>>) {
    encode(objects.into_iter().flatten().map(|object| &mut object.key));
    encode(prefixes.into_iter().flatten().map(|prefix| &mut prefix.prefix));
}

fn encode<'a>(texts: impl IntoIterator<Item = &'a mut Option<String>>) {
    for text in texts.into_iter().flatten() {
        *text = encode_key(text);
    }
}
