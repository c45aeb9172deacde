INSERT INTO mainstay_internal.kept_answer (name, fingerprint, status, headers, body, etag, record_key)
VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7)
