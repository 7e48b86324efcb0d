//! Files: each version of an object is loaded once, from where an earlier attempt has committed,
//! and never over a newer one.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::claim::{Claim, Look};
use super::fence::bind_object;
use super::ids::{digest, load_id, new_holder};
use super::lease::Lease;
use super::progress::{Position, SET_COUNTS, SET_POSITION};
use super::rejects::forget_rejects;
use super::request::StoredResponse;
use super::statement::{
    ATTEMPTS, IS_CURRENT, LEASE_END, Statement, is_duplicate, number, only_row, text,
};
use super::version::{self, ClaimError, from_known_ledger};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::table::counts::Counts;

/// The door of a part's row: it is none of the history's.
pub(super) const PART: &str = "part";

/// The length to which sequencers are padded, so that they compare as texts.
const SEQUENCER_DIGITS: usize = 64;

/// A version of an object as it is claimed.
#[derive(Debug)]
pub(crate) struct FileToClaim<'f> {
    pub(crate) bucket: &'f str,
    pub(crate) key: &'f str,
    pub(crate) version_id: Option<&'f str>,
    pub(crate) e_tag: Option<&'f str>,
    /// What S3 orders the versions of one key by; `None` where no event has brought it.
    pub(crate) sequencer: Option<&'f str>,
    pub(crate) table: &'static str,
    /// The table's columns, as JSON: an attempt that goes on reads the rows by them, or not at all.
    pub(crate) read_as: String,
    /// How it is to be loaded; an attempt that goes on with it does so as the first one did.
    pub(crate) settings: String,
    /// Whether its rows are stored at once: it cannot be refused for how it ends.
    pub(crate) is_decided: bool,
    /// Whether it is a part of it only.
    pub(crate) part: Option<FilePart>,
    /// The holder that claims it; `None` for a new one.
    pub(crate) holder: Option<String>,
}

/// A part of a file that is loaded by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilePart {
    pub(crate) number: u64,
    /// Where it begins.
    pub(crate) from: Position,
    /// The size of the file's ranges, by which its number means what it does.
    pub(crate) range_bytes: u64,
}

/// What a claim has come to.
#[derive(Debug)]
pub(crate) enum FileClaim {
    /// It is this holder's to do, from there on.
    Claimed(Claim, FileProgress),
    /// It has been loaded, and this was its report.
    Done {
        load_id: String,
        report: String,
        /// Whether the same content was put once more since.
        is_put_again: bool,
    },
    /// A newer version is there.
    Outdated { load_id: String },
    /// Another holder has it, for so long unless the lease is renewed.
    Running { lease_left: Duration },
}

/// How far earlier attempts have come: of a file that can be refused as a whole, with checking it
/// until it is decided that its rows are stored, and then with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProgress {
    pub(crate) is_decided: bool,
    pub(crate) position: Position,
    /// While the file is checked, `stored` are the rows that are good so far.
    pub(crate) counts: Counts,
    /// How the first attempt loaded it; empty if this is the first.
    pub(crate) settings: String,
    /// The columns by which rows were read before; empty if none were.
    pub(crate) read_as: String,
}

impl FileProgress {
    /// No further than where the file, or the part, begins.
    pub(crate) fn none(from: Position, is_decided: bool) -> Self {
        let (counts, settings, read_as) = (Counts::default(), String::new(), String::new());
        Self { is_decided, position: from, counts, settings, read_as }
    }
}

/// What of an earlier attempt an attempt goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptOf {
    /// Nothing.
    Nothing,
    /// How it is loaded, by the columns that there are now.
    Settings,
    /// That, and by which columns.
    All,
}

impl KeptOf {
    fn of(anew: bool, reads_anew: bool) -> Self {
        match (anew, reads_anew) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Settings,
            (false, false) => Self::All,
        }
    }
}

/// What the row of a file says that was claimed before.
struct FileRow {
    look: Look,
    sequencer: String,
    progress: FileProgress,
    report: String,
    /// Whether another version has been claimed since.
    is_overwritten: bool,
    /// Whether rows that the database did not take are still written down.
    has_rejects: bool,
}

