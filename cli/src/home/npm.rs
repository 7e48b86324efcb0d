//! Packages of npm that run the Worker, or put it into Cloudflare.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::terminal;

/// A package in the version that this program was tested with.
pub(super) struct Package {
    name: String,
    version: String,
    /// What it is to a person.
    title: &'static str,
}

impl Package {
    /// Cloudflare's runtime for this kind of machine.
    pub(super) fn workerd(versions: &Path) -> Result<Self> {
        let machine = match (env::consts::OS, env::consts::ARCH) {
            ("linux", "x86_64") => "linux-64",
            ("linux", "aarch64") => "linux-arm64",
            ("macos", "x86_64") => "darwin-64",
            ("macos", "aarch64") => "darwin-arm64",
            (system, processor) => bail!("there is no Workers runtime for {system} on {processor}"),
        };
        let name = format!("@cloudflare/workerd-{machine}");
        Ok(Self { name, version: version(versions, "workerd")?, title: "the Workers runtime" })
    }

    pub(super) fn wrangler(versions: &Path) -> Result<Self> {
        let version = version(versions, "wrangler")?;
        Ok(Self { name: "wrangler".to_owned(), version, title: "wrangler" })
    }

    /// Its folder in a checkout.
    pub(super) fn in_checkout(&self, root: &Path) -> Result<PathBuf> {
        let folder = self.folder(root);
        ensure!(folder.is_dir(), "{} is not in node_modules; run `make setup`", self.name);
        Ok(folder)
    }

    /// Its folder: in a `node_modules` beside or above this program, where npm has put both, or in a cache of
    /// this user, into which it is installed once.
    pub(super) fn installed(&self) -> Result<PathBuf> {
        let this = env::current_exe()?.canonicalize()?;
        if let Some(above) = this.ancestors().find(|above| self.is_in(above)) {
            return Ok(self.folder(above));
        }
        let short = self.name.rsplit('/').next().unwrap_or_default();
        let cache = cache()?.join(format!("{short}-{}", self.version));
        if !self.is_in(&cache) {
            self.install(&cache)?;
        }
        Ok(self.folder(&cache))
    }

    fn folder(&self, root: &Path) -> PathBuf {
        root.join("node_modules").join(&self.name)
    }

    /// Whether a folder has it in this very version; a project around this program may have another one.
    fn is_in(&self, root: &Path) -> bool {
        let package = read_package(&self.folder(root).join("package.json"));
        package.is_ok_and(|package| package["version"] == *self.version)
    }

    /// Installs it into a folder of its own, whole or not at all.
    fn install(&self, folder: &Path) -> Result<()> {
        let Self { name, version, title } = self;
        terminal::advise(&format!("fetching {title} from npm, once for this user"));
        let parent = folder.parent().context("no folder for caches")?;
        fs::create_dir_all(parent)?;
        let partial = tempfile::Builder::new().prefix("npm-").tempdir_in(parent)?;
        let installed = Command::new("npm")
            .args(["install", "--loglevel=error", "--no-audit", "--no-fund", "--prefix"])
            .arg(partial.path())
            .arg(format!("{name}@{version}"))
            .output();
        let output = match installed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!(
                    "npm is needed to fetch {title}: install Node.js 20 or newer, https://nodejs.org"
                )
            }
            output => output.context("npm could not be started")?,
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        let done = output.status.success() && self.is_in(partial.path());
        ensure!(done, "npm could not install {name} {version}: {}", errors.trim());
        match fs::rename(partial.path(), folder) {
            // Another process was faster.
            Err(_) if self.is_in(folder) => Ok(()),
            renamed => Ok(renamed?),
        }
    }
}

/// The version that a checkout's `package.json` names.
fn version(package: &Path, name: &str) -> Result<String> {
    let versions = read_package(package)?;
    let version = versions["devDependencies"][name].as_str();
    Ok(version.with_context(|| format!("package.json names no version of {name}"))?.to_owned())
}

fn read_package(path: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn cache() -> Result<PathBuf> {
    let set = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache"));
    Ok(set.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?.join("rowgate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrangler_and_its_runtime_are_of_the_versions_that_were_tested() -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let versions = root.join("package.json");
        for package in [Package::workerd(&versions)?, Package::wrangler(&versions)?] {
            let numbers: Vec<_> = package.version.split('.').collect();
            assert!(numbers.iter().all(|part| part.parse::<u32>().is_ok()), "{}", package.version);
        }
        // One version of the runtime: that of wrangler.
        let lock = read_package(&root.join("package-lock.json"))?;
        let miniflare = &lock["packages"]["node_modules/miniflare"]["dependencies"]["workerd"];
        assert_eq!(*miniflare, *Package::workerd(&versions)?.version);
        Ok(())
    }

    #[test]
    fn npm_says_why_it_cannot_install() -> Result<()> {
        let (name, version) = ("@a/b".to_owned(), "no version".to_owned());
        let folder = tempfile::tempdir()?;
        let cache = folder.path().join("cache");
        let refused = Package { name, version, title: "b" }.install(&cache);
        let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("could not install @a/b no version: npm"), "{error}");
        assert!(error.contains("Invalid tag name"), "{error}");
        assert!(!cache.exists());
        Ok(())
    }

    #[test]
    fn another_version_is_not_the_package() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let [right, other] = ["1.2.3", "1.2.4"].map(|version| Package {
            name: "@a/b".to_owned(),
            version: version.to_owned(),
            title: "b",
        });
        let place = folder.path().join("node_modules/@a/b");
        fs::create_dir_all(&place)?;
        assert!(!right.is_in(folder.path()));
        fs::write(place.join("package.json"), r#"{"version":"1.2.3"}"#)?;
        assert!(right.is_in(folder.path()) && !other.is_in(folder.path()));
        Ok(())
    }
}
