//! The statements that make tables, each foreign key once its parent is there.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::base::sql_text::quoted;
use crate::table::schema::{ForeignKey, Table};

/// A statement that makes a table, or adds to one.
pub(super) struct Creation {
    /// The table.
    pub(super) name: &'static str,
    pub(super) sql: String,
    /// The right that it needs.
    pub(super) right: &'static str,
}

/// The statements that make these tables, in their order; then those that add the foreign keys whose parents
/// come later, as where they form a circle.
///
/// `is_there` says which foreign keys' parents are there before. A foreign key to any other is left out.
pub(super) fn creations(
    tables: &[&'static Table],
    is_there: impl Fn(&ForeignKey) -> bool,
) -> Vec<Creation> {
    let (mut made, mut added) = (Vec::new(), Vec::new());
    for (index, table) in tables.iter().enumerate() {
        let is_early = |key: &&ForeignKey| !is_to_any(&tables[..=index], key) && !is_there(key);
        let early: Vec<_> = table.constraints.foreign.iter().filter(is_early).collect();
        let name = table.name;
        let create = table.create_statement();
        let sql = create_without(&create, &early);
        made.push(Creation { name, sql, right: "INDEX or REFERENCES" });
        let later = early.iter().filter(|key| is_to_any(tables, key));
        let later: Vec<_> = later.filter_map(|key| line(&create, key)).collect();
        if !later.is_empty() {
            let sql = format!("ALTER TABLE {} ADD {}", quoted(name), later.join(", ADD "));
            added.push(Creation { name, sql, right: "ALTER or REFERENCES" });
        }
    }
    made.extend(added);
    made
}

/// Whether a foreign key refers to one of these tables.
pub(super) fn is_to_any(tables: &[&Table], key: &ForeignKey) -> bool {
    tables.iter().any(|table| key.is_to(table.name))
}

/// The line of a statement that makes a foreign key.
fn line<'c>(create: &'c str, key: &ForeignKey) -> Option<&'c str> {
    let start = format!("CONSTRAINT {} FOREIGN KEY ", quoted(key.name));
    let mut lines = create.lines().map(|line| line.trim_start().trim_end_matches(','));
    lines.find(|line| line.starts_with(&start))
}

/// The statement without some foreign keys.
fn create_without(create: &str, keys: &[&ForeignKey]) -> String {
    let mut left = String::from(create);
    for line in keys.iter().filter_map(|key| line(create, key)) {
        left = left.replacen(&format!(",\n  {line}"), "", 1);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::Schema;

    /// Two tables that refer to each other; one also to itself and to one elsewhere. A comment looks like a key.
    fn schema() -> Schema {
        let key = |name: &str, table: &str| {
            format!(
                r#"{{"name":"{name}","columns":["of"],"table":"{table}","references":["id"],"on_update":"RESTRICT","on_delete":"RESTRICT"}}"#
            )
        };
        let table = |name: &str, keys: &[String]| {
            format!(
                r#"{{"name":"{name}","columns":[{{"name":"id","column_type":"int","nullable":false}},{{"name":"of","column_type":"int","comment":"a,\n  CONSTRAINT `x` FOREIGN KEY "}}],"primary_key":["id"],"foreign_keys":[{}]}}"#,
                keys.join(",")
            )
        };
        let staff = table("staff", &[key("x", "teams"), key("boss", "staff"), key("y", "other")]);
        let teams = table("teams", &[key("lead", "staff")]);
        let json = format!(r#"{{"rowgate_schema":1,"tables":[{staff},{teams}]}}"#);
        Schema::from_json(&json).unwrap()
    }

    fn statements(is_there: &[&str]) -> Vec<String> {
        let tables: Vec<_> = schema().tables().iter().collect();
        let made = creations(&tables, |key| is_there.contains(&key.parent.name));
        made.into_iter().map(|it| it.sql).collect()
    }

    #[test]
    fn a_foreign_key_waits_for_its_parent() {
        assert_eq!(schema().names(), ["staff", "teams"]);
        let all = statements(&[]);
        let has = |at: usize, key: &str| all[at].contains(&format!("`{key}` FOREIGN KEY (`of`)"));
        assert_eq!(["x", "boss", "y"].map(|key| has(0, key)), [false, true, false]);
        assert!(has(1, "lead"));
        assert_eq!(
            all[2..],
            ["ALTER TABLE `staff` ADD CONSTRAINT `x` FOREIGN KEY (`of`) REFERENCES `teams` \
                 (`id`) ON UPDATE RESTRICT ON DELETE RESTRICT"]
        );
        let all = statements(&["other", "teams"]);
        assert!(["x", "boss", "y"].iter().all(|key| all[0].contains(&format!("`{key}` FOREIGN"))));
        assert_eq!(all.len(), 2);
    }
}
