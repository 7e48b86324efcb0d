//! The tables as a process believes them, and looks at the live database by which it comes to do so.
//!
//! A schema.json is never believed alone: before the first write, and then at most every so many seconds, the
//! columns, types, defaults and keys of its tables are compared with what the database says. Behind that time
//! nothing is written without another look.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::introspect::{self, IntrospectError, Server};
use crate::aws::host::{CallError, Client, Host};
use crate::base::lookup::{Lookup, SettingsError, invalid};
use crate::base::shared::Shared;
use crate::table::schema::{Renewal, Schema};

/// The setting.
const NAME: &str = "SCHEMA_LOOK_SECONDS";

/// How long a look is believed unless the setting says otherwise, and at most.
const SECONDS: f64 = 60.0;
const MOST_SECONDS: f64 = 3_600.0;

/// Doubts lead to a look at most so often.
const DOUBTS: Duration = Duration::from_secs(60);

/// A look so young needs no second one for a name that it does not have.
const MOMENT: Duration = Duration::from_secs(1);

/// How often a request looks whether another one's look has ended.
const WAIT: Duration = Duration::from_millis(20);

/// After so long a look that has not ended is given up, since the request that began it is gone.
const LOST_AFTER: Duration = Duration::from_secs(20);

/// The most bytes that tables may take that were found changed: they are never given back.
const MOST_BYTES: usize = 16 << 20;

/// The tables that a process writes, as its last look found them. Clones share it.
#[derive(Debug, Clone)]
pub struct LiveSchema {
    listed: Schema,
    /// How long a look is believed; `None` where none is made.
    interval: Option<Duration>,
    looks: Arc<Shared<Looks>>,
}

/// What the looks have come to.
#[derive(Debug)]
struct Looks {
    now: Schema,
    server: Option<Server>,
    /// When the last one was begun that succeeded, since the Unix epoch; `None` if its tables are doubted.
    looked: Option<Duration>,
    /// When the tables were last doubted.
    doubted: Option<Duration>,
    /// When the one in flight was begun.
    in_flight: Option<Duration>,
    /// How many have failed, and how the last one of them.
    failures: u64,
    error: Option<LookError>,
    /// Bytes of tables that were found changed.
    bytes: usize,
}

/// Why the live tables could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookError {
    /// A call failed.
    Call(CallError),
    /// The database's description of its tables is not readable.
    Unreadable,
    /// The tables have changed too often for one process.
    TooManyChanges,
}

impl fmt::Display for LookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "the live tables are not known: {error}"),
            Self::Unreadable => {
                f.write_str("the database's description of its tables is not readable")
            }
            Self::TooManyChanges => f.write_str(
                "the live tables have changed too often since the program was started; start it anew",
            ),
        }
    }
}

impl core::error::Error for LookError {}

impl From<IntrospectError> for LookError {
    fn from(error: IntrospectError) -> Self {
        match error {
            IntrospectError::Call(error) => Self::Call(error),
            IntrospectError::Unreadable | IntrospectError::NoSuchTable(_) => Self::Unreadable,
        }
    }
}

/// What a request is to do for the tables.
enum Turn {
    /// Nothing: these are believed.
    Believe(Schema),
    /// Look, if it is known what at.
    Look(Option<Server>),
    /// Wait for another request's look.
    Wait,
    /// Give up: the look that it has waited for has failed.
    Fail(LookError),
}

impl LiveSchema {
    /// These tables, at which no look is made.
    pub fn still(schema: Schema) -> Self {
        Self::looking(schema, None)
    }

    /// These tables with looks by the setting `SCHEMA_LOOK_SECONDS`: how long one is believed, 0 to 3,600
    /// (60), or `off`. Tables that are written in code are never looked at.
    ///
    /// # Errors
    ///
    /// Where the setting is neither.
    pub fn read(lookup: Lookup<'_>, schema: Schema) -> Result<Self, SettingsError> {
        let text = lookup(NAME).unwrap_or_default();
        let wrong = || invalid(NAME, "not a number of seconds from 0 to 3600, and not off");
        let seconds = match text.trim() {
            "" => SECONDS,
            "off" => return Ok(Self::still(schema)),
            text => text.parse().map_err(|_| wrong())?,
        };
        if !(0.0..=MOST_SECONDS).contains(&seconds) {
            return Err(wrong());
        }
        let can_look = !schema.described().is_empty();
        Ok(Self::looking(schema, can_look.then(|| Duration::from_secs_f64(seconds))))
    }

