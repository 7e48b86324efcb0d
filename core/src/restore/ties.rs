//! What holds the tables of a restore to others, or to more than their columns: foreign keys, CHECKs and
//! triggers. A swap would leave these with the old tables.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::error::RestoreError;
use super::tables::run;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::base::sql_text::{literal, qualified};
use crate::table::schema::{ForeignKey, Schema, Table};

/// What holds some tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Ties {
    /// The foreign keys of these tables, and those of others that refer to them.
    pub(super) foreign: Vec<TiedKey>,
    /// Each CHECK, by its table and its name.
    checks: Vec<[String; 2]>,
    /// Each trigger, in the same way.
    triggers: Vec<[String; 2]>,
}

/// A foreign key, as both of its tables are named in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TiedKey {
    /// Its name.
    pub(super) name: String,
    /// The table that it belongs to.
    pub(super) child: TableName,
    /// The table that it refers to.
    pub(super) parent: TableName,
    /// Each column of the one with the other's.
    pub(super) columns: Vec<[String; 2]>,
}

/// A table's name, with its database where that is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableName {
    database: Option<String>,
    pub(super) table: String,
}

impl TableName {
    /// One of the database that is called.
    pub(super) fn here(table: &str) -> Self {
        Self { database: None, table: table.into() }
    }

    /// The empty name of a database is that which is called.
    fn of(database: String, table: String) -> Self {
        Self { database: Some(database).filter(|database| !database.is_empty()), table }
    }

    /// Whether it is this table of the database that is called.
    pub(super) fn is(&self, table: &str) -> bool {
        self.database.is_none() && self.table == table
    }

    /// In SQL.
    pub(super) fn quoted(&self) -> String {
        qualified(self.database.as_deref(), &self.table)
    }
}

impl Ties {
    /// Looks what holds these tables: in the live database, and as the schema says, since a user may not see all.
    pub(super) async fn read<H: Host>(
        client: &Client<'_, H>,
        schema: Schema,
        tables: &[&'static Table],
    ) -> Result<Self, RestoreError> {
        let (mut ties, mut there) = (Self::default(), Vec::new());
        for row in rows(client, tables).await? {
            match row {
                [kind, _, table, ..] if kind == "table" => there.push(table),
                row => ties.take(row),
            }
        }
        for key in of_schema(schema, tables, &there) {
            let is_it = |its: &&TiedKey| its.name == key.name && its.child == key.child;
            if ties.foreign.iter().find(is_it).is_none() {
                ties.foreign.push(key);
            }
        }
        Ok(ties)
    }

    fn take(&mut self, row: TieRow) {
        let [kind, own, table, name, _, column, other, parent, reference] = row;
        match kind.as_str() {
            "check" => self.checks.push([table, name]),
            "trigger" => self.triggers.push([table, name]),
            _ => {
                let (child, parent) = (TableName::of(own, table), TableName::of(other, parent));
                let columns = [column, reference];
                let before = self.foreign.last_mut();
                match before.filter(|key| key.name == name && key.child == child) {
                    Some(key) => key.columns.push(columns),
                    None => {
                        let columns = [columns].into();
                        self.foreign.push(TiedKey { name, child, parent, columns });
                    }
                }
            }
        }
    }

    /// The foreign keys of which one table is not among these.
    pub(super) fn outer(&self, tables: &[&'static Table]) -> Vec<TiedKey> {
        let is_in = |name: &TableName| tables.iter().any(|table| name.is(table.name));
        let keys = self.foreign.iter().filter(|key| !(is_in(&key.child) && is_in(&key.parent)));
        keys.cloned().collect()
    }

    /// Whether anything holds them.
    pub(super) fn is_any(&self) -> bool {
        !(self.foreign.is_empty() && self.checks.is_empty() && self.triggers.is_empty())
    }

    /// What holds them but for triggers, each in a few words.
    pub(super) fn constraints(&self) -> Vec<String> {
        let foreign = self.foreign.iter().map(ToString::to_string);
        let checks = self.checks.iter().map(|[table, name]| format!("{table}: CHECK {name}"));
        foreign.chain(checks).collect()
    }

    /// Why it takes a flag to restore them.
    pub(super) fn fired(&self) -> Vec<String> {
        let fired = self.triggers().into_iter().map(|trigger| {
            format!(
                "{trigger} would run for each row that goes or comes; --fire-triggers allows it"
            )
        });
        fired.collect()
    }

    /// The triggers, each in a few words.
    pub(super) fn triggers(&self) -> Vec<String> {
        self.triggers.iter().map(|[table, name]| format!("{table}: TRIGGER {name}")).collect()
    }
}

impl fmt::Display for TiedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, child, parent, .. } = self;
        write!(f, "{child}: FOREIGN KEY {name} to {parent}")
    }
}

