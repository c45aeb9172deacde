WITH old AS (
    SELECT name FROM mainstay_internal.kept_answer
    WHERE kept_at < now() - make_interval(secs => $1)
    ORDER BY kept_at LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM mainstay_internal.kept_answer AS answer USING old WHERE answer.name = old.name RETURNING true
)
SELECT count(*) FROM gone
