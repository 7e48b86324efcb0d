"""Fifty files of programs, made after the detector was finished: what it does with what it has not seen.

Their outcomes are written here, before the files are made.
"""

import csv
import gzip
import io
import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import agate
import duckdb
import pandas
import petl
import polars
import pyarrow
import pyarrow.csv
import tablib

import duckdb_files
import mariadb
import polars_files
import postgresql
import sqlite
from entry import answer, bad, by_program
from later_rows import FEW, GOODS, LINES, PEOPLE, SALES, STAFF, TEAMS, TRADES
from logical import changed, columns
from pandas_files import frame
from servers import run

# Where `npm install papaparse csv-stringify @json2csv/plainjs` has put them: the folder of $CORPUS_NODE.
NODE_MODULES = Path(os.environ.get("CORPUS_NODE", "."))


def files():
    return [*with_pandas(), *with_polars(), *with_duckdb(), *with_pyarrow(), *with_libraries(),
            *with_node(), *with_tools(), *with_sqlite(), *with_postgresql(), *with_mariadb()]  # fmt: skip


def with_pandas():
    made = by_program("pandas", pandas.__version__)
    for name, table, rows, options, encoding, words in [
        ("cp1252", "customers", PEOPLE, {"sep": ";", "decimal": ","}, "cp1252",
         "semicolon quotes-minimal lf windows-1252 decimal-comma iso header quotes-inside"),
        ("quoted-tab", "customers", PEOPLE, {"sep": "\t", "quoting": csv.QUOTE_ALL}, "utf-8-sig",
         "tab quotes-all lf utf-8-bom decimal-point iso header quotes-inside"),
        ("pipe-crlf", "products", GOODS, {"sep": "|", "lineterminator": "\r\n"}, "utf-8",
         "pipe quotes-minimal crlf ascii decimal-point iso header"),
        ("float-format", "order_lines", LINES, {"float_format": "%.3f", "decimal": ",", "sep": ";"}, "utf-8",
         "semicolon quotes-none lf ascii decimal-comma header"),
    ]:  # fmt: skip
        content = frame(rows).to_csv(index=False, **options).encode(encoding)
        yield made.read(f"later-pandas-{name}.csv", content, table, rows, words, f"to_csv(index=False, {options})")
    days = frame(SALES)
    days["deliver_on"] = [None if pandas.isna(day) else f"{day:%m/%d/%Y}" for day in days["deliver_on"]]
    yield made.read(
        "later-pandas-mdy.csv", days.to_csv(index=False, date_format="%m/%d/%Y %I:%M %p").encode(), "orders", SALES,
        "comma quotes-minimal lf ascii decimal-point mdy am-pm seconds-absent header",
        "to_csv(index=False, date_format='%m/%d/%Y %I:%M %p')",
    )  # fmt: skip
    early = changed(columns(SALES, "id customer_id ordered_at"), ordered_at=lambda _: "2022-05-04 08:00:00")
    yield made.ask(
        "later-pandas-days.csv", frame(early).to_csv(index=False, date_format="%d/%m/%Y %H:%M").encode(), "orders",
        "date_order",
        [answer(early, date_order="dmy"), answer(changed(early, ordered_at=lambda _: "2022-04-05 08:00:00"), date_order="mdy")],
        "comma quotes-none lf ascii date-undecided seconds-absent header columns-absent",
        "to_csv(index=False, date_format='%d/%m/%Y %H:%M')",
    )  # fmt: skip
    yield made.read(
        "later-pandas-gzip.csv.gz", gzip.compress(frame(SALES).to_csv(index=False, sep=";").encode(), mtime=0), "orders", SALES,
        "semicolon quotes-minimal lf ascii decimal-point iso header gzip", "to_csv(index=False, sep=';'), gzip",
    )  # fmt: skip
    yield made.read(
        "later-pandas-comma-in-cells.csv", frame(SALES).to_csv(index=False, decimal=",").encode(), "orders", SALES,
        "comma quotes-minimal lf ascii decimal-comma iso header", "to_csv(index=False, decimal=',')",
    )  # fmt: skip
    yield made.ask(
        "later-pandas-index.csv", frame(TRADES).to_csv(index_label="no").encode(), "jobs", "unknown_columns",
        [answer(TRADES, ignore_extra="true")], "comma quotes-none lf ascii header header-unknown",
        "to_csv(index_label='no')",
    )  # fmt: skip


