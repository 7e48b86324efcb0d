"""AWS's own client against the local Data API: what boto3 sends, and what it makes of answers."""

import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import client

DATABASE = "rowgate"
MIB = 1024 * 1024


class Api:
    """The client with the members that every call repeats."""

    def __init__(self, stack: dict[str, str]) -> None:
        self.client = client(stack, "rds-data")
        self.arns = {"resourceArn": stack["cluster_arn"], "secretArn": stack["secret_arn"]}

    def execute(self, sql: str, parameters: list[dict] | None = None, **more: Any) -> dict:
        if parameters is not None:
            more["parameters"] = parameters
        if "transactionId" not in more:
            more.setdefault("database", DATABASE)
        return self.client.execute_statement(**self.arns, sql=sql, **more)

    def batch(self, sql: str, sets: list[list[dict]], **more: Any) -> dict:
        if "transactionId" not in more:
            more.setdefault("database", DATABASE)
        return self.client.batch_execute_statement(**self.arns, sql=sql, parameterSets=sets, **more)

    def begin(self) -> str:
        return self.client.begin_transaction(**self.arns, database=DATABASE)["transactionId"]

    def commit(self, transaction: str) -> str:
        answer = self.client.commit_transaction(**self.arns, transactionId=transaction)
        return answer["transactionStatus"]

    def roll_back(self, transaction: str) -> str:
        answer = self.client.rollback_transaction(**self.arns, transactionId=transaction)
        return answer["transactionStatus"]

    def count(self, table: str) -> int:
        return self.execute(f"SELECT COUNT(*) FROM {table}")["records"][0][0]["longValue"]


@pytest.fixture(scope="module")
def api(stack: dict[str, str]) -> Api:
    return Api(stack)


@pytest.fixture
def table(api: Api) -> Iterator[str]:
    """A table of the test's own; those of the schema belong to other tests."""
    name = f"scratch_{time.time_ns()}"
    columns = "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL"
    api.execute(f"CREATE TABLE {name} ({columns})")
    yield name
    api.execute(f"DROP TABLE {name}")


def text(name: str, value: str, **more: str) -> dict:
    return {"name": name, "value": {"stringValue": value}, **more}


