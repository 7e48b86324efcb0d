//! The tables of the tests: an office's, whatever `sql/schema.sql` has.

use super::{Column, ColumnType, Reference, Schema, Table};

/// Departments, jobs and employees.
pub(crate) const OFFICE: Schema = Schema::new(&[DEPARTMENTS, JOBS, EMPLOYEES]);

const DEPARTMENTS: Table = Table {
    create: "CREATE TABLE departments (…)",
    ..Table::new("departments", &[ID, DEPARTMENT_NAME])
};

const JOBS: Table =
    Table { create: "CREATE TABLE jobs (…)", ..Table::new("jobs", &[ID, JOB_NAME]) };

const EMPLOYEES: Table = Table {
    aliases: &["hired_employees"],
    create: "CREATE TABLE employees (…)",
    comment: "aliases=hired_employees",
    ..Table::new("employees", &[ID, NAME, DATETIME, DEPARTMENT_ID, JOB_ID])
};

const INT: ColumnType = ColumnType::known("int", None, None);

const TEXT: ColumnType = ColumnType::known("varchar(255)", None, None);

const ID: Column = Column { nullable: false, auto_increment: true, ..Column::new("id", INT) };

const NAME: Column = Column { nullable: false, ..Column::new("name", TEXT) };

const DEPARTMENT_NAME: Column = Column {
    aliases: &["department"],
    nullable: false,
    comment: "aliases=department",
    ..Column::new("department_name", TEXT)
};

const JOB_NAME: Column = Column {
    aliases: &["job"],
    nullable: false,
    comment: "aliases=job",
    ..Column::new("job_name", TEXT)
};

const DATETIME: Column = Column {
    nullable: false,
    comment: "format=date-time",
    ..Column::new("datetime", ColumnType::known("varchar(255)", Some("date-time"), None))
};

const DEPARTMENT_ID: Column = Column {
    references: Some(Reference { table: "departments", column: "id" }),
    comment: "references=departments.id",
    ..Column::new("department_id", INT)
};

const JOB_ID: Column = Column {
    references: Some(Reference { table: "jobs", column: "id" }),
    comment: "references=jobs.id",
    ..Column::new("job_id", INT)
};
