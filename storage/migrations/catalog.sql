SELECT
    class.relname::text,
    class.relkind::text,
    ARRAY(
        SELECT attname::text
        FROM pg_attribute
        WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum
    ),
    (
        SELECT coalesce(jsonb_agg(jsonb_build_array(conname, contype, convalidated, (
            SELECT coalesce(jsonb_agg(attname ORDER BY attnum), '[]')
            FROM pg_attribute
            WHERE attrelid = conrelid AND attnum = ANY(conkey)
        ))), '[]')
        FROM pg_constraint
        WHERE conrelid = class.oid AND contype <> 'n'
    ),
    (
        SELECT coalesce(jsonb_agg(jsonb_build_array(index_class.relname, 'i', indisvalid, (
            SELECT coalesce(jsonb_agg(attname ORDER BY attnum), '[]')
            FROM pg_attribute
            WHERE attrelid = indrelid AND attnum = ANY(indkey)
        ))), '[]')
        FROM pg_index
        JOIN pg_class AS index_class ON index_class.oid = indexrelid
        WHERE indrelid = class.oid
    ),
    (
        SELECT coalesce(
            jsonb_agg(jsonb_build_array(referring.relname, conname, referring.relnamespace = class.relnamespace)),
            '[]'
        )
        FROM pg_constraint
        JOIN pg_class AS referring ON referring.oid = conrelid
        WHERE confrelid = class.oid AND contype = 'f'
    )
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE
    namespace.nspname = current_schema()
    AND class.relname = ANY(%s)
    AND class.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
