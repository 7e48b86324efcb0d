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
}

impl Report<'_> {
    pub(super) fn print(&self, as_json: bool) -> std::io::Result<()> {
        let mut out = std::io::stdout();
        if as_json {
            writeln!(out, "{}", self.to_json())?;
        } else {
            write!(out, "{}", self.to_text())?;
        }
        out.flush()
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
        let Identity { access_key_id, secret_access_key, .. } = self.identity;
        let region = self.region;
        let (call_log, worker_log) = (self.call_log.display(), self.worker_log.display());
        let lambda_log = self.lambda_log.display();
        let (example, files) = (self.example(), self.files());
        format!(
            r#"
rowgate runs on this machine; Ctrl-C ends it and removes everything it made.

  gateway     {edge}
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

  export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}
  export AWS_REGION={region} AWS_ENDPOINT_URL_S3={s3} DATA_BUCKET={bucket}
  target/debug/rowgate load {files}

This key is good here only. For a deployed Worker make one and tell it:

  target/debug/rowgate keys new
  npx wrangler secret put API_KEYS < api-keys.json

"#
        )
    }
}
