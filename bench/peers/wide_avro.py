"""The wide table out of MySQL into an Avro file on S3 and back, as a team would write it today.

    wide_avro.py dump|load     with DATABASE_URL, DATA_BUCKET, and boto3's own variables

Rows are streamed (SSDictCursor), in one snapshot; the file is made on disk and then uploaded. The other way, pymysql makes
one INSERT of many rows of each executemany, as far as 1 MB of text goes.
"""

import os
import sys
import tempfile
from itertools import islice

import boto3
import fastavro
import pymysql
from mysql_url import settings
from pymysql.cursors import SSDictCursor
from wide_table import COLUMNS, avro_schema, selected

KEY = "dumps/wide.avro"
ROWS = 10_000


def dump(connection, s3, file):
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    with connection.cursor(SSDictCursor) as rows:
        rows.execute(f"SELECT {', '.join(map(selected, COLUMNS))} FROM wide")
        fastavro.writer(file, fastavro.parse_schema(avro_schema()), rows, codec="snappy")
    file.seek(0)
    s3.upload_fileobj(file, os.environ["DATA_BUCKET"], KEY)


def load(connection, s3, file):
    names = ", ".join(f"`{name}`" for name in COLUMNS)
    values = ", ".join(f"%({name})s" for name in COLUMNS)
    s3.download_fileobj(os.environ["DATA_BUCKET"], KEY, file)
    file.seek(0)
    rows = fastavro.reader(file)
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        while batch := list(islice(rows, ROWS)):
            cursor.executemany(f"INSERT INTO wide ({names}) VALUES ({values})", batch)
    connection.commit()


if __name__ == "__main__":
    work = {"dump": dump, "load": load}[sys.argv[1]]
    with pymysql.connect(**settings()) as opened, tempfile.TemporaryFile() as made:
        work(opened, boto3.client("s3"), made)
