//! How long a row takes through the core, from a file's bytes to signed requests, on one core.
//!
//! Each bench reads the file that `EMPLOYEES` names, whose path says the table, as a load does; all
//! that is left out is the disk and the socket. Run by `make bench-cpu`.

use std::env;
use std::fs;
use std::hint::black_box;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput};
use rowgate_bench::{NOW, count_records, credentials, employees, target};
use rowgate_core::{
    Checker, Client, Credentials, CsvDecoder, Host, IngestOptions, Job, LiveSchema, LoadOptions,
    LoadReport, RejectSink, RejectSinks, Request, Response, SendError, Service, SignError, Source,
    SourceError, load, sign,
};

fn main() {
    let path =
        env::var("EMPLOYEES").expect("EMPLOYEES names a file of employees, as bench/cpu does");
    let file = File(fs::read(path).expect("a file"));
    let rows = cells(&file.0);

    let mut criterion = Criterion::default()
        .with_measurement(ProcessorTime(WallTime))
        .sample_size(20)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(10))
        .without_plots()
        .configure_from_args();
    let mut group = criterion.benchmark_group("cpu");
    group.throughput(Throughput::Elements(rows));
    group.bench_function("csv-core", |it| it.iter(|| count_records(&file.0)));
    group.bench_function("cells", |it| it.iter(|| cells(&file.0)));
    group.bench_function("checked", |it| it.iter(|| checked(&file.0)));
    group.bench_function("requests", |it| it.iter(|| loaded(&file, None)));
    let credentials = credentials();
    group.bench_function("signed", |it| it.iter(|| loaded(&file, Some(&credentials))));
    group.finish();
    criterion.final_summary();
}

/// Reads the cells, and answers how many rows they are.
fn cells(mut file: &[u8]) -> u64 {
    let (mut decoder, mut rows) = (CsvDecoder::new(employees()), 0);
    while let Some(row) = decoder.next_row(&mut file) {
        black_box(row);
        rows += 1;
    }
    rows
}

/// Checks the rows and forgets them.
fn checked(mut file: &[u8]) -> u64 {
    let mut decoder = CsvDecoder::new(employees());
    let mut checker = Checker::new(IngestOptions::default());
    while let Some(row) = decoder.next_row(&mut file) {
        _ = black_box(checker.file_row(employees(), row));
    }
    checker.received()
}

/// Loads the file into a database that takes everything at once.
fn loaded(file: &File, credentials: Option<&Credentials>) -> LoadReport {
    let (world, target) = (World { credentials }, target());
    let client = Client::new(&world, &target, Duration::from_secs(60));
    let job = Job {
        schema: &LiveSchema::still(rowgate_bench::schema()),
        database: &client,
        source: file,
        path: "employees.csv",
        options: LoadOptions::default(),
    };
    let mut sinks = RejectSinks { rejects: Nowhere, undecoded: Nowhere };
    let report = now(load(&job, &mut sinks));
    assert_eq!(report.failure, None);
    assert!(report.counts.stored > report.counts.received * 99 / 100);
    report
}

/// Runs a future that never waits for anything but its own turn.
fn now<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A file in memory.
struct File(Vec<u8>);

impl Source for File {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        Ok(self.0[range.start as usize..range.end as usize].to_vec())
    }
}

/// Where the reject file goes.
struct Nowhere;

impl RejectSink for Nowhere {
    async fn write(&mut self, bytes: Vec<u8>, _: bool) -> Result<(), String> {
        black_box(bytes);
        Ok(())
    }

    async fn abandon(&mut self) {}

    fn name(&self) -> String {
        "nowhere".to_owned()
    }
}

/// A Data API that says yes at once, and asks for a signature or not.
struct World<'w> {
    credentials: Option<&'w Credentials>,
}

impl Host for World<'_> {
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError> {
        match self.credentials {
            Some(credentials) => sign(request, credentials, "eu-west-1", service, NOW),
            None => Ok(()),
        }
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        black_box(request);
        let body = br#"{"generatedFields":[],"numberOfRecordsUpdated":1}"#.to_vec();
        Ok(Response { status: 200, headers: Vec::new(), body })
    }

    fn now(&self) -> Duration {
        NOW
    }

    async fn sleep(&self, _: Duration) {}

    fn random(&self) -> u64 {
        0
    }
}

/// For how long the kernel let this thread compute, so that others on the machine count less. It is
/// shown as time is.
struct ProcessorTime(WallTime);

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let schedule = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
        let nanoseconds = schedule.split(' ').next().and_then(|it| it.parse().ok());
        Duration::from_nanos(nanoseconds.expect("the time on a processor comes first"))
    }

    fn end(&self, started: Duration) -> Duration {
        self.start() - started
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        self.0.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.0.formatter()
    }
}
