//! The time zone of date-times that do not say theirs.

use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::date_time::offset_minutes;

/// A time zone without summer time: UTC, or an offset from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone {
    minutes: i64,
}

impl TimeZone {
    /// The forms that [`of`](Self::of) reads.
    pub const FORMS: &'static str = "UTC or an offset such as +02:00";

    /// Reads `UTC`, or an offset between `-23:59` and `+23:59`.
    pub fn of(text: &str) -> Option<Self> {
        let zone = if text == "UTC" { "Z" } else { text };
        offset_minutes(zone.as_bytes()).map(|minutes| Self { minutes })
    }

    /// How far its clocks are ahead of UTC.
    pub(crate) fn seconds(self) -> i64 {
        self.minutes * 60
    }
}

impl TryFrom<String> for TimeZone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::of(&text).ok_or_else(|| format!("time_zone is {}", Self::FORMS))
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        let sign = if zone.minutes < 0 { '-' } else { '+' };
        let minutes = zone.minutes.abs();
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_utc_or_an_offset() {
        for (text, seconds) in [
            ("UTC", Some(0)),
            ("Z", Some(0)),
            ("+02:00", Some(7_200)),
            ("-09:30", Some(-34_200)),
            ("", None),
            ("utc", None),
            ("02:00", None),
            ("+2", None),
            ("+24:00", None),
            ("Europe/Berlin", None),
        ] {
            let zone = TimeZone::of(text);
            assert_eq!(zone.map(TimeZone::seconds), seconds, "{text}");
            let again = zone.map(|zone| TimeZone::try_from(String::from(zone)).unwrap());
            assert_eq!(again, zone, "{text}");
        }
    }
}
