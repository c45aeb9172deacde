"""Answers of Postgres kept in Redis for all replicas: read through, and given up when what they show is written.

`question` names what is asked, `entry` writes an answer down, `answer_store` keeps it under the generations of
all it shows; `near_answers` keeps it in the process too (`nearby` is where), and asks about it in a `roll_call` that
many share. `cached_reads` is a read; what it may use is judged in `candidate`, by the numbers of `cache_policy`.
`flights` lets callers who ask the same share one, `refreshes` reads anew what is still used. `watched_writes` sees each
write, `invalidation` makes it known before it is answered. `caching` puts it together.
"""
