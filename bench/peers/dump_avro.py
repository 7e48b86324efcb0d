"""Tables out of MySQL into Avro files on S3, as a team would write it today.

    dump_avro.py TABLE...     with DATABASE_URL, DATA_BUCKET, and boto3's own variables

Rows are streamed (SSDictCursor), in one snapshot; each file is made on disk and then uploaded.
"""

import os
import sys
import tempfile

import boto3
import fastavro
import pymysql
from mysql_url import settings
from pymysql.cursors import SSDictCursor
from tables import SCHEMAS, key


def main():
    s3 = boto3.client("s3")
    with pymysql.connect(**settings()) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        for table in sys.argv[1:]:
            dump(connection, s3, table)


def dump(connection, s3, table):
    schema = fastavro.parse_schema(SCHEMAS[table])
    columns = ", ".join(f"`{field['name']}`" for field in schema["fields"])
    with tempfile.TemporaryFile() as file, connection.cursor(SSDictCursor) as rows:
        rows.execute(f"SELECT {columns} FROM `{table}`")
        fastavro.writer(file, schema, rows, codec="snappy")
        file.seek(0)
        s3.upload_fileobj(file, os.environ["DATA_BUCKET"], key(table))


if __name__ == "__main__":
    main()
