//! A typed request into calls of the core, and what they return into an answer.

use rowgate_core::{Host, Occasion, unconfigured};
use serde_json::value::RawValue;
use tracing::{error, info};

use crate::answer::{Answer, HttpAnswer};
use crate::app::App;
use crate::backup::{back_up, verify};
use crate::bulk_load::bulk_load;
use crate::bulk_tables;
use crate::event::{Event, HttpRequest, Operation};
use crate::failure::Failure;
use crate::load::{Invocation, load, load_messages, load_records};
use crate::migrate::migrate;
use crate::restore::{Outcome, restore};

/// Does what an event asks for.
///
/// An error is reported to Lambda, which delivers most events again.
pub(crate) async fn handle<H: Host>(
    app: &App<H>,
    event: Box<RawValue>,
    invocation: Invocation,
) -> Result<Answer, Failure> {
    let request = Event::read(&event)?;
    // It may have a key of API Gateway's in it.
    drop(event);
    match request {
        Event::Files(records) => {
            Ok(Answer::Loads { loads: load_records(app, records, invocation).await? })
        }
        Event::Messages(messages) => Ok(Answer::Batch {
            batch_item_failures: load_messages(app, messages, invocation).await,
        }),
        Event::Http(request) => Ok(Answer::Http(answer_http(app, request).await)),
        Event::Operation(Operation::Load(object)) => {
            let report = load(app, &object, Occasion::Hand, invocation).await?;
            Ok(Answer::Report(Box::new(report)))
        }
        Event::Operation(Operation::Backup(request)) => {
            Ok(Answer::Backup(Box::new(back_up(app, &request, invocation).await?)))
        }
        Event::Operation(Operation::Verify(request)) => {
            Ok(Answer::Backup(Box::new(verify(app, &request, invocation).await?)))
        }
        Event::Operation(Operation::Restore(request)) => {
            Ok(match restore(app, &request, invocation).await? {
                Outcome::Planned(plan) => Answer::Plan(Box::new(plan)),
                Outcome::Restored(restored) => Answer::Restored(restored),
            })
        }
        Event::Operation(Operation::Migrate(request)) => {
            Ok(Answer::Migrated(migrate(app, &request, invocation).await?))
        }
        Event::Operation(Operation::BulkLoad(step)) => {
            Ok(Answer::LoadStep(bulk_load(app, step, invocation).await?))
        }
        Event::Operation(Operation::BulkBackup(step)) => {
            let answer = bulk_tables::back_up(app, *step, invocation).await;
            Ok(Answer::Step(Box::new(answer.map_err(Failure::of_step)?)))
        }
        Event::Operation(Operation::BulkRestore(step)) => {
            let answer = bulk_tables::restore(app, *step, invocation).await;
            Ok(Answer::Step(Box::new(answer.map_err(Failure::of_step)?)))
        }
    }
}

