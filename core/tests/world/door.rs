//! The gate in this world, and requests to it.

use std::time::Duration;

use rowgate_core::{Gate, Head, RequestTime, Response, Settings};
use serde_json::{Value, json};

use super::{OFFICE, World, key, run};

pub(crate) const JOBS: &str = "/tables/jobs/rows";

/// The Worker's.
pub(crate) const WAITING: RequestTime =
    RequestTime::waiting(Duration::from_secs(45), Duration::from_secs(60));

pub(crate) fn gate_with(setting: &dyn Fn(&str) -> Option<String>) -> Gate {
    gate_within(WAITING, setting)
}

pub(crate) fn gate_within(time: RequestTime, setting: &dyn Fn(&str) -> Option<String>) -> Gate {
    let lookup = |name: &str| {
        setting(name).or_else(|| {
            Some(match name {
                "AWS_REGION" => "eu-west-1".into(),
                "DB_CLUSTER_ARN" => "arn:aws:rds:eu-west-1:1:cluster:c".into(),
                "DB_SECRET_ARN" => "arn:aws:secretsmanager:eu-west-1:1:secret:s".into(),
                "DB_NAME" => "hr".into(),
                "SCHEMA_LOOK_SECONDS" => "off".into(),
                "API_KEYS" => format!("[{}]", key(1).entry()),
                _ => return None,
            })
        })
    };
    Gate::new(Settings::read(&lookup, OFFICE).unwrap(), time)
}

pub(crate) fn gate() -> Gate {
    gate_with(&|_| None)
}

pub(crate) fn head(path_and_query: &str, content_type: &str) -> Head {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    Head {
        method: "POST".into(),
        path: path.into(),
        query: query.into(),
        headers: vec![
            ("content-type".into(), content_type.into()),
            ("x-api-key".into(), key(1).expose().into()),
        ],
    }
}

pub(crate) fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

pub(crate) fn send(world: &World, head: &Head, text: &str) -> (u16, Value) {
    let response = run(gate().handle(world, head, async |_| Ok(text.into())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    assert_eq!(response.header("x-request-id").unwrap().len(), 32);
    let value = body(&response);
    let media_type = response.header("content-type").unwrap();
    if response.status < 300 {
        assert_eq!(media_type, "application/json");
    } else {
        assert_eq!(media_type, "application/problem+json");
        assert_eq!(value["status"], response.status);
        assert!(value["type"].as_str().unwrap().starts_with("urn:rowgate:problem:"));
        assert!(!value["detail"].as_str().unwrap().is_empty());
    }
    (response.status, value)
}

pub(crate) fn send_json(world: &World, path: &str, rows: &Value) -> (u16, Value) {
    send(world, &head(path, "application/json"), &rows.to_string())
}

pub(crate) fn two_jobs() -> Value {
    json!([{"id": 1, "job": "Clerk"}, {"id": 2, "job": "Cook"}])
}

pub(crate) fn all_tables() -> Value {
    json!({
        "employees": [{"id": 9, "name": "Ann", "datetime": "2021-07-27T16:02:08Z", "job_id": 1}],
        "departments": [{"id": 3, "department_name": "Sales"}],
        "jobs": two_jobs(),
    })
}
