//! How the program speaks, as its options say.

use std::sync::OnceLock;

use clap::ValueEnum;

/// A process has one terminal, so this is the process's.
static MANNER: OnceLock<Manner> = OnceLock::new();

/// How the program speaks; each command has these options.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options of all commands")]
pub(crate) struct Manner {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print errors and the outcome alone: no progress, no advice
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Name each call of a service on standard error, with its time
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    /// Colours: on a terminal unless NO_COLOR is set, or always, or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

impl Manner {
    /// From here on the program speaks so.
    pub(crate) fn take_on(self) {
        if self.color != Colour::Auto {
            let is_always = self.color == Colour::Always;
            console::set_colors_enabled(is_always);
            console::set_colors_enabled_stderr(is_always);
        }
        // Only the first call counts; there is one.
        let _ = MANNER.set(self);
    }
}

/// Whether only errors and outcomes are printed.
pub(crate) fn is_quiet() -> bool {
    MANNER.get().is_some_and(|manner| manner.quiet)
}

/// Whether each call is named.
pub(crate) fn is_verbose() -> bool {
    MANNER.get().is_some_and(|manner| manner.verbose)
}
