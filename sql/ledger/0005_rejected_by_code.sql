-- The rows of a load by what was wrong with them, as JSON: an object of a number for each code. Loads that ended before do
-- not say it.
ALTER TABLE rowgate_loads ADD COLUMN rejected_by_code VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER error_codes;
