//! `rowgate deploy` and `rowgate destroy`: the AWS side and the Worker, without a checkout.

mod access_keys;
mod account;
mod choices;
mod destroy;
mod preflight;
mod program;
mod stack;
mod tables;
mod worker;

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::home::Home;
use crate::schema;
use crate::signals;
use crate::terminal::{self, Columns, Line};
use account::Account;
use choices::{Choices, Stage};
pub(crate) use destroy::{DestroyArgs, run as run_destroy};
use preflight::Preflight;
use program::Program;
use stack::{Outcome, Stack};

/// Put rowgate into AWS and Cloudflare: the stack, the tables in the database, the Worker.
///
/// First it looks for everything that would stop it halfway, lists all problems, and makes nothing while
/// there is one. It can be repeated: what is not given stays as it is, the tables of --schema as well. AWS's
/// credentials and region are those of the environment; Cloudflare's are wrangler's.
#[derive(Debug, clap::Args)]
pub(crate) struct DeployArgs {
    /// Another stage has another stack (rowgate-STAGE) and another Worker
    #[arg(long, default_value = "production")]
    stage: Stage,

    #[command(flatten)]
    choices: Choices,

    /// Give the Worker a new access key, and delete the one before
    #[arg(long)]
    rotate_key: bool,

    /// Only look whether it can be deployed; nothing is made
    #[arg(long)]
    check: bool,

    /// Go on without asking
    #[arg(long, short)]
    yes: bool,

    #[arg(from_global)]
    json: bool,
}

/// Deploys; `schema` is the file that is named.
pub(crate) async fn run(args: &DeployArgs, schema: Option<&Path>) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("rowgate-deploy-").tempdir()?;
    let home = Home::find(folder.path())?;
    ensure!(
        !home.is_checkout(),
        "this is a checkout of rowgate: make deploy has all choices of docs/deploy.md"
    );
    program::require_static()?;
    // Fetched before anything is made.
    home.wrangler()?;
    // Read here as well, before anything is made.
    schema::of_file(schema)?;
    let given = schema::text_given(schema)?;
    let account = Account::from_environment()?;
    let stack = Stack::look(&account, args.stage.stack()).await?;
    let kind = args.choices.kind(&stack)?;
    let mut parameters = args.choices.parameters(&stack, kind)?;
    let template = home.template(kind.name())?;

    let preflight =
        Preflight { account: &account, stack: &stack, template: &template, home: &home };
    let identity = preflight.look(&args.choices).await?;
    if args.check {
        return Ok(());
    }
    confirm(args, &account, &identity)?;

    let place = program::Place::of(&account, &identity).await?;
    let tables = place.tables(&stack, given).await?;
    let file = folder.path().join(schema::FILE);
    std::fs::write(&file, &tables)?;
    let program = Program::pack(&tables)?;
    parameters.extend(place.put_program(&program).await?);
    let template = place.put_template(&template).await?;
    let became = "CloudFormation goes on with what it has begun; rowgate deploy goes on from there";
    let stack = deploy_stack(&account, &stack, kind, &template, parameters).await;
    let stack = stack.map_err(|error| signals::told(error, became))?;

    place.put_tables(&stack, &tables).await?;
    tables::migrate(&account, &stack, &file).await?;
    let worker =
        worker::Upload { home: &home, account: &account, stack: &stack, stage: &args.stage };
    worker.deploy(args.rotate_key, &file).await?;
    print(args, &stack.outputs)
}

/// A protected cluster would keep a first creation that fails from being undone: it is protected once the
/// stack is there.
async fn deploy_stack(
    account: &Account,
    stack: &Stack,
    kind: choices::Kind,
    template: &str,
    parameters: stack::Parameters,
) -> Result<Stack> {
    if kind == choices::Kind::New && stack.is_new() {
        let mut open = parameters.clone();
        open.insert("Protected".to_owned(), Some("false".to_owned()));
        stack.deploy(account, template, &open).await?;
        let there = Stack::look(account, &stack.name).await?;
        there.deploy(account, template, &parameters).await?;
    } else if stack.deploy(account, template, &parameters).await? == Outcome::Unchanged {
        terminal::advise(&format!("the stack {} is as it was", stack.name));
    }
    Stack::look(account, &stack.name).await
}

/// What is made may cost money and gives rights, so it is asked for.
fn confirm(args: &DeployArgs, account: &Account, identity: &str) -> Result<()> {
    if args.yes {
        return Ok(());
    }
    let (stack, region) = (args.stage.stack(), account.region());
    let question = format!(
        "deploy the stack {stack}, with roles and rights of its own, into account {identity}, {region}? [y/N]"
    );
    ensure!(answer(&question)?.eq_ignore_ascii_case("y"), "nothing is done");
    Ok(())
}

/// What a person answers; an error where no person reads.
fn answer(question: &str) -> Result<String> {
    if !io::stdin().is_terminal() {
        bail!("this asks before it goes on, and standard input is no terminal: give --yes");
    }
    write!(io::stderr(), "rowgate: {question} ")?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The names that other commands need.
fn print(args: &DeployArgs, outputs: &BTreeMap<String, String>) -> Result<()> {
    let mut out = terminal::out();
    if args.json {
        return Ok(out.json(outputs)?);
    }
    if terminal::is_for_people() {
        let mut columns = Columns::new(&["name", "value"]);
        for (name, value) in outputs {
            columns.push(vec![Line::plain(name), Line::plain(value)]);
        }
        return Ok(out.columns(&columns)?);
    }
    for (name, value) in outputs {
        writeln!(out, "{name}  {value}")?;
    }
    Ok(())
}
