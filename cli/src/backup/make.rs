//! `rowgate backup` itself.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rowgate_core::avro::Codec;
use rowgate_core::backup::{self, BackupOptions, MOST_PARALLEL, OnObstacle, Services};
use rowgate_core::schema::Schema;

use super::print::print;
use crate::arguments::{PlaceArgs, tables_named};
use crate::progress::{of_rows, show};
use crate::session::Session;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct MakeArgs {
    #[command(flatten)]
    place: PlaceArgs,

    /// Table to back up [default: all]; repeatable
    #[arg(long = "table")]
    tables: Vec<String>,

    /// How blocks are packed
    #[arg(long, value_name = "CODEC", default_value = "snappy", value_parser = codec())]
    codec: Codec,

    /// Read each table in N places at the same time, from 2 to 8, and without the snapshot: rows
    /// that are written meanwhile may or may not be in the backup
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        hide_default_value = true,
        value_parser = parse_parallel
    )]
    parallel: usize,

    /// Leave out tables that a restore would refuse, since they are not as the schema says
    #[arg(long, conflicts_with = "accept")]
    skip: bool,

    /// Back such tables up all the same: the schema's columns of them
    #[arg(long)]
    accept: bool,
}

impl MakeArgs {
    fn on_obstacle(&self) -> OnObstacle {
        match (self.skip, self.accept) {
            (true, _) => OnObstacle::Skip,
            (_, true) => OnObstacle::Accept,
            _ => OnObstacle::Refuse,
        }
    }
}

/// Reads a codec by the name that files have for it.
fn codec() -> impl TypedValueParser<Value = Codec> {
    let names = PossibleValuesParser::new(Codec::WRITTEN.iter().map(|codec| codec.name()));
    names.try_map(|name| Codec::named(&name).ok_or("not known"))
}

fn parse_parallel(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_PARALLEL).contains(number));
    number.ok_or_else(|| format!("a number from 1 to {MOST_PARALLEL}"))
}

pub(super) async fn run(args: &MakeArgs, schema: Schema) -> Result<()> {
    let tables = match args.tables.is_empty() {
        true => schema.tables().iter().collect(),
        false => tables_named(schema, &args.tables)?,
    };
    let session = Session::from_environment();
    let (database, s3) = (&session.database()?, &session.s3()?);
    let services = Services { schema, database, s3, bucket: args.place.bucket()? };
    let bar = of_rows();
    let options = BackupOptions {
        codec: args.codec,
        parallel: args.parallel,
        on_obstacle: args.on_obstacle(),
    };
    let manifest =
        backup::backup(&services, &tables, options, |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    let what = if args.skip { "left out" } else { "accepted" };
    for obstacle in &manifest.obstacles {
        writeln!(terminal::errors(), "{what}: {obstacle}")?;
    }
    print(&args.place, &manifest)
}
