//! The core for the browser.
//!
//! Everything is asked for and answered as JSON, so that the page has one way to read it. There is no rule
//! here: what a file is, which rows are good and what an answer means says the core.

#![cfg_attr(not(feature = "binary-files"), no_std)]

extern crate alloc;

mod answers;
mod checker;
mod options;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use dlmalloc::GlobalDlmalloc;
use rowgate_core::{ApiKey, Dialect, RowFormat, preview, table_of_file};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

pub use checker::Checker;

/// The format that a file's name says, `csv`, `ndjson` or `json`, here `xlsx` and `avro` too where they are read; nothing of
/// another name.
#[wasm_bindgen(js_name = formatOf)]
pub fn format_of(name: &str) -> Option<String> {
    RowFormat::of_file(name).map(|format| format.name.to_owned())
}

/// The table that a file's name says, of the tables that `GET /tables` has answered.
#[wasm_bindgen(js_name = tableOf)]
pub fn table_of(answer: &str, name: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        tables: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
        aliases: Vec<String>,
    }
    let answer: Answer = serde_json::from_str(answer).ok()?;
    let tables = answer.tables.into_iter().map(|table| (table.name, table.aliases)).collect();
    table_of_file(tables, name).map(str::to_owned)
}

/// The id of an API key, which may be shown; nothing of a text that is no key.
#[wasm_bindgen(js_name = keyId)]
pub fn key_id(key: &str) -> Option<String> {
    ApiKey::parse(key).map(|key| key.id().to_owned())
}

/// The first lines of a file as cells, whatever they are for: `{"delimiter","lines"}`.
#[wasm_bindgen]
pub fn peek(start: &[u8], dialect: &str) -> String {
    let given: Dialect = serde_json::from_str(dialect).unwrap_or_default();
    let found = preview(start, &given);
    answers::text(&answers::PeekedLines { delimiter: &found.delimiter, lines: &found.lines })
}

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

// The standard library has its own.
#[cfg(not(feature = "binary-files"))]
#[panic_handler]
fn end(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
