//! Writes parsed tables as Rust source.

use crate::ddl::{Column, Format, Kind, Table};

/// The body of `static TABLES: &[Table]`, parents before children.
pub(crate) fn tables(tables: &[Table]) -> String {
    let tables: String = tables.iter().map(table).collect();
    format!("&[{tables}]")
}

fn table(table: &Table) -> String {
    let columns: String = table.columns.iter().map(column).collect();
    format!(
        "Table {{ name: {:?}, aliases: &{:?}, columns: &[{columns}], key: {}, create: {:?} }},\n",
        table.name, table.aliases, table.key, table.create
    )
}

fn column(column: &Column) -> String {
    format!(
        "Column {{ name: {:?}, aliases: &{:?}, column_type: {}, nullable: {}, \
         auto_increment: {}, references: {} }},\n",
        column.name,
        column.aliases,
        column_type(column),
        column.nullable,
        column.auto_increment,
        references(column)
    )
}

fn column_type(column: &Column) -> String {
    match (&column.kind, column.format) {
        (Kind::Int { min, max }, _) => format!("ColumnType::Int {{ min: {min}, max: {max} }}"),
        (Kind::Varchar { .. }, Some(Format::DateTime)) => "ColumnType::DateTime".into(),
        (Kind::Varchar { max_chars, .. }, None) => {
            format!("ColumnType::Varchar {{ max_chars: {max_chars} }}")
        }
    }
}

fn references(column: &Column) -> String {
    match &column.references {
        None => "None".into(),
        Some((table, column)) => {
            format!("Some(Reference {{ table: {table:?}, column: {column:?} }})")
        }
    }
}
