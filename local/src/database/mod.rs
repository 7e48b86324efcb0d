//! A private database server: own data folder, own port, no system service touched.

mod engine;
mod installation;
mod process;

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub use engine::Engine;

use installation::{Installation, Layout};
use process::Log;

use crate::identity::secret;
use crate::private;
use crate::supervised::{Ending, Supervised};

/// The database that every server starts with.
const DATABASE_NAME: &str = "rowgate";

/// How long a server may take until it answers; a cold disk is the slow case.
const START_LIMIT: Duration = Duration::from_secs(60);

/// What [`Database::start`] is told.
#[derive(Clone, Debug, Default)]
pub struct DatabaseOptions {
    /// Where the server keeps its data and its log, created if missing and kept; `None` is a
    /// temporary folder that goes away.
    pub folder: Option<PathBuf>,
    /// The TCP port on 127.0.0.1; `None` is a free one.
    pub port: Option<u16>,
    /// The kind of server to look for.
    pub engine: Engine,
}

/// A running private database server; dropping it ends the server.
pub struct Database {
    url: String,
    server: Supervised,
}

impl Database {
    /// Starts a server and creates the database `rowgate` in it.
    ///
    /// A folder that already holds a server's data is used as it is. Fails when no server program
    /// is found, or when it does not answer within a minute; the error then carries the end of the
    /// server's own log.
    pub async fn start(options: DatabaseOptions) -> Result<Self> {
        let installation = Installation::find(options.engine)?;
        let port = free_port(options.port)?;
        let folder = Folder::open(options.folder)?;
        let layout = Layout::create(folder.path())?;
        let log = folder.create_log()?;
        if !layout.is_initialised() {
            let arguments = installation.installer_arguments(&layout)?;
            let content = process::run(&installation.installer, &arguments, &log).await?;
            ensure!(content, "the database cannot be set up:\n{}", log.tail());
        }

        let root = Root { port, password: secret()? };
        let arguments = installation.server_arguments(&layout, port, &root.password)?;
        let ending = match &folder {
            Folder::Kept(_) => Ending::InOrder,
            Folder::Temporary(folder) => Ending::Removing(folder.path()),
        };
        let (output, errors) = (log.writer()?, log.writer()?);
        let server = Supervised::spawn(&installation.server, &arguments, ending, |command| {
            command.stdout(output).stderr(errors);
        })?;
        folder.leave_to_supervisor();
        let server = wait_until_ready(server, &root, &log).await?;
        layout.close_socket()?;
        Ok(Self { url: root.url(), server })
    }

    /// The address of the database: `mysql://root:PASSWORD@127.0.0.1:PORT/rowgate`; the password is
    /// another one at each start.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server is still there, or has ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.server.is_running()
    }

    /// Ends the server in order (SIGTERM, SIGKILL after ten seconds) and waits for it.
    pub async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}

impl fmt::Debug for Database {
    /// Leaves out the address, which has a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("server", &self.server).finish_non_exhaustive()
    }
}

enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn open(given: Option<PathBuf>) -> Result<Self> {
        let Some(path) = given else {
            let folder = private::temporary_folder("rowgate-database-")?;
            return Ok(Self::Temporary(folder));
        };

        private::create_folder(&path)?;
        // The server changes its directory, so a relative path would lose its meaning.
        Ok(Self::Kept(path.canonicalize()?))
    }

    fn create_log(&self) -> Result<Log> {
        match self {
            Self::Kept(path) => Log::create(Some(&path.join("server.log"))),
            Self::Temporary(_) => Log::create(None),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// The supervisor removes a temporary one, since it outlives a killed process.
    fn leave_to_supervisor(self) {
        if let Self::Temporary(folder) = self {
            let _ = folder.keep();
        }
    }
}

/// A free port; the server takes it a moment later.
///
/// A given one is tried too: another server may listen there.
fn free_port(wanted: Option<u16>) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.unwrap_or(0)));
    let listener = listener.with_context(|| format!("no free port (wanted: {wanted:?})"))?;
    Ok(listener.local_addr()?.port())
}

