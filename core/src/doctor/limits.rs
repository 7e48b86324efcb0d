//! What a call carries, and how the service says that it was too much.

use alloc::format;
use alloc::string::{String, ToString};

use crate::data_api::{ExecuteStatement, REQUEST_LIMIT};
use crate::host::{CallError, Client, Host};
use crate::statement::CHUNK_LIMIT;

use super::{Finding, Found, Subject, ask, text};

pub(super) const JSON_TABLE: Subject = Subject {
    name: "json_table",
    why: "all rows of a statement travel as one JSON parameter that JSON_TABLE unfolds",
    relied_on: true,
};

const UNFOLD: &str = "SELECT r.n, r.t, HEX(r.t) FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), \
    '$[*]' COLUMNS(n TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
    t TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r";

/// The hexadecimal digits are the server's own view: a text that is turned wrong on the way in and
/// back on the way out would look right.
pub(super) async fn json_table<H: Host>(client: &Client<'_, H>) -> Found {
    let rows = r#"[[1,"é😀\"\\"],[2,null]]"#;
    let records = query(client, UNFOLD, "rows", rows).await?;
    let expected = [["1", "é😀\"\\", "C3A9F09F9880225C"], ["2", "", ""]];
    let same = records.len() == expected.len()
        && records.iter().zip(expected).all(|(found, expected)| found == expected.as_slice());
    Ok(match same {
        true => Finding::Good("texts arrive unchanged, beyond the basic plane too".into()),
        false => Finding::Bad("other values came back than were sent".into()),
    })
}

pub(super) const REQUEST: Subject = Subject {
    name: "request_under_4_mib",
    why: "rows are cut into statements of nearly 4 MiB",
    relied_on: true,
};

const LENGTH: &str = "SELECT JSON_LENGTH(CONVERT(:rows USING utf8mb4))";

/// As long as the longest statement that a load sends.
pub(super) async fn request<H: Host>(client: &Client<'_, H>) -> Found {
    let records = query(client, LENGTH, "rows", &json_of(CHUNK_LIMIT)).await?;
    let good = records.iter().flatten().eq(["1"]);
    let found = if good { "accepted" } else { "accepted, but not read whole" };
    Ok(Finding::when(good, format!("{found}: {CHUNK_LIMIT} bytes of rows")))
}

pub(super) const LONGER_REQUEST: Subject = Subject {
    name: "request_over_4_mib",
    why: "rowgate never sends one; the documents do not say how it would be refused",
    relied_on: false,
};

pub(super) async fn longer_request<H: Host>(client: &Client<'_, H>) -> Found {
    Ok(refusal(query(client, LENGTH, "rows", &json_of(REQUEST_LIMIT + 1)).await))
}

/// An array of one text, of so many bytes.
fn json_of(bytes: usize) -> String {
    format!("[\"{}\"]", "x".repeat(bytes - 4))
}

pub(super) const ANSWER: Subject = Subject {
    name: "answer_over_1_mib",
    why: "a backup reads pages that stay below it; the error tells a page that did not",
    relied_on: false,
};

pub(super) async fn answer<H: Host>(client: &Client<'_, H>) -> Found {
    let sql = "SELECT REPEAT('x', 30000) FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' \
               COLUMNS(n FOR ORDINALITY)) AS r";
    let rows = format!("[{}1]", "1,".repeat(39));
    Ok(refusal(query(client, sql, "rows", &rows).await))
}

pub(super) const ROW: Subject = Subject {
    name: "row_over_64_kib",
    why: "some of the documents limit a row of an answer to 64 KB; rowgate's tables stay below it",
    relied_on: false,
};

pub(super) async fn row<H: Host>(client: &Client<'_, H>) -> Found {
    let sql = "SELECT REPEAT('x', CAST(:length AS UNSIGNED))";
    let shorter = query(client, sql, "length", "60000").await;
    if let Err(error) = shorter {
        return Ok(Finding::Bad(format!("60,000 bytes are refused too: {error}")));
    }
    Ok(refusal(query(client, sql, "length", "70000").await))
}

pub(super) const SEVERAL_STATEMENTS: Subject = Subject {
    name: "several_statements",
    why: "a call is one statement; a second one behind a semicolon must not run",
    relied_on: true,
};

pub(super) async fn several_statements<H: Host>(client: &Client<'_, H>) -> Found {
    let call = ExecuteStatement { sql: "SELECT 1; SELECT 2", ..ExecuteStatement::default() };
    Ok(refusal(ask(client, call).await))
}

/// Good if the service said no, with the type and status in which it did.
fn refusal<T>(result: Result<T, CallError>) -> Finding {
    match result {
        Err(CallError::Api(error)) if (400..500).contains(&error.status) => {
            // Its id differs from run to run and says nothing here.
            Finding::Good(format!("refused with {} (HTTP {})", error.error_type, error.status))
        }
        Err(error) => Finding::Bad(error.to_string()),
        Ok(_) => Finding::Bad("not refused".into()),
    }
}

async fn query<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    name: &str,
    value: &str,
) -> Result<alloc::vec::Vec<alloc::vec::Vec<String>>, CallError> {
    let parameters = &[(name, value)];
    let call = ExecuteStatement { sql, parameters, ..ExecuteStatement::default() };
    let records = ask(client, call).await?.records;
    Ok(records.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
}
