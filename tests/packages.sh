#!/bin/sh
# Installs the Debian packages that the tests need and that are not there yet.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ]; then as_root=""; else as_root="sudo"; fi
case "$missing" in *postgresql*)
    # the tests make clusters of their own; a server of the system would only stand there
    settings=/etc/postgresql-common/createcluster.conf
    [ -e "$settings" ] || {
        $as_root mkdir -p "$(dirname "$settings")"
        echo "create_main_cluster = false" | $as_root tee "$settings" >/dev/null
    } ;;
esac
$as_root apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold $missing
