//! Who sends a request.

/// Who sends a request.
#[derive(Clone, Copy)]
pub(super) enum Caller<'h> {
    /// The holder of the key that was presented.
    Unknown(&'h str),
    /// Whom API Gateway has let in, by the id of the key.
    Admitted(&'h str),
}

impl Caller<'_> {
    /// Where the request came in, for the history.
    pub(super) fn door(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "http",
            Self::Admitted(_) => "gateway",
        }
    }
}
