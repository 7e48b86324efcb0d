//! The core's tests from outside, in one program: each that is linked by itself takes as long as ten of
//! its files.
#![allow(clippy::unwrap_used)]

#[path = "../build/ddl.rs"]
#[allow(dead_code, reason = "build.rs uses the rest")]
mod ddl;
#[path = "../build/migrations.rs"]
mod migrations;
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
mod column_types;
mod doctor;
mod gate;
mod idempotency;
mod imports;
mod interruption;
mod lengths;
mod load;
mod load_object;
mod migrate;
#[cfg(feature = "avro")]
mod own_schema;
mod readme;
mod requests;
#[cfg(feature = "avro")]
mod restore;
mod schema_is_given;
mod schema_sql;
mod sizes;
mod store;
mod type_names;
mod unreachable;
mod wake_up;

/// Programs of their own: what is measured is the process.
const OTHERS: [&str; 2] = ["main", "many_backups"];

#[test]
fn every_file_is_a_module() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let names: Vec<_> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names.iter().filter(|name| !OTHERS.contains(&name.as_str())) {
        let declared = format!("\nmod {name};\n");
        assert!(include_str!("main.rs").contains(&declared), "main.rs has no `mod {name};`");
    }
}
