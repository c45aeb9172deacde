-- An empty temporary table with some of a table's columns; no rule holds in it.
CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS
SELECT 0::bigint AS "#line", {columns} FROM {table}
WITH NO DATA
