//! A table as an Avro schema.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::names::{TRUE_NAME, avro_name, field_names};
use crate::base::hex::hex;
use crate::base::json_string::write_string;
use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// The namespace of every record.
const NAMESPACE: &str = "rowgate";

/// The table's Avro schema as JSON, always the same text for the same table.
///
/// A record with a field for each column, in their order. A name that Avro does not take is escaped, with the
/// true one in the property `rowgate_name`. What type a field has, the column's
/// says; a column that takes NULL is a union with `null` before
/// its type, and has the default `null`.
pub fn schema(table: &Table) -> String {
    let rest = |column: &Column, field: &str| {
        let default = if column.nullable { r#","default":null"# } else { "" };
        [default, &true_name(column.name, field)].concat()
    };
    let (fields, name) = (fields(table, whole_type, rest), avro_name(table.name));
    let its = true_name(table.name, &name);
    format!(
        r#"{{"type":"record","name":"{name}","namespace":"{NAMESPACE}"{its},"fields":[{fields}]}}"#
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
    let (fields, name) = (fields(table, primitive, |_, _| String::new()), avro_name(table.name));
    format!(r#"{{"name":"{NAMESPACE}.{name}","type":"record","fields":[{fields}]}}"#)
}

/// The property with a name, where Avro has another one for it.
fn true_name(name: &str, avro: &str) -> String {
    if name == avro {
        return String::new();
    }
    let mut property = format!(r#","{TRUE_NAME}":"#);
    write_string(&mut property, name);
    property
}

/// A type as JSON, with what its values mean.
fn whole_type(of: AvroType) -> String {
    let name = of.primitive();
    match of.logical() {
        Some(logical) => format!(r#"{{"type":"{name}",{logical}}}"#),
        None => format!(r#""{name}""#),
    }
}

/// The fields, each with its type as `of_type` says it, and what `rest` says behind it of the column and the
/// field's name.
fn fields(
    table: &Table,
    of_type: impl Fn(AvroType) -> String,
    rest: impl Fn(&Column, &str) -> String,
) -> String {
    let field = |(column, name): (&Column, &Cow<'_, str>)| {
        let plain = of_type(column.column_type.avro());
        let of_type = if column.nullable { format!(r#"["null",{plain}]"#) } else { plain };
        format!(r#"{{"name":"{name}","type":{of_type}{}}}"#, rest(column, name))
    };
    let names = field_names(table);
    table.columns.iter().zip(&names).map(field).collect::<Vec<_>>().join(",")
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
    fn a_name_that_avro_does_not_take_is_beside_the_one_that_it_does() {
        let column = Column::new(r#"unit "price""#, ColumnType::known("int", None, None));
        let table = Table::new("Order Lines", Box::leak(Box::new([column])));
        let whole = schema(&table);
        assert_eq!(
            whole,
            r#"{"type":"record","name":"Order_x20_Lines","namespace":"rowgate","#.to_owned()
                + r#""rowgate_name":"Order Lines","fields":[{"name":"unit_x20__x22_price_x22_","#
                + r#""type":["null","int"],"default":null,"rowgate_name":"unit \"price\""}]}"#
        );
        let parsed = apache_avro::Schema::parse_str(&whole).unwrap();
        assert_eq!(parsed.canonical_form(), canonical_form(&table));
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
