//! Where a request goes: its path and its method.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::problem::Problem;
use crate::aws::http::Response;

pub(super) enum Route<'h> {
    Health,
    /// The key's loads.
    Loads,
    /// One of them, by its id.
    Load(Cow<'h, str>),
    Described(Described<'h>),
    OpenApi,
    Post(Post<'h>),
}

/// The routes that say something of the key's tables, which `tables.rs` answers.
pub(super) enum Described<'h> {
    /// The tables that the key may fill.
    List,
    /// One of them, by its name.
    Table(Cow<'h, str>),
}

/// The routes that take rows.
pub(super) enum Post<'h> {
    Tables,
    Table(Cow<'h, str>),
}

impl<'h> Route<'h> {
    /// The route of a path, whose segments are decoded one by one: an encoded slash parts nothing.
    /// One slash at the end does not count.
    pub(super) fn of(path: &'h str) -> Result<Self, Problem> {
        let path = path.strip_prefix('/').ok_or_else(unknown_route)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<Cow<'h, str>> = path.split('/').map(decode).collect::<Result<_, _>>()?;
        let names: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
        match names.as_slice() {
            ["health"] => Ok(Self::Health),
            ["loads"] => Ok(Self::Loads),
            ["loads", _] => Ok(Self::Load(segments[1].clone())),
            ["tables"] => Ok(Self::Described(Described::List)),
            ["openapi.json"] => Ok(Self::OpenApi),
            ["schema", file] => match file.strip_suffix(".json") {
                Some(name) => Ok(Self::Described(Described::Table(Cow::Owned(name.to_owned())))),
                None => Err(unknown_route()),
            },
            ["insert_data"] => Ok(Self::Post(Post::Tables)),
            ["tables", _, "rows"] => Ok(Self::Post(Post::Table(segments[1].clone()))),
            _ => Err(unknown_route()),
        }
    }

    /// Refuses a method that the route does not have.
    pub(super) fn check_method(&self, method: &str) -> Result<(), Problem> {
        if self.methods().split(", ").any(|known| known == method) {
            return Ok(());
        }
        let detail = format!("this route has the methods {}", self.methods());
        Err(Problem::new(405, "wrong_method", detail).header("allow", self.methods()))
    }

    /// The answer to OPTIONS.
    pub(super) fn options(&self) -> Response {
        let allow = ("allow".to_owned(), self.methods().to_owned());
        Response { status: 204, headers: vec![allow], body: Vec::new() }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Post(_) => "POST, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }
}

fn unknown_route() -> Problem {
    Problem::new(404, "unknown_route", "there is no such route")
}

fn decode(segment: &str) -> Result<Cow<'_, str>, Problem> {
    let bad_path = || {
        let detail = "a % in the path is followed by two hexadecimal digits, and the text is UTF-8";
        Problem::new(400, "bad_path", detail)
    };
    let is_code =
        |rest: &str| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
    if !segment.split('%').skip(1).all(is_code) {
        return Err(bad_path());
    }
    percent_encoding::percent_decode_str(segment).decode_utf8().map_err(|_| bad_path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn name(path: &str) -> Result<Cow<'_, str>, u16> {
        Ok(match Route::of(path).map_err(|problem| problem.response().status)? {
            Route::Health => "health".into(),
            Route::Loads => "loads".into(),
            Route::Load(id) => format!("load {id}").into(),
            Route::Described(Described::List) => "list".into(),
            Route::Described(Described::Table(table)) => format!("schema {table}").into(),
            Route::OpenApi => "openapi".into(),
            Route::Post(Post::Tables) => "tables".into(),
            Route::Post(Post::Table(table)) => format!("table {table}").into(),
        })
    }

    #[test]
    fn segments_are_decoded_one_by_one() {
        for (path, expected) in [
            ("/health", Ok("health")),
            ("/health/", Ok("health")),
            ("/%68ealth", Ok("health")),
            ("/loads/%61b", Ok("load ab")),
            ("/loads/", Ok("loads")),
            ("/tables", Ok("list")),
            ("/schema/a%2Fb.json", Ok("schema a/b")),
            ("/schema/jobs", Err(404)),
            ("/openapi.json", Ok("openapi")),
            ("/insert_data/", Ok("tables")),
            ("/tables/%6aobs/rows", Ok("table jobs")),
            ("/tables/%6Aobs/%72ows/", Ok("table jobs")),
            ("/tables/a%2Fb/rows", Ok("table a/b")),
            ("/tables/a%252Fb/rows", Ok("table a%2Fb")),
            ("/tables/%C3%A9/rows", Ok("table é")),
            ("/tables%2Fjobs%2Frows", Err(404)),
            ("/tables/jobs/rows/x", Err(404)),
            ("/tables/jobs//rows", Err(404)),
            ("//health", Err(404)),
            ("/health//", Err(404)),
            ("health", Err(404)),
            ("", Err(404)),
            ("/", Err(404)),
            ("*", Err(404)),
            ("/tables/%/rows", Err(400)),
            ("/tables/%6/rows", Err(400)),
            ("/tables/%zz/rows", Err(400)),
            ("/tables/%+1/rows", Err(400)),
            ("/tables/%FF/rows", Err(400)),
            ("/tables/%6é/rows", Err(400)),
        ] {
            assert_eq!(name(path).as_deref(), expected.as_deref(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_table_is_found_however_its_name_is_encoded(table in "[a-z%/é]{1,8}", all in any::<bool>()) {
            let encode = |byte: u8| match byte {
                b'a'..=b'z' if !all => char::from(byte).to_string(),
                byte => format!("%{byte:02x}"),
            };
            let path = format!("/tables/{}/rows", table.bytes().map(encode).collect::<String>());
            prop_assert_eq!(name(&path), Ok(format!("table {table}").into()));
        }

        #[test]
        fn no_path_is_too_odd(path in any::<String>(), some in "[/%0-9a-f]{0,20}") {
            let _ = (name(&path), name(&some));
        }
    }
}
