//! A table as an Avro schema.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::base::hex::hex;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The namespace of every record.
const NAMESPACE: &str = "rowgate";

/// The table's Avro schema as JSON, always the same text for the same table.
///
/// A record with a field for each column, in their order. What type a field has, the column's
/// says; a column that takes NULL is a union with `null` before
/// its type, and has the default `null`.
pub fn schema(table: &Table) -> String {
    let fields = fields(table, |column| if column.nullable { r#","default":null"# } else { "" });
    format!(
        r#"{{"type":"record","name":"{}","namespace":"{NAMESPACE}","fields":[{fields}]}}"#,
        table.name
    )
}

/// SHA-256 of the schema's Parsing Canonical Form, in hexadecimal.
///
/// Readers take two schemas with the same fingerprint for the same; defaults play no part.
pub fn fingerprint(table: &Table) -> String {
    hex(&Sha256::digest(canonical_form(table)))
}

/// The schema without what a reader does not need, each name with its namespace.
fn canonical_form(table: &Table) -> String {
    let fields = fields(table, |_| "");
    format!(r#"{{"name":"{NAMESPACE}.{}","type":"record","fields":[{fields}]}}"#, table.name)
}

/// The fields, of which no name needs escaping, each with what `rest` says behind its type.
fn fields(table: &Table, rest: impl Fn(&Column) -> &'static str) -> String {
    let field = |column: &Column| {
        let name = column.column_type.avro().name();
        let nullable = format!(r#"["null","{name}"]"#);
        let plain = format!(r#""{name}""#);
        let of_type = if column.nullable { nullable } else { plain };
        format!(r#"{{"name":"{}","type":{of_type}{}}}"#, column.name, rest(column))
    };
    table.columns.iter().map(field).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::OFFICE;
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;

    #[test]
    fn a_table_is_a_record() {
        assert_eq!(
            schema(OFFICE.table("employees").unwrap()),
            r#"{"type":"record","name":"employees","namespace":"rowgate","fields":["#.to_owned()
                + r#"{"name":"id","type":"int"},{"name":"name","type":"string"},"#
                + r#"{"name":"datetime","type":"string"},"#
                + r#"{"name":"department_id","type":["null","int"],"default":null},"#
                + r#"{"name":"job_id","type":["null","int"],"default":null}]}"#
        );
    }

    #[test]
    fn apache_knows_the_same_schema_and_fingerprint() {
        for table in OFFICE.tables() {
            let parsed = apache_avro::Schema::parse_str(&schema(table)).unwrap();
            assert_eq!(parsed.canonical_form(), canonical_form(table));
            assert_eq!(parsed.fingerprint::<Sha256>().to_string(), fingerprint(table));
        }
    }
}
