-- Ids of keys that differ by case only are different keys.
ALTER TABLE rowgate_loads MODIFY key_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL;