impl FileToClaim<'_> {
    /// The id of this version's load, or of that of its part.
    pub(crate) fn load_id(&self) -> String {
        let version = self.version_id.or(self.e_tag).unwrap_or_default();
        let [bucket, key, version] = [self.bucket, self.key, version].map(str::as_bytes);
        match self.part {
            None => load_id(&[b"file", bucket, key, version]),
            Some(FilePart { number, range_bytes, .. }) => {
                let [number, range_bytes] = [number, range_bytes].map(u64::to_be_bytes);
                load_id(&[b"part", bucket, key, version, &range_bytes, &number])
            }
        }
    }

    /// Where it begins.
    fn from(&self) -> Position {
        self.part.map_or(Position::START, |part| part.from)
    }

    fn no_progress(&self) -> FileProgress {
        FileProgress::none(self.from(), self.is_decided)
    }

    /// The claim as it is if it is made.
    pub(crate) fn to_claim<H: Host>(&self, host: &H, lease: &Lease) -> Claim {
        Claim {
            load_id: self.load_id(),
            holder: self.holder.clone().unwrap_or_else(|| new_holder(host)),
            lease: lease.clone(),
            object: Some((self.object_hash(), self.sequencer.map(padded).unwrap_or_default())),
        }
    }

    fn object_hash(&self) -> String {
        digest(&[self.bucket.as_bytes(), self.key.as_bytes()])
    }

    /// Claims it: two calls, unless it was claimed before.
    pub(crate) async fn claim<H: Host>(
        &self,
        client: &Client<'_, H>,
        lease: &Lease,
    ) -> Result<FileClaim, ClaimError> {
        let mut claim = self.to_claim(client.host(), lease);
        self.tell_sequencer(client, &claim).await?;
        for _ in 0..ATTEMPTS {
            match self.insert(client, &claim, "running").await {
                Ok(true) => return Ok(FileClaim::Claimed(claim, self.no_progress())),
                Ok(false) => {
                    version::check(client).await?;
                    // For the history; whether it is there already does not matter.
                    if self.part.is_none() {
                        _ = self.insert(client, &claim, "stale").await;
                    }
                    return Ok(FileClaim::Outdated { load_id: claim.load_id });
                }
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(error.into()),
            }
            let Some(found) = self.look(client, &claim).await? else { continue };
            if let Some(decided) = self.decide(client, &mut claim, found).await? {
                return Ok(decided);
            }
        }
        Ok(FileClaim::Running { lease_left: Duration::ZERO })
    }

    /// Has older versions stop, and makes sure that the object has a row, which the fences lock.
    async fn tell_sequencer<H: Host>(
        &self,
        client: &Client<'_, H>,
        claim: &Claim,
    ) -> Result<(), CallError> {
        let is_known = claim.object.as_ref().is_some_and(|(_, sequencer)| !sequencer.is_empty());
        // Of a part it was told when the file was opened.
        if !is_known || self.part.is_some() {
            return Ok(());
        }
        let sql = "INSERT INTO rowgate_objects \
            (object_hash, bucket, object_key, sequencer, changed_at) \
            VALUES (:object, :bucket, :key, :sequencer, UTC_TIMESTAMP(3)) \
            ON DUPLICATE KEY UPDATE changed_at = UTC_TIMESTAMP(3), \
            sequencer = GREATEST(sequencer, :sequencer)";
        let statement = Statement::new(sql).with("bucket", self.bucket).with("key", self.key);
        bind_object(claim, statement).run(client).await.map(drop)
    }

    /// Makes the row; `false` if a newer version is there (or, for the status `stale`, if not).
    async fn insert<H: Host>(
        &self,
        client: &Client<'_, H>,
        claim: &Claim,
        status: &'static str,
    ) -> Result<bool, CallError> {
        let sql = format!(
            "INSERT INTO rowgate_loads (load_id, door, object_hash, bucket, object_key, \
             version_id, e_tag, sequencer, settings, read_as, is_decided, table_name, status, holder, lease_until, \
             next_offset, next_line, next_row, started_at) SELECT :load_id, :door, :object, :bucket, :key, NULLIF(:version, ''), \
             NULLIF(:e_tag, ''), :sequencer, :settings, :read_as, CAST(:is_decided AS SIGNED), :table, :status, :holder, {LEASE_END}, \
             CAST(:offset AS SIGNED), CAST(:line AS SIGNED), CAST(:row AS SIGNED), \
             UTC_TIMESTAMP(3) {} AND {IS_CURRENT} = (:status <> 'stale')",
            from_known_ledger()
        );
        let statement = claim
            .statement(sql)
            .with("door", if self.part.is_some() { PART } else { "s3" })
            .with("bucket", self.bucket)
            .with("key", self.key)
            .with("version", self.version_id.unwrap_or_default())
            .with("e_tag", self.e_tag.unwrap_or_default())
            .with("settings", &self.settings)
            .with("read_as", &self.read_as)
            .with("is_decided", u8::from(self.is_decided))
            .with("table", self.table)
            .with("status", status)
            .with("lease", &claim.lease.seconds);
        let statement = self.from().bind(statement);
        let output = bind_object(claim, statement).run(client).await?;
        Ok(output.number_of_records_updated == 1)
    }

    async fn look<H: Host>(
        &self,
        client: &Client<'_, H>,
        claim: &Claim,
    ) -> Result<Option<FileRow>, CallError> {
        let sql = format!(
            "SELECT {}, sequencer, is_decided, next_offset, next_line, next_row, received_rows, \
             stored_rows, kept_rows, rejected_rows, settings, read_as, answer, EXISTS (SELECT 1 FROM rowgate_loads AS other \
             WHERE other.object_hash = rowgate_loads.object_hash \
             AND other.load_id <> rowgate_loads.load_id AND other.status <> 'stale' \
             AND other.sequencer > rowgate_loads.sequencer), \
             EXISTS (SELECT 1 FROM rowgate_rejects AS rejects \
             WHERE rejects.load_id = rowgate_loads.load_id) \
             FROM rowgate_loads WHERE load_id = :load_id",
            Look::COLUMNS
        );
        let output = Statement::new(sql).with("load_id", &claim.load_id).run(client).await?;
        let row: Option<[Field; 17]> = only_row(output);
        Ok(row.map(|row| {
            let [status, holder, lease, sequencer, is_decided, rest @ ..] = &row;
            let [offset, line, next_row, rest @ ..] = rest;
            let [received, stored, kept, rejected, settings, read_as, rest @ ..] = rest;
            let [report, is_overwritten, has_rejects] = rest;
            let (offset, line, row) = (number(offset), number(line), number(next_row));
            let [received, kept, rejected] = [received, kept, rejected].map(number);
            let is_decided = number(is_decided) == 1;
            // While a file is checked no row of it is stored.
            let stored = match is_decided {
                true => number(stored),
                false => received.saturating_sub(rejected),
            };
            FileRow {
                look: Look::of([status, holder, lease]),
                sequencer: text(sequencer),
                progress: FileProgress {
                    is_decided,
                    position: Position { offset, line, row },
                    counts: Counts { received: stored + kept + rejected, stored, kept, rejected },
                    settings: text(settings),
                    read_as: text(read_as),
                },
                report: text(report),
                is_overwritten: number(is_overwritten) == 1,
                has_rejects: number(has_rejects) == 1,
            }
        }))
    }

    /// What an earlier claim means for this one; `None` if it has changed meanwhile.
    async fn decide<H: Host>(
        &self,
        client: &Client<'_, H>,
        claim: &mut Claim,
        found: FileRow,
    ) -> Result<Option<FileClaim>, CallError> {
        let load_id = claim.load_id.clone();
        if found.look.is_running() {
            if found.look.holder == claim.holder {
                return Ok(Some(FileClaim::Claimed(claim.clone(), found.progress)));
            }
            if !found.look.lease_left.is_zero() {
                let lease_left = found.look.lease_left;
                return Ok(Some(FileClaim::Running { lease_left }));
            }
        }
        // A request without a sequencer is for the version as it was told of before.
        let (is_put_again, takes_sequencer) = {
            let (_, sequencer) = claim.object.get_or_insert_default();
            let takes_sequencer = sequencer.is_empty() && !found.sequencer.is_empty();
            if takes_sequencer {
                sequencer.clone_from(&found.sequencer);
            }
            (*sequencer > found.sequencer, takes_sequencer)
        };
        // The same content was put again over another one.
        let is_back = is_put_again && found.is_overwritten;
        if is_final(&found.look.status) && !is_back {
            // An attempt that was killed at its very end has left them.
            if found.has_rejects {
                forget_rejects(client, claim).await?;
            }
            return Ok(Some(FileClaim::Done { load_id, report: found.report, is_put_again }));
        }
        if takes_sequencer {
            self.tell_sequencer(client, claim).await?;
        }
        let anew = is_back || !is_to_go_on(&found.look.status);
        // Where no place was kept, no row was read for good. Of a file in parts its parts may have been.
        let is_at_start = found.progress.position == self.from();
        let kept = KeptOf::of(anew, is_at_start && self.holder.is_none());
        if !self.take_over(client, claim, &found.look, kept).await? {
            let is_outdated = super::fence::Fence::Request { claim }.lost(client).await?;
            let outdated = is_outdated == super::fence::Lost::Outdated;
            return Ok(outdated.then_some(FileClaim::Outdated { load_id }));
        }
        // No rejected row belongs to such a place: an attempt was killed in between.
        if anew || (found.has_rejects && is_at_start) {
            forget_rejects(client, claim).await?;
        }
        let progress = match kept {
            KeptOf::Nothing => self.no_progress(),
            KeptOf::Settings => FileProgress { read_as: String::new(), ..found.progress },
            KeptOf::All => found.progress,
        };
        Ok(Some(FileClaim::Claimed(claim.clone(), progress)))
    }

    /// Takes the row; `false` if it has changed since it was looked at, or is outdated.
    async fn take_over<H: Host>(
        &self,
        client: &Client<'_, H>,
        claim: &Claim,
        former: &Look,
        kept: KeptOf,
    ) -> Result<bool, CallError> {
        let anew = kept == KeptOf::Nothing;
        let reset = match anew {
            true => {
                format!("is_decided = CAST(:is_decided AS SIGNED), {SET_POSITION}, {SET_COUNTS}, ")
            }
            false => String::new(),
        };
        let sql = format!(
            "UPDATE rowgate_loads SET {reset}status = 'running', holder = :holder, \
             lease_until = {LEASE_END}, sequencer = :sequencer, attempts = attempts + 1, \
             settings = IF(:anew = 1, :settings, settings), \
             read_as = IF(:reads_anew = 1, :read_as, read_as), ended_at = NULL, answer = NULL, \
             rejected_by_code = NULL \
             WHERE load_id = :load_id AND holder = :former AND status = :status \
             AND (status <> 'running' OR lease_until <= UTC_TIMESTAMP(3)) AND {IS_CURRENT}"
        );
        let mut statement = claim
            .statement(sql)
            .with("former", &former.holder)
            .with("status", &former.status)
            .with("anew", u8::from(anew))
            .with("settings", &self.settings)
            .with("reads_anew", u8::from(kept != KeptOf::All))
            .with("read_as", &self.read_as)
            .with("lease", &claim.lease.seconds);
        if anew {
            statement = self.from().bind(Counts::default().bind(statement));
            statement = statement.with("is_decided", u8::from(self.is_decided));
        }
        let output = bind_object(claim, statement).run(client).await?;
        Ok(output.number_of_records_updated == 1)
    }
}

