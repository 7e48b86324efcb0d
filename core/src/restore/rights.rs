//! The rights that a restore, its undo and a drop of old tables need of the database user, of which a missing one is
//! named before anything is written.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use super::wanted::Wanted;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::base::sql_text::{quoted, quoted_pattern};

/// What a restore needs on the database: its own tables have names that no grant of a table could have. Without
/// TRIGGER, and on MariaDB without REFERENCES, the user does not see what holds the tables.
const NEEDED: [&str; 10] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "CREATE",
    "DROP",
    "ALTER",
    "DELETE",
    "INDEX",
    "REFERENCES",
    "TRIGGER",
];

/// How many of them a new table takes beside the live ones.
const OF_NEW_TABLE: usize = 6;

/// What an undo needs that swaps tables: to see what holds them, to rename them, and to tell the ledger.
pub(super) const TO_SWAP_BACK: [&str; 8] =
    ["SELECT", "INSERT", "UPDATE", "CREATE", "DROP", "ALTER", "REFERENCES", "TRIGGER"];

/// What an undo needs that puts rows in place.
pub(super) const TO_PUT_BACK: [&str; 9] =
    ["SELECT", "INSERT", "UPDATE", "CREATE", "DROP", "ALTER", "DELETE", "REFERENCES", "TRIGGER"];

/// Says which rights a restore lacks, with the statement that gives them; none if it lacks none.
///
/// Fails where nothing can be read.
pub(super) async fn missing_rights<H: Host>(
    client: &Client<'_, H>,
    wanted: &Wanted<'_>,
) -> Result<Option<String>, RestoreError> {
    let needed = if wanted.into_table.is_some() { &NEEDED[..OF_NEW_TABLE] } else { &NEEDED };
    let rights = UserRights::read(client).await?;
    if rights.obstacle(&["SELECT"]).is_some() {
        rights.check(needed)?;
    }
    Ok(rights.obstacle(needed))
}

/// Refuses to drop tables where the database user lacks the right, or may not count their rows.
///
/// # Errors
///
/// [`Unfit`](RestoreError::Unfit) with the statement that gives the rights; [`Database`](RestoreError::Database) where
/// they are not read.
pub async fn check_drop<H: Host>(client: &Client<'_, H>) -> Result<(), RestoreError> {
    UserRights::read(client).await?.check(&["SELECT", "DROP"])
}

/// What the database user may do, as the database says it.
pub(super) struct UserRights {
    database: String,
    lines: Vec<String>,
}

impl UserRights {
    pub(super) async fn read<H: Host>(client: &Client<'_, H>) -> Result<Self, RestoreError> {
        let doing = "the user's rights are not read";
        let shown = run(client, "SHOW GRANTS", &[], doing).await?.records;
        let line =
            |row: &Vec<Field>| row.first().and_then(Field::text).ok_or(RestoreError::Unreadable);
        let lines = shown.iter().map(line).collect::<Result<_, _>>()?;
        Ok(Self { database: client.target().database.clone(), lines })
    }

    /// Refuses where one of these rights on the database is missing.
    pub(super) fn check(&self, needed: &[&str]) -> Result<(), RestoreError> {
        match self.obstacle(needed) {
            None => Ok(()),
            Some(obstacle) => Err(RestoreError::Unfit { obstacles: [obstacle].into() }),
        }
    }

    /// Which of these rights are missing, with the statement that gives them.
    fn obstacle(&self, needed: &[&str]) -> Option<String> {
        let grants: Vec<_> = self.lines.iter().filter_map(|line| GrantLine::read(line)).collect();
        let missing = missing(&grants, &self.database, needed);
        (!missing.is_empty()).then(|| said(&grants, &self.database, needed, &missing))
    }
}