/// For messages.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.database {
            None => f.write_str(&self.table),
            Some(database) => write!(f, "{} of the database {database}", self.table),
        }
    }
}

/// Kind, database, table, name and position; of a table that is there nothing else, of a foreign key also its column, and the database, the table and the
/// column that it refers to.
type TieRow = [String; 9];

/// One call, in the order of the keys and of the columns in each.
async fn rows<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
) -> Result<Vec<TieRow>, RestoreError> {
    let names: Vec<_> = tables.iter().map(|table| literal(table.name)).collect();
    let sql = TIES.replace("{names}", &names.join(", "));
    let records = run(client, &sql, &[], "constraints and triggers are not listed").await?.records;
    let row = |fields: Vec<Field>| {
        let texts: Option<Vec<_>> = fields.iter().map(Field::text).collect();
        texts.and_then(|texts| texts.try_into().ok()).ok_or(RestoreError::Unreadable)
    };
    let mut rows = records.into_iter().map(row).collect::<Result<Vec<TieRow>, _>>()?;
    rows.sort_by_cached_key(|[kind, database, table, name, position, ..]| {
        let position: u32 = position.parse().unwrap_or_default();
        [kind, database, table, name]
            .map(String::clone)
            .into_iter()
            .chain([format!("{position:09}")])
            .collect::<Vec<_>>()
    });
    Ok(rows)
}

/// A CHECK of a column is in the column's line, where it stays; only MariaDB has such.
const TIES: &str = "SELECT 'foreign', IF(k.TABLE_SCHEMA = DATABASE(), '', k.TABLE_SCHEMA), k.TABLE_NAME, \
    k.CONSTRAINT_NAME, k.ORDINAL_POSITION, k.COLUMN_NAME, \
    IF(k.REFERENCED_TABLE_SCHEMA = DATABASE(), '', k.REFERENCED_TABLE_SCHEMA), k.REFERENCED_TABLE_NAME, \
    k.REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE AS k \
    WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND (k.TABLE_SCHEMA = DATABASE() \
    AND k.TABLE_NAME IN ({names}) OR k.REFERENCED_TABLE_SCHEMA = DATABASE() \
    AND k.REFERENCED_TABLE_NAME IN ({names})) \
    UNION ALL SELECT 'table', '', t.TABLE_NAME, '', 0, '', '', '', '' \
    FROM information_schema.TABLES AS t WHERE t.TABLE_SCHEMA = DATABASE() \
    UNION ALL SELECT 'check', '', c.TABLE_NAME, c.CONSTRAINT_NAME, 0, '', '', '', '' \
    FROM information_schema.TABLE_CONSTRAINTS AS c WHERE c.TABLE_SCHEMA = DATABASE() \
    AND c.CONSTRAINT_TYPE = 'CHECK' AND c.TABLE_NAME IN ({names}) \
    /*M! AND NOT EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS AS l \
    WHERE l.CONSTRAINT_SCHEMA = DATABASE() AND l.TABLE_NAME = c.TABLE_NAME \
    AND l.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND l.LEVEL = 'Column') */ \
    UNION ALL SELECT 'trigger', '', g.EVENT_OBJECT_TABLE, g.TRIGGER_NAME, 0, '', '', '', '' \
    FROM information_schema.TRIGGERS AS g WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() \
    AND g.EVENT_OBJECT_TABLE IN ({names})";

/// The foreign keys that the schema says of these tables, and of others that refer to them; none of others that are
/// not there.
fn of_schema(schema: Schema, tables: &[&'static Table], there: &[String]) -> Vec<TiedKey> {
    let is_in = |child: &Table| tables.iter().any(|table| table.name == child.name);
    let is_there = |child: &Table| there.iter().any(|its| its == child.name);
    let is_to_these = |key: &ForeignKey| tables.iter().any(|table| key.is_to(table.name));
    let has_parent = |key: &ForeignKey| there.iter().any(|its| key.is_to(its));
    let keys = schema.tables().iter().flat_map(|child| {
        let is_own = is_in(child);
        let keys = child.constraints.foreign.iter().filter(move |key| match is_own {
            // Of a missing table it is to be made.
            true => !is_there(child) || is_to_these(key) || has_parent(key),
            false => is_to_these(key) && is_there(child),
        });
        keys.map(move |key| tied_key(child, key))
    });
    keys.collect()
}

fn tied_key(child: &Table, key: &ForeignKey) -> TiedKey {
    let columns = key.columns.iter().zip(key.references);
    let pair = |(at, reference): (&usize, &&str)| {
        [child.columns[*at].name.to_string(), (*reference).to_string()]
    };
    TiedKey {
        name: key.name.into(),
        child: TableName::here(child.name),
        parent: TableName {
            database: key.parent.database.map(Into::into),
            table: key.parent.name.into(),
        },
        columns: columns.map(pair).collect(),
    }
}
