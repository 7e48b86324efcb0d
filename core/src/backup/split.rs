//! The keys of a table in ranges with about as many rows each, for independent workers.

use alloc::format;
use alloc::vec::Vec;

use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::base::sql_text::quoted;
use crate::sql::key_range::{KeyBounds, KeyRange};
use crate::table::schema::{KeyKind, Table};

/// The fewest rows of a table that is split, and the fewest keys of a range of it: some seconds of
/// reading.
const FEWEST: u64 = 1_000_000;

/// Times that the keys are looked at more closely.
const LOOKS: usize = 4;

/// Pieces that one statement looks at; of its text the service takes 65,536 characters.
const LOOKED_AT: usize = 100;

/// Keys between two that a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cluster {
    first: i64,
    last: i64,
}

impl Cluster {
    fn between(bounds: &[Field]) -> Option<Self> {
        match KeyBounds::of(bounds) {
            KeyBounds::Between(first, last) => Some(Self { first, last }),
            KeyBounds::Empty | KeyBounds::NoIntegers => None,
        }
    }

    fn keys(self) -> u128 {
        (i128::from(self.last) - i128::from(self.first) + 1).unsigned_abs()
    }
}

/// Splits the keys of a table into at most so many ranges, each of about a million at least.
///
/// A table of fewer rows is one range, and so is one whose keys do not begin with an integer. Where they only
/// begin with one, each first part may be of many rows, so that there are as many ranges as may be. Gaps are looked for:
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
    let mut clusters = alloc::vec![all];
    for _ in 0..LOOKS {
        let before = keys(&clusters);
        clusters = look(client, table, name, &cut(&clusters, most)).await?;
        if keys(&clusters) > before / 2 {
            break;
        }
    }
    let fewest = if table.key.len() == 1 { FEWEST } else { 1 };
    Ok(spans(&clusters, most, fewest))
}

/// The least and the greatest key of a table with many rows.
async fn extent<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
) -> Result<Option<Cluster>, CallError> {
    let KeyKind::Integer { .. } = table.key_kind() else { return Ok(None) };
    let name = quoted(name);
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM (SELECT {0} FROM {name} LIMIT {FEWEST}) AS rowgate_some), \
         {1} FROM {name}",
        quoted(table.key_column().name),
        KeyBounds::columns(table)
    );
    let records = client.query(&sql, &[]).await?.records;
    Ok(match records.first().map(Vec::as_slice) {
        Some([Field::Long(rows), bounds @ ..]) if rows.unsigned_abs() >= FEWEST => {
            Cluster::between(bounds)
        }
        _ => None,
    })
}

/// The clusters in pieces, about so many in all.
fn cut(clusters: &[Cluster], count: usize) -> Vec<Cluster> {
    let length = keys(clusters).div_ceil(count.max(1) as u128).max(1);
    let mut pieces = Vec::new();
    for cluster in clusters {
        let mut first = i128::from(cluster.first);
        while first <= i128::from(cluster.last) {
            let last = (first + length as i128 - 1).min(cluster.last.into());
            pieces.push(Cluster { first: first as i64, last: last as i64 });
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
    pieces: &[Cluster],
) -> Result<Vec<Cluster>, CallError> {
    let (key, name) = (quoted(table.key_column().name), quoted(name));
    let of = |Cluster { first, last }: &Cluster| {
        let end = |order| {
            format!(
                "(SELECT {key} FROM {name} WHERE {key} BETWEEN {first} AND {last} \
                 ORDER BY {key} {order} LIMIT 1)"
            )
        };
        format!("SELECT {}, {}", end("ASC"), end("DESC"))
    };
    let mut clusters = Vec::new();
    for pieces in pieces.chunks(LOOKED_AT) {
        let sql = pieces.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ");
        let records = client.query(&sql, &[]).await?.records;
        clusters.extend(records.iter().filter_map(|row| Cluster::between(row)));
    }
    clusters.sort_by_key(|cluster| cluster.first);
    Ok(clusters)
}

fn keys(clusters: &[Cluster]) -> u128 {
    clusters.iter().map(|cluster| cluster.keys()).sum()
}

/// Ranges with as many of the clusters' keys as each other, at least about `fewest`.
fn spans(clusters: &[Cluster], most: usize, fewest: u64) -> Vec<KeyRange> {
    let keys = keys(clusters);
    let count = keys.div_ceil(fewest.into()).clamp(1, most.max(1) as u128);
    // The products stay below 128 bits: 65 for the keys, and a count that was an usize.
    let ends = (1..count).filter_map(|number| key_at(clusters, keys * number / count));
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
fn key_at(clusters: &[Cluster], mut number: u128) -> Option<i64> {
    for cluster in clusters {
        if number <= cluster.keys() {
            return Some((i128::from(cluster.first) + number as i128 - 1) as i64);
        }
        number -= cluster.keys();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(first: i64, last: i64) -> Cluster {
        Cluster { first, last }
    }

    fn ends(clusters: &[Cluster], most: usize) -> Vec<Option<i64>> {
        let spans = spans(clusters, most, FEWEST);
        assert_eq!((spans[0].after, spans[spans.len() - 1].until), (None, None));
        assert!(spans.windows(2).all(|pair| pair[0].until == pair[1].after));
        spans.iter().map(|span| span.until).collect()
    }

    #[test]
    fn ranges_have_as_many_keys_and_none_has_few() {
        let million = FEWEST as i64;
        assert_eq!(ends(&[cluster(1, 10)], 9), [None]);
        assert_eq!(ends(&[cluster(1, 2 * million)], 9), [Some(million), None]);
        assert_eq!(
            ends(&[cluster(1, 9 * million)], 3),
            [Some(3 * million), Some(6 * million), None]
        );
        assert_eq!(ends(&[cluster(i64::MIN, i64::MAX)], 2), [Some(-1), None]);
        assert_eq!(ends(&[], 9), [None]);
        assert_eq!(ends(&[cluster(1, 9 * million)], 0), [None]);
    }

    #[test]
    fn first_parts_of_keys_may_be_few() {
        let until = |clusters: &[Cluster], most| {
            spans(clusters, most, 1).iter().map(|span| span.until).collect::<Vec<_>>()
        };
        assert_eq!(until(&[cluster(1, 3)], 9), [Some(1), Some(2), None]);
        assert_eq!(until(&[cluster(7, 7)], 9), [None]);
        assert_eq!(until(&[cluster(1, 10)], 2), [Some(5), None]);
    }

    #[test]
    fn gaps_count_for_nothing() {
        let million = FEWEST as i64;
        let (far, row) = (i64::MAX - 2 * million, cluster(1, 1));
        let clusters = [row, cluster(far, far + 2 * million - 1)];
        let expected = [Some(far + 666_665), Some(far + 1_333_332), None];
        assert_eq!(ends(&clusters, 3), expected);
    }

    #[test]
    fn pieces_have_every_key_once() {
        let pieces = cut(&[cluster(1, 7), cluster(100, 101)], 3);
        assert_eq!(pieces, [cluster(1, 3), cluster(4, 6), cluster(7, 7), cluster(100, 101)]);
        let all = cut(&[cluster(i64::MIN, i64::MAX)], 2);
        assert_eq!(all, [cluster(i64::MIN, -1), cluster(0, i64::MAX)]);
        assert_eq!(cut(&[], 4), []);
        assert_eq!(cut(&[cluster(1, 7)], 0), [cluster(1, 7)]);
    }
}
