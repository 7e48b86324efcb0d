//! Texts of the service without what names an account, a host, a person or a single thing.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::aws::data_api::Target;

/// The most characters that are kept of a text.
const MOST: usize = 1_000;

/// From so many letters and digits on a word without a blank names a single thing.
const ID_LENGTH: usize = 16;

/// What is between the names in a word, but for full stops and dashes.
const MARKS: [char; 11] = ['\'', ':', '/', '=', '@', '<', '>', '*', '+', '%', '!'];

/// The endings of hosts' names.
const HOSTS: [&str; 8] = ["com", "net", "org", "internal", "local", "cn", "aws", "io"];

/// A text in which ARNs, accounts, hosts, users, the database and ids are only called that.
pub(super) fn anonymous(text: &str, target: &Target) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(word_length(rest));
        let mark = behind.chars().next();
        kept.push_str(&name_of(word, target));
        kept.extend(mark);
        rest = &behind[mark.map_or(0, char::len_utf8)..];
    }
    kept.chars().take(MOST).collect()
}

/// Up to the next character that no name has.
fn word_length(text: &str) -> usize {
    let is_of_name = |c: char| c.is_alphanumeric() || "._-:/+=@'%<>*!".contains(c);
    text.find(|c| !is_of_name(c)).unwrap_or(text.len())
}

fn name_of<'w>(word: &'w str, target: &Target) -> Cow<'w, str> {
    if word.contains("arn:") {
        return "<arn>".into();
    }
    if word.contains("'@'") {
        return "<user>".into();
    }
    let mut named = String::with_capacity(word.len());
    for part in word.split_inclusive(MARKS) {
        // A full stop ends a sentence as well.
        let atom = part.trim_end_matches(MARKS).trim_end_matches('.');
        named.push_str(&atom_of(atom, target));
        named.push_str(&part[atom.len()..]);
    }
    named.into()
}

/// A name between punctuation marks, or what it is the name of.
fn atom_of<'a>(atom: &'a str, target: &Target) -> Cow<'a, str> {
    let segments = || atom.split('.');
    if is_address(atom) || (segments().count() > 2 && is_host(atom)) || atom.starts_with("ip-") {
        return "<host>".into();
    }
    if segments().any(is_account) {
        return "<account>".into();
    }
    if segments().flat_map(|segment| segment.split(['-', '_'])).any(is_id) || is_uuid(atom) {
        return "<id>".into();
    }
    match segments().any(|segment| segment == target.database) {
        true => atom.replacen(&target.database, "<database>", 1).into(),
        false => atom.into(),
    }
}

fn is_account(segment: &str) -> bool {
    segment.len() == 12 && segment.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(atom: &str) -> bool {
    atom.parse::<core::net::Ipv4Addr>().is_ok()
}

fn is_host(atom: &str) -> bool {
    atom.rsplit('.').next().is_some_and(|last| HOSTS.contains(&last))
}

/// Letters and digits mixed as in no word, or a long number.
fn is_id(segment: &str) -> bool {
    let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
    segment.len() >= ID_LENGTH && has_digit
}

fn is_uuid(atom: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    atom.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && atom.split('-').all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    fn target() -> Target {
        Target {
            endpoint: "https://rds-data.eu-west-1.amazonaws.com".into(),
            resource_arn: "arn:aws:rds:eu-west-1:111122223333:cluster:c".into(),
            secret_arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s".into(),
            database: "payroll".into(),
        }
    }

    const NAMES: [&str; 12] = [
        "arn:aws:rds:eu-west-1:111122223333:cluster:payroll-1",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!cluster-Ab12Cd",
        "111122223333",
        "10.1.22.33",
        "ip-10-1-22-33.eu-west-1.compute.internal",
        "payroll.cluster-c1x2y3z4.eu-west-1.rds.amazonaws.com",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "AXoBCgwzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw",
        "db-ABCDEFGHIJKLMNOP1234567890",
        "'ann'@'10.1.22.33'",
        "'ann'@'%'",
        "payroll",
    ];

    #[test]
    fn what_says_how_errors_are_written_stays() {
        for text in [
            "Duplicate entry '1' for key 'rowgate_doctor.PRIMARY'; Error code: 1062; SQLState: 23000",
            "1 validation error detected: Value at 'parameters.1.member.value.stringValue' failed to \
             satisfy constraint: Member must have length less than or equal to 1048576",
            "java.sql.SQLSyntaxErrorException: You have an error in your SQL syntax",
            "Database returned more than the allowed response size limit",
            "Packet for query is too large (4,300,000 > 4,194,304).",
        ] {
            assert_eq!(anonymous(text, &target()), text);
        }
        let table = "Table 'payroll.rowgate_doctor_absent' doesn't exist";
        let named = "Table '<database>.rowgate_doctor_absent' doesn't exist";
        assert_eq!(anonymous(table, &target()), named);
        assert_eq!(anonymous(&"x ".repeat(5_000), &target()).len(), MOST);
    }

    proptest! {
        #[test]
        fn no_name_stays(
            name in proptest::sample::select(NAMES.to_vec()),
            before in "[a-z ]{0,9}[ (\"'=:]",
            behind in "([).,;'\"]{0,2}( [a-z ]{0,9})?)?",
        ) {
            let text = format!("{before}{name}{behind}");
            let kept = anonymous(&text, &target());
            for secret in ["1111", "10.1", "10-1", "payroll", "ann'", "0f8f", "AXoB", "ABCDEF"] {
                prop_assert!(!kept.contains(secret), "{} of {}", kept, text);
            }
        }
    }
}
