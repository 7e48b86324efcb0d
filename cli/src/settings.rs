//! Settings, of the environment or of `rowgate.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use rowgate_native::from_environment;
use toml::{Table, Value};

/// The file in the working folder, unless ROWGATE_CONFIG names another one.
pub(crate) const FILE: &str = "rowgate.toml";

/// What the file may have: each is the setting of the same name in capitals.
pub(crate) const KEYS: [&str; 16] = [
    "aws_region",
    "bulk_bytes",
    "bulk_range_bytes",
    "bulk_state_machine_arn",
    "data_bucket",
    "db_cluster_arn",
    "db_name",
    "db_secret_arn",
    "ledger_lease_seconds",
    "load_batch_bytes",
    "load_options",
    "options_files",
    "rowgate_engine",
    "rowgate_migrations",
    "rowgate_schema",
    "schema_look_seconds",
];

/// Paths, which are told from the file's own folder.
const PATHS: [&str; 2] = ["rowgate_migrations", "rowgate_schema"];

/// What belongs into no file that is shared.
const SECRETS: [&str; 7] = [
    "api_keys",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "database_url",
    "rowgate_admin_password",
    "rowgate_writer_password",
];

/// Where signed requests go: not to where a folder says that comes from elsewhere.
const ENDPOINTS: [&str; 3] = ["aws_endpoint_url", "aws_endpoint_url_s3", "data_api_endpoint"];

/// The file's values by the names of the settings; a process reads one file.
static VALUES: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// Looks a setting up: in the environment, else in the file.
pub(crate) fn setting(name: &str) -> Option<String> {
    let of_file = || VALUES.get()?.get(name).cloned();
    from_environment(name).or_else(of_file)
}

/// Reads the file if it is there; one that ROWGATE_CONFIG names must be.
pub(crate) fn read() -> Result<()> {
    let named = from_environment("ROWGATE_CONFIG").map(PathBuf::from);
    let there = Some(PathBuf::from(FILE)).filter(|file| file.is_file());
    let Some(path) = named.or(there) else { return Ok(()) };
    let name = path.display();
    let text = std::fs::read_to_string(&path).with_context(|| name.to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let values = values(&text, folder).with_context(|| name.to_string())?;
    // Only the first call counts; there is one.
    let _ = VALUES.set(values);
    Ok(())
}

/// The options that a setting gives get the file's value where neither the command line nor the
/// environment says otherwise.
pub(crate) fn fill(command: clap::Command) -> clap::Command {
    let filled = |arg: clap::Arg| {
        let value = arg.get_env().and_then(|name| VALUES.get()?.get(name.to_str()?).cloned());
        match value {
            Some(value) => arg.default_value(value).hide_default_value(false),
            None => arg,
        }
    };
    command.mut_args(filled).mut_subcommands(fill)
}

fn values(text: &str, folder: &Path) -> Result<BTreeMap<String, String>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        // Its own text shows the line, which may have a secret in it.
        let place = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        anyhow::anyhow!("line {place}: {}", error.message())
    })?;
    table.iter().map(|(key, value)| entry(key, value, folder)).collect()
}

fn entry(key: &str, value: &Value, folder: &Path) -> Result<(String, String)> {
    let name = key.to_ascii_uppercase();
    if SECRETS.contains(&key) {
        bail!("{key} is secret: give {name} in the environment, and take it out of this file");
    }
    if ENDPOINTS.contains(&key) {
        bail!("{key} says where rows and session tokens are sent: give {name} in the environment");
    }
    if !KEYS.contains(&key) {
        bail!("{key}: there is no such setting; there are {}", KEYS.join(", "));
    }
    let text = match value {
        Value::String(text) if PATHS.contains(&key) => folder.join(text).display().to_string(),
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        _ => bail!("{key}: a text or a whole number is expected"),
    };
    Ok((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let values = values(text, Path::new("there")).map_err(|error| format!("{error:#}"))?;
        Ok(values.into_iter().collect())
    }

    #[test]
    fn a_key_is_the_setting_in_small_letters() {
        let text = "db_name = \"shop\"\nbulk_bytes = 7\nrowgate_schema = \"schema.json\"";
        let expected =
            [("BULK_BYTES", "7"), ("DB_NAME", "shop"), ("ROWGATE_SCHEMA", "there/schema.json")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read(text), Ok(expected.to_vec()));
    }

    #[test]
    fn a_secret_and_what_is_not_known_are_refused() {
        for secret in SECRETS {
            let said = read(&format!("{secret} = \"hidden\"")).expect_err("a secret");
            assert!(said.contains("is secret") && !said.contains("hidden"), "{said}");
        }
        for endpoint in ENDPOINTS {
            let said = read(&format!("{endpoint} = \"http://here\"")).expect_err("an endpoint");
            assert!(said.contains(&endpoint.to_ascii_uppercase()), "{said}");
        }
        let said = read("db_nme = \"shop\"").expect_err("not known");
        assert!(said.starts_with("db_nme: there is no such setting; there are aws_"), "{said}");
        assert_eq!(
            read("db_name = []"),
            Err("db_name: a text or a whole number is expected".into())
        );
        let said = read("db_name = \"a\"\naws_secret_access_key = hidden").expect_err("no TOML");
        assert!(said.starts_with("line 2: ") && !said.contains("hidden"), "{said}");
    }
}
