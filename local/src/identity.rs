//! The credentials and names of one stack.

use std::fmt;

use anyhow::{Result, anyhow};
use axum::http::HeaderMap;
use subtle::ConstantTimeEq;

use crate::identifiers::hex;

/// The region of every stack.
pub const REGION: &str = "us-east-1";

/// The header that carries [`Identity::control_secret`] to a route below `/_rowgate/`.
pub const CONTROL_HEADER: &str = "x-rowgate-control";

/// What the services of one stack know each other by, made at random for each stack.
#[derive(Clone, Eq, PartialEq)]
pub struct Identity {
    /// The only access key that is known.
    pub access_key_id: String,
    /// The secret that signatures are made with.
    pub secret_access_key: String,
    /// The number of the account, 12 digits.
    pub account: String,
    /// The only `resourceArn` that is known.
    pub cluster_arn: String,
    /// The only `secretArn` that is known.
    pub secret_arn: String,
    /// What the routes below `/_rowgate/` want in the header [`CONTROL_HEADER`].
    pub control_secret: String,
}

impl Identity {
    /// Makes a new one. Fails when the machine has no randomness.
    pub fn new() -> Result<Self> {
        let account = format!("{:012}", u64::from_be_bytes(random()?) % 1_000_000_000_000);
        let name = format!("local-{}", hex(&random::<4>()?));
        let suffix = hex(&random::<3>()?);
        Ok(Self {
            access_key_id: format!("LOCAL{}", hex(&random::<8>()?).to_uppercase()),
            secret_access_key: secret()?,
            cluster_arn: format!("arn:aws:rds:{REGION}:{account}:cluster:{name}"),
            secret_arn: format!("arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-{suffix}"),
            account,
            control_secret: secret()?,
        })
    }

    /// Whether a request may use the routes below `/_rowgate/`.
    pub(crate) fn is_control(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(CONTROL_HEADER);
        given.is_some_and(|given| given.as_bytes().ct_eq(self.control_secret.as_bytes()).into())
    }
}

impl fmt::Debug for Identity {
    /// Leaves out the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("access_key_id", &self.access_key_id)
            .field("cluster_arn", &self.cluster_arn)
            .field("secret_arn", &self.secret_arn)
            .finish_non_exhaustive()
    }
}

/// A secret of 40 digits in hex, of which nothing needs to be escaped in any address or file.
pub(crate) fn secret() -> Result<String> {
    Ok(hex(&random::<20>()?))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("this machine gives no random bytes: {error}"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_have_a_part_in_common() {
        let (one, other) = (Identity::new().unwrap(), Identity::new().unwrap());
        let parts = |it: &Identity| {
            let (key, secret) = (it.access_key_id.clone(), it.secret_access_key.clone());
            let (account, control) = (it.account.clone(), it.control_secret.clone());
            [key, secret, account, it.cluster_arn.clone(), it.secret_arn.clone(), control]
        };
        for (one, other) in parts(&one).iter().zip(parts(&other)) {
            assert_ne!(*one, other);
        }
        assert!(one.account.len() == 12 && one.cluster_arn.contains(&one.account));
        let text = format!("{one:?}");
        assert!(!text.contains(&one.secret_access_key) && !text.contains(&one.control_secret));
    }

    #[test]
    fn control_wants_the_secret() {
        let identity = Identity::new().unwrap();
        let headers = |value: Option<&str>| {
            value
                .into_iter()
                .map(|it| (CONTROL_HEADER.parse().unwrap(), it.parse().unwrap()))
                .collect()
        };
        assert!(identity.is_control(&headers(Some(&identity.control_secret))));
        let almost = &identity.control_secret[1..];
        for given in [None, Some(""), Some(almost), Some(&identity.secret_access_key)] {
            assert!(!identity.is_control(&headers(given)));
        }
    }
}
