//! How long a CSV file of the shop's orders takes: by what is found in it, by what is given, and by csv-core
//! alone. Prints seconds of this thread's processor time, the least of so many passes each.
//!
//!     dialects SCHEMA FILE PASSES [NAME=TEXT …]

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rowgate_core::schema::Schema;
use rowgate_core::{LoadOptions, Source, SourceError, Status};

struct Memory(Vec<u8>);

impl Source for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        Ok(self.0[range.start as usize..range.end as usize].to_vec())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [schema, file, passes, options @ ..] = &arguments[..] else {
        return Err("usage: dialects SCHEMA FILE PASSES [NAME=TEXT …]".into());
    };
    let schema =
        Schema::from_json(&fs::read_to_string(schema)?).map_err(|error| error.to_string())?;
    let passes: usize = passes.parse()?;
    let mut given = LoadOptions::default();
    for option in options {
        let (name, text) = option.split_once('=').ok_or("an option is NAME=TEXT")?;
        given.dialect.set(name, text)?;
    }
    let source = Memory(fs::read(file)?);
    let start = Memory(source.0[..lines_end(&source.0, 64 << 10)].to_vec());
    let delimiter = given.dialect.given().find(|(name, _)| *name == "delimiter");
    let delimiter =
        delimiter.map_or(b',', |(_, text)| if text == "tab" { b'\t' } else { text.as_bytes()[0] });
    let found = LoadOptions::default();
    let times = [
        ("found", least(passes, 1, || check(schema, &source, &found))),
        ("given", least(passes, 1, || check(schema, &source, &given))),
        ("start found", least(passes, 300, || check(schema, &start, &found))),
        ("csv-core", least(passes, 10, || csv_core(&source.0, delimiter))),
    ];
    for (name, seconds) in times {
        println!("{name}\t{seconds}");
    }
    Ok(())
}

/// Where the last whole line ends within so many bytes; of UTF-16 the line end has a zero behind it.
fn lines_end(bytes: &[u8], most: usize) -> usize {
    let start = &bytes[..bytes.len().min(most)];
    let end = start.iter().rposition(|byte| *byte == b'\n').map_or(start.len(), |at| at + 1);
    end + usize::from(start.get(end) == Some(&0))
}

fn check(schema: Schema, source: &Memory, options: &LoadOptions) {
    let mut checked = pin!(rowgate_core::check(schema, source, "orders.csv", options));
    // A source in memory waits for nothing: it only lets others have a turn.
    let report = loop {
        let polled = checked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(report) = polled {
            break report;
        }
    };
    assert!(matches!(report.status, Status::Complete | Status::Partial), "{:?}", report.issues);
}

/// The cells of a file, as csv-core has them: each byte is copied once.
fn csv_core(bytes: &[u8], delimiter: u8) {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut output, mut ends, mut records) = ([0; 4 << 10], [0; 64], 0_u64);
    let mut rest = bytes;
    loop {
        let (result, read, _, _) = reader.read_record(rest, &mut output, &mut ends);
        rest = &rest[read..];
        match result {
            csv_core::ReadRecordResult::Record => records += 1,
            csv_core::ReadRecordResult::End => break,
            _ => {}
        }
    }
    // Of UTF-16 it does not see the lines.
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert!(records == lines || bytes.contains(&0), "{records} records in {lines} lines");
}

/// Seconds of one time, by the best of the passes. The kernel's count goes on in steps of some milliseconds, so
/// that what is short is done several times in a pass.
fn least(passes: usize, times: u32, mut once: impl FnMut()) -> f64 {
    let times = (0..passes.max(1)).map(|_| {
        let before = cpu_seconds();
        (0..times).for_each(|_| once());
        (cpu_seconds() - before) / f64::from(times)
    });
    times.fold(f64::INFINITY, f64::min)
}

/// What this thread has run, by the kernel's count in nanoseconds.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: u64 =
        text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default();
    nanoseconds as f64 / 1e9
}
