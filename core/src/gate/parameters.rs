//! The query of a request, name by name.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::problem::Problem;

/// How much of an unknown name is shown.
const SHOWN_CHARS: usize = 64;

/// A name and its value, decoded.
pub(super) type Parameter<'q> = (Cow<'q, str>, Cow<'q, str>);

/// The parameters of a query. One that the route does not know, or that is given twice, is refused:
/// it was meant to do something.
pub(super) fn parameters<'q>(
    query: &'q str,
    known: &[&str],
) -> Result<Vec<Parameter<'q>>, Problem> {
    let mut parameters: Vec<Parameter<'q>> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&&*name) {
            return Err(unknown(&name, known));
        }
        if parameters.iter().any(|(earlier, _)| *earlier == name) {
            return Err(bad_parameter(format!("{name} is given twice; give it once")));
        }
        parameters.push((name, value));
    }
    Ok(parameters)
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let name: String = name.chars().take(SHOWN_CHARS).collect();
    bad_parameter(match known {
        [] => format!("{name} is unknown; this route has no parameters"),
        known => format!("{name} is unknown; the parameters are: {}", known.join(", ")),
    })
}

pub(super) fn bad_parameter(detail: String) -> Problem {
    Problem::new(400, "bad_parameter", detail)
}
