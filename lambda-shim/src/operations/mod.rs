//! Operations: what an operator or a state machine asks for by `{"rowgate":NAME,…}`.
//!
//! Each is a file of its own, which holds its request, its work and its answer, and a line of
//! [`operations`].

mod backup;
mod backups;
mod bulk_backup;
mod bulk_load;
mod bulk_restore;
mod load;
mod members;
mod migrate;
mod operation;
mod restore;
mod restores;
mod verify;

use std::pin::Pin;

use rowgate_core::Host;
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::app::App;
use crate::event::{EventError, Members};
use crate::failure::Failure;
use crate::invocation::Invocation;
use backup::Backup;
use bulk_backup::BulkBackup;
use bulk_load::BulkLoadStep;
use bulk_restore::BulkRestore;
use load::Load;
use migrate::Migrate;
use operation::Operation;
use restore::Restore;
use verify::Verify;

/// The operations that there are, in the order in which an error lists them.
fn operations<H: Host>() -> Vec<Entry<H>> {
    vec![
        entry::<Load, H>(),
        entry::<Backup, H>(),
        entry::<Verify, H>(),
        entry::<Restore, H>(),
        entry::<Migrate, H>(),
        entry::<BulkLoadStep, H>(),
        entry::<BulkBackup, H>(),
        entry::<BulkRestore, H>(),
    ]
}

/// Does what a request asks for.
pub(crate) async fn run<H: Host>(
    app: &App<H>,
    request: Box<RawValue>,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    let work = start(app, request.get(), invocation)?;
    drop(request);
    work.await
}

/// Does what a schedule asks for, which is a backup of all tables.
pub(crate) async fn run_scheduled<H: Host>(
    app: &App<H>,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    answer(Backup::of_all(app.schema), app, invocation).await
}

/// An operation at work.
type Work<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + 'a>>;

/// An operation, known by its name.
struct Entry<H> {
    name: &'static str,
    start: for<'a> fn(&'a App<H>, &str, Invocation) -> Result<Work<'a>, EventError>,
}

fn entry<O: Operation + 'static, H: Host>() -> Entry<H> {
    Entry { name: O::NAME, start: start_one::<O, H> }
}

fn start<'a, H: Host>(
    app: &'a App<H>,
    request: &str,
    invocation: Invocation,
) -> Result<Work<'a>, EventError> {
    let name: String = Members::read(request)?.parse("rowgate")?;
    let operations = operations::<H>();
    match operations.iter().find(|operation| operation.name == name) {
        Some(operation) => (operation.start)(app, request, invocation),
        None => {
            let names: Vec<_> = operations.iter().map(|operation| operation.name).collect();
            let names = names.join(", ");
            Err(EventError::Bad(format!("no such operation; there is: {names}")))
        }
    }
}

fn start_one<'a, O: Operation + 'static, H: Host>(
    app: &'a App<H>,
    request: &str,
    invocation: Invocation,
) -> Result<Work<'a>, EventError> {
    let operation = O::read(request, app.schema)?;
    Ok(Box::pin(answer(operation, app, invocation)))
}

async fn answer<O: Operation, H: Host>(
    operation: O,
    app: &App<H>,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    Answer::of(&operation.run(app, invocation).await?)
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use serde_json::{Value, json};

    use super::*;
    use crate::app::tests::{Alone, app_without};
    use crate::event::tests::variants;

    fn error(request: &str) -> Option<String> {
        let (app, invocation) = (app_without(&[]), Invocation::of(&Context::default()));
        start(&app, request, invocation).err().map(|error| error.to_string())
    }

    #[test]
    fn another_operation_is_refused_with_those_there_are() {
        assert_eq!(
            error(r#"{"rowgate":"drop","table":"jobs"}"#).unwrap(),
            "bad event: no such operation; there is: load, backup, verify, restore, migrate, \
             bulk_load, bulk_backup, bulk_restore"
        );
        assert_eq!(
            error(r#"{"rowgate":7}"#).unwrap(),
            "bad event: rowgate: not in the documented form at line 1, column 1"
        );
    }

    /// A request for each operation, with texts where it takes texts.
    fn requests() -> Vec<Value> {
        let object = json!({ "bucket": "b", "key": "jobs/k.csv" });
        let item = json!({ "table": "jobs", "part": 7, "after": "-5", "until": null });
        vec![
            json!({ "rowgate": "load", "bucket": "b", "key": "k", "version_id": "v", "e_tag": "e" }),
            json!({ "rowgate": "backup", "tables": ["jobs"], "codec": "null", "bucket": "b" }),
            json!({ "rowgate": "verify", "run": "latest", "bucket": "b" }),
            json!({ "rowgate": "restore", "sources": ["latest"], "mode": "merge", "bucket": "b" }),
            json!({ "rowgate": "migrate", "check": true }),
            json!({ "rowgate": "bulk_load", "step": "open", "execution": "x", "object": object }),
            json!({
                "rowgate": "bulk_backup", "step": "part", "run": "r", "codec": "null", "item": item,
            }),
            json!({ "rowgate": "bulk_restore", "step": "abandon", "id": "i", "bucket": "b" }),
        ]
    }

    #[test]
    fn each_operation_is_known_by_its_name() {
        let requests = requests();
        let names: Vec<_> = requests.iter().map(|request| &request["rowgate"]).collect();
        let known: Vec<_> = operations::<Alone>().iter().map(|operation| operation.name).collect();
        assert_eq!(names, known);
        for request in requests {
            assert_eq!(error(&request.to_string()), None);
        }
    }

    #[test]
    fn no_error_quotes_what_a_request_has_in_a_wrong_place() {
        for request in requests() {
            for with in [json!(["s3cret"]), json!({ "a": "s3cret" }), json!(7), json!(null)] {
                for changed in variants(&request, &with) {
                    let text = error(&changed.to_string()).unwrap_or_default();
                    assert!(!text.contains("s3cret"), "{text}");
                }
            }
        }
    }
}
