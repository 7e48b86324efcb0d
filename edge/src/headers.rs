//! Headers between JavaScript and the core, with as few crossings as can be.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::Headers;

/// Names and values, the names in lower case.
///
/// They come as one text, since a crossing for each name and value would cost more than to take it
/// apart: a name has no comma, and a value no end of a line.
pub(crate) fn read(headers: &Headers) -> Vec<(String, String)> {
    let text = String::from(Array::from(headers.as_ref()).join("\n"));
    text.lines()
        .filter_map(|line| line.split_once(','))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Headers for a request or an answer.
pub(crate) fn write(headers: &[(String, String)]) -> Result<Headers, JsValue> {
    let written = Headers::new()?;
    for (name, value) in headers {
        written.set(name, value)?;
    }
    Ok(written)
}
