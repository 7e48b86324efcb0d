//! Which members the JSON form of tables has, and where each of them goes.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer};

use super::description::{
    CheckDescription, ColumnDescription, DefaultValue, Description, ForeignKeyDescription,
    Generation, INNODB, IndexDescription, IndexPart, TableDescription,
};
use crate::base::members::{self, MemberPlace, Members, Needed};

/// Says of a type which members its JSON form has, those that are needed first.
macro_rules! members {
    ($Type:ident needs $needed:literal: $($name:ident $kind:ident),* $(,)?) => {
        impl Members for $Type {
            fn names(&self) -> &'static [&'static str] {
                // A field that is not listed would be written and then refused.
                let Self { $($name: _),* } = self;
                &[$(stringify!($name)),*]
            }

            fn needed(&self) -> Needed {
                Needed::First($needed)
            }

            fn place(&mut self, at: usize) -> MemberPlace<'_> {
                let mut place = 0..;
                $(if place.next() == Some(at) {
                    return MemberPlace::$kind(&mut self.$name);
                })*
                unreachable!("a member has one of the names")
            }
        }

        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                members::read(deserializer)
            }
        }
    };
}

members! { Description needs 2: rowgate_schema Number, tables Objects }
members! {
    TableDescription needs 2:
    name Text, columns Objects, engine Text, collation MaybeText, comment Text, primary_key Texts,
    primary_key_lengths Numbers, unique_keys Objects, indexes Objects, foreign_keys Objects,
    checks Objects, triggers Texts,
}
members! {
    ColumnDescription needs 2:
    name Text, column_type Text, nullable Flag, default MaybeObject, on_update MaybeText,
    auto_increment Flag, generated MaybeObject, collation MaybeText, comment Text,
}
members! { Generation needs 1: expression Text, stored Flag }
members! { IndexDescription needs 2: name Text, parts Objects, index_type MaybeText }
members! {
    IndexPart needs 0: column MaybeText, length MaybeNumber, expression MaybeText, descending Flag
}
members! {
    ForeignKeyDescription needs 6:
    name Text, columns Texts, table Text, references Texts, on_update Text, on_delete Text,
    database MaybeText,
}
members! { CheckDescription needs 2: name Text, clause Text, enforced Flag }

impl Members for DefaultValue {
    fn names(&self) -> &'static [&'static str] {
        &["literal", "expression"]
    }

    fn needed(&self) -> Needed {
        Needed::One
    }

    fn place(&mut self, at: usize) -> MemberPlace<'_> {
        let of = if at == 0 { Self::Literal } else { Self::Expression };
        *self = of(String::new());
        let (Self::Literal(text) | Self::Expression(text)) = self;
        MemberPlace::Text(text)
    }
}

impl Default for DefaultValue {
    fn default() -> Self {
        Self::Literal(String::new())
    }
}

impl Default for TableDescription {
    fn default() -> Self {
        Self {
            name: String::new(),
            engine: INNODB.into(),
            collation: None,
            comment: String::new(),
            // To grow from four would copy the columns of most tables twice more.
            columns: Vec::with_capacity(16),
            primary_key: Vec::new(),
            primary_key_lengths: Vec::new(),
            unique_keys: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            triggers: Vec::new(),
        }
    }
}

impl Default for ColumnDescription {
    fn default() -> Self {
        Self {
            name: String::new(),
            column_type: String::new(),
            nullable: true,
            default: None,
            on_update: None,
            auto_increment: false,
            generated: None,
            collation: None,
            comment: String::new(),
        }
    }
}

