//! A CHECK's clause into a condition, if it is of the few forms of which the core is sure.
//!
//! ```text
//! any        = all { "or" all }
//! all        = predicate { "and" predicate }
//! predicate  = "(" any ")" | "not" "(" any ")"
//!            | operand ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) operand
//!            | operand [ "not" ] "between" operand "and" operand
//!            | operand [ "not" ] "in" "(" operand { "," operand } ")"
//!            | column "is" [ "not" ] "null"
//! operand    = column | "char_length" "(" column ")" | number | "-" number | "-" "(" number ")"
//!            | "true" | "false" | [ "_utf8mb4" ] text | "date" text | "timestamp" text
//! ```

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::condition::{Condition, Measure, Operand, Operator, Predicate};
use super::tokens::{ClauseToken, plain, tokens};
use crate::table::schema::Column;
use crate::table::types::{Comparable, Definition, Rules, is_exact, takes_no_blanks};
use crate::table::value::{Cell, RawField};

/// The most parentheses in each other.
const MOST_DEPTH: usize = 50;

/// The most digits of a number before and behind its point, less than a DECIMAL has.
const MOST_DIGITS: usize = 30;

/// The condition of a clause; `None` where the database alone can evaluate it.
pub(crate) fn condition(clause: &str, columns: &[Column]) -> Option<Condition> {
    let tokens = tokens(clause)?;
    let mut parser = Parser { tokens: &tokens, columns, depth: 0 };
    let predicate = parser.any()?;
    let mut columns = Vec::new();
    named_columns(&predicate, &mut columns);
    parser.tokens.is_empty().then_some(Condition { columns, predicate })
}

fn named_columns(predicate: &Predicate, found: &mut Vec<usize>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| named_columns(part, found));
        }
        Predicate::Not(part) => named_columns(part, found),
        Predicate::IsNull(column) => found.push(*column),
        Predicate::Compare(left, _, right, _) => {
            for operand in [left, right] {
                match operand {
                    Operand::Column(column) | Operand::Length(column) => found.push(*column),
                    Operand::Integer(_) | Operand::Literal(_) => {}
                }
            }
        }
    }
}

struct Parser<'c> {
    /// Those to come.
    tokens: &'c [ClauseToken<'c>],
    columns: &'c [Column],
    depth: usize,
}

/// What is written on one side of a comparison.
#[derive(Debug, Clone, Copy)]
enum Side<'c> {
    Column(usize),
    Length(usize),
    /// Its digits.
    Number {
        is_negative: bool,
        digits: &'c str,
    },
    /// A text, and the type whose name is in front of it.
    Text(&'c str, TextPrefix),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextPrefix {
    None,
    Date,
    Timestamp,
}

