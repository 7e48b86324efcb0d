//! The functions' archive, which is this program itself, and the bucket that it is put into.

use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rowgate_core::s3::{CreateBucket, GetObject, HeadObject, PutObject, S3Endpoint};
use rowgate_core::schema::{EXAMPLE, Schema};
use rowgate_core::{CallError, Client, Repeat, Upload};
use rowgate_native::from_environment;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use super::account::Account;
use super::stack::{Parameters, Stack};
use crate::migrate::MIGRATIONS;
use crate::terminal;

/// What Lambda starts; the program has its Lambda as a command.
const BOOTSTRAP: &str = "#!/bin/sh\nexec \"${LAMBDA_TASK_ROOT:-.}/rowgate\" lambda\n";

/// The bytes of one part of an upload.
const PART: usize = 8 << 20;

/// The functions' archive.
pub(super) struct Program {
    archive: Vec<u8>,
    digest: String,
}

impl Program {
    /// Packs this program with the tables and the migrations of the folder.
    pub(super) fn pack(tables: &str) -> Result<Self> {
        let program = std::fs::read(std::env::current_exe()?).context("reading this program")?;
        let named = from_environment("ROWGATE_MIGRATIONS");
        let migrations = files(Path::new(named.as_deref().unwrap_or(MIGRATIONS)))?;
        let archive = archive(&program, tables, &migrations)?;
        let digest = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { archive, digest })
    }
}

/// Lambda has another C library than this machine.
pub(super) fn require_static() -> Result<()> {
    ensure!(
        cfg!(target_env = "musl"),
        "this program is linked with this machine's C library, which Lambda does not have: deploy with the \
         program of a package (docs/command.md)"
    );
    Ok(())
}

