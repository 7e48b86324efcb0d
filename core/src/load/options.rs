//! How files are loaded, by default and under which prefix otherwise.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reject_room::{MOST_REJECT_BYTES, REJECT_BYTES, REJECT_LINES};
use crate::aws::data_api::Target;
use crate::aws::s3::S3Endpoint;
use crate::aws::step_functions::StepFunctionsEndpoint;
use crate::base::distinct::Distinct;
use crate::base::lookup::{Lookup, SettingsError, invalid, number};
use crate::format::csv::Dialect;
use crate::format::row_reader::GivenLayout;
use crate::ingest::{IngestOptions, OnError};
use crate::ledger::Lease;
use crate::sql::live_schema::LiveSchema;
use crate::sql::statement::OnDuplicate;
use crate::table::fill::{Fill, LoadFacts};
use crate::table::schema::{KeyName, Schema, UniqueKey};
use crate::table::time_zone::TimeZone;

/// How long one call is repeated: a paused cluster takes half a minute to resume.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The most bytes of rows in one batch: 24 of them for a million short rows. Two of them are in
/// memory, and the one that travels a second time as its request.
pub(super) const BATCH_BYTES: usize = 2_500_000;

/// From here on a file takes some minutes of one invocation's fifteen.
const BULK_BYTES: u64 = 256 << 20;

/// A range of which a part is loaded in less than a minute.
const RANGE_BYTES: u64 = 64 << 20;

/// Smaller ones than any test needs.
const LEAST_RANGE_BYTES: u64 = 1 << 10;

/// How one file is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadOptions {
    /// What to do with rows that are not good; `skip` unless told otherwise.
    pub on_error: OnError,
    /// What to do with rows whose key the table has already; `update` unless told otherwise.
    pub on_duplicate: OnDuplicate,
    /// The unique key that says which rows the table has already, instead of the primary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyName>,
    /// Whether every column is required.
    pub strict: bool,
    /// Whether a row's parents must exist.
    pub check_references: bool,
    /// With more bad rows than this nothing of the file is stored.
    pub max_errors: Option<u64>,
    /// With a larger part of the rows bad than this, 0 to 1, nothing of the file is stored.
    pub max_error_rate: Option<f64>,
    /// How a CSV file is written; what is not given is looked for in the file.
    #[serde(flatten)]
    pub dialect: Dialect,
    /// Whether all that is not given is as in the default, so that nothing is looked for.
    #[serde(skip)]
    pub is_settled: bool,
    /// The most rejected lines that are given back, in both reject files together; 100,000 unless
    /// told otherwise. Of a file that is loaded in parts that is for each part.
    #[serde(default = "reject_lines")]
    pub max_reject_lines: u64,
    /// The most bytes of them; 64 MiB unless told otherwise, at most 32 GiB.
    #[serde(default = "reject_bytes")]
    pub max_reject_bytes: u64,
    /// Whether formulas in a reject file of CSV are marked, so that spreadsheets take them for texts.
    #[serde(default)]
    pub mark_formulas: bool,
    /// The zone of DATETIME columns, as [`IngestOptions::time_zone`] has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// What columns get that the file does not have.
    #[serde(default, skip_serializing_if = "Fill::is_empty")]
    pub fill: Fill,
    /// The key of the folder's file that says some of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options_file: Option<String>,
}

fn reject_lines() -> u64 {
    REJECT_LINES
}

fn reject_bytes() -> u64 {
    REJECT_BYTES
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            on_error: OnError::Skip,
            on_duplicate: OnDuplicate::Update,
            key: None,
            strict: false,
            check_references: false,
            max_errors: None,
            max_error_rate: None,
            dialect: Dialect::default(),
            is_settled: false,
            max_reject_lines: REJECT_LINES,
            max_reject_bytes: REJECT_BYTES,
            mark_formulas: false,
            time_zone: None,
            fill: Fill::default(),
            options_file: None,
        }
    }
}

impl LoadOptions {
    /// The same for one load, of which an attempt that goes on does as the first one did.
    pub(super) fn of_load(self, file: &str, load_id: &str, time: Duration) -> Self {
        let fill = self.fill.resolved(&LoadFacts { file, load_id, time });
        Self { fill, ..self }
    }

    /// Whether a file can be refused for its last rows, so that it is read twice.
    pub(super) fn may_refuse(&self) -> bool {
        let limited = self.max_errors.is_some() || self.max_error_rate.is_some();
        limited || self.on_error == OnError::Reject
    }

    /// What is said of a file before it is looked at.
    pub(super) fn given_layout(&self) -> GivenLayout {
        GivenLayout { dialect: self.dialect.clone(), has_time_zone: self.time_zone.is_some() }
    }

    /// The same of the rows of one table; its key was looked up.
    pub(super) fn ingest(&self, key: Option<&'static UniqueKey>, dry_run: bool) -> IngestOptions {
        IngestOptions {
            on_error: OnError::Skip,
            on_duplicate: self.on_duplicate,
            strict: self.strict,
            check_references: self.check_references,
            time_zone: self.time_zone,
            forms: self.dialect.forms,
            dry_run,
            key,
            exact_counts: false,
            return_ids: false,
            // A file that is refused for a bad row is read before the database is asked.
            may_lack: self.on_duplicate == OnDuplicate::Update && !self.may_refuse(),
        }
    }
}

