//! The schema of a file into what each of its fields is for the table.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use apache_avro::Schema;
use apache_avro::schema::RecordField;
use serde_json::Value;

use super::datum::{Cursor, Fault};
use super::error::AvroErrorKind;
use super::names::TRUE_NAME;
use super::shape::Shape;
use crate::format::csv;
use crate::format::row_reader::GivenLayout;
use crate::table::issue::RowError;
use crate::table::record::RawField;
use crate::table::schema::{Column, DefaultValue, Table};
use crate::table::types::Definition;

/// What becomes of a field that the table has no column for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtraFields {
    /// The file is refused, before any row.
    #[default]
    Refuse,
    /// It is ignored.
    Skip,
}

/// What the rows of a file are read for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'p> {
    /// To be again what a table has held.
    Stored(ExtraFields),
    /// To be loaded, as this says.
    Load(&'p GivenLayout),
}

/// How the rows of one file are read.
#[derive(Debug)]
pub(super) struct ReadPlan {
    table: &'static Table,
    /// In the order of the file.
    fields: Vec<PlannedField>,
    /// What a row has of each column before a field fills it: the column's DEFAULT where no field does.
    unfilled: Vec<RawField<'static>>,
}

#[derive(Debug)]
struct PlannedField {
    /// As the file has it.
    name: String,
    shape: Shape,
    /// Which column it fills; `None` if it is ignored.
    column: Option<usize>,
}

/// A row's fields in the table's order, and what is wrong with single values.
pub(super) type Fields<'a> = (Vec<RawField<'a>>, Vec<RowError>);

impl ReadPlan {
    /// Compares a file's schema with a table.
    pub(super) fn new(
        table: &'static Table,
        schema: &str,
        purpose: Purpose<'_>,
    ) -> Result<Self, AvroErrorKind> {
        let Some(Schema::Record(record)) = parse(schema) else {
            return Err(AvroErrorKind::SchemaNotUnderstood);
        };
        purpose.check_names(table, &record.fields)?;
        let fields = record.fields.iter().map(|field| PlannedField::new(table, field, purpose));
        let mut plan =
            Self { table, fields: fields.collect::<Result<_, _>>()?, unfilled: Vec::new() };
        if let Purpose::Load(_) = purpose {
            // A column that the file lacks is not written; each row says if it needs one.
            plan.unfilled = table.columns.iter().map(|_| RawField::Absent).collect();
            return plan.without_twins();
        }
        for index in 0..table.columns.len() {
            let default = if plan.is_filled(index) { None } else { stored_default(table, index) };
            plan.unfilled.push(default.unwrap_or(RawField::Null));
        }
        for (index, column) in table.columns.iter().enumerate() {
            plan.check_column(index, column)?;
        }
        Ok(plan)
    }

    fn without_twins(self) -> Result<Self, AvroErrorKind> {
        for (index, column) in self.table.columns.iter().enumerate() {
            let fields = self.fields.iter().filter(|field| field.column == Some(index));
            if fields.count() > 1 {
                return Err(AvroErrorKind::TwoFields { column: column.name });
            }
        }
        Ok(self)
    }

    fn check_column(&self, index: usize, column: &'static Column) -> Result<(), AvroErrorKind> {
        let mut fields = self.fields.iter().filter(|field| field.column == Some(index));
        let has_values = fields.next().is_some_and(|field| !field.shape.is_null());
        if fields.next().is_some() {
            return Err(AvroErrorKind::TwoFields { column: column.name });
        }
        let has_default = !matches!(self.unfilled[index], RawField::Null);
        let is_fine = column.nullable || has_values || has_default;
        is_fine.then_some(()).ok_or(AvroErrorKind::MissingColumn { column: column.name })
    }

    /// The columns that no field is for.
    pub(super) fn null_columns(&self) -> Vec<&'static str> {
        let columns = self.table.columns.iter().enumerate();
        let unfilled = columns.filter(|(index, _)| !self.is_filled(*index));
        unfilled.map(|(_, column)| column.name).collect()
    }

    fn is_filled(&self, index: usize) -> bool {
        self.fields.iter().any(|field| field.column == Some(index))
    }

    /// Reads one row; a fault is in the field of that name.
    pub(super) fn read<'a>(&self, cursor: &mut Cursor<'a>) -> Result<Fields<'a>, &str> {
        let mut fields: Vec<RawField<'a>> = self.unfilled.clone();
        let mut errors = Vec::new();
        for field in &self.fields {
            field.read(cursor, self.table, &mut fields, &mut errors).map_err(|_| &*field.name)?;
        }
        Ok((fields, errors))
    }
}

