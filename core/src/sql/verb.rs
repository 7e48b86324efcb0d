//! The first word of a statement that writes, with what it says of its session.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "avro")]
use crate::base::sql_text::quoted;
use crate::table::schema::Table;

/// A strict mode in which a 0 stays 0 in a column that the database numbers.
#[cfg(feature = "avro")]
const ZERO_MODE: &str = "'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'";

/// `INSERT` or `UPDATE` for values of a table as rowgate sends them: TIMESTAMPs by the clock of UTC.
///
/// A setting holds for the one statement: MySQL takes it by a hint, which MariaDB takes for a comment, and
/// MariaDB by what MySQL takes for one.
pub(crate) fn verb(verb: &str, table: &Table) -> String {
    with_settings(verb, &clock(table))
}

/// `INSERT INTO` a table of that name, also of rows that have a 0 where the database numbers rows: by itself
/// it would take that for a wish for the next number.
///
/// Rows of a table that is numbered by its key alone are not sent with a 0.
#[cfg(feature = "avro")]
pub(crate) fn insert_into(name: &str, table: &Table) -> String {
    let is_numbered = table.columns.iter().any(|it| it.auto_increment) && !table.is_numbered();
    let zero = is_numbered.then_some(("sql_mode", ZERO_MODE));
    let settings: Vec<_> = zero.into_iter().chain(clock(table)).collect();
    format!("{} INTO {}", with_settings("INSERT", &settings), quoted(name))
}

/// `INSERT INTO` a table of that name, each value as it is, also a 0 where the database numbers rows, and without
/// a look at foreign keys.
#[cfg(feature = "avro")]
pub(crate) fn insert_unchecked(name: &str, table: &Table) -> String {
    let is_numbered = table.columns.iter().any(|it| it.auto_increment);
    let zero = is_numbered.then_some(("sql_mode", ZERO_MODE));
    let settings: Vec<_> =
        core::iter::once(NO_FOREIGN_KEYS).chain(zero).chain(clock(table)).collect();
    format!("{} INTO {}", with_settings("INSERT", &settings), quoted(name))
}

/// `DELETE` without a look at foreign keys: no row of another table goes with it.
#[cfg(feature = "avro")]
pub(crate) fn delete_unchecked() -> String {
    with_settings("DELETE", &[NO_FOREIGN_KEYS])
}

#[cfg(feature = "avro")]
const NO_FOREIGN_KEYS: Setting = ("foreign_key_checks", "0");

/// A variable of the session, and its value in SQL.
type Setting = (&'static str, &'static str);

fn clock(table: &Table) -> Vec<Setting> {
    let clock = table.is_by_the_clock().then_some(("time_zone", "'+00:00'"));
    clock.into_iter().collect()
}

fn with_settings(verb: &str, settings: &[Setting]) -> String {
    if settings.is_empty() {
        return verb.into();
    }
    let all = |write: fn(&Setting) -> String, between: &str| -> String {
        settings.iter().map(write).collect::<Vec<_>>().join(between)
    };
    let of_mariadb = all(|(name, value)| format!("{name} = {value}"), ", ");
    let of_mysql = all(|(name, value)| format!("SET_VAR({name} = {value})"), " ");
    format!("/*M! SET STATEMENT {of_mariadb} FOR */ {verb} /*+ {of_mysql} */")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Column, ColumnType, table};

    #[test]
    fn a_statement_says_the_zone_only_where_there_are_moments() {
        static MOMENTS: [Column; 2] = [
            Column::new("id", ColumnType::known("int", None, None)),
            Column::new("at", ColumnType::known("timestamp", None, None)),
        ];
        let moments = Table::new("moments", &MOMENTS);
        assert_eq!(verb("UPDATE", table("jobs").unwrap()), "UPDATE");
        assert_eq!(
            verb("UPDATE", &moments),
            "/*M! SET STATEMENT time_zone = '+00:00' FOR */ UPDATE /*+ SET_VAR(time_zone = '+00:00') */"
        );
    }

    #[cfg(feature = "avro")]
    #[test]
    fn a_0_stays_one_beside_a_key_that_the_database_numbers() {
        let number = ColumnType::known("int", None, None);
        let line = Column { auto_increment: true, ..Column::new("n", number) };
        let columns: &[Column] = Vec::from([line]).leak();
        let alone = Table::new("t", columns);
        assert_eq!(insert_into("s", &alone), "INSERT INTO `s`");
        let both = Table { columns, key: &[0, 0], ..Table::new("t", columns) };
        assert_eq!(
            insert_into("s", &both),
            "/*M! SET STATEMENT sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO' FOR */ \
             INSERT /*+ SET_VAR(sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO') */ INTO `s`"
        );
    }
}
