//! The keys of a table in ranges with about as many rows, for those who know nothing of each other.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::table::schema::{KeyKind, Table};

/// The fewest rows of a table that is split, and the fewest keys of a range of it: some seconds of
/// reading.
const FEWEST: u64 = 1_000_000;

/// Times that the keys are looked at more closely.
const LOOKS: usize = 4;

/// Pieces that one statement looks at; of its text the service takes 65,536 characters.
const LOOKED_AT: usize = 100;

/// Keys of a table that stand together; all ranges of a table have all its keys.
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

impl KeyRange {
    /// Whether a row is in it, as a condition of SQL; none if every row is.
    pub(crate) fn condition(&self, table: &Table) -> Option<String> {
        let key = table.key_column().name;
        let after = self.after.map(|after| format!("`{key}` > {after}"));
        let until = self.until.map(|until| format!("`{key}` <= {until}"));
        let both: Vec<_> = after.into_iter().chain(until).collect();
        (!both.is_empty()).then(|| both.join(" AND "))
    }
}

/// Keys as text: whoever carries them may take numbers for floating ones.
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

/// Keys between two that a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heap {
    first: i64,
    last: i64,
}

impl Heap {
    fn keys(self) -> u128 {
        (i128::from(self.last) - i128::from(self.first) + 1).unsigned_abs()
    }
}

/// Splits the keys of a table into at most so many ranges, each of about a million at least.
///
/// A table of fewer rows is one range, and so is one whose keys are texts. Gaps are looked for:
/// without, the rows of ids that begin far up would all be in the last range.
pub(crate) async fn split<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    most: usize,
) -> Result<Vec<KeyRange>, CallError> {
    let Some(all) = extent(client, table, name).await? else {
        return Ok(alloc::vec![KeyRange::default()]);
    };
    let mut heaps = alloc::vec![all];
    for _ in 0..LOOKS {
        let before = keys(&heaps);
        heaps = look(client, table, name, &cut(&heaps, most)).await?;
        if keys(&heaps) > before / 2 {
            break;
        }
    }
    Ok(spans(&heaps, most))
}

/// The least and the greatest key of a table with many rows.
async fn extent<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
) -> Result<Option<Heap>, CallError> {
    let KeyKind::Integer { .. } = table.key_kind() else { return Ok(None) };
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM (SELECT `{0}` FROM `{name}` LIMIT {FEWEST}) AS rowgate_some), \
         MIN(`{0}`), MAX(`{0}`) FROM `{name}`",
        table.key_column().name
    );
    let records = client.query(&sql, &[]).await?.records;
    Ok(match records.first().map(Vec::as_slice) {
        Some([Field::Long(rows), Field::Long(first), Field::Long(last)])
            if rows.unsigned_abs() >= FEWEST =>
        {
            Some(Heap { first: *first, last: *last })
        }
        _ => None,
    })
}

/// The heaps in pieces, about so many in all.
fn cut(heaps: &[Heap], count: usize) -> Vec<Heap> {
    let length = keys(heaps).div_ceil(count.max(1) as u128).max(1);
    let mut pieces = Vec::new();
    for heap in heaps {
        let mut first = i128::from(heap.first);
        while first <= i128::from(heap.last) {
            let last = (first + length as i128 - 1).min(heap.last.into());
            pieces.push(Heap { first: first as i64, last: last as i64 });
            first = last + 1;
        }
    }
    pieces
}

/// What the table has of each piece, in the order of the keys: two steps into its index for each.
async fn look<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    pieces: &[Heap],
) -> Result<Vec<Heap>, CallError> {
    let key = table.key_column().name;
    let of = |Heap { first, last }: &Heap| {
        let end = |order| {
            format!(
                "(SELECT `{key}` FROM `{name}` WHERE `{key}` BETWEEN {first} AND {last} \
                 ORDER BY `{key}` {order} LIMIT 1)"
            )
        };
        format!("SELECT {}, {}", end("ASC"), end("DESC"))
    };
    let mut heaps = Vec::new();
    for pieces in pieces.chunks(LOOKED_AT) {
        let sql = pieces.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ");
        let records = client.query(&sql, &[]).await?.records;
        heaps.extend(records.iter().filter_map(|row| match row.as_slice() {
            [Field::Long(first), Field::Long(last)] => Some(Heap { first: *first, last: *last }),
            _ => None,
        }));
    }
    heaps.sort_by_key(|heap| heap.first);
    Ok(heaps)
}