impl Default for CheckDescription {
    fn default() -> Self {
        Self { name: String::new(), clause: String::new(), enforced: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    /// A table with one column, of which both have more members.
    fn table(of_column: &str, of_table: &str) -> String {
        format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[
            {{"name":"a","column_type":"int"{of_column}}}]{of_table}}}]}}"#
        )
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let json = r#"{"rowgate_schema":1,"tables":[{"name":"t\u0041\n","engine":"MyISAM","collation":"x",
            "comment":"c","columns":[
            {"name":"a","column_type":"int","nullable":false,"default":{"literal":"7"},
             "on_update":"now()","auto_increment":true,"collation":"y","comment":"d"},
            {"name":"b","column_type":"int","default":{"expression":"1 + 1"},
             "generated":{"expression":"`a`","stored":true}},
            {"name":"c","column_type":"int"}],
            "primary_key":["a","b"],"primary_key_lengths":[0,4],
            "unique_keys":[{"name":"u","parts":[{"column":"a","length":3,"descending":true},
             {"expression":"1"}],"index_type":"HASH"}],
            "indexes":[{"name":"i","parts":[]}],
            "foreign_keys":[{"name":"f","columns":["a"],"database":"d","table":"t","references":["b"],
             "on_update":"CASCADE","on_delete":"RESTRICT"}],
            "checks":[{"name":"k","clause":"1","enforced":false},{"name":"l","clause":"2"}],
            "triggers":["g"]}]}"#;
        let read = Description::from_json(json).unwrap();
        assert_eq!(Description::from_json(&read.to_json()).unwrap(), read);
        let table = &read.tables[0];
        assert_eq!((&*table.name, &*table.engine, &*table.comment), ("tA\n", "MyISAM", "c"));
        let [a, b, c] = table.columns.as_slice() else { panic!("three columns") };
        assert_eq!((a.nullable, a.auto_increment, &*a.comment), (false, true, "d"));
        assert_eq!(a.default, Some(DefaultValue::Literal("7".into())));
        assert_eq!(b.default, Some(DefaultValue::Expression("1 + 1".into())));
        assert!(b.generated.as_ref().unwrap().stored);
        assert_eq!(*c, ColumnDescription { nullable: true, ..c.clone() });
        let part = &table.unique_keys[0].parts[0];
        assert_eq!((part.length, part.descending), (Some(3), true));
        assert_eq!((table.checks[0].enforced, table.checks[1].enforced), (false, true));
        assert_eq!(table.primary_key_lengths, [0, 4]);
        assert_eq!(table.foreign_keys[0].database.as_deref(), Some("d"));
    }

    #[test]
    fn null_is_what_is_left_out() {
        let without = Description::from_json(&table("", "")).unwrap();
        for member in ["default", "on_update", "generated", "collation"] {
            let json = table(&format!(r#","{member}":null"#), "");
            assert_eq!(Description::from_json(&json).as_ref(), Ok(&without), "{member}");
        }
    }

    fn assert_refused(json: &str, what: &str) {
        let error = Description::from_json(json).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains(" at line 2 column "), "{json}: {error}");
    }

    #[test]
    fn what_is_not_of_the_form_is_refused_with_its_place() {
        for (of_column, what) in [
            (r#","nullable":null"#, "invalid type: null, expected true or false"),
            (r#","nullable":1"#, "invalid type: integer `1`, expected true or false"),
            (r#","comment":null"#, "invalid type: null, expected a text"),
            (r#","comment":["a"]"#, "invalid type: sequence, expected a text"),
            (r#","collation":{}"#, "invalid type: map, expected a text or null"),
            (r#","name":"b""#, "duplicate field `name`"),
            (r#","Name":"b""#, "unknown field `Name`, expected one of `name`, `column_type`"),
            (r#","default":{}"#, "expected one member, literal or expression"),
            (r#","default":{"literal":"1","expression":"1"}"#, "expected one member"),
            (r#","default":{"value":"1"}"#, "unknown field `value`"),
            (r#","default":"1""#, "invalid type: string \"1\", expected an object or null"),
            (r#","generated":{"stored":true}"#, "missing field `expression`"),
        ] {
            assert_refused(&table(of_column, ""), what);
        }
        for (of_table, what) in [
            (r#","primary_key_lengths":[-1]"#, "integer `-1`, expected a whole number"),
            (r#","primary_key_lengths":[4294967296]"#, "expected a whole number of 32 bits"),
            (r#","primary_key_lengths":[1.5]"#, "floating point `1.5`, expected a whole number"),
            (r#","primary_key":"a""#, "invalid type: string \"a\", expected an array of texts"),
            (r#","primary_key":[null]"#, "invalid type: null, expected a text"),
            (r#","indexes":[7]"#, "invalid type: integer `7`, expected an object"),
            (r#","indexes":{}"#, "invalid type: map, expected an array of objects"),
            (r#","checks":[{"name":"k"}]"#, "missing field `clause`"),
            (r#","checks":[["k","1"]]"#, "invalid type: sequence, expected an object"),
        ] {
            assert_refused(&table("", of_table), what);
        }
    }
}
