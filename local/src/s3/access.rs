//! The door of the store: who has signed may do everything, unless a fault is due.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use super::call::{Call, Target};
use super::faults::S3FaultKind;
use super::operation::S3Operation;
use crate::faults::{Faults, interrupt};

/// Stands behind the check of the signature, so that a stranger uses up no fault.
pub(super) struct Door {
    pub(super) faults: Arc<Faults<S3Operation, S3FaultKind>>,
}

#[async_trait::async_trait]
impl S3Access for Door {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let name = context.s3_op().name().to_owned();
        let fault = self.faults.strike(S3Operation::from_name(&name).as_ref());
        let kind = fault.as_ref().map(|fault| fault.kind);
        let key = context.s3_path().as_object().map(|(_, key)| key.to_owned());
        if let Some(call) = context.extensions_mut().get::<Arc<Call>>() {
            *call.target() = Target { operation: Some(name), key, fault };
        }

        match kind {
            Some(S3FaultKind::Latency(time)) => tokio::time::sleep(time).await,
            Some(S3FaultKind::Interrupt(pid)) => interrupt(pid).await,
            _ => {}
        }
        kind.and_then(S3FaultKind::error).map_or(Ok(()), Err)
    }
}
