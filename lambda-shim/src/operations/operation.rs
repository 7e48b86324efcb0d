//! What every operation has.

use rowgate_core::Host;
use rowgate_core::schema::Schema;
use serde::Serialize;

use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// A request for an operation.
pub(super) trait Operation: Sized {
    /// By this name it is asked for.
    const NAME: &'static str;

    /// What is answered, in JSON.
    type Answer: Serialize;

    /// Reads `{"rowgate":NAME,…}`, whose tables are of this schema.
    ///
    /// An error may name members, since a person has written them, and no value of a text's.
    fn read(request: &str, schema: Schema) -> Result<Self, EventError>;

    /// Does it within the invocation's time.
    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<Self::Answer, Failure>;
}
