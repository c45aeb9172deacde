-- Waits for whoever else fills this database for the first time; the number is "seedings" in ASCII.
SELECT pg_advisory_xact_lock(x'73656564696e6773'::bigint)
