//! A typed request into calls of the core, and what they return into an answer.

use rowgate_core::Host;
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::app::App;
use crate::event::Event;
use crate::failure::Failure;
use crate::http;
use crate::invocation::Invocation;
use crate::operations;
use crate::records::{load_messages, load_records};

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
        Event::Files(records) => Answer::of(&load_records(app, records, invocation).await?),
        Event::Messages(messages) => Answer::of(&load_messages(app, messages, invocation).await),
        Event::Http(request) => Answer::of(&http::respond(app, request).await),
        Event::Schedule => operations::run_scheduled(app, invocation).await,
        Event::Operation(request) => operations::run(app, request, invocation).await,
    }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::{Context, Diagnostic};
    use rowgate_core::SettingsError;
    use serde_json::{Value, json};

    use super::*;
    use crate::app::tests::{Alone, app_without};

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
