//! The door for files: S3, and the Lambda that an object sets off.

use std::net::SocketAddr;
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

/// Where S3 listens, and where it keeps objects unless they go with the stack.
pub(super) struct S3Place {
    pub(super) folder: Option<PathBuf>,
    pub(super) address: SocketAddr,
}

/// S3 and the Lambda behind it; dropping it ends both.
pub(super) struct Files {
    s3: S3,
    lambda: LambdaHost,
    s3_log: PathBuf,
    lambda_log: PathBuf,
}

impl Files {
    pub(super) async fn start(
        (folder, place): (&Path, S3Place),
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
            address: place.address,
            folder: place.folder,
            ..S3Options::new(identity.clone())
        })
        .await?;

        let lambda_log = folder.join("lambda.log");
        let (program, arguments) = program(args.lambda.as_deref())?;
        let mut options = LambdaOptions {
            environment: environment(folder, variables, &s3, args),
            log: Some(lambda_log.clone()),
            retry_delays: RETRY_DELAYS.into(),
            arguments,
            ..LambdaOptions::new(program, identity.clone())
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

/// The Lambda's program, and what it is started with: this program has it as a command.
///
/// In a checkout a `bootstrap` lies beside this program, as AWS runs it.
fn program(given: Option<&Path>) -> Result<(PathBuf, Vec<String>)> {
    let this = std::env::current_exe()?;
    match given {
        Some(program) => {
            ensure!(program.is_file(), "there is no program {}", program.display());
            Ok((program.to_owned(), Vec::new()))
        }
        None => Ok(beside(&this).unwrap_or_else(|| (this, vec!["lambda".to_owned()]))),
    }
}

/// The Lambda that Cargo puts beside this program if it is built in the same profile.
fn beside(this: &Path) -> Option<(PathBuf, Vec<String>)> {
    let program = this.with_file_name("bootstrap");
    program.is_file().then(|| (program, Vec::new()))
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
    let options_files = args.options_files.clone();
    environment.extend(options_files.map(|text| ("OPTIONS_FILES".into(), text)));
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
    fn the_lambda_is_the_program_beside_this_one_if_there_is_one() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let this = folder.path().join("rowgate");
        assert_eq!(beside(&this), None);
        std::fs::write(folder.path().join("bootstrap"), "")?;
        assert_eq!(beside(&this), Some((folder.path().join("bootstrap"), Vec::new())));
        Ok(())
    }
}
