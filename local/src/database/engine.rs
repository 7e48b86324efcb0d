//! Which server program to run, where it may lie, and how it is set up.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

/// Where packages and Homebrew put server programs besides the PATH.
const PLACES: [&str; 10] = [
    "/usr/sbin",
    "/usr/libexec",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/libexec",
    "/usr/local/opt/mariadb/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/mariadb/bin",
    "/opt/mariadb/bin",
];

/// MySQL 8's own modes, with the one that makes MariaDB round fractions of seconds as MySQL does.
/// Source: dev.mysql.com "Server SQL Modes", mariadb.com "SQL_MODE".
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,TIME_ROUND_FRACTIONAL";

/// The kind of database server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Engine {
    /// MariaDB 10.6 or newer (JSON_TABLE).
    #[default]
    MariaDb,
}

impl Engine {
    /// Program names, the preferred first. Older packages of MariaDB call theirs mysqld too.
    fn server_names(self) -> &'static [&'static str] {
        match self {
            Self::MariaDb => &["mariadbd", "mysqld"],
        }
    }

    fn installer_names(self) -> &'static [&'static str] {
        match self {
            Self::MariaDb => &["mariadb-install-db", "mysql_install_db"],
        }
    }

    /// What `--version` of the right program says.
    fn version_mark(self) -> &'static str {
        match self {
            Self::MariaDb => "MariaDB",
        }
    }
}

/// What a server's folder holds.
pub(super) struct Layout {
    data: PathBuf,
    /// Not the system's: at its start a server removes what looks like an earlier one's temporary
    /// tables, and would take those of a server that is running.
    temporary: PathBuf,
}

impl Layout {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        let layout = Self { data: folder.join("data"), temporary: folder.join("tmp") };
        std::fs::create_dir_all(&layout.data)?;
        std::fs::create_dir_all(&layout.temporary)?;
        Ok(layout)
    }

    pub(super) fn is_initialised(&self) -> bool {
        self.data.join("mysql").is_dir()
    }
}

/// The programs of one engine on this machine.
pub(super) struct Installation {
    pub(super) server: PathBuf,
    /// Creates the system tables; takes about a second.
    pub(super) installer: PathBuf,
}

impl Installation {
    /// Looks on the PATH first, then in the usual places.
    pub(super) fn find(engine: Engine) -> Result<Self> {
        let server = find_program(engine.server_names(), &[], |path| is_engine(path, engine))
            .ok_or_else(|| {
                anyhow!(
                    "no database server found: install MariaDB (mariadbd) or put it on the PATH"
                )
            })?;
        // A copy unpacked from an archive keeps its installer in a sibling folder.
        let home = server.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
        let near = [home.join("bin"), home.join("scripts")];
        let installer = find_program(engine.installer_names(), &near, |_| true)
            .with_context(|| format!("{} is there, its installer is not", server.display()))?;
        Ok(Self { server, installer })
    }

    pub(super) fn installer_arguments(&self, layout: &Layout) -> Result<Vec<OsString>> {
        let mut arguments = base_arguments(layout)?;
        let more = ["--auth-root-authentication-method=normal", "--skip-test-db"];
        arguments.extend(more.map(OsString::from));
        Ok(arguments)
    }

    pub(super) fn server_arguments(&self, layout: &Layout, port: u16) -> Result<Vec<OsString>> {
        let mut arguments = base_arguments(layout)?;
        let more = [
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--skip-external-locking",
            "--local-infile=OFF",
            "--max-connections=250",
            // Relative to the data folder: a long path would not fit into a socket's address.
            "--socket=server.sock",
            "--pid-file=server.pid",
            "--character-set-server=utf8mb4",
            "--default-time-zone=+00:00",
            "--explicit-defaults-for-timestamp=ON",
            "--innodb-autoinc-lock-mode=2",
            "--max-allowed-packet=64M",
            "--group-concat-max-len=1024",
            "--performance-schema=OFF",
            // Survives a killed server, not a power cut: enough for rows that anyone can load anew.
            "--innodb-flush-log-at-trx-commit=2",
            // MySQL has no such check; newer MariaDB would add an error that Aurora never sends.
            "--loose-innodb-snapshot-isolation=OFF",
        ];
        arguments.extend(more.map(OsString::from));
        arguments.push(format!("--port={port}").into());
        arguments.push(format!("--sql-mode={SQL_MODE}").into());
        Ok(arguments)
    }
}

/// What installer and server must agree on; `--no-defaults` has to be the first.
fn base_arguments(layout: &Layout) -> Result<Vec<OsString>> {
    let mut arguments = vec![
        "--no-defaults".into(),
        path_argument("--datadir=", &layout.data),
        path_argument("--tmpdir=", &layout.temporary),
    ];
    // 96 MB by default, written in full at every start.
    arguments.push("--innodb-log-file-size=32M".into());
    // The server refuses to run as root unless it is told by name.
    if tempfile::tempfile()?.metadata()?.uid() == 0 {
        arguments.push("--user=root".into());
    }
    Ok(arguments)
}

fn path_argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

fn find_program(
    names: &[&str],
    near: &[PathBuf],
    accept: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(near.iter().cloned())
        .chain(PLACES.iter().map(PathBuf::from))
        .collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file() && accept(candidate))
}

fn is_engine(server: &Path, engine: Engine) -> bool {
    let output = Command::new(server).args(["--no-defaults", "--version"]).output();
    let mark = engine.version_mark();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(mark))
}
