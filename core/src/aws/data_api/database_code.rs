//! MySQL's error number in the message of an error.
//!
//! AWS documents no form of these messages. Known are those of older clients, emulators and drivers;
//! a message without a number is known by MySQL's own words (dev.mysql.com "Server Error Message
//! Reference") or, where one number alone has it, by its SQLSTATE. Between these the database puts
//! values of cells, so nothing is looked for in the middle of a message.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::aws::operation::Retry;

/// Prefixes of the database's own message.
const WRAPPERS: [&str; 4] = ["database error", "database", "message", "error"];

/// MySQL's own words by their beginning and their end, with the number.
///
/// Every number that the code acts on is among them, or is `is_denied`'s.
const WORDS: [(&str, &str, u16); 45] = [
    ("access denied; you need", "", 1227),
    ("access denied for user", "using password: yes", 1045),
    ("access denied for user", "using password: no", 1045),
    ("access denied for user", "", 1044),
    ("can't connect to mysql server", "", 2003),
    ("can't connect to local mysql server", "", 2002),
    ("can't drop ", "exists", 1091),
    ("cannot add or update a child row", "", 1452),
    ("cannot execute statement in a read only transaction", "", 1792),
    ("cannot delete or update a parent row", "", 1451),
    ("check constraint '", "is violated", 3819),
    ("column '", "cannot be null", 1048),
    ("column count doesn't match value count", "", 1136),
    ("constraint `", "", 4025),
    ("data too long for column", "", 1406),
    ("data truncated for column", "", 1265),
    ("deadlock found when trying to get lock", "", 1213),
    ("duplicate column name '", "", 1060),
    ("duplicate entry '", "", 1062),
    ("duplicate key name '", "", 1061),
    ("field '", "doesn't have a default value", 1364),
    ("incorrect date value", "", 1292),
    ("incorrect datetime value", "", 1292),
    ("incorrect time value", "", 1292),
    ("truncated incorrect", "", 1292),
    ("incorrect decimal value", "", 1366),
    ("incorrect double value", "", 1366),
    ("incorrect integer value", "", 1366),
    ("incorrect string value", "", 1366),
    ("lock wait timeout exceeded", "", 1205),
    ("lost connection to mysql server", "", 2013),
    ("mysql server has gone away", "", 2006),
    ("out of range value for column", "", 1264),
    ("running in read-only mode", "", 1836),
    ("server shutdown in progress", "", 1053),
    ("table definition has changed", "", 1412),
    ("table '", "already exists", 1050),
    ("table '", "doesn't exist", 1146),
    ("the mysql server is running with the --read-only option", "", 1290),
    ("too many connections", "", 1040),
    ("unhandled user-defined exception condition", "", 1644),
    ("unknown column '", "", 1054),
    ("unknown database '", "", 1049),
    ("user ", "active connections", 1203),
    ("you have an error in your sql syntax", "", 1064),
];

/// States of which one number alone is known to have them.
const STATES: [(&str, u16); 5] =
    [("22001", 1406), ("22003", 1264), ("22007", 1292), ("40001", 1213), ("45000", 1644)];

/// The number that a message has, or that its words or its SQLSTATE are known for.
pub(super) fn find(message: &str) -> Option<u16> {
    let message = message.trim().to_ascii_lowercase();
    let end = MessageEnd::of(&message);
    end.number.or_else(|| at_start(&message)).or_else(|| by_words(&end)).or_else(|| by_state(&end))
}

/// What a message says that a row was refused by, in lower case: a key, with its table's name and a dot
/// before it on MySQL; a constraint, in which MariaDB doubles backticks; a column.
///
/// A database puts values of cells into messages, so that the name is only good to be compared with names
/// that are known.
pub(super) fn refused_by(number: u16, message: &str) -> Option<String> {
    let message = message.trim().to_ascii_lowercase();
    let end = MessageEnd::of(&message);
    let words = own_words(end.words);
    let name = match number {
        1062 => words.rsplit_once(" for key '")?.1.strip_suffix('\''),
        1048 => between(words, "column '", "' cannot be null"),
        1364 => between(words, "field '", "' doesn't have a default"),
        3819 | 4025 => between(words, "check constraint '", "' is violated")
            .or_else(|| between(words, "constraint `", "` failed for `")),
        1452 => between(words, ", constraint `", "` foreign key (`"),
        _ => None,
    };
    name.map(ToOwned::to_owned)
}

