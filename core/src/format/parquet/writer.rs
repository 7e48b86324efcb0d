//! A table's rows into a Parquet file, a row group at a time.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Display;
use core::mem;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::format::avro::decimal_bytes;
use crate::format::table_writer::TableWriter;
use crate::table::date_time::{days_of_date, local_micros};
use crate::table::record::Cell;
use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// What a row group has before it is written.
const GROUP_ROWS: usize = 100_000;
const GROUP_BYTES: usize = 8 << 20;

/// Makes a Parquet file, packed with snappy.
pub(in crate::format) struct ParquetTable {
    table: &'static Table,
    writer: SerializedFileWriter<Vec<u8>>,
    columns: Vec<HeldColumn>,
    rows: usize,
    bytes: usize,
}

/// The values of a column that are not written yet.
struct HeldColumn {
    /// 1 where there is a value, 0 where there is none; nothing of a column that has one in each row.
    levels: Vec<i16>,
    values: HeldValues,
}

enum HeldValues {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

fn failed(error: impl Display) -> String {
    error.to_string()
}

impl ParquetTable {
    pub(in crate::format) fn new(table: &'static Table) -> Result<Self, String> {
        let fields =
            table.columns.iter().map(field).collect::<ParquetResult<_>>().map_err(failed)?;
        let schema =
            Type::group_type_builder("rows").with_fields(fields).build().map_err(failed)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties));
        let columns = table.columns.iter().map(HeldColumn::new).collect();
        Ok(Self { table, writer: writer.map_err(failed)?, columns, rows: 0, bytes: 0 })
    }

    fn write_group(&mut self) -> Result<(), String> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            column.write(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl TableWriter for ParquetTable {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        for ((column, held), cell) in self.table.columns.iter().zip(&mut self.columns).zip(cells) {
            let bytes = held.push(column, cell);
            let unfit = || alloc::format!("column {} holds what its type does not", column.name);
            self.bytes += bytes.ok_or_else(unfit)?;
        }
        self.rows += 1;
        match self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        mem::take(self.writer.inner_mut())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, String> {
        self.write_group()?;
        self.writer.into_inner().map_err(failed)
    }
}

/// A column as the file's schema has it.
fn field(column: &Column) -> ParquetResult<TypePtr> {
    let micros = |is_utc| Some(LogicalType::timestamp(is_utc, TimeUnit::MICROS));
    let mut decimal = None;
    let (physical, logical) = match column.column_type.avro() {
        AvroType::Int => (Physical::INT32, None),
        AvroType::Long => (Physical::INT64, None),
        AvroType::Float => (Physical::FLOAT, None),
        AvroType::Double => (Physical::DOUBLE, None),
        AvroType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        AvroType::Bytes => (Physical::BYTE_ARRAY, None),
        AvroType::Date => (Physical::INT32, Some(LogicalType::Date)),
        AvroType::LocalTimestampMicros => (Physical::INT64, micros(false)),
        AvroType::TimestampMicros => (Physical::INT64, micros(true)),
        AvroType::Decimal { precision, scale } => {
            decimal = Some((i32::from(precision), i32::from(scale)));
            (
                Physical::BYTE_ARRAY,
                decimal.map(|(precision, scale)| LogicalType::decimal(scale, precision)),
            )
        }
    };
    let repetition = if column.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let (precision, scale) = decimal.unwrap_or((-1, -1));
    let builder = Type::primitive_type_builder(column.name, physical).with_repetition(repetition);
    let builder = builder.with_logical_type(logical).with_precision(precision).with_scale(scale);
    builder.build().map(Arc::new)
}

impl HeldColumn {
    fn new(column: &Column) -> Self {
        let values = match column.column_type.avro() {
            AvroType::Int | AvroType::Date => HeldValues::Int32(Vec::new()),
            AvroType::Long | AvroType::LocalTimestampMicros | AvroType::TimestampMicros => {
                HeldValues::Int64(Vec::new())
            }
            AvroType::Float => HeldValues::Float(Vec::new()),
            AvroType::Double => HeldValues::Double(Vec::new()),
            AvroType::String | AvroType::Bytes | AvroType::Decimal { .. } => {
                HeldValues::Bytes(Vec::new())
            }
        };
        Self { levels: Vec::new(), values }
    }

    /// Takes a cell, and answers about how many bytes it has; `None` if the column's type has no such value.
    fn push(&mut self, column: &Column, cell: &Cell<'_>) -> Option<usize> {
        if column.nullable {
            self.levels.push(i16::from(*cell != Cell::Null));
        }
        match (&mut self.values, column.column_type.avro(), cell) {
            (_, _, Cell::Null) => return column.nullable.then_some(2),
            (HeldValues::Int32(values), AvroType::Int, Cell::Int(value)) => {
                values.push(i32::try_from(*value).ok()?);
            }
            (HeldValues::Int32(values), AvroType::Date, Cell::Text(text)) => {
                values.push(i32::try_from(days_of_date(text)?).ok()?);
            }
            (HeldValues::Int64(values), AvroType::Long, Cell::Int(value)) => values.push(*value),
            (HeldValues::Int64(values), AvroType::LocalTimestampMicros, Cell::Text(text)) => {
                values.push(local_micros(text)?);
            }
            (HeldValues::Int64(values), AvroType::TimestampMicros, Cell::Text(text)) => {
                values.push(local_micros(text.strip_suffix('Z')?)?);
            }
            (HeldValues::Float(values), _, Cell::Text(text)) => values.push(text.parse().ok()?),
            (HeldValues::Double(values), _, Cell::Text(text)) => values.push(text.parse().ok()?),
            (HeldValues::Bytes(values), AvroType::Bytes, Cell::Text(text)) => {
                values.push(STANDARD.decode(&**text).ok()?.into());
                return Some(text.len() + 40);
            }
            (HeldValues::Bytes(values), AvroType::Decimal { scale, .. }, Cell::Text(text)) => {
                values.push(decimal_bytes(text, scale.into())?.into());
                return Some(text.len() + 40);
            }
            (HeldValues::Bytes(values), AvroType::String, Cell::Text(text)) => {
                values.push(text.as_bytes().to_vec().into());
                return Some(text.len() + 40);
            }
            _ => return None,
        }
        Some(10)
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> ParquetResult<()> {
        let levels = mem::take(&mut self.levels);
        match &mut self.values {
            HeldValues::Int32(values) => {
                write_column::<Int32Type>(group, &mem::take(values), &levels)
            }
            HeldValues::Int64(values) => {
                write_column::<Int64Type>(group, &mem::take(values), &levels)
            }
            HeldValues::Float(values) => {
                write_column::<FloatType>(group, &mem::take(values), &levels)
            }
            HeldValues::Double(values) => {
                write_column::<DoubleType>(group, &mem::take(values), &levels)
            }
            HeldValues::Bytes(values) => {
                write_column::<ByteArrayType>(group, &mem::take(values), &levels)
            }
        }
    }
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    levels: &[i16],
) -> ParquetResult<()> {
    let levels = (!levels.is_empty()).then_some(levels);
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
