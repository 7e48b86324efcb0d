//! The keys of a snapshot export's objects, as AWS makes them.
//!
//! `EXPORT/DATABASE/DATABASE.TABLE/BATCH/part-00000-UUID.gz.parquet`, and in older ones the same without the batch.

use alloc::string::String;
use alloc::vec::Vec;

use crate::table::schema::{Schema, Table};

/// An object in the folder of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExportKey<'k> {
    /// The export's folder, with its slash; empty if that is the bucket.
    pub(super) root: &'k str,
    /// The database, as the folder is called.
    pub(super) database: &'k str,
    /// The table, as its folder is called behind the database.
    pub(super) table: &'k str,
    /// The folder that the object is in: the batch's, or in older exports the table's.
    pub(super) folder: &'k str,
    /// The object's own name.
    pub(super) name: &'k str,
}

impl<'k> ExportKey<'k> {
    /// What a key says; `None` of one that is in no table's folder.
    pub(super) fn of(key: &'k str) -> Option<Self> {
        let (folder, name) = key.rsplit_once('/')?;
        let (above, last) = cut(folder);
        let is_batch = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        let of_batch = above.strip_suffix('/').filter(|_| is_batch);
        let (root, database, table) = of_batch.and_then(table).or_else(|| table(folder))?;
        Some(Self { root, database, table, folder, name })
    }

    /// Whether the object says that its folder is whole.
    pub(super) fn is_success(&self) -> bool {
        self.name.eq_ignore_ascii_case("_success")
    }

    /// Whether it may hold rows.
    pub(super) fn is_part(&self) -> bool {
        !self.name.is_empty() && !self.name.starts_with(['_', '.'])
    }
}

/// What is above a folder, with its slash, and the folder's own name.
fn cut(folder: &str) -> (&str, &str) {
    folder.split_at(folder.rfind('/').map_or(0, |slash| slash + 1))
}

fn table(folder: &str) -> Option<(&str, &str, &str)> {
    let (above, named) = cut(folder);
    let (root, database) = cut(above.strip_suffix('/')?);
    let table = named.strip_prefix(database)?.strip_prefix('.')?;
    (!database.is_empty() && !table.is_empty()).then_some((root, database, table))
}

/// A name as the path of an export has it.
pub(super) fn exported_name(name: &str) -> String {
    name.replace(['\\', '`', '"', ' '], "_")
}

/// The table whose folder is called so.
pub(super) fn table_of(
    schema: Schema,
    folder: &str,
) -> Result<Option<&'static Table>, [&'static str; 2]> {
    let all = schema.tables().iter();
    let found: Vec<_> = all.filter(|table| exported_name(table.name) == folder).collect();
    match found[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        [first, second, ..] => Err([first.name, second.name]),
    }
}

/// Why AWS leaves a table out of every export, if it does.
pub(super) fn why_left_out(table: &Table) -> Option<&'static str> {
    if table.name.contains('/') {
        return Some("AWS exports no table with a slash in its name");
    }
    let odd = |name: &str| name.contains([',', ';', '{', '}', '(', ')', '\n', '\t', '=', ' ']);
    let is_odd = table
        .columns
        .iter()
        .map(|column| column.name)
        .chain(table.generated.iter().copied())
        .any(odd);
    is_odd.then_some(
        "AWS exports no table with a blank or one of , ; { } ( ) = in the name of a column",
    )
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;

    #[test]
    fn a_key_says_its_export_database_and_table() {
        let key = |root, folder| ExportKey {
            root,
            database: "shop",
            table: "orders",
            folder,
            name: "p.gz.parquet",
        };
        for (text, expected) in [
            (
                "x/e-1/shop/shop.orders/1/p.gz.parquet",
                Some(key("x/e-1/", "x/e-1/shop/shop.orders/1")),
            ),
            ("e-1/shop/shop.orders/12/p.gz.parquet", Some(key("e-1/", "e-1/shop/shop.orders/12"))),
            ("shop/shop.orders/1/p.gz.parquet", Some(key("", "shop/shop.orders/1"))),
            ("e-1/shop/shop.orders/p.gz.parquet", Some(key("e-1/", "e-1/shop/shop.orders"))),
            ("e-1/shop/other.orders/1/p.gz.parquet", None),
            ("e-1/shop/shop./1/p.gz.parquet", None),
            ("e-1/export_info_e-1.json", None),
            ("e-1/shop/shop.orders/1/x/p.gz.parquet", None),
            ("shop.orders/p.gz.parquet", None),
            ("", None),
        ] {
            assert_eq!(ExportKey::of(text), expected, "{text}");
        }
        // A table that is called like a number, in a folder of the older form.
        let numbered = ExportKey::of("e/shop/shop.7/p.parquet").unwrap();
        assert_eq!((numbered.table, numbered.folder), ("7", "e/shop/shop.7"));
    }

    #[test]
    fn only_parts_hold_rows() {
        let of = |name: &str| {
            let key = ["e/shop/shop.orders/1/", name].concat();
            let key = ExportKey::of(&key).unwrap();
            (key.is_part(), key.is_success())
        };
        assert_eq!(of("part-00000-1.gz.parquet"), (true, false));
        assert_eq!(of("_SUCCESS"), (false, true));
        assert_eq!(of("_success"), (false, true));
        assert_eq!(of(".part-00000.crc"), (false, false));
        assert_eq!(of(""), (false, false));
    }

    #[test]
    fn a_folder_is_of_one_table_or_refused() {
        let tables = ["a b", "a_b", "Orders", "plain"].map(|name| Table::new(name, &[]));
        let schema = Schema::new(Box::leak(Box::new(tables)));
        let name = |folder| table_of(schema, folder).map(|found| found.map(|table| table.name));
        assert_eq!(name("plain"), Ok(Some("plain")));
        assert_eq!(name("Orders"), Ok(Some("Orders")));
        assert_eq!(name("orders"), Ok(None));
        assert_eq!(name("a_b"), Err(["a b", "a_b"]));
        assert_eq!(name("other"), Ok(None));
    }

    #[test]
    fn a_table_that_aws_leaves_out_is_named() {
        assert_eq!(why_left_out(&Table::new("plain", &[])), None);
        assert!(why_left_out(&Table::new("a/b", &[])).unwrap().contains("slash"));
        let odd = Table { generated: &["net (EUR)"], ..Table::new("plain", &[]) };
        assert!(why_left_out(&odd).unwrap().contains("name of a column"));
    }
}