fn between<'w>(words: &'w str, before: &str, behind: &str) -> Option<&'w str> {
    words.split_once(before)?.1.split_once(behind).map(|(name, _)| name)
}

/// The database's or the service's own words in a message, in lower case.
pub(super) fn words(message: &str) -> String {
    let message = message.trim().to_ascii_lowercase();
    own_words(&message).to_owned()
}

/// Texts of a cluster that is paused, starts or fails over, and of a service without a connection to
/// it: the call was not begun.
const NOT_BEGUN: [&str; 9] = [
    "can't connect to",
    "communications link failure",
    "connection is not available",
    "cluster is not available",
    "resuming after being auto-paused",
    "database is paused",
    "database is starting",
    "database system is starting",
    "failover is in progress",
];

/// Texts of a connection that was lost, or a server that ended, while it may have been at the call: of
/// such a connection the driver says when it last received something. A commit may have run where the
/// service only says that it is unavailable.
const LOST: [&str; 5] = [
    "currently unavailable",
    "successfully received",
    "lost connection to",
    "server has gone away",
    "server shutdown in progress",
];

/// What a message says about the call, if it is about the connection to the database.
///
/// `is_database_error` says that the database wrote the message, with values of cells: then only its
/// beginning counts, but for a link that failed.
pub(super) fn connection_failure(message: &str, is_database_error: bool) -> Option<Retry> {
    let message = message.to_ascii_lowercase();
    let words = own_words(message.trim());
    let is_link = words.starts_with("communications link failure");
    let says = |text: &&str| match is_database_error && !is_link {
        true => words.starts_with(*text),
        false => words.contains(*text),
    };
    match (LOST.iter().any(says), NOT_BEGUN.iter().any(says)) {
        (true, _) => Some(Retry::OutcomeUnknown),
        (false, true) => Some(Retry::NotRun),
        (false, false) => None,
    }
}

/// What ends a message: `…; Error code: 1062; SQLState: 23000`, either of the two or both, in any
/// order and punctuation.
#[derive(Debug, Default)]
struct MessageEnd<'m> {
    words: &'m str,
    number: Option<u16>,
    state: Option<&'m str>,
}

impl<'m> MessageEnd<'m> {
    fn of(message: &'m str) -> Self {
        let mut end = Self { words: message, ..Self::default() };
        loop {
            end.words = end.words.trim_end_matches(is_mark);
            let start = end.words.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
            let (front, value) = end.words.split_at(start);
            let front = front.trim_end_matches(is_mark);
            let number = strip_name(front, "error", "code").filter(|_| end.number.is_none());
            let state = strip_name(front, "sql", "state").filter(|_| end.state.is_none());
            end.words = match (number, state) {
                (Some(front), _) if value.parse::<u16>().is_ok() => {
                    end.number = value.parse().ok();
                    front
                }
                (_, Some(front)) if value.len() == 5 => {
                    end.state = Some(value);
                    front
                }
                _ => return end,
            };
        }
    }
}

/// The text without a name of two words at its end, as in `error code`, `ErrorCode` and `error_code`.
fn strip_name<'m>(text: &'m str, first: &str, second: &str) -> Option<&'m str> {
    let text = text.strip_suffix(second)?.trim_end_matches([' ', '_', '-']);
    text.strip_suffix(first)
}

fn is_mark(character: char) -> bool {
    character.is_ascii_whitespace()
        || matches!(character, '.' | ',' | ';' | ':' | '=' | '(' | ')' | '[' | ']')
}

/// The number in `Database error code: 1062. Message: …`, `ERROR 1062 (23000): …`, `Error 1062: …` and
/// `(1062, '…')`.
fn at_start(message: &str) -> Option<u16> {
    if let Some(tuple) = message.strip_prefix('(') {
        return number_before(tuple, &[',']);
    }
    let text = message.strip_prefix("database").map_or(message, str::trim_start);
    let text = text.strip_prefix("error")?.trim_start_matches([' ', '_', '-']);
    match text.strip_prefix("code") {
        Some(text) => number_before(text.trim_start_matches(is_mark), &['.', ',', ';', ':', ' ']),
        None => number_before(text, &[':', ' ']),
    }
}

fn number_before(text: &str, marks: &[char]) -> Option<u16> {
    let (digits, behind) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    behind.starts_with(marks).then(|| digits.parse().ok())?
}

fn by_words(end: &MessageEnd<'_>) -> Option<u16> {
    let words = own_words(end.words);
    if is_denied(words) {
        return Some(1142);
    }
    let known =
        WORDS.iter().find(|(start, tail, _)| words.starts_with(start) && words.ends_with(tail));
    known.map(|(_, _, number)| *number)
}