async fn answer_http<H: Host>(app: &App<H>, request: HttpRequest) -> HttpAnswer {
    let HttpRequest { head, api_key_id, body } = request;
    let response = match &app.http {
        Ok(gate) => gate.handle_admitted(&app.host, &head, &api_key_id, body).await,
        Err(error) => {
            error!(%error, "no gateway");
            unconfigured()
        }
    };
    let id = response.header("x-request-id");
    info!(method = head.method, status = response.status, id, "answered");
    response.into()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use lambda_runtime::{Context, Diagnostic};
    use rowgate_core::{
        Gate, LoadSettings, Request, Response, SendError, Service, Settings, SettingsError,
        SignError,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::app::REQUEST_TIME;

    const START: Duration = Duration::from_secs(1_800_000_000);

    /// A host without a network; its clock moves when it sleeps.
    #[derive(Debug)]
    struct Alone(Cell<Duration>);

    impl Host for Alone {
        fn sign(&self, _: &mut Request, _: Service) -> Result<(), SignError> {
            Ok(())
        }

        async fn send(&self, _: Request) -> Result<Response, SendError> {
            Err(SendError { sent: false, message: "connection refused".to_owned() })
        }

        fn now(&self) -> Duration {
            self.0.get()
        }

        async fn sleep(&self, time: Duration) {
            self.0.set(self.0.get() + time);
        }

        fn random(&self) -> u64 {
            7
        }
    }

    fn setting(name: &str) -> Option<String> {
        Some(match name {
            "AWS_REGION" => "eu-west-1".to_owned(),
            "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => "name".to_owned(),
            "API_KEYS" => "[]".to_owned(),
            _ => return None,
        })
    }

    /// An app with all settings but these.
    fn app_without(missing: &[&'static str]) -> App<Alone> {
        let lookup = |name: &str| setting(name).filter(|_| !missing.contains(&name));
        let files = LoadSettings::read(&lookup);
        let http = Settings::read(&lookup).map(|settings| Gate::new(settings, REQUEST_TIME));
        App::new(Alone(Cell::new(START)), files, http).unwrap()
    }

    async fn answer(app: &App<Alone>, event: &str) -> Result<Value, Diagnostic> {
        let event = serde_json::from_str(event).unwrap();
        let mut context = Context::default();
        context.deadline = 1_800_000_030_000;
        let answer = handle(app, event, Invocation::of(&context)).await?;
        Ok(serde_json::to_value(answer).unwrap())
    }

    #[tokio::test]
    async fn every_record_is_tried_before_the_invocation_fails() {
        let event = include_str!("../fixtures/s3-object-created.json");
        let error = answer(&app_without(&[]), event).await.unwrap_err();
        assert_eq!(error.error_type, "LoadFailed");
        let start = "2 of 3 records failed, the first: \
                     s3://example-bucket/incoming/jobs/may 2026.csv: ";
        assert!(error.error_message.starts_with(start), "{}", error.error_message);
    }

    #[tokio::test]
    async fn one_record_fails_with_its_own_words() {
        for event in [
            include_str!("../fixtures/sns-s3.json"),
            include_str!("../fixtures/eventbridge-object-created.json"),
            r#"{"rowgate":"load","bucket":"example-bucket","key":"jobs/k.csv"}"#,
        ] {
            let error = answer(&app_without(&[]), event).await.unwrap_err();
            assert_eq!(error.error_type, "LoadFailed");
            assert!(error.error_message.starts_with("s3://example-bucket/"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn backup_and_restore_need_a_bucket_and_fail_with_their_own_words() {
        let schedule = include_str!("../fixtures/eventbridge-schedule.json");
        let error = answer(&app_without(&[]), schedule).await.unwrap_err();
        assert_eq!(
            (error.error_type.as_str(), error.error_message.as_str()),
            ("Unconfigured", "settings missing: DATA_BUCKET")
        );
        let mut app = app_without(&[]);
        app.bucket = Some("backups".to_owned());
        for event in [
            schedule,
            r#"{"rowgate":"backup","parallel":4,"keep":3}"#,
            r#"{"rowgate":"verify","run":"latest","bucket":"other"}"#,
        ] {
            let error = answer(&app, event).await.unwrap_err();
            assert_eq!(error.error_type, "BackupFailed");
            assert!(error.error_message.contains("could not be read"), "{error:?}");
        }
        let event = r#"{"rowgate":"restore","sources":["latest"],"plan":true}"#;
        let error = answer(&app, event).await.unwrap_err();
        assert_eq!(error.error_type, "RestoreFailed");
        assert!(error.error_message.contains("could not be read"), "{error:?}");
    }

    #[tokio::test]
    async fn a_migration_needs_no_bucket_and_fails_with_its_own_words() {
        for event in [r#"{"rowgate":"migrate"}"#, r#"{"rowgate":"migrate","check":true}"#] {
            let error = answer(&app_without(&["API_KEYS"]), event).await.unwrap_err();
            assert_eq!(error.error_type, "MigrateFailed");
            assert!(error.error_message.contains("connection refused"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn what_is_not_a_new_object_is_ignored() {
        let event = include_str!("../fixtures/s3-test-event.json");
        assert_eq!(answer(&app_without(&[]), event).await, Ok(json!({ "loads": [] })));
    }

    #[tokio::test]
    async fn messages_fail_by_their_ids() {
        let mut event: Value =
            serde_json::from_str(include_str!("../fixtures/sqs-s3.json")).unwrap();
        event["Records"][0]["body"] = json!(include_str!("../fixtures/s3-test-event.json"));
        event["Records"][1]["body"] = json!("no JSON");
        assert_eq!(
            answer(&app_without(&[]), &event.to_string()).await,
            Ok(json!({ "batchItemFailures": [
                { "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" },
                { "itemIdentifier": "7c5ab9c2-0d15-4f4e-8d0c-0a1f6d5f8f11" },
            ] }))
        );
    }

    #[tokio::test]
    async fn a_request_goes_through_the_gate() {
        let event = r#"{"resource":"/health","path":"/health","httpMethod":"GET",
            "requestContext":{}}"#;
        let answer = answer(&app_without(&[]), event).await.unwrap();
        assert_eq!(
            (&answer["statusCode"], &answer["isBase64Encoded"]),
            (&json!(200), &json!(false))
        );
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert!(answer["body"].as_str().unwrap().contains("\"ok\""));
    }

    #[tokio::test]
    async fn without_api_keys_requests_are_refused_and_files_are_tried() {
        let app = app_without(&["API_KEYS"]);
        let event = include_str!("../fixtures/apigw-insert-data.json");
        assert_eq!(answer(&app, event).await.unwrap()["statusCode"], 500);
        let event = include_str!("../fixtures/sns-s3.json");
        assert_eq!(answer(&app, event).await.unwrap_err().error_type, "LoadFailed");
    }

    #[tokio::test]
    async fn without_settings_for_files_events_that_name_them_fail() {
        let mut app = app_without(&[]);
        app.files = Err(SettingsError::Missing(vec!["DB_NAME"]));
        let error = answer(&app, include_str!("../fixtures/sns-s3.json")).await.unwrap_err();
        assert_eq!(
            (error.error_type, error.error_message),
            ("Unconfigured".to_owned(), "settings missing: DB_NAME".to_owned(),)
        );
        let event = include_str!("../fixtures/apigw-insert-data.json");
        assert_ne!(answer(&app, event).await.unwrap()["statusCode"], 500);
    }
}
