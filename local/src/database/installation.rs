//! Where a server's programs lie on this machine, and the commands that set it up and start it.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use super::engine::{Engine, Product, SERVER_OPTIONS};
use crate::private;

/// Where packages and Homebrew put server programs besides the PATH.
const PLACES: [&str; 15] = [
    "/usr/sbin",
    "/usr/libexec",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/libexec",
    "/usr/local/mysql/bin",
    "/usr/local/opt/mariadb/bin",
    "/usr/local/opt/mysql/bin",
    "/usr/local/opt/mysql@8.4/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/mariadb/bin",
    "/opt/homebrew/opt/mysql/bin",
    "/opt/homebrew/opt/mysql@8.4/bin",
    "/opt/mariadb/bin",
];

/// Relative to the data folder: a long path would not fit into a socket's address.
const SOCKET: &str = "server.sock";

/// What a server's folder holds.
pub(super) struct Layout {
    data: PathBuf,
    /// Not the system's: at its start a server removes what looks like an earlier one's temporary
    /// tables, and would take those of a server that is running.
    temporary: PathBuf,
    /// Empty, see [`Product::files_option`].
    files: PathBuf,
    /// What the server runs at its start, see [`Product::set_password`].
    start: PathBuf,
}

impl Layout {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        let [data, temporary, files] = ["data", "tmp", "files"].map(|name| folder.join(name));
        for path in [&data, &temporary, &files] {
            private::create_folder(path)?;
        }
        Ok(Self { data, temporary, files, start: folder.join("start.sql") })
    }

    /// The server makes it open to every user.
    pub(super) fn close_socket(&self) -> std::io::Result<()> {
        private::close(&self.data.join(SOCKET))
    }

    pub(super) fn is_initialised(&self) -> bool {
        self.data.join("mysql").is_dir()
    }
}

/// The programs of one product on this machine.
pub(super) struct Installation {
    product: &'static Product,
    pub(super) server: PathBuf,
    /// Makes the system tables, in one second (MariaDB) or three; MySQL's is the server itself.
    pub(super) installer: PathBuf,
}

impl Installation {
    /// Looks on the PATH first, then in the usual places, at last in the cache of this user.
    pub(super) fn find(engine: Engine) -> Result<Self> {
        let products = engine.products();
        let found = products.iter().find_map(|product| Some((*product, find_server(product)?)));
        let (product, server) = found.ok_or_else(|| {
            let advice = products.iter().map(|product| product.advice).collect::<Vec<_>>();
            anyhow!("no database server found: {}", advice.join(", or "))
        })?;

        let installer = match product.installers {
            [] => server.clone(),
            names => find_installer(names, &server)
                .with_context(|| format!("{} is there, its installer is not", server.display()))?,
        };
        Ok(Self { product, server, installer })
    }

    pub(super) fn installer_arguments(&self, layout: &Layout) -> Result<Vec<OsString>> {
        self.arguments(layout, self.product.set_up_options)
    }

    /// Also writes the file that gives the server's root its password.
    pub(super) fn server_arguments(
        &self,
        layout: &Layout,
        port: u16,
        password: &str,
    ) -> Result<Vec<OsString>> {
        private::write(&layout.start, &(self.product.set_password)(password))?;
        let mut arguments = self.arguments(layout, self.product.server_options)?;
        arguments.extend(SERVER_OPTIONS.map(OsString::from));
        arguments.push(format!("--socket={SOCKET}").into());
        arguments.push(format!("--port={port}").into());
        arguments.push(path_argument("--init-file=", &layout.start));
        let files = self.product.files_option;
        arguments.extend(files.map(|option| path_argument(option, &layout.files)));
        Ok(arguments)
    }

    fn arguments(&self, layout: &Layout, options: &[&str]) -> Result<Vec<OsString>> {
        let mut arguments = vec![
            // It has to be the first.
            "--no-defaults".into(),
            path_argument("--datadir=", &layout.data),
            path_argument("--tmpdir=", &layout.temporary),
        ];
        // The server refuses to run as root unless it is told by name.
        if tempfile::tempfile()?.metadata()?.uid() == 0 {
            arguments.push("--user=root".into());
        }
        arguments.extend(self.product.common_options.iter().chain(options).map(OsString::from));
        Ok(arguments)
    }
}

fn path_argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

fn find_server(product: &Product) -> Option<PathBuf> {
    // Where scripts/install-mysql puts its own.
    let cached: Vec<PathBuf> = cache().map(|cache| cache.join("mysql/bin")).into_iter().collect();
    find_program(product.servers, &[], &cached, |path| is_product(path, product))
}

fn find_installer(names: &[&str], server: &Path) -> Option<PathBuf> {
    // A copy unpacked from an archive keeps its installer in a sibling folder.
    let home = server.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    find_program(names, &[home.join("bin"), home.join("scripts")], &[], |_| true)
}

/// The folder of built and fetched tools; the same as in scripts/lib.sh.
fn cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(cache) = variable("ROWGATE_CACHE") {
        return Some(cache.into());
    }
    let caches = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let caches = caches.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
    Some(caches.join("rowgate"))
}

/// Looks on the PATH, then in the places `near`, then in those known, then in the `last`.
fn find_program(
    names: &[&str],
    near: &[PathBuf],
    last: &[PathBuf],
    accept: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(near.iter().cloned())
        .chain(PLACES.iter().map(PathBuf::from))
        .chain(last.iter().cloned())
        .collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file() && accept(candidate))
}

fn is_product(server: &Path, product: &Product) -> bool {
    let output = Command::new(server).args(["--no-defaults", "--version"]).output();
    output.is_ok_and(|output| (product.is_version)(&String::from_utf8_lossy(&output.stdout)))
}
