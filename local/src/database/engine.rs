//! The kinds of database server, and what each needs to behave as Aurora MySQL does.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};

/// The variable that [`Engine::from_env`] reads.
const VARIABLE: &str = "ROWGATE_ENGINE";

/// The kind of database server.
///
/// As a text it is `mariadb`, `mysql` or `any`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Engine {
    /// Whichever is found, MariaDB first: it starts in half the time.
    #[default]
    Any,
    /// MariaDB 10.6 or newer (JSON_TABLE), set up to look like MySQL.
    MariaDb,
    /// Oracle's MySQL 8.0.30 or newer, with its own defaults.
    MySql,
}

impl Engine {
    /// Reads `ROWGATE_ENGINE`; without it, it is any.
    pub fn from_env() -> Result<Self> {
        let value = std::env::var_os(VARIABLE).unwrap_or_default();
        value.to_string_lossy().parse().context(VARIABLE)
    }

    pub(super) fn products(self) -> &'static [&'static Product] {
        match self {
            Self::Any => &[&MARIADB, &MYSQL],
            Self::MariaDb => &[&MARIADB],
            Self::MySql => &[&MYSQL],
        }
    }
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "" | "any" => Ok(Self::Any),
            "mariadb" => Ok(Self::MariaDb),
            "mysql" => Ok(Self::MySql),
            other => bail!("unknown engine {other:?}; there are mariadb and mysql"),
        }
    }
}

/// What rowgate knows of one make of server.
#[derive(Debug)]
pub(super) struct Product {
    /// Program names, the preferred first.
    pub(super) servers: &'static [&'static str],
    /// The programs that make the system tables; none if the server does.
    pub(super) installers: &'static [&'static str],
    /// Whether `--version` of a program shows that it is the right one.
    pub(super) is_version: fn(&str) -> bool,
    /// What set-up and server must agree on.
    pub(super) common_options: &'static [&'static str],
    pub(super) set_up_options: &'static [&'static str],
    pub(super) server_options: &'static [&'static str],
    /// The option for the only folder that statements may read and write files in, given an empty
    /// one, if the server has no word for none at all.
    pub(super) files_option: Option<&'static str>,
    /// What the server runs before it lets anybody in, so that its root has this password.
    pub(super) set_password: fn(&str) -> String,
    /// How to get one, for an error message.
    pub(super) advice: &'static str,
}

const MARIADB: Product = Product {
    // Older packages of MariaDB call theirs mysqld too.
    servers: &["mariadbd", "mysqld"],
    installers: &["mariadb-install-db", "mysql_install_db"],
    is_version: |text| text.contains("MariaDB"),
    // The log is 96 MB by default, written in full at every start.
    common_options: &["--innodb-log-file-size=32M"],
    set_up_options: &["--auth-root-authentication-method=normal", "--skip-test-db"],
    files_option: Some("--secure-file-priv="),
    set_password: |password| {
        format!(
            "ALTER USER IF EXISTS root@localhost IDENTIFIED BY '{password}', \
             root@127.0.0.1 IDENTIFIED BY '{password}', root@'::1' IDENTIFIED BY '{password}';\n\
             DELETE FROM mysql.global_priv WHERE User = '' \
             OR User = 'root' AND Host NOT IN ('localhost', '127.0.0.1', '::1');\n\
             FLUSH PRIVILEGES;\n"
        )
    },
    server_options: &[
        "--skip-name-resolve",
        "--skip-external-locking",
        "--local-infile=OFF",
        "--character-set-server=utf8mb4",
        "--explicit-defaults-for-timestamp=ON",
        "--innodb-autoinc-lock-mode=2",
        "--max-allowed-packet=64M",
        "--group-concat-max-len=1024",
        // MySQL 8's own modes, with the one that makes MariaDB round fractions of seconds as MySQL
        // does. Source: dev.mysql.com "Server SQL Modes", mariadb.com "SQL_MODE".
        "--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
         ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,TIME_ROUND_FRACTIONAL",
        // MySQL has no such check; newer MariaDB would add an error that Aurora never sends.
        "--loose-innodb-snapshot-isolation=OFF",
    ],
    advice: "install MariaDB (mariadbd) or put it on the PATH",
};

const MYSQL: Product = Product {
    servers: &["mysqld"],
    installers: &[],
    is_version: |text| text.contains(" Ver ") && !text.contains("MariaDB"),
    common_options: &[
        "--innodb-redo-log-capacity=32M",
        "--mysqlx=OFF",
        // Its folder, if it is a fixed one, may be missing; files are no business of this server.
        "--secure-file-priv=NULL",
    ],
    set_up_options: &[
        "--initialize-insecure",
        // Keys for the passwords of users that a test makes; once, at the start, is enough.
        "--auto-generate-certs=OFF",
        "--loose-sha256-password-auto-generate-rsa-keys=OFF",
        "--caching-sha2-password-auto-generate-rsa-keys=OFF",
    ],
    files_option: None,
    set_password: |password| format!("ALTER USER root@localhost IDENTIFIED BY '{password}';\n"),
    // Nothing that decides behaviour: the defaults are what this engine is here for. Names are
    // resolved, since its root is that of localhost; for loopback no server is asked.
    server_options: &[],
    advice: "scripts/install-mysql brings Oracle's MySQL",
};

/// What any server is started with.
pub(super) const SERVER_OPTIONS: [&str; 7] = [
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--max-connections=250",
    "--pid-file=server.pid",
    "--default-time-zone=+00:00",
    "--performance-schema=OFF",
    // Survives a killed server, not a power cut: enough for rows that anyone can load anew.
    "--innodb-flush-log-at-trx-commit=2",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_products_by_their_version() {
        let versions = [
            (&MARIADB, "mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64"),
            (&MARIADB, "mariadbd from 11.8.2-MariaDB, client 15.2 for osx10.20 (arm64)"),
            (&MYSQL, "mysqld  Ver 8.0.43 for Linux on x86_64 (MySQL Community Server - GPL)"),
            (&MYSQL, "mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"),
        ];
        for (product, version) in versions {
            for other in Engine::Any.products() {
                let expected = other.advice == product.advice;
                assert_eq!((other.is_version)(version), expected, "{version}");
            }
        }
    }

    #[test]
    fn reads_its_names() {
        let engine = |text: &str| text.parse::<Engine>().ok();
        assert_eq!(engine("mysql"), Some(Engine::MySql));
        assert_eq!(engine("mariadb"), Some(Engine::MariaDb));
        assert_eq!([engine(""), engine("any")], [Some(Engine::Any); 2]);
        assert_eq!(engine("oracle"), None);
    }
}
