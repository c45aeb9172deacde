-- Numbers Postgres gives from now on come after those the file gives; they never go back. The last half of all 64-bit
-- numbers does not count: the largest of them would end the numbering.
SELECT setval(sequence, greatest(given, coalesce(pg_sequence_last_value(sequence), 1)))
FROM
    (SELECT max({key}) AS given FROM {stage} WHERE {key} < 4611686018427387904) AS staged,
    (SELECT pg_get_serial_sequence('{table}', '{key_text}')::regclass AS sequence) AS numbering
WHERE given IS NOT NULL
