//! What a stack has again when it is started with the same `--keep`.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rowgate_core::ApiKey;
use rowgate_local::Identity;
use serde::{Deserialize, Serialize};

use super::DevArgs;
use super::files::S3Place;
use super::tables::Before;

/// A folder with a stack's data, which one stack at a time uses.
pub(super) struct Kept {
    folder: PathBuf,
    pub(super) stack: KeptStack,
    /// Whether there was a stack in it before.
    pub(super) is_old: bool,
    _lock: File,
}

/// What is in the folder's `stack.json`, which only its owner may read.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptStack {
    api_key: String,
    access_key_id: String,
    secret_access_key: String,
    account: String,
    cluster_arn: String,
    secret_arn: String,
    control_secret: String,
    pub(super) ports: Ports,
}

/// The ports on 127.0.0.1.
#[derive(Serialize, Deserialize)]
pub(super) struct Ports {
    pub(super) gateway: u16,
    pub(super) data_api: u16,
    pub(super) s3: u16,
    pub(super) database: u16,
}

impl Kept {
    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let name = folder.display();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| name.to_string())?;
        let folder = folder.canonicalize()?;
        let lock = File::create(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!(
                "{name}: another rowgate dev uses this folder; end it first, or name another one"
            );
        }
        let file = folder.join("stack.json");
        let (stack, is_old) = match std::fs::read_to_string(&file) {
            Ok(json) => {
                let stack = serde_json::from_str(&json);
                (stack.with_context(|| file.display().to_string())?, true)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (KeptStack::make(&file)?, false),
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        };
        let kept = Self { folder, stack, is_old, _lock: lock };
        kept.stack.ports.check(&file)?;
        Ok(kept)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("database")
    }

    pub(super) fn s3(&self) -> PathBuf {
        self.folder.join("s3")
    }
}

impl KeptStack {
    /// A new one, written before anything uses it.
    fn make(file: &Path) -> Result<Self> {
        let identity = Identity::new()?;
        let [gateway, data_api, s3, database] = free_ports()?;
        let stack = Self {
            api_key: crate::keys::generate()?.expose().to_owned(),
            access_key_id: identity.access_key_id,
            secret_access_key: identity.secret_access_key,
            account: identity.account,
            cluster_arn: identity.cluster_arn,
            secret_arn: identity.secret_arn,
            control_secret: identity.control_secret,
            ports: Ports { gateway, data_api, s3, database },
        };
        let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        written.write_all(&serde_json::to_vec_pretty(&stack)?)?;
        Ok(stack)
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            account: self.account.clone(),
            cluster_arn: self.cluster_arn.clone(),
            secret_arn: self.secret_arn.clone(),
            control_secret: self.control_secret.clone(),
        }
    }

    pub(super) fn api_key(&self) -> Result<ApiKey> {
        ApiKey::parse(&self.api_key).context("the kept stack's API key is none")
    }
}

impl Ports {
    fn check(&self, file: &Path) -> Result<()> {
        let all = [self.gateway, self.data_api, self.s3, self.database];
        for port in all {
            ensure!(
                is_free(port),
                "port {port} is taken by another program; end that one, or change the port in {}",
                file.display()
            );
        }
        Ok(())
    }
}

/// What a stack begins with: new, or what there was before.
pub(super) struct Beginning {
    pub(super) kept: Option<Kept>,
    pub(super) identity: Identity,
    pub(super) key: ApiKey,
    pub(super) before: Before,
}

impl Beginning {
    pub(super) fn of(args: &DevArgs) -> Result<Self> {
        if let Some(port) = args.port {
            let advice = "give another --port, or none for a free one";
            ensure!(is_free(port), "port {port} is taken by another program; {advice}");
        }
        let Some(folder) = &args.keep else {
            let before = if args.database_url.is_some() { Before::Given } else { Before::Nothing };
            let (identity, key) = (Identity::new()?, crate::keys::generate()?);
            return Ok(Self { kept: None, identity, key, before });
        };
        let kept = Kept::open(folder)?;
        let before = if kept.is_old { Before::Kept } else { Before::Nothing };
        let (identity, key) = (kept.stack.identity(), kept.stack.api_key()?);
        Ok(Self { kept: Some(kept), identity, key, before })
    }

    pub(super) fn ports(&self) -> Option<&Ports> {
        self.kept.as_ref().map(|kept| &kept.stack.ports)
    }

    /// Where a service listens.
    pub(super) fn address(&self, port: impl Fn(&Ports) -> u16) -> SocketAddr {
        address(self.ports().map(port))
    }

    pub(super) fn s3(&self) -> S3Place {
        let folder = self.kept.as_ref().map(Kept::s3);
        S3Place { folder, address: self.address(|ports| ports.s3) }
    }
}

/// An address on this machine; 0 is a free port.
fn address(port: Option<u16>) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port.unwrap_or(0)).into()
}

/// Whether a program could listen there.
fn is_free(port: u16) -> bool {
    TcpListener::bind(address(Some(port))).is_ok()
}

/// Four at once, so that they are different ones.
fn free_ports() -> Result<[u16; 4]> {
    let listen = |_| TcpListener::bind(address(None));
    let listeners = [0, 1, 2, 3].map(listen);
    let mut ports = [0; 4];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_gives_the_same_stack_again_to_one_at_a_time() -> Result<()> {
        let parent = tempfile::tempdir()?;
        let folder = parent.path().join("a/stack");
        let first = Kept::open(&folder)?;
        let said = Kept::open(&folder).err().context("two at a time")?.to_string();
        assert!(said.contains("another rowgate dev uses this folder"), "{said}");
        let mode = |name: &str| {
            Ok::<_, anyhow::Error>(folder.join(name).metadata()?.permissions().mode() & 0o777)
        };
        assert_eq!((mode("")?, mode("stack.json")?), (0o700, 0o600));
        let (identity, key) = (first.stack.identity(), first.stack.api_key()?);
        assert!(!first.is_old);
        drop(first);
        let again = Kept::open(&folder)?;
        assert!(again.is_old && again.stack.identity() == identity);
        assert_eq!(again.stack.api_key()?.expose(), key.expose());
        let port = again.stack.ports.s3;
        drop(again);
        let taken = TcpListener::bind(address(Some(port)))?;
        let said = Kept::open(&folder).err().context("a taken port")?.to_string();
        assert!(said.starts_with(&format!("port {port} is taken by another program")), "{said}");
        drop(taken);
        Ok(())
    }
}
