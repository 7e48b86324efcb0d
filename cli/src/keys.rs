//! `rowgate keys`: the file that is the value of the setting API_KEYS.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use rowgate_core::schema::Schema;
use rowgate_core::{ApiKey, KeyEntry, KeyRing};
use serde::Serialize;
use serde_json::json;

use crate::terminal::{self, Columns, Line, Look};

/// Make, list and revoke API keys in a file of record.
///
/// The file is the value of the setting API_KEYS. It holds digests, never keys; a change takes
/// effect when the setting is put again: npx wrangler secret put API_KEYS --name rowgate < api-keys.json
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    /// The file of record; `new` makes it if it is not there
    #[arg(long, global = true, default_value = "api-keys.json")]
    file: PathBuf,

    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    New(NewArgs),
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// Make a key and print it, once and never again.
#[derive(Debug, Args)]
struct NewArgs {
    /// The tables it may write, * for all [default: *]
    #[arg(long, value_name = "TABLE", value_delimiter = ',', num_args = 1)]
    tables: Option<Vec<String>>,

    /// When it stops being good: an RFC 3339 date-time, or a date, at whose beginning in UTC
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,

    #[arg(from_global)]
    json: bool,
}

/// List the keys by their ids.
#[derive(Debug, Args)]
struct ListArgs {
    /// Print a JSON array
    #[arg(from_global)]
    json: bool,
}

/// Remove a key.
#[derive(Debug, Args)]
struct RevokeArgs {
    /// Its id, as `rowgate keys list` shows it, or so much of its beginning that no other key has
    id: String,

    #[arg(from_global)]
    json: bool,
}

pub(crate) fn run(args: &KeysArgs, schema: Schema) -> Result<()> {
    match &args.command {
        KeysCommand::New(new) => make(&args.file, schema, new),
        KeysCommand::List(list) => show(&args.file, schema, list),
        KeysCommand::Revoke(revoke) => remove(&args.file, schema, revoke),
    }
}

fn make(path: &Path, schema: Schema, args: &NewArgs) -> Result<()> {
    let _lock = lock_folder(path)?;
    let mut ring = read_if_there(path, schema)?.unwrap_or_default();

    let key = generate()?;
    let mut entry = KeyEntry::new(&key);
    if let Some(tables) = &args.tables {
        entry = entry.only(tables, schema)?;
    }
    if let Some(expires) = &args.expires {
        entry = entry.until(expires)?;
        ensure!(!entry.has_expired(now()), "--expires {expires} is past; name a time to come");
    }
    let until = entry.expires().map_or_else(|| "without end".into(), |end| format!("until {end}"));
    let tables = entry.tables().join(", ");
    ring.add(entry)?;
    write(path, &ring)?;

    // Only now: a key that is not in the file would be a key for nothing.
    match args.json {
        true => terminal::out().json(&json!({ "id": key.id(), "key": key.expose() }))?,
        false => writeln!(terminal::out(), "{}", key.expose())?,
    }
    terminal::advise(&format!("made key {}, tables {tables}, {until}", key.id()));
    terminal::advise("this is the only time that it is shown; the file has its digest");
    tell_how_to_put(path);
    Ok(())
}

/// A key from the operating system's random numbers.
pub(crate) fn generate() -> Result<ApiKey> {
    // More than the 40 characters of a key take, even if chance throws many bytes away.
    let mut bytes = [0; 256];
    getrandom::fill(&mut bytes).context("the operating system gave no random numbers")?;
    let mut random = bytes.into_iter();
    Ok(ApiKey::generate(|| random.next().expect("256 random bytes hold 40 that are below 248")))
}

/// One key as `rowgate keys list --json` shows it.
#[derive(Serialize)]
struct Shown<'r> {
    id: &'r str,
    tables: &'r [&'static str],
    expires: Option<&'r str>,
    expired: bool,
}

