-- The columns of the table by which a file is read, as JSON: an attempt that goes on with the file reads the
-- rest by the same, or not at all. Loads that were begun before do not say it.
ALTER TABLE rowgate_loads ADD COLUMN read_as MEDIUMTEXT NULL AFTER settings;
