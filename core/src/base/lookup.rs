//! Looks up settings: names into values, or every name that is missing.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Finds a setting by its name: an environment variable, or a Worker's binding.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// Why the settings are missing or invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsError {
    /// These are not set, or empty.
    Missing(Vec<&'static str>),
    /// This setting has an invalid value.
    Invalid {
        /// The setting.
        name: &'static str,
        /// What is wrong with it, without its value.
        reason: String,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => write!(f, "settings missing: {}", names.join(", ")),
            Self::Invalid { name, reason } => write!(f, "setting {name}: {reason}"),
        }
    }
}

impl core::error::Error for SettingsError {}

/// Reads settings that must be there; the error names all that are not.
pub(crate) fn required<const N: usize>(
    lookup: Lookup<'_>,
    names: [&'static str; N],
) -> Result<[String; N], SettingsError> {
    let values = names.map(|name| lookup(name).unwrap_or_default());
    let missing: Vec<_> =
        names.iter().zip(&values).filter(|(_, value)| value.is_empty()).map(|(n, _)| *n).collect();
    if missing.is_empty() { Ok(values) } else { Err(SettingsError::Missing(missing)) }
}

/// Reads a whole number; `None` if it is not set, or empty.
pub(crate) fn number<T: core::str::FromStr>(
    lookup: Lookup<'_>,
    name: &'static str,
) -> Result<Option<T>, SettingsError> {
    let text = lookup(name).filter(|text| !text.is_empty());
    let number = text.map(|text| text.parse().map_err(|_| invalid(name, "not a whole number")));
    number.transpose()
}

/// The error of a setting whose value is invalid; the reason is without the value.
pub(crate) fn invalid(name: &'static str, reason: &str) -> SettingsError {
    SettingsError::Invalid { name, reason: reason.to_owned() }
}
