-- One row if the table has any.
SELECT true FROM {table} LIMIT 1
