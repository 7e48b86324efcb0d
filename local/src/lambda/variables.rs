//! The variables that a function finds.
//!
//! Source: "Defined runtime environment variables" in the Lambda Developer Guide.

use std::path::Path;

use crate::identity::{Identity, REGION};

/// What AWS sets, followed by the function's own, which win.
///
/// The credentials have no session token, as those of the services of this crate.
pub(super) fn variables(
    identity: &Identity,
    name: &str,
    memory_mb: u32,
    program: &Path,
    own: &[(String, String)],
) -> Vec<(String, String)> {
    let folder = program.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
    let memory = memory_mb.to_string();
    let log_group = format!("/aws/lambda/{name}");
    let defined = [
        ("AWS_ACCESS_KEY_ID", identity.access_key_id.as_str()),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local/[$LATEST]"),
        ("AWS_REGION", REGION),
        ("AWS_SECRET_ACCESS_KEY", identity.secret_access_key.as_str()),
        ("LAMBDA_RUNTIME_DIR", &folder),
        ("LAMBDA_TASK_ROOT", &folder),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ];
    let defined = defined.map(|(name, value)| (name.to_owned(), value.to_owned()));
    defined.into_iter().chain(own.iter().cloned()).collect()
}