impl<'c> Parser<'c> {
    fn any(&mut self) -> Option<Predicate> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return None;
        }
        let mut parts = alloc::vec![self.all()?];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Some(joined(parts, Predicate::Any))
    }

    fn all(&mut self) -> Option<Predicate> {
        let mut parts = alloc::vec![self.predicate()?];
        while self.takes_word("and") {
            parts.push(self.predicate()?);
        }
        Some(joined(parts, Predicate::All))
    }

    fn predicate(&mut self) -> Option<Predicate> {
        if self.takes_word("not") {
            return self.in_parentheses().map(|it| Predicate::Not(Box::new(it)));
        }
        if self.sees_sign("(") {
            return self.in_parentheses();
        }
        let side = self.side()?;
        if self.takes_word("is") {
            let is_not = self.takes_word("not");
            let Side::Column(column) = side else { return None };
            return self.takes_word("null").then(|| negated(is_not, Predicate::IsNull(column)));
        }
        let is_not = self.takes_word("not");
        if self.takes_word("between") {
            return self.between(side).map(|it| negated(is_not, it));
        }
        if self.takes_word("in") {
            return self.among(side).map(|it| negated(is_not, it));
        }
        let operator = self.operator().filter(|_| !is_not)?;
        let other = self.side()?;
        self.compare(side, operator, other)
    }

    fn in_parentheses(&mut self) -> Option<Predicate> {
        self.takes_sign("(").then_some(())?;
        let inner = self.any()?;
        self.takes_sign(")").then_some(inner)
    }

    fn between(&mut self, side: Side<'c>) -> Option<Predicate> {
        let least = self.side()?;
        self.takes_word("and").then_some(())?;
        let most = self.side()?;
        self.agrees_on(&[side, least, most]).then_some(())?;
        let from = self.compare(side, Operator::GreaterOrEqual, least)?;
        let to = self.compare(side, Operator::LessOrEqual, most)?;
        Some(Predicate::All(alloc::vec![from, to]))
    }

    fn among(&mut self, side: Side<'c>) -> Option<Predicate> {
        self.takes_sign("(").then_some(())?;
        let (mut sides, mut parts) = (alloc::vec![side], Vec::new());
        loop {
            let other = self.side()?;
            sides.push(other);
            parts.push(self.compare(side, Operator::Equal, other)?);
            if !self.takes_sign(",") {
                break;
            }
        }
        let is_closed = self.takes_sign(")");
        (is_closed && self.agrees_on(&sides)).then_some(Predicate::Any(parts))
    }

    /// Whether a list or range compares its numbers as single comparisons do. MySQL compares signed and unsigned
    /// integers there by their bits: 18446744073709551615 is then -1.
    fn agrees_on(&self, sides: &[Side<'c>]) -> bool {
        let is_unsigned = |side: &Side<'c>| match side {
            Side::Column(column) => {
                self.columns[*column].column_type.comparable() == Comparable::Unsigned
            }
            Side::Length(_) => true,
            Side::Number { .. } | Side::Text(..) => false,
        };
        let has_unsigned = sides.iter().any(is_unsigned);
        let mut others = sides.iter().enumerate().filter(|(at, _)| *at > 0 || !has_unsigned);
        others.all(|(_, side)| match side {
            Side::Number { is_negative, digits } => {
                !(*is_negative && has_unsigned)
                    && (digits.contains('.') || digits.parse::<i64>().is_ok())
            }
            Side::Column(_) | Side::Length(_) => !has_unsigned,
            Side::Text(..) => true,
        })
    }

    fn operator(&mut self) -> Option<Operator> {
        let ClauseToken::Sign(sign) = self.next()? else { return None };
        Some(match sign {
            "=" => Operator::Equal,
            "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return None,
        })
    }

    fn side(&mut self) -> Option<Side<'c>> {
        match self.next()? {
            ClauseToken::Name(name) => self.column(name).map(Side::Column),
            ClauseToken::Number(digits) => number(false, digits),
            ClauseToken::Text(text) => Some(Side::Text(text, TextPrefix::None)),
            ClauseToken::Sign("-") => self.negative(),
            ClauseToken::Sign(_) => None,
            ClauseToken::Word(word) => self.of_word(word),
        }
    }

    fn of_word(&mut self, word: &str) -> Option<Side<'c>> {
        let is = |it: &str| word.eq_ignore_ascii_case(it);
        if is("true") || is("false") {
            return number(false, if is("true") { "1" } else { "0" });
        }
        if is("char_length") {
            return self.length();
        }
        let prefixes = [
            ("_utf8mb4", TextPrefix::None),
            ("date", TextPrefix::Date),
            ("timestamp", TextPrefix::Timestamp),
        ];
        let (_, prefix) = prefixes.into_iter().find(|(name, _)| is(name))?;
        match self.next()? {
            ClauseToken::Text(text) => Some(Side::Text(text, prefix)),
            _ => None,
        }
    }

    /// MySQL writes `-(5)`.
    fn negative(&mut self) -> Option<Side<'c>> {
        let is_in_parentheses = self.takes_sign("(");
        let ClauseToken::Number(digits) = self.next()? else { return None };
        let is_closed = !is_in_parentheses || self.takes_sign(")");
        number(true, digits).filter(|_| is_closed)
    }

    fn length(&mut self) -> Option<Side<'c>> {
        self.takes_sign("(").then_some(())?;
        let ClauseToken::Name(name) = self.next()? else { return None };
        let column = self.column(name)?;
        let is_text = self.columns[column].column_type.comparable() == Comparable::Text;
        (self.takes_sign(")") && is_text).then_some(Side::Length(column))
    }

    /// `None` of a column that rows do not have.
    fn column(&self, name: &str) -> Option<usize> {
        let name = plain(name, '`');
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name))
    }

    fn next(&mut self) -> Option<ClauseToken<'c>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.tokens.first(), Some(ClauseToken::Word(it)) if it.eq_ignore_ascii_case(word));
        is_it && self.next().is_some()
    }

    fn takes_sign(&mut self, sign: &'static str) -> bool {
        self.sees_sign(sign) && self.next().is_some()
    }

    fn sees_sign(&self, sign: &'static str) -> bool {
        self.tokens.first() == Some(&ClauseToken::Sign(sign))
    }

    /// `None` where core and database could differ.
    fn compare(&self, left: Side<'c>, operator: Operator, right: Side<'c>) -> Option<Predicate> {
        let kind = match (self.kind(left), self.kind(right)) {
            (Some(left), Some(right)) => (left == right).then_some(left)?,
            (Some(kind), None) | (None, Some(kind)) => kind,
            (None, None) => return None,
        };
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let columns = (self.named(left), self.named(right));
        let measure = match (kind, columns) {
            (Comparable::Number, _) => Measure::Number,
            (Comparable::Date | Comparable::DateTime { .. }, _) => Measure::Exact,
            (Comparable::Member, (Some(_), None) | (None, Some(_))) if is_equality => {
                Measure::Exact
            }
            (Comparable::Text, (Some(it), None) | (None, Some(it))) if is_equality => {
                is_exact(it.collation).then_some(())?;
                if takes_no_blanks(it.collation) { Measure::Padded } else { Measure::Exact }
            }
            _ => return None,
        };
        let operand = |side, other| self.operand(side, kind, self.named(other));
        Some(Predicate::Compare(operand(left, right)?, operator, operand(right, left)?, measure))
    }

    /// `None` of a text, which is what it is compared with.
    fn kind(&self, side: Side<'c>) -> Option<Comparable> {
        match side {
            Side::Column(column) => match self.columns[column].column_type.comparable() {
                Comparable::Unsigned => Some(Comparable::Number),
                kind => Some(kind),
            },
            Side::Length(_) | Side::Number { .. } => Some(Comparable::Number),
            Side::Text(..) => None,
        }
    }

    fn named(&self, side: Side<'c>) -> Option<&'c Column> {
        match side {
            Side::Column(column) => Some(&self.columns[column]),
            _ => None,
        }
    }

    /// What is on one side of a comparison of this kind; `other` is the column on the other one.
    fn operand(&self, side: Side<'c>, kind: Comparable, other: Option<&Column>) -> Option<Operand> {
        match side {
            Side::Column(column) => Some(Operand::Column(column)),
            Side::Length(column) => Some(Operand::Length(column)),
            Side::Number { is_negative, digits } => {
                let number = format!("{}{digits}", if is_negative { "-" } else { "" });
                let integer = number.parse().map(Operand::Integer);
                Some(integer.unwrap_or_else(|_| Operand::Literal(number.leak())))
            }
            Side::Text(text, prefix) => {
                let text = plain(text, '\'');
                let is_taken = match (kind, prefix) {
                    (Comparable::Date, TextPrefix::None | TextPrefix::Date)
                    | (Comparable::DateTime { .. }, TextPrefix::None | TextPrefix::Timestamp)
                    | (Comparable::Member, TextPrefix::None) => is_canonical(&text, other?),
                    // What the description says of others depends on the server's character sets.
                    (Comparable::Text, TextPrefix::None) => text.is_ascii(),
                    _ => false,
                };
                is_taken.then(|| Operand::Literal(String::from(text).leak()))
            }
        }
    }
}

