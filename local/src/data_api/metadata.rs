//! `columnMetadata`: what JDBC says about a result column.

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use serde::Serialize;

use super::fields::{BINARY_CHARSET, is_boolean};

/// One entry of `columnMetadata`, with every member that the service model has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ColumnMetadata {
    array_base_column_type: i32,
    is_auto_increment: bool,
    is_case_sensitive: bool,
    is_currency: bool,
    is_signed: bool,
    label: String,
    name: String,
    nullable: i32,
    precision: u32,
    scale: u32,
    schema_name: String,
    table_name: String,
    /// A constant of `java.sql.Types`.
    #[serde(rename = "type")]
    jdbc_type: i32,
    type_name: String,
}

impl From<&Column> for ColumnMetadata {
    fn from(column: &Column) -> Self {
        let flags = column.flags();
        let unsigned = flags.contains(ColumnFlags::UNSIGNED_FLAG);
        let (jdbc_type, type_name, precision) = describe(column);
        let number = precision.is_some();
        let name = column.org_name_str();
        Self {
            array_base_column_type: 0,
            is_auto_increment: flags.contains(ColumnFlags::AUTO_INCREMENT_FLAG),
            is_case_sensitive: is_text(column) && flags.contains(ColumnFlags::BINARY_FLAG),
            is_currency: false,
            is_signed: number && !unsigned,
            label: column.name_str().into_owned(),
            // An expression has no name of its own.
            name: if name.is_empty() { column.name_str().into() } else { name.into() },
            nullable: i32::from(!flags.contains(ColumnFlags::NOT_NULL_FLAG)),
            precision: precision.unwrap_or_else(|| length_in_characters(column)),
            scale: scale(column),
            // MySQL's databases are catalogs to JDBC, so there is never a schema.
            schema_name: String::new(),
            table_name: column.org_table_str().into_owned(),
            jdbc_type,
            type_name: if number && unsigned {
                format!("{type_name} UNSIGNED")
            } else {
                type_name.to_owned()
            },
        }
    }
}

/// The JDBC type, MySQL's name for it, and the digits of a number.
///
/// Source: dev.mysql.com "Connector/J: Java, JDBC, and MySQL Types".
fn describe(column: &Column) -> (i32, &'static str, Option<u32>) {
    use ColumnType::*;
    let flags = column.flags();
    let (text, binary) = (is_text(column), column.character_set() == BINARY_CHARSET);
    match column.column_type() {
        _ if is_boolean(column) => (-7, "BIT", None),
        _ if flags.contains(ColumnFlags::ENUM_FLAG) => (1, "ENUM", None),
        MYSQL_TYPE_BIT => (-7, "BIT", None),
        MYSQL_TYPE_TINY => (-6, "TINYINT", Some(3)),
        MYSQL_TYPE_SHORT => (5, "SMALLINT", Some(5)),
        MYSQL_TYPE_INT24 => (4, "MEDIUMINT", Some(7)),
        MYSQL_TYPE_LONG => (4, "INT", Some(10)),
        MYSQL_TYPE_LONGLONG => (-5, "BIGINT", Some(19)),
        MYSQL_TYPE_FLOAT => (7, "FLOAT", Some(12)),
        MYSQL_TYPE_DOUBLE => (8, "DOUBLE", Some(22)),
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => (3, "DECIMAL", Some(decimal_digits(column))),
        MYSQL_TYPE_DATE => (91, "DATE", None),
        MYSQL_TYPE_TIME => (92, "TIME", None),
        MYSQL_TYPE_DATETIME => (93, "DATETIME", None),
        MYSQL_TYPE_TIMESTAMP => (93, "TIMESTAMP", None),
        MYSQL_TYPE_JSON => (-1, "JSON", None),
        MYSQL_TYPE_NULL => (0, "NULL", None),
        MYSQL_TYPE_STRING if binary => (-2, "BINARY", None),
        MYSQL_TYPE_STRING => (1, "CHAR", None),
        MYSQL_TYPE_VAR_STRING | MYSQL_TYPE_VARCHAR if binary => (-3, "VARBINARY", None),
        MYSQL_TYPE_VAR_STRING | MYSQL_TYPE_VARCHAR => (12, "VARCHAR", None),
        _ if text => (-1, "TEXT", None),
        _ => (-4, "BLOB", None),
    }
}

fn is_text(column: &Column) -> bool {
    use ColumnType::*;
    let of_text_type = matches!(
        column.column_type(),
        MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
    );
    of_text_type && column.character_set() != BINARY_CHARSET
}

/// The length on the wire counts bytes, four for a character of utf8mb4.
fn length_in_characters(column: &Column) -> u32 {
    if is_text(column) { column.column_length() / 4 } else { column.column_length() }
}

/// The length on the wire also counts the sign and the point.
fn decimal_digits(column: &Column) -> u32 {
    let sign = u32::from(!column.flags().contains(ColumnFlags::UNSIGNED_FLAG));
    let point = u32::from(column.decimals() > 0);
    column.column_length().saturating_sub(sign + point)
}

/// 31 and 39 stand for "not fixed".
fn scale(column: &Column) -> u32 {
    match column.decimals() {
        decimals @ 0..=30 => decimals.into(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_a_decimal() {
        let column = Column::new(ColumnType::MYSQL_TYPE_NEWDECIMAL)
            .with_column_length(12)
            .with_decimals(2)
            .with_name(b"price");
        let metadata = ColumnMetadata::from(&column);
        assert_eq!((metadata.precision, metadata.scale), (10, 2));
        assert_eq!((metadata.jdbc_type, metadata.type_name.as_str()), (3, "DECIMAL"));
        assert_eq!((metadata.name.as_str(), metadata.nullable), ("price", 1));
    }

    #[test]
    fn an_unsigned_number_says_so() {
        let column = Column::new(ColumnType::MYSQL_TYPE_LONG)
            .with_flags(ColumnFlags::UNSIGNED_FLAG | ColumnFlags::NOT_NULL_FLAG);
        let metadata = ColumnMetadata::from(&column);
        assert_eq!(metadata.type_name, "INT UNSIGNED");
        assert!(!metadata.is_signed);
        assert_eq!(metadata.nullable, 0);
    }
}
