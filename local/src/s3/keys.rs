//! Keys as messages and lists have them.

/// Encodes as an HTML form does, except for the slash, which S3 leaves.
pub(super) fn encode_key(key: &str) -> String {
    let parts = key.split('/').map(|part| form_urlencoded::byte_serialize(part.as_bytes()));
    parts.map(Iterator::collect).collect::<Vec<String>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_as_in_a_form() {
        for (key, encoded) in [
            ("incoming/red flower.jpg", "incoming/red+flower.jpg"),
            ("incoming/a+b=100%.csv", "incoming/a%2Bb%3D100%25.csv"),
            ("incoming/März/東京.csv", "incoming/M%C3%A4rz/%E6%9D%B1%E4%BA%AC.csv"),
            ("a//b/", "a//b/"),
        ] {
            assert_eq!(encode_key(key), encoded);
        }
    }
}
