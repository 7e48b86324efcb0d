//! What a call carries, and how the service says that it was too much.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::aws::data_api::{ExecuteStatement, REQUEST_LIMIT};
use crate::aws::host::{CallError, Client, Host};
use crate::sql::chunk::CHUNK_LIMIT;

use super::finding::{Account, Examined, Finding, Subject};
use super::heard::{Reaction, provoke, refusals};
use super::query::text;

pub(super) const JSON_TABLE: Subject = Subject {
    name: "json_table",
    why: "all rows of a statement travel as one JSON parameter that JSON_TABLE unfolds",
    relied_on: true,
};

const UNFOLD: &str = "SELECT r.n, r.t, HEX(r.t) FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), \
    '$[*]' COLUMNS(n TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
    t TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r";

/// The hexadecimal digits are the server's own view: a text that is converted wrongly when it
/// is written, and back when it is read, would look right.
pub(super) async fn json_table<H: Host>(client: &Client<'_, H>) -> Examined {
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

pub(super) const QUOTED_NAMES: Subject = Subject {
    name: "quoted_names",
    why: "names of tables and columns may have any sign in them, also what looks like a parameter",
    relied_on: false,
};

const QUOTED: &str = "SELECT `it``s:rows ?` FROM (SELECT :rows AS `it``s:rows ?`) AS named";

pub(super) async fn quoted_names<H: Host>(client: &Client<'_, H>) -> Examined {
    Ok(match query(client, QUOTED, "rows", "as sent").await {
        Ok(records) if records == [["as sent"]] => {
            Finding::Good("a name with a backtick, a colon and a question mark is a name".into())
        }
        Ok(_) => Finding::Bad("another value came back than was sent".into()),
        Err(CallError::Api(error)) => Finding::Bad(format!(
            "refused with {error}; leave tables out whose names have a colon or a question mark"
        )),
        Err(error) => return Err(error),
    })
}

pub(super) const REQUEST: Subject = Subject {
    name: "request_under_4_mib",
    why: "rows are cut into statements of nearly 4 MiB",
    relied_on: true,
};

const LENGTH: &str = "SELECT JSON_LENGTH(CONVERT(:rows USING utf8mb4))";

/// As long as the longest statement that a request becomes.
pub(super) async fn request<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let reaction = send_rows(client, CHUNK_LIMIT).await;
    let finding = match &reaction.result {
        Ok(_) if is_read(&reaction) => {
            Finding::Good(format!("accepted: {CHUNK_LIMIT} bytes of rows"))
        }
        Ok(_) => Finding::Bad(format!("accepted, but not read whole: {CHUNK_LIMIT} bytes of rows")),
        Err(CallError::Api(error)) if error.is_too_large() => {
            Finding::Odd(format!("refused with {error}; rows go in smaller statements"))
        }
        Err(error) => Finding::Bad(error.to_string()),
    };
    Ok(Account::of(finding).hearing(reaction.heard))
}

pub(super) const LONGER_REQUEST: Subject = Subject {
    name: "request_over_4_mib",
    why: "rowgate never sends one; the documents do not say how it would be refused",
    relied_on: false,
};

pub(super) async fn longer_request<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    Ok(refusal(send_rows(client, REQUEST_LIMIT + 1).await))
}

/// The sizes that are tried: MiB by MiB up to what the limit of a request leaves.
const SIZES: [usize; 4] = [1 << 20, 2 << 20, 3 << 20, CHUNK_LIMIT];

pub(super) const PARAMETER_SIZES: Subject = Subject {
    name: "parameter_sizes",
    why: "the documents limit a request, and may not mention a limit of one parameter; where there is one, \
          statements are halved until they are accepted, once for each request and load",
    relied_on: false,
};

pub(super) async fn parameter_sizes<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let (mut reactions, mut accepted, mut refused) = (Vec::new(), None, None);
    for bytes in SIZES {
        let reaction = send_rows(client, bytes).await;
        match is_read(&reaction) {
            true if refused.is_none() => accepted = Some(bytes),
            true => {}
            false => refused = refused.or(Some(bytes)),
        }
        reactions.push(reaction);
    }
    let finding = match (accepted, refused) {
        (_, None) => Finding::Good(format!("up to {CHUNK_LIMIT} bytes are accepted")),
        (Some(accepted), Some(refused)) => Finding::Bad(format!(
            "{accepted} bytes are accepted, {refused} are not; with LOAD_BATCH_BYTES={} no load has to \
             find that out",
            accepted.min(2_500_000)
        )),
        (None, Some(refused)) => Finding::Bad(format!(
            "not even {refused} bytes are accepted; set LOAD_BATCH_BYTES to what is"
        )),
    };
    let size = |bytes: Option<usize>| bytes.map_or("none".to_string(), |bytes| bytes.to_string());
    let account = Account::of(finding)
        .with("largest_accepted", size(accepted))
        .with("smallest_refused", size(refused));
    Ok(account.hearing(refusals(reactions)))
}

async fn send_rows<H: Host>(client: &Client<'_, H>, bytes: usize) -> Reaction {
    let rows = json_of(bytes);
    let parameters = &[("rows", rows.as_str())];
    let call = ExecuteStatement { sql: LENGTH, parameters, ..ExecuteStatement::default() };
    provoke(client, format!("a parameter of {bytes} bytes"), call).await
}

