//! Where the checkout is, and what `rowgate dev` takes from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A checkout of rowgate whose Worker has been built.
pub(super) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// Looks upwards from the working folder, then from this program (`target/debug/rowgate`).
    pub(super) fn find() -> Result<Self> {
        let starts = [std::env::current_dir()?, std::env::current_exe()?];
        let root = starts
            .iter()
            .flat_map(|start| start.ancestors())
            .find(|folder| is_checkout(folder))
            .context("`rowgate dev` runs inside a checkout of rowgate")?
            .to_owned();

        let checkout = Self { root };
        ensure!(checkout.has_npm_packages(), "node_modules is missing; run `make setup`");
        ensure!(checkout.built_worker().is_file(), "the Worker is not built; run `make edge`");
        Ok(checkout)
    }

    /// What node runs for the command `wrangler`.
    pub(super) fn wrangler(&self) -> PathBuf {
        self.root.join("node_modules/wrangler/bin/wrangler.js")
    }

    /// The script that runs the Worker bare; it finds Miniflare in the checkout's node_modules.
    pub(super) fn bare_worker(&self) -> PathBuf {
        self.root.join("cli/src/dev/worker.mjs")
    }

    fn has_npm_packages(&self) -> bool {
        self.root.join("node_modules/wrangler").is_dir()
    }

    fn built_worker(&self) -> PathBuf {
        self.root.join("edge/build/worker.js")
    }

    /// `wrangler.toml` as JSON that means the same in another folder, builds nothing, and lets so
    /// many requests pass in a period.
    pub(super) fn worker_config(&self, rate_limit: u32) -> Result<Value> {
        let path = self.root.join("wrangler.toml");
        let text = std::fs::read_to_string(&path)?;
        let mut config = relocate(&text, &self.root).with_context(|| path.display().to_string())?;
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
