//! The files that `rowgate dev` and `rowgate deploy` need besides this program.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use tar::Archive;

use crate::terminal;

/// The files of an installed program; empty in a program that was built without them.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/home.tar.gz"));

/// Where the AWS side's templates are.
const TEMPLATES: &str = "infra/build/templates";

/// A folder with the built Worker, its configuration, and npm's packages that run it.
///
/// That is a checkout, or a copy of what travels with an installed program.
pub(crate) struct Home {
    root: PathBuf,
    is_checkout: bool,
}

impl Home {
    /// Looks for a checkout upwards from the working folder, then from this program
    /// (`target/debug/rowgate`). Without one an installed program unpacks its own files into the stack's
    /// folder.
    pub(crate) fn find(stack_folder: &Path) -> Result<Self> {
        let starts = [env::current_dir()?, env::current_exe()?];
        let mut folders = starts.iter().flat_map(|start| start.ancestors());
        match folders.find(|folder| is_checkout(folder)) {
            Some(root) => Self::checkout(root),
            None => Self::unpack(&stack_folder.join("home")),
        }
    }

    fn checkout(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_owned(), is_checkout: true };
        ensure!(has_wrangler(root), "node_modules is missing; run `make setup`");
        ensure!(home.built_worker().is_file(), "the Worker is not built; run `make edge`");
        Ok(home)
    }

    fn unpack(root: &Path) -> Result<Self> {
        ensure!(
            !ARCHIVE.is_empty(),
            "this program was built without the Worker; run it in a checkout of rowgate, or build it after \
             `make edge` with `cargo install --path cli`"
        );
        Archive::new(GzDecoder::new(ARCHIVE)).unpack(root).context("unpacking the Worker")?;
        let modules = npm_packages(root)?.join("node_modules");
        symlink(&modules, root.join("node_modules"))?;
        Ok(Self { root: root.to_owned(), is_checkout: false })
    }

    /// What node runs for the command `wrangler`.
    pub(crate) fn wrangler(&self) -> PathBuf {
        self.root.join("node_modules/wrangler/bin/wrangler.js")
    }

    /// The script that runs the Worker bare; it finds Miniflare in the folder's node_modules.
    pub(crate) fn bare_worker(&self) -> PathBuf {
        self.root.join("cli/src/dev/worker.mjs")
    }

    fn built_worker(&self) -> PathBuf {
        self.root.join("edge/build/worker.js")
    }

    /// Whether it is a checkout, whose files are not this program's to change.
    pub(crate) fn is_checkout(&self) -> bool {
        self.is_checkout
    }

    /// The file with the tables that the Worker serves where no setting says otherwise.
    pub(crate) fn worker_schema(&self) -> PathBuf {
        self.root.join("edge/build/schema.txt")
    }

    /// The template of the AWS side, for a kind of database.
    pub(crate) fn template(&self, kind: &str) -> Result<Value> {
        let path = self.root.join(TEMPLATES).join(format!("{kind}.json"));
        let text =
            fs::read(&path).context("this program was built without the AWS side's templates")?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// `wrangler.toml` as JSON that means the same in another folder, and builds nothing.
    pub(crate) fn worker_config(&self) -> Result<Value> {
        let path = self.root.join("wrangler.toml");
        let text = fs::read_to_string(&path)?;
        let config = relocate(&text, &self.root);
        let mut config = config.with_context(|| path.display().to_string())?;
        // `make demo` shows no page, so a checkout may have built none.
        if !self.root.join("console/build").is_dir()
            && let Some(config) = config.as_object_mut()
        {
            config.remove("assets");
        }
        Ok(config)
    }

    /// The same, but it lets so many requests pass in a period.
    pub(crate) fn worker_config_with_limit(&self, rate_limit: u32) -> Result<Value> {
        let mut config = self.worker_config()?;
        for binding in config["ratelimits"].as_array_mut().into_iter().flatten() {
            binding["simple"]["limit"] = rate_limit.into();
        }
        Ok(config)
    }
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("wrangler.toml").is_file() && folder.join("edge/Cargo.toml").is_file()
}

fn has_wrangler(folder: &Path) -> bool {
    folder.join("node_modules/wrangler").is_dir()
}

/// The folder whose `node_modules` has wrangler: that of npm's package of rowgate, or a cache of this user,
/// into which it is installed once.
fn npm_packages(root: &Path) -> Result<PathBuf> {
    let this = env::current_exe()?.canonicalize()?;
    if let Some(folder) = this.ancestors().find(|folder| has_wrangler(folder)) {
        return Ok(folder.to_owned());
    }
    let version = wrangler_version(root)?;
    let cache = cache()?.join(format!("wrangler-{version}"));
    if !has_wrangler(&cache) {
        install(&cache, &version)?;
    }
    Ok(cache)
}

/// The version that this program was tested with.
fn wrangler_version(root: &Path) -> Result<String> {
    let package: Value = serde_json::from_slice(&fs::read(root.join("package.json"))?)?;
    let version = package["devDependencies"]["wrangler"].as_str();
    Ok(version.context("package.json names no version of wrangler")?.to_owned())
}

fn cache() -> Result<PathBuf> {
    let set = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache"));
    Ok(set.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?.join("rowgate"))
}

/// Installs wrangler with the Workers runtime into a folder of its own, whole or not at all.
fn install(folder: &Path, version: &str) -> Result<()> {
    terminal::advise(&format!(
        "installing wrangler {version} with the Workers runtime, once for this user"
    ));
    let parent = folder.parent().context("no folder for caches")?;
    fs::create_dir_all(parent)?;
    let partial = tempfile::Builder::new().prefix("wrangler-").tempdir_in(parent)?;
    let installed = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(partial.path())
        .arg(format!("wrangler@{version}"))
        .output();
    let output = match installed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("`rowgate dev` needs Node.js 20 or newer, with npm: https://nodejs.org")
        }
        output => output.context("npm could not be started")?,
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "npm could not install wrangler {version}: {}", errors.trim());
    match fs::rename(partial.path(), folder) {
        // Another stack was faster.
        Err(_) if has_wrangler(folder) => Ok(()),
        renamed => Ok(renamed?),
    }
}

fn relocate(text: &str, root: &Path) -> Result<Value> {
    let mut config: Value = toml::from_str(text)?;
    // Several stacks would build at the same time, and a change would reach running tests.
    if let Some(config) = config.as_object_mut() {
        config.remove("build");
    }
    for pointer in ["/main", "/assets/directory"] {
        let Some(value) = config.pointer_mut(pointer) else { continue };
        let path = value.as_str().with_context(|| format!("{pointer} is not a string"))?;
        let path = root.join(path);
        *value = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?.into();
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relocated_config_has_absolute_paths_and_no_build() {
        let text = r#"
            name = "rowgate"
            main = "edge/build/index.js"
            [build]
            command = "make edge"
            [assets]
            directory = "console"
        "#;
        let config = relocate(text, Path::new("/checkout")).ok();
        let expected = serde_json::json!({
            "name": "rowgate",
            "main": "/checkout/edge/build/index.js",
            "assets": { "directory": "/checkout/console" },
        });
        assert_eq!(config, Some(expected));
    }

    #[test]
    fn wrangler_is_of_the_version_that_was_tested() -> Result<()> {
        let version = wrangler_version(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))?;
        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{version}");
        Ok(())
    }
}