/// What the ledger knows of the attempts at a file.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// Whether one is at it.
    pub(crate) is_running: bool,
    pub(crate) count: u64,
    /// By which the version was told of.
    pub(crate) sequencer: Option<String>,
}

/// Looks whether a file is being loaded; one that is not known has had no attempts.
pub(crate) async fn find_attempts<H: Host>(
    client: &Client<'_, H>,
    load_id: &str,
) -> Result<Attempts, CallError> {
    let sql = "SELECT status = 'running' AND lease_until > UTC_TIMESTAMP(3), attempts, sequencer \
        FROM rowgate_loads WHERE load_id = :load_id";
    let row = only_row(Statement::new(sql).with("load_id", load_id).run(client).await?);
    Ok(row.map_or_else(Attempts::default, |[is_running, count, sequencer]: [Field; 3]| Attempts {
        is_running: number(&is_running) == 1,
        count: number(&count),
        sequencer: Some(text(&sequencer)).filter(|text| !text.is_empty()),
    }))
}

/// Whether a second event has nothing more to do.
fn is_final(status: &str) -> bool {
    matches!(status, "complete" | "partial" | "empty")
}

/// Whether what was committed stays, and the rest is to be done.
fn is_to_go_on(status: &str) -> bool {
    matches!(status, "running" | "unfinished" | "failed")
}

