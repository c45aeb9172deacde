-- The lock is taken whatever is found: it is free where nobody is working on the same request.
SELECT pg_try_advisory_xact_lock($2), answer.fingerprint::text, answer.status, answer.headers,
    encode(answer.body, 'hex'), answer.etag, answer.record_key
FROM (VALUES (1)) AS always LEFT JOIN mainstay_internal.kept_answer AS answer ON answer.name = $1
