//! `GET /health`.

use alloc::string::ToString;

use serde::Serialize;

use super::parameters::parameters;
use super::problem::{Problem, json_response};
use crate::aws::host::{Client, Host};
use crate::aws::http::Response;

/// Whether the database is to be asked as well: wherever `deep` is said and not denied.
pub(super) fn is_deep(query: &str) -> Result<bool, Problem> {
    let parameters = parameters(query, &["deep"])?;
    Ok(parameters.iter().any(|(_, value)| !matches!(&**value, "false" | "0")))
}

pub(super) fn health() -> Response {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        version: &'static str,
    }
    json_response(200, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

pub(super) async fn deep_health<H: Host>(client: &Client<'_, H>) -> Result<Response, Problem> {
    match client.query("SELECT 1", &[]).await {
        Ok(_) => Ok(health()),
        Err(error) => Err(Problem::unavailable("database_unavailable", error.to_string())),
    }
}