/// The migrations' names and texts; none where the folder is not there.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".sql") {
            files.push((name.to_owned(), std::fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The same bytes for the same content, so that a program that is there already is not put again.
fn archive(program: &[u8], tables: &str, migrations: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().unix_permissions(0o644);
    let executable = plain.unix_permissions(0o755);
    let mut add = |name: &str, options, content: &[u8]| -> Result<()> {
        archive.start_file(name, options)?;
        Ok(archive.write_all(content)?)
    };
    add("bootstrap", executable, BOOTSTRAP.as_bytes())?;
    add("rowgate", executable, program)?;
    add("schema.json", plain, tables.as_bytes())?;
    for (name, content) in migrations {
        add(&format!("migrations/{name}"), plain, content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The bucket of programs and templates, which all stages of an account and region share.
pub(super) struct Place<'a> {
    account: &'a Account,
    endpoint: S3Endpoint,
    bucket: String,
}

impl<'a> Place<'a> {
    /// Makes the bucket if it is not there. One of another account is refused: functions would run what that
    /// account puts there.
    pub(super) async fn of(account: &'a Account, identity: &str) -> Result<Self> {
        let bucket = format!("rowgate-programs-{identity}-{}", account.region());
        let place = Self { account, endpoint: account.s3()?, bucket };
        let create = CreateBucket { bucket: &place.bucket, region: account.region() };
        match place.client().call(&create, Repeat::Harmless).await {
            Err(CallError::Api(error)) if error.code == "BucketAlreadyExists" => {
                bail!("the bucket {} is of another account; nothing is put there", place.bucket)
            }
            made => made.with_context(|| format!("making the bucket {}", place.bucket))?,
        }
        Ok(place)
    }

    /// Puts the archive unless it is there; answers where that is, as parameters of the template.
    pub(super) async fn put_program(&self, program: &Program) -> Result<Parameters> {
        let key = format!("programs/{}.zip", program.digest);
        if !self.has(&key).await? {
            let megabytes = program.archive.len() / 1_000_000;
            terminal::advise(&format!(
                "putting the functions' program ({megabytes} MB) into {}",
                self.bucket
            ));
            self.put(&key, &program.archive).await?;
        }
        let parameters = [
            ("ProgramBucket", self.bucket.clone()),
            ("ProgramKey", key),
            ("Architecture", architecture()?.to_owned()),
        ];
        Ok(parameters.into_iter().map(|(name, value)| (name.to_owned(), Some(value))).collect())
    }

    async fn has(&self, key: &str) -> Result<bool> {
        let head = HeadObject { bucket: &self.bucket, key, version_id: None, if_match: None };
        match self.client().call(&head, Repeat::Harmless).await {
            Ok(_) => Ok(true),
            Err(CallError::Api(error)) if error.is_not_found() => Ok(false),
            Err(error) => Err(anyhow!(error).context(format!("looking for {key}"))),
        }
    }

    async fn put(&self, key: &str, content: &[u8]) -> Result<()> {
        let client = self.client();
        let mut upload = Upload::new(&client, &self.bucket, key, "application/zip");
        let parts = content.len() / PART * PART;
        let put = async {
            for part in content[..parts].chunks(PART) {
                upload.write(part.to_vec().into()).await?;
            }
            upload.finish(content[parts..].to_vec().into()).await
        };
        if let Err(error) = put.await {
            upload.abandon().await;
            return Err(anyhow!(error).context(format!("putting {key} into {}", self.bucket)));
        }
        Ok(())
    }

    /// The tables that are given; else those with which the stack was deployed last, or the example's.
    pub(super) async fn tables(&self, stack: &Stack, given: Option<String>) -> Result<String> {
        let tables = match given {
            Some(tables) => tables,
            None => self.last_tables(stack).await?.unwrap_or_else(|| EXAMPLE.to_owned()),
        };
        Schema::from_json(&tables).context("the schema")?;
        Ok(tables)
    }

    async fn last_tables(&self, stack: &Stack) -> Result<Option<String>> {
        let key = tables_key(stack);
        let head = HeadObject { bucket: &self.bucket, key: &key, version_id: None, if_match: None };
        let size = match self.client().call(&head, Repeat::Harmless).await {
            Ok(head) => head.content_length,
            Err(CallError::Api(error)) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(anyhow!(error).context(format!("looking for {key}"))),
        };
        let get = GetObject {
            bucket: &self.bucket,
            key: &key,
            version_id: None,
            range: 0..size,
            if_match: None,
        };
        let text = self.client().call(&get, Repeat::Harmless).await;
        Ok(Some(String::from_utf8(text.with_context(|| format!("reading {key}"))?.body)?))
    }

    /// Keeps the tables for the next deployment.
    pub(super) async fn put_tables(&self, stack: &Stack, tables: &str) -> Result<()> {
        self.put_json(&tables_key(stack), tables.to_owned()).await
    }

    /// Puts the template, which is too large for a call; answers its address.
    pub(super) async fn put_template(&self, template: &Value) -> Result<String> {
        let text = template.to_string();
        let digest: String =
            Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = format!("templates/{digest}.json");
        self.put_json(&key, text).await?;
        Ok(self.endpoint.object_url(&self.bucket, &key))
    }

    async fn put_json(&self, key: &str, text: String) -> Result<()> {
        let put = PutObject {
            bucket: &self.bucket,
            key,
            body: text.into(),
            content_type: "application/json",
            if_none_match: false,
        };
        let done = self.client().call(&put, Repeat::Harmless).await;
        done.with_context(|| format!("putting {key} into {}", self.bucket))
    }

    fn client(&self) -> Client<'_, rowgate_native::NativeHost, S3Endpoint> {
        Client::new(self.account.host(), &self.endpoint, std::time::Duration::MAX)
    }
}

/// Where the tables of a stack's last deployment are.
fn tables_key(stack: &Stack) -> String {
    format!("stacks/{}/schema.json", stack.name)
}

/// Lambda's name of this program's processor.
fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => bail!("Lambda has no processor of the kind {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_archive_starts_the_program_and_has_the_tables() -> Result<()> {
        let migrations = [("0001_a.sql".to_owned(), b"SELECT 1".to_vec())];
        let packed = archive(b"ELF", "{}", &migrations)?;
        assert_eq!(packed, archive(b"ELF", "{}", &migrations)?);
        let mut read = zip::ZipArchive::new(Cursor::new(packed))?;
        let mut found = Vec::new();
        for place in 0..read.len() {
            let mut file = read.by_index(place)?;
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            let mode = file.unix_mode().unwrap_or_default() & 0o777;
            found.push((file.name()?.into_owned(), mode, text));
        }
        let expected = [
            ("bootstrap", 0o755, BOOTSTRAP),
            ("rowgate", 0o755, "ELF"),
            ("schema.json", 0o644, "{}"),
            ("migrations/0001_a.sql", 0o644, "SELECT 1"),
        ];
        let expected = expected.map(|(name, mode, text)| (name.to_owned(), mode, text.to_owned()));
        assert_eq!(found, expected);
        Ok(())
    }
}
