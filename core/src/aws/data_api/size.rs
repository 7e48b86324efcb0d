//! Whether an error says that a call carried too much.
//!
//! AWS documents neither the type nor the text. Known are those of its other services, of API
//! frameworks in front of them, and of MySQL and its drivers.

/// Texts of a service that checks requests, wherever they are in a message.
const OF_REQUESTS: [&str; 5] =
    ["too large", "too long", "too big", "length less than or equal to", "larger than the maximum"];

/// What may be exceeded that is a size; other limits are of rates and connections.
const SIZES: [&str; 4] = ["size", "length", "bytes", "payload"];

/// How MySQL's and its drivers' own texts begin. Behind that are values of cells.
const OF_DATABASES: [&str; 2] = ["packet for query is too large", "got a packet bigger than"];

/// An answer that is too large is another matter than a call.
const OF_ANSWERS: [&str; 2] = ["response", "returned more than"];

/// Whether a message says that the call was too large, and so not begun. `words` are without what
/// services and drivers put in front, in lower case.
pub(super) fn says_too_large(words: &str, is_database_error: bool) -> bool {
    if is_database_error {
        return OF_DATABASES.iter().any(|text| words.starts_with(text));
    }
    let is_of_answers = OF_ANSWERS.iter().any(|text| words.contains(text));
    let is_of_requests = OF_REQUESTS.iter().chain(&OF_DATABASES).any(|text| words.contains(text));
    let is_exceeded = words.contains("exceed") && SIZES.iter().any(|size| words.contains(size));
    (is_of_requests || is_exceeded) && !is_of_answers
}
