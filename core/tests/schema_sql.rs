//! What `build.rs` makes of a schema, and what it refuses.
#![allow(clippy::unwrap_used)]

#[path = "../build/ddl.rs"]
#[allow(dead_code, reason = "build.rs uses the rest")]
mod ddl;

use ddl::{Format, Kind, Table, parse};

fn names(tables: &[Table]) -> Vec<&str> {
    tables.iter().map(|table| table.name.as_str()).collect()
}

/// The line and message of the error in a table with these columns.
fn refusal(columns: &str) -> (u64, String) {
    let error = parse(&format!("CREATE TABLE t (\n{columns}\n);")).unwrap_err();
    (error.line, error.message)
}

const ID: &str = "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY";

#[test]
fn the_schema_of_the_project_is_understood() {
    let tables = parse(include_str!("../../sql/schema.sql")).unwrap();
    assert_eq!(names(&tables), ["departments", "jobs", "employees"]);
    let employees = &tables[2];
    assert_eq!(employees.aliases, ["hired_employees"]);
    assert_eq!(employees.key, 0);
    assert!(employees.create.starts_with("CREATE TABLE employees ("));
    assert!(employees.create.ends_with("COMMENT 'aliases=hired_employees'"));

    let datetime = &employees.columns[2];
    assert_eq!((datetime.format, datetime.nullable), (Some(Format::DateTime), false));
    let job = &employees.columns[4];
    assert_eq!(job.references, Some(("jobs".into(), "id".into())));
    assert!(job.nullable && !job.auto_increment);
    assert_eq!(job.kind, Kind::Int("int"));
}

#[test]
fn children_written_before_their_parents_come_after_them() {
    let sql = format!(
        "CREATE TABLE c ({ID}, b_id INT COMMENT 'references=b.id');
         CREATE TABLE b ({ID}, a_id INT COMMENT 'references=a.id');
         CREATE TABLE a ({ID}, boss INT COMMENT 'references=a.id');"
    );
    assert_eq!(names(&parse(&sql).unwrap()), ["a", "b", "c"]);
}