/// A sequencer so that two of one key compare as texts: S3 leaves trailing zeros out.
fn padded(sequencer: &str) -> String {
    let digits = sequencer.chars().filter(char::is_ascii_alphanumeric).take(SEQUENCER_DIGITS);
    format!("{:0<SEQUENCER_DIGITS$}", digits.collect::<String>().to_ascii_uppercase())
}

impl Claim {
    /// Takes note that the file is checked and is not refused: its rows are stored from its start on.
    /// An error means that the lease may be over.
    pub(crate) async fn decide<H: Host>(
        &self,
        client: &Client<'_, H>,
        from: Position,
        has_rejects: bool,
    ) -> Result<bool, CallError> {
        let sql = format!(
            "UPDATE rowgate_loads SET is_decided = 1, {SET_POSITION}, {SET_COUNTS}, \
             lease_until = {LEASE_END} WHERE load_id = :load_id AND holder = :holder \
             AND status = 'running' AND {IS_CURRENT}"
        );
        let statement = from.bind(Counts::default().bind(self.statement(sql)));
        let statement = statement.with("lease", &self.lease.seconds);
        let decided = bind_object(self, statement).run(client).await?;
        if has_rejects {
            forget_rejects(client, self).await?;
        }
        Ok(decided.number_of_records_updated == 1)
    }

