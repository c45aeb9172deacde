#!/bin/sh
# Run by the Postgres image when it has made its database: the roles beside the owner, each for one thing.
#
#   POSTGRES_USER, POSTGRES_DB     the owner and its database
#   POSTGRES_SECRETS               the folder with the files …_password: /run/secrets
set -eu
secrets=${POSTGRES_SECRETS:-/run/secrets}

psql --set ON_ERROR_STOP=1 --quiet --output /dev/null --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set shop="$(cat "$secrets/shop_password")" \
  --set replication="$(cat "$secrets/replication_password")" \
  --set exporter="$(cat "$secrets/exporter_password")" << 'SQL'
-- Serves, and owns nothing: `mainstay migrate --grant shop` gives it what it needs.
CREATE ROLE shop LOGIN PASSWORD :'shop';
-- Copies everything to the standby.
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication';
-- Reads figures and no rows.
CREATE ROLE exporter LOGIN PASSWORD :'exporter' IN ROLE pg_monitor;
-- What the standby has not taken yet is kept for it, up to max_slot_wal_keep_size.
SELECT pg_create_physical_replication_slot('standby');
SQL

# The image lets everybody in by password, except for replication.
echo 'host replication replication all scram-sha-256' >> "$PGDATA/pg_hba.conf"
