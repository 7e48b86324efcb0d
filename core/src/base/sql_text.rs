//! Names and texts as SQL writes them, whatever is in them.

use alloc::format;
use alloc::string::String;

use super::hex::hex;

/// A name in backticks.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name in backticks, behind that of its database where that is given.
pub(crate) fn qualified(database: Option<&str>, table: &str) -> String {
    database.map_or_else(|| quoted(table), |database| [quoted(database), quoted(table)].join("."))
}

/// A text as a literal, in digits where SQL or the Data API could mistake what is in it.
pub(crate) fn literal(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { format!("'{text}'") } else { format!("_utf8mb4 X'{}'", hex(text.as_bytes())) }
}

/// A database's name where rights are given on it: `_` and `%` are wildcards there.
pub(crate) fn quoted_pattern(database: &str) -> String {
    quoted(&database.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a database makes of a name in backticks.
    fn name_of(quoted: &str) -> Option<String> {
        let inner = quoted.strip_prefix('`')?.strip_suffix('`')?;
        let whole = !inner.replace("``", "").contains('`');
        whole.then(|| inner.replace("``", "`"))
    }

    #[test]
    fn every_name_can_be_read_back() {
        let letters = ['`', '\'', '"', '\\', ' ', ':', '?', 'a', 'Z', '_', '%', '.', 'é', '😀'];
        let mut state = 7_u32;
        for length in 0..2_000 {
            let name: String = (0..length % 12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    letters[(state >> 16) as usize % letters.len()]
                })
                .collect();
            assert_eq!(name_of(&quoted(&name)).as_deref(), Some(name.as_str()));
            let digits = literal(&name);
            assert_eq!(digits.matches('\'').count(), 2, "{digits}");
            let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_ '".contains(&byte);
            assert!(digits.bytes().all(harmless), "{digits}");
        }
    }

    #[test]
    fn wildcards_of_a_database_s_name_are_escaped() {
        assert_eq!(quoted_pattern("hr_db"), r"`hr\_db`");
        assert_eq!(quoted_pattern("a%`b"), r"`a\%``b`");
    }
}
