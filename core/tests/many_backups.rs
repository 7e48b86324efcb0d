//! A bucket with very many backups: all are found, in memory that does not hold the list.
#![cfg(all(feature = "avro", target_os = "linux"))]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::time::Duration;

use rowgate_core::backup::{self, BackupError};
use rowgate_core::{Client, Host, Request, Response, SendError, Service, SignError};
use serde_json::json;
use world::*;

/// The files of each run besides its manifest, which names the first of them.
const FILES: usize = 20;

/// The most objects of a page.
const PAGE: usize = 1_000;

/// A bucket with so many runs, made up as it is asked for.
struct Bucket {
    runs: usize,
    /// Whether a list comes back to its second page.
    turns_in_a_circle: bool,
}

impl Bucket {
    fn list(&self, url: &str) -> String {
        let first: usize = match url.split_once("continuation-token=") {
            Some((_, rest)) => rest.split('&').next().unwrap().parse().unwrap(),
            None => 0,
        };
        let end = (first + PAGE).min(self.runs * (FILES + 1));
        let objects: String = (first..end).map(object).collect();
        let next = if self.turns_in_a_circle { PAGE } else { end };
        let more = match end < self.runs * (FILES + 1) {
            true => format!("<NextContinuationToken>{next}</NextContinuationToken>"),
            false => String::new(),
        };
        format!("<ListBucketResult>{objects}{more}</ListBucketResult>")
    }
}

fn run_name(run: usize) -> String {
    format!("20270115T080000Z-{run:08x}")
}

/// The manifest stands before the folder of the files: `m` before `t`.
fn object(number: usize) -> String {
    let run = run_name(number / (FILES + 1));
    let (name, size) = match number % (FILES + 1) {
        0 => ("manifest.json".to_owned(), manifest(&run).len()),
        file => (format!("tables/part-{:05}.avro", file - 1), 3),
    };
    format!("<Contents><Key>backups/{run}/{name}</Key><Size>{size}</Size></Contents>")
}

fn manifest(run: &str) -> String {
    let part = json!({"key": format!("backups/{run}/tables/part-00000.avro"), "rows": 1,
        "bytes": 3, "sha256": ""});
    let table = json!({"table": "tables", "rows": 1, "checksum": "", "fingerprint": "",
        "parts": [part]});
    json!({"rowgate": "0.1.0", "run": run, "started": "", "finished": "", "snapshot": true,
        "codec": "null", "tables": [table]})
    .to_string()
}

impl Host for Bucket {
    fn sign(&self, _: &mut Request, _: Service) -> Result<(), SignError> {
        Ok(())
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let body = match request.url.split_once("/backups/") {
            Some((_, rest)) => manifest(rest.split('/').next().unwrap()),
            None => self.list(&request.url),
        };
        let status = if request.url.contains("/backups/") { 206 } else { 200 };
        Ok(Response { status, headers: Vec::new(), body: body.into() })
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_800_000_000)
    }

    async fn sleep(&self, _: Duration) {}

    fn random(&self) -> u64 {
        0
    }
}

fn runs(bucket: &Bucket) -> Result<backup::Runs, BackupError> {
    let endpoint = endpoint();
    let s3 = Client::new(bucket, &endpoint, Duration::MAX);
    run_in_turns(backup::runs(&s3, "b"))
}

/// The most bytes that this process has had in memory.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn the_list_of_many_backups_is_not_in_memory() {
    let before = peak();
    let bucket = Bucket { runs: 10_000, turns_in_a_circle: false };
    let runs = runs(&bucket).unwrap();
    assert_eq!(runs.backups.len(), 10_000);
    assert_eq!(runs.old(7).len(), 9_993);
    // 210,000 objects of 250 bytes would be more by themselves.
    let more = peak() - before;
    assert!(more < 40 << 20, "{more}");
}

#[test]
fn a_list_that_comes_back_to_its_page_is_an_error() {
    let error = runs(&Bucket { runs: 100, turns_in_a_circle: true }).unwrap_err().to_string();
    assert!(error.contains("backups/") && error.contains("comes back to the same page"), "{error}");
}
