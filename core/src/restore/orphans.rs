//! Rows whose parents a restore would take away.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use super::ties::{TableName, TiedKey};
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::base::sql_text::quoted;

/// Refuses rows whose foreign key names a row that is not there. `name_of` says where a table's rows are, if not
/// in the table itself.
///
/// To a client within a transaction they are as the last commit left them, and stay so until it ends.
pub(super) async fn check_orphans<H: Host>(
    client: &Client<'_, H>,
    foreign: &[TiedKey],
    name_of: impl Fn(&TableName) -> Option<String>,
) -> Result<(), RestoreError> {
    for key in foreign {
        let name =
            |table: &TableName| name_of(table).map_or_else(|| table.quoted(), |its| quoted(&its));
        let sql = orphans(key, &name(&key.child), &name(&key.parent));
        let lock = if client.transaction_id().is_some() { " LOCK IN SHARE MODE" } else { "" };
        let sql = format!("{sql}{lock}");
        let records =
            run(client, &sql, &[], "rows without a parent are not counted").await?.records;
        match records.first().map(Vec::as_slice) {
            Some([Field::Long(0)]) => {}
            Some([Field::Long(rows)]) => {
                let (key, rows) = (key.to_string(), rows.unsigned_abs());
                return Err(RestoreError::Orphans { key, rows });
            }
            _ => return Err(RestoreError::Unreadable),
        }
    }
    Ok(())
}

/// A part of a key that is NULL names no parent.
fn orphans(key: &TiedKey, child: &str, parent: &str) -> String {
    let each = |part: fn([&str; 2]) -> String| {
        let parts = key.columns.iter().map(|[own, other]| part([&quoted(own), &quoted(other)]));
        parts.collect::<Vec<_>>().join(" AND ")
    };
    format!(
        "SELECT COUNT(*) FROM {child} AS c LEFT JOIN {parent} AS p ON {} WHERE {} AND {}",
        each(|[own, other]| format!("p.{other} = c.{own}")),
        each(|[own, _]| format!("c.{own} IS NOT NULL")),
        each(|[_, other]| format!("p.{other} IS NULL")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_key_is_compared() {
        let table = |table: &str| TableName::here(table);
        let key = TiedKey {
            name: "of_pair".into(),
            child: table("child"),
            parent: table("parent"),
            columns: Vec::from([["a".into(), "x".into()], ["b`".into(), "y".into()]]),
        };
        assert_eq!(
            orphans(&key, "`child`", "`parent`"),
            "SELECT COUNT(*) FROM `child` AS c LEFT JOIN `parent` AS p ON p.`x` = c.`a` AND p.`y` = c.`b``` \
             WHERE c.`a` IS NOT NULL AND c.`b``` IS NOT NULL AND p.`x` IS NULL AND p.`y` IS NULL"
        );
    }
}
