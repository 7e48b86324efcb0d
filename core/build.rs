//! Turns `sql/schema.sql`, `sql/ledger.sql` and the migrations of both into the static data of
//! `rowgate_core`.

#[path = "build/ddl.rs"]
mod ddl;
#[path = "build/emit.rs"]
mod emit;
#[path = "build/ledger.rs"]
mod ledger;
#[path = "build/migrations.rs"]
mod migrations;

use std::path::Path;
use std::{env, fs, io, process};

use ddl::Error;

/// The schema, as named in messages and found from the folder above this crate's.
const SCHEMA: &str = "sql/schema.sql";

/// The ledger's tables, named and found likewise.
const LEDGER: &str = "sql/ledger.sql";

/// The folder of the numbered migrations, named and found likewise.
const MIGRATIONS: &str = "sql/migrations";

/// The folder of the ledger's own, named and found likewise.
const LEDGER_MIGRATIONS: &str = "sql/ledger";

fn main() {
    for path in [SCHEMA, LEDGER, MIGRATIONS, LEDGER_MIGRATIONS] {
        println!("cargo::rerun-if-changed={}", Path::new("..").join(path).display());
    }
    println!("cargo::rerun-if-changed=build");

    let tables = ddl::parse(&read(SCHEMA)).unwrap_or_else(|error| fail_at(SCHEMA, &error));
    write("schema.rs", &emit::tables(&tables));

    let ledger = ledger::read(&read(LEDGER)).unwrap_or_else(|error| fail_at(LEDGER, &error));
    write("ledger.rs", &emit::ledger(&ledger));

    write("migrations.rs", &emit::migrations(&migrations(MIGRATIONS)));
    let of_ledger = migrations(LEDGER_MIGRATIONS);
    write("ledger_migrations.rs", &emit::migrations(&of_ledger));
    write("ledger_version.rs", &of_ledger.len().to_string());
}

fn migrations(folder: &str) -> Vec<migrations::Migration> {
    let files = migration_files(folder).unwrap_or_else(|error| fail(folder, &error));
    migrations::read(files)
        .unwrap_or_else(|it| fail_at(&format!("{folder}/{}", it.file), &it.error))
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new("..").join(path)).unwrap_or_else(|error| fail(path, &error))
}

/// The names and texts of the folder's files; its README and what an editor hides are none.
fn migration_files(folder: &str) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new("..").join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "README.md" && !name.starts_with('.') {
            files.push((name, fs::read_to_string(entry.path())?));
        }
    }
    Ok(files)
}

fn write(file: &str, text: &str) {
    let out = env::var("OUT_DIR").unwrap_or_else(|error| fail("OUT_DIR", &error));
    fs::write(Path::new(&out).join(file), text).unwrap_or_else(|error| fail(file, &error));
}

fn fail_at(file: &str, error: &Error) -> ! {
    fail(&format!("{file}:{}", error.line), &error.message)
}

fn fail(place: &str, message: &dyn std::fmt::Display) -> ! {
    println!("cargo::error={place}: {message}");
    process::exit(1);
}