    #[allow(
        clippy::arc_with_non_send_sync,
        reason = "without the standard library there is one thread"
    )]
    fn looking(listed: Schema, interval: Option<Duration>) -> Self {
        let looks = Looks {
            now: listed,
            server: None,
            looked: None,
            doubted: None,
            in_flight: None,
            failures: 0,
            error: None,
            bytes: 0,
        };
        Self { listed, interval, looks: Arc::new(Shared::new(looks)) }
    }

    /// The tables as they are believed, however long ago the last look was: for what does not write.
    pub fn believed(&self) -> Schema {
        self.looks.with(|looks| looks.now)
    }

    /// The tables as they may be written to: those of a look that is young enough, or of one that this makes.
    /// One request looks, and the others wait for it.
    ///
    /// # Errors
    ///
    /// Where the look fails: then nothing can be written either.
    pub async fn current<H: Host>(&self, client: &Client<'_, H>) -> Result<Schema, LookError> {
        let Some(interval) = self.interval else { return Ok(self.believed()) };
        let failures = self.looks.with(|looks| looks.failures);
        loop {
            let now = client.host().now();
            match self.looks.with(|looks| looks.turn(now, interval, failures)) {
                Turn::Believe(schema) => return Ok(schema),
                Turn::Look(server) => return self.look(client, now, server).await,
                Turn::Wait if client.is_out_of_time() => {
                    return Err(LookError::Call(CallError::OutOfTime));
                }
                Turn::Wait => client.host().sleep(WAIT).await,
                Turn::Fail(error) => return Err(error),
            }
        }
    }

    /// Takes note that the tables may be others: a name is not known, or the database has refused one.
    /// Whether the next write looks anew because of that: at most once in the time for which a look is
    /// believed, and not behind a look of this moment.
    pub fn doubt(&self, host: &impl Host) -> bool {
        let Some(interval) = self.interval else { return false };
        self.looks.with(|looks| looks.doubt(host.now(), interval))
    }

    async fn look<H: Host>(
        &self,
        client: &Client<'_, H>,
        now: Duration,
        known: Option<Server>,
    ) -> Result<Schema, LookError> {
        // A request that is given up in the middle lets another one look.
        let _in_flight = LookInFlight { looks: &self.looks, begun: now };
        let found = self.find(client, known).await;
        self.looks.with(|looks| looks.take(now, found))
    }

    /// A call for 50 tables, and the first time another one.
    async fn find<H: Host>(
        &self,
        client: &Client<'_, H>,
        known: Option<Server>,
    ) -> Result<(Server, Renewal), LookError> {
        let server = match known {
            Some(server) => server,
            None => introspect::server(client).await?,
        };
        let names = self.listed.described().iter().map(|table| table.name.as_str());
        let live = introspect::tables(client, &server, &names.collect::<Vec<_>>()).await?;
        Ok((server, self.listed.renewed(self.believed(), &live)))
    }
}

impl Looks {
    fn turn(&mut self, now: Duration, interval: Duration, failures: u64) -> Turn {
        let since = |time: Duration| now.saturating_sub(time);
        if self.looked.is_some_and(|looked| since(looked) < interval) {
            return Turn::Believe(self.now);
        }
        if self.bytes > MOST_BYTES {
            return Turn::Fail(LookError::TooManyChanges);
        }
        if let Some(error) = self.error.as_ref().filter(|_| self.failures != failures) {
            return Turn::Fail(error.clone());
        }
        if self.in_flight.is_some_and(|begun| since(begun) < LOST_AFTER) {
            return Turn::Wait;
        }
        self.in_flight = Some(now);
        Turn::Look(self.server.clone())
    }

    fn doubt(&mut self, now: Duration, interval: Duration) -> bool {
        let is_within = |time: Option<Duration>, most: Duration| {
            time.is_some_and(|time| now.saturating_sub(time) < most)
        };
        if is_within(self.looked, MOMENT) || is_within(self.doubted, interval.min(DOUBTS)) {
            return false;
        }
        self.doubted = Some(now);
        self.looked = None;
        true
    }

    /// Takes over what a look that was begun then has found.
    fn take(
        &mut self,
        begun: Duration,
        found: Result<(Server, Renewal), LookError>,
    ) -> Result<Schema, LookError> {
        let found = found.inspect_err(|error| {
            self.failures += 1;
            self.error = Some(error.clone());
        });
        let (server, Renewal { schema, bytes }) = found?;
        self.server = Some(server);
        self.now = schema;
        self.bytes += bytes;
        self.looked = Some(begun);
        Ok(schema)
    }
}

/// A look that is being made.
struct LookInFlight<'l> {
    looks: &'l Shared<Looks>,
    begun: Duration,
}

impl Drop for LookInFlight<'_> {
    fn drop(&mut self) {
        self.looks.with(|looks| looks.in_flight.take_if(|begun| *begun == self.begun));
    }
}