fn missing<'n>(grants: &[GrantLine<'_>], database: &str, needed: &[&'n str]) -> Vec<&'n str> {
    needed.iter().filter(|right| !has(grants, database, right)).copied().collect()
}

/// A grant on the database's own name hides one on a name with wildcards, and so has to give all rights.
fn said(grants: &[GrantLine<'_>], database: &str, needed: &[&str], missing: &[&str]) -> String {
    let of_it = || grants.iter().filter(|grant| grant.is_of(database));
    let by_wildcards = of_it().next().is_some() && of_it().all(|it| it.certain() < usize::MAX);
    let given = if by_wildcards { needed } else { missing }.join(", ");
    let user = grants.first().map_or("the database user", |grant| grant.user);
    format!(
        "the database user lacks {} on the database {}; give it these rights: GRANT {given} ON {}.* TO {user}",
        missing.join(", "),
        quoted(database),
        quoted_pattern(database)
    )
}

/// Whether a right holds everywhere or in a database, by the user's own grants or those of its roles.
fn has(grants: &[GrantLine<'_>], database: &str, right: &str) -> bool {
    let everywhere = grants.iter().any(|it| it.scope == GrantScope::Everywhere && it.gives(right));
    let users: Vec<_> = grants.iter().map(|grant| grant.user).collect();
    let is_taken = grants.iter().any(|it| it.is_revoked && it.is_of(database) && it.gives(right));
    (everywhere && !is_taken)
        || users.iter().any(|user| nearest(grants, user, database).any(|it| it.gives(right)))
}

/// Of a user's grants on a database those that count: the engines take the one whose name has the longest beginning
/// without a wildcard, and no other.
fn nearest<'g>(
    grants: &'g [GrantLine<'_>],
    user: &'g str,
    database: &'g str,
) -> impl Iterator<Item = &'g GrantLine<'g>> {
    let its = move |grant: &&GrantLine<'_>| {
        grant.user == user && !grant.is_revoked && grant.is_of(database)
    };
    let longest = grants.iter().filter(its).map(GrantLine::certain).max();
    grants.iter().filter(its).filter(move |grant| Some(grant.certain()) == longest)
}

/// A line of `SHOW GRANTS` about rights; roles, of which the engines show the active ones' rights too, are no such line.
#[derive(Debug)]
struct GrantLine<'l> {
    is_revoked: bool,
    rights: Vec<&'l str>,
    scope: GrantScope,
    /// The user or the role, as it is written in SQL.
    user: &'l str,
}

/// What a grant is on.
#[derive(Debug, PartialEq, Eq)]
enum GrantScope {
    Everywhere,
    /// All tables of the databases of a name with wildcards.
    Databases(String),
}

impl<'l> GrantLine<'l> {
    /// None of a grant of a role, and of one on a table or a routine.
    fn read(line: &'l str) -> Option<Self> {
        let revoked = line.strip_prefix("REVOKE ");
        let (rights, rest) = revoked.or_else(|| line.strip_prefix("GRANT "))?.split_once(" ON ")?;
        let (scope, user) = match rest.strip_prefix("*.* ") {
            Some(user) => (GrantScope::Everywhere, user),
            None => databases_of(rest)?,
        };
        let user = user.strip_prefix("TO ").or_else(|| user.strip_prefix("FROM "))?;
        let mut is_quoted = false;
        let end = user.find(|letter| {
            is_quoted ^= letter == '`';
            letter == ' ' && !is_quoted
        });
        // One with columns behind it is on these alone.
        let rights = rights.split(", ").filter(|right| !right.contains(['(', ')'])).collect();
        let user = &user[..end.unwrap_or(user.len())];
        Some(Self { is_revoked: revoked.is_some(), rights, scope, user })
    }

    fn gives(&self, right: &str) -> bool {
        self.rights.iter().any(|its| *its == right || *its == "ALL PRIVILEGES")
    }

    fn is_of(&self, database: &str) -> bool {
        let GrantScope::Databases(pattern) = &self.scope else { return false };
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        is_like(&letters(pattern), &letters(database))
    }

    /// How many characters of its name come before a wildcard; all of a name without one.
    fn certain(&self) -> usize {
        let GrantScope::Databases(pattern) = &self.scope else { return 0 };
        let (mut count, mut letters) = (0, pattern.chars());
        while let Some(letter) = letters.next() {
            match letter {
                '%' | '_' => return count,
                '\\' => _ = letters.next(),
                _ => {}
            }
            count += 1;
        }
        usize::MAX
    }
}

/// The databases that a line names behind its ON, and what follows.
fn databases_of(text: &str) -> Option<(GrantScope, &str)> {
    let text = text.strip_prefix('`')?;
    let (mut name, mut letters) = (String::new(), text.char_indices().peekable());
    let end = loop {
        match letters.next()? {
            (_, '`') if letters.next_if(|(_, letter)| *letter == '`').is_some() => name.push('`'),
            (at, '`') => break at + 1,
            (_, letter) => name.push(letter),
        }
    };
    Some((GrantScope::Databases(name), text[end..].strip_prefix(".* ")?))
}