def with_polars():
    made = by_program("polars", polars.__version__)
    for name, table, rows, options, words in [
        ("pipe-always", "products", GOODS, {"separator": "|", "quote_style": "always"},
         "pipe quotes-all lf ascii decimal-point iso header booleans-true-false"),
        ("german", "orders", SALES, {"separator": ";", "decimal_comma": True, "date_format": "%d.%m.%Y",
                                     "datetime_format": "%d.%m.%Y %H:%M:%S"},
         "semicolon quotes-minimal lf ascii decimal-comma dmy header booleans-true-false"),
        ("iso-t", "orders", SALES, {"datetime_format": "%Y-%m-%dT%H:%M:%S%.3f"},
         "comma quotes-minimal lf ascii decimal-point iso header booleans-true-false"),
        ("no-header-tab", "products", GOODS, {"separator": "\t", "include_header": False},
         "tab quotes-none lf ascii decimal-point iso no-header booleans-true-false"),
    ]:  # fmt: skip
        content = polars_files.frame(rows).write_csv(**options).encode()
        yield made.read(f"later-polars-{name}.csv", content, table, rows, words, f"write_csv({options})")
    content = polars_files.frame(LINES).write_csv(separator=":").encode()
    yield made.refuse("later-polars-colon.csv", content, "order_lines", "delimiter",
                      "other-delimiter quotes-none lf ascii decimal-point header",
                      "A colon is none of the four delimiters.", "write_csv(separator=':')")  # fmt: skip


def with_duckdb():
    made = by_program("DuckDB", duckdb.__version__)
    for name, table, rows, options, words in [
        ("quoted-semicolon", "customers", PEOPLE, "FORMAT csv, DELIMITER ';', FORCE_QUOTE *",
         "semicolon quotes-all lf utf-8 decimal-point iso header quotes-inside booleans-true-false"),
        ("us", "orders", SALES, "FORMAT csv, DATEFORMAT '%m/%d/%Y', TIMESTAMPFORMAT '%m/%d/%Y %H:%M'",
         "comma quotes-minimal lf ascii decimal-point mdy seconds-absent header booleans-true-false"),
        ("slashes", "orders", SALES, "FORMAT csv, DELIMITER '\t', DATEFORMAT '%Y/%m/%d', TIMESTAMPFORMAT '%Y/%m/%d %H:%M:%S'",
         "tab quotes-none lf ascii decimal-point ymd header booleans-true-false"),
        ("no-header", "customers", PEOPLE, "FORMAT csv, HEADER false",
         "comma quotes-minimal lf utf-8 decimal-point iso no-header quotes-inside booleans-true-false"),
    ]:  # fmt: skip
        content = duckdb_files.copied(rows, options)
        yield made.read(f"later-duckdb-{name}.csv", content, table, rows, words, f"COPY t TO 'file' ({options})")


def with_pyarrow():
    made = by_program("pyarrow", pyarrow.__version__)

    def written(rows, **options):
        out = io.BytesIO()
        table = polars_files.frame(rows).to_arrow()
        pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(**options))
        return out.getvalue()

    for name, table, rows, options, words in [
        ("default", "products", GOODS, {},
         "comma quotes-all lf ascii decimal-point iso header booleans-true-false"),
        ("semicolon", "customers", PEOPLE, {"delimiter": ";"},
         "semicolon quotes-all lf utf-8 decimal-point iso header quotes-inside booleans-true-false"),
        ("needed", "order_lines", LINES, {"quoting_style": "needed", "include_header": False},
         "comma quotes-none lf ascii decimal-point no-header"),
    ]:  # fmt: skip
        yield made.read(f"later-pyarrow-{name}.csv", written(rows, **options), table, rows, words, f"write_csv({options})")


