//! Writes parsed tables as Rust source.

use crate::ddl::{Column, Format, Kind, Table};
use crate::ledger::LedgerTable;
use crate::migrations::Migration;

/// The body of `static TABLES: &[Table]`, parents before children.
pub(crate) fn tables(tables: &[Table]) -> String {
    let tables: String = tables.iter().map(table).collect();
    format!("&[{tables}]")
}

fn table(table: &Table) -> String {
    let columns: String = table.columns.iter().map(column).collect();
    format!(
        "Table {{ name: {:?}, aliases: &{:?}, columns: &[{columns}], key: {}, create: {:?}, \
         comment: {:?} }},\n",
        table.name, table.aliases, table.key, table.create, table.comment
    )
}

fn column(column: &Column) -> String {
    format!(
        "Column {{ name: {:?}, aliases: &{:?}, column_type: {}, nullable: {}, \
         auto_increment: {}, references: {}, collation: {:?}, comment: {:?} }},\n",
        column.name,
        column.aliases,
        column_type(column),
        column.nullable,
        column.auto_increment,
        references(column),
        column.collation,
        column.comment
    )
}

fn column_type(column: &Column) -> String {
    let format = column.format.map(|Format::DateTime| "date-time");
    let name = sql_name(&column.kind);
    format!("ColumnType::known({name:?}, {format:?}, {:?})", column.collation)
}

/// The type as `information_schema` names it, without a display width.
fn sql_name(kind: &Kind) -> String {
    match kind {
        Kind::Int(name) => (*name).into(),
        Kind::Other(name) => name.clone(),
        Kind::Varchar { max_chars, .. } => format!("varchar({max_chars})"),
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

/// The body of `static MIGRATIONS: &[Migration]`, in order.
pub(crate) fn migrations(migrations: &[Migration]) -> String {
    let migrations: String = migrations.iter().map(migration).collect();
    format!("&[{migrations}]")
}

fn migration(migration: &Migration) -> String {
    format!(
        "Migration {{ number: {}, name: {:?}, text: {:?}, statements: &{:?} }},\n",
        migration.number, migration.name, migration.text, migration.statements
    )
}

/// The body of `static TABLES: &[LedgerTable]`.
pub(crate) fn ledger(tables: &[LedgerTable]) -> String {
    let table = |it: &LedgerTable| {
        format!("LedgerTable {{ name: {:?}, create: {:?} }},\n", it.name, it.create)
    };
    format!("&[{}]", tables.iter().map(table).collect::<String>())
}
