//! A table's rows as Avro object container files, and back.
//!
//! Apache's crate reads the schemas of others and packs the blocks. The container around the
//! blocks and the few shapes of a value in them are read and written here: its writer puts the
//! header's entries in a random order, and its reader pulls from a stream, builds a map of each
//! row, and believes a length before the bytes are there.
//!
//! | module | what it turns into what |
//! |---|---|
//! | `schema` | a table into its Avro schema |
//! | `names` | names of any characters into those that Avro takes |
//! | `error` | what can be wrong with a file, or with a row for one |
//! | `codec` | a block into a packed one, and back |
//! | `datum` | numbers and lengths into bytes, and back |
//! | `writer` | rows into a file's bytes |
//! | `container` | a file's bytes, in pieces, into its header and its packed blocks |
//! | `shape` | the schema of a value into how it is read |
//! | `plan` | the schema of a file into what each of its fields is for the table |
//! | `reader` | a file's bytes, in pieces, into checked rows |
//! | `rows` | a file that is loaded into its rows |

mod names;
mod schema;
pub use schema::{fingerprint, schema};

mod error;
pub use error::{AvroError, AvroErrorKind, WriteError};

mod codec;
pub use codec::{BLOCK_LIMIT, Codec};

mod datum;
mod decimal;
#[cfg(feature = "parquet")]
pub(super) use decimal::{to_bytes as decimal_bytes, to_text as decimal_text};

mod writer;
pub use writer::{AvroWriter, BLOCK_BYTES, PART_BYTES, PartSummary};

mod container;

mod shape;

mod plan;
pub use plan::ExtraFields;
#[cfg(feature = "parquet")]
pub(super) use plan::{column_index, stored_default};

mod reader;
pub use reader::AvroReader;

mod rows;
pub(super) use rows::open_avro;
