-- What was staged, into its table.
INSERT INTO {table} ({columns})
SELECT {values} FROM {stage} ORDER BY "#line"
