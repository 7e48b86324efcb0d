//! Where a service of an account is.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::aws::operation::Service;
use crate::base::lookup::{Lookup, SettingsError, required};

/// Where one of an account's services answers, in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEndpoint(String);

impl AccountEndpoint {
    /// Reads `AWS_REGION`, and `AWS_ENDPOINT_URL` to go elsewhere than to the service's own endpoint.
    pub fn read(service: Service, lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let [region] = required(lookup, ["AWS_REGION"])?;
        let given = lookup("AWS_ENDPOINT_URL").filter(|url| !url.is_empty());
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let name = service.signing_name();
        Ok(Self(match (given, service) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Service::Iam) if region.starts_with("cn-") => {
                format!("https://iam.cn-north-1.{suffix}")
            }
            (None, Service::Iam) => format!("https://iam.{suffix}"),
            (None, _) => format!("https://{name}.{region}.{suffix}"),
        }))
    }

    /// The URL of a path, which begins with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn endpoint(service: Service, region: &str, url: Option<&str>) -> AccountEndpoint {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ENDPOINT_URL" => url.map(ToOwned::to_owned),
            _ => None,
        };
        AccountEndpoint::read(service, &lookup).unwrap()
    }

    #[test]
    fn each_service_has_its_own_host_and_one_is_the_same_in_all_regions() {
        for (service, region, expected) in [
            (
                Service::CloudFormation,
                "eu-west-1",
                "https://cloudformation.eu-west-1.amazonaws.com/",
            ),
            (Service::Sts, "eu-west-1", "https://sts.eu-west-1.amazonaws.com/"),
            (Service::Rds, "cn-north-1", "https://rds.cn-north-1.amazonaws.com.cn/"),
            (Service::Iam, "eu-west-1", "https://iam.amazonaws.com/"),
            (Service::Iam, "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn/"),
        ] {
            assert_eq!(endpoint(service, region, None).url("/"), expected);
        }
        let elsewhere = endpoint(Service::Iam, "eu-west-1", Some("http://127.0.0.1:1/"));
        assert_eq!(elsewhere.url("/"), "http://127.0.0.1:1/");
    }
}
