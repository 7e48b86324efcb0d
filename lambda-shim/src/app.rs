//! What is read once, when the program starts, and kept for every invocation.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use rowgate_core::migrate::Migration;
use rowgate_core::schema::Schema;
use rowgate_core::{Client, Gate, Host, LoadSettings, RequestTime, Settings, SettingsError};
use rowgate_native::{Interruption, NativeHost, from_environment, read_migrations};
use tracing::warn;

use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::tables::{self, StartError};

/// How long one call of a backup or a restore is repeated.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a request may take: API Gateway gives its function up after 29 seconds, of which the start of
/// the program takes some.
pub(crate) const REQUEST_TIME: RequestTime = RequestTime::within(Duration::from_millis(26_500));

/// The state that invocations share; what a Lambda has no settings for stays out.
#[derive(Debug)]
pub(crate) struct App<H> {
    pub(crate) schema: Schema,
    /// Those of the tables, which lie beside the program.
    pub(crate) migrations: Vec<Migration>,
    pub(crate) host: H,
    pub(crate) files: Result<LoadSettings, SettingsError>,
    pub(crate) http: Result<Gate, SettingsError>,
    /// `DATA_BUCKET`.
    pub(crate) bucket: Option<String>,
    pub(crate) metrics: Metrics,
}

impl App<NativeHost> {
    /// Reads the environment's settings and credentials; `interruption` tells it to end.
    pub(crate) async fn from_environment(interruption: &Interruption) -> Result<Self, StartError> {
        let host = NativeHost::from_environment()?.interrupted_by(interruption);
        let schema = tables::read(&host).await?;
        let files = LoadSettings::read(&from_environment, schema);
        let http = Settings::read(&from_environment, schema);
        let http = http.map(|settings| Gate::new(settings, REQUEST_TIME));
        let app = Self::new(schema, host, files, http)?;
        let metrics = Metrics::of(from_environment("AWS_LAMBDA_FUNCTION_NAME"));
        let migrations = read_migrations(&tables::in_package("migrations"))?;
        Ok(Self { migrations, bucket: from_environment("DATA_BUCKET"), metrics, ..app })
    }
}

impl<H> App<H> {
    /// A Lambda for files alone has no `API_KEYS`, so one of the two may be missing.
    pub(crate) fn new(
        schema: Schema,
        host: H,
        files: Result<LoadSettings, SettingsError>,
        http: Result<Gate, SettingsError>,
    ) -> Result<Self, NoSettings> {
        match (&files, &http) {
            (Err(files), Err(http)) => {
                return Err(NoSettings { files: files.clone(), http: http.clone() });
            }
            (Err(error), _) => warn!(%error, "no files: events that name files will fail"),
            (_, Err(error)) => warn!(%error, "no gateway: HTTP requests will get 500"),
            (Ok(_), Ok(_)) => {}
        }
        let (migrations, metrics) = (Vec::new(), Metrics::default());
        Ok(Self { schema, migrations, host, files, http, bucket: None, metrics })
    }

    /// What backups and restores need to know, which is what loads do.
    pub(crate) fn settings(&self) -> Result<&LoadSettings, Failure> {
        self.files.as_ref().map_err(|error| Failure::Unconfigured(error.clone()))
    }

    /// The bucket that an operation names, or else that of the settings.
    pub(crate) fn bucket<'b>(&'b self, named: Option<&'b str>) -> Result<&'b str, Failure> {
        named.or(self.bucket.as_deref()).filter(|name| !name.is_empty()).ok_or(Failure::NoBucket)
    }
}

impl<H: Host> App<H> {
    /// A client that begins no call after this time, and ends within the invocation's.
    pub(crate) fn client<'c, T>(&'c self, target: &'c T, time: Duration) -> Client<'c, H, T> {
        Client::new(&self.host, target, time).patient(PATIENCE).ending()
    }
}

/// There are neither settings for files nor for HTTP.
#[derive(Debug)]
pub(crate) struct NoSettings {
    files: SettingsError,
    http: SettingsError,
}

impl fmt::Display for NoSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for files: {}; for HTTP: {}", self.files, self.http)
    }
}

impl Error for NoSettings {}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use rowgate_core::{Request, Response, SendError, Service, SignError};

    use super::*;

    const START: Duration = Duration::from_secs(1_800_000_000);

    /// A host without a network; its clock moves when it sleeps.
    #[derive(Debug)]
    pub(crate) struct Alone(Cell<Duration>);

    impl Host for Alone {
        fn sign(&self, _: &mut Request, _: Service) -> Result<(), SignError> {
            Ok(())
        }

        async fn send(&self, _: Request) -> Result<Response, SendError> {
            Err(SendError { sent: false, message: "connection refused".to_owned() })
        }

        fn now(&self) -> Duration {
            self.0.get()
        }

        async fn sleep(&self, time: Duration) {
            self.0.set(self.0.get() + time);
        }

        fn random(&self) -> u64 {
            7
        }
    }

    fn setting(name: &str) -> Option<String> {
        Some(match name {
            "AWS_REGION" => "eu-west-1".to_owned(),
            "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => "name".to_owned(),
            "API_KEYS" => "[]".to_owned(),
            _ => return None,
        })
    }

    /// An app with all settings but these.
    pub(crate) fn app_without(missing: &[&'static str]) -> App<Alone> {
        let lookup = |name: &str| setting(name).filter(|_| !missing.contains(&name));
        let schema = Schema::example();
        let files = LoadSettings::read(&lookup, schema);
        let http = Settings::read(&lookup, schema);
        let http = http.map(|settings| Gate::new(settings, REQUEST_TIME));
        App::new(schema, Alone(Cell::new(START)), files, http).unwrap()
    }

    #[test]
    fn one_of_the_two_is_enough() {
        let missing = || SettingsError::Missing(vec!["API_KEYS"]);
        // The others have defaults, and rules for what they may be.
        let is_text = |name: &str| name.starts_with("DB_") || name.starts_with("AWS_");
        let lookup = |name: &str| is_text(name).then(|| name.to_lowercase());
        let schema = Schema::example();
        let files = LoadSettings::read(&lookup, schema);

        assert!(App::new(schema, (), files, Err(missing())).is_ok());
        let no_files = Err(SettingsError::Missing(vec!["DB_NAME"]));
        let none = App::new(schema, (), no_files, Err(missing()));
        assert_eq!(
            none.unwrap_err().to_string(),
            "for files: settings missing: DB_NAME; for HTTP: settings missing: API_KEYS"
        );
    }
}
