//! The description of a table as a manifest keeps it in memory.

use alloc::boxed::Box;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::table::schema::TableDescription;

/// A table's description as compact JSON, which takes a fraction of the memory: the manifests of all backups
/// are in memory together, and none of their descriptions is looked at there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedTable(Box<str>);

impl PackedTable {
    pub(super) fn new(table: &TableDescription) -> Self {
        // Texts and numbers, which cannot fail.
        Self(serde_json::to_string(table).unwrap_or_default().into())
    }
}

impl Serialize for PackedTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table: TableDescription = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        table.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PackedTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = TableDescription::deserialize(deserializer)?;
        let text = serde_json::to_string(&table).map_err(D::Error::custom)?;
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Description, EXAMPLE};

    #[test]
    fn it_is_the_description_in_a_manifest() {
        for table in Description::from_json(EXAMPLE).unwrap().tables {
            let packed = PackedTable::new(&table);
            let text = serde_json::to_string_pretty(&packed).unwrap();
            assert_eq!(text, serde_json::to_string_pretty(&table).unwrap());
            assert_eq!(serde_json::from_str::<PackedTable>(&text).unwrap(), packed);
        }
        assert!(serde_json::from_str::<PackedTable>(r#"{"name":"t","more":1}"#).is_err());
    }
}
