//! How a CSV file is written: what separates its cells, and what they look like.
//!
//! One set of names says it everywhere: in a query, in `LOAD_OPTIONS`, on the command line, and in reports.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::header::Header;
use super::names::fold;
use crate::base::distinct::DistinctTexts;
use crate::format::encoding::Encoding;
use crate::table::cell_forms::{CellForms, DateOrder, DecimalMark, IntegerForm};

/// What separates and encloses cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) delimiter: u8,
    /// A line feed, which no cell without quotes has, where there are no quotes.
    pub(crate) quote: u8,
    /// Whether a backslash takes the meaning of the next character.
    pub(crate) escapes: bool,
    /// Whether blanks inside of quotes belong to the cell.
    pub(crate) keeps_blanks: bool,
}

/// The quote of a file in which quotes have no meaning.
pub(crate) const NO_QUOTE: u8 = b'\n';

impl Syntax {
    /// Whether cells can be enclosed.
    pub(crate) fn has_quotes(self) -> bool {
        self.quote != NO_QUOTE
    }
}

impl Default for Syntax {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"', escapes: false, keeps_blanks: false }
    }
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyCell {
    /// NULL.
    #[default]
    Null,
    /// The row does not carry the column.
    Absent,
    /// The empty text, in columns of texts; NULL in all others.
    Text,
}

/// How a CSV file is written. What is not given is looked for in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialect {
    pub(crate) syntax: Syntax,
    pub(crate) encoding: Encoding,
    pub(crate) forms: CellForms,
    /// The unquoted cells that are NULL.
    pub(crate) null_values: Vec<String>,
    pub(crate) empty: EmptyCell,
    /// Lines in front of the header, or of the first row.
    pub(crate) skip_lines: u64,
    /// Whether columns that the table does not have are passed over.
    pub(crate) ignore_extra: bool,
    /// Whether there is a header.
    pub(crate) header: Header,
    /// Names of the header and the columns that they mean.
    pub(crate) names: BTreeMap<String, String>,
    /// The sheet of a workbook.
    pub(crate) sheet: Option<String>,
    /// The names of what was given, a bit each in the order of [`Dialect::NAMES`].
    pub(crate) given: u16,
}

const DELIMITERS: [(&str, u8); 6] =
    [(",", b','), (";", b';'), ("tab", b'\t'), ("|", b'|'), ("\t", b'\t'), ("\\t", b'\t')];
const QUOTES: [(&str, u8); 3] = [("\"", b'"'), ("'", b'\''), ("none", NO_QUOTE)];
const ESCAPES: [(&str, bool); 2] = [("none", false), ("backslash", true)];
const DECIMALS: [(&str, DecimalMark); 2] = [(".", DecimalMark::Point), (",", DecimalMark::Comma)];
const ORDERS: [(&str, DateOrder); 3] =
    [("ymd", DateOrder::Ymd), ("dmy", DateOrder::Dmy), ("mdy", DateOrder::Mdy)];
const INTEGERS: [(&str, IntegerForm); 2] =
    [("strict", IntegerForm::Strict), ("lenient", IntegerForm::Lenient)];
const EMPTIES: [(&str, EmptyCell); 3] =
    [("null", EmptyCell::Null), ("absent", EmptyCell::Absent), ("text", EmptyCell::Text)];
const BLANKS: [(&str, bool); 2] = [("trim", false), ("keep", true)];
const FLAGS: [(&str, bool); 2] = [("false", false), ("true", true)];
const HEADERS: [(&str, Header); 3] =
    [("detect", Header::Detect), ("present", Header::Present), ("absent", Header::Absent)];

impl Dialect {
    /// The names of the options.
    pub const NAMES: [&str; 14] = [
        "delimiter",
        "quote",
        "escape",
        "encoding",
        "decimal",
        "date_order",
        "null_values",
        "empty",
        "integers",
        "skip_lines",
        "ignore_extra",
        "header",
        "sheet",
        "blanks",
    ];

