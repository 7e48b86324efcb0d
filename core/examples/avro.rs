//! Avro files of rowgate's tables from a shell, for tests with other readers and writers.
//!
//!     avro cat TABLE FILE           prints each row as a JSON array, or what is wrong
//!     avro make TABLE CODEC FILE    writes a file of the JSON arrays of the standard input

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::process::ExitCode;

use rowgate_core::Cell;
use rowgate_core::avro::{AvroReader, AvroWriter, Codec, ExtraFields};
use rowgate_core::schema::{Schema, Table};
use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["cat", table, file] => cat(table, file),
        ["make", table, codec, file] => make(table, codec, file),
        _ => Err("usage: avro cat TABLE FILE | avro make TABLE CODEC FILE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn cat(table: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let file = fs::read(file)?;
    let mut reader = AvroReader::new(named(table)?, ExtraFields::Refuse);
    let mut output = BufWriter::new(stdout().lock());
    // In pieces, as they would come from S3.
    for mut piece in file.chunks(1000) {
        while let Some(record) = reader.next_row(&mut piece)? {
            let row: Vec<Value> = record.cells().iter().map(json).collect();
            writeln!(output, "{}", Value::Array(row))?;
        }
    }
    reader.finish()?;
    Ok(output.flush()?)
}

fn make(table: &str, codec: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let codec = Codec::named(codec).ok_or("no such codec")?;
    let mut file = BufWriter::new(File::create(file)?);
    let mut writer = AvroWriter::new(named(table)?, codec, *b"a marker of them");
    for line in stdin().lock().lines() {
        let row: Vec<Value> = serde_json::from_str(&line?)?;
        let cells: Vec<Cell<'_>> = row.iter().map(cell).collect::<Result<_, _>>()?;
        writer.push(&cells)?;
        file.write_all(&writer.take())?;
    }
    file.write_all(&writer.finish()?.0)?;
    Ok(file.flush()?)
}

fn named(table: &str) -> Result<&'static Table, &'static str> {
    Schema::example().table(table).ok_or("no such table")
}

fn json(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(value) => (*value).into(),
        Cell::Text(text) => text.as_ref().into(),
    }
}

fn cell(value: &Value) -> Result<Cell<'_>, &'static str> {
    match value {
        Value::Null => Ok(Cell::Null),
        Value::String(text) => Ok(Cell::Text(text.into())),
        number => number.as_i64().map(Cell::Int).ok_or("neither null, integer nor text"),
    }
}
