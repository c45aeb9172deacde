"""Reads from the replicas of Postgres: none older than allowed, and none that misses what its caller wrote.

`position` is a place in the primary's log: a caller is told it after a write, for which `write_positions` asks, and
sends it with a read. Of each server of the address a `member` knows what it is and how far it has come. `member_watch`
looks at them all and notes in `course` when the primary was where: so it knows how old that can be which a replica
shows. `replica_reads` sends each read to a replica that will do, and else to the primary.
"""
