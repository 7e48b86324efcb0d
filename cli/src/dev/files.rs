//! The door for files: S3, and the Lambda that an object sets off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use rowgate_local::{Identity, LambdaHost, LambdaOptions, S3, S3Options};
use tokio::sync::mpsc;

use super::tables::Tables;
use super::{DevArgs, Variables};

/// AWS waits one minute and two, which is long at a desk.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Any key of API Gateway may write every table here: only this machine has any.
const GATEWAY_KEYS: &str = r#"[{"id":"gateway:*","tables":["*"]}]"#;

/// S3 and the Lambda behind it; dropping it ends both.
pub(super) struct Files {
    s3: S3,
    lambda: LambdaHost,
    s3_log: PathBuf,
    lambda_log: PathBuf,
}

impl Files {
    pub(super) async fn start(
        folder: &Path,
        args: &DevArgs,
        identity: &Identity,
        variables: &Variables,
    ) -> Result<Self> {
        let (sender, notifications) = mpsc::unbounded_channel();
        let s3_log = folder.join("s3.jsonl");
        let s3 = S3::start(S3Options {
            call_log: Some(s3_log.clone()),
            faults: args.s3_faults.clone(),
            notifications: Some(sender),
            ..S3Options::new(identity.clone())
        })
        .await?;

        let lambda_log = folder.join("lambda.log");
        let mut options = LambdaOptions {
            environment: environment(folder, variables, &s3, args),
            log: Some(lambda_log.clone()),
            retry_delays: RETRY_DELAYS.into(),
            ..LambdaOptions::new(program(args.lambda.as_deref())?, identity.clone())
        };
        if let Some(seconds) = args.timeout {
            options.timeout = Duration::try_from_secs_f64(seconds)?;
        }
        let lambda = LambdaHost::start(options).await?;

        lambda.listen(notifications);
        Ok(Self { s3, lambda, s3_log, lambda_log })
    }

    pub(super) fn s3(&self) -> &S3 {
        &self.s3
    }

    pub(super) fn lambda(&self) -> &LambdaHost {
        &self.lambda
    }

    pub(super) fn s3_log(&self) -> &Path {
        &self.s3_log
    }

    pub(super) fn lambda_log(&self) -> &Path {
        &self.lambda_log
    }

    pub(super) async fn stop(self) {
        self.s3.stop().await;
        self.lambda.stop().await;
    }
}

/// The Lambda's program.
fn program(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(program) => {
            ensure!(program.is_file(), "there is no program {}", program.display());
            Ok(program.to_owned())
        }
        None => beside(&std::env::current_exe()?),
    }
}

/// The Lambda that lies beside this program; Cargo puts it there if it is built in the same profile.
fn beside(this: &Path) -> Result<PathBuf> {
    let program = this.with_file_name("bootstrap");
    let is_release = this.parent().is_some_and(|folder| folder.ends_with("release"));
    let profile = if is_release { " --release" } else { "" };
    ensure!(
        program.is_file(),
        "the Lambda is not built: there is no {}; run `cargo build{profile} --package \
         rowgate-lambda`, or name another with --lambda",
        program.display()
    );
    Ok(program)
}

fn environment(
    folder: &Path,
    variables: &Variables,
    s3: &S3,
    args: &DevArgs,
) -> Vec<(String, String)> {
    let of_worker = variables.iter().filter(|(name, _)| !["API_KEYS", "SCHEMA"].contains(name));
    let mut environment: Vec<_> =
        of_worker.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    environment.push(("API_KEYS".into(), GATEWAY_KEYS.into()));
    let schema = folder.join(Tables::FILE).display().to_string();
    environment.push(("ROWGATE_SCHEMA".into(), schema));
    let s3_address = args.s3_through.as_deref().unwrap_or_else(|| s3.endpoint());
    environment.push(("AWS_ENDPOINT_URL_S3".into(), s3_address.into()));
    environment.push(("DATA_BUCKET".into(), s3.bucket().into()));
    let options = args.load_options.clone();
    environment.extend(options.map(|options| ("LOAD_OPTIONS".into(), options)));
    let batch_bytes = args.batch_bytes.map(|bytes| bytes.to_string());
    environment.extend(batch_bytes.map(|bytes| ("LOAD_BATCH_BYTES".into(), bytes)));
    let range_bytes = args.range_bytes.map(|bytes| bytes.to_string());
    environment.extend(range_bytes.map(|bytes| ("BULK_RANGE_BYTES".into(), bytes)));
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lambda_is_the_one_of_the_same_profile() -> Result<()> {
        let target = tempfile::tempdir()?;
        for (profile, option) in [("debug", "cargo build --package"), ("release", "--release")] {
            let folder = target.path().join(profile);
            std::fs::create_dir(&folder)?;
            let this = folder.join("rowgate");
            let missing = beside(&this).map_err(|error| error.to_string());
            assert!(missing.is_err_and(|error| error.contains(option)));
            std::fs::write(folder.join("bootstrap"), "")?;
            assert_eq!(beside(&this)?, folder.join("bootstrap"));
        }
        Ok(())
    }
}
