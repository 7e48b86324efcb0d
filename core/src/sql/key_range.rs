//! Ranges of a table's key: as conditions of SQL, by their ends, and cut.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::base::sql_text::quoted;
use crate::table::schema::{KeyKind, Table};
use crate::table::types::Definition;

/// Integers from behind one up to another: keys, or the first parts of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRange {
    /// The key before the first one; `None` begins with the table.
    #[serde(with = "text", default)]
    pub after: Option<i64>,
    /// The last key; `None` ends with the table.
    #[serde(with = "text", default)]
    pub until: Option<i64>,
}

/// The least and the greatest key of a table, or first part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyBounds {
    /// The table has no row.
    Empty,
    /// Both are integers.
    Between(i64, i64),
    /// The keys are no integers.
    NoIntegers,
}

impl KeyRange {
    /// Whether a row is in it, as a condition of SQL; none if every row is.
    pub(crate) fn sql(self, table: &Table) -> Option<String> {
        let key = quoted(table.key_column().name);
        let after = self.after.map(|after| format!("{key} > {after}"));
        let until = self.until.map(|until| format!("{key} <= {until}"));
        let both: Vec<_> = after.into_iter().chain(until).collect();
        (!both.is_empty()).then(|| both.join(" AND "))
    }

    /// How many keys it can have; `None` if it has no end.
    pub(crate) fn keys(self) -> Option<i128> {
        Some(i128::from(self.until?) - i128::from(self.after?))
    }

    /// The keys from `least` to `greatest` in so many ranges, as long as each other; fewer where
    /// there are fewer keys.
    pub(crate) fn split(least: i64, greatest: i64, count: usize) -> Vec<Self> {
        let length = i128::from(greatest) - i128::from(least) + 1;
        let count = count.min(usize::try_from(length).unwrap_or(count));
        // The products stay far below 128 bits, and the quotients between `least` and `greatest`.
        let end = |number: usize| {
            (i128::from(least) + length * number as i128 / count as i128 - 1) as i64
        };
        let range = |number: usize| Self {
            after: if number == 0 { least.checked_sub(1) } else { Some(end(number)) },
            until: Some(end(number + 1)),
        };
        (0..count).map(range).collect()
    }

    /// Takes the upper half of its keys away; `None` if it has no end.
    pub(crate) fn take_half(&mut self) -> Option<Self> {
        let middle = Some((i128::from(self.after?) + self.keys()? / 2) as i64);
        let upper = Self { after: middle, until: self.until };
        self.until = middle;
        Some(upper)
    }

    /// All keys in two ranges that meet in the middle between `least` and `greatest`.
    pub(crate) fn halves(least: i64, greatest: i64) -> [Self; 2] {
        let middle = Some(((i128::from(least) + i128::from(greatest)) / 2) as i64);
        [Self { after: None, until: middle }, Self { after: middle, until: None }]
    }
}

impl KeyBounds {
    /// Asks for those of a table that has the columns of one of ours.
    pub(crate) async fn read<H: Host>(
        client: &Client<'_, H>,
        table: &Table,
        name: &str,
    ) -> Result<Self, CallError> {
        let KeyKind::Integer { .. } = table.key_kind() else { return Ok(Self::NoIntegers) };
        let sql = format!("SELECT {} FROM {}", Self::columns(table), quoted(name));
        let records = client.query(&sql, &[]).await?.records;
        Ok(Self::of(records.first().map_or(&[], Vec::as_slice)))
    }

    /// What answers them, as a list of SQL.
    pub(crate) fn columns(table: &Table) -> String {
        let key = table.key_column();
        let value = |of| key.column_type.canonical(&format!("{of}({})", quoted(key.name)));
        format!("{}, {}", value("MIN"), value("MAX"))
    }

    /// Those that [`Self::columns`] has answered.
    pub(crate) fn of(fields: &[Field]) -> Self {
        match fields {
            [Field::Long(least), Field::Long(greatest)] => Self::Between(*least, *greatest),
            [Field::Null(_), Field::Null(_)] => Self::Empty,
            _ => Self::NoIntegers,
        }
    }
}

