//! The Worker on Cloudflare's own runtime, workerd: requests reach it as they are.
//!
//! `wrangler dev` puts a proxy before the Worker. That reads every body to its end before it lets an answer out,
//! and answers 503 after the Worker has left one unread; Cloudflare does neither, and the gateway leaves bodies
//! unread on purpose.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::assets;
use super::{Program, WorkerOptions, write_private};
use crate::home::Home;

/// What Cloudflare does before it calls a Worker.
const FRONT: &str = include_str!("front.js");

/// The binding of a rate limit.
const LIMIT: &str = include_str!("limit.js");

/// What of `wrangler.toml` runs a Worker; another member than these is an error, since it would be passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkerConfig {
    main: PathBuf,
    compatibility_date: String,
    #[serde(default)]
    compatibility_flags: Vec<String>,
    #[serde(default)]
    vars: BTreeMap<String, String>,
    assets: Option<AssetsConfig>,
    #[serde(default)]
    ratelimits: Vec<RateLimitConfig>,
    // What these say, files and Cloudflare's side know.
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(rename = "rules")]
    _rules: Option<IgnoredAny>,
    #[serde(rename = "observability")]
    _observability: Option<IgnoredAny>,
    #[serde(rename = "env")]
    _env: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetsConfig {
    directory: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimitConfig {
    name: String,
    simple: RateLimitRate,
    #[serde(rename = "namespace_id")]
    _namespace_id: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimitRate {
    limit: u32,
    period: u32,
}

/// Writes all that the runtime needs into `folder`: a build later on does not change what runs.
pub(super) fn program(home: &Home, folder: &Path, options: &WorkerOptions<'_>) -> Result<Program> {
    let config: WorkerConfig =
        serde_json::from_value(options.config.clone()).context("wrangler.toml")?;
    let modules = copy_modules(&config.main, folder)?;
    let page = folder.join("page");
    fs::create_dir(&page)?;
    let assets = match &config.assets {
        Some(assets) => assets::copy(&assets.directory, &page)?,
        None => assets::Assets::new(),
    };
    for (name, text) in [("front.js", FRONT), ("limit.js", LIMIT)] {
        fs::write(folder.join(name), text)?;
    }
    let parts = Parts {
        modules: &modules,
        assets: &serde_json::to_string(&assets)?,
        page: page
            .to_str()
            .context("the folder for temporary files has a name that is not UTF-8")?,
        // 0 is a free port of the runtime's own choice, so no other program can take it first.
        port: options.port.unwrap_or(0),
        variables: options.variables,
    };
    let file = folder.join("workerd.capnp");
    write_private(&file, &parts.text(&config))?;
    // What it listens on goes to its standard output, which is the log.
    let words = [home.workerd()?.into(), "serve".into(), "--control-fd=1".into(), file.into()];
    Ok(Program { words: words.to_vec(), stop_signal: "KILL" })
}

/// The address that the runtime writes into its log.
pub(super) fn address_in(log: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Event {
        event: String,
        port: u16,
    }
    let mut events = log.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok());
    let listening = events.find(|event| event.event == "listen")?;
    Some(format!("http://127.0.0.1:{}", listening.port))
}

/// Copies the built Worker's files; their names, the entry's first.
fn copy_modules(main: &Path, folder: &Path) -> Result<Vec<String>> {
    let built = main.parent().context("the Worker's entry is in no folder")?;
    let mut names = Vec::new();
    for entry in fs::read_dir(built)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if module_kind(name).is_some() {
            // Not with its mode: other users cannot read what a stack makes.
            fs::write(folder.join(name), fs::read(&path)?)?;
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| (!main.ends_with(name), name.clone()));
    Ok(names)
}

/// What the runtime calls a module of this kind.
fn module_kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("esModule"),
        "wasm" => Some("wasm"),
        "txt" => Some("text"),
        _ => None,
    }
}

/// What a configuration is made of besides `wrangler.toml`.
struct Parts<'p> {
    modules: &'p [String],
    assets: &'p str,
    page: &'p str,
    port: u16,
    variables: &'p [(&'static str, String)],
}