    /// Takes an option by its name and text. The error says what the option may be.
    ///
    /// `null_values` is a list with commas between them, or a JSON array; `header` may be a JSON object of the
    /// file's names and the table's.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let position = Self::NAMES.iter().position(|known| *known == name);
        let position = position.ok_or_else(|| format!("there is no option {name}"))?;
        match name {
            "delimiter" => self.syntax.delimiter = one_of(name, text, &DELIMITERS)?,
            "quote" => self.syntax.quote = one_of(name, text, &QUOTES)?,
            "escape" => self.syntax.escapes = one_of(name, text, &ESCAPES)?,
            "encoding" => {
                let known = Encoding::of(text);
                self.encoding = known.ok_or_else(|| format!("encoding is {}", Encoding::NAMES))?;
            }
            "decimal" => self.forms.decimal = one_of(name, text, &DECIMALS)?,
            "date_order" => self.forms.date_order = one_of(name, text, &ORDERS)?,
            "integers" => self.forms.integers = one_of(name, text, &INTEGERS)?,
            "null_values" => self.null_values = list(text)?,
            "empty" => self.empty = one_of(name, text, &EMPTIES)?,
            "skip_lines" => {
                let lines = text.parse().ok().filter(|lines| *lines <= MOST_SKIPPED);
                self.skip_lines = lines.ok_or(format!("skip_lines is 0 to {MOST_SKIPPED}"))?;
            }
            "ignore_extra" => self.ignore_extra = one_of(name, text, &FLAGS)?,
            "blanks" => self.syntax.keeps_blanks = one_of(name, text, &BLANKS)?,
            "sheet" => self.sheet = Some(text.to_owned()),
            _ => self.set_header(text)?,
        }
        self.given |= 1 << position;
        if name == "header" && self.header == Header::Detect {
            self.given &= !(1 << position);
        }
        Ok(())
    }

    fn set_header(&mut self, text: &str) -> Result<(), String> {
        self.names.clear();
        if !text.trim_start().starts_with('{') {
            self.header = one_of("header", text, &HEADERS)?;
            return Ok(());
        }
        self.set_names(text)
    }

    // Rare, and apart so that the page's first part goes without it.
    #[inline(never)]
    fn set_names(&mut self, text: &str) -> Result<(), String> {
        let wrong = "header is a JSON object of the file's names and the table's";
        let DistinctTexts(names) =
            serde_json::from_str(text).map_err(|error| format!("{wrong}: {error}"))?;
        let mut seen = BTreeSet::new();
        for name in names.keys() {
            let folded = fold(name);
            if folded.is_empty() {
                return Err("a name of header is empty".to_owned());
            }
            if !seen.insert(folded) {
                return Err(format!("header has the name {name} twice"));
            }
        }
        self.names = names;
        self.header = Header::Present;
        Ok(())
    }

    /// The same of a value in JSON, which may be a text, a number, a list or an object.
    fn set_value(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match value {
            Value::String(text) => self.set(name, text),
            value => self.set(name, &value.to_string()),
        }
    }

    /// Takes those members out of an object that are options, and sets them.
    pub(crate) fn take_from(
        &mut self,
        object: &mut serde_json::Map<String, Value>,
    ) -> Result<(), String> {
        for name in Self::NAMES {
            if let Some(value) = object.remove(name).filter(|value| !value.is_null()) {
                self.set_value(name, &value)?;
            }
        }
        Ok(())
    }

    /// Whether an option was given.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        Self::NAMES
            .iter()
            .position(|known| *known == name)
            .is_some_and(|at| self.given >> at & 1 == 1)
    }

    /// This one with what another gives.
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (name, text) in other.given() {
            // What could be set once can be set again.
            _ = both.set(name, &text);
        }
        both
    }

    /// The options that were given, with their texts.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        Self::NAMES
            .into_iter()
            .filter(|name| self.is_given(name))
            .map(|name| (name, self.text(name)))
    }

    /// The options that say the same again: those that differ from the default.
    pub fn layout(&self) -> Vec<(&'static str, String)> {
        let default = Self::default();
        let texts = Self::NAMES.into_iter().map(|name| (name, self.text(name)));
        texts.filter(|(name, text)| *text != default.text(name)).collect()
    }

    /// Whether a scan of a file's ranges finds its records, and each header among them.
    pub(super) fn can_be_cut(&self) -> bool {
        let is_scanned = !self.syntax.escapes && self.names.is_empty() && self.skip_lines == 0;
        // A file that a line can end is read in the order of its lines.
        is_scanned && !self.can_be_contradicted()
    }

    /// Whether a line can show that what is given is not how the file is written.
    pub(super) fn can_be_contradicted(&self) -> bool {
        ["decimal", "date_order"].iter().any(|name| self.is_given(name))
    }

    /// Whether it is comma, UTF-8, dates that begin with their year, and a decimal point.
    pub(crate) fn is_plain(&self) -> bool {
        let Self { syntax, encoding, forms, .. } = self;
        let is_utf8 = *encoding == Encoding::Utf8;
        *syntax == Syntax::default() && is_utf8 && *forms == CellForms::default()
    }

    fn text(&self, name: &str) -> String {
        match name {
            "delimiter" => name_of(self.syntax.delimiter, &DELIMITERS),
            "quote" => name_of(self.syntax.quote, &QUOTES),
            "escape" => name_of(self.syntax.escapes, &ESCAPES),
            "encoding" => self.encoding.name(),
            "decimal" => name_of(self.forms.decimal, &DECIMALS),
            "date_order" => name_of(self.forms.date_order, &ORDERS),
            "integers" => name_of(self.forms.integers, &INTEGERS),
            "null_values" => list_text(&self.null_values),
            "empty" => name_of(self.empty, &EMPTIES),
            "skip_lines" => self.skip_lines.to_string(),
            "ignore_extra" => name_of(self.ignore_extra, &FLAGS),
            "blanks" => name_of(self.syntax.keeps_blanks, &BLANKS),
            "sheet" => self.sheet.clone().unwrap_or_default(),
            _ if !self.names.is_empty() => serde_json::to_string(&self.names).unwrap_or_default(),
            _ => name_of(self.header, &HEADERS),
        }
    }
}

