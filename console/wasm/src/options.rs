//! What the page asks, as it is sent.

use alloc::format;
use alloc::string::{String, ToString};

use rowgate_core::{Dialect, Replacement, RowFilter, RowFormat, SheetOptions, TimeZone};
use serde::Deserialize;
use wasm_bindgen::JsValue;

/// The options of a file, and of the check of its rows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OpenOptions {
    format: String,
    dialect: Dialect,
    time_zone: String,
    may_lack: bool,
    keeps: bool,
}

impl OpenOptions {
    pub(crate) fn read(json: &str) -> Result<(&'static RowFormat, SheetOptions), JsValue> {
        let options: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let format = match options.format.as_str() {
            "" => "csv",
            format => format,
        };
        let format =
            RowFormat::of_extension(format).ok_or_else(|| format!("no format {format}"))?;
        let time_zone = match options.time_zone.as_str() {
            "" => None,
            text => {
                let wrong = || format!("the time zone is {}", TimeZone::FORMS);
                Some(TimeZone::of(text).ok_or_else(wrong)?)
            }
        };
        let Self { dialect, may_lack, keeps, .. } = options;
        Ok((format, SheetOptions { dialect, time_zone, may_lack, keeps }))
    }
}

/// Which rows are meant.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FilterOptions {
    wrong: bool,
    code: Option<String>,
    column: Option<String>,
}

pub(crate) fn filter(json: &str) -> RowFilter {
    let FilterOptions { wrong, code, column } = serde_json::from_str(json).unwrap_or_default();
    RowFilter { is_wrong: wrong, code, column }
}

/// What is looked for, and what comes in its place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplaceOptions {
    find: String,
    put: String,
    whole: bool,
    column: Option<usize>,
}

pub(crate) fn replacement(json: &str) -> Replacement {
    let ReplaceOptions { find, put, whole, column } =
        serde_json::from_str(json).unwrap_or_default();
    Replacement { find, put, is_whole: whole, column }
}