impl Parts<'_> {
    /// The configuration in the runtime's own language, Cap'n Proto.
    fn text(&self, config: &WorkerConfig) -> String {
        let date = quoted(&config.compatibility_date);
        let flags: Vec<_> = config.compatibility_flags.iter().map(|flag| quoted(flag)).collect();
        let (flags, port) = (flags.join(", "), self.port);
        let (assets, page) = (quoted(self.assets), quoted(self.page));
        let (modules, bindings) = (self.modules(), self.bindings(config));
        format!(
            r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "front")],
  services = [
    (name = "front", worker = (
      modules = [(name = "front.js", esModule = embed "front.js")],
      compatibilityDate = {date},
      bindings = [
        (name = "ASSETS", json = {assets}),
        (name = "FILES", service = "page"),
        (name = "GATEWAY", service = "gateway"),
      ],
    )),
    (name = "gateway", worker = (
      modules = [{modules}],
      compatibilityDate = {date},
      compatibilityFlags = [{flags}],
      bindings = [
{bindings}      ],
    )),
    (name = "page", disk = (path = {page})),
    # The Data API of this stack is at an address that the runtime does not call by itself.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  extensions = [(modules = [(name = "rowgate:limit", internal = true, esModule = embed "limit.js")])],
);
"#
        )
    }

    fn modules(&self) -> String {
        let module = |name: &String| {
            let (kind, name) = (module_kind(name).unwrap_or_default(), quoted(name));
            format!("(name = {name}, {kind} = embed {name})")
        };
        self.modules.iter().map(module).collect::<Vec<_>>().join(", ")
    }

    /// A variable of the stack comes before one of `wrangler.toml`.
    fn bindings(&self, config: &WorkerConfig) -> String {
        let mut variables: BTreeMap<&str, &str> =
            config.vars.iter().map(|(name, value)| (&**name, &**value)).collect();
        variables.extend(self.variables.iter().map(|(name, value)| (*name, &**value)));
        let mut text = String::new();
        for (name, value) in variables {
            let _ = writeln!(text, "        (name = {}, text = {}),", quoted(name), quoted(value));
        }
        for limit in &config.ratelimits {
            let (name, RateLimitRate { limit, period }) = (quoted(&limit.name), &limit.simple);
            let _ = writeln!(
                text,
                "        (name = {name}, wrapped = (moduleName = \"rowgate:limit\", innerBindings = [\
                 (name = \"limit\", json = \"{limit}\"), (name = \"period\", json = \"{period}\")])),"
            );
        }
        text
    }
}

/// A text of Cap'n Proto, which knows the escapes of C.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..' ' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_quotes_and_lines() {
        assert_eq!(quoted("a\"b\\c\n'Zoë"), "\"a\\\"b\\\\c\\x0a'Zoë\"");
    }

    #[test]
    fn the_address_is_read_from_the_log() {
        let log = "warning\n{\"request_id\":\"x\"}\n{\"event\":\"listen\",\"socket\":\"http\",\"port\":41517}\n";
        assert_eq!(address_in(log).as_deref(), Some("http://127.0.0.1:41517"));
        assert_eq!(address_in("{\"event\":\"listen\",\"sock"), None);
    }

    #[test]
    fn the_checkouts_configuration_is_understood_and_an_unknown_member_is_not() {
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/../wrangler.toml");
        let text = fs::read_to_string(text).unwrap_or_default();
        let mut config: serde_json::Value = toml::from_str(&text).unwrap_or_default();
        // `rowgate dev` takes it away.
        config.as_object_mut().map(|config| config.remove("build"));
        assert!(serde_json::from_value::<WorkerConfig>(config.clone()).is_ok());
        config["triggers"] = serde_json::json!({ "crons": ["* * * * *"] });
        let error = serde_json::from_value::<WorkerConfig>(config).err();
        assert!(
            error.is_some_and(|error| error.to_string().starts_with("unknown field `triggers`"))
        );
    }

    #[test]
    fn a_configuration_names_modules_variables_and_limits() -> Result<()> {
        let config = serde_json::json!({
            "name": "x", "main": "/x/worker.js", "compatibility_date": "2026-04-01",
            "vars": { "A": "1", "B": "2" },
            "ratelimits": [{ "name": "L", "namespace_id": "1", "simple": { "limit": 5, "period": 10 } }],
        });
        let parts = Parts {
            modules: &["worker.js".to_owned(), "schema.txt".to_owned()],
            assets: "{}",
            page: "/p",
            port: 0,
            variables: &[("B", "3".to_owned())],
        };
        let text = parts.text(&serde_json::from_value(config)?);
        for part in [
            r#"modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "schema.txt", text = embed "schema.txt")]"#,
            "(name = \"A\", text = \"1\"),\n        (name = \"B\", text = \"3\"),\n        (name = \"L\", wrapped",
            r#"(name = "limit", json = "5"), (name = "period", json = "10")"#,
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        Ok(())
    }
}