def texts(rows):
    """The rows as lists of texts, NULL as an empty one, behind their names."""
    return [list(rows[0]), *([value or "" for value in row.values()] for row in rows)]


def with_libraries():
    made = by_program("petl", petl.__version__)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "t")
        petl.tocsv(texts(STAFF), path, encoding="utf-16")
        yield made.read("later-petl-utf-16.csv", Path(path).read_bytes(), "employees", STAFF,
                        "comma quotes-none crlf utf-16le-bom iso offsets header", "tocsv(encoding='utf-16')")  # fmt: skip
        petl.totsv(texts(PEOPLE), path, encoding="cp1252")
        yield made.read("later-petl-tsv.csv", Path(path).read_bytes(), "customers", PEOPLE,
                        "tab quotes-minimal crlf windows-1252 decimal-point iso header quotes-inside",
                        "totsv(encoding='cp1252')")  # fmt: skip
    names, *rows = texts(SALES)
    table = agate.Table(rows, names, [agate.Text(cast_nulls=False)] * len(names))
    out = io.StringIO()
    table.to_csv(out)
    yield by_program("agate", version("agate")).read(
        "later-agate.csv", out.getvalue().encode(), "orders", SALES,
        "comma quotes-minimal lf ascii decimal-point iso header", "Table.to_csv()")  # fmt: skip
    data = tablib.Dataset(*rows, headers=[name.replace("_", " ").title() for name in names])
    yield by_program("tablib", version("tablib")).read(
        "later-tablib.csv", data.export("csv").encode(), "orders", SALES,
        "comma quotes-minimal crlf ascii decimal-point iso header header-blanks header-case", "Dataset.export('csv')")  # fmt: skip
    yield by_program("tablib", version("tablib")).read(
        "later-tablib-tsv.csv", data.export("tsv").encode(), "orders", SALES,
        "tab quotes-minimal crlf ascii decimal-point iso header header-blanks header-case", "Dataset.export('tsv')")  # fmt: skip


def node(script, rows):
    return run("node", "-e", script, input=json.dumps(rows).encode(), cwd=NODE_MODULES)


READ = "const rows = JSON.parse(require('fs').readFileSync(0)); const out = (text) => process.stdout.write(text);"


def with_node():
    papa = by_program("papaparse", "5")
    script = READ + "out(require('papaparse').unparse(rows, {}));"
    for name, table, rows, options, words in [
        ("default", "customers", PEOPLE, "",
         "comma quotes-minimal crlf utf-8 decimal-point iso header quotes-inside no-last-end"),
        ("quotes", "products", GOODS, "quotes: true, delimiter: ';'",
         "semicolon quotes-all crlf ascii decimal-point iso header no-last-end"),
    ]:  # fmt: skip
        content = node(script.replace("{}", "{" + options + "}"), rows)
        yield papa.read(f"later-papaparse-{name}.csv", content, table, rows, words, f"unparse({options})")
    stringify = READ + "out(require('csv-stringify/sync').stringify(rows, {header: true, OPTIONS}));"
    made = by_program("csv-stringify", "6")
    yield made.read("later-csv-stringify-bom.csv", node(stringify.replace("OPTIONS", "bom: true"), TEAMS), "departments", TEAMS,
                    "comma quotes-minimal lf utf-8-bom header", "stringify(header, bom)")  # fmt: skip
    escaped = node(stringify.replace("OPTIONS", "escape: '\\\\'"), columns(PEOPLE, "id email name notes"))
    yield made.ask("later-csv-stringify-escape.csv", escaped, "customers", "escape",
                   [answer(columns(PEOPLE, "id email name notes"), escape="backslash")],
                   "comma quotes-minimal backslash lf utf-8 header quotes-inside columns-absent",
                   "stringify(header, escape='\\\\')")  # fmt: skip
    dates = READ + ("for (const row of rows) row.deliver_on = row.deliver_on && new Date(row.deliver_on).toLocaleDateString('en-GB');"
                    "out(require('csv-stringify/sync').stringify(rows, {header: true}));")  # fmt: skip
    some = columns(SALES, "id customer_id deliver_on")
    yield made.read("later-node-en-gb.csv", node(dates, some), "orders", some,
                    "comma quotes-none lf ascii dmy header columns-absent", "toLocaleDateString('en-GB')")  # fmt: skip
    plain = READ + "const {Parser} = require('@json2csv/plainjs'); out(new Parser({}).parse(rows));"
    yield by_program("json2csv", "7").read(
        "later-json2csv.csv", node(plain, GOODS), "products", GOODS,
        "comma quotes-all lf ascii decimal-point iso header no-last-end", "new Parser().parse(rows)")  # fmt: skip


