//! All checks, in order.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::check::{Check, CheckOutcome};
use super::finding::{Account, Examined, Finding, Subject};
use super::{errors, limits, scratch, session, sessions, tables, transactions};
use crate::aws::host::{Client, Host};
use crate::table::schema::Schema;

/// Makes every check, in order, and tells `done` of each when it is made. One takes a minute, and is
/// only tried if the examination may be slow.
///
/// Writes to no table but `rowgate_doctor`, which it makes and drops. Without a connection there
/// is only the first check.
pub async fn examine<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    may_be_slow: bool,
    done: impl FnMut(&Check),
) -> Vec<Check> {
    let mut report = CheckList { host: client.host(), checks: Vec::new(), done };
    let connection = session::connection(client).await;
    report.add(&session::CONNECTION, connection);
    if report.checks.iter().any(|check| check.outcome == CheckOutcome::Fail) {
        return report.checks;
    }

    report.add(&session::ENGINE, session::engine(client).await);
    report.add(&session::SQL_MODE, session::sql_mode(client).await);
    report.add(&session::ISOLATION, session::isolation(client).await);
    report.add(&session::CONNECTION_CHARSET, session::connection_charset(client).await);
    report.add(&session::DATABASE_CHARSET, session::database_charset(client).await);
    report.add(&session::TIME_ZONE, session::time_zone(client).await);
    report.add(&session::PARTIAL_REVOKES, session::partial_revokes(client).await);
    report.add(&session::PACKET, session::packet(client).await);
    report.add(&session::AUTO_INCREMENT, session::auto_increment(client).await);
    report.add(&limits::JSON_TABLE, limits::json_table(client).await);
    report.add(&limits::QUOTED_NAMES, limits::quoted_names(client).await);
    report.add(&limits::REQUEST, limits::request(client).await);
    report.add(&limits::LONGER_REQUEST, limits::longer_request(client).await);
    report.add(&limits::PARAMETER_SIZES, limits::parameter_sizes(client).await);
    report.add(&limits::MANY_PARAMETERS, limits::many_parameters(client).await);
    report.add(&limits::ANSWER, limits::answer(client).await);
    report.add(&limits::ROW, limits::row(client).await);
    report.add(&limits::SEVERAL_STATEMENTS, limits::several_statements(client).await);
    report.add(&limits::TIME_OUT, limits::time_out(client, may_be_slow).await);
    report.add(&transactions::ONE_CALL, transactions::one_call(client).await);
    report.add(&sessions::BETWEEN_CALLS, sessions::between_calls(client).await);
    report.add(&sessions::IN_TRANSACTION, sessions::in_transaction(client).await);
    report.add(&sessions::CONNECTIONS, sessions::connections(client).await);
    report.add(&errors::SYNTAX, errors::syntax(client).await);
    report.add(&errors::NO_TABLE, errors::no_table(client).await);
    scratch_checks(client, &mut report).await;
    report.add(&tables::SCHEMA, tables::schema(client, schema).await);
    report.checks
}

/// What needs the scratch table, in order.
const ON_SCRATCH: [&Subject; 13] = [
    &scratch::INSERT,
    &scratch::KEEP,
    &scratch::UPDATE,
    &scratch::UPDATE_COUNT,
    &scratch::EXISTING,
    &scratch::ERROR_NUMBER,
    &scratch::TINYINT,
    &errors::DUPLICATE_KEY,
    &errors::TOO_LONG,
    &errors::NULL,
    &errors::LOCK_WAIT,
    &transactions::AFTER_ERROR,
    &scratch::DESCRIPTION,
];

/// The checks that write, in the order in which they build on each other's rows.
async fn scratch_checks<H: Host, D: FnMut(&Check)>(
    client: &Client<'_, H>,
    report: &mut CheckList<'_, H, D>,
) {
    let made = scratch::make(client).await;
    let is_made = matches!(made, Ok(Finding::Good(_)));
    report.add(&scratch::MAKE, made);
    if !is_made {
        for subject in ON_SCRATCH {
            report.add(subject, Examined::Ok(Finding::NotTried("needs the table rowgate_doctor")));
        }
        return;
    }
    report.add(&scratch::INSERT, scratch::insert(client).await);
    report.add(&scratch::KEEP, scratch::keep(client).await);
    let (update, counted) = scratch::update(client).await;
    report.add(&scratch::UPDATE, update);
    report.add(&scratch::UPDATE_COUNT, counted);
    report.add(&scratch::EXISTING, scratch::existing_rows(client).await);
    report.add(&scratch::ERROR_NUMBER, scratch::error_number(client).await);
    report.add(&scratch::TINYINT, scratch::tinyint(client).await);
    report.add(&errors::DUPLICATE_KEY, errors::duplicate_key(client).await);
    report.add(&errors::TOO_LONG, errors::too_long(client).await);
    report.add(&errors::NULL, errors::null(client).await);
    report.add(&errors::LOCK_WAIT, errors::lock_wait(client).await);
    report.add(&transactions::AFTER_ERROR, transactions::after_error(client).await);
    report.add(&scratch::DESCRIPTION, scratch::description(client).await);
    report.add(&scratch::DROP, scratch::remove(client).await);
}

struct CheckList<'r, H, D> {
    host: &'r H,
    checks: Vec<Check>,
    done: D,
}

impl<H: Host, D: FnMut(&Check)> CheckList<'_, H, D> {
    /// After an interruption only what became of the scratch table is of interest.
    fn add(&mut self, subject: &Subject, found: Examined<impl Into<Account>>) {
        if self.host.is_interrupted() && subject.name != scratch::DROP.name {
            return;
        }
        let account = found.map(Into::into);
        let account = account.unwrap_or_else(|error| Finding::Bad(error.to_string()).into());
        let Account { finding, values, answers } = account;
        let tried = !matches!(finding, Finding::NotTried(_));
        let (outcome, found) = match finding {
            Finding::Good(found) => (CheckOutcome::Pass, found),
            Finding::Bad(found) if subject.relied_on => (CheckOutcome::Fail, found),
            Finding::Bad(found) | Finding::Odd(found) => (CheckOutcome::Note, found),
            Finding::NotTried(why) => (CheckOutcome::Note, format!("not tried: {why}")),
        };
        let Subject { name, why, .. } = *subject;
        let check = Check { name, why, outcome, tried, found, values, answers };
        (self.done)(&check);
        self.checks.push(check);
    }
}
