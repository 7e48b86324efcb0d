"""What no document settles, by stable names: the one place where it is written down.

docs/first-hour.md has these as a table, which `scripts/first-hour --tables` prints.
"""

from typing import NamedTuple


class Question(NamedTuple):
    """A name of the record, what is asked, and what rowgate does with either answer.

    `checks` are those of `rowgate doctor` that answer it. Without a check a step does, or `by_hand`
    says how a person can.
    """

    name: str
    asks: str
    relies_on: str
    checks: tuple = ()
    by_hand: str = ""


QUESTIONS = [
    # Of the account.
    Question("concurrency_quota", "How many executions has the account to reserve?",
             "`-c concurrency=0` reserves none where they are too few"),
    Question("engine_offered", "Does the region offer the engine version that the stack asks for?",
             "the stack is not made without it"),
    Question("parameters_modifiable", "Can the cluster's parameters be set?",
             "the stack is not made if one cannot"),
    # Of the Data API: texts.
    Question("syntax_error_text", "What does an SQL error look like?",
             "MySQL's number is read in ten known forms, else MySQL's own words", ("error_syntax",)),
    Question("duplicate_key_text", "What does a duplicate key look like?",
             "number 1062, else its words; a key that exists answers 409",
             ("error_number", "error_duplicate_key")),
    Question("other_error_texts", "What do the other errors look like that a row can cause?",
             "as with a duplicate key: the row is refused by its number",
             ("error_too_long", "error_null", "error_no_table", "error_lock_wait")),
    Question("transaction_status_text", "What do a commit and a rollback answer?",
             "HTTP 200 alone counts"),
    Question("transaction_not_found", "How is a transaction refused that is over?",
             "TransactionNotFoundException and NotFoundException: the transaction begins anew"),
    Question("signature_error", "What does a wrong signature answer?",
             "no call is repeated, the answer is 500"),
    Question("clock_skew", "How many minutes may a clock be wrong?", "the clock is right to 5 minutes",
             by_hand="set the clock of one machine 4, 6, 14 and 16 minutes off and run `rowgate doctor`"),
    Question("statement_timeout", "What does a statement of more than 45 seconds answer?",
             "StatementTimeoutException: the outcome is unknown, a write is not repeated"),
    Question("resuming_text", "What does a paused cluster answer?",
             "DatabaseResumingException and its known texts are waited for"),
    # Of the Data API: limits.
    Question("request_4_mib", "Is a statement of nearly 4 MiB accepted, in one parameter?",
             "a load sends 2,500,000 bytes, a request up to 4 MiB",
             ("request_under_4_mib", "parameter_sizes", "many_parameters")),
    Question("request_limit_type", "How is a request of more than 4 MiB refused?",
             "rowgate sends none", ("request_over_4_mib",)),
    Question("response_limit_text", "How is an answer of more than 1 MiB refused?",
             "rowgate's pages stay below it",
             ("answer_over_1_mib",)),
    Question("response_limit_transaction", "Is a transaction alive after that refusal?",
             "rowgate's pages stay below it"),
    Question("row_64k", "May a row of an answer have more than 64 KB?",
             "rowgate's tables have shorter rows", ("row_over_64_kib",)),
    Question("several_statements", "With which error and status are two statements refused?",
             "rowgate sends one; the second must not run", ("several_statements",)),
    Question("one_call_at_a_time", "What happens to two calls of one transaction at once?",
             "rowgate makes one at a time", ("one_call_at_a_time",)),
    Question("connection_cap", "How many calls run at the same time?",
             "too many are refused before they run, and are repeated"),
    # Of the Data API: behaviour.
    Question("update_count", "Does an update count found rows or changed ones?",
             "only whether the count is 0 is looked at", ("found_or_changed_rows",)),
    Question("row_counts", "Are new and kept rows counted as they are?",
             "a wrong count rolls back", ("insert_count", "keep_count", "update")),
    Question("batch_part_commits", "Does a batch keep the sets before one that fails?",
             "rowgate sends no batches"),
    Question("tinyint_1", "How does TINYINT(1) come back?", "backups ask for `+ 0` and read longValue",
             ("tinyint_1",)),
    Question("session_state", "Does a setting of a session reach other calls?",
             "settings are made inside of transactions alone",
             ("session_state_between_calls", "session_state_in_a_transaction",
              "connections_of_transactions")),
    Question("start_transaction_sql", "Does START TRANSACTION pass as a statement?",
             "rowgate sends none; a snapshot begins with the first read"),
    Question("json_table", "Do texts come unchanged through JSON_TABLE?",
             "all rows of a statement travel so", ("json_table", "existing_rows")),
    Question("quoted_names", "Is a colon in a name in backticks left alone?",
             "names of tables and columns may have any sign in them", ("quoted_names",)),
    Question("transaction_after_an_error", "Is a transaction alive after a statement is refused?",
             "it is, with the rows before", ("transaction_after_an_error",)),
    # Of the database.
    Question("server_variables", "What are the server's variables?",
             "strict mode, UTC, REPEATABLE-READ, packets of 4 MiB and utf8mb4",
             ("sql_mode", "transaction_isolation", "connection_charset", "database_charset",
              "max_allowed_packet", "innodb_autoinc_lock_mode", "time_zone")),
    Question("underscore_in_grants", "Are partial revokes off?",
             "an escaped underscore in a GRANT is the database's own name only then",
             ("partial_revokes",)),
    Question("admin_grants", "Which rights has `rowgate_admin`?", "all on its database"),
    Question("cast_z", "What is a date-time with a Z as DATETIME?", "date-times are kept as texts"),
    Question("show_create_table", "How does SHOW CREATE TABLE come?",
             "a restore makes its tables by it", ("show_create_table",)),
    # Of files.
    Question("file_twice", "What becomes of a file that is put twice?",
             "each version once: `complete` with versions, as in the stack's bucket; else `duplicate`"),
    Question("file_bad_rows", "Do bad rows come back as a file?", "the good ones are stored"),
    Question("file_odd_key", "Does a key with blanks, umlauts and signs arrive unchanged?",
             "S3's notification has it encoded as a form's field"),
    Question("file_large", "Is a large file loaded in parts?", "the state machine has all its rights"),
    Question("eventbridge_key", "Are keys encoded in EventBridge's events?",
             "they are taken as they are; the stack does not use such events",
             by_hand="route \"Object Created\" of a bucket to a log, and put a key with a blank"),
    # Of API Gateway.
    Question("gateway_rows", "Are rows stored once through API Gateway?",
             "200, then 409; with an Idempotency-Key the first answer again"),
    Question("gateway_wrong_key", "What does a wrong key answer?", "401"),
    Question("gateway_body", "What does a body of 11 MB answer?", "413"),
    Question("gateway_throttled", "What do many requests at once answer?", "200, 429 or 503"),
    Question("gateway_timeout", "What comes when rows wait for a lock?",
             "503 or 504 within 29 seconds; rows may be stored"),
    # Of the Worker.
    Question("worker_upload", "Does Cloudflare take the Worker, its size and its rate limits?",
             "it is less than 3 MB packed; rate limits on the Free plan are not documented"),
    Question("worker_rows", "Are rows stored once through the Worker?",
             "200, then 409; with an Idempotency-Key the first answer again"),
    Question("worker_10000_rows", "Is a request of 10,000 rows within the plan's limit of CPU time?",
             "it is on Workers Paid; on Free set `MAX_ROWS`"),
    Question("hang_ups", "Is a transaction left open by a client that hangs up?",
             "the Worker goes on for up to 30 seconds and ends it"),
    Question("idle_connections", "Does a request after an idle time find a dead connection?",
             "connections are let go after 4 seconds"),
    Question("wake_up", "How long does a paused cluster take?",
             "the Worker waits for 45 seconds, API Gateway's function for 22, a file for 2 minutes"),
    # Of backups and machines.
    Question("backup_and_restore", "Do the state machines back up and restore?",
             "their roles have all rights"),
    Question("restore_undo", "Does an undo bring the old tables back?", "they stay beside the new ones"),
    Question("redrive", "Can a failed execution be redriven?", "else it is started again"),
    Question("alarms", "Which states have the alarms?", "a failed execution rings one"),
    # Of others.
    Question("glue_files", "How does Glue's own writer name files and records?",
             "files are known by their bytes, records by their fields",
             by_hand="write a DynamicFrame as Avro into `backups/glue/`, and run `rowgate restore --plan`"),
    Question("wrangler_dry_run", "Does `wrangler deploy --dry-run` need a login?",
             "rowgate's tests bundle the Worker with it",
             by_hand="run it after `npx wrangler logout`"),
]  # fmt: skip
