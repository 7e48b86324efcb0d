//! Turns `sql/schema.sql` into the static tables of `rowgate_core::schema`.

#[path = "build/ddl.rs"]
mod ddl;
#[path = "build/emit.rs"]
mod emit;

use std::path::Path;
use std::{env, fs, process};

/// The schema, as named in messages and found from this crate's folder.
const SCHEMA: &str = "sql/schema.sql";

fn main() {
    let path = Path::new("..").join(SCHEMA);
    println!("cargo::rerun-if-changed={}", path.display());
    println!("cargo::rerun-if-changed=build");

    let sql = fs::read_to_string(&path).unwrap_or_else(|error| fail(&format!("{SCHEMA}: {error}")));
    let tables = ddl::parse(&sql)
        .unwrap_or_else(|error| fail(&format!("{SCHEMA}:{}: {}", error.line, error.message)));

    let out = env::var("OUT_DIR").unwrap_or_else(|error| fail(&format!("OUT_DIR: {error}")));
    if let Err(error) = fs::write(Path::new(&out).join("schema.rs"), emit::tables(&tables)) {
        fail(&format!("{out}: {error}"));
    }
}

fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    process::exit(1);
}
