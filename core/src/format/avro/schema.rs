//! A table as an Avro schema.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::base::hex::hex;
use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// The namespace of every record.
const NAMESPACE: &str = "rowgate";

/// The table's Avro schema as JSON, always the same text for the same table.
///
/// A record with a field for each column, in their order. What type a field has, the column's
/// says; a column that takes NULL is a union with `null` before
/// its type, and has the default `null`.
pub fn schema(table: &Table) -> String {
    let default = |column: &Column| if column.nullable { r#","default":null"# } else { "" };
    let fields = fields(table, whole_type, default);
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
    let primitive = |of: AvroType| format!(r#""{}""#, of.primitive());
    let fields = fields(table, primitive, |_| "");
    format!(r#"{{"name":"{NAMESPACE}.{}","type":"record","fields":[{fields}]}}"#, table.name)
}

/// A type as JSON, with what its values mean.
fn whole_type(of: AvroType) -> String {
    let name = of.primitive();
    match of.logical() {
        Some(logical) => format!(r#"{{"type":"{name}",{logical}}}"#),
        None => format!(r#""{name}""#),
    }
}

/// The fields, of which no name needs escaping, each with its type as `of_type` says it, and what `rest`
/// says behind it.
fn fields(
    table: &Table,
    of_type: impl Fn(AvroType) -> String,
    rest: impl Fn(&Column) -> &'static str,
) -> String {
    let field = |column: &Column| {
        let plain = of_type(column.column_type.avro());
        let of_type = if column.nullable { format!(r#"["null",{plain}]"#) } else { plain };
        format!(r#"{{"name":"{}","type":{of_type}{}}}"#, column.name, rest(column))
    };
    table.columns.iter().map(field).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{ColumnType, OFFICE};
    use alloc::borrow::ToOwned;
    use alloc::boxed::Box;
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

    #[test]
    fn what_values_mean_is_in_the_schema_and_not_in_its_canonical_form() {
        for (name, of_type, canonical) in [
            (
                "bigint unsigned",
                r#"{"type":"bytes","logicalType":"decimal","precision":20,"scale":0}"#,
                r#""bytes""#,
            ),
            (
                "decimal(10,2)",
                r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}"#,
                r#""bytes""#,
            ),
            ("date", r#"{"type":"int","logicalType":"date"}"#, r#""int""#),
            (
                "datetime(6)",
                r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
                r#""long""#,
            ),
            ("decimal(39,2)", r#""string""#, r#""string""#),
        ] {
            let column = Column::new("c", ColumnType::known(name, None, None));
            let table = Table::new("t", Box::leak(Box::new([column])));
            let whole = schema(&table);
            assert!(whole.contains(&format!(r#""type":["null",{of_type}]"#)), "{whole}");
            assert!(apache_avro::Schema::parse_str(&whole).is_ok(), "{whole}");
            let form = canonical_form(&table);
            assert!(form.contains(&format!(r#""type":["null",{canonical}]"#)), "{form}");
        }
    }
}
