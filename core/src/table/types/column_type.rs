//! The one list of the column types, and the one place that tells them apart.

use alloc::borrow::Cow;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::bigint_unsigned::BigintUnsigned;
use super::binary::Binary;
use super::bit::Bit;
use super::boolean::Boolean;
use super::char::Char;
use super::comparable::Comparable;
use super::date::Date;
use super::date_time::DateTime;
use super::decimal::Decimal;
use super::definition::{Definition, Rules};
use super::enumeration::Enumeration;
use super::float::Float;
use super::int::Int;
use super::json::Json;
use super::key_kind::KeyKind;
use super::local_date_time::LocalDateTime;
use super::set::Set;
use super::text::Text;
use super::time::Time;
use super::timestamp::Timestamp;
use super::varchar::Varchar;
use super::year::Year;
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// Makes the type of all column types, which answers by the definition of the one it is.
macro_rules! column_types {
    (
        fixed { $($(#[$doc:meta])* $Type:ident,)* }
        listed { $($(#[$listed_doc:meta])* $Listed:ident,)* }
    ) => {
        /// What a column holds, and within which bounds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ColumnType {
            $($(#[$doc])* $Type($Type),)*
            $($(#[$listed_doc])* $Listed($Listed),)*
        }

        impl ColumnType {
            /// The type that `information_schema.columns` names so (`int unsigned`, `varchar(30)`),
            /// without a display width but that of `tinyint(1)`; `format` is what the column's COMMENT says of it, `collation`
            /// the column's own, utf8mb4's default where it is not given.
            ///
            /// `None` of a type that rowgate does not know. What a type lists is kept for the life of the process.
            pub fn of(name: &str, format: Option<&str>, collation: Option<&str>) -> Option<Self> {
                // Most columns list nothing, and a start asks for all of them.
                if let Some(found) = Self::fixed(name, format, collation) {
                    return Some(found);
                }
                $(
                    if let Some(found) = $Listed::of(name, format, collation) {
                        return Some(Self::$Listed(found));
                    }
                )*
                None
            }

            /// The same of a type that lists nothing.
            const fn fixed(
                name: &str,
                format: Option<&str>,
                collation: Option<&str>,
            ) -> Option<Self> {
                let (format, collation) = (bytes(format), bytes(collation));
                $(
                    if let Some(found) = $Type::of(name.as_bytes(), format, collation) {
                        return Some(Self::$Type(found));
                    }
                )*
                None
            }
        }

        impl Definition for ColumnType {
            column_types! { @ask ($($Type)* $($Listed)*)
                fn expected(self) -> &'static str;
                fn sql_name(self) -> String;
                fn character_set(self) -> Option<&'static str>;
                fn reads_as_value(self, cell: &str) -> Option<bool>;
                fn takes_offset(self) -> bool;
                fn takes_document(self) -> bool;
                fn most_bytes(self) -> u64;
                fn is_by_the_clock(self) -> bool;
                fn notation(self) -> Notation;
                fn source(self) -> &'static str;
                fn written(self, source: &str) -> String;
                fn canonical(self, column: &str) -> String;
                fn digest(self, column: &str) -> String;
                fn exact(self, column: &str) -> String;
                fn answer(self) -> Answer;
                fn key_kind(self) -> KeyKind;
                fn comparable(self) -> Comparable;
                fn avro(self) -> AvroType;
                fn accepts(self, value: AvroValue) -> bool;
                fn accepted(self) -> &'static str;
            }

            fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
                match self {
                    $(Self::$Type(it) => it.parse(field, rules),)*
                    $(Self::$Listed(it) => it.parse(field, rules),)*
                }
            }

            fn read<'a>(self, answer: Cow<'a, str>) -> Option<Cow<'a, str>> {
                match self {
                    $(Self::$Type(it) => it.read(answer),)*
                    $(Self::$Listed(it) => it.read(answer),)*
                }
            }

            fn digested<'a>(self, canonical: &'a str) -> Cow<'a, str> {
                match self {
                    $(Self::$Type(it) => it.digested(canonical),)*
                    $(Self::$Listed(it) => it.digested(canonical),)*
                }
            }
        }
    };
    (@ask $types:tt $(fn $name:ident(self $(, $given:ident: $Given:ty)?) -> $Answer:ty;)*) => {
        $(column_types! { @one $types $name ($($given: $Given)?) $Answer })*
    };
    (@one ($($Type:ident)*) $name:ident ($($given:ident: $Given:ty)?) $Answer:ty) => {
        fn $name(self $(, $given: $Given)?) -> $Answer {
            column_types! { @match self ($($Type)*) $name ($($given)?) }
        }
    };
    (@match $self:ident ($($Type:ident)*) $name:ident $given:tt) => {
        match $self {
            $(Self::$Type(it) => it.$name $given,)*
        }
    };
}

column_types! {
    fixed {
    /// TINYINT to BIGINT.
    Int,
    /// VARCHAR.
    Varchar,
    /// A VARCHAR with `format=date-time`.
    DateTime,
    /// BOOLEAN, which is TINYINT(1).
    Boolean,
    /// BIGINT UNSIGNED.
    BigintUnsigned,
    /// DECIMAL.
    Decimal,
    /// DATE.
    Date,
    /// DATETIME.
    LocalDateTime,
    /// CHAR.
    Char,
    /// TINYTEXT to LONGTEXT.
    Text,
    /// YEAR.
    Year,
    /// TIME.
    Time,
    /// DOUBLE and FLOAT.
    Float,
    /// BIT.
    Bit,
    /// BINARY to LONGBLOB.
    Binary,
    /// JSON.
    Json,
    /// TIMESTAMP.
    Timestamp,
    }
    listed {
    /// ENUM.
    Enumeration,
    /// SET.
    Set,
    }
}

impl ColumnType {
    /// The type of this name, as [`of`](Self::of) takes it, for a table that is written in code; none that lists
    /// its values.
    ///
    /// # Panics
    ///
    /// Where there is no such type; of a `static`, that ends the build.
    pub const fn known(name: &str, format: Option<&str>, collation: Option<&str>) -> Self {
        match Self::fixed(name, format, collation) {
            Some(known) => known,
            None => panic!("not a column type that rowgate knows"),
        }
    }
}

const fn bytes(text: Option<&str>) -> Option<&[u8]> {
    match text {
        Some(text) => Some(text.as_bytes()),
        None => None,
    }
}