class Refused:
    """Expects a ClientError of this type and status inside the block, and keeps its message."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.code = code
        self.status = status
        self.message = ""

    def __enter__(self) -> "Refused":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if error is not None and not isinstance(error, ClientError):
            return False
        assert error is not None, f"{self.code} expected, got an answer"
        assert error.response["Error"]["Code"] == self.code, error
        metadata = error.response["ResponseMetadata"]
        assert metadata["HTTPStatusCode"] == self.status
        assert metadata["RequestId"]
        self.message = error.response["Error"]["Message"]
        return True


def test_execute_statement(api: Api, table: str) -> None:
    inserted = api.execute(f"INSERT INTO {table} (name) VALUES (:name)", [text("name", "ñandú 😀")])
    assert inserted["numberOfRecordsUpdated"] == 1
    assert inserted["generatedFields"] == [{"longValue": 1}]

    explicit = api.execute(f"INSERT INTO {table} VALUES (7, 'seven'), (8, 'eight')")
    assert explicit["numberOfRecordsUpdated"] == 2
    assert explicit["generatedFields"] == []

    selected = api.execute(f"SELECT id, name FROM {table} ORDER BY id")
    assert selected["records"][0] == [{"longValue": 1}, {"stringValue": "ñandú 😀"}]
    assert len(selected["records"]) == 3
    assert selected["numberOfRecordsUpdated"] == 0


def test_the_schema_is_there(api: Api) -> None:
    for table in ("departments", "jobs", "employees"):
        assert api.count(table) >= 0


def test_batch_execute_statement(api: Api, table: str) -> None:
    sets = [[text("name", f"name {n}")] for n in range(50)]
    answer = api.batch(f"INSERT INTO {table} (name) VALUES (:name)", sets)
    ids = [result["generatedFields"][0]["longValue"] for result in answer["updateResults"]]
    assert ids == list(range(1, 51))
    assert api.count(table) == 50


def test_commit_and_roll_back(api: Api, table: str) -> None:
    kept = api.begin()
    api.execute(f"INSERT INTO {table} VALUES (1, 'kept')", transactionId=kept)
    assert api.count(table) == 0
    assert api.commit(kept) == "Transaction Committed"

    dropped = api.begin()
    api.batch(
        f"INSERT INTO {table} (name) VALUES (:name)",
        [[text("name", "x")]] * 3,
        transactionId=dropped,
    )
    assert api.roll_back(dropped) == "Rollback Complete"
    assert api.count(table) == 1

    with Refused("TransactionNotFoundException", 404) as error:
        api.execute("SELECT 1", transactionId=dropped)
    assert error.message == f"Transaction {dropped} is not found"
    with Refused("NotFoundException", 404):
        api.commit(dropped)


def test_one_call_at_a_time_in_a_transaction(api: Api) -> None:
    transaction = api.begin()
    slow = threading.Thread(
        target=api.execute, args=("SELECT SLEEP(1)",), kwargs={"transactionId": transaction}
    )
    slow.start()
    time.sleep(0.3)
    with Refused("DatabaseErrorException") as error:
        api.execute("SELECT 1", transactionId=transaction)
    assert error.message == "Transaction is still running a query"
    slow.join()
    api.execute("SELECT 1", transactionId=transaction)
    api.roll_back(transaction)


def test_records_as_json(api: Api) -> None:
    sql = "SELECT 1 AS id, 'it''s' AS name, NULL AS nothing, x'00FF' AS bytes, 1.50 AS price"
    answer = api.execute(sql, formatRecordsAs="JSON", includeResultMetadata=True)
    assert json.loads(answer["formattedRecords"]) == [
        {"id": 1, "name": "it's", "nothing": None, "bytes": "AP8=", "price": "1.50"}
    ]
    assert "records" not in answer and "columnMetadata" not in answer
    with Refused("BadRequestException"):
        api.execute("SELECT 1 AS a, 2 AS a", formatRecordsAs="JSON")


def test_typed_parameters(api: Api) -> None:
    values = [
        ({"longValue": -(2**63)}, "BIGINT", {"longValue": -(2**63)}),
        ({"booleanValue": True}, "BOOLEAN", {"booleanValue": True}),
        ({"doubleValue": 0.1}, "DOUBLE", {"doubleValue": 0.1}),
        ({"stringValue": "😀 ' \" \\ :x ?"}, "TEXT", {"stringValue": "😀 ' \" \\ :x ?"}),
        ({"blobValue": b"\x00\xff'"}, "BLOB", {"blobValue": b"\x00\xff'"}),
        ({"isNull": True}, "INT", {"isNull": True}),
    ]
    name = f"typed_{time.time_ns()}"
    api.execute(
        f"CREATE TABLE {name} ({', '.join(f'c{i} {value[1]}' for i, value in enumerate(values))})"
    )
    marks = ", ".join(f":c{i}" for i in range(len(values)))
    parameters = [{"name": f"c{i}", "value": value[0]} for i, value in enumerate(values)]
    api.execute(f"INSERT INTO {name} VALUES ({marks})", parameters)
    records = api.execute(f"SELECT * FROM {name}")["records"]
    api.execute(f"DROP TABLE {name}")
    assert records == [[value[2] for value in values]]


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        ("DATE", "2024-02-29", "2023-02-29"),
        ("TIME", "23:59:59.123", "24:00:00"),
        ("TIMESTAMP", "2021-07-27 16:02:08", "2021-07-27T16:02:08Z"),
        ("DECIMAL", "-12.50", "twelve"),
        ("JSON", '{"a": 1}', "{"),
        ("UUID", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b"),
    ],
)
def test_type_hints(api: Api, hint: str, good: str, bad: str) -> None:
    answer = api.execute("SELECT CAST(:v AS CHAR)", [text("v", good, typeHint=hint)])
    assert answer["records"] == [[{"stringValue": good}]]
    with Refused("ValidationException"):
        api.execute("SELECT :v", [text("v", bad, typeHint=hint)])


def test_parameters_that_do_not_fit(api: Api) -> None:
    with Refused("BadRequestException") as error:
        api.execute("SELECT :missing", [text("other", "x")])
    assert "missing" in error.message
    with Refused("ValidationException"):
        api.execute("SELECT :a", [{"name": "a", "value": {"arrayValue": {"longValues": [1]}}}])
    with Refused("ValidationException") as error:
        api.execute("SELECT 1", schema="public")
    assert error.message == "The schema parameter isn't supported"


def test_metadata(api: Api, table: str) -> None:
    answer = api.execute(f"SELECT id, name AS label FROM {table}", includeResultMetadata=True)
    number, string = answer["columnMetadata"]
    assert (number["name"], number["type"], number["typeName"]) == ("id", 4, "INT")
    assert number["isAutoIncrement"] and number["isSigned"] and number["nullable"] == 0
    assert (string["name"], string["label"], string["tableName"]) == ("name", "label", table)
    assert (string["type"], string["precision"]) == (12, 20)
    expected = set(api.client.meta.service_model.shape_for("ColumnMetadata").members)
    assert set(number) == expected


def test_decimals_and_longs(api: Api) -> None:
    sql = "SELECT CAST(1.50 AS DECIMAL(5,2)), CAST(3 AS DECIMAL(5,0)), 7"
    assert api.execute(sql)["records"] == [
        [{"stringValue": "1.50"}, {"stringValue": "3"}, {"longValue": 7}]
    ]
    options = {"decimalReturnType": "DOUBLE_OR_LONG", "longReturnType": "STRING"}
    answer = api.execute(sql, resultSetOptions=options)
    assert answer["records"] == [[{"doubleValue": 1.5}, {"longValue": 3}, {"stringValue": "7"}]]


@pytest.mark.skipif(
    os.environ.get("ROWGATE_ERROR_FORM", "number-last") != "number-last",
    reason="another form was asked for",
)
def test_database_errors(api: Api, table: str) -> None:
    with Refused("DatabaseErrorException") as error:
        api.execute("SELEC 1")
    assert error.message.endswith("Error code: 1064; SQLState: 42000")
    api.execute(f"INSERT INTO {table} VALUES (1, 'one')")
    with Refused("DatabaseErrorException") as error:
        api.execute(f"INSERT INTO {table} VALUES (1, 'one')")
    assert error.message.endswith("Error code: 1062; SQLState: 23000")
    with Refused("ValidationException") as error:
        api.execute("SELECT 1; SELECT 2")
    assert error.message == "Multistatements aren't supported."


def test_size_limits(api: Api) -> None:
    length = 4 * MIB - 4096
    answer = api.execute("SELECT LENGTH(:v)", [text("v", "x" * length)])
    assert answer["records"] == [[{"longValue": length}]]
    with Refused("RequestEntityTooLargeException", 413):
        api.execute("SELECT LENGTH(:v)", [text("v", "x" * 4 * MIB)])
    with Refused("ValidationException"):
        api.execute(f"SELECT '{'x' * 65_536}'")
    with Refused("DatabaseErrorException") as error:
        api.execute("SELECT REPEAT('x', 65537)")
    assert "Packet for query is too large" in error.message
    with Refused("BadRequestException") as error:
        api.execute("SELECT REPEAT('x', 60000) FROM information_schema.columns LIMIT 100")
    assert "response size limit" in error.message


def test_rows_through_json_table(api: Api, table: str) -> None:
    rows = [[n, f'name "{n}" 😀'] for n in range(1, 1001)]
    sql = f"""
        INSERT INTO {table} (id, name) SELECT r.id, r.name FROM
        JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS (
            id TEXT CHARACTER SET utf8mb4 PATH '$[0]',
            name TEXT CHARACTER SET utf8mb4 PATH '$[1]')) r
    """
    answer = api.execute(sql, [text("rows", json.dumps(rows))])
    assert answer["numberOfRecordsUpdated"] == 1000
    stored = api.execute(f"SELECT name FROM {table} WHERE id = 500")
    assert stored["records"] == [[{"stringValue": 'name "500" 😀'}]]


def test_wrong_credentials(stack: dict[str, str]) -> None:
    arns = {"resourceArn": stack["cluster_arn"], "secretArn": stack["secret_arn"]}
    with Refused("InvalidSignatureException", 403) as error:
        stranger = client(stack, "rds-data", aws_secret_access_key="wrong")
        stranger.execute_statement(**arns, sql="SELECT 1")
    assert "does not match the signature you provided" in error.message
    with Refused("UnrecognizedClientException", 403):
        stranger = client(stack, "rds-data", aws_access_key_id="AKIDUNKNOWN")
        stranger.execute_statement(**arns, sql="SELECT 1")


def test_wrong_arns(api: Api, stack: dict[str, str]) -> None:
    with Refused("DatabaseNotFoundException", 404):
        api.client.execute_statement(
            resourceArn=stack["cluster_arn"] + "x", secretArn=stack["secret_arn"], sql="SELECT 1"
        )
    with Refused("SecretsErrorException"):
        api.client.execute_statement(
            resourceArn=stack["cluster_arn"], secretArn=stack["secret_arn"] + "x", sql="SELECT 1"
        )
