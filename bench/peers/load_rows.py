"""A CSV file of employees into MySQL through the RDS Data API, as a team would write it today.

    load_rows.py FILE [--in-flight N]     with DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME, boto3's own
                                          variables, and DATA_API_ENDPOINT

A row is checked by pydantic; batches of 1,000 rows are upserted, each by one call that commits what
it writes, so that a load that broke off is simply run again. Rejected lines go to FILE.rejects.csv.
"""

import argparse
import csv
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from itertools import islice
from typing import Annotated

import boto3
from pydantic import AwareDatetime, BaseModel, Field, ValidationError, field_validator

ROWS = 1_000

COLUMNS = ("id", "name", "datetime", "department_id", "job_id")

UPSERT = """
    INSERT INTO employees (id, name, datetime, department_id, job_id)
    VALUES (:id, :name, :datetime, :department_id, :job_id)
    ON DUPLICATE KEY UPDATE name = VALUES(name), datetime = VALUES(datetime),
        department_id = VALUES(department_id), job_id = VALUES(job_id)
"""

Integer = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Employee(BaseModel):
    id: Integer
    name: Annotated[str, Field(min_length=1, max_length=255)]
    datetime: AwareDatetime
    department_id: Integer | None
    job_id: Integer | None

    @field_validator("department_id", "job_id", mode="before")
    @classmethod
    def empty_is_null(cls, cell):
        return cell or None

    @field_validator("id")
    @classmethod
    def not_zero(cls, id):
        assert id != 0, "MySQL would choose another one"
        return id

    def parameters(self):
        hired = self.datetime.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [
            {"name": "id", "value": {"longValue": self.id}},
            {"name": "name", "value": {"stringValue": self.name}},
            {"name": "datetime", "value": {"stringValue": hired}},
            {"name": "department_id", "value": integer(self.department_id)},
            {"name": "job_id", "value": integer(self.job_id)},
        ]


def integer(value):
    return {"isNull": True} if value is None else {"longValue": value}


def main():
    options = arguments()
    load = Load(options.file)
    with ThreadPoolExecutor(options.in_flight) as pool:
        under_way = []
        for batch in load.batches():
            under_way.append(pool.submit(load.store, batch))
            if len(under_way) == options.in_flight:
                under_way.pop(0).result()
        for call in under_way:
            call.result()
    load.rejects.close()
    print(f"{load.received} rows: {load.received - load.rejected} stored, {load.rejected} rejected")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--in-flight", type=int, default=1, help="calls at a time [1]")
    return parser.parse_args()


class Load:
    def __init__(self, path):
        self.path = path
        self.client = boto3.client("rds-data", endpoint_url=os.environ.get("DATA_API_ENDPOINT"))
        self.target = {
            "resourceArn": os.environ["DB_CLUSTER_ARN"],
            "secretArn": os.environ["DB_SECRET_ARN"],
            "database": os.environ["DB_NAME"],
        }
        self.rejects = open(f"{path}.rejects.csv", "w", newline="", encoding="utf-8")
        self.received = self.rejected = 0

    def batches(self):
        employees = self.employees()
        while batch := list(islice(employees, ROWS)):
            yield batch

    def employees(self):
        rejects = csv.writer(self.rejects)
        with open(self.path, newline="", encoding="utf-8-sig") as file:
            for cells in csv.reader(file):
                self.received += 1
                try:
                    yield Employee.model_validate(dict(zip(COLUMNS, cells, strict=True)))
                except ValueError as error:
                    # pydantic's own error is one of these; the other is a wrong number of cells.
                    self.rejected += 1
                    rejects.writerow([*cells, reason(error)])

    def store(self, employees):
        self.client.batch_execute_statement(
            **self.target,
            sql=UPSERT,
            parameterSets=[employee.parameters() for employee in employees],
        )


def reason(error):
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return "wrong number of cells"


if __name__ == "__main__":
    main()