fn keys(heaps: &[Heap]) -> u128 {
    heaps.iter().map(|heap| heap.keys()).sum()
}

/// Ranges with as many of the heaps' keys as each other.
fn spans(heaps: &[Heap], most: usize) -> Vec<KeyRange> {
    let keys = keys(heaps);
    let count = keys.div_ceil(FEWEST.into()).clamp(1, most.max(1) as u128);
    // The products stay below 128 bits: 65 for the keys, and a count that was an usize.
    let ends = (1..count).filter_map(|number| key_at(heaps, keys * number / count));
    let mut spans = alloc::vec![KeyRange::default()];
    for end in ends {
        if let Some(last) = spans.last_mut() {
            last.until = Some(end);
        }
        spans.push(KeyRange { after: Some(end), until: None });
    }
    spans
}

/// The last of the first so many keys.
fn key_at(heaps: &[Heap], mut number: u128) -> Option<i64> {
    for heap in heaps {
        if number <= heap.keys() {
            return Some((i128::from(heap.first) + number as i128 - 1) as i64);
        }
        number -= heap.keys();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;

    fn heap(first: i64, last: i64) -> Heap {
        Heap { first, last }
    }

    fn ends(heaps: &[Heap], most: usize) -> Vec<Option<i64>> {
        let spans = spans(heaps, most);
        assert_eq!((spans[0].after, spans[spans.len() - 1].until), (None, None));
        assert!(spans.windows(2).all(|pair| pair[0].until == pair[1].after));
        spans.iter().map(|span| span.until).collect()
    }

    #[test]
    fn ranges_have_as_many_keys_and_none_has_few() {
        let million = FEWEST as i64;
        assert_eq!(ends(&[heap(1, 10)], 9), [None]);
        assert_eq!(ends(&[heap(1, 2 * million)], 9), [Some(million), None]);
        assert_eq!(ends(&[heap(1, 9 * million)], 3), [Some(3 * million), Some(6 * million), None]);
        assert_eq!(ends(&[heap(i64::MIN, i64::MAX)], 2), [Some(-1), None]);
        assert_eq!(ends(&[], 9), [None]);
        assert_eq!(ends(&[heap(1, 9 * million)], 0), [None]);
    }

    #[test]
    fn gaps_count_for_nothing() {
        let million = FEWEST as i64;
        let (far, row) = (i64::MAX - 2 * million, heap(1, 1));
        let heaps = [row, heap(far, far + 2 * million - 1)];
        let expected = [Some(far + 666_665), Some(far + 1_333_332), None];
        assert_eq!(ends(&heaps, 3), expected);
    }

    #[test]
    fn pieces_have_every_key_once() {
        let pieces = cut(&[heap(1, 7), heap(100, 101)], 3);
        assert_eq!(pieces, [heap(1, 3), heap(4, 6), heap(7, 7), heap(100, 101)]);
        let all = cut(&[heap(i64::MIN, i64::MAX)], 2);
        assert_eq!(all, [heap(i64::MIN, -1), heap(0, i64::MAX)]);
        assert_eq!(cut(&[], 4), []);
        assert_eq!(cut(&[heap(1, 7)], 0), [heap(1, 7)]);
    }

    #[test]
    fn keys_travel_as_text() {
        let span = KeyRange { after: None, until: Some(i64::MAX) };
        let text = serde_json::to_string(&span).unwrap();
        assert_eq!(text, r#"{"after":null,"until":"9223372036854775807"}"#);
        assert_eq!(serde_json::from_str::<KeyRange>(&text).unwrap(), span);
        for wrong in [r#"{"after":"1 OR 1"}"#, r#"{"until":7}"#, r#"{"from":"1"}"#] {
            assert!(serde_json::from_str::<KeyRange>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_a_condition_unless_it_is_everything() {
        let jobs = table("jobs").unwrap();
        let of = |after, until| KeyRange { after, until }.condition(jobs);
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(-3), Some(7)).unwrap(), "`id` > -3 AND `id` <= 7");
        assert_eq!(of(None, Some(7)).unwrap(), "`id` <= 7");
    }
}
