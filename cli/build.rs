//! Puts what `rowgate dev` and `rowgate deploy` need besides this program into the program, and says of which commit it is.
//!
//! Only a release build with a built Worker (`make edge`) has these files; a debug build finds them in its
//! checkout.

use std::env;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::Builder;

/// Files and folders of the checkout, which have the same places in the archive.
const CONTENT: [&str; 4] = ["wrangler.toml", "package.json", "edge/build", "console/build"];

/// The AWS side as CDK synthesises it (`make templates`), which only a package needs.
const TEMPLATES: &str = "infra/build/templates";

fn main() -> io::Result<()> {
    let root = Path::new("..");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let content = if is_release { content(root) } else { Vec::new() };
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    write_archive(root, &content, &out.join("home.tar.gz"))?;

    println!("cargo::rerun-if-changed=build.rs");
    for name in content.iter().filter(|name| **name != TEMPLATES) {
        println!("cargo::rerun-if-changed=../{name}");
    }
    if is_release {
        println!("cargo::rerun-if-changed=../{TEMPLATES}");
    }
    println!("cargo::rerun-if-env-changed=ROWGATE_COMMIT");
    println!("cargo::rustc-env=ROWGATE_COMMIT={}", commit(is_release));
    Ok(())
}

/// What there is, or nothing where the Worker is not built.
fn content(root: &Path) -> Vec<&'static str> {
    match root.join("edge/build/index.js").is_file() {
        true => {
            let templates = Some(TEMPLATES).filter(|folder| root.join(folder).is_dir());
            CONTENT.into_iter().chain(templates).collect()
        }
        false => {
            println!(
                "cargo::warning=the Worker is not built (make edge): `rowgate dev` will need a checkout"
            );
            Vec::new()
        }
    }
}

/// An archive without any content is an empty file.
fn write_archive(root: &Path, content: &[&str], path: &Path) -> io::Result<()> {
    let file = File::create(path)?;
    if content.is_empty() {
        return Ok(());
    }
    let mut archive = Builder::new(GzEncoder::new(file, Compression::best()));
    archive.mode(tar::HeaderMode::Deterministic);
    for name in content {
        let source = root.join(name);
        match source.is_dir() {
            true => archive.append_dir_all(name, source)?,
            false => archive.append_path_with_name(source, name)?,
        }
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// The commit, if it is known: a debug build is not made anew for each commit.
fn commit(is_release: bool) -> String {
    let given = env::var("ROWGATE_COMMIT").ok();
    let asked = || {
        let output = Command::new("git").args(["rev-parse", "--short=9", "HEAD"]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    given.or_else(|| is_release.then(asked)?).unwrap_or_else(|| "development build".to_owned())
}