/// The most lines that can be skipped.
const MOST_SKIPPED: u64 = 10_000;

/// The most words for NULL.
const MOST_WORDS: usize = 100;

fn one_of<T: Copy>(name: &str, text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let found = known.iter().find(|(it, _)| *it == text);
    let names = &mut known.iter().map(|(it, _)| *it);
    found.map(|(_, value)| *value).ok_or_else(|| not_one_of(name, names))
}

#[cold]
#[inline(never)]
fn not_one_of(name: &str, known: &mut dyn Iterator<Item = &str>) -> String {
    let names: Vec<_> = known.filter(|it| !it.contains(['\t', '\\'])).collect();
    format!("{name} is one of: {}", names.join("  "))
}

fn name_of<T: PartialEq + Copy>(value: T, known: &[(&str, T)]) -> String {
    known.iter().find(|(_, it)| *it == value).map_or("", |(name, _)| *name).to_owned()
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let list: Vec<String> = match text.starts_with('[') {
        true => {
            serde_json::from_str(text).map_err(|_| "null_values is a list of texts".to_owned())?
        }
        false => text.split(',').filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect(),
    };
    if list.len() > MOST_WORDS {
        Err(format!("at most {MOST_WORDS} null_values"))
    } else {
        Ok(list)
    }
}

fn list_text(words: &[String]) -> String {
    let is_plain =
        |word: &String| !word.is_empty() && !word.contains(',') && !word.starts_with('[');
    match words.iter().all(is_plain) {
        true => words.join(","),
        false => serde_json::to_string(words).unwrap_or_default(),
    }
}

