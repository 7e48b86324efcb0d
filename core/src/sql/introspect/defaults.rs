//! Types, defaults and expressions in one form, whichever engine wrote them.

use alloc::string::String;
use alloc::vec::Vec;

use super::query::Engine;
use crate::table::schema::DefaultValue;
use crate::table::types::without_width;

/// A type without the width that MariaDB shows, but for those whose width says something.
pub(super) fn column_type(text: &str) -> String {
    match text {
        "year(4)" => "year".into(),
        text if text.starts_with("tinyint(1)") || text.contains("zerofill") => text.into(),
        text => without_width(text),
    }
}

/// A column's DEFAULT; `None` of NULL and of none.
pub(super) fn default(engine: Engine, text: Option<&str>, extra: &str) -> Option<DefaultValue> {
    let text = text?;
    match engine {
        Engine::MySql if extra.contains("default_generated") || is_bits(text) => {
            Some(DefaultValue::Expression(expression(engine, text)))
        }
        Engine::MySql => Some(DefaultValue::Literal(text.into())),
        Engine::MariaDb => of_sql(text),
    }
}

/// Whether a text of `information_schema` is this default, whichever engine wrote it.
pub(crate) fn is_default(expected: Option<&str>, text: Option<&str>) -> bool {
    let forms = [
        default(Engine::MySql, text, ""),
        default(Engine::MySql, text, "default_generated"),
        default(Engine::MariaDb, text, ""),
    ];
    forms.iter().any(|form| form.as_ref().map(DefaultValue::sql) == expected)
}

/// MariaDB writes a default as SQL.
fn of_sql(text: &str) -> Option<DefaultValue> {
    if text.eq_ignore_ascii_case("NULL") {
        return None;
    }
    let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte));
    Some(match quoted {
        Some(quoted) => DefaultValue::Literal(unquoted(quoted)),
        None if is_number => DefaultValue::Literal(text.into()),
        None => DefaultValue::Expression(expression(Engine::MariaDb, text)),
    })
}

fn is_bits(text: &str) -> bool {
    text.starts_with("b'")
}

/// What stands between two quotes.
fn unquoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            // The next character is literal, except the few that have names.
            '\\' => plain.extend(letters.next().map(escaped)),
            '\'' => plain.extend(letters.next()),
            letter => plain.push(letter),
        }
    }
    plain
}

fn escaped(letter: char) -> char {
    match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        letter => letter,
    }
}

/// An expression as it is written in a statement; MariaDB writes the time in small letters.
pub(super) fn expression(engine: Engine, text: &str) -> String {
    let text = match engine {
        Engine::MySql => of_mysql(text),
        Engine::MariaDb => text.into(),
    };
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("current_timestamp") {
        Some("" | "()") => "CURRENT_TIMESTAMP".into(),
        Some(digits) if digits.starts_with('(') => text.to_ascii_uppercase(),
        _ => text,
    }
}

/// In `information_schema` MySQL puts a backslash before each quote and each backslash of an expression, and takes each byte of
/// its UTF-8 for a character.
fn of_mysql(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next().map(escaped)),
            letter => plain.push(letter),
        }
    }
    let bytes: Option<Vec<u8>> = plain.chars().map(|letter| u8::try_from(letter).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(plain)
}

/// What an update sets a column to, by its EXTRA.
pub(super) fn on_update(extra: &str) -> Option<String> {
    let (_, rest) = extra.split_once("on update ")?;
    Some(expression(Engine::MariaDb, rest.split(' ').next().unwrap_or_default()))
}

/// The column that a CHECK of MariaDB makes a JSON.
pub(super) fn json_column(clause: &str) -> Option<String> {
    let name = clause.strip_prefix("json_valid(`")?.strip_suffix("`)")?;
    Some(name.replace("``", "`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Literal(text.into()))
    }

    fn computed(text: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Expression(text.into()))
    }

    #[test]
    fn both_engines_defaults_have_one_form() {
        for (mysql, extra, mariadb, expected) in [
            (None, "", Some("NULL"), None),
            (None, "", None, None),
            (Some("7"), "", Some("7"), literal("7")),
            (Some("-1.50"), "", Some("-1.50"), literal("-1.50")),
            (Some(""), "", Some("''"), literal("")),
            (Some("it's"), "", Some("'it''s'"), literal("it's")),
            (Some("NULL"), "", Some("'NULL'"), literal("NULL")),
            (Some("a\\b"), "", Some("'a\\\\b'"), literal("a\\b")),
            (Some("b'1'"), "", Some("b'1'"), computed("b'1'")),
            (
                Some("CURRENT_TIMESTAMP"),
                "default_generated",
                Some("current_timestamp()"),
                computed("CURRENT_TIMESTAMP"),
            ),
            (
                Some("CURRENT_TIMESTAMP(3)"),
                "default_generated on update current_timestamp(3)",
                Some("current_timestamp(3)"),
                computed("CURRENT_TIMESTAMP(3)"),
            ),
            (Some("(1 + 1)"), "default_generated", Some("(1 + 1)"), computed("(1 + 1)")),
        ] {
            assert_eq!(default(Engine::MySql, mysql, extra), expected, "{mysql:?}");
            assert_eq!(default(Engine::MariaDb, mariadb, ""), expected, "{mariadb:?}");
            let expected = expected.as_ref().map(DefaultValue::sql);
            assert!(is_default(expected, mysql.filter(|_| expected.is_some())), "{mysql:?}");
            assert!(is_default(expected, mariadb), "{mariadb:?}");
            assert!(!is_default(Some("another"), mariadb), "{mariadb:?}");
        }
    }

    #[test]
    fn an_expression_is_what_a_statement_says() {
        for (mysql, mariadb) in [
            (r"concat(`a`,_utf8mb4\' (\\n) `x`\')", r"concat(`a`,_utf8mb4' (\n) `x`')"),
            (r"`O\'N` <> _utf8mb4\'it\\\'s \\\\\'", r"`O'N` <> _utf8mb4'it\'s \\'"),
            ("`grÃ¶Ã\u{9f}e` <> 'æ¼¢'", "`größe` <> '漢'"),
            ("`größe` <> '漢'", "`größe` <> '漢'"),
            ("`größe` <> 7", "`größe` <> 7"),
        ] {
            assert_eq!(expression(Engine::MySql, mysql), mariadb);
            assert_eq!(expression(Engine::MariaDb, mariadb), mariadb);
        }
    }

    #[test]
    fn only_a_width_that_says_nothing_goes() {
        for (text, expected) in [
            ("int(11)", "int"),
            ("bigint(20) unsigned", "bigint unsigned"),
            ("tinyint(4)", "tinyint"),
            ("tinyint(1)", "tinyint(1)"),
            ("int(5) unsigned zerofill", "int(5) unsigned zerofill"),
            ("year(4)", "year"),
            ("decimal(10,2)", "decimal(10,2)"),
            ("varchar(9)", "varchar(9)"),
        ] {
            assert_eq!(column_type(text), expected);
        }
    }

    #[test]
    fn what_an_update_sets_is_read_from_the_extra() {
        assert_eq!(on_update("").as_deref(), None);
        assert_eq!(
            on_update("default_generated on update current_timestamp").as_deref(),
            Some("CURRENT_TIMESTAMP")
        );
        assert_eq!(
            on_update("on update current_timestamp(3)").as_deref(),
            Some("CURRENT_TIMESTAMP(3)")
        );
        assert_eq!(json_column("json_valid(`a``b`)").as_deref(), Some("a`b"));
        assert_eq!(json_column("json_valid(`a`) or 1"), None);
    }
}