impl PlannedField {
    fn new(
        table: &Table,
        field: &RecordField,
        purpose: Purpose<'_>,
    ) -> Result<Self, AvroErrorKind> {
        let column = purpose.column(table, field);
        if column.is_none() && matches!(purpose, Purpose::Stored(ExtraFields::Refuse)) {
            return Err(AvroErrorKind::UnknownField { name: readable(&field.name) });
        }
        let wrong_type = |expected| AvroErrorKind::WrongType {
            field: readable(&field.name),
            expected,
            got: readable(&serde_json::to_string(&field.schema).unwrap_or_default()),
        };
        let shape = Shape::of(&field.schema);
        let mut shape = shape.ok_or_else(|| wrong_type("a type described in place"))?;
        if let Some(index) = column {
            let column_type = table.columns[index].column_type;
            if shape.needs_zone(column_type) && !purpose.has_time_zone() {
                return Err(AvroErrorKind::NeedsTimeZone { field: readable(&field.name) });
            }
            if !shape.fits(column_type) && !shape.needs_zone(column_type) {
                return Err(wrong_type(column_type.accepted()));
            }
            shape = shape.for_column(column_type);
        }
        Ok(Self { name: readable(&field.name), shape, column })
    }

    fn read<'a>(
        &self,
        cursor: &mut Cursor<'a>,
        table: &Table,
        fields: &mut [RawField<'a>],
        errors: &mut Vec<RowError>,
    ) -> Result<(), Fault> {
        let Some(index) = self.column else { return self.shape.skip(cursor) };
        match self.shape.read(cursor)? {
            Ok(value) => fields[index] = value,
            Err(kind) => errors.push(RowError::column(table.columns[index].name, kind)),
        }
        Ok(())
    }
}

impl Purpose<'_> {
    /// The column that a field is for.
    fn column(self, table: &Table, field: &RecordField) -> Option<usize> {
        if let Some(name) = field.custom_attributes.get(TRUE_NAME).and_then(Value::as_str) {
            return table.column_index(name);
        }
        if let Self::Load(given) = self
            && let Some(column) = csv::column_of(table, &given.dialect, &field.name)
        {
            return Some(column);
        }
        let mut names = core::iter::once(&field.name).chain(&field.aliases);
        names.find_map(|name| column_index(table, name))
    }

    /// Fails if fields of a file to be loaded are no columns, unless those are to be ignored, or begin with
    /// `_`.
    fn check_names(self, table: &Table, fields: &[RecordField]) -> Result<(), AvroErrorKind> {
        let Self::Load(given) = self else { return Ok(()) };
        let is_unknown = |field: &&RecordField| {
            !field.name.starts_with('_') && self.column(table, field).is_none()
        };
        let unknown: Vec<_> = fields.iter().filter(is_unknown).map(|it| &*it.name).collect();
        if unknown.is_empty() || given.dialect.ignore_extra {
            return Ok(());
        }
        let error = csv::unknown_header(table, &given.dialect, &unknown);
        Err(AvroErrorKind::UnknownFields { error: Box::new(error) })
    }

    fn has_time_zone(self) -> bool {
        matches!(self, Self::Load(given) if given.has_time_zone)
    }
}

/// Types whose DEFAULT is the same text as a value.
const PLAIN_DEFAULTS: [&str; 8] =
    ["char", "date", "datetime", "decimal", "enum", "set", "tinytext", "varchar"];

/// A column's DEFAULT as a value, if it is one and not computed.
pub(in crate::format) fn stored_default(table: &Table, index: usize) -> Option<RawField<'static>> {
    let column = &table.columns[index];
    let described = table.described?.columns.iter().find(|its| its.name == column.name)?;
    let Some(DefaultValue::Literal(text)) = &described.default else { return None };
    let kind = described.column_type.split(['(', ' ']).next().unwrap_or_default();
    if kind.ends_with("int") {
        return text.parse().ok().map(RawField::Integer);
    }
    PLAIN_DEFAULTS.contains(&kind).then(|| RawField::Text(text.as_str().into()))
}

