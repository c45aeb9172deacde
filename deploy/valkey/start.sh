#!/bin/sh
# Starts a server or a Sentinel from the files beside this one:
#
#     start.sh server | sentinel
#
#   VALKEY_NAME             how others reach it: "valkey-2 6379"
#   VALKEY_PRIMARY          who is primary at first: "valkey-1 6379"; any other server replicates that one
#   VALKEY_DATA             a folder it may write to: /data
#   VALKEY_SECRETS          the folder with the files valkey_password (the service's) and valkey_operator_password
set -eu
umask 077

files=$(cd "$(dirname "$0")" && pwd)
secrets=${VALKEY_SECRETS:-/run/secrets}
cd "${VALKEY_DATA:-/data}"

host=${VALKEY_NAME% *} port=${VALKEY_NAME#* }
operator=$(sed 's/[\\"]/\\&/g' "$secrets/valkey_operator_password")

digest() { printf '#%s' "$(printf %s "$(cat "$secrets/$1")" | sha256sum | cut -d ' ' -f 1)"; }

case $1 in
  server)
    sed -e '/^#/d' -e '/^$/d' -e "s/@SHOP@/$(digest valkey_password)/" \
      -e "s/@OPERATOR@/$(digest valkey_operator_password)/" "$files/users.acl" > users.acl
    {
      cat "$files/server.conf"
      printf 'masterauth "%s"\nport %s\nreplica-announce-ip %s\n' "$operator" "$port" "$host"
      [ "$VALKEY_NAME" = "$VALKEY_PRIMARY" ] || printf 'replicaof %s\n' "$VALKEY_PRIMARY"
    } > server.conf
    exec valkey-server server.conf
    ;;
  sentinel)
    {
      sed "s/@PRIMARY@/$VALKEY_PRIMARY/" "$files/sentinel.conf"
      printf 'sentinel auth-pass shop "%s"\nport %s\nsentinel announce-ip %s\n' "$operator" "$port" "$host"
    } > sentinel.conf
    exec valkey-server sentinel.conf --sentinel
    ;;
  *)
    echo "usage: start.sh server | sentinel" >&2
    exit 2
    ;;
esac
