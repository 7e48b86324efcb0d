//! The core's tests from outside, in one program: each that is linked by itself takes as long as ten of
//! its files.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

mod source;
#[cfg_attr(not(feature = "avro"), allow(dead_code, reason = "tests of backups use the rest"))]
mod world;

mod architecture;
#[cfg(feature = "avro")]
mod avro;
#[cfg(feature = "avro")]
mod backup;
#[cfg(feature = "avro")]
mod bulk_tables;
mod checks;
mod column_types;
mod constraints;
mod doctor;
mod documents;
mod fill;
mod gate;
mod idempotency;
mod imports;
mod interruption;
mod layouts;
mod lengths;
mod live_schema;
mod load;
#[cfg(feature = "avro")]
mod load_formats;
mod load_object;
mod migrate;
#[cfg(feature = "avro")]
mod own_schema;
mod quoted_names;
mod requests;
#[cfg(feature = "avro")]
mod restore;
mod schema_is_given;
mod sheet;
mod sizes;
mod store;
mod text_keys;
mod type_names;
mod unreachable;
mod wake_up;
#[cfg(feature = "zstd")]
mod zstandard;

/// Crates whose tests are one program, and the files that are programs of their own: what they measure is
/// the process.
const CRATES: [(&str, &[&str]); 3] =
    [("core", &["main", "many_backups"]), ("local", &["main"]), ("cli", &["main"])];

#[test]
fn every_file_is_a_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, programs) in CRATES {
        let folder = root.join(name).join("tests");
        let main = fs::read_to_string(folder.join("main.rs")).unwrap();
        let modules = modules(&folder);
        assert!(modules.len() > 3, "{modules:?}");
        for module in modules.iter().filter(|module| !programs.contains(&module.as_str())) {
            let declared = format!("\nmod {module};\n");
            assert!(main.contains(&declared), "{name}/tests/main.rs has no `mod {module};`");
        }
    }
}

/// The names of a folder's files in Rust, and of the folders that are modules.
fn modules(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_module = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists()
    };
    let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.filter(is_module).map(name).collect()
}
