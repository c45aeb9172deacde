-- Numbers Postgres gives from now on come after those the file gives; they never go back.
SELECT setval(sequence, greatest(given, coalesce(pg_sequence_last_value(sequence), 1)))
FROM
    (SELECT max({key}) AS given FROM {stage}) AS staged,
    (SELECT pg_get_serial_sequence('{table}', '{key_text}')::regclass AS sequence) AS numbering
WHERE given IS NOT NULL