/// Whether a name is like a pattern, in which a backslash takes a wildcard its meaning. Small letters and capitals are
/// alike, as they may be for the server: a right that is there shall never be asked for.
fn is_like(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], name) => name.is_empty(),
        (['%', pattern @ ..], _) => (0..=name.len()).any(|at| is_like(pattern, &name[at..])),
        (['_', pattern @ ..], [_, name @ ..]) => is_like(pattern, name),
        (['\\', letter, pattern @ ..], [first, name @ ..])
            if letter.eq_ignore_ascii_case(first) =>
        {
            is_like(pattern, name)
        }
        ([letter, pattern @ ..], [first, name @ ..]) => {
            letter.eq_ignore_ascii_case(first) && is_like(pattern, name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// The rights that are missing in a database, by these lines.
    fn lacks(database: &str, lines: &[&str]) -> Vec<&'static str> {
        let grants: Vec<_> = lines.iter().filter_map(|line| GrantLine::read(line)).collect();
        missing(&grants, database, &NEEDED)
    }

    #[test]
    fn rights_count_that_hold_in_the_database() {
        const ALL_BUT: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX";
        let all = "GRANT ALL PRIVILEGES ON";
        let own = format!("GRANT {ALL_BUT} ON `shop`.* TO `u`@`%`");
        let usage = "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*64'";
        for (lines, expected) in [
            (vec![format!("{all} *.* TO `u`@`%` WITH GRANT OPTION")], vec![]),
            (vec![format!("{all} `shop`.* TO `u`@`%`")], vec![]),
            (vec![format!("{all} `sh%`.* TO `u`@`%`")], vec![]),
            (vec![format!("{all} `sh_p`.* TO `u`@`%`")], vec![]),
            (vec![usage.into(), own.clone()], vec!["ALTER", "TRIGGER"]),
            // One of a role, as MariaDB shows it.
            (
                vec![
                    "GRANT `r` TO `u`@`%`".into(),
                    own.clone(),
                    "GRANT ALTER, TRIGGER ON `shop`.* TO `r`".into(),
                ],
                vec![],
            ),
            // The nearer name alone counts.
            (vec![own.clone(), format!("{all} `sh%`.* TO `u`@`%`")], vec!["ALTER", "TRIGGER"]),
            (
                vec![
                    own.clone(),
                    "GRANT SELECT (`id`), TRIGGER ON `shop`.`jobs` TO `u`@`%`".into(),
                ],
                vec!["ALTER", "TRIGGER"],
            ),
            (vec![own, "GRANT ALTER, TRIGGER ON *.* TO `u`@`%`".into()], vec![]),
            (
                vec![
                    format!("{all} *.* TO `u`@`%`"),
                    "REVOKE DROP ON `shop`.* FROM `u`@`%`".into(),
                ],
                vec!["DROP"],
            ),
            (
                vec![
                    format!("{all} `shop\\_`.* TO `u`@`%`"),
                    format!("{all} `other`.* TO `u`@`%`"),
                ],
                NEEDED.to_vec(),
            ),
        ] {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            assert_eq!(lacks("shop", &lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_wildcard_behind_a_backslash_is_a_letter() {
        let all = |name: &str| format!("GRANT ALL PRIVILEGES ON `{name}`.* TO `u`@`%`");
        for (name, fits) in
            [("a\\_b", true), ("a_b", true), ("a\\%b", false), ("%", true), ("a``b", false)]
        {
            assert_eq!(lacks("a_b", &[&all(name)]).is_empty(), fits, "{name}");
        }
        assert!(lacks("a`b", &[&all("a``b")]).is_empty());
        assert!(lacks("Shop", &[&all("shop")]).is_empty());
    }

    #[test]
    fn the_statement_that_gives_a_right_is_said() {
        for (name, given) in [("a\\_b", "DROP"), ("a%", "SELECT, DROP")] {
            let line = format!("GRANT SELECT ON `{name}`.* TO `u`@`%`");
            let grants = [GrantLine::read(&line).unwrap()];
            let text = said(&grants, "a_b", &["SELECT", "DROP"], &["DROP"]);
            assert!(text.contains("lacks DROP on"), "{text}");
            assert!(text.contains(&format!("GRANT {given} ON `a\\_b`.* TO `u`@`%`")), "{text}");
        }
    }
}
