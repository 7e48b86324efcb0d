//! The database that calls go to.

use alloc::format;
use alloc::string::String;

use crate::base::lookup::{Lookup, SettingsError, required};

/// The most bytes that one request may have, headers and JSON notation included (4 MiB).
pub const REQUEST_LIMIT: usize = 4 << 20;

/// The database that calls go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where the service answers, without a trailing slash.
    pub endpoint: String,
    /// The Aurora cluster.
    pub resource_arn: String,
    /// The Secrets Manager secret with the database user's name and password.
    pub secret_arn: String,
    /// The database's name.
    pub database: String,
}

impl Target {
    /// Reads `DB_CLUSTER_ARN`, `DB_SECRET_ARN`, `DB_NAME`, and `DATA_API_ENDPOINT` or else the
    /// region's own endpoint by `AWS_REGION`.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let names = ["AWS_REGION", "DB_CLUSTER_ARN", "DB_SECRET_ARN", "DB_NAME"];
        let [region, resource_arn, secret_arn, database] = required(lookup, names)?;
        let endpoint = lookup("DATA_API_ENDPOINT").filter(|endpoint| !endpoint.is_empty());
        Ok(Self {
            endpoint: endpoint
                .map_or_else(|| regional_endpoint(&region), |it| it.trim_end_matches('/').into()),
            resource_arn,
            secret_arn,
            database,
        })
    }
}

/// By the service's endpoint rules: China has a suffix of its own.
fn regional_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://rds-data.{region}.{suffix}")
}