/// The column of a field's name, or else the only one of that name in another case: many a writer
/// has names in capitals.
pub(in crate::format) fn column_index(table: &Table, name: &str) -> Option<usize> {
    table.column_index(name).or_else(|| {
        let is_called = |its: &str| its.to_lowercase() == name.to_lowercase();
        let called = |column: &Column| {
            core::iter::once(&column.name).chain(column.aliases).any(|its| is_called(its))
        };
        let mut found = table.columns.iter().enumerate().filter(|(_, column)| called(column));
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    })
}

/// Reads a schema without what no reader of rows needs, and for which Apache's crate would refuse
/// it: polars leaves the record's name empty, many a namespace has other characters than Avro's, and
/// many a default is not of its field's type.
fn parse(schema: &str) -> Option<Schema> {
    let mut json: Value = serde_json::from_str(schema).ok()?;
    json.as_object_mut()?.insert("name".into(), "row".into());
    simplify(&mut json);
    Schema::parse(&json).ok()
}

fn simplify(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.remove("default");
            members.remove("namespace");
            let is_named = matches!(
                members.get("type").and_then(Value::as_str),
                Some("record" | "enum" | "fixed" | "error")
            );
            if is_named {
                members.remove("aliases");
                members.get_mut("name").map(shorten);
            }
            for (member, value) in members {
                if matches!(member.as_str(), "type" | "items" | "values") {
                    shorten_all(value);
                }
                simplify(value);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// The name of a type, or those of a union's branches.
fn shorten_all(types: &mut Value) {
    match types {
        Value::Array(branches) => branches.iter_mut().for_each(shorten_all),
        one => shorten(one),
    }
}

/// A type's name without its namespace, and in letters that Avro takes.
fn shorten(name: &mut Value) {
    let Value::String(text) = name else { return };
    let last = text.rsplit('.').next().unwrap_or_default();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    *text = last.chars().map(plain).collect();
}

/// A text of a file, cut to a length that a message can hold.
pub(super) fn readable(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::issue::RowErrorKind;
    use crate::table::schema::table;
    use alloc::format;
    use alloc::vec;

    fn plan(fields: &str, purpose: Purpose<'_>) -> Result<ReadPlan, AvroErrorKind> {
        let schema = format!(r#"{{"type":"record","name":"topLevelRecord","fields":[{fields}]}}"#);
        ReadPlan::new(table("employees").unwrap(), &schema, purpose)
    }

    fn refused(fields: &str) -> AvroErrorKind {
        plan(fields, Purpose::Stored(ExtraFields::Refuse)).unwrap_err()
    }

    const ID: &str = r#"{"name":"id","type":["int","null"]}"#;
    const NAME: &str = r#"{"name":"name","type":"string"}"#;
    const TIME: &str = r#"{"name":"datetime","type":"string"}"#;

    #[test]
    fn a_column_without_a_field_has_its_default() {
        let column = |name: &str, of: &str, default: &str| {
            let default =
                if default.is_empty() { String::new() } else { format!(r#","default":{default}"#) };
            format!(r#"{{"name":"{name}","column_type":"{of}","nullable":false{default}}}"#)
        };
        let plan = |columns: &[String]| {
            let id = column("id", "int", "");
            let json = format!(
                r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[{id},{}],"primary_key":["id"]}}]}}"#,
                columns.join(",")
            );
            let table = crate::table::schema::Schema::from_json(&json).unwrap().table("t").unwrap();
            let schema = r#"{"type":"record","name":"t","fields":[{"name":"id","type":"int"}]}"#;
            ReadPlan::new(table, schema, Purpose::Stored(ExtraFields::Refuse))
        };
        let all = [
            column("a", "int", r#"{"literal":"7"}"#),
            column("b", "varchar(9)", r#"{"literal":"it's"}"#),
            column("c", "decimal(9,2)", r#"{"literal":"1.50"}"#),
        ];
        let plan_of_all = plan(&all).unwrap();
        assert_eq!(plan_of_all.null_columns(), ["a", "b", "c"]);
        let (fields, _) = plan_of_all.read(&mut Cursor::new(&[2])).unwrap();
        let expected = r#"[Integer(1), Integer(7), Text("it's"), Text("1.50")]"#;
        assert_eq!(format!("{fields:?}"), expected);
        let computed = r#"{"expression":"uuid()"}"#;
        let missing = AvroErrorKind::MissingColumn { column: "a" };
        assert_eq!(plan(&[column("a", "varchar(36)", computed)]).err(), Some(missing.clone()));
        assert_eq!(plan(&[column("a", "int", "")]).err(), Some(missing));
    }

    #[test]
    fn fields_go_by_name_or_alias_in_any_order() {
        let id = r#"{"name":"number","aliases":["x","id"],"type":"long"}"#;
        let plan = plan(&[TIME, id, NAME].join(","), Purpose::Stored(ExtraFields::Refuse)).unwrap();
        let bytes = [6, b'n', b'o', b't', 14, 4, 0xc3, 0xa9, 99];
        let mut cursor = Cursor::new(&bytes);
        let (fields, errors) = plan.read(&mut cursor).unwrap();
        let expected = r#"[Integer(7), Text("é"), Text("not"), Null, Null]"#;
        assert_eq!(format!("{fields:?}"), expected);
        assert_eq!((errors, cursor.left()), (vec![], 1));
    }

    #[test]
    fn a_field_with_its_true_name_goes_by_that_alone() {
        let field = |name: &str, true_name: &str| {
            format!(r#"{{"name":"{name}","type":"int","rowgate_name":"{true_name}"}}"#)
        };
        assert!(
            plan(
                &[&field("i_x64_", "id"), NAME, TIME].join(","),
                Purpose::Stored(ExtraFields::Refuse)
            )
            .is_ok()
        );
        let unknown = AvroErrorKind::UnknownField { name: "id".into() };
        assert_eq!(refused(&[&field("id", "i d"), NAME, TIME].join(",")), unknown);
    }

    #[test]
    fn values_that_are_wrong_alone_do_not_stop_the_reading() {
        let time = r#"{"name":"datetime","type":{"type":"int","logicalType":"date"}}"#;
        let plan = plan(&[NAME, time, ID].join(","), Purpose::Stored(ExtraFields::Refuse)).unwrap();
        let bytes = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf, 2];
        let (fields, errors) = plan.read(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(errors, [RowError::column("name", RowErrorKind::InvalidUtf8)]);
        assert_eq!(fields[2], RawField::Day(i64::from(i32::MIN)));
    }

    #[test]
    fn a_row_that_ends_early_names_its_field() {
        let plan = plan(&[ID, NAME, TIME].join(","), Purpose::Stored(ExtraFields::Refuse)).unwrap();
        for (bytes, field) in [
            (&[][..], "id"),
            (&[4], "id"),
            (&[1], "id"),
            (&[2], "name"),
            (&[2, 4, b'a'], "name"),
            (&[2, 1], "name"),
            (&[2, 0], "datetime"),
        ] {
            assert_eq!(plan.read(&mut Cursor::new(bytes)).err(), Some(field), "{bytes:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_before_any_row() {
        let missing = |column| AvroErrorKind::MissingColumn { column };
        assert_eq!(refused(&[ID, NAME].join(",")), missing("datetime"));
        let nulls = r#"{"name":"id","type":"null"}"#;
        assert_eq!(refused(&[nulls, NAME, TIME].join(",")), missing("id"));
        let alias = r#"{"name":"a","aliases":["id"],"type":"int"}"#;
        let two = AvroErrorKind::TwoFields { column: "id" };
        assert_eq!(refused(&[ID, NAME, alias, TIME].join(",")), two);
        let salary = r#"{"name":"salary","type":"int"}"#;
        let unknown = AvroErrorKind::UnknownField { name: "salary".into() };
        assert_eq!(refused(&[ID, NAME, TIME, salary].join(",")), unknown);
        let number = r#"{"name":"name","type":["null","long"]}"#;
        assert_eq!(
            refused(&[ID, number, TIME].join(",")),
            AvroErrorKind::WrongType {
                field: "name".into(),
                expected: "string",
                got: r#"["null","long"]"#.into()
            }
        );
    }

    #[test]
    fn namespaces_of_any_characters_do_not_matter() {
        let kind = |name: &str, namespace: &str| {
            format!(
                r#"{{"type":"enum","name":"{name}","namespace":"{namespace}","aliases":["x-y"],
                    "symbols":["a","b"]}}"#
            )
        };
        for (name, namespace, reference) in [
            ("Kind", "my-company.röws v2", "my-company.röws v2.Kind"),
            ("my-company.Kind", "", "my-company.Kind"),
            ("Kind", "", "Kind"),
            ("Ki-nd", "a.b", "a.b.Ki-nd"),
        ] {
            let extra = format!(r#"{{"name":"k","type":{}}}"#, kind(name, namespace));
            let again = format!(r#"{{"name":"l","type":["null","{reference}"]}}"#);
            let fields = [ID, NAME, TIME, &extra, &again].join(",");
            let schema = format!(
                r#"{{"type":"record","name":"a b.row","namespace":"{namespace}","fields":[{fields}]}}"#
            );
            let plan = ReadPlan::new(
                table("employees").unwrap(),
                &schema,
                Purpose::Stored(ExtraFields::Refuse),
            );
            let unknown = AvroErrorKind::UnknownField { name: "k".into() };
            assert_eq!(plan.err(), Some(unknown), "{schema}");
        }
        // A field's own alias is no name of a type.
        let id = r#"{"name":"number","aliases":["a.id"],"type":"int"}"#;
        let unknown = AvroErrorKind::UnknownField { name: "number".into() };
        assert_eq!(refused(&[id, NAME, TIME].join(",")), unknown);
    }

    #[test]
    fn the_name_of_the_record_and_defaults_do_not_matter() {
        let jobs = table("jobs").unwrap();
        for start in [r#""name":"","namespace":"a.b""#, r#""name":"no name""#, r#""doc":"""#] {
            let schema = format!(
                r#"{{"type":"record",{start},"fields":[{{"name":"id","type":"int","default":null}},
                    {{"name":"job","type":["string","null"],"default":7}}]}}"#
            );
            assert!(
                ReadPlan::new(jobs, &schema, Purpose::Stored(ExtraFields::Refuse)).is_ok(),
                "{schema}"
            );
        }
    }

    #[test]
    fn what_is_no_schema_of_a_record_is_refused() {
        let jobs = table("jobs").unwrap();
        let deep = format!("{}\"int\"{}", "[".repeat(200), "]".repeat(200));
        for schema in ["", "{", "\"int\"", "[]", "{\"type\":\"record\"}", "\"jobs\"", &deep] {
            let refused =
                ReadPlan::new(jobs, schema, Purpose::Stored(ExtraFields::Skip)).unwrap_err();
            assert_eq!(refused, AvroErrorKind::SchemaNotUnderstood, "{schema}");
        }
    }

    #[test]
    fn extra_fields_of_any_type_are_ignored() {
        let extra = r#"
            {"name":"a","type":{"type":"array","items":{"type":"map","values":"long"}}},
            {"name":"b","type":{"type":"record","name":"r","fields":[
                {"name":"c","type":["null","double"],"default":7},{"name":"d","type":"boolean"}]}},
            {"name":"e","type":{"type":"fixed","name":"f","size":3}},
            {"name":"g","type":{"type":"bytes","logicalType":"decimal","precision":4}},
            {"name":"h","type":{"type":"enum","name":"i","symbols":["x"]}}"#;
        let plan =
            plan(&[ID, extra, NAME, TIME].join(","), Purpose::Stored(ExtraFields::Skip)).unwrap();
        let mut bytes = vec![0, 14]; // id
        bytes.extend([1, 10, 2, 2, b'k', 6, 0, 0]); // a: one map, its length before it
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 0, 1]); // b
        bytes.extend([1, 2, 3, 4, 9, 9, 0]); // e, g, h
        bytes.extend([2, b'n', 2, b't']);
        let mut cursor = Cursor::new(&bytes);
        let (fields, _) = plan.read(&mut cursor).unwrap();
        assert_eq!(format!("{:?}", &fields[..3]), r#"[Integer(7), Text("n"), Text("t")]"#);
        assert_eq!(cursor.left(), 0);
    }

    #[test]
    fn a_type_that_is_described_elsewhere_is_not_ignored() {
        let list = r#"{"name":"l","type":{"type":"record","name":"node","fields":[
            {"name":"next","type":["null","node"]}]}}"#;
        let refused = plan(&[ID, NAME, TIME, list].join(","), Purpose::Stored(ExtraFields::Skip))
            .unwrap_err();
        assert!(matches!(refused, AvroErrorKind::WrongType { field, .. } if field == "l"));
    }
}
