"""Avro files on S3 back into MySQL, as a team would write it today.

    load_avro.py TABLE...     with DATABASE_URL, DATA_BUCKET, and boto3's own variables

The tables are there and empty. pymysql makes one INSERT of many rows of each executemany, as far
as 1 MB of text goes.
"""

import os
import sys
import tempfile
from itertools import islice

import boto3
import fastavro
import pymysql
from mysql_url import settings
from tables import SCHEMAS, key

ROWS = 10_000


def main():
    s3 = boto3.client("s3")
    with pymysql.connect(**settings()) as connection:
        for table in sys.argv[1:]:
            load(connection, s3, table)
        connection.commit()


def load(connection, s3, table):
    names = [field["name"] for field in SCHEMAS[table]["fields"]]
    columns = ", ".join(f"`{name}`" for name in names)
    values = ", ".join(f"%({name})s" for name in names)
    insert = f"INSERT INTO `{table}` ({columns}) VALUES ({values})"
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        s3.download_fileobj(os.environ["DATA_BUCKET"], key(table), file)
        file.seek(0)
        rows = fastavro.reader(file)
        while batch := list(islice(rows, ROWS)):
            cursor.executemany(insert, batch)


if __name__ == "__main__":
    main()
