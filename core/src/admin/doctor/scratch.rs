//! The statements that rowgate really sends, on a table of the doctor's own.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::sql::statement::{AFTER, OnDuplicate, ROWS, existing, write};
use crate::table::record::ColumnSet;
use crate::table::schema::{Column, ColumnType, Table};

use super::finding::{Account, Examined, Finding, Subject};
use super::heard::{account, provoke};
use super::query::{ask, first_row, text, value};

/// Like a table of the example, so that the statements are those of a load.
pub(super) static SCRATCH: Table = Table {
    create: "CREATE TABLE rowgate_doctor (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
             name VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL, flag TINYINT(1))",
    ..Table::new("rowgate_doctor", &COLUMNS)
};

static COLUMNS: [Column; 2] = [
    Column {
        nullable: false,
        auto_increment: true,
        ..Column::new("id", ColumnType::known("int", None, None))
    },
    Column {
        nullable: false,
        ..Column::new("name", ColumnType::known("varchar(255)", None, None))
    },
];

const REMOVE: &str = "DROP TABLE IF EXISTS rowgate_doctor";

pub(super) const MAKE: Subject = Subject {
    name: "scratch_table",
    why: "the checks that write need a table of their own; only the admin's secret may make one",
    relied_on: false,
};

pub(super) async fn make<H: Host>(client: &Client<'_, H>) -> Examined {
    // One that an earlier run could not drop.
    drop_table(client).await?;
    let create = ExecuteStatement { sql: SCRATCH.create, ..ExecuteStatement::default() };
    client.call(&create, Repeat::Never).await?;
    Ok(Finding::Good("made".into()))
}

pub(super) const DROP: Subject = Subject {
    name: "scratch_table_dropped",
    why: "nothing of the doctor should stay",
    relied_on: true,
};

pub(super) async fn remove<H: Host>(client: &Client<'_, H>) -> Examined {
    drop_table(&client.closing()).await?;
    Ok(Finding::Good("dropped".into()))
}

async fn drop_table<H: Host>(client: &Client<'_, H>) -> Result<(), CallError> {
    client.query(REMOVE, &[]).await.map(drop)
}

pub(super) const INSERT: Subject = Subject {
    name: "insert_count",
    why: "on_duplicate=fail rolls back where the database counts other rows than were sent",
    relied_on: true,
};

pub(super) async fn insert<H: Host>(client: &Client<'_, H>) -> Examined {
    let rows = r#"[[1,"a"],[2,"b"],[3,"c"]]"#;
    let count = send(client, OnDuplicate::Fail, rows, None).await?;
    Ok(Finding::when(count == 3, format!("{count} of 3 new rows counted")))
}

pub(super) const KEEP: Subject = Subject {
    name: "keep_count",
    why: "on_duplicate=keep reports as kept what the database does not count as stored",
    relied_on: true,
};

