//! JSON objects of known members, read by one function for all of them.
//!
//! serde's derive writes a reader for each struct. Those of a `schema.json` were a tenth of the page's core, and
//! most of what a Worker compiled before its first answer.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

/// What is read from a JSON object whose members are known; others are refused, as are repeated ones.
pub(crate) trait Members {
    /// The names of its members, at most 32.
    fn names(&self) -> &'static [&'static str];

    /// Which of them have to be there.
    fn needed(&self) -> Needed;

    /// Where the value of a member goes, by its place among the names.
    fn place(&mut self, at: usize) -> MemberPlace<'_>;
}

/// Which members have to be there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needed {
    /// So many, from the first.
    First(usize),
    /// One of them, and no other.
    One,
}

/// Where a value goes, which also says of which type it has to be.
pub(crate) enum MemberPlace<'p> {
    /// A text.
    Text(&'p mut String),
    /// A text or null.
    MaybeText(&'p mut Option<String>),
    /// An array of texts.
    Texts(&'p mut Vec<String>),
    /// One of them.
    NextText(&'p mut Vec<String>),
    /// A whole number.
    Number(&'p mut u32),
    /// A whole number or null.
    MaybeNumber(&'p mut Option<u32>),
    /// An array of whole numbers.
    Numbers(&'p mut Vec<u32>),
    /// One of them.
    NextNumber(&'p mut Vec<u32>),
    /// `true` or `false`.
    Flag(&'p mut bool),
    /// An object.
    Object(&'p mut dyn Members),
    /// An array of objects.
    Objects(&'p mut dyn Begin),
    /// One of them.
    NextObject(&'p mut dyn Begin),
    /// An object or null.
    MaybeObject(&'p mut dyn Begin),
}

/// Takes an object whenever one begins.
pub(crate) trait Begin {
    /// The place of the new object.
    fn begin(&mut self) -> &mut dyn Members;
}

impl<T: Members + Default> Begin for Vec<T> {
    fn begin(&mut self) -> &mut dyn Members {
        self.push(T::default());
        let last = self.len() - 1;
        &mut self[last]
    }
}

impl<T: Members + Default> Begin for Option<T> {
    fn begin(&mut self) -> &mut dyn Members {
        self.insert(T::default())
    }
}

/// What an object says.
///
/// # Errors
///
/// Where a value is of another type, or a member is unknown, repeated or missing.
pub(crate) fn read<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Members + Default,
    D: Deserializer<'de>,
{
    let mut read = T::default();
    MemberPlace::Object(&mut read).deserialize(deserializer)?;
    Ok(read)
}

impl<'de> DeserializeSeed<'de> for MemberPlace<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberPlace<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) | Self::NextText(_) => "a text",
            Self::MaybeText(_) => "a text or null",
            Self::Texts(_) => "an array of texts",
            Self::Number(_) | Self::NextNumber(_) => "a whole number of 32 bits",
            Self::MaybeNumber(_) => "a whole number of 32 bits or null",
            Self::Numbers(_) => "an array of whole numbers",
            Self::Flag(_) => "true or false",
            Self::Object(_) | Self::NextObject(_) => "an object",
            Self::Objects(_) => "an array of objects",
            Self::MaybeObject(_) => "an object or null",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self {
            Self::Text(place) => *place = text.to_owned(),
            Self::MaybeText(place) => *place = Some(text.to_owned()),
            Self::NextText(places) => places.push(text.to_owned()),
            other => return Err(E::invalid_type(Unexpected::Str(text), &other)),
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        let Ok(small) = u32::try_from(number) else {
            return Err(E::invalid_value(Unexpected::Unsigned(number), &self));
        };
        match self {
            Self::Number(place) => *place = small,
            Self::MaybeNumber(place) => *place = Some(small),
            Self::NextNumber(places) => places.push(small),
            other => return Err(E::invalid_type(Unexpected::Unsigned(number), &other)),
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        match self {
            Self::Flag(place) => *place = flag,
            other => return Err(E::invalid_type(Unexpected::Bool(flag), &other)),
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self {
            Self::MaybeText(_) | Self::MaybeNumber(_) | Self::MaybeObject(_) => Ok(()),
            other => Err(E::invalid_type(Unexpected::Unit, &other)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        match self {
            Self::Texts(places) => {
                while elements.next_element_seed(MemberPlace::NextText(&mut *places))?.is_some() {}
            }
            Self::Numbers(places) => {
                while elements.next_element_seed(MemberPlace::NextNumber(&mut *places))?.is_some() {
                }
            }
            Self::Objects(places) => {
                while elements.next_element_seed(MemberPlace::NextObject(&mut *places))?.is_some() {
                }
            }
            other => return Err(A::Error::invalid_type(Unexpected::Seq, &other)),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        match self {
            Self::Object(object) => read_members(object, members),
            Self::NextObject(places) | Self::MaybeObject(places) => {
                read_members(places.begin(), members)
            }
            other => Err(A::Error::invalid_type(Unexpected::Map, &other)),
        }
    }
}

fn read_members<'de, A>(object: &mut dyn Members, mut members: A) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    let names = object.names();
    let mut seen: u32 = 0;
    while let Some(at) = members.next_key_seed(MemberName(names))? {
        if seen >> at & 1 == 1 {
            return Err(A::Error::duplicate_field(names[at]));
        }
        seen |= 1 << at;
        members.next_value_seed(object.place(at))?;
    }
    let missing = match object.needed() {
        Needed::First(count) => (0..count).find(|at| seen >> at & 1 == 0),
        Needed::One if seen.count_ones() == 1 => None,
        Needed::One => {
            let names = names.join(" or ");
            return Err(A::Error::custom(format!("expected one member, {names}")));
        }
    };
    missing.map_or(Ok(()), |at| Err(A::Error::missing_field(names[at])))
}

/// The place of a member's name among those that are known.
struct MemberName(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let at = self.0.iter().position(|known| *known == name);
        at.ok_or_else(|| E::unknown_field(name, self.0))
    }
}
