//! Reads `CREATE TABLE` statements into the model that rowgate is built from.
//!
//! Everything that is not understood is an error with its line, and so is everything that would
//! break a promise rowgate makes later: a foreign key would follow the old table through the
//! `RENAME TABLE` of a restore, floating point and JSON have no exact checksum, a second unique
//! key would let an upsert change another row, a default would never be used since every
//! statement names every column.

use std::collections::HashSet;

use sqlparser::ast::{
    CharacterLength, ColumnDef, ColumnOption, CommentDef, CreateTable, CreateTableOptions,
    DataType, Expr, SqlOption, Statement, TableConstraint, Value,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

#[path = "split.rs"]
mod split;
#[path = "width.rs"]
mod width;
pub(crate) use split::{Error, Source, split};
pub(crate) use width::STATEMENT_LIMIT;

/// The most characters of a table's name: MySQL takes 64, and `__restore_20270115_080000_1a2b`
/// must fit behind it.
const LONGEST_NAME: usize = 34;

#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) columns: Vec<Column>,
    /// Index of the primary key's column.
    pub(crate) key: usize,
    /// The text of its COMMENT.
    pub(crate) comment: String,
    /// The statement as it stands in the file, without the semicolon.
    pub(crate) create: String,
    line: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) auto_increment: bool,
    pub(crate) format: Option<Format>,
    pub(crate) references: Option<(String, String)>,
    /// The text of its COMMENT.
    pub(crate) comment: String,
    /// The one that is written out.
    pub(crate) collation: Option<String>,
    primary: bool,
    line: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    /// By its name in `information_schema`.
    Int(&'static str),
    /// The same of other types.
    Other(String),
    Varchar {
        max_chars: u64,
        binary_collation: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Format {
    DateTime,
}

fn error<T>(line: u64, message: impl Into<String>) -> Result<T, Error> {
    Err(Error { line, message: message.into() })
}

/// Parses the whole file; the tables come back parents first.
pub(crate) fn parse(sql: &str) -> Result<Vec<Table>, Error> {
    let mut tables = Vec::new();
    for statement in split(sql)? {
        tables.push(create_table(&statement)?);
    }
    if tables.is_empty() {
        return error(1, "no CREATE TABLE statement");
    }
    check_names(&tables)?;
    check_references(&tables)?;
    parents_first(tables)
}

fn create_table(source: &Source) -> Result<Table, Error> {
    let mut parsed = Parser::parse_sql(&MySqlDialect {}, &source.text)
        .or_else(|e| error(source.line, format!("in the statement that begins here: {e}")))?;
    let Some(Statement::CreateTable(create)) = parsed.pop() else {
        return error(source.line, "only CREATE TABLE statements are understood");
    };
    refuse_extras(&create, source.line)?;

    let name = identifier(&create.name.to_string(), source.line)?;
    if name.len() > LONGEST_NAME {
        let why = "a restore names the table that it fills after it";
        return error(source.line, format!("name {name:?}: at most {LONGEST_NAME}, since {why}"));
    }
    if name.starts_with("rowgate_") {
        return error(source.line, format!("{name}: names that begin with rowgate_ are reserved"));
    }
    let comment = table_comment(&create, source.line)?;
    let mut table = Table {
        name,
        aliases: comment_items(&comment, source.line)?.aliases,
        comment,
        columns: Vec::new(),
        key: 0,
        create: source.text.clone(),
        line: source.line,
    };
    for definition in &create.columns {
        table.columns.push(column(definition, source.line)?);
    }
    apply_constraints(&mut table, &create.constraints)?;
    table.key = primary_key(&table)?;
    check_width(&table)?;
    Ok(table)
}

/// Refuses a table whose statements the Data API would not take.
fn check_width(table: &Table) -> Result<(), Error> {
    let names = table.columns.iter().map(|column| column.name.len());
    let longest = width::longest_statement(names).max(table.create.chars().count());
    if longest <= STATEMENT_LIMIT {
        return Ok(());
    }
    let (name, columns, most) = (&table.name, table.columns.len(), STATEMENT_LIMIT);
    error(
        table.line,
        format!(
            "{name}: with {columns} columns a statement has up to {longest} characters, and a call \
             takes {most}; use shorter names, or two tables with the same key"
        ),
    )
}

fn refuse_extras(create: &CreateTable, line: u64) -> Result<(), Error> {
    let plain = !create.or_replace
        && !create.temporary
        && !create.if_not_exists
        && create.query.is_none()
        && create.like.is_none()
        && create.partition_by.is_none();
    if plain {
        return Ok(());
    }
    error(line, "OR REPLACE, TEMPORARY, IF NOT EXISTS, LIKE, AS and PARTITION are not understood")
}

/// The table's comment, once every other option is known to do no harm.
fn table_comment(create: &CreateTable, line: u64) -> Result<String, Error> {
    let options = match &create.table_options {
        CreateTableOptions::None => return Ok(String::new()),
        CreateTableOptions::Plain(options) => options,
        other => return error(line, format!("table options not understood: {other}")),
    };
    let mut comment = String::new();
    for option in options {
        match option {
            SqlOption::Comment(CommentDef::WithEq(text) | CommentDef::WithoutEq(text)) => {
                comment.clone_from(text);
            }
            other if is_default_option(&other.to_string()) => {}
            other => return error(line, format!("table option not understood: {other}")),
        }
    }
    Ok(comment)
}

/// Options that say what rowgate needs anyway: InnoDB has the transactions, utf8mb4 all of Unicode.
fn is_default_option(option: &str) -> bool {
    let option = option.to_ascii_lowercase().replace([' ', '\''], "");
    matches!(
        option.as_str(),
        "engine=innodb"
            | "charset=utf8mb4"
            | "defaultcharset=utf8mb4"
            | "charactersetutf8mb4"
            | "defaultcharacterset=utf8mb4"
    ) || option.contains("collate=utf8mb4_")
}

fn column(definition: &ColumnDef, first_line: u64) -> Result<Column, Error> {
    let line = first_line + definition.name.span.start.line - 1;
    let name = identifier(&definition.name.value, line)?;
    let mut column = Column {
        kind: kind(&definition.data_type, &name, line)?,
        name,
        aliases: Vec::new(),
        nullable: true,
        auto_increment: false,
        format: None,
        references: None,
        comment: String::new(),
        collation: None,
        primary: false,
        line,
    };
    for option in &definition.options {
        apply_option(&mut column, &option.option)?;
    }
    check_column(&column)?;
    Ok(column)
}

fn kind(data_type: &DataType, name: &str, line: u64) -> Result<Kind, Error> {
    let int = |name| Ok(Kind::Int(name));
    match data_type {
        DataType::TinyInt(Some(1)) | DataType::Bool | DataType::Boolean => int("tinyint(1)"),
        DataType::TinyInt(_) => int("tinyint"),
        DataType::TinyIntUnsigned(_) => int("tinyint unsigned"),
        DataType::SmallInt(_) => int("smallint"),
        DataType::SmallIntUnsigned(_) => int("smallint unsigned"),
        DataType::MediumInt(_) => int("mediumint"),
        DataType::MediumIntUnsigned(_) => int("mediumint unsigned"),
        DataType::Int(_) | DataType::Integer(_) => int("int"),
        DataType::IntUnsigned(_) | DataType::IntegerUnsigned(_) => int("int unsigned"),
        DataType::BigInt(_) => int("bigint"),
        DataType::BigIntUnsigned(_) => int("bigint unsigned"),
        DataType::Decimal(_)
        | DataType::DecimalUnsigned(_)
        | DataType::Date
        | DataType::Datetime(_)
        | DataType::Char(Some(CharacterLength::IntegerLength { unit: None, .. }))
        | DataType::TinyText
        | DataType::Text
        | DataType::MediumText
        | DataType::LongText => Ok(other(data_type)),
        DataType::Varchar(Some(CharacterLength::IntegerLength { length, unit: None }))
            if (1..=16_383).contains(length) =>
        {
            Ok(Kind::Varchar { max_chars: *length, binary_collation: false })
        }
        DataType::Float(_) | DataType::Double(_) | DataType::DoublePrecision | DataType::Real => {
            error(line, format!("{name}: FLOAT and DOUBLE have no exact checksum; use an integer"))
        }
        DataType::JSON => error(line, format!("{name}: JSON has no exact checksum; use a VARCHAR")),
        other => error(
            line,
            format!(
                "{name}: type {other} is not understood; TINYINT to BIGINT, signed and \
                 UNSIGNED, BOOLEAN, DECIMAL(p,s), DATE, DATETIME, CHAR, TEXT and VARCHAR(1) to VARCHAR(16383) are"
            ),
        ),
    }
}

/// A type by its name in `information_schema`.
fn other(data_type: &DataType) -> Kind {
    Kind::Other(data_type.to_string().to_ascii_lowercase().replace(", ", ","))
}

fn apply_option(column: &mut Column, option: &ColumnOption) -> Result<(), Error> {
    let line = column.line;
    match option {
        ColumnOption::Null => column.nullable = true,
        ColumnOption::NotNull => column.nullable = false,
        ColumnOption::Default(Expr::Value(value)) if value.value == Value::Null => {}
        ColumnOption::PrimaryKey(_) => column.primary = true,
        ColumnOption::DialectSpecific(tokens) if is_auto_increment(tokens) => {
            column.auto_increment = true;
        }
        ColumnOption::CharacterSet(name) if name.to_string().eq_ignore_ascii_case("utf8mb4") => {}
        ColumnOption::Collation(name) => apply_collation(column, &name.to_string())?,
        ColumnOption::Comment(text) => {
            let items = comment_items(text, line)?;
            column.aliases = items.aliases;
            column.format = items.format;
            column.references = items.references;
            column.comment.clone_from(text);
        }
        ColumnOption::ForeignKey(_) => return error(line, foreign_key(&column.name)),
        other => return error(line, format!("{}: not understood: {other}", column.name)),
    }
    Ok(())
}

fn is_auto_increment(tokens: &[Token]) -> bool {
    matches!(tokens, [Token::Word(word)] if word.keyword == Keyword::AUTO_INCREMENT)
}

fn foreign_key(name: &str) -> String {
    format!(
        "{name}: a FOREIGN KEY would stay on the old table when a restore swaps tables; \
         write COMMENT 'references=table.column' instead"
    )
}

fn apply_collation(column: &mut Column, name: &str) -> Result<(), Error> {
    let name = name.to_ascii_lowercase();
    match &mut column.kind {
        Kind::Varchar { binary_collation, .. } if name.starts_with("utf8mb4_") => {
            *binary_collation = name == "utf8mb4_bin";
            column.collation = Some(name);
            Ok(())
        }
        _ => error(column.line, format!("{}: COLLATE {name} is not understood", column.name)),
    }
}

fn check_column(column: &Column) -> Result<(), Error> {
    let is_int = matches!(column.kind, Kind::Int(_));
    if column.auto_increment && !is_int {
        return error(column.line, format!("{}: AUTO_INCREMENT needs an integer", column.name));
    }
    if column.format == Some(Format::DateTime) {
        // `2021-07-27T16:02:08Z` has 20 characters.
        let fits = matches!(column.kind, Kind::Varchar { max_chars, .. } if max_chars >= 20);
        if !fits {
            let message = "format=date-time needs a VARCHAR of at least 20 characters";
            return error(column.line, format!("{}: {message}", column.name));
        }
    }
    Ok(())
}

#[derive(Default)]
struct CommentItems {
    aliases: Vec<String>,
    format: Option<Format>,
    references: Option<(String, String)>,
}

fn comment_items(text: &str, line: u64) -> Result<CommentItems, Error> {
    let mut items = CommentItems::default();
    for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        match item.split_once('=') {
            Some(("aliases", list)) => {
                items.aliases = list
                    .split(',')
                    .map(|alias| identifier(alias.trim(), line))
                    .collect::<Result<_, _>>()?;
            }
            Some(("format", "date-time")) => items.format = Some(Format::DateTime),
            Some(("references", target)) => {
                let Some((table, column)) = target.split_once('.') else {
                    return error(line, format!("references={target}: write table.column"));
                };
                items.references = Some((identifier(table, line)?, identifier(column, line)?));
            }
            _ => {
                return error(
                    line,
                    format!(
                        "COMMENT item {item:?} is not understood; aliases=, format=date-time and \
                         references= are"
                    ),
                );
            }
        }
    }
    Ok(items)
}

/// Names go into SQL text and URLs as they are, so they are kept to letters that need no quoting.
fn identifier(name: &str, line: u64) -> Result<String, Error> {
    let name = name.trim_matches('`');
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 64;
    if plain {
        return Ok(name.to_owned());
    }
    error(line, format!("name {name:?}: use a-z, 0-9 and _, a letter first, at most 64"))
}

fn apply_constraints(table: &mut Table, constraints: &[TableConstraint]) -> Result<(), Error> {
    for constraint in constraints {
        match constraint {
            TableConstraint::PrimaryKey(key) if key.columns.len() == 1 => {
                let wanted = identifier(&key.columns[0].column.expr.to_string(), table.line)?;
                match table.columns.iter_mut().find(|column| column.name == wanted) {
                    Some(column) => column.primary = true,
                    None => return error(table.line, format!("PRIMARY KEY of unknown {wanted}")),
                }
            }
            TableConstraint::Index(_) => {}
            TableConstraint::ForeignKey(_) => {
                return error(table.line, foreign_key(&table.name));
            }
            other => {
                return error(table.line, format!("{}: not understood: {other}", table.name));
            }
        }
    }
    Ok(())
}

fn primary_key(table: &Table) -> Result<usize, Error> {
    let mut keys = table.columns.iter().enumerate().filter(|(_, column)| column.primary);
    let (Some((index, key)), None) = (keys.next(), keys.next()) else {
        return error(table.line, format!("{}: exactly one PRIMARY KEY column", table.name));
    };
    if key.nullable {
        return error(key.line, format!("{}: a key is NOT NULL; write it out", key.name));
    }
    let is_other_text =
        matches!(&key.kind, Kind::Other(name) if name.contains("char") || name.contains("text"));
    if is_other_text || matches!(key.kind, Kind::Varchar { binary_collation: false, .. }) {
        return error(
            key.line,
            format!(
                "{}: a text key is a VARCHAR with COLLATE utf8mb4_bin, or 'a' and 'A' are one",
                key.name
            ),
        );
    }
    Ok(index)
}

fn check_names(tables: &[Table]) -> Result<(), Error> {
    let mut table_names = HashSet::new();
    for table in tables {
        for name in table.aliases.iter().chain([&table.name]) {
            if !table_names.insert(name) {
                return error(table.line, format!("table name or alias {name} stands twice"));
            }
        }
        let mut column_names = HashSet::new();
        for column in &table.columns {
            for name in column.aliases.iter().chain([&column.name]) {
                if !column_names.insert(name) {
                    return error(column.line, format!("column name or alias {name} stands twice"));
                }
            }
        }
    }
    Ok(())
}

fn check_references(tables: &[Table]) -> Result<(), Error> {
    for child in tables.iter().flat_map(|table| &table.columns) {
        let Some((table_name, column_name)) = &child.references else { continue };
        let Some(parent) = tables.iter().find(|table| &table.name == table_name) else {
            return error(child.line, format!("references={table_name}: no such table"));
        };
        let key = &parent.columns[parent.key];
        let same_kind = matches!(
            (&key.kind, &child.kind),
            (Kind::Int(_), Kind::Int(_)) | (Kind::Varchar { .. }, Kind::Varchar { .. })
        );
        if &key.name != column_name || !same_kind {
            return error(
                child.line,
                format!(
                    "references={table_name}.{column_name}: not its primary key, or not its type"
                ),
            );
        }
    }
    Ok(())
}

/// Orders tables so that every parent stands before its children, else as in the file.
fn parents_first(mut tables: Vec<Table>) -> Result<Vec<Table>, Error> {
    let mut placed = HashSet::new();
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let ready = tables.iter().position(|table| {
            parents(table).all(|parent| parent == table.name || placed.contains(parent))
        });
        let Some(index) = ready else {
            return error(tables[0].line, format!("{}: references form a circle", tables[0].name));
        };
        let table = tables.remove(index);
        placed.insert(table.name.clone());
        ordered.push(table);
    }
    Ok(ordered)
}

fn parents(table: &Table) -> impl Iterator<Item = &str> {
    table.columns.iter().filter_map(|column| Some(column.references.as_ref()?.0.as_str()))
}
