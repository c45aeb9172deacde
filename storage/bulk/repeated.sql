-- Lines whose values an earlier line has already.
SELECT {rule} AS rule, line, earlier, value
FROM (
    SELECT
        "#line" AS line,
        min("#line") OVER (PARTITION BY {columns}) AS earlier,
        concat_ws(', ', {columns}) AS value
    FROM {stage}
    WHERE num_nulls({columns}) = 0
) AS numbered
WHERE line > earlier
