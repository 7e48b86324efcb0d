//! Finds `:name` parameters in a statement, and the end of the statement.

use super::errors::ApiError;

/// A statement with `?` where its named parameters stood.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Sql {
    /// The text to prepare, without a semicolon at the end.
    pub(super) text: String,
    /// The parameters in order of appearance; a name used twice stands here twice.
    pub(super) names: Vec<String>,
    /// Whether the text came with a semicolon at the end.
    pub(super) terminated: bool,
}

impl Sql {
    /// Reads one statement; a second one behind a semicolon is refused as AWS refuses it.
    ///
    /// A colon inside a string, a quoted identifier or a comment is text, and so is a semicolon.
    /// Source: "Differences for Data API" in the Aurora User Guide, dev.mysql.com "Comments".
    pub(super) fn parse(sql: &str) -> Result<Self, ApiError> {
        let mut parsed = Self { text: String::new(), names: Vec::new(), terminated: false };
        let stored_program = is_stored_program(sql);
        let mut at = 0;
        while at < sql.len() {
            let end = end_of_piece(sql, at);
            let piece = &sql[at..end];
            at = end;

            if parsed.terminated {
                if !is_blank(piece) {
                    return Err(ApiError::validation("Multistatements aren't supported."));
                }
            } else if piece == ";" && !stored_program {
                parsed.terminated = true;
            } else if let Some(name) = piece.strip_prefix(':').filter(|name| !name.is_empty()) {
                parsed.text.push('?');
                parsed.names.push(name.to_owned());
            } else {
                parsed.text.push_str(piece);
            }
        }
        Ok(parsed)
    }
}

/// Where the piece that begins at `at` ends: a literal, a comment, a parameter or one character.
fn end_of_piece(sql: &str, at: usize) -> usize {
    let rest = &sql[at..];
    let length = match rest.as_bytes() {
        [quote @ (b'\'' | b'"'), ..] => end_of_quoted(rest, *quote, true),
        [b'`', ..] => end_of_quoted(rest, b'`', false),
        [b'#', ..] => end_of_line(rest),
        [b'-', b'-'] => rest.len(),
        [b'-', b'-', next, ..] if next.is_ascii_whitespace() => end_of_line(rest),
        // The content of `/*! … */` is run by the server, so it is read like the rest.
        [b'/', b'*', b'!', ..] => 3,
        [b'/', b'*', ..] => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
        [b':', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let name = rest[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_');
            1 + name.count()
        }
        _ => rest.chars().next().map_or(0, char::len_utf8),
    };
    at + length
}

/// The length of a quoted piece; an open one goes to the end, and the server will say so.
///
/// A doubled quote begins a second piece, which comes to the same.
fn end_of_quoted(rest: &str, quote: u8, backslash_escapes: bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if backslash_escapes => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn end_of_line(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |end| end + 1)
}

fn is_blank(piece: &str) -> bool {
    let comment = piece.starts_with("/*") && piece != "/*!";
    piece.trim().is_empty() || comment || piece.starts_with('#') || piece.starts_with("--")
}

/// Whether the semicolons belong to the body of a CREATE PROCEDURE, FUNCTION, TRIGGER or EVENT.
fn is_stored_program(sql: &str) -> bool {
    let head = sql.split(';').next().unwrap_or_default().to_ascii_uppercase();
    let mut words = head.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.find(|word| !word.is_empty()) == Some("CREATE") && words.any(|word| word == "BEGIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(sql: &str) -> (String, Vec<String>) {
        let sql = Sql::parse(sql).unwrap();
        (sql.text, sql.names)
    }

    #[test]
    fn replaces_names() {
        let cases: [(&str, &str, &[&str]); 9] = [
            ("SELECT :a, :b", "SELECT ?, ?", &["a", "b"]),
            ("SELECT :a+:a", "SELECT ?+?", &["a", "a"]),
            ("VALUES (:Name_1,:_x)", "VALUES (?,?)", &["Name_1", "_x"]),
            ("SELECT 'ñ😀', :é, :a", "SELECT 'ñ😀', :é, ?", &["a"]),
            ("SET @a:=1, @b := :b", "SET @a:=1, @b := ?", &["b"]),
            ("SELECT : a, :1", "SELECT : a, :1", &[]),
            ("SELECT /*! :a */ 1", "SELECT /*! ? */ 1", &["a"]),
            ("SELECT 1 --:a", "SELECT 1 --?", &["a"]),
            ("", "", &[]),
        ];
        for (sql, text, names) in cases {
            let (found_text, found_names) = parse(sql);
            assert_eq!(found_text, text, "{sql}");
            assert_eq!(found_names, names, "{sql}");
        }
    }

    #[test]
    fn leaves_literals_identifiers_and_comments_alone() {
        for sql in [
            "SELECT ':a', \":b\", `:c`",
            "SELECT 'it''s :a', 'back\\'slash :b', \"a\"\":c\"",
            "SELECT '\\\\', `x\\`",
            "SELECT 1 -- :a\n, 2 # :b\n, 3 /* :c ; ' */",
            "SELECT 1 --",
            "SELECT ':a ; open",
            "SELECT /* :a ; open",
            "SELECT '$[*]', '$.a:b'",
        ] {
            assert_eq!(parse(sql), (sql.to_owned(), vec![]), "{sql}");
        }
    }

    #[test]
    fn one_statement_may_end_with_a_semicolon() {
        for sql in
            ["SELECT ';' ;", "SELECT ';' ; \n", "SELECT ';' ; -- done", "SELECT ';' ;/* ; */"]
        {
            let parsed = Sql::parse(sql).unwrap();
            assert_eq!(parsed.text, "SELECT ';' ", "{sql}");
            assert!(parsed.terminated);
        }
        assert!(!Sql::parse("SELECT ';'").unwrap().terminated);
    }

    #[test]
    fn a_second_statement_is_refused() {
        for sql in ["SELECT 1; SELECT 2", "SELECT 1;;", "; SELECT 1", "SELECT 1;/*! SELECT 2 */"] {
            let error = Sql::parse(sql).unwrap_err();
            assert_eq!(error.message, "Multistatements aren't supported.", "{sql}");
        }
    }

    #[test]
    fn a_stored_program_is_one_statement() {
        let sql =
            "create trigger t before insert on x for each row\nbegin set @a = 1; set @b = 2; end";
        assert_eq!(parse(sql).0, sql);
        assert!(Sql::parse("CREATE TABLE begins (id INT); DROP TABLE x").is_err());
    }
}
