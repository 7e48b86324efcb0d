//! What a running stack says about itself.

use std::io::Write;
use std::path::Path;

use rowgate_core::example_row;
use rowgate_core::schema::Schema;
use rowgate_local::Identity;
use serde_json::json;

/// Addresses and credentials, all of them worth nothing outside this machine.
pub(super) struct Report<'a> {
    pub(super) edge: &'a str,
    pub(super) data_api: &'a str,
    pub(super) database_url: &'a str,
    pub(super) api_key: &'a str,
    pub(super) region: &'a str,
    pub(super) identity: &'a Identity,
    pub(super) s3: &'a str,
    pub(super) bucket: &'a str,
    pub(super) lambda: &'a str,
    pub(super) s3_log: &'a Path,
    pub(super) lambda_log: &'a Path,
    pub(super) call_log: &'a Path,
    pub(super) worker_log: &'a Path,
    pub(super) schema: Schema,
    /// The name of the database.
    pub(super) database: &'a str,
    /// The schema.json of this stack.
    pub(super) schema_file: &'a Path,
    /// The folder that keeps the stack's data.
    pub(super) kept: Option<&'a Path>,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum ReportForm {
    /// For a person.
    Text,
    /// One line for a program.
    Json,
    /// Commands for a shell.
    Exports,
}

impl Report<'_> {
    pub(super) fn print(&self, form: ReportForm) -> std::io::Result<()> {
        let text = match form {
            ReportForm::Text => self.to_text(),
            ReportForm::Json => format!("{}\n", self.to_json()),
            ReportForm::Exports => self.exports(""),
        };
        let mut out = std::io::stdout();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// What rowgate's other commands and the examples of the documents need in the environment.
    pub(super) fn settings(&self) -> [(&'static str, String); 12] {
        let Identity { access_key_id, secret_access_key, cluster_arn, secret_arn, .. } =
            self.identity;
        let schema_file = self.schema_file.to_string_lossy();
        [
            ("EDGE", self.edge),
            ("KEY", self.api_key),
            ("AWS_ACCESS_KEY_ID", access_key_id),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key),
            ("AWS_REGION", self.region),
            ("DB_NAME", self.database),
            ("DB_CLUSTER_ARN", cluster_arn),
            ("DB_SECRET_ARN", secret_arn),
            ("DATA_API_ENDPOINT", self.data_api),
            ("DATA_BUCKET", self.bucket),
            ("AWS_ENDPOINT_URL_S3", self.s3),
            ("ROWGATE_SCHEMA", &schema_file),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    }

    /// Commands of a shell that set them, two a line.
    fn exports(&self, indent: &str) -> String {
        let word = |(name, value): &(&str, String)| format!("{name}={}", shell_word(value));
        let line = |pair: &[(&'static str, String)]| {
            let words: Vec<_> = pair.iter().map(word).collect();
            format!("{indent}export {}\n", words.join(" "))
        };
        self.settings().chunks(2).map(line).collect()
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "edge": self.edge,
            "data_api": self.data_api,
            "database_url": self.database_url,
            "api_key": self.api_key,
            "region": self.region,
            "aws_access_key_id": self.identity.access_key_id,
            "aws_secret_access_key": self.identity.secret_access_key,
            "cluster_arn": self.identity.cluster_arn,
            "secret_arn": self.identity.secret_arn,
            "control_secret": self.identity.control_secret,
            "s3": self.s3,
            "bucket": self.bucket,
            "lambda": self.lambda,
            "s3_log": self.s3_log,
            "lambda_log": self.lambda_log,
            "call_log": self.call_log,
            "worker_log": self.worker_log,
        })
    }

    /// A body with one row of the first table, in single quotes.
    fn example(&self) -> String {
        let Some(table) = self.schema.tables().first() else { return "{}".to_owned() };
        format!(r#"{{"{}":[{}]}}"#, table.name, example_row(table))
    }

    /// What to load: the samples, if they are of these tables.
    fn files(&self) -> String {
        let samples = self.schema.table("hired_employees").map(|_| "samples/*.csv".to_owned());
        let first = self.schema.tables().first().map(|table| format!("{}.csv", table.name));
        samples.or(first).unwrap_or_default()
    }

    fn to_text(&self) -> String {
        let Self { edge, data_api, database_url, api_key, s3, bucket, .. } = self;
        let exports = self.exports("  ");
        let (call_log, worker_log) = (self.call_log.display(), self.worker_log.display());
        let lambda_log = self.lambda_log.display();
        let (example, files, program) = (self.example(), self.files(), program());
        let end = match self.kept {
            Some(folder) => format!("ends it; {} keeps data, key and ports", folder.display()),
            None => "ends it and removes everything it made".to_owned(),
        };
        format!(
            r#"
rowgate runs on this machine; Ctrl-C {end}.

  gateway     {edge}
  page        {edge}/
  API key     {api_key}
  database    {database_url}
  Data API    {data_api}
  S3          {s3}, bucket {bucket}
  call log    {call_log}
  Worker log  {worker_log}
  Lambda log  {lambda_log}

Try it:

  curl -i {edge}/insert_data \
    -H 'x-api-key: {api_key}' -H 'content-type: application/json' \
    -d '{example}'

In another terminal, for `rowgate load`, `loads`, `backup`, `restore`, `doctor` and the rest:

{exports}  {program} load {files}

This key is valid here only. For a deployed Worker make one and put it there:

  {program} keys new
  npx wrangler secret put API_KEYS --name rowgate < api-keys.json

"#
        )
    }
}

/// How this program is called: as it was, if that was by a path from the working folder.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    let is_near = called.contains('/') && !called.starts_with('/');
    if is_near { called } else { "rowgate".to_owned() }
}

/// A value as one word of a shell.
pub(super) fn shell_word(value: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/:._-+=,@".contains(letter);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_word() {
        assert_eq!(
            shell_word("arn:aws:rds:us-east-1:1:cluster:a"),
            "arn:aws:rds:us-east-1:1:cluster:a"
        );
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word(""), "''");
    }
}
