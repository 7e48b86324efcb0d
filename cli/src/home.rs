//! The files that `rowgate dev` and `rowgate deploy` need besides this program.

mod npm;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use npm::Package;
use serde_json::Value;
use tar::Archive;

/// The files of an installed program; empty in a program that was built without them.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/home.tar.gz"));

/// Where the AWS side's templates are.
const TEMPLATES: &str = "infra/build/templates";

/// A folder with the built Worker and its configuration.
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
        Ok(Self { root: root.to_owned(), is_checkout: false })
    }

    /// Cloudflare's runtime, which is fetched from npm once for a user.
    pub(crate) fn workerd(&self) -> Result<PathBuf> {
        Ok(self.package(&Package::workerd(&self.versions())?)?.join("bin/workerd"))
    }

    /// What node runs for the command `wrangler`, which is fetched from npm once for a user.
    pub(crate) fn wrangler(&self) -> Result<PathBuf> {
        Ok(self.package(&Package::wrangler(&self.versions())?)?.join("bin/wrangler.js"))
    }

    fn package(&self, package: &Package) -> Result<PathBuf> {
        if self.is_checkout { package.in_checkout(&self.root) } else { package.installed() }
    }

    /// The file that says which versions were tested.
    fn versions(&self) -> PathBuf {
        self.root.join("package.json")
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
}
