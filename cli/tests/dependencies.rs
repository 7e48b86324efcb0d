//! `docs/dependencies.md` has each direct dependency, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::{Table, Value};

/// A dependency's version and the folders that have it.
type Row = (String, BTreeSet<String>);

#[test]
fn each_crate_has_a_row() -> Result<()> {
    let mut found = BTreeMap::new();
    let workspace = manifest("Cargo.toml")?;
    let shared = &workspace["workspace"]["dependencies"];
    for member in workspace["workspace"]["members"].as_array().context("no members")? {
        let folder = member.as_str().context("a member is no text")?;
        let manifest = manifest(&format!("{folder}/Cargo.toml"))?;
        for (section, suffix) in [
            ("dependencies", ""),
            ("dev-dependencies", " (dev)"),
            ("build-dependencies", " (build)"),
        ] {
            for (name, own) in needed(&manifest, section) {
                let version = version(own).or_else(|| version(shared.get(name)?));
                if let Some(version) = version {
                    add(&mut found, name, version, format!("{folder}{suffix}"));
                }
            }
        }
    }
    // A member says what it needs by the names of the workspace, and the workspace has no other.
    let shared = shared.as_table().context("no dependencies")?;
    let unused = |name: &&String| !found.contains_key(*name) && !name.starts_with("rowgate-");
    assert_eq!(shared.keys().filter(unused).collect::<Vec<_>>(), [""; 0]);
    compare("## Crates", &found)
}

#[test]
fn each_package_of_node_has_a_row() -> Result<()> {
    let mut found = BTreeMap::new();
    for folder in
        ["root", "infra", "bench/peers/load-rows", "bench/peers/page", "bench/peers/worker"]
    {
        let path = root().join(folder.trim_start_matches("root")).join("package.json");
        let package: serde_json::Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        for section in ["dependencies", "devDependencies"] {
            for (name, version) in package[section].as_object().into_iter().flatten() {
                let version = version.as_str().context("a version is no text")?;
                add(&mut found, name, version, folder.to_owned());
            }
        }
    }
    compare("## Packages of Node.js", &found)
}

/// Those that are pinned only since others use them come in a second paragraph.
#[test]
fn each_package_of_python_has_a_row() -> Result<()> {
    let mut found = BTreeMap::new();
    for folder in ["tests", "infra", "bench/peers", "console/test"] {
        let text = fs::read_to_string(root().join(folder).join("requirements.txt"))?;
        let (direct, _) = text.split_once("\n\n").context("one paragraph")?;
        for (name, version) in direct.lines().filter_map(|line| line.split_once("==")) {
            add(&mut found, name, version, folder.to_owned());
        }
    }
    compare("## Packages of Python", &found)
}

/// What a section of a manifest names, for all machines and for some.
fn needed<'m>(
    manifest: &'m Table,
    section: &'m str,
) -> impl Iterator<Item = (&'m String, &'m Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let some = targets.filter_map(move |(_, target)| target.get(section));
    some.chain(manifest.get(section)).filter_map(Value::as_table).flatten()
}

fn add(found: &mut BTreeMap<String, Row>, name: &str, version: &str, folder: String) {
    let row = found.entry(name.to_owned()).or_insert_with(|| (version.to_owned(), BTreeSet::new()));
    row.1.insert(folder);
}

/// Fails with each row that is missing, too much, or another than the manifests say.
fn compare(heading: &str, found: &BTreeMap<String, Row>) -> Result<()> {
    let rows = rows(heading)?;
    let names: BTreeSet<_> = rows.keys().chain(found.keys()).collect();
    let is_other = |name: &&String| rows.get(*name) != found.get(*name);
    let describe = |name: &String| {
        format!("{name}: row {:?}, manifests {:?}", rows.get(name), found.get(name))
    };
    let others: Vec<_> = names.into_iter().filter(is_other).map(describe).collect();
    assert_eq!(others, [""; 0]);
    Ok(())
}

/// The rows of the table below a heading: name, version, where; why and without it are not empty.
fn rows(heading: &str) -> Result<BTreeMap<String, Row>> {
    let text = fs::read_to_string(root().join("docs/dependencies.md"))?;
    let (_, rest) = text.split_once(heading).context("no such heading")?;
    let section = rest.split("\n## ").next().unwrap_or_default();
    let mut rows = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, version, folders, why, without] = cells[..] else {
            panic!("not five cells: {line}");
        };
        assert!(!why.is_empty() && !without.is_empty(), "{name}: without a reason");
        let folders = folders.split(", ").map(str::to_owned).collect();
        let twice = rows.insert(name.to_owned(), (version.to_owned(), folders));
        assert!(twice.is_none(), "{name}: two rows");
    }
    Ok(rows)
}

/// A dependency's version; one that is a folder here has none.
fn version(dependency: &Value) -> Option<&str> {
    dependency.as_str().or_else(|| dependency.get("version")?.as_str())
}

fn manifest(path: &str) -> Result<Table> {
    Ok(fs::read_to_string(root().join(path))?.parse()?)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
