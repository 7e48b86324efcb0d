-- The ledger: what was claimed, how far it is, and what was answered. `rowgate migrate` makes
-- these tables where they are missing; a change of them is a numbered migration in `ledger/`.
--
-- Plain MySQL that also runs on MariaDB. Times are UTC by the database's clock.

-- One row for each file version, and for each request with an Idempotency-Key. `load_id` is made
-- from what is claimed (bucket, key and version; API key and Idempotency-Key), so that the primary
-- key is the lock. A file that can be refused for how it ends is read twice: until
-- `is_decided` is 1, `next_*` and the counts are those of the checking pass. `read_as` has the columns by
-- which a file is read. `rejected_by_code` has the rows of a load that has ended by their errors, as JSON.
CREATE TABLE rowgate_loads (
  load_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  door VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  key_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
  fingerprint CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  object_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  bucket VARCHAR(255) NULL,
  object_key VARCHAR(1024) NULL,
  version_id VARCHAR(1024) NULL,
  e_tag VARCHAR(255) NULL,
  sequencer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  settings VARCHAR(1024) NULL,
  read_as MEDIUMTEXT NULL,
  is_decided SMALLINT NOT NULL DEFAULT 1,
  table_name VARCHAR(255) NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lease_until DATETIME(3) NOT NULL,
  attempts INT NOT NULL DEFAULT 1,
  next_offset BIGINT NOT NULL DEFAULT 0,
  next_line BIGINT NOT NULL DEFAULT 1,
  next_row BIGINT NOT NULL DEFAULT 0,
  received_rows BIGINT NOT NULL DEFAULT 0,
  stored_rows BIGINT NOT NULL DEFAULT 0,
  kept_rows BIGINT NOT NULL DEFAULT 0,
  rejected_rows BIGINT NOT NULL DEFAULT 0,
  error_codes VARCHAR(2048) NULL,
  rejected_by_code VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NULL,
  started_at DATETIME(3) NOT NULL,
  ended_at DATETIME(3) NULL,
  answer_status SMALLINT NULL,
  answer_type VARCHAR(64) NULL,
  answer MEDIUMTEXT NULL,
  KEY rowgate_loads_started (started_at),
  KEY rowgate_loads_object (object_hash),
  KEY rowgate_loads_key (key_id, started_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One row for each bucket and key, by their hash: the newest version that S3 has told of.
CREATE TABLE rowgate_objects (
  object_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  bucket VARCHAR(255) NOT NULL,
  object_key VARCHAR(1024) NOT NULL,
  sequencer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  changed_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The rows of a file that the database did not take, by parts, until the load has ended: nothing
-- else would know them when the file is read again.
CREATE TABLE rowgate_rejects (
  load_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  first_row BIGINT NOT NULL,
  row_errors MEDIUMTEXT NOT NULL,
  PRIMARY KEY (load_id, first_row)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The ranges of a file that is loaded by a state machine, until the load has ended: what each does to
-- a reader that comes through it, and, once that is planned, from where to where its rows are loaded.
-- `range_bytes` is the size of all of the file's ranges but the last one.
CREATE TABLE rowgate_ranges (
  load_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  range_bytes BIGINT NOT NULL DEFAULT 0,
  range_number BIGINT NOT NULL,
  scan VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  part_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
  from_offset BIGINT NULL,
  from_line BIGINT NULL,
  from_row BIGINT NULL,
  end_offset BIGINT NULL,
  PRIMARY KEY (load_id, range_number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One row, with the id 1: the number of the last migration in `ledger/` that these tables have had, and
-- the oldest version that a program may have been made for to work with them.
CREATE TABLE rowgate_ledger (
  id SMALLINT NOT NULL PRIMARY KEY,
  version INT NOT NULL,
  oldest_program INT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One row while `rowgate migrate` works, by one program at a time: its lease, and who it is.
CREATE TABLE rowgate_locks (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  holder CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  held_by VARCHAR(255) NOT NULL,
  since DATETIME(3) NOT NULL,
  lease_until DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
