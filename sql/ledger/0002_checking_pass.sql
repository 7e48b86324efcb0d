-- Whether a file's rows are being stored; before that its place is that of the checking pass. Until now
-- that pass had no place, so that a file without one is to be checked, if its settings can refuse it.
-- (`_` is any character: a colon could be taken for a parameter.)
ALTER TABLE rowgate_loads ADD COLUMN is_decided SMALLINT NOT NULL DEFAULT 1 AFTER settings;
UPDATE rowgate_loads SET is_decided = 0
WHERE next_row = 0 AND status IN ('running', 'unfinished', 'failed')
AND (settings NOT LIKE '%"max_errors"_null%' OR settings NOT LIKE '%"max_error_rate"_null%'
OR settings LIKE '%"on_error"_"reject"%');
