//! The page's files as Cloudflare serves them: their paths and headers, by the file `_headers` beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Where the rules for headers are; no file of the page.
const HEADERS: &str = "_headers";

/// What a browser asks each time, unless a rule says otherwise.
const ASK_AGAIN: &str = "public, max-age=0, must-revalidate";

/// How many bytes of the content's SHA-256 are in an ETag.
const ETAG_BYTES: usize = 16;

/// The paths of the page.
pub(super) type Assets = BTreeMap<String, Asset>;

/// Headers by their names in lower case.
type Headers = BTreeMap<String, String>;

/// What is behind a path: a file, or another path.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Asset {
    /// The file, below the page's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'static str>,
    /// The headers of every answer.
    always: Headers,
    /// Those of an answer with the file, or that it has not changed.
    content: Headers,
}

/// Copies the page's files from one folder into another, and says what is served of them.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Assets> {
    let rules = match fs::read_to_string(from.join(HEADERS)) {
        Ok(text) => read_rules(&text).with_context(|| from.join(HEADERS).display().to_string())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut assets = Assets::new();
    for file in files(from, "")?.into_iter().filter(|file| file != HEADERS) {
        let content = fs::read(from.join(&file))?;
        let copied = to.join(&file);
        fs::create_dir_all(copied.parent().context("a file without a folder")?)?;
        fs::write(&copied, &content)?;
        let path = if file == "index.html" { "/".to_owned() } else { format!("/{file}") };
        let asset = Asset::of(&path, &file, &content, &rules);
        assets.insert(path, asset);
    }
    let has_page = assets.contains_key("/");
    for path in ["/index", "/index.html"].into_iter().filter(|_| has_page) {
        let always = headers_of(path, &rules);
        let asset = Asset { location: Some("/"), always, ..Asset::default() };
        assets.insert(path.to_owned(), asset);
    }
    Ok(assets)
}

impl Asset {
    fn of(path: &str, file: &str, content: &[u8], rules: &[Rule]) -> Self {
        let always = headers_of(path, rules);
        let etag = etag(content);
        let said =
            [("content-type", media_type(file)), ("cache-control", ASK_AGAIN), ("etag", &etag)];
        let said = said.into_iter().filter(|(name, _)| !always.contains_key(*name));
        let content = said.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { file: Some(file.to_owned()), location: None, always, content }
    }
}

fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let digits: String = digest.iter().take(ETAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// The files below a folder, by their paths below the first one.
fn files(folder: &Path, above: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        let Ok(name) = name else { bail!("{}: its name is not UTF-8", entry.path().display()) };
        let path = format!("{above}{name}");
        match entry.file_type()?.is_dir() {
            true => found.extend(files(&entry.path(), &format!("{path}/"))?),
            false => found.push(path),
        }
    }
    Ok(found)
}

/// What the name of a file says of its content.
fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// Headers for the paths that a pattern names.
#[derive(Debug)]
struct Rule {
    /// The path, or its beginning.
    path: String,
    is_beginning: bool,
    headers: Vec<(String, String)>,
}

/// The rules of a file `_headers`: a pattern, and below it the headers, indented.
fn read_rules(text: &str) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    for line in lines.filter(|line| !line.trim_start().starts_with('#')) {
        match (line.strip_prefix([' ', '\t']), rules.last_mut()) {
            (None, _) => rules.push(Rule::read(line)?),
            (Some(header), Some(rule)) => rule.headers.push(read_header(header)?),
            (Some(_), None) => bail!("a header before the first path: {}", line.trim()),
        }
    }
    Ok(rules)
}

impl Rule {
    /// Of Cloudflare's patterns these: a path, or its beginning with `*` after it.
    fn read(line: &str) -> Result<Self> {
        let line = line.trim_end();
        let beginning = line.strip_suffix('*');
        let path = beginning.unwrap_or(line);
        if !path.starts_with('/') || path.contains(['*', ':']) {
            bail!("only a path, or its beginning with a * after it: {line}");
        }
        Ok(Self { path: path.to_owned(), is_beginning: beginning.is_some(), headers: Vec::new() })
    }

    fn is_for(&self, path: &str) -> bool {
        if self.is_beginning { path.starts_with(&self.path) } else { path == self.path }
    }
}

fn read_header(line: &str) -> Result<(String, String)> {
    match line.trim().split_once(':') {
        Some((name, value)) if !name.starts_with('!') => {
            Ok((name.trim().to_lowercase(), value.trim().to_owned()))
        }
        _ => bail!("not a header and its value: {}", line.trim()),
    }
}

/// A header that several rules have gets all of their values.
fn headers_of(path: &str, rules: &[Rule]) -> Headers {
    let mut headers = Headers::new();
    let rules = rules.iter().filter(|rule| rule.is_for(path));
    for (name, value) in rules.flat_map(|rule| &rule.headers) {
        let all = headers.entry(name.clone()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_headers_of_the_rules_for_their_paths() -> Result<()> {
        let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let rules = "# all\n/*\n  X-Frame-Options: DENY\n\n/assets/*\n  Cache-Control: immutable\n  X-Frame-Options: b\n";
        fs::create_dir(from.path().join("assets"))?;
        for (file, text) in [(HEADERS, rules), ("index.html", "<p>"), ("assets/a.js", "1")] {
            fs::write(from.path().join(file), text)?;
        }
        let assets = copy(from.path(), to.path())?;
        assert_eq!(fs::read(to.path().join("assets/a.js"))?, b"1");
        assert!(!to.path().join(HEADERS).exists());
        let paths: Vec<_> = assets.keys().map(String::as_str).collect();
        assert_eq!(paths, ["/", "/assets/a.js", "/index", "/index.html"]);
        assert_eq!(assets["/index.html"].location, Some("/"));
        let page = &assets["/"];
        assert_eq!(page.file.as_deref(), Some("index.html"));
        assert_eq!(page.content["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.content["cache-control"], ASK_AGAIN);
        assert_eq!(page.content["etag"].len(), 2 * ETAG_BYTES + 2);
        let script = &assets["/assets/a.js"];
        assert_eq!(script.always["x-frame-options"], "DENY, b");
        assert_eq!(
            (script.content.get("cache-control"), &*script.always["cache-control"]),
            (None, "immutable")
        );
        Ok(())
    }

    #[test]
    fn what_is_no_rule_is_an_error() {
        for (text, said) in [
            ("  A: b\n", "a header before the first path"),
            ("/a/:name\n", "only a path"),
            ("/*/b\n", "only a path"),
            ("https://x/*\n", "only a path"),
            ("/*\n  ! A\n", "not a header"),
            ("/*\n  ! A: b\n", "not a header"),
            ("/*\n  A\n", "not a header"),
        ] {
            let error = read_rules(text).err().map(|error| error.to_string());
            assert!(
                error.as_deref().is_some_and(|error| error.starts_with(said)),
                "{text}: {error:?}"
            );
        }
    }
}