def with_tools():
    jq = by_program("jq", run("jq", "--version").decode().strip().removeprefix("jq-"))
    rows = json.dumps(SALES).encode()
    csv_text = run("jq", "-r", "(.[0] | keys_unsorted), (.[] | [.[]]) | @csv", input=rows)
    yield jq.read("later-jq.csv", csv_text, "orders", SALES, "comma quotes-all lf ascii decimal-point iso header", "@csv")
    tsv = run("jq", "-r", "(.[0] | keys_unsorted), (.[] | [.[]]) | @tsv", input=json.dumps(STAFF).encode())
    yield jq.read("later-jq-tsv.csv", tsv, "employees", STAFF, "tab quotes-none lf utf-8 iso offsets header", "@tsv")
    perl = by_program("Perl", run("perl", "-e", "print $^V").decode().removeprefix("v"))
    script = 'while (<STDIN>) { chomp; my @c = split /\\t/, $_, -1; print join(";", @c), "\\r\\n"; }'
    content = run("perl", "-e", script, input="\n".join("\t".join(line) for line in texts(LINES)).replace(".", ",").encode())
    yield perl.read("later-perl.csv", content, "order_lines", LINES, "semicolon quotes-none crlf ascii decimal-comma header",
                    "join(';', @cells), commas for points")  # fmt: skip


def with_sqlite():
    made = by_program("SQLite", run("sqlite3", "--version").decode().split()[0])
    for name, table, rows, settings, words in [
        ("pipe-quotes", "customers", PEOPLE, ".mode csv\n.headers on\n.separator | \"\\r\\n\"",
         "pipe quotes-minimal crlf utf-8 decimal-point iso header quotes-inside"),
        ("semicolon-no-header", "products", GOODS, ".mode csv\n.separator ; \"\\n\"",
         "semicolon quotes-minimal lf ascii decimal-point iso no-header"),
    ]:  # fmt: skip
        yield made.read(f"later-sqlite-{name}.csv", sqlite.out(rows, settings), table, rows, words, settings.replace("\n", ", "))
    content = sqlite.out(SALES, ".mode csv\n.headers on\n.nullvalue NULL")
    yield made.ask("later-sqlite-nullvalue.csv", content, "orders", "null_values",
                   [answer(SALES, null_values="NULL")],
                   "comma quotes-minimal lf ascii decimal-point iso null-word header", ".mode csv, .nullvalue NULL")  # fmt: skip
    yield made.refuse("later-sqlite-box.csv", sqlite.out(TRADES, ".mode box\n.headers on"), "jobs", "delimiter",
                      "other-delimiter quotes-none lf utf-8 header", "Lines are drawn between the cells.", ".mode box")  # fmt: skip


