//! In what two descriptions of the same tables differ.

use std::collections::BTreeMap;

use anyhow::Result;
use rowgate_core::schema::Description;
use serde_json::Value;

/// One line for each difference; tables that only the live database has are none.
pub(crate) fn differences(file: &Description, live: &Description) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for table in &file.tables {
        match live.tables.iter().find(|other| other.name == table.name) {
            Some(other) => {
                let (file, live) = (serde_json::to_value(table)?, serde_json::to_value(other)?);
                compare(&table.name, &file, &live, &mut found);
            }
            None => found.push(format!("{}: the database does not have it", table.name)),
        }
    }
    Ok(found)
}

/// Lists of named things are compared by their names, so that one more moves no other.
fn compare(path: &str, file: &Value, live: &Value, found: &mut Vec<String>) {
    match (members(file), members(live)) {
        _ if file == live => {}
        (Some(file), Some(live)) => {
            let names = file.keys().chain(live.keys().filter(|name| !file.contains_key(*name)));
            for name in names {
                let (of_file, of_live) = (file.get(name), live.get(name));
                let null = &Value::Null;
                let path = format!("{path}.{name}");
                compare(&path, of_file.unwrap_or(null), of_live.unwrap_or(null), found);
            }
        }
        _ => {
            found.push(format!("{path}: the file has {}, the database {}", text(file), text(live)));
        }
    }
}

/// The members of an object, or of a list whose items have names; with their order.
fn members(value: &Value) -> Option<BTreeMap<String, Value>> {
    match value {
        Value::Object(members) => {
            Some(members.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        Value::Array(items) if !items.is_empty() => {
            let named = |item: &Value| Some((item["name"].as_str()?.to_owned(), item.clone()));
            let mut all: BTreeMap<_, _> = items.iter().map(named).collect::<Option<_>>()?;
            let names = items.iter().map(|item| item["name"].clone()).collect();
            all.insert("order".to_owned(), Value::Array(names));
            Some(all)
        }
        _ => None,
    }
}

fn text(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(tables: &str) -> Result<Description> {
        let json = format!(r#"{{"rowgate_schema":1,"tables":[{tables}]}}"#);
        Ok(Description::from_json(&json)?)
    }

    #[test]
    fn each_difference_is_named_with_both_sides() -> Result<()> {
        let file = described(
            r#"{"name":"t","columns":[{"name":"a","column_type":"int"},{"name":"b","column_type":"int"}]},
            {"name":"gone","columns":[{"name":"a","column_type":"int"}]}"#,
        )?;
        let live = described(
            r#"{"name":"t","comment":"x","columns":[{"name":"b","column_type":"bigint"},
            {"name":"a","column_type":"int"}],"triggers":["g"]},
            {"name":"more","columns":[{"name":"a","column_type":"int"}]}"#,
        )?;
        assert_eq!(
            differences(&file, &live)?,
            [
                r#"t.columns.b.column_type: the file has "int", the database "bigint""#,
                r#"t.columns.order: the file has ["a","b"], the database ["b","a"]"#,
                r#"t.comment: the file has nothing, the database "x""#,
                r#"t.triggers: the file has nothing, the database ["g"]"#,
                "gone: the database does not have it",
            ]
        );
        assert_eq!(differences(&file, &file)?, [""; 0]);
        Ok(())
    }
}