    /// Keeps by what the file is read, while it is this holder's.
    pub(crate) async fn keep_read_as<H: Host>(
        &self,
        client: &Client<'_, H>,
        read_as: &str,
    ) -> Result<(), CallError> {
        let sql = "UPDATE rowgate_loads SET read_as = :read_as \
                   WHERE load_id = :load_id AND holder = :holder AND status = 'running'";
        self.statement(sql).with("read_as", read_as).run(client).await.map(drop)
    }

    /// Takes note that the attempt has ended, with the report as it is; what is left of the rows
    /// that the database did not take goes away once it is the last attempt.
    pub(crate) async fn finish_file<H: Host>(
        &self,
        client: &Client<'_, H>,
        answer: &StoredResponse,
        has_rejects: bool,
    ) -> Result<(), CallError> {
        let sql = format!(
            "UPDATE rowgate_loads SET status = :status, answer = :answer, {SET_COUNTS}, \
             error_codes = NULLIF(:error_codes, ''), rejected_by_code = NULLIF(:by_code, ''), \
             ended_at = UTC_TIMESTAMP(3) \
             WHERE load_id = :load_id AND holder = :holder AND status = 'running'"
        );
        let statement =
            self.statement(sql).with("status", answer.summary.status).with("answer", &answer.body);
        let statement = answer.summary.bind_codes(statement);
        answer.summary.counts.bind(statement).run(client).await?;
        if has_rejects {
            forget_rejects(client, self).await?;
        }
        Ok(())
    }

    /// Takes note that the attempt has broken off, so that the next one need not wait.
    pub(crate) async fn break_off<H: Host>(
        &self,
        client: &Client<'_, H>,
        status: &str,
    ) -> Result<(), CallError> {
        let sql = "UPDATE rowgate_loads SET status = :status, ended_at = UTC_TIMESTAMP(3) \
                   WHERE load_id = :load_id AND holder = :holder AND status = 'running'";
        self.statement(sql).with("status", status).run(client).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequencers_compare_after_padding() {
        let shorter = padded("0055AED6DCD90281E5");
        assert_eq!(shorter.len(), SEQUENCER_DIGITS);
        assert!(shorter < padded("0055aed6dcd90281e500A"));
        assert!(padded("0055AED6DCD90281E4FF") < shorter);
        assert_eq!(shorter, padded("0055AED6DCD90281E500"));
        assert!(padded("") < padded("1"));
    }
}