def with_postgresql():
    made = by_program("PostgreSQL", run("psql", "--version").decode().split()[2])
    with postgresql.server() as tables:
        for name, table, rows, options, words in [
            ("pipe", "customers", PEOPLE, "WITH (FORMAT csv, HEADER, DELIMITER '|')",
             "pipe quotes-minimal lf utf-8 decimal-point iso header quotes-inside"),
            ("win1252", "customers", PEOPLE, "WITH (FORMAT csv, HEADER, DELIMITER ';', ENCODING 'WIN1252')",
             "semicolon quotes-minimal lf windows-1252 decimal-point iso header quotes-inside"),
        ]:  # fmt: skip
            content = tables.copy(rows, options)
            yield made.read(f"later-postgresql-{name}.csv", content, table, rows, words, f"COPY t TO STDOUT {options}")
        quoted = (bad(5, "malformed_quote"),)
        yield made.read("later-postgresql-text-no-header.csv", tables.copy(PEOPLE, ""), "customers", PEOPLE[:-1],
                        "tab quotes-none lf utf-8 decimal-point iso null-backslash-n no-header quotes-inside stray-quotes",
                        "COPY t TO STDOUT", rejected=quoted, answers=(answer(PEOPLE, quote="none"),),
                        reason="A quote inside a cell that is not quoted is a fault, unless quotes mean nothing.")  # fmt: skip
        german = tables.copy(SALES, "WITH (FORMAT csv, HEADER, DELIMITER ';')", "SET datestyle = 'German';")
        yield made.read("later-postgresql-german.csv", german, "orders", SALES,
                        "semicolon quotes-minimal lf ascii decimal-point dmy header", "SET datestyle = 'German'; COPY … DELIMITER ';'")  # fmt: skip
        moments = tables.copy(STAFF, "WITH (FORMAT csv, HEADER)", "SET TimeZone = 'Asia/Kolkata';", datetime="timestamptz")
        yield made.read("later-postgresql-kolkata.csv", moments, "employees", STAFF,
                        "comma quotes-none lf utf-8 iso offsets header", "SET TimeZone = 'Asia/Kolkata'; COPY …")  # fmt: skip
        wall = tables.copy(STAFF, "WITH (FORMAT csv, HEADER)", datetime="timestamp")
        yield made.ask("later-postgresql-timestamp.csv", wall, "employees", "time_zone",
                       [answer(STAFF, time_zone="UTC")],
                       "comma quotes-none lf utf-8 iso no-offset header", "COPY … of timestamps without a zone")  # fmt: skip
        few = tables.psql(FEW, "--csv", "--tuples-only")
        yield made.refuse("later-psql-tuples.csv", few, "orders", "header",
                          "comma quotes-none lf ascii decimal-point no-header narrow",
                          "Rows by position have all columns of the table.", "psql --csv --tuples-only, some columns")  # fmt: skip


def with_mariadb():
    number = run("mariadbd", "--version").decode().split("Ver ")[1].split(" ")[0]
    made = by_program("MariaDB", number)
    with mariadb.server() as shop:
        content = shop.dump("orders", SALES)
        yield made.read("later-mariadb-tab.csv", content, "orders", SALES,
                        "tab quotes-none lf ascii decimal-point iso null-backslash-n no-header", "mysqldump --tab")  # fmt: skip
        content = shop.dump("products", GOODS, "--fields-terminated-by=;", "--fields-optionally-enclosed-by=\"")
        yield made.read("later-mariadb-tab-semicolon.csv", content, "products", GOODS,
                        "semicolon quotes-all lf ascii decimal-point iso null-backslash-n no-header",
                        "mysqldump --tab --fields-terminated-by=';' --fields-optionally-enclosed-by='\"'")  # fmt: skip
        content = shop.outfile("customers", PEOPLE, "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\"'")
        yield made.read("later-mariadb-outfile.csv", content, "customers", [PEOPLE[0], PEOPLE[3]],
                        "comma quotes-all lf utf-8 decimal-point iso no-header quotes-inside stray-quotes",
                        "INTO OUTFILE … ESCAPED BY '\"'",
                        rejected=tuple(bad(line, "malformed_quote") for line in (2, 3, 5)),
                        reason="MariaDB writes NULL as a quote and an N there, which no rule of quotes has.")  # fmt: skip
        content = shop.batch("order_lines", LINES)
        yield made.read("later-mariadb-batch.csv", content, "order_lines",
                        [row for row in LINES if row["discount_percent"] is not None],
                        "tab quotes-none lf ascii decimal-point null-word header", "mariadb --batch",
                        rejected=(bad(3, "wrong_type", "discount_percent"),),
                        answers=(answer(LINES, null_values="NULL"),),
                        reason="A word for NULL in numbers alone rejects its rows.")  # fmt: skip
