//! A line in parts that a terminal shows in colours.

use console::{Style, measure_text_width};
use rowgate_core::printable;

/// What a part of a line means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Heading,
    /// Where, when, which: less than what is said of it.
    Aside,
    Good,
    Warning,
    Bad,
}

impl Look {
    fn style(self) -> Style {
        let style = Style::new().force_styling(true);
        match self {
            Self::Plain => style,
            Self::Heading => style.bold(),
            Self::Aside => style.dim(),
            Self::Good => style.green(),
            Self::Warning => style.yellow(),
            Self::Bad => style.red().bold(),
        }
    }

    /// That of a load's status.
    pub(crate) fn of_status(status: &str) -> Self {
        match status {
            "complete" | "empty" | "duplicate" => Self::Good,
            "partial" | "running" | "undone" | "superseded" => Self::Warning,
            _ => Self::Bad,
        }
    }
}

/// A line in parts. What would steer a terminal is shown as `\u001b` and the like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<(Look, String)>);

impl Line {
    /// A line that begins with this.
    pub(crate) fn of(look: Look, text: impl ToString) -> Self {
        Self::default().with(look, text)
    }

    /// A line that begins with this, in no colour.
    pub(crate) fn plain(text: impl ToString) -> Self {
        Self::of(Look::Plain, text)
    }

    /// The same with this behind it, in no colour.
    pub(crate) fn plainly(self, text: impl ToString) -> Self {
        self.with(Look::Plain, text)
    }

    /// The same with a load's status behind it.
    #[allow(clippy::needless_pass_by_value, reason = "a name and a reference to one alike")]
    pub(crate) fn status(self, status: impl ToString) -> Self {
        let status = status.to_string();
        self.with(Look::of_status(&status), status)
    }

    /// The same with this behind it.
    #[allow(clippy::needless_pass_by_value, reason = "texts, and references to them alike")]
    pub(crate) fn with(mut self, look: Look, text: impl ToString) -> Self {
        self.0.push((look, printable(&text.to_string()).into_owned()));
        self
    }

    /// The same with another line behind it.
    pub(super) fn joined(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// How many columns of a terminal it takes.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| measure_text_width(text)).sum()
    }

    pub(super) fn to_text(&self, coloured: bool) -> String {
        let parts = self.0.iter().map(|(look, text)| match coloured && *look != Look::Plain {
            true => look.style().apply_to(text).to_string(),
            false => text.clone(),
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_colours_reach_a_terminal() {
        let line = Line::plain("a\u{1b}[31m").with(Look::Bad, "b\n\u{1b}[0m");
        assert_eq!(line.to_text(false), "a\\u001b[31mb\\u000a\\u001b[0m");
        let coloured = line.to_text(true);
        assert_eq!(
            coloured.replace("\u{1b}[31m\u{1b}[1m", "<").replace("\u{1b}[0m", ">"),
            "a\\u001b[31m<b\\u000a\\u001b[0m>"
        );
        assert_eq!(line.width(), 27);
    }
}
