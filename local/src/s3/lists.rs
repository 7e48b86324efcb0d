//! Lists in the encoding that the caller wants, which s3s-fs promises and does not give.

use s3s::dto::{CommonPrefix, EncodingType, ListObjectsOutput, ListObjectsV2Output, Object};

use super::keys::encode_key;

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
