//! The query of a request.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::problem::Problem;
use crate::ingest::{OnError, Options};
use crate::statement::OnDuplicate;

/// Reads the query; a parameter that is not known is refused, since it was meant to do something.
pub(super) fn options(query: &str) -> Result<Options, Problem> {
    let mut options = Options::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "on_error" => {
                let known = [("reject", OnError::Reject), ("skip", OnError::Skip)];
                options.on_error = one_of("on_error", &value, &known)?;
            }
            "on_duplicate" => {
                let known = [
                    ("fail", OnDuplicate::Fail),
                    ("keep", OnDuplicate::Keep),
                    ("update", OnDuplicate::Update),
                ];
                options.on_duplicate = one_of("on_duplicate", &value, &known)?;
            }
            "strict" => options.strict = flag("strict", &value)?,
            "check_references" => options.check_references = flag("check_references", &value)?,
            "dry_run" => options.dry_run = flag("dry_run", &value)?,
            _ => {
                let names = "on_error, on_duplicate, strict, check_references and dry_run";
                return Err(bad_parameter(format!("the parameters are {names}")));
            }
        }
    }
    // A dry run makes every check.
    options.check_references |= options.dry_run;
    Ok(options)
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    one_of(name, value, &[("true", true), ("false", false)])
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, Problem> {
    let found = known.iter().find(|(text, _)| *text == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let texts: Vec<_> = known.iter().map(|(text, _)| *text).collect();
        bad_parameter(format!("{name} is one of: {}", texts.join(", ")))
    })
}

fn bad_parameter(detail: String) -> Problem {
    Problem::new(400, "bad_parameter", detail)
}
