//! The time zone of date-times that do not say theirs.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

use super::date_time::offset_minutes;
use super::issue::RowErrorKind;
#[cfg(feature = "zones")]
use super::zone::Zone;

/// A time zone: UTC, an offset from it, or one by its name, whose clocks are put forward and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(ZoneKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ZoneKind {
    Offset {
        minutes: i64,
    },
    #[cfg(feature = "zones")]
    Named(&'static Zone),
}

/// How far clocks are ahead of UTC when they show a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Once(i64),
    /// They show it once more after they are put back: first with more, then with less.
    Twice(i64, i64),
    /// They never show it, since they are put forward past it.
    Skipped,
}

/// No clock is further ahead of UTC, or behind it.
const DAY: i64 = 86_400;

impl TimeZone {
    /// The forms that [`of`](Self::of) reads.
    pub const FORMS: &'static str = if cfg!(feature = "zones") {
        "UTC, an offset such as +02:00, or a name such as Europe/Berlin"
    } else {
        "UTC or an offset such as +02:00"
    };

    /// Reads `UTC`, an offset between `-23:59` and `+23:59`, or a name of the IANA's time zones where they are
    /// built in.
    pub fn of(text: &str) -> Option<Self> {
        let zone = if text == "UTC" { "Z" } else { text };
        let offset = offset_minutes(zone.as_bytes()).map(|minutes| ZoneKind::Offset { minutes });
        offset.or_else(|| Self::named(text)).map(Self)
    }

    #[cfg(feature = "zones")]
    fn named(text: &str) -> Option<ZoneKind> {
        Zone::of(text).map(ZoneKind::Named)
    }

    #[cfg(not(feature = "zones"))]
    fn named(_: &str) -> Option<ZoneKind> {
        None
    }

    /// How far its clocks are ahead of UTC at a second since the Unix epoch.
    #[cfg_attr(
        not(feature = "zones"),
        allow(unused_variables, reason = "an offset is one at all times")
    )]
    pub(crate) fn ahead_at(self, moment: i64) -> i64 {
        match self.0 {
            ZoneKind::Offset { minutes } => minutes * 60,
            #[cfg(feature = "zones")]
            ZoneKind::Named(zone) => zone.ahead_at(moment),
        }
    }

    /// How far they are ahead when they show a time, which is counted as if they showed UTC. Fails at a time
    /// that they show twice, or never.
    pub(crate) fn ahead_of(self, local: i64) -> Result<i64, RowErrorKind> {
        match self.clock(local) {
            Clock::Once(ahead) => Ok(ahead),
            Clock::Twice(first, second) => {
                let zone = self.to_string();
                Err(RowErrorKind::AmbiguousTime {
                    zone,
                    offsets: Box::new([first, second].map(offset_text)),
                })
            }
            Clock::Skipped => Err(RowErrorKind::SkippedTime { zone: self.to_string() }),
        }
    }

    /// How far they are ahead when they show a time.
    pub(crate) fn clock(self, local: i64) -> Clock {
        // A day before and a day later the clocks have been, or will be, as they are before and after a change.
        let [first, second] = [local - DAY, local + DAY].map(|moment| self.ahead_at(moment));
        let is_shown = |ahead: i64| self.ahead_at(local - ahead) == ahead;
        match (is_shown(first), is_shown(second)) {
            (true, true) if first != second => Clock::Twice(first, second),
            (true, _) => Clock::Once(first),
            (false, true) => Clock::Once(second),
            (false, false) => Clock::Skipped,
        }
    }
}

fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl core::fmt::Display for TimeZone {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            ZoneKind::Offset { minutes } => f.write_str(&offset_text(minutes * 60)),
            #[cfg(feature = "zones")]
            ZoneKind::Named(zone) => f.write_str(zone.name()),
        }
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
        zone.to_string()
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
            ("02:00", None),
            ("+2", None),
            ("+24:00", None),
            ("Europe/Berlinn", None),
        ] {
            let zone = TimeZone::of(text);
            assert_eq!(zone.map(|zone| zone.ahead_at(0)), seconds, "{text}");
            assert_eq!(zone.map(|zone| zone.clock(0)), seconds.map(Clock::Once), "{text}");
            let again = zone.map(|zone| TimeZone::try_from(String::from(zone)).unwrap());
            assert_eq!(again, zone, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "zones")]
    fn a_time_that_clocks_show_twice_or_never_is_told() {
        let zone = TimeZone::of("Europe/Berlin").unwrap();
        assert_eq!(TimeZone::try_from(String::from(zone)), Ok(zone));
        // 2021-10-31 02:30:00 and 2021-03-28 02:30:00, as if they were UTC.
        assert_eq!(zone.clock(1_635_647_400), Clock::Twice(7_200, 3_600));
        assert_eq!(zone.clock(1_616_898_600), Clock::Skipped);
        assert_eq!(zone.clock(1_635_647_400 - 3_600), Clock::Once(7_200));
        assert_eq!(zone.clock(1_635_647_400 + 3_600), Clock::Once(3_600));
        let twice = zone.ahead_of(1_635_647_400).unwrap_err().to_string();
        assert!(twice.contains("Europe/Berlin") && twice.contains("+02:00 or +01:00"), "{twice}");
        let skipped = zone.ahead_of(1_616_898_600).unwrap_err().to_string();
        assert!(skipped.contains("Europe/Berlin"), "{skipped}");
        // A whole day that Samoa skipped: 2011-12-30 12:00:00.
        let samoa = TimeZone::of("Pacific/Apia").unwrap();
        assert_eq!(samoa.clock(1_325_246_400), Clock::Skipped);
    }
}
