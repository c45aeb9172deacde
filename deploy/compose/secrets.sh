#!/bin/sh
# Draws every password of docker-compose.yml at its first start, each into a file that only its reader may read.
# Once they are drawn they stay: servers have been made with them.
#
#   SECRETS     the folder, with one folder for each reader: /secrets
set -eu
umask 022
cd "${SECRETS:-/secrets}"
[ ! -e drawn ] || exit 0

draw() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

# put READER UID NAME TEXT
put() {
  mkdir -p "$1" && rm -f "$1/$3.new"
  (umask 377 && printf '%s\n' "$4" > "$1/$3.new")
  [ "$(id -u)" != 0 ] || chown "$2" "$1/$3.new"
  mv -f "$1/$3.new" "$1/$3"
}

owner=$(draw) serving=$(draw) replication=$(draw) measuring=$(draw) valkey=$(draw) operator=$(draw)
servers='host=postgres-1,postgres-2 port=5432 dbname=mainstay'

put shop 10001 postgres_dsn "$servers user=shop password=$serving"
put shop 10001 redis_url "redis+sentinel://shop:$valkey@sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/shop/0"
put shop 10001 accounts_secret "$(draw)"
put shop 10001 encryption_keys "first:$(head -c 32 /dev/urandom | base64 | tr -d '\n')"
put migrate 10001 migration_dsn "$servers user=mainstay password=$owner target_session_attrs=read-write"
put postgres 999 owner_password "$owner"
put postgres 999 shop_password "$serving"
put postgres 999 replication_password "$replication"
put postgres 999 exporter_password "$measuring"
put valkey 999 valkey_password "$valkey"
put valkey 999 valkey_operator_password "$operator"
put postgres-exporter 65534 exporter_password "$measuring"
put valkey-exporter 59000 passwords.json \
  "{\"redis://exporter@valkey-1:6379\": \"$operator\", \"redis://exporter@valkey-2:6379\": \"$operator\"}"
put alertmanager 65534 webhook-token "$(draw)"
put grafana 472 admin_password "$(draw)"

touch drawn
