//! The operation `load`: one object, by hand.

use rowgate_core::schema::Schema;
use rowgate_core::{Host, LoadReport, ObjectRef, Occasion};
use serde::Deserialize;

use super::members::members;
use super::operation::Operation;
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::loads;

/// Load this object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Load(ObjectRef);

impl Operation for Load {
    const NAME: &'static str = "load";

    type Answer = LoadReport;

    fn read(request: &str, _: Schema) -> Result<Self, EventError> {
        let Request { bucket, key, version_id, e_tag, .. } = members(request, Self::NAME)?;
        Ok(Self(ObjectRef { bucket, key, version_id, e_tag, sequencer: None }))
    }

    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<LoadReport, Failure> {
        loads::load(app, &self.0, Occasion::Hand, invocation).await
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "rowgate")]
    _operation: String,
    bucket: String,
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::written;

    #[test]
    fn a_load_names_an_object() {
        assert_eq!(
            Load::read(
                r#"{"rowgate":"load","bucket":"b","key":"jobs/a+b.csv"}"#,
                Schema::example()
            ),
            Ok(Load(written("b", "jobs/a+b.csv")))
        );
        let text = r#"{"rowgate":"load","bucket":"b","key":"k","version_id":"v","e_tag":"e"}"#;
        let (version_id, e_tag) = (Some("v".to_owned()), Some("e".to_owned()));
        let object = ObjectRef { version_id, e_tag, ..written("b", "k") };
        assert_eq!(Load::read(text, Schema::example()), Ok(Load(object)));
    }

    #[test]
    fn a_missing_or_misspelt_member_is_named() {
        for (text, named) in [
            (r#"{"rowgate":"load","bucket":"b"}"#, "missing field `key`"),
            (r#"{"rowgate":"load","bucket":"b","key":"k","etag":"e"}"#, "unknown field `etag`"),
        ] {
            let error = Load::read(text, Schema::example()).unwrap_err().to_string();
            assert!(error.starts_with("bad event: the operation load: "), "{error}");
            assert!(error.contains(named), "{error}");
        }
    }
}
