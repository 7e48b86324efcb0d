//! The calls of AWS that a deployment makes, in one account and region.

use std::time::Duration;

use anyhow::Result;
use rowgate_core::account::{AccountEndpoint, Error, FormAnswer, FormCall, FormService};
use rowgate_core::account::{GetLambda, GetSecretValue};
use rowgate_core::s3::S3Endpoint;
use rowgate_core::{CallError, Client, Credentials, Operation, Repeat, Service, SettingsError};
use rowgate_native::NativeHost;
use serde_json::Value;

use crate::settings::setting;
use crate::{signals, terminal};

/// How long one call is repeated.
const PATIENCE: Duration = Duration::from_secs(60);

/// An account and a region, by the settings of the environment.
pub(super) struct Account {
    host: NativeHost,
    /// IAM has one region for all.
    iam_host: NativeHost,
    region: String,
}

impl Account {
    pub(super) fn from_environment() -> Result<Self> {
        let credentials = Credentials::read(&setting)?;
        let region =
            setting("AWS_REGION").ok_or_else(|| SettingsError::Missing(vec!["AWS_REGION"]))?;
        let of_iam = if region.starts_with("cn-") { "cn-north-1" } else { "us-east-1" };
        let iam_host = host(credentials.clone(), of_iam);
        Ok(Self { host: host(credentials, &region), iam_host, region })
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    pub(super) fn host(&self) -> &NativeHost {
        &self.host
    }

    pub(super) fn s3(&self) -> Result<S3Endpoint> {
        Ok(S3Endpoint::read(&setting)?)
    }

    /// A call that asks, or does no harm if it is made twice.
    pub(super) async fn ask<S: FormService>(
        &self,
        call: FormCall<S>,
    ) -> Result<FormAnswer, CallError<Error>> {
        self.call(S::SERVICE, &call, Repeat::Harmless).await
    }

    /// A call that must not be made twice.
    pub(super) async fn do_once<S: FormService>(
        &self,
        call: FormCall<S>,
    ) -> Result<FormAnswer, CallError<Error>> {
        self.call(S::SERVICE, &call, Repeat::Never).await
    }

    pub(super) async fn lambda(&self, path: String) -> Result<Value, CallError<Error>> {
        self.call(Service::Lambda, &GetLambda { path }, Repeat::Harmless).await
    }

    /// The text of a secret.
    pub(super) async fn secret(&self, secret_arn: &str) -> Result<String, CallError<Error>> {
        let call = GetSecretValue { secret_arn };
        self.call(Service::SecretsManager, &call, Repeat::Harmless).await
    }

    async fn call<O>(
        &self,
        service: Service,
        operation: &O,
        repeat: Repeat,
    ) -> Result<O::Output, CallError<Error>>
    where
        O: Operation<Target = AccountEndpoint, Error = Error>,
    {
        let host = if service == Service::Iam { &self.iam_host } else { &self.host };
        // The region is there, or there would be no account.
        let endpoint = AccountEndpoint::read(service, &|name| match name {
            "AWS_REGION" => Some(self.region.clone()),
            _ => setting(name),
        });
        let endpoint = endpoint
            .map_err(|error| CallError::Sign(rowgate_core::SignError::new(error.to_string())))?;
        Client::new(host, &endpoint, Duration::MAX).patient(PATIENCE).call(operation, repeat).await
    }
}

fn host(credentials: Credentials, region: &str) -> NativeHost {
    let host = NativeHost::new(credentials, region).interrupted_by(signals::interruption());
    if terminal::is_verbose() { host.telling(terminal::note) } else { host }
}
