//! A value that several requests change, each for a moment.

#[cfg(not(any(feature = "avro", feature = "gzip", feature = "sigv4")))]
use core::cell::RefCell as Inner;
#[cfg(any(feature = "avro", feature = "gzip", feature = "sigv4"))]
use std::sync::Mutex as Inner;

/// A value that several requests change. Without the standard library it is for one thread.
#[derive(Debug)]
pub(crate) struct Shared<T>(Inner<T>);

impl<T> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    /// Looks at the value, or changes it; nothing may wait meanwhile.
    #[cfg(any(feature = "avro", feature = "gzip", feature = "sigv4"))]
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // A change that has panicked has set one member after the other, each of which means something.
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The same without the standard library.
    #[cfg(not(any(feature = "avro", feature = "gzip", feature = "sigv4")))]
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.0.borrow_mut())
    }
}
