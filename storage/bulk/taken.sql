-- Lines whose values a stored record has already.
SELECT {rule} AS rule, staged."#line" AS line, NULL::bigint AS earlier, concat_ws(', ', {staged_columns}) AS value
FROM {stage} AS staged
JOIN {table} AS stored ON ({stored_columns}) = ({staged_columns})
