//! The operation `verify`: a backup, compared with its manifest.

use rowgate_core::schema::Schema;
use rowgate_core::{Host, backup};
use serde::Deserialize;

use super::backups::{BackupSummary, log, within};
use super::members::members;
use super::operation::Operation;
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Which backup to read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verify {
    #[serde(rename = "rowgate")]
    _operation: String,
    /// Its name, or `latest`.
    run: String,
    /// Where it is, if not where the settings say.
    bucket: Option<String>,
}

impl Operation for Verify {
    const NAME: &'static str = "verify";

    type Answer = BackupSummary;

    fn read(request: &str, _: Schema) -> Result<Self, EventError> {
        members(request, Self::NAME)
    }

    /// Reads every byte and row.
    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<BackupSummary, Failure> {
        let settings = app.settings()?;
        let bucket = app.bucket(self.bucket.as_deref())?;
        let time = invocation.time_left(app.host.now());
        let s3 = app.client(&settings.endpoint, time);
        let reading = async {
            let manifest = backup::manifest(&s3, bucket, &self.run).await?;
            backup::verify(app.schema, &s3, bucket, &manifest, |_| ()).await.map(|()| manifest)
        };
        let manifest = within(time, reading).await?;
        log("verified", &manifest);
        Ok(manifest.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verification_names_a_run() {
        let verify =
            Verify::read(r#"{"rowgate":"verify","run":"latest"}"#, Schema::example()).unwrap();
        assert_eq!((verify.run.as_str(), verify.bucket), ("latest", None));
        let error =
            Verify::read(r#"{"rowgate":"verify"}"#, Schema::example()).unwrap_err().to_string();
        assert!(error.starts_with("bad event: the operation verify: "), "{error}");
        assert!(error.contains("missing field `run`"), "{error}");
    }
}
