//! The services that a command calls, by the settings of its environment.

use std::time::Duration;

use anyhow::Result;
use rowgate_core::data_api::Target;
use rowgate_core::s3::S3Endpoint;
use rowgate_core::{Client, Credentials, SettingsError};
use rowgate_native::NativeHost;

use crate::settings::setting;
use crate::signals;
use crate::terminal;

/// How long one call is repeated: a paused cluster takes half a minute to resume.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client of the Data API.
pub(crate) type Database<'s> = Client<'s, NativeHost>;

/// A client of S3.
pub(crate) type S3<'s> = Client<'s, NativeHost, S3Endpoint>;

/// What the settings say of each service; a command asks for those that it needs.
#[derive(Debug)]
pub(crate) struct Session {
    host: Result<NativeHost, SettingsError>,
    target: Result<Target, SettingsError>,
    endpoint: Result<S3Endpoint, SettingsError>,
}

impl Session {
    /// Reads all settings; what is missing is an error of the service that needs it.
    pub(crate) fn from_environment() -> Self {
        Self {
            host: host().map(|host| host.interrupted_by(signals::interruption())),
            target: Target::read(&setting),
            endpoint: S3Endpoint::read(&setting),
        }
    }

    /// Another database of the same cluster from here on.
    pub(crate) fn set_database(&mut self, name: &str) {
        if let Ok(target) = &mut self.target {
            name.clone_into(&mut target.database);
        }
    }

    /// The host, which a signal tells to end.
    pub(crate) fn host(&self) -> Result<&NativeHost> {
        self.host.as_ref().map_err(|error| error.clone().into())
    }

    /// The database; one call is repeated for two minutes.
    pub(crate) fn database(&self) -> Result<Database<'_>> {
        Ok(self.database_within(Duration::MAX)?.patient(PATIENCE))
    }

    /// The database; no call is begun after this time.
    pub(crate) fn database_within(&self, time: Duration) -> Result<Database<'_>> {
        let target = self.target.as_ref().map_err(Clone::clone)?;
        Ok(Client::new(self.host()?, target, time))
    }

    /// S3; one call is repeated for two minutes.
    pub(crate) fn s3(&self) -> Result<S3<'_>> {
        let endpoint = self.endpoint.as_ref().map_err(Clone::clone)?;
        Ok(Client::new(self.host()?, endpoint, Duration::MAX).patient(PATIENCE))
    }
}

fn host() -> Result<NativeHost, SettingsError> {
    let credentials = Credentials::read(&setting)?;
    let region = setting("AWS_REGION").ok_or_else(|| SettingsError::Missing(vec!["AWS_REGION"]))?;
    let host = NativeHost::new(credentials, region);
    Ok(if terminal::is_verbose() { host.telling(terminal::note) } else { host })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing<T>(name: &'static str) -> Result<T, SettingsError> {
        Err(SettingsError::Missing(vec![name]))
    }

    #[test]
    fn a_command_fails_for_the_settings_that_it_needs() -> Result<()> {
        let credentials = Credentials::read(&|name| Some(name.to_owned()))?;
        let mut session = Session {
            host: Ok(NativeHost::new(credentials, "eu-west-1")),
            target: missing("DB_NAME"),
            endpoint: S3Endpoint::read(&|name| (name == "AWS_REGION").then(|| "eu-west-1".into())),
        };
        session.s3()?;
        let error = session.database().map(drop).map_err(|error| error.to_string());
        assert_eq!(error, Err("settings missing: DB_NAME".to_owned()));

        session.host = missing("AWS_REGION");
        let error = session.s3().map(drop).map_err(|error| error.to_string());
        assert_eq!(error, Err("settings missing: AWS_REGION".to_owned()));
        Ok(())
    }
}
