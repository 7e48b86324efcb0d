//! What is asked of `information_schema`: one small row a thing, with a JSON array of what is said of it,
//! so that no row nears the 64 KB that the Data API takes.
//!
//! Apart from `VERSION()`, the two engines differ in the expressions of indexes, which MariaDB has no
//! column for, and in CHECKs: on MySQL a join of their two tables takes a second for 200 of them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::base::sql_text::literal;

/// Which of the two forms of `information_schema` a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    MySql,
    MariaDb,
}

impl Engine {
    pub(super) fn of_version(version: &str) -> Self {
        if version.contains("MariaDB") { Self::MariaDb } else { Self::MySql }
    }
}

/// The tables' names, each with the server's version and its collation for utf8mb4.
pub(super) const NAMES: &str = "SELECT t.TABLE_NAME, VERSION(), \
    (SELECT c.DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS AS c \
    WHERE c.CHARACTER_SET_NAME = 'utf8mb4') FROM information_schema.TABLES AS t \
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY t.TABLE_NAME";

/// The server's version and its collation for utf8mb4.
pub(super) const SERVER: &str = "SELECT VERSION(), c.DEFAULT_COLLATE_NAME \
    FROM information_schema.CHARACTER_SETS AS c WHERE c.CHARACTER_SET_NAME = 'utf8mb4'";

/// All that is said of these tables: kind, table, name, position and the rest.
pub(super) fn of_tables(engine: Engine, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| literal(name)).collect();
    let names = names.join(", ");
    let kinds = [TABLES, COLUMNS, indexes(engine), FOREIGN_KEYS, checks(engine), TRIGGERS];
    let kinds = kinds.map(|kind| kind.replace("{names}", &names));
    kinds.join(" UNION ALL ")
}

const TABLES: &str = "SELECT 'table' AS kind, t.TABLE_NAME AS table_name, '' AS name, \
    0 AS position, CONVERT(JSON_ARRAY(t.ENGINE, t.TABLE_COLLATION, t.TABLE_COMMENT) \
    USING utf8mb4) AS rest FROM information_schema.TABLES AS t \
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN ({names})";

const COLUMNS: &str = "SELECT 'column', c.TABLE_NAME, c.COLUMN_NAME, c.ORDINAL_POSITION, \
    CONVERT(JSON_ARRAY(c.COLUMN_TYPE, c.IS_NULLABLE, c.COLUMN_DEFAULT, c.EXTRA, \
    c.GENERATION_EXPRESSION, c.COLLATION_NAME, c.COLUMN_COMMENT) USING utf8mb4) \
    FROM information_schema.COLUMNS AS c \
    WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME IN ({names})";

fn indexes(engine: Engine) -> &'static str {
    match engine {
        Engine::MySql => {
            "SELECT 'index', s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX, \
             CONVERT(JSON_ARRAY(s.NON_UNIQUE, s.COLUMN_NAME, s.SUB_PART, s.EXPRESSION, \
             s.COLLATION, s.INDEX_TYPE) USING utf8mb4) FROM information_schema.STATISTICS AS s \
             WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME IN ({names})"
        }
        Engine::MariaDb => {
            "SELECT 'index', s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX, \
             CONVERT(JSON_ARRAY(s.NON_UNIQUE, s.COLUMN_NAME, s.SUB_PART, NULL, \
             s.COLLATION, s.INDEX_TYPE) USING utf8mb4) FROM information_schema.STATISTICS AS s \
             WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME IN ({names})"
        }
    }
}

const FOREIGN_KEYS: &str = "SELECT 'foreign', k.TABLE_NAME, k.CONSTRAINT_NAME, \
    k.ORDINAL_POSITION, CONVERT(JSON_ARRAY(k.COLUMN_NAME, \
    NULLIF(k.REFERENCED_TABLE_SCHEMA, DATABASE()), k.REFERENCED_TABLE_NAME, \
    k.REFERENCED_COLUMN_NAME, r.UPDATE_RULE, r.DELETE_RULE) USING utf8mb4) \
    FROM information_schema.KEY_COLUMN_USAGE AS k \
    JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r \
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME \
    AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME WHERE k.TABLE_SCHEMA = DATABASE() \
    AND k.REFERENCED_TABLE_NAME IS NOT NULL AND k.TABLE_NAME IN ({names})";

/// On MySQL the clauses come as a kind of their own, without their tables: names are unique in a schema.
fn checks(engine: Engine) -> &'static str {
    match engine {
        Engine::MySql => {
            "SELECT 'check', t.TABLE_NAME, t.CONSTRAINT_NAME, 0, \
             CONVERT(JSON_ARRAY(t.ENFORCED) USING utf8mb4) \
             FROM information_schema.TABLE_CONSTRAINTS AS t WHERE t.TABLE_SCHEMA = DATABASE() \
             AND t.CONSTRAINT_TYPE = 'CHECK' AND t.TABLE_NAME IN ({names}) \
             UNION ALL SELECT 'clause', '', c.CONSTRAINT_NAME, 0, \
             CONVERT(JSON_ARRAY(c.CHECK_CLAUSE) USING utf8mb4) \
             FROM information_schema.CHECK_CONSTRAINTS AS c \
             WHERE c.CONSTRAINT_SCHEMA = DATABASE()"
        }
        Engine::MariaDb => {
            "SELECT 'check', c.TABLE_NAME, c.CONSTRAINT_NAME, 0, \
             CONVERT(JSON_ARRAY('YES', c.CHECK_CLAUSE) USING utf8mb4) \
             FROM information_schema.CHECK_CONSTRAINTS AS c \
             WHERE c.CONSTRAINT_SCHEMA = DATABASE() AND c.TABLE_NAME IN ({names})"
        }
    }
}

const TRIGGERS: &str = "SELECT 'trigger', g.EVENT_OBJECT_TABLE, g.TRIGGER_NAME, 0, \
    CONVERT(JSON_ARRAY() USING utf8mb4) FROM information_schema.TRIGGERS AS g \
    WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() AND g.EVENT_OBJECT_TABLE IN ({names})";