/// Serializes as an object of what was given, and whether there is a header.
impl Serialize for Dialect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let header = [("header", self.text("header"))];
        let is_detected = !self.is_given("header");
        serializer.collect_map(self.given().chain(header.into_iter().filter(|_| is_detected)))
    }
}

/// Other members than options are left to others.
impl<'de> Deserialize<'de> for Dialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = serde_json::Map::deserialize(deserializer)?;
        let mut dialect = Self::default();
        dialect.take_from(&mut object).map_err(D::Error::custom)?;
        Ok(dialect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(options: &[(&str, &str)]) -> Dialect {
        let mut dialect = Dialect::default();
        options.iter().for_each(|(name, text)| dialect.set(name, text).unwrap());
        dialect
    }

    #[test]
    fn what_is_given_is_written_as_it_is_read() {
        let all = [
            ("delimiter", "tab"),
            ("quote", "none"),
            ("escape", "backslash"),
            ("encoding", "windows-1252"),
            ("decimal", ","),
            ("date_order", "dmy"),
            ("null_values", "NULL,n/a"),
            ("empty", "absent"),
            ("integers", "lenient"),
            ("skip_lines", "3"),
            ("ignore_extra", "true"),
            ("header", "{\"Kunde\":\"customer_id\"}"),
        ];
        let given = dialect(&all);
        let texts: Vec<_> = given.given().collect();
        assert_eq!(texts, all.map(|(name, text)| (name, text.to_owned())));
        assert_eq!(given.layout(), texts);
        let json = serde_json::to_string(&given).unwrap();
        assert_eq!(serde_json::from_str::<Dialect>(&json).unwrap(), given);
        assert_eq!(Dialect::default().with(&given), given);
    }

    #[test]
    fn json_has_numbers_lists_and_objects() {
        let json = r#"{"skip_lines": 2, "null_values": ["a,b", ""], "ignore_extra": true,
            "header": {"Ort": "city"}, "strict": true}"#;
        let read: Dialect = serde_json::from_str(json).unwrap();
        assert_eq!((read.skip_lines, read.ignore_extra), (2, true));
        assert_eq!(read.null_values, ["a,b", ""]);
        assert_eq!(read.names["Ort"], "city");
        assert_eq!(
            dialect(&[("null_values", &list_text(&read.null_values))]).null_values,
            ["a,b", ""]
        );
    }

    #[test]
    fn the_default_may_be_given_and_is_no_layout() {
        let given = dialect(&[("delimiter", ","), ("header", "detect")]);
        assert!(given.is_given("delimiter") && !given.is_given("header"));
        assert!(given.is_plain() && given.layout().is_empty());
        let other = Dialect::default().with(&dialect(&[("decimal", ",")]));
        assert_eq!(other.layout(), [("decimal", ",".to_owned())]);
    }

    #[test]
    fn what_an_option_may_be_is_told() {
        for (name, text, message) in [
            ("delimiter", ":", "delimiter is one of: ,  ;  tab  |"),
            ("decimal", "comma", "decimal is one of: .  ,"),
            ("skip_lines", "-1", "skip_lines is 0 to 10000"),
            ("header", "{\"a\": 1}", "header is a JSON object of the file's names and the table's"),
            ("header", "{\"Ort 1\": \"a\", \"ort_1\": \"b\"}", "header has the name ort_1 twice"),
            ("header", "{\" \": \"a\"}", "a name of header is empty"),
            ("null_values", "[1]", "null_values is a list of texts"),
            ("separator", ";", "there is no option separator"),
        ] {
            let told = Dialect::default().set(name, text).unwrap_err();
            assert!(told == message || told.starts_with(&format!("{message}: ")), "{name}: {told}");
        }
        assert!(Dialect::default().set("encoding", "utf-7").is_err());
        let twice = Dialect::default().set("header", r#"{"Ort":"a","Ort":"b"}"#).unwrap_err();
        assert!(twice.contains("Ort is there twice"), "{twice}");
    }
}
