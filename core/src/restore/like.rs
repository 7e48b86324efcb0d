//! A table made as another one is, but for its constraints.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::base::sql_text::quoted;
use crate::table::schema::Table;

/// Makes a table of that name, empty, as a live one is: with its indexes and the number it counts from.
///
/// Answers whether the live one has foreign keys or CHECKs, which are left out: their names are unique in a
/// database.
pub(super) async fn make_like<H: Host>(
    client: &Client<'_, H>,
    live: &str,
    name: &str,
) -> Result<bool, RestoreError> {
    let show = format!("SHOW CREATE TABLE {}", quoted(live));
    let shown = run(client, &show, &[], "the live table is not described").await?.records;
    let Some(Field::String(text)) = shown.first().and_then(|row| row.get(1)) else {
        return Err(RestoreError::Unreadable);
    };
    let (create, is_bare) = create_like(text, live, name).ok_or(RestoreError::Unreadable)?;
    run(client, &create, &[], "the table beside the live one is not made").await?;
    Ok(!is_bare)
}

/// Makes a table of that name, empty, as the schema says of another one, but for its foreign keys and CHECKs.
pub(super) async fn make_described<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
) -> Result<(), RestoreError> {
    let create =
        create_like(&table.create_statement(), table.name, name).ok_or(RestoreError::Unreadable)?.0;
    run(client, &create, &[], "the new table is not made").await.map(drop)
}

/// The statement, and whether it has all that the live table's has.
fn create_like(text: &str, live: &str, name: &str) -> Option<(String, bool)> {
    let body = text.strip_prefix("CREATE TABLE ")?.strip_prefix(&quoted(live))?;
    let body = body.strip_prefix(" (\n")?;
    let end = body.find("\n)")?;
    let (lines, rest) = body.split_at(end);
    let lines: Vec<_> = lines.split('\n').map(|line| line.trim_end_matches(',')).collect();
    let is_kept = |line: &&&str| !line.trim_start().starts_with("CONSTRAINT `");
    let kept: Vec<_> = lines.iter().filter(is_kept).copied().collect();
    let create =
        format!("CREATE TABLE IF NOT EXISTS {} (\n{}{rest}", quoted(name), kept.join(",\n"));
    Some((create, kept.len() == lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "CREATE TABLE `orders` (\n  `id` int NOT NULL AUTO_INCREMENT COMMENT 'CONSTRAINT `x`,',\n  \
        `of` int DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  KEY `parent` (`of`),\n  \
        CONSTRAINT `parent` FOREIGN KEY (`of`) REFERENCES `orders` (`id`),\n  \
        CONSTRAINT `positive` CHECK ((`id` > 0))\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4";

    #[test]
    fn constraints_are_left_out_and_nothing_else() {
        let (create, is_bare) = create_like(LIVE, "orders", "orders__restore_1").unwrap();
        assert_eq!(
            create,
            "CREATE TABLE IF NOT EXISTS `orders__restore_1` (\n  `id` int NOT NULL AUTO_INCREMENT COMMENT \
             'CONSTRAINT `x`,',\n  `of` int DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  KEY `parent` (`of`)\n) \
             ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4"
        );
        assert!(!is_bare);
        let bare = create.replace(" IF NOT EXISTS `orders__restore_1`", " `orders`");
        let (again, is_bare) = create_like(&bare, "orders", "orders__restore_1").unwrap();
        assert_eq!((again.as_str(), is_bare), (create.as_str(), true));
        assert_eq!(create_like(LIVE, "other", "x"), None);
        assert_eq!(create_like("CREATE VIEW `orders` AS SELECT 1", "orders", "x"), None);
    }
}
