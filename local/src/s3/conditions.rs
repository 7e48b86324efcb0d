//! `If-Match` and `If-None-Match` of a reading call, which s3s-fs overlooks.

use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Result, s3_error};

/// The conditions of one call.
pub(super) struct Conditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl Conditions {
    pub(super) fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Says 412 or 304 for an object that is there and has this ETag.
    pub(super) fn check(&self, e_tag: Option<&ETag>) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(wanted) => e_tag.is_some_and(|found| found.weak_cmp(wanted)),
        };
        if self.if_match.as_ref().is_some_and(|condition| !is(condition)) {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }
        if self.if_none_match.as_ref().is_some_and(is) {
            return Err(s3_error!(NotModified, "Not Modified"));
        }
        Ok(())
    }
}
