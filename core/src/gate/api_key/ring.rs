//! The keys that may write.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use subtle::ConstantTimeEq;

use super::entry::{EntryJson, KeyEntry, KeyRingError};
use super::key::{ApiKey, GATEWAY};
use crate::table::schema::Schema;

/// The most keys that a ring holds.
pub const KEY_LIMIT: usize = 25;

/// The most bytes of a ring's JSON: `API_KEYS` must fit a Workers variable of 5 KB.
const SIZE_LIMIT: usize = 5_000;

/// The keys that are let in.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    entries: Vec<KeyEntry>,
}

impl KeyRing {
    /// Reads `API_KEYS`: `[{"id", "sha256", "tables", "expires"}, …]`, at most 25 entries.
    ///
    /// `sha256` is the digest of the whole key in hexadecimal, `tables` names what the key may
    /// write (`["*"]` for all), `expires` is an RFC 3339 date-time and optional. A key that API
    /// Gateway checks has no digest here, and the id `gateway:<its id there>`.
    pub fn from_json(json: &str, schema: Schema) -> Result<Self, KeyRingError> {
        let error = |e: serde_json::Error| {
            KeyRingError(format!("not a list of keys (line {}, column {})", e.line(), e.column()))
        };
        let list: Vec<EntryJson> = serde_json::from_str(json).map_err(error)?;
        let mut ring = Self::default();
        for item in list {
            ring.add(KeyEntry::from_json(item, schema)?)?;
        }
        Ok(ring)
    }

