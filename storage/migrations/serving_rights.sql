-- What a role lacks of the rights it serves with: the kind of thing, its quoted name, and the rights.
WITH role AS (SELECT %s::name AS name),
given AS (
    SELECT space.oid AS space, space.nspname, class.oid, class.relname, given.rights
    FROM json_to_recordset(%s) AS given (schema_name text, table_name text, rights text[])
    JOIN pg_namespace AS space ON space.nspname = coalesce(given.schema_name, current_schema())
    JOIN pg_class AS class ON class.relnamespace = space.oid AND class.relname = given.table_name AND class.relkind = 'r'
    WHERE cardinality(given.rights) > 0
),
wanted AS (
    SELECT DISTINCT 1 AS place, 'SCHEMA' AS kind, quote_ident(nspname) AS name, 'USAGE' AS privilege, 1::bigint AS rank,
        has_schema_privilege(role.name, space, 'USAGE') AS has
    FROM given, role
    UNION ALL
    SELECT 2, 'TABLE', format('%%I.%%I', nspname, relname), privilege, rank, has_table_privilege(role.name, oid, privilege)
    FROM given, role, unnest(rights) WITH ORDINALITY AS each (privilege, rank)
    UNION ALL
    -- Numbers that Postgres gives: a record whose key the caller chose moves them on (setval).
    SELECT 3, 'SEQUENCE', format('%%I.%%I', nspname, sequence.relname), privilege, rank,
        has_sequence_privilege(role.name, sequence.oid, privilege)
    FROM given
    JOIN pg_depend AS tie ON tie.refclassid = 'pg_class'::regclass AND tie.refobjid = given.oid
        AND tie.classid = 'pg_class'::regclass AND tie.deptype IN ('a', 'i')
    JOIN pg_class AS sequence ON sequence.oid = tie.objid AND sequence.relkind = 'S'
    CROSS JOIN role
    CROSS JOIN unnest(ARRAY['USAGE', 'UPDATE']) WITH ORDINALITY AS each (privilege, rank)
    WHERE 'INSERT' = ANY (given.rights)
)
SELECT kind, name, string_agg(privilege, ', ' ORDER BY rank)
FROM wanted
WHERE NOT has
GROUP BY place, kind, name
ORDER BY place, name
