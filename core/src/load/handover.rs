//! Hands a large object to the state machine that loads it in parts.

use alloc::format;
use alloc::string::String;

use serde_json::json;

use super::claimed::{to_claim, told};
use super::error::LoadError;
use super::object_ref::ObjectRef;
use super::options::{LoadOptions, PATIENCE};
use super::report::{LoadReport, Status};
use super::services::LoadServices;
use super::table_file::TableFile;
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::step_functions::{StartExecution, StepFunctionsEndpoint};
use crate::ledger::{self, Attempts};

/// Why an object is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// S3 has told of it, perhaps more than once.
    Event,
    /// It is asked for, perhaps after an attempt that has failed.
    Hand,
}

/// Has the state machine load an object, if there is one: once for each version and each time that it
/// was put, and whenever that is asked for by hand while no attempt is at it.
pub(super) async fn hand_over<H: Host>(
    services: &LoadServices<'_, H>,
    object: &ObjectRef,
    occasion: Occasion,
    options: &LoadOptions,
) -> Result<Option<LoadReport>, LoadError> {
    let LoadServices { settings, database, .. } = services;
    let Some(machine) = &settings.bulk.state_machine_arn else { return Ok(None) };
    let Ok(TableFile { table, .. }) = TableFile::of_path(settings.schema.believed(), &object.key)
    else {
        return Ok(None);
    };
    let host = services.host();
    let load_id = to_claim(object, table, options).load_id();
    let time = database.time_left();
    let client = Client::new(host, &settings.bulk.endpoint, time).patient(PATIENCE);
    let machine = Machine { client, arn: machine, load_id: &load_id };
    let status = match (occasion, &object.sequencer) {
        // An execution that there was before is this event's.
        (Occasion::Event, Some(sequencer)) => {
            machine.start(object, sequencer).await.map(|_| Status::Started)
        }
        _ => machine.start_by_hand(database, object).await,
    }?;
    let report = LoadReport::begin(host, options.clone(), 0);
    let (table, object) = (Some(table.name), Some(object.clone()));
    Ok(Some(LoadReport { load_id, table, object, status, ..report }))
}

/// The state machine, and the load that it is to be started for.
struct Machine<'m, H> {
    client: Client<'m, H, StepFunctionsEndpoint>,
    arn: &'m str,
    load_id: &'m str,
}

impl<H: Host> Machine<'_, H> {
    /// Starts an execution that no other start is to repeat; `false` if there was one of this name.
    async fn start(&self, object: &ObjectRef, suffix: &str) -> Result<bool, LoadError> {
        let name: String = format!("{}-{suffix}", self.load_id).chars().take(80).collect();
        let input = json!({ "object": object });
        let start = StartExecution { state_machine_arn: self.arn, name: &name, input: &input };
        match self.client.call(&start, Repeat::Harmless).await {
            Ok(()) => Ok(true),
            Err(CallError::Api(error)) if error.is_already_there() => Ok(false),
            Err(error) => {
                Err(LoadError::Machine(format!("the state machine was not started: {error}")))
            }
        }
    }

    /// Starts an execution unless an attempt is at the file. Until the execution has claimed the file
    /// a second start has the same name, so that it starts none.
    async fn start_by_hand(
        &self,
        database: &Client<'_, H>,
        object: &ObjectRef,
    ) -> Result<Status, LoadError> {
        let found = told(ledger::find_attempts(database, self.load_id).await)?;
        let Attempts { is_running, count, sequencer } = found;
        if is_running {
            return Ok(Status::AlreadyRunning);
        }
        let sequencer = object.sequencer.clone().or(sequencer);
        let object = ObjectRef { sequencer, ..object.clone() };
        if self.start(&object, &format!("by-hand-{count}")).await? {
            return Ok(Status::Started);
        }
        // That one has ended before it came to claim the file.
        let seconds = self.client.host().now().as_secs();
        match self.start(&object, &format!("by-hand-{count}-{seconds}")).await? {
            true => Ok(Status::Started),
            false => Ok(Status::AlreadyRunning),
        }
    }
}
