//! Texts without their case.

/// A text's characters in lower case; the two small sigmas are one.
///
/// `str::to_lowercase` looks for the end of each word to choose between them, by tables of 2 kB.
pub(crate) fn lowered(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).map(|it| if it == 'ς' { 'σ' } else { it })
}

/// Whether two texts differ in nothing but their case.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    lowered(one).eq(lowered(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_all_that_may_differ() {
        for (one, other) in
            [("", ""), ("Id", "iD"), ("ÄPFEL", "äpfel"), ("ΚΩΔΙΚΟΣ", "κωδικος"), ("ας", "ΑΣ")]
        {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [("", "a"), ("id", "id_"), ("ä", "a"), ("straße", "STRASSE")] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }
}