/// What loading files from S3 needs.
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// The tables that the rows are for, and how long a look at them is believed (`SCHEMA_LOOK_SECONDS`,
    /// 60).
    pub schema: LiveSchema,
    /// Where the rows go.
    pub target: Target,
    /// Where the files are.
    pub endpoint: S3Endpoint,
    /// How they are loaded.
    pub rules: LoadRules,
    /// How long a file is held without a sign of life (`LEDGER_LEASE_SECONDS`, 120).
    pub lease: Lease,
    /// The most bytes of rows in one batch, and so in one commit (`LOAD_BATCH_BYTES`,
    /// 2,500,000, which is also the most).
    pub batch_bytes: usize,
    /// What becomes of files that are too large for one invocation.
    pub bulk: BulkSettings,
    /// Whether a folder's `_options.json` is looked for (`OPTIONS_FILES`, `on` or `off`; `on`).
    pub has_options_files: bool,
}

/// How files are loaded that are too large for one invocation.
#[derive(Debug, Clone)]
pub struct BulkSettings {
    /// The state machine that is started for them (`BULK_STATE_MACHINE_ARN`); without one they are
    /// loaded like all others.
    pub state_machine_arn: Option<String>,
    /// Where it is started.
    pub endpoint: StepFunctionsEndpoint,
    /// From how many bytes on a file is one of them (`BULK_BYTES`, 256 MiB).
    pub bytes: u64,
    /// The least bytes of one range (`BULK_RANGE_BYTES`, 64 MiB, at least 1,024).
    pub range_bytes: u64,
}

impl BulkSettings {
    fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            state_machine_arn: lookup("BULK_STATE_MACHINE_ARN").filter(|arn| !arn.is_empty()),
            endpoint: StepFunctionsEndpoint::read(lookup)?,
            bytes: number(lookup, "BULK_BYTES")?.unwrap_or(BULK_BYTES),
            range_bytes: number(lookup, "BULK_RANGE_BYTES")?
                .unwrap_or(RANGE_BYTES)
                .max(LEAST_RANGE_BYTES),
        })
    }
}

impl LoadSettings {
    /// Reads the database's settings, those of [`S3Endpoint::read`], and `LOAD_OPTIONS`.
    pub fn read(lookup: Lookup<'_>, schema: Schema) -> Result<Self, SettingsError> {
        let rules = lookup("LOAD_OPTIONS").filter(|text| !text.is_empty());
        Ok(Self {
            schema: LiveSchema::read(lookup, schema)?,
            target: Target::read(lookup)?,
            endpoint: S3Endpoint::read(lookup)?,
            lease: Lease::read(lookup)?,
            batch_bytes: number(lookup, "LOAD_BATCH_BYTES")?
                .unwrap_or(BATCH_BYTES)
                .min(BATCH_BYTES),
            bulk: BulkSettings::read(lookup)?,
            has_options_files: match lookup("OPTIONS_FILES").as_deref() {
                None | Some("" | "on") => true,
                Some("off") => false,
                Some(_) => return Err(invalid("OPTIONS_FILES", "on or off")),
            },
            rules: rules.map_or_else(|| Ok(LoadRules::default()), |text| LoadRules::read(&text))?,
        })
    }
}

/// The options of files by the prefix of their key.
#[derive(Debug, Clone, Default)]
pub struct LoadRules(BTreeMap<String, Overrides>);

/// What a prefix says otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overrides {
    on_error: Option<OnError>,
    on_duplicate: Option<OnDuplicate>,
    key: Option<KeyName>,
    strict: Option<bool>,
    check_references: Option<bool>,
    max_errors: Option<u64>,
    max_error_rate: Option<f64>,
    #[serde(skip)]
    dialect: Dialect,
    max_reject_lines: Option<u64>,
    max_reject_bytes: Option<u64>,
    mark_formulas: Option<bool>,
    time_zone: Option<TimeZone>,
    fill: Option<Fill>,
}

impl LoadRules {
    /// Reads `LOAD_OPTIONS`: `{"prefix": {"strict": true, "max_errors": 10, …}, …}`.
    pub fn read(text: &str) -> Result<Self, SettingsError> {
        let wrong = |reason: &str| invalid("LOAD_OPTIONS", reason);
        // serde_json names the member or value that it does not know, which are no secrets.
        let Distinct(objects) =
            serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        let objects: BTreeMap<String, Map<String, Value>> =
            serde_json::from_value(objects).map_err(|error| wrong(&error.to_string()))?;
        let mut rules = BTreeMap::new();
        for (prefix, object) in objects {
            rules.insert(prefix, Overrides::read(object).map_err(|error| wrong(&error))?);
        }
        Ok(Self(rules))
    }