    /// Takes one more key; on an error the ring is as it was.
    pub fn add(&mut self, entry: KeyEntry) -> Result<(), KeyRingError> {
        if self.entries.len() == KEY_LIMIT {
            return Err(KeyRingError(format!("at most {KEY_LIMIT} keys fit")));
        }
        if self.entries.iter().any(|other| other.id == entry.id) {
            return Err(entry.error("appears twice"));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Removes a key by its id and answers whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// The keys, in the order of `API_KEYS`.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.entries
    }

    /// The value of `API_KEYS`, one entry a line; an error if that is too long for a variable.
    pub fn to_json(&self) -> Result<String, KeyRingError> {
        let entries: Vec<_> = self.entries.iter().map(KeyEntry::to_json).collect();
        let json = format!("[\n{}\n]\n", entries.join(",\n"));
        if json.len() > SIZE_LIMIT {
            let (length, limit) = (json.len(), SIZE_LIMIT);
            return Err(KeyRingError(format!("{length} bytes of keys; at most {limit} fit")));
        }
        Ok(json)
    }

    /// The entry of a key as it was presented, if it is known and has not expired.
    ///
    /// Takes the same time for a wrong secret as for an unknown id. `now` is the time since the
    /// Unix epoch.
    pub fn check(&self, presented: &str, now: Duration) -> Option<&KeyEntry> {
        let key = ApiKey::parse(presented)?;
        let digest = key.digest();
        let entry = self.entries.iter().find(|entry| entry.id == key.id());
        let expected = entry.and_then(|entry| entry.digest);
        let same = bool::from(digest.ct_eq(&expected.unwrap_or_default()));
        entry.filter(|entry| same && expected.is_some() && !entry.has_expired(now))
    }

    /// The entry of a key that API Gateway has checked, by the id that it has there.
    ///
    /// `gateway:<id>`, or else `gateway:*` for every other key. An empty id is a request whose
    /// key was not checked, and gets none.
    pub fn admitted(&self, gateway_id: &str, now: Duration) -> Option<&KeyEntry> {
        if gateway_id.is_empty() {
            return None;
        }
        let named = |id: &str| {
            let is_named = |entry: &&KeyEntry| entry.id.strip_prefix(GATEWAY) == Some(id);
            self.entries.iter().find(is_named)
        };
        named(gateway_id).or_else(|| named("*")).filter(|entry| !entry.has_expired(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{OFFICE, table};

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn key(seed: u8) -> ApiKey {
        let mut byte = seed;
        ApiKey::generate(|| {
            byte = byte.wrapping_mul(5).wrapping_add(77);
            byte
        })
    }

    fn ring(entries: &[String]) -> Result<KeyRing, KeyRingError> {
        KeyRing::from_json(&format!("[{}]", entries.join(",")), OFFICE)
    }

    #[test]
    fn a_key_has_42_letters_and_digits_and_its_id_in_front() {
        let key = key(1);
        assert_eq!(key.expose().len(), 42);
        assert!(key.expose().starts_with(&format!("rg{}", key.id())));
        assert_eq!(ApiKey::parse(key.expose()), Some(key.clone()));
        for wrong in ["", "rg", &key.expose()[1..], &format!("{}x", key.expose()), "é"] {
            assert_eq!(ApiKey::parse(wrong), None, "{wrong}");
        }
        assert_eq!(ApiKey::parse(&key.expose().replace(key.id(), "a-c d!'\"")), None);
    }

    #[test]
    fn a_key_of_api_gateway_is_known_by_its_id_there() {
        let ring = KeyRing::from_json(
            r#"[{"id":"gateway:abc123","tables":["jobs"]},
                {"id":"gateway:old","tables":["*"],"expires":"2020-01-01T00:00:00Z"}]"#,
            OFFICE,
        )
        .unwrap();
        let (jobs, employees) = (table("jobs").unwrap(), table("employees").unwrap());
        let entry = ring.admitted("abc123", NOW).unwrap();
        assert!(entry.allows(jobs) && !entry.allows(employees));
        for unknown in ["", "abc", "*", "old"] {
            assert!(ring.admitted(unknown, NOW).is_none(), "{unknown}");
        }
        // Its id opens no other door.
        assert!(ring.check("gateway:abc123", NOW).is_none());

        let all = KeyRing::from_json(r#"[{"id":"gateway:*","tables":["*"]}]"#, OFFICE).unwrap();
        assert!(all.admitted("whatever", NOW).unwrap().allows(employees));
        assert!(all.admitted("", NOW).is_none());
        assert_eq!(KeyRing::from_json(&all.to_json().unwrap(), OFFICE).unwrap().entries().len(), 1);
        let digest = "0".repeat(64);
        for wrong in [
            r#"{"id":"gateway:a b","tables":["*"]}"#.to_owned(),
            r#"{"id":"gateway:","tables":["*"]}"#.to_owned(),
            r#"{"id":"abcdefgh","tables":["*"]}"#.to_owned(),
            format!(r#"{{"id":"gateway:a","sha256":"{digest}","tables":["*"]}}"#),
        ] {
            assert!(KeyRing::from_json(&format!("[{wrong}]"), OFFICE).is_err(), "{wrong}");
        }
    }

    #[test]
    fn generating_uses_every_character_alike() {
        // 248 = 4 * 62: all bytes below it hit every character four times, the rest none.
        let mut bytes = 248..=255_u8;
        let key = ApiKey::generate(|| bytes.next().unwrap_or(61));
        assert_eq!(key.expose(), format!("rg{}", "z".repeat(40)));
    }

    #[test]
    fn secrets_are_never_shown() {
        let key = key(1);
        let ring = ring(&[key.entry()]).unwrap();
        let shown = format!("{key:?} {ring:?}");
        assert!(shown.contains(key.id()));
        assert!(!shown.contains(&key.expose()[10..]), "{shown}");
        assert!(!shown.contains(&format!("{:?}", key.digest())), "{shown}");
    }

    #[test]
    fn only_the_very_key_is_let_in() {
        let (known, other) = (key(1), key(2));
        let ring = ring(&[known.entry()]).unwrap();
        assert_eq!(ring.check(known.expose(), NOW).map(KeyEntry::id), Some(known.id()));
        assert!(ring.check(other.expose(), NOW).is_none());
        assert!(ring.check("", NOW).is_none());
        let forged = format!("rg{}{}", known.id(), &other.expose()[10..]);
        assert!(ring.check(&forged, NOW).is_none());
        assert!(KeyRing::default().check(known.expose(), NOW).is_none());
    }

    #[test]
    fn a_key_is_good_for_its_tables_and_until_it_expires() {
        let key = key(1);
        let entry = key
            .entry()
            .replace(r#"["*"]"#, r#"["hired_employees"],"expires":"2027-01-15T08:00:00Z""#);
        let ring = ring(&[entry]).unwrap();
        let entry = ring.check(key.expose(), NOW - Duration::from_secs(1)).unwrap();
        assert!(entry.allows(table("employees").unwrap()));
        assert!(!entry.allows(table("jobs").unwrap()));
        assert!(ring.check(key.expose(), NOW).is_none());
    }

    #[test]
    fn a_faulty_ring_says_which_key() {
        let key = key(1);
        let entry = key.entry();
        for (entries, message) in [
            (vec![entry.replace("\"*\"", "\"cats\"")], "unknown table"),
            (vec![entry.replace("sha256\":\"", "sha256\":\"00")], "64 hexadecimal"),
            (vec![entry.replace("[\"*\"]", "[\"*\"],\"expires\":\"soon\"")], "RFC 3339"),
            (vec![entry.clone(), entry.clone()], "appears twice"),
        ] {
            let error = ring(&entries).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.to_string().contains(key.id()), "{error}");
        }
        let many: Vec<_> = (0..26).map(|seed| self::key(seed).entry()).collect();
        assert!(ring(&many).unwrap_err().to_string().contains("at most 25"));
        for json in ["", "{}", "[{}]", "[{\"id\":\"x\"}]", "null"] {
            assert!(KeyRing::from_json(json, OFFICE).is_err(), "{json}");
        }
    }

    #[test]
    fn a_ring_is_written_as_it_is_read() {
        let (one, two) = (key(1), key(2));
        let scoped = KeyEntry::new(&two).only(&["hired_employees"], OFFICE).unwrap();
        let scoped = scoped.until("2027-01-15T09:00:00+01:00").unwrap();
        let mut ring = KeyRing::default();
        ring.add(KeyEntry::new(&one)).unwrap();
        ring.add(scoped).unwrap();
        assert!(ring.add(KeyEntry::new(&one)).is_err());

        let read = KeyRing::from_json(&ring.to_json().unwrap(), OFFICE).unwrap();
        assert_eq!(read.entries(), ring.entries());
        let entry = &read.entries()[1];
        assert_eq!(entry.tables(), ["employees"]);
        assert_eq!(entry.expires(), Some("2027-01-15T08:00:00Z"));
        assert!(entry.has_expired(NOW) && !entry.has_expired(NOW - Duration::from_secs(1)));
        assert_eq!(read.entries()[0].tables(), ["*"]);

        assert!(ring.remove(one.id()) && !ring.remove(one.id()));
        assert!(ring.check(one.expose(), NOW).is_none());
    }

    #[test]
    fn a_date_is_its_first_second_in_utc() {
        let entry = |text| KeyEntry::new(&key(1)).until(text);
        assert_eq!(entry("2027-01-31").unwrap().expires(), Some("2027-01-31T00:00:00Z"));
        for wrong in ["2027-02-30", "2027-1-31", "tomorrow", "2027-01-31T00:00:00", "1969-12-31"] {
            assert!(entry(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_ring_that_no_variable_holds_is_not_written() {
        let mut ring = KeyRing::default();
        let names = ["departments", "jobs", "employees", "hired_employees"].repeat(3);
        for seed in 0..25 {
            ring.add(KeyEntry::new(&key(seed)).only(&names, OFFICE).unwrap()).unwrap();
        }
        assert!(ring.to_json().unwrap_err().to_string().contains("at most 5000 fit"));
    }

    use alloc::borrow::ToOwned;
    use alloc::string::ToString;
    use alloc::vec;
}