#[test]
fn a_table_may_have_a_text_key_and_options_that_say_the_needed() {
    let sql = "-- é is two bytes; columns are counted in characters
        CREATE TABLE `locations` (
          code VARCHAR(8) COLLATE utf8mb4_bin NOT NULL,
          small TINYINT UNSIGNED DEFAULT NULL,
          sold BOOLEAN,
          shown TINYINT(1),
          views BIGINT UNSIGNED,
          at DATETIME(6),
          country CHAR(2),
          note MEDIUMTEXT,
          amount DECIMAL(10, 2) UNSIGNED,
          PRIMARY KEY (code),
          KEY by_small (small)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='aliases=places, sites';";
    let tables = parse(sql).unwrap();
    assert_eq!(tables[0].aliases, ["places", "sites"]);
    let texts = ["char(2)", "mediumtext"].map(|name| Kind::Other(name.into()));
    assert!(tables[0].columns[6..8].iter().map(|column| &column.kind).eq(&texts));
    assert_eq!(tables[0].columns[5].kind, Kind::Other("datetime(6)".into()));
    let amount = Kind::Other("decimal(10,2) unsigned".into());
    assert_eq!(tables[0].columns.last().map(|column| &column.kind), Some(&amount));
    let kinds = ["tinyint unsigned", "tinyint(1)", "tinyint(1)", "bigint unsigned"].map(Kind::Int);
    assert!(tables[0].columns[1..5].iter().map(|column| &column.kind).eq(&kinds));
    assert!(tables[0].create.starts_with("CREATE TABLE `locations`"));
}

#[test]
fn what_would_break_a_promise_is_refused_with_its_line() {
    for (column, message) in [
        ("x FLOAT", "no exact checksum"),
        ("x DOUBLE", "no exact checksum"),
        ("x JSON", "no exact checksum"),
        ("x VARCHAR(20000)", "not understood"),
        ("x INT REFERENCES u(id)", "restore swaps tables"),
        ("x INT UNIQUE", "not understood"),
        ("x INT DEFAULT 7", "not understood"),
        ("x VARCHAR(9) CHARACTER SET latin1", "not understood"),
        ("x VARCHAR(9) AUTO_INCREMENT", "needs an integer"),
        ("x VARCHAR(19) COMMENT 'format=date-time'", "at least 20 characters"),
        ("x INT COMMENT 'format=date-time'", "at least 20 characters"),
        ("x INT COMMENT 'since 2021'", "not understood"),
        ("x INT COMMENT 'references=u'", "write table.column"),
        ("x INT COMMENT 'references=u.id'", "no such table"),
        ("x INT COMMENT 'references=t.x'", "not its primary key"),
        ("x VARCHAR(9) COMMENT 'references=t.id'", "not its type"),
        ("x INT COMMENT 'aliases=id'", "stands twice"),
        ("_x INT", "use a-z"),
        ("`x;y` INT", "use a-z"),
    ] {
        let (line, found) = refusal(&format!("{ID},\n{column}"));
        assert!(found.contains(message), "{column}: {found}");
        assert_eq!(line, 3, "{column}: {found}");
    }
}

#[test]
fn keys_are_one_column_that_compares_exactly() {
    for (columns, message) in [
        ("x INT", "exactly one PRIMARY KEY"),
        ("a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)", "not understood"),
        ("id INT PRIMARY KEY", "NOT NULL"),
        ("id VARCHAR(9) NOT NULL PRIMARY KEY", "utf8mb4_bin"),
        ("id CHAR(9) NOT NULL PRIMARY KEY", "utf8mb4_bin"),
        ("id INT NOT NULL, PRIMARY KEY (x)", "unknown x"),
        ("id INT NOT NULL PRIMARY KEY, FOREIGN KEY (id) REFERENCES u (id)", "restore swaps"),
        ("id INT NOT NULL PRIMARY KEY, x INT, UNIQUE KEY (x)", "not understood"),
        ("id INT NOT NULL PRIMARY KEY, CHECK (id > 0)", "not understood"),
    ] {
        let (_, found) = refusal(columns);
        assert!(found.contains(message), "{columns}: {found}");
    }
}

#[test]
fn whole_files_are_refused_with_their_line() {
    for (sql, line, message) in [
        (String::new(), 1, "no CREATE TABLE"),
        (format!("CREATE TABLE t ({ID})"), 1, "without its semicolon"),
        (format!("CREATE TABLE t ({ID});\n\nDROP TABLE t;"), 3, "only CREATE TABLE"),
        (format!("CREATE TABLE t ({ID});\nCREATE TABLE u (;"), 2, "begins here"),
        (format!("CREATE TABLE t ({ID});\nCREATE TABLE t ({ID});"), 2, "stands twice"),
        (format!("CREATE TABLE IF NOT EXISTS t ({ID});"), 1, "IF NOT EXISTS"),
        (format!("CREATE TABLE t ({ID}) ENGINE=MyISAM;"), 1, "ENGINE"),
        (format!("CREATE TABLE rowgate_x ({ID});"), 1, "reserved"),
        (format!("CREATE TABLE T ({ID});"), 1, "use a-z"),
        ("CREATE TABLE t (id 'x".to_owned(), 1, "nterminated"),
        (
            format!(
                "CREATE TABLE a ({ID}, b INT COMMENT 'references=b.id');
                 CREATE TABLE b ({ID}, a INT COMMENT 'references=a.id');"
            ),
            1,
            "circle",
        ),
    ] {
        let error = parse(&sql).unwrap_err();
        assert!(error.message.contains(message), "{sql}: {}", error.message);
        assert_eq!(error.line, line, "{sql}: {}", error.message);
    }
}

/// A table of so many columns with names of 20 characters.
fn wide(columns: usize) -> String {
    let columns: Vec<_> = (0..columns).map(|n| format!("{n:c>20} VARCHAR(9) NULL")).collect();
    format!("CREATE TABLE t (\n{ID},\n{}\n);", columns.join(",\n"))
}

#[test]
fn a_table_whose_statements_a_call_would_not_take_is_refused_by_name() {
    for columns in [95, 380] {
        assert_eq!(parse(&wide(columns)).unwrap()[0].columns.len(), columns + 1);
    }
    let error = parse(&wide(400)).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (
            1,
            "t: with 401 columns a statement has up to 68560 characters, and a call takes 65536; use \
             shorter names, or two tables with the same key"
        )
    );
}
