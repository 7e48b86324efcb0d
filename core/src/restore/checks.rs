//! What is refused before the swap.

use super::error::RestoreError;
use crate::aws::host::Host;
use crate::backup::Services;
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

/// Refuses to empty a table, which an export that went wrong would do, unless that is wanted.
pub(super) fn check_filled(
    table: &'static Table,
    content: Checksum,
    live: Checksum,
    force: bool,
) -> Result<(), RestoreError> {
    match content.rows == 0 && live.rows > 0 && !force {
        true => Err(RestoreError::Emptied { table: table.name, live: live.rows }),
        false => Ok(()),
    }
}

/// Whether a staging table holds what the files do.
pub(super) fn check_content(
    table: &'static Table,
    expected: Checksum,
    found: Checksum,
) -> Result<(), RestoreError> {
    match found {
        found if found == expected => Ok(()),
        found if found.rows < expected.rows => {
            let (table, rows, keys) = (table.name, expected.rows, found.rows);
            Err(RestoreError::SameKey { table, rows, keys, twice: None })
        }
        found => Err(RestoreError::Differs { table: table.name, expected, found }),
    }
}

/// Answers whether to go on: what is dropped and swapped at the end takes time as well.
pub(super) fn in_time<H: Host>(services: &Services<'_, H>) -> Result<(), RestoreError> {
    if services.database.is_out_of_time() { Err(RestoreError::OutOfTime) } else { Ok(()) }
}
