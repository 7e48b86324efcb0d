//! `rowgate completions` and `rowgate man`, made of the options themselves.

use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;

/// Print what lets a shell complete rowgate's commands and options.
///
/// For bash: rowgate completions bash > ~/.local/share/bash-completion/completions/rowgate
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the man page, or write those of all commands into a folder.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder, such as ~/.local/share/man/man1
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(crate) fn complete(args: &CompletionsArgs, mut command: Command) {
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut io::stdout());
}

pub(crate) fn man(args: &ManArgs, command: Command) -> Result<()> {
    let Some(folder) = &args.output else {
        return Ok(clap_mangen::Man::new(command).render(&mut io::stdout())?);
    };
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| folder.display().to_string())
}
