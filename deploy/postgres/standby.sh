#!/bin/sh
# Starts a standby: the first time it copies the primary, and from then on it follows whoever it was told to.
# Arguments are handed to postgres.
#
#   POSTGRES_PRIMARY       where the primary is: "host=postgres-1 port=5432"
#   POSTGRES_SECRETS       the folder with the file replication_password: /run/secrets
#   PGDATA                 where its data lies
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  PGPASSWORD=$(cat "${POSTGRES_SECRETS:-/run/secrets}/replication_password")
  export PGPASSWORD
  rm -rf "$PGDATA.new" # half a copy, where the last one was cut short
  # -R writes the password into postgresql.auto.conf, which only the server's account may read.
  pg_basebackup --dbname "$POSTGRES_PRIMARY user=replication application_name=standby" --pgdata "$PGDATA.new" \
    --slot standby --wal-method stream --checkpoint fast --write-recovery-conf
  mv "$PGDATA.new" "$PGDATA" # whole, or not at all
  unset PGPASSWORD
fi
exec postgres "$@"