async fn wait_until_ready(mut server: Supervised, root: &Root, log: &Log) -> Result<Supervised> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if root.create_database().await.is_ok() {
            return Ok(server);
        }
        if !server.is_running() {
            bail!("the database server ended while starting:\n{}", log.tail());
        }
        if Instant::now() > deadline {
            bail!("the database server does not answer after {START_LIMIT:?}:\n{}", log.tail());
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// The user that may do everything.
struct Root {
    port: u16,
    password: String,
}

impl Root {
    async fn create_database(&self) -> Result<()> {
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some("root"))
            .pass(Some(&self.password))
            .prefer_socket(false);
        let mut connection = Conn::new(options).await?;
        connection.query_drop(format!("CREATE DATABASE IF NOT EXISTS {DATABASE_NAME}")).await?;
        connection.disconnect().await?;
        Ok(())
    }

    fn url(&self) -> String {
        let Self { port, password } = self;
        format!("mysql://root:{password}@127.0.0.1:{port}/{DATABASE_NAME}")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use mysql_async::{DriverError, Error, Opts};

    use super::*;

    /// What the run of the tests asks for, see `make test-mysql`.
    fn options() -> DatabaseOptions {
        DatabaseOptions { engine: Engine::from_env().unwrap(), ..Default::default() }
    }

    async fn query(url: &str, sql: &str) -> String {
        let mut connection = Conn::from_url(url).await.unwrap();
        let value = connection.query_first(sql).await.unwrap().unwrap();
        connection.disconnect().await.unwrap();
        value
    }

    #[tokio::test]
    async fn starts_with_the_defaults_of_mysql() {
        let database = Database::start(options()).await.unwrap();

        let mode = query(database.url(), "SELECT @@sql_mode").await;
        for part in ["ONLY_FULL_GROUP_BY", "STRICT_TRANS_TABLES"] {
            assert!(mode.contains(part), "{mode}");
        }
        let charset = query(database.url(), "SELECT @@character_set_database").await;
        assert_eq!(charset, "utf8mb4");
        let lock_mode = query(database.url(), "SELECT CAST(@@innodb_autoinc_lock_mode AS CHAR)");
        assert_eq!(lock_mode.await, "2");

        let packet = query(database.url(), "SELECT CAST(@@max_allowed_packet AS CHAR)").await;
        assert_eq!(packet, (64 << 20).to_string());
        let rounded = query(database.url(), "SELECT CAST(CAST('23:59:58.9' AS TIME) AS CHAR)");
        assert_eq!(rounded.await, "23:59:59");

        let data = query(database.url(), "SELECT @@datadir").await;
        let folder = Path::new(&data).parent().unwrap();
        assert!(folder.is_dir());
        for (path, mode) in [("", 0o700), ("data", 0o700), ("files", 0o700), ("start.sql", 0o600)] {
            assert_eq!(mode_of(&folder.join(path)), mode, "{path}");
        }
        assert_eq!(mode_of(&folder.join("data/server.sock")), 0o600);
        database.stop().await.unwrap();
        assert!(!folder.exists(), "a temporary folder goes away");
    }

    fn mode_of(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn files_of_this_machine_are_out_of_reach() {
        let database = Database::start(options()).await.unwrap();
        let mut connection = Conn::from_url(database.url()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (file, outside) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::write(&file, "secret").unwrap();
        let sql = format!("SELECT 1 INTO OUTFILE '{}'", outside.display());
        let error = connection.query_drop(sql).await.unwrap_err();
        assert!(error.to_string().contains("secure"), "{error}");
        assert!(!outside.exists());
        let sql = format!("SELECT LOAD_FILE('{}') IS NULL", file.display());
        assert_eq!(connection.query_first(sql).await.unwrap(), Some(1));
        connection.disconnect().await.unwrap();
        database.stop().await.unwrap();
    }

    #[tokio::test]
    async fn no_user_comes_in_without_the_password() {
        let database = Database::start(options()).await.unwrap();
        let socket = query(database.url(), "SELECT CONCAT(@@datadir, 'server.sock')").await;
        let given = Opts::from_url(database.url()).unwrap();
        for (user, password) in [("root", ""), ("root", "wrong"), ("", ""), ("mysql", "")] {
            let options = OptsBuilder::from_opts(given.clone())
                .user(Some(user))
                .pass(Some(password))
                .db_name(None::<String>);
            let by_port = options.clone().prefer_socket(false);
            let by_socket = options.socket(Some(&socket));
            for options in [by_port, by_socket] {
                let error = Conn::new(options).await.unwrap_err();
                assert!(is_refused(&error), "{user}: {error}");
            }
        }
        let options = OptsBuilder::from_opts(given).socket(Some(&socket));
        Conn::new(options).await.unwrap().disconnect().await.unwrap();
        database.stop().await.unwrap();
    }

    /// MySQL asks a user that it lacks for a proof of any kind, so that users cannot be told by it; some
    /// kinds are unknown to the client.
    fn is_refused(error: &Error) -> bool {
        match error {
            Error::Server(error) => error.code == 1045,
            Error::Driver(error) => matches!(error, DriverError::UnknownAuthPlugin { .. }),
            _ => false,
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_an_error() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = Some(other.local_addr().unwrap().port());
        let options = DatabaseOptions { port, ..options() };
        let error = Database::start(options).await.unwrap_err();
        assert!(error.to_string().contains("no free port"), "{error}");
    }

    #[tokio::test]
    async fn a_start_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::find(options().engine).unwrap();
        let layout = Layout::create(folder.path()).unwrap();
        let log = Log::create(None).unwrap();
        let arguments = installation.installer_arguments(&layout).unwrap();
        let run = process::run(&installation.installer, &arguments, &log);
        let limit = Duration::from_millis(100);
        assert!(tokio::time::timeout(limit, run).await.is_err());
        folder.close().unwrap();
    }

    #[tokio::test]
    async fn an_error_repeats_the_log() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("data/mysql")).unwrap();
        let options = DatabaseOptions { folder: Some(home.path().into()), ..options() };
        let error = Database::start(options).await.unwrap_err().to_string();
        assert!(error.contains("ended while starting") && error.contains("[ERROR]"), "{error}");
    }

    #[tokio::test]
    async fn keeps_a_given_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = Some(home.path().join("database"));
        let options = DatabaseOptions { folder, ..options() };

        let database = Database::start(options.clone()).await.unwrap();
        let mut connection = Conn::from_url(database.url()).await.unwrap();
        connection.query_drop("CREATE TABLE kept (id INT PRIMARY KEY)").await.unwrap();
        drop(connection);
        database.stop().await.unwrap();

        let database = Database::start(options).await.unwrap();
        assert_eq!(query(database.url(), "SHOW TABLES").await, "kept");
        // Dropping ends the server as well, and at once: the folder is removed right after.
        drop(database);
    }
}