pub(super) async fn keep<H: Host>(client: &Client<'_, H>) -> Examined {
    let count = send(client, OnDuplicate::Keep, r#"[[3,"x"],[4,"d"]]"#, None).await?;
    Ok(Finding::when(count == 1, format!("{count} counted of 1 new row and 1 that was there")))
}

pub(super) const UPDATE: Subject = Subject {
    name: "update",
    why: "on_duplicate=update takes new values from JSON_TABLE by its alias",
    relied_on: true,
};

pub(super) const UPDATE_COUNT: Subject = Subject {
    name: "found_or_changed_rows",
    why: "the count of an update depends on the service's driver; rowgate only reads whether it is 0",
    relied_on: false,
};

/// One row that is the same, one that changes, one that is new.
pub(super) async fn update<H: Host>(client: &Client<'_, H>) -> (Examined, Examined) {
    let rows = r#"[[1,"a"],[2,"changed"],[5,"e"]]"#;
    let count = match send(client, OnDuplicate::Update, rows, None).await {
        Ok(count) => count,
        Err(error) => return (Err(error), Ok(Finding::NotTried("needs an update that runs"))),
    };
    let counted = match count {
        3 => Finding::Good("changed rows: 2 for a change, 0 for a row that is the same".into()),
        4 => Finding::Good("found rows: 2 for a change, 1 for a row that is the same".into()),
        other => Finding::Bad(format!("{other} for one change, one new row and one the same")),
    };
    (updated(client).await, Ok(counted))
}

async fn updated<H: Host>(client: &Client<'_, H>) -> Examined {
    let names = value(client, "SELECT GROUP_CONCAT(name ORDER BY id) FROM rowgate_doctor").await?;
    Ok(match names.as_str() {
        "a,changed,c,d,e" => Finding::Good("new values stored".into()),
        _ => Finding::Bad("other values stored than were sent".into()),
    })
}

pub(super) const EXISTING: Subject = Subject {
    name: "existing_rows",
    why: "after a refusal one query names the rows that exist, by their place in the JSON",
    relied_on: true,
};

pub(super) async fn existing_rows<H: Host>(client: &Client<'_, H>) -> Examined {
    let sql = existing(&SCRATCH, SCRATCH.key);
    let parameters = &[(ROWS, r#"[[9,"x"],[2,"y"],[1,"z"]]"#), (AFTER, "0")];
    let records = client.query(&sql, parameters).await?.records;
    let numbers: Vec<_> = records.iter().flatten().map(text).collect();
    Ok(match numbers == ["2", "3"] {
        true => Finding::Good("the second and third of three, as it is".into()),
        false => Finding::Bad(format!("rows {} where 2 and 3 exist", numbers.join(", "))),
    })
}

pub(super) const ERROR_NUMBER: Subject = Subject {
    name: "error_number",
    why: "a key that exists is told from other refusals by MySQL's error number, 1062",
    relied_on: true,
};

pub(super) async fn error_number<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = write(&SCRATCH, &ColumnSet::ALL, OnDuplicate::Fail);
    let parameters = &[(ROWS, r#"[[1,"again"]]"#)];
    let call = ExecuteStatement { sql: &sql, parameters, ..ExecuteStatement::default() };
    Ok(account(provoke(client, "a key that exists, in JSON", call).await, 1062))
}

pub(super) const TINYINT: Subject = Subject {
    name: "tinyint_1",
    why: "a backup reads `column + 0`, since a TINYINT(1) may come as true or false whatever it holds",
    relied_on: true,
};

pub(super) async fn tinyint<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let set = "UPDATE rowgate_doctor SET flag = 5 WHERE id = 1";
    client.query(set, &[]).await?;
    let sql = "SELECT flag, flag + 0 FROM rowgate_doctor WHERE id = 1";
    let row = client.query(sql, &[]).await?.records.into_iter().next().unwrap_or_default();
    let (form, form_plus_0) = (row.first().map(form), row.get(1).map(form));
    let (form, form_plus_0) = (form.unwrap_or("none"), form_plus_0.unwrap_or("none"));
    let found = format!("5 comes as {form}, and with + 0 as {form_plus_0}");
    let account = Account::of(Finding::when(row.get(1) == Some(&Field::Long(5)), found));
    Ok(account.with("form", form).with("form_plus_0", form_plus_0))
}

/// The member that holds a value.
fn form(field: &Field) -> &'static str {
    match field {
        Field::Null(_) => "isNull",
        Field::Boolean(_) => "booleanValue",
        Field::Long(_) => "longValue",
        Field::Double(_) => "doubleValue",
        Field::String(_) => "stringValue",
        Field::Blob(_) => "blobValue",
    }
}

pub(super) const DESCRIPTION: Subject = Subject {
    name: "show_create_table",
    why: "a restore makes its tables as the live ones are described",
    relied_on: true,
};

pub(super) async fn description<H: Host>(client: &Client<'_, H>) -> Examined {
    let row = first_row(client, "SHOW CREATE TABLE rowgate_doctor").await?;
    let is_text = row.get(1).is_some_and(|text| text.starts_with("CREATE TABLE `rowgate_doctor`"));
    Ok(match is_text {
        true => Finding::Good("the statement that makes it, with its name in backticks".into()),
        false => Finding::Bad("not the statement that makes it".into()),
    })
}

/// Writes rows as a load does, and gives the count.
pub(super) async fn send<H: Host>(
    client: &Client<'_, H>,
    on_duplicate: OnDuplicate,
    rows: &str,
    transaction_id: Option<&str>,
) -> Result<u64, CallError> {
    let sql = write(&SCRATCH, &ColumnSet::ALL, on_duplicate);
    let call = ExecuteStatement { sql: &sql, parameters: &[(ROWS, rows)], transaction_id };
    Ok(client.call(&call, Repeat::Never).await?.number_of_records_updated)
}

/// How many rows have an id, as text.
pub(super) async fn count<H: Host>(
    client: &Client<'_, H>,
    id: u32,
    transaction_id: Option<&str>,
) -> Result<bool, CallError> {
    let id = id.to_string();
    let call = ExecuteStatement {
        sql: "SELECT COUNT(*) FROM rowgate_doctor WHERE id = :id",
        parameters: &[("id", &id)],
        transaction_id,
    };
    let records = ask(client, call).await?.records;
    Ok(records.iter().flatten().map(text).eq(["1"]))
}