/// `WHERE …`, with a blank behind it, of rows for which all conditions are true.
pub(crate) fn where_all(conditions: &[String]) -> String {
    match conditions {
        [] => String::new(),
        some => format!("WHERE {} ", some.join(" AND ")),
    }
}

/// Keys as text: a reader of JSON may take numbers for floating ones.
mod text {
    use alloc::string::{String, ToString};

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    // The form that serde asks for.
    #[allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option)]
    pub(super) fn serialize<S: Serializer>(key: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        key.map(|key| key.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let no_key = |_| de::Error::custom("not a key");
        text.map(|text| text.parse().map_err(no_key)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;
    use alloc::vec;
    use proptest::prelude::*;

    fn contains(range: KeyRange, key: i64) -> bool {
        range.after.is_none_or(|after| key > after) && range.until.is_none_or(|until| key <= until)
    }

    #[test]
    fn keys_travel_as_text() {
        let range = KeyRange { after: None, until: Some(i64::MAX) };
        let text = serde_json::to_string(&range).unwrap();
        assert_eq!(text, r#"{"after":null,"until":"9223372036854775807"}"#);
        assert_eq!(serde_json::from_str::<KeyRange>(&text).unwrap(), range);
        for wrong in [r#"{"after":"1 OR 1"}"#, r#"{"until":7}"#, r#"{"from":"1"}"#] {
            assert!(serde_json::from_str::<KeyRange>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_a_condition_unless_it_is_everything() {
        let jobs = table("jobs").unwrap();
        let of = |after, until| KeyRange { after, until }.sql(jobs);
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(-3), Some(7)).unwrap(), "`id` > -3 AND `id` <= 7");
        assert_eq!(of(None, Some(7)).unwrap(), "`id` <= 7");
    }

    #[test]
    fn bounds_are_integers_or_none() {
        let of = |fields: &[Field]| KeyBounds::of(fields);
        assert_eq!(of(&[Field::Long(-1), Field::Long(7)]), KeyBounds::Between(-1, 7));
        assert_eq!(of(&[Field::Null(true), Field::Null(true)]), KeyBounds::Empty);
        for other in [vec![Field::String("a".into()), Field::String("b".into())], vec![]] {
            assert_eq!(of(&other), KeyBounds::NoIntegers);
        }
    }

    #[test]
    fn the_ends_of_the_integers_are_keys_as_well() {
        let all = KeyRange::split(i64::MIN, i64::MAX, 2);
        assert_eq!(all[0], KeyRange { after: None, until: Some(-1) });
        assert_eq!(all[1], KeyRange { after: Some(-1), until: Some(i64::MAX) });
        let [lower, upper] = KeyRange::halves(i64::MIN, i64::MAX);
        assert!(contains(lower, i64::MIN) && contains(upper, i64::MAX));
        let mut whole = KeyRange { after: Some(i64::MIN), until: Some(i64::MAX) };
        assert_eq!(whole.take_half(), Some(KeyRange { after: Some(-1), until: Some(i64::MAX) }));
        assert_eq!(KeyRange::default().take_half(), None);
    }

    proptest! {
        #[test]
        fn each_key_is_in_one_range(
            least in -50..50_i64, length in 0..60_i64, count in 1..9_usize, halved in 0..9_usize,
        ) {
            let greatest = least + length;
            let mut ranges = KeyRange::split(least, greatest, count);
            prop_assert_eq!(ranges.len() as i64, (count as i64).min(length + 1));
            let halved = halved % ranges.len();
            let half = ranges[halved].take_half();
            ranges.extend(half);
            let halves = KeyRange::halves(least, greatest);
            for key in least - 2..=greatest + 2 {
                let within = ranges.iter().filter(|range| contains(**range, key)).count();
                prop_assert_eq!(within, usize::from((least..=greatest).contains(&key)), "{}", key);
                prop_assert_eq!(halves.iter().filter(|range| contains(**range, key)).count(), 1);
            }
            let keys: i128 = ranges.iter().filter_map(|range| range.keys()).sum();
            prop_assert_eq!(keys, i128::from(length) + 1);
        }
    }
}