    /// The options of a key: all prefixes that it begins with count, longer ones more.
    pub fn options(&self, key: &str) -> LoadOptions {
        let mut options = LoadOptions::default();
        // In this order a prefix stands before the longer ones that begin with it.
        for (_, rule) in self.0.iter().filter(|(prefix, _)| key.starts_with(prefix.as_str())) {
            rule.apply(&mut options);
        }
        options
    }
}

impl Overrides {
    fn read(mut object: Map<String, Value>) -> Result<Self, String> {
        let mut dialect = Dialect::default();
        dialect.take_from(&mut object)?;
        let others: Self = serde_json::from_value(object.into()).map_err(|it| it.to_string())?;
        if others.max_error_rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Err("max_error_rate is between 0 and 1".to_string());
        }
        if others.max_reject_bytes.is_some_and(|bytes| bytes > MOST_REJECT_BYTES) {
            return Err("max_reject_bytes is at most 34359738368 (32 GiB)".to_string());
        }
        Ok(Self { dialect, ..others })
    }

    /// Reads an object of options, the text of a file.
    pub(super) fn of_text(text: &str) -> Result<Self, String> {
        let Distinct(value) = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match value {
            Value::Object(object) => Self::read(object),
            _ => Err("is no JSON object of options".to_string()),
        }
    }

    pub(super) fn apply(&self, options: &mut LoadOptions) {
        options.on_error = self.on_error.unwrap_or(options.on_error);
        options.on_duplicate = self.on_duplicate.unwrap_or(options.on_duplicate);
        options.key = self.key.or(options.key);
        options.strict = self.strict.unwrap_or(options.strict);
        options.check_references = self.check_references.unwrap_or(options.check_references);
        options.max_errors = self.max_errors.or(options.max_errors);
        options.max_error_rate = self.max_error_rate.or(options.max_error_rate);
        options.dialect = options.dialect.with(&self.dialect);
        options.max_reject_lines = self.max_reject_lines.unwrap_or(options.max_reject_lines);
        options.max_reject_bytes = self.max_reject_bytes.unwrap_or(options.max_reject_bytes);
        options.mark_formulas = self.mark_formulas.unwrap_or(options.mark_formulas);
        options.time_zone = self.time_zone.or(options.time_zone);
        options.fill = self.fill.as_ref().unwrap_or(&options.fill).clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_prefix_counts_more() {
        let text = r#"{"incoming/": {"strict": true, "max_errors": 5},
            "incoming/jobs/": {"strict": false, "on_duplicate": "keep"}}"#;
        let rules = LoadRules::read(text).unwrap();
        let default = LoadOptions::default();
        assert_eq!(rules.options("elsewhere/jobs/a.csv"), default);
        let incoming = LoadOptions { strict: true, max_errors: Some(5), ..default };
        assert_eq!(rules.options("incoming/a.csv"), incoming);
        let few = r#"{"incoming/": {"max_reject_lines": 0, "max_reject_bytes": 34359738368}}"#;
        let few = LoadRules::read(few).unwrap().options("incoming/a.csv");
        assert_eq!((few.max_reject_lines, few.max_reject_bytes), (0, 32 << 30));
        let zone = LoadRules::read(r#"{"incoming/": {"time_zone": "+02:00"}}"#).unwrap();
        assert_eq!(zone.options("incoming/a.csv").time_zone, TimeZone::of("+02:00"));
        let fill = LoadRules::read(r#"{"incoming/": {"fill": {"a": "@file"}}}"#).unwrap();
        let fill = fill.options("incoming/a.csv").of_load("k", "7f", Duration::ZERO).fill;
        assert_eq!(fill, Fill::of(r#"{"a":"=k"}"#).unwrap());
        let key = LoadRules::read(r#"{"incoming/": {"key": "uq_email"}}"#).unwrap();
        assert_eq!(key.options("incoming/a.csv").key, KeyName::of("uq_email"));
        let jobs = LoadOptions { strict: false, on_duplicate: OnDuplicate::Keep, ..incoming };
        assert_eq!(rules.options("incoming/jobs/a.csv"), jobs);
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (text, word) in [
            (r#"{"a": {"strikt": true}}"#, "strikt"),
            (r#"{"a": {"on_duplicate": "replace"}}"#, "replace"),
            (r#"{"a": {"max_error_rate": 5}}"#, "between 0 and 1"),
            (r#"{"a": {"max_reject_bytes": 34359738369}}"#, "at most 34359738368"),
            (r#"{"a": {"max_reject_lines": -1}}"#, "u64"),
            (r#"{"a": {"time_zone": "Europe/Berlinn"}}"#, "time_zone is UTC"),
            (r#"{"a": {"fill": {"b": "file"}}}"#, "fill gives b neither @file"),
            (r#"{"a": {"fill": "b:@file"}}"#, "expected a map"),
            (r#"{"a": {"strict": true}, "a": {}}"#, "a is there twice"),
            ("[]", "expected a map"),
            ("{", "line 1"),
        ] {
            let error = LoadRules::read(text).unwrap_err().to_string();
            assert!(error.contains("LOAD_OPTIONS") && error.contains(word), "{error}");
        }
    }
}