fn show(path: &Path, schema: Schema, args: &ListArgs) -> Result<()> {
    let (ring, now) = (read(path, schema)?, now());
    let lines: Vec<_> = ring.entries().iter().map(|entry| line(entry, now)).collect();

    let mut out = terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&lines)?)?;
        return Ok(());
    }
    if terminal::is_for_people() {
        return Ok(out.columns(&columns(&lines))?);
    }
    for Shown { id, tables, expires, expired } in lines {
        let tables = tables.join(",");
        match expires {
            None => writeln!(out, "{id}  {tables}  never expires")?,
            Some(end) if expired => writeln!(out, "{id}  {tables}  expired {end}")?,
            Some(end) => writeln!(out, "{id}  {tables}  expires {end}")?,
        }
    }
    Ok(())
}

/// The time since the Unix epoch.
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn line(entry: &KeyEntry, now: Duration) -> Shown<'_> {
    Shown {
        id: entry.id(),
        tables: entry.tables(),
        expires: entry.expires(),
        expired: entry.has_expired(now),
    }
}

fn columns(keys: &[Shown<'_>]) -> Columns {
    let mut columns = Columns::new(&["id", "tables", "expires"]);
    for Shown { id, tables, expires, expired } in keys {
        let expires = match expires {
            None => Line::of(Look::Aside, "never"),
            Some(end) if *expired => Line::of(Look::Bad, format!("expired {end}")),
            Some(end) => Line::plain(end),
        };
        columns.push(vec![Line::plain(id), Line::plain(tables.join(",")), expires]);
    }
    columns
}

fn remove(path: &Path, schema: Schema, args: &RevokeArgs) -> Result<()> {
    let _lock = lock_folder(path)?;
    let mut ring = read(path, schema)?;
    let id = whole_id(&ring, &args.id).with_context(|| path.display().to_string())?;
    ring.remove(&id);
    write(path, &ring)?;
    if args.json {
        terminal::out().json(&json!({ "id": id }))?;
    }
    terminal::advise(&format!("removed key {id} from the file"));
    tell_how_to_put(path);
    Ok(())
}

/// The id of the one key that begins so.
fn whole_id(ring: &KeyRing, beginning: &str) -> Result<String> {
    let ids = ring.entries().iter().map(KeyEntry::id);
    let found: Vec<_> = ids.filter(|id| id.starts_with(beginning)).collect();
    match found.as_slice() {
        _ if found.contains(&beginning) => Ok(beginning.to_owned()),
        [] => bail!("no key {beginning}"),
        [id] if !beginning.is_empty() => Ok((*id).to_owned()),
        _ => bail!("several keys begin with {beginning}: {}", found.join(", ")),
    }
}

fn tell_how_to_put(path: &Path) {
    let path = path.display();
    terminal::advise(&format!(
        "takes effect with: npx wrangler secret put API_KEYS --name rowgate < {path}"
    ));
}

/// The keys of a file of record, which must be there.
pub(crate) fn read(path: &Path, schema: Schema) -> Result<KeyRing> {
    read_if_there(path, schema)?.with_context(|| format!("{}: no such file", path.display()))
}

fn read_if_there(path: &Path, schema: Schema) -> Result<Option<KeyRing>> {
    match fs::read_to_string(path) {
        Ok(json) => {
            let ring = KeyRing::from_json(&json, schema);
            ring.map(Some).with_context(|| format!("{}: left as it is", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Replaces the file in one step: a reader finds the old or the new one whole.
fn write(path: &Path, ring: &KeyRing) -> Result<()> {
    let json = ring.to_json()?;
    let replace = || -> std::io::Result<()> {
        // Only its owner may read a temporary file, and it keeps that when it gets its name.
        let mut file = tempfile::NamedTempFile::new_in(folder(path))?;
        file.write_all(json.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    replace().with_context(|| path.display().to_string())
}

/// Keeps other commands out between reading and writing; the file itself is replaced meanwhile.
fn lock_folder(path: &Path) -> Result<File> {
    let lock = || -> std::io::Result<File> {
        let folder = File::open(folder(path))?;
        folder.lock()?;
        Ok(folder)
    };
    lock().with_context(|| path.display().to_string())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