fn by_state(end: &MessageEnd<'_>) -> Option<u16> {
    let known = STATES.iter().find(|(state, _)| end.state == Some(state));
    known.map(|(_, number)| *number)
}

/// Without what a service or a driver puts in front: `Database error: …`, `java.sql.SQLException: …`.
fn own_words(text: &str) -> &str {
    let mut words = text;
    loop {
        let wrapper = WRAPPERS.iter().find_map(|wrapper| words.strip_prefix(wrapper));
        let front = words.split(": ").next().unwrap_or_default();
        let is_class = front.ends_with("exception")
            && front.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        words = match wrapper.and_then(|rest| rest.strip_prefix(':')) {
            Some(rest) => rest.trim_start(),
            None if is_class => words[front.len()..].trim_start_matches([':', ' ']),
            None => return words,
        };
    }
}

/// `INSERT command denied to user …`
fn is_denied(words: &str) -> bool {
    let privilege = words.split(" command denied to user ").next().unwrap_or_default();
    privilege.len() < words.len()
        && privilege.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn what_refused_a_row_is_named() {
        for (number, message, name) in [
            (
                1062,
                "Duplicate entry 'a' for key 'x' for key 'shop.uq_Email'",
                Some("shop.uq_email"),
            ),
            (
                1062,
                "Database error: Duplicate entry '1' for key 'uq'; Error code: 1062; SQLState: 23000",
                Some("uq"),
            ),
            (1048, "Column 'name' cannot be null", Some("name")),
            (1364, "Field 'name' doesn't have a default value", Some("name")),
            (3819, "Check constraint 'ck' is violated.", Some("ck")),
            (3819, "CONSTRAINT `ck` failed for `shop`.`t`", Some("ck")),
            (4025, "CONSTRAINT `ck` failed for `shop`.`t`", Some("ck")),
            (
                1452,
                "Cannot add or update a child row: a foreign key constraint fails (`shop`.`t`, \
                 CONSTRAINT `of_u` FOREIGN KEY (`a`) REFERENCES `u` (`id`))",
                Some("of_u"),
            ),
            (1048, "Column 'a`'b' cannot be null", Some("a`'b")),
            (1364, "Field 'a`'b' doesn't have a default value", Some("a`'b")),
            (3819, "Check constraint 'c`'k' is violated.", Some("c`'k")),
            (3819, "CONSTRAINT `c``'k` failed for `shop`.`t`", Some("c``'k")),
            (
                1452,
                "Cannot add or update a child row: a foreign key constraint fails (`shop`.`t``'x`, \
                 CONSTRAINT `f`'k` FOREIGN KEY (`c`) REFERENCES `p`'x` (`i`'d`))",
                Some("f`'k"),
            ),
            (1062, "no", None),
            (1264, "Out of range value for column 'a' at row 1", None),
        ] {
            assert_eq!(refused_by(number, message).as_deref(), name, "{message}");
        }
    }

    const DUPLICATE: &str = "Duplicate entry 'Error code: 7; x' for key 'jobs.PRIMARY'";

    /// What one and the same error looks like, by whatever writes it.
    fn forms(words: &str, number: u16, state: &str) -> Vec<String> {
        vec![
            format!("{words}; Error code: {number}; SQLState: {state}"),
            format!("{words}; SQLState: {state}; error code {number}"),
            format!("{words} (Error Code: {number}, SQLSTATE: {state})."),
            format!("{words}; error code: {number}"),
            format!("{words} [ErrorCode={number}]"),
            format!("Database error code: {number}. Message: {words}"),
            format!("Error code: {number}; SQLState: {state}; {words}"),
            format!("ERROR {number} ({state}): {words}"),
            format!("Error {number}: {words}"),
            format!("({number}, \"{words}\")"),
        ]
    }

    #[test]
    fn the_number_is_found_in_every_form() {
        for form in forms(DUPLICATE, 1062, "23000") {
            assert_eq!(find(&form), Some(1062), "{form}");
            assert_eq!(find(&form.to_uppercase()), Some(1062), "{form}");
        }
    }

    #[test]
    fn without_a_number_the_words_are_known() {
        for (words, number) in [
            (DUPLICATE, 1062),
            ("Deadlock found when trying to get lock; try restarting transaction", 1213),
            ("Lock wait timeout exceeded; try restarting transaction", 1205),
            ("Column 'job' cannot be null", 1048),
            ("Field 'job' doesn't have a default value", 1364),
            ("Check constraint 'positive' is violated.", 3819),
            ("CONSTRAINT `positive` failed for `hr`.`jobs`", 4025),
            ("Data too long for column 'job' at row 3", 1406),
            ("Incorrect string value: '\\xF0\\x9F' for column 'job' at row 1", 1366),
            ("Incorrect datetime value: 'x' for column 'hired' at row 1", 1292),
            (
                "Cannot add or update a child row: a foreign key constraint fails (`hr`.`e`, …)",
                1452,
            ),
            ("INSERT command denied to user 'writer'@'%' for table 'jobs'", 1142),
            ("Access denied for user 'writer'@'%' to database 'hr'", 1044),
            ("Access denied for user 'writer'@'10.0.0.1' (using password: YES)", 1045),
            (
                "Access denied; you need (at least one of) the SUPER privilege(s) for this operation",
                1227,
            ),
            ("Unknown database 'hr'", 1049),
            ("Running in read-only mode", 1836),
            ("User writer already has more than 'max_user_connections' active connections", 1203),
            ("Table 'hr.jobs' doesn't exist", 1146),
            ("Duplicate column name 'is_decided'", 1060),
            ("Duplicate key name 'by_key'", 1061),
            ("Can't DROP 'by_key'; check that column/key exists", 1091),
            ("Can't DROP INDEX `by_key`; check that it exists", 1091),
            ("Unhandled user-defined exception condition", 1644),
            ("Cannot execute statement in a READ ONLY transaction", 1792),
            ("Lost connection to MySQL server during query", 2013),
            ("Server shutdown in progress", 1053),
        ] {
            for form in [
                words.to_owned(),
                words.to_lowercase(),
                format!("Database error: {words}"),
                format!("java.sql.SQLIntegrityConstraintViolationException: {words}"),
                format!("{words}; SQLState: HY000"),
            ] {
                assert_eq!(find(&form), Some(number), "{form}");
            }
        }
        assert_eq!(find("Something new; SQLState: 40001"), Some(1213));
        assert_eq!(find("No clerks on Sundays; SQLState: 45000"), Some(1644));
    }

    #[test]
    fn other_texts_have_no_number() {
        for text in [
            "",
            "error",
            "Error code: ",
            "Error code: 70000; SQLState: 23000",
            "Something new; SQLState: 23000",
            "Communications link failure",
            "Transaction T1 Is Not Found",
            "a cell with Error code: 1213; SQLState: 40001 in it",
            "Column 'Duplicate entry ' is odd",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_cluster_that_is_away_says_so() {
        let lost = "Communications link failure\n\nThe last packet successfully received from the \
            server was 1,203 milliseconds ago.";
        let refused = "Communications link failure\n\nThe last packet sent successfully to the server \
            was 0 milliseconds ago. The driver has not received any packets from the server.";
        let resuming =
            "The Aurora DB instance db-1 is resuming after being auto-paused. Please wait";
        for (message, is_database_error, expected) in [
            (refused, true, Some(Retry::NotRun)),
            (refused, false, Some(Retry::NotRun)),
            (resuming, false, Some(Retry::NotRun)),
            (lost, true, Some(Retry::OutcomeUnknown)),
            (lost, false, Some(Retry::OutcomeUnknown)),
            ("Connection is not available, request timed out", false, Some(Retry::NotRun)),
            ("Can't connect to server on '10.0.0.1' (110)", true, Some(Retry::NotRun)),
            ("Database error: Lost connection to server", true, Some(Retry::OutcomeUnknown)),
            ("MySQL server has gone away", false, Some(Retry::OutcomeUnknown)),
            ("Duplicate entry 'Communications link failure' for key 'k'", true, None),
            ("Duplicate entry 'Lost connection to x' for key 'k'", true, None),
        ] {
            let found = connection_failure(message, is_database_error);
            assert_eq!(found, expected, "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_value_in_the_words_changes_the_number(
            value in "[a-zA-Z0-9:;,.()'` ]{0,30}|.{0,20}|Error code: 1213; SQLState: 40001",
            form in 0..10usize,
        ) {
            let words = format!("Duplicate entry '{value}' for key 'PRIMARY'");
            let message = &forms(&words, 1062, "23000")[form];
            prop_assert_eq!(find(message), Some(1062), "{}", message);
        }

        #[test]
        fn any_text_is_read(text in ".{0,60}") {
            _ = find(&text);
        }
    }
}