/// Whether the database has read the array.
fn is_read(reaction: &Reaction) -> bool {
    let Ok(output) = &reaction.result else { return false };
    output.records.iter().flatten().map(text).eq(["1"])
}

pub(super) const MANY_PARAMETERS: Subject = Subject {
    name: "many_parameters",
    why: "rowgate sends a few parameters in a call, and a batch could be a parameter for each cell",
    relied_on: false,
};

const MANY: usize = 1_000;

pub(super) async fn many_parameters<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let names: Vec<_> = (0..MANY).map(|number| format!("p{number}")).collect();
    let parameters: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let sql = format!("SELECT LENGTH(CONCAT(:{}))", names.join(", :"));
    let call = ExecuteStatement { sql: &sql, parameters: &parameters, transaction_id: None };
    let reaction = provoke(client, format!("{MANY} parameters"), call).await;
    let finding = match &reaction.result {
        Ok(output) => {
            let all = output.records.iter().flatten().map(text).eq([MANY.to_string()]);
            Finding::when(all, if all { "1,000 in a call" } else { "not all of 1,000 arrived" })
        }
        Err(error) => Finding::Bad(format!("1,000 are refused: {error}")),
    };
    let accepted = if matches!(finding, Finding::Good(_)) { "1000" } else { "none" };
    Ok(Account::of(finding).with("accepted", accepted).hearing(reaction.heard))
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

pub(super) async fn answer<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "SELECT REPEAT('x', 30000) FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' \
               COLUMNS(n FOR ORDINALITY)) AS r";
    let rows = format!("[{}1]", "1,".repeat(39));
    let call =
        ExecuteStatement { sql, parameters: &[("rows", &rows)], ..ExecuteStatement::default() };
    Ok(refusal(provoke(client, "an answer of 1.2 MB", call).await))
}

pub(super) const ROW: Subject = Subject {
    name: "row_over_64_kib",
    why: "some of the documents limit a row of an answer to 64 KB; rowgate's tables stay below it",
    relied_on: false,
};

pub(super) async fn row<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "SELECT REPEAT('x', CAST(:length AS UNSIGNED))";
    let shorter = query(client, sql, "length", "60000").await;
    if let Err(error) = shorter {
        return Ok(Finding::Bad(format!("60,000 bytes are refused too: {error}")).into());
    }
    let parameters = &[("length", "70000")];
    let call = ExecuteStatement { sql, parameters, ..ExecuteStatement::default() };
    Ok(refusal(provoke(client, "a row of 70,000 bytes", call).await))
}

pub(super) const SEVERAL_STATEMENTS: Subject = Subject {
    name: "several_statements",
    why: "a call is one statement; a second one behind a semicolon must not run",
    relied_on: true,
};

pub(super) async fn several_statements<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let call = ExecuteStatement { sql: "SELECT 1; SELECT 2", ..ExecuteStatement::default() };
    Ok(refusal(provoke(client, "two statements", call).await))
}

pub(super) const TIME_OUT: Subject = Subject {
    name: "statement_timeout",
    why: "a statement that is ended after 45 seconds is told by its error from one that is refused, and \
          its rows go in smaller statements",
    relied_on: false,
};

pub(super) async fn time_out<H: Host>(
    client: &Client<'_, H>,
    may_be_slow: bool,
) -> Examined<Account> {
    if !may_be_slow {
        return Ok(Finding::NotTried("takes 45 seconds; --slow does it").into());
    }
    let call = ExecuteStatement { sql: "SELECT SLEEP(55)", ..ExecuteStatement::default() };
    let reaction = provoke(client, "a statement of 55 seconds", call).await;
    let seconds = reaction.milliseconds / 1_000;
    let (status, error_type) = match &reaction.heard {
        Some(heard) => (heard.status.to_string(), heard.error_type.clone()),
        None => ("200".to_string(), "none".to_string()),
    };
    let finding = match &reaction.result {
        Err(CallError::Api(error)) if error.is_time_out() && (40..=50).contains(&seconds) => {
            Finding::Good(format!("{error} after {seconds} s"))
        }
        Err(error) => Finding::Bad(format!("{error} after {seconds} s")),
        Ok(_) => Finding::Bad(format!("not ended; it answered after {seconds} s")),
    };
    let account = Account::of(finding).with("type", error_type).with("status", status);
    Ok(account.with("seconds", seconds.to_string()).hearing(reaction.heard))
}

/// Good if the service said no, with the type and status in which it did.
fn refusal(reaction: Reaction) -> Account {
    let finding = match &reaction.result {
        Err(CallError::Api(error)) if (400..500).contains(&error.status) => {
            // Its id differs from run to run and says nothing here.
            Finding::Good(format!("refused with {} (HTTP {})", error.error_type, error.status))
        }
        Err(error) => Finding::Bad(error.to_string()),
        Ok(_) => Finding::Bad("not refused".into()),
    };
    Account::of(finding).hearing(reaction.heard)
}

async fn query<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    name: &str,
    value: &str,
) -> Result<Vec<Vec<String>>, CallError> {
    let parameters = &[(name, value)];
    let records = client.query(sql, parameters).await?.records;
    Ok(records.iter().map(|row| row.iter().map(text).collect()).collect())
}
