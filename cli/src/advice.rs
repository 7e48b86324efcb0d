//! What is to be done about an error, in a sentence.

use anyhow::Error;

/// Words of an error, of which one is enough, and what they come to.
///
/// The codes are AWS's and MySQL's own, as the core shows them.
const ADVICE: [(&[&str], &str); 8] = [
    (
        &["ExpiredToken", "ExpiredTokenException", "RequestExpired"],
        "the AWS credentials have expired: get new ones (aws sso login, or your account's way), and set \
         AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew",
    ),
    (
        &["UnrecognizedClient", "InvalidClientTokenId", "InvalidAccessKeyId"],
        "AWS does not know the access key: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of temporary \
         credentials, AWS_SESSION_TOKEN to those of one sign-in",
    ),
    (
        &["InvalidSignatureException", "SignatureDoesNotMatch"],
        "the signature is wrong: AWS_SECRET_ACCESS_KEY is not that of AWS_ACCESS_KEY_ID, or this machine's \
         clock is",
    ),
    (
        &["MySQL error 1049"],
        "there is no such database on the cluster: set DB_NAME to one that is there",
    ),
    (
        &["MySQL error 1044", "MySQL error 1142", "MySQL error 1045"],
        "the database user may not do this: set DB_SECRET_ARN to the secret of one that may; \
         rowgate migrate --users gives the rights",
    ),
    (
        &["SecretsErrorException"],
        "the Data API cannot read the database user's secret: set DB_SECRET_ARN to the secret of a user of this \
         cluster, in its region, which these AWS credentials may read",
    ),
    (&["NoSuchBucket"], "there is no such bucket: set DATA_BUCKET, or give --bucket"),
    (
        &["AccessDenied"],
        "these AWS credentials may not do this: docs/deploy.md lists the rights that each part needs",
    ),
];

/// What begins the error of settings that are not there, which says which; and what comes behind it.
const MISSING: &str = "settings missing";
const WHERE: &str = "each is a variable of the environment; what is no secret may be a line of rowgate.toml, which rowgate \
     init writes (docs/settings.md); for a stack on this machine rowgate dev prints them all";

/// An error with what to do about it.
pub(crate) fn with_advice(error: &Error) -> String {
    let text = format!("{error:#}");
    let is_about = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match ADVICE.iter().find(|(words, _)| is_about(words)) {
        _ if text.contains(MISSING) => format!("{text}\n{WHERE}"),
        Some((_, advice)) => format!("{advice}\n{text}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use rowgate_core::SettingsError;

    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let expired = with_advice(&anyhow!("ExpiredTokenException (HTTP 403)").context("jobs.csv"));
        assert!(expired.starts_with("the AWS credentials have expired: "), "{expired}");
        assert!(expired.ends_with("\njobs.csv: ExpiredTokenException (HTTP 403)"), "{expired}");
        let missing = with_advice(&SettingsError::Missing(vec!["DB_NAME"]).into());
        assert!(missing.starts_with("settings missing: DB_NAME\neach is a variable"), "{missing}");
        let secret = with_advice(&anyhow!("SecretsErrorException (HTTP 400)"));
        assert!(secret.contains("set DB_SECRET_ARN to the secret of a user"), "{secret}");
        assert_eq!(with_advice(&anyhow!("no such file")), "no such file");
    }
}
