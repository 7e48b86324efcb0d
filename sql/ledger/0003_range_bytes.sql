-- Ranges of another size are not mixed with today's. Those that are there have none, and are scanned
-- again when their file is opened.
ALTER TABLE rowgate_ranges ADD COLUMN range_bytes BIGINT NOT NULL DEFAULT 0 AFTER load_id;