/// Whether a text is what a column's type makes of it.
fn is_canonical(text: &str, column: &Column) -> bool {
    let field = RawField::Text(Cow::Borrowed(text));
    let taken = column.column_type.parse(field, &Rules::default());
    matches!(taken, Ok(Cell::Text(canonical)) if canonical == text)
}

fn number(is_negative: bool, digits: &str) -> Option<Side<'_>> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fits = whole.len() <= MOST_DIGITS && fraction.len() <= MOST_DIGITS;
    fits.then_some(Side::Number { is_negative, digits })
}

fn negated(is_not: bool, predicate: Predicate) -> Predicate {
    if is_not { Predicate::Not(Box::new(predicate)) } else { predicate }
}

/// Several parts as one; a single one is itself.
fn joined(mut parts: Vec<Predicate>, join: fn(Vec<Predicate>) -> Predicate) -> Predicate {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::Schema;
    use crate::table::value::Cell::{Int, Null};
    use alloc::string::ToString;
    use alloc::vec;

    const COLUMNS: &str = r#"
        {"name":"a","column_type":"int"},{"name":"b","column_type":"bigint unsigned"},
        {"name":"c","column_type":"tinyint(1)"},{"name":"d","column_type":"decimal(10,2)"},
        {"name":"day","column_type":"date"},{"name":"end_day","column_type":"date"},
        {"name":"at","column_type":"datetime"},{"name":"ms","column_type":"datetime(3)"},
        {"name":"e","column_type":"enum('new','paid','it''s','grün')"},
        {"name":"t","column_type":"varchar(20)","collation":"utf8mb4_bin"},
        {"name":"nopad","column_type":"varchar(20)","collation":"utf8mb4_0900_bin"},
        {"name":"ci","column_type":"varchar(20)"},{"name":"f","column_type":"double"},
        {"name":"ts","column_type":"timestamp"},{"name":"y","column_type":"year"},
        {"name":"g","column_type":"int","generated":{"expression":"a","stored":false}}"#;

    fn columns() -> &'static [Column] {
        let json = format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","primary_key":["id"],"columns":[
            {{"name":"id","column_type":"int","nullable":false}},{COLUMNS}]}}]}}"#
        );
        Schema::from_json(&json).unwrap().table("t").unwrap().columns
    }

    /// Clauses as MySQL 9.7 and MariaDB 10.11 write them, of the same CHECK.
    const BOTH: [(&str, &str); 27] = [
        ("(`a` > 0)", "`a` > 0"),
        ("(((`a` >= 0) and (`b` < 5)) or (`c` is null))", "`a` >= 0 and `b` < 5 or `c` is null"),
        ("((`a` <= 5) or (`b` >= 3))", "`a` <= 5 or `b` >= 3"),
        ("(`a` not between -(5) and 5)", "`a` not between -5 and 5"),
        ("(`a` in (1,2,-(3)))", "`a` in (1,2,-3)"),
        ("(`a` not in (1,2,3))", "`a` not in (1,2,3)"),
        ("(5 < `a`)", "5 < `a`"),
        ("(`a` > -(0.50))", "`a` > -0.50"),
        ("(`a` > 99999999999999999999999)", "`a` > 99999999999999999999999"),
        ("(`d` between 0.01 and 100)", "`d` between 0.01 and 100"),
        ("(`a` between `c` and `d`)", "`a` between `c` and `d`"),
        ("(`b` between 0 and 1.5)", "`b` between 0 and 1.5"),
        ("(`b` in (1,2))", "`b` in (1,2)"),
        ("(`b` > -(1))", "`b` > -1"),
        ("(`c` = true)", "`c` = 1"),
        ("(`day` > _utf8mb4'2020-01-01')", "`day` > '2020-01-01'"),
        ("(`day` >= DATE'2020-01-01')", "`day` >= DATE'2020-01-01'"),
        (
            "((`end_day` is null) or (`end_day` >= `day`))",
            "`end_day` is null or `end_day` >= `day`",
        ),
        ("(`at` > TIMESTAMP'2020-01-01 00:00:00')", "`at` > TIMESTAMP'2020-01-01 00:00:00'"),
        ("(`at` > _utf8mb4'2020-01-01 00:00:00')", "`at` > '2020-01-01 00:00:00'"),
        ("(`e` in (_utf8mb4'new',_utf8mb4'paid'))", "`e` in ('new','paid')"),
        ("(`e` <> _utf8mb4'it\\'s')", "`e` <> 'it\\'s'"),
        ("(`t` in (_utf8mb4'a',_utf8mb4'b'))", "`t` in ('a','b')"),
        ("(`t` <> _utf8mb4'')", "`t` <> ''"),
        ("(char_length(`ci`) between 1 and 3)", "char_length(`ci`) between 1 and 3"),
        (
            "((`a` > 1) and ((`b` <= 2) and ((`c` <= 3) or (`a` is null))))",
            "`a` > 1 and (`b` <= 2 and (`c` <= 3 or `a` is null))",
        ),
        (
            "(((`a` is null) and (`b` is null)) or ((`a` is not null) and (`b` is not null)))",
            "`a` is null and `b` is null or `a` is not null and `b` is not null",
        ),
    ];

    #[test]
    fn a_clause_is_the_same_condition_as_both_engines_write_it() {
        for (mysql, mariadb) in BOTH {
            let [one, other] = [mysql, mariadb].map(|clause| condition(clause, columns()));
            assert!(one.is_some(), "{mysql}");
            assert_eq!(one, other, "{mysql}");
        }
    }

    /// Those that the database alone evaluates.
    #[test]
    fn what_could_differ_is_left_to_the_database() {
        for clause in [
            "(`d` < 1e3)",
            "`t` = 'x' collate utf8mb4_bin",
            "(`t` = (_utf8mb4'x' collate utf8mb4_bin))",
            "(`t` = _latin1'x')",
            "(`t` = _utf8mb4'grün')",
            "(`t` > _utf8mb4'x')",
            "(`t` = `nopad`)",
            "(`t` = 'back\\\\slash')",
            "(`ci` = _utf8mb4'x')",
            "(`e` = _utf8mb4'NEW')",
            "(`e` > _utf8mb4'new')",
            "(`e` = 1)",
            "(length(`t`) > 2)",
            "octet_length(`t`) > 2",
            "(char_length(trim(`t`)) > 0)",
            "char_length(`a`) > 0",
            "(`t` like _utf8mb4'a%')",
            "((0 <> `a`) is true)",
            "`a` is true",
            "`a`",
            "((0 <> `a`) xor (0 <> `b`))",
            "`a` xor `b`",
            "((`a` + `b`) < 10)",
            "(`a` <=> 5)",
            "((`a` > 0) = 1)",
            "`a` > 0 = 1",
            "`a` is null = (`b` is null)",
            "(`a` in (1,NULL))",
            "(`b` in (1,-(1)))",
            "(`b` between -(1) and 5)",
            "(`b` in (1,`d`))",
            "(`a` in (1,`b`))",
            "(`a` between `b` and `c`)",
            "(`a` in (1,18446744073709551615))",
            "(char_length(`t`) in (1,-(1)))",
            "(coalesce(`a`,0) > 0)",
            "(`a` > -(`b`))",
            "(`a` = -(-(5)))",
            "(`a` = _utf8mb4'5')",
            "true",
            "1",
            "(`a` > 0x10)",
            "if(`a` > 0,`b` > 0,1)",
            "not `a` > 0",
            "not(`a` > 0) = 1",
            "(`day` > _utf8mb4'2020-1-1')",
            "(`day` > 20200101)",
            "(`day` > _utf8mb4'2020-01-01 00:00:00')",
            "(`day` > TIMESTAMP'2020-01-01 00:00:00')",
            "(`at` > _utf8mb4'2020-01-01')",
            "(`ms` > _utf8mb4'2020-01-01 00:00:00')",
            "(`ms` > `at`)",
            "(`at` > `day`)",
            "(`f` > 0)",
            "(`y` > 2000)",
            "(`ts` > _utf8mb4'2020-01-01 00:00:00')",
            "(`g` > 0)",
            "(`nothing` > 0)",
            "(`a` > 0",
            "`a` > 0)",
            "(`a` > 1111111111111111111111111111111)",
            "json_valid(`t`)",
            "",
        ] {
            assert_eq!(condition(clause, columns()), None, "{clause}");
        }
        let deep = "(".repeat(1_000) + "`a` > 0" + &")".repeat(1_000);
        assert_eq!(condition(&deep, columns()), None);
    }

    /// Whether a row is refused of which these columns have these values.
    fn is_false(clause: &str, values: &[(&str, Cell<'_>)]) -> bool {
        let mut cells = vec![Null; columns().len()];
        for (name, value) in values {
            let at = columns().iter().position(|column| column.name == *name).unwrap();
            cells[at] = value.clone();
        }
        condition(clause, columns()).unwrap().is_false(&cells)
    }

    #[test]
    fn a_row_is_refused_only_by_what_is_false() {
        let text = |text: &'static str| Cell::Text(text.into());
        for (clause, name, good, bad) in [
            ("`a` > 0", "a", Int(1), Some(Int(0))),
            ("`a` > 0", "a", Null, None),
            ("`a` <> 0", "a", Null, None),
            ("`a` is not null", "a", Int(0), Some(Null)),
            ("`a` is null", "a", Null, Some(Int(0))),
            ("not(`a` > 0)", "a", Null, Some(Int(1))),
            ("`a` > 0.5", "a", Int(1), Some(Int(0))),
            ("`a` in (1,2.0,-3)", "a", Int(2), Some(Int(3))),
            ("`a` not in (1,2)", "a", Null, Some(Int(1))),
            ("`a` not between 1 and 5", "a", Int(6), Some(Int(5))),
            ("`b` < 18446744073709551615", "b", text("9"), Some(text("18446744073709551615"))),
            ("`d` >= 0.1", "d", text("0.10"), Some(text("0.09"))),
            ("`day` > '2020-01-01'", "day", text("2020-01-02"), Some(text("0999-12-31"))),
            (
                "`ms` >= '2020-01-01 00:00:00.500'",
                "ms",
                text("2020-01-01 00:00:00.500"),
                Some(text("2020-01-01 00:00:00.499")),
            ),
            ("`e` in ('new','it\\'s')", "e", text("it's"), Some(text("paid"))),
            ("`t` = 'a'", "t", text("a  "), Some(text("A"))),
            ("`t` = 'a '", "t", text("a"), Some(text("a\t"))),
            ("`nopad` = 'a'", "nopad", text("a"), Some(text("a "))),
            ("char_length(`ci`) = 3", "ci", text("gr😀"), Some(text("abcd"))),
            ("`a` > 0 or `d` > 0", "a", Int(1), None),
            ("`a` > 0 or `d` > 0", "a", Int(0), None),
            ("`a` > 0 and `d` > 0", "a", Int(1), Some(Int(0))),
            ("`a` > 0 or `d` > 0 and `b` > 0 or `a` is null", "a", Null, None),
        ] {
            assert!(!is_false(clause, &[(name, good)]), "{clause}");
            if let Some(bad) = bad {
                assert!(is_false(clause, &[(name, bad.clone())]), "{clause}: {bad:?}");
            }
        }
        let days = |day, end_day| [("day", text(day)), ("end_day", text(end_day))];
        assert!(!is_false("`end_day` >= `day`", &days("2020-01-01", "2020-01-01")));
        assert!(is_false("`end_day` >= `day`", &days("2020-01-02", "2020-01-01")));
        let numbers = [("a", Int(5)), ("c", Int(6)), ("d", text("5.50"))];
        assert!(is_false("`a` between `d` and `c`", &numbers));
        assert!(!is_false("`d` between `a` and `c`", &numbers));
    }

    #[test]
    fn a_condition_knows_its_columns() {
        let names = |clause: &str| {
            let found = condition(clause, columns()).unwrap().columns.into_iter();
            found.map(|at| columns()[at].name.to_string()).collect::<Vec<_>>()
        };
        let named = names("`D` > `a` and (`a` is null or char_length(`t`) > 1)");
        assert_eq!(named, ["d", "a", "a", "t"]);
    }
}
