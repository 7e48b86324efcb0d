//! The Worker under `wrangler dev`, Cloudflare's own tool, with its proxy before the Worker.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Program, WorkerOptions, write_private};
use crate::home::Home;

/// What wrangler says once its port answers, up to the address.
const READY_MARK: &str = "Ready on ";

pub(super) fn program(home: &Home, folder: &Path, options: &WorkerOptions<'_>) -> Result<Program> {
    let config = folder.join("wrangler.json");
    write_private(&config, &options.config.to_string())?;
    // It is read because it lies beside the configuration.
    write_private(&folder.join(".dev.vars"), &dev_vars(options.variables)?)?;
    // 0 is a free port of the runtime's own choice, so no other program can take it first.
    let port = options.port.unwrap_or(0).to_string();
    let mut words = vec!["node".into(), home.wrangler()?.into(), "dev".into()];
    words.extend(["--config".into(), config.into(), "--port".into(), port.into()]);
    let fixed =
        ["--ip", "127.0.0.1", "--inspector-port", "0", "--show-interactive-dev-session=false"];
    words.extend(fixed.map(Into::into));
    Ok(Program { words, stop_signal: "TERM" })
}

/// The address in the log, once it is there.
pub(super) fn address_in(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains(READY_MARK))?;
    let (_, address) = line.split_once(READY_MARK)?;
    Some(address.split_whitespace().next()?.to_owned())
}

/// The Worker's variables in the form of a `.dev.vars` file.
fn dev_vars(variables: &[(&str, String)]) -> Result<String> {
    variables.iter().map(|(name, value)| Ok(format!("{name}={}\n", quoted(value)?))).collect()
}

/// The format knows no escapes but takes three kinds of quotes; one that does not occur will do.
/// Double quotes come last: between them `\n` would become a new line.
fn quoted(value: &str) -> Result<String> {
    let quote = ['\'', '`', '"'].into_iter().find(|quote| !value.contains(*quote));
    let quote = quote.context("a variable holds every kind of quote")?;
    Ok(format!("{quote}{value}{quote}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::worker::json_variable;

    #[test]
    fn the_address_is_read_from_the_log() {
        let log = "Starting\n[worker:info] Ready on http://127.0.0.1:41893\nGET / 200\n";
        assert_eq!(address_in(log).as_deref(), Some("http://127.0.0.1:41893"));
        assert_eq!(address_in("Starting\n"), None);
    }

    #[test]
    fn a_value_keeps_its_quotes() {
        assert_eq!(quoted(r#"[{"id":"a"}]"#).ok().as_deref(), Some(r#"'[{"id":"a"}]'"#));
        assert_eq!(quoted("it's").ok().as_deref(), Some("`it's`"));
        assert!(quoted("'`\"").is_err());
        let json = json_variable("{\"a\":\n\"it's `b`\"}");
        assert_eq!(quoted(&json).ok().as_deref(), Some(r#"'{"a":"it\u0027s `b`"}'"#));
    }
}
