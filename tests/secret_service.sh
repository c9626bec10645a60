#!/bin/sh
# Runs a command with a real, unlocked Secret Service on a session bus of its own:
#     sh tests/secret_service.sh COMMAND [ARGUMENT...]
# Needs dbus and gnome-keyring, and no systemd, display, setuid or capability. Everything lives in a folder that is
# removed afterwards: the caller's own keyring is never opened.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 64; }
for program in dbus-run-session gnome-keyring-daemon; do
    command -v "$program" >/dev/null || { echo "$program not found: apt-get install gnome-keyring dbus" >&2; exit 69; }
done

if [ "${SECRET_SERVICE_FOLDER:-}" = "" ]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/secret-service.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir -m 700 "$folder/home" "$folder/run" "$folder/data" "$folder/config" "$folder/cache"
    # Without service folders nothing is started on demand: neither a second, locked daemon nor a window.
    cat >"$folder/bus.conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=$folder/run</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
XML
    status=0
    env -u DISPLAY -u WAYLAND_DISPLAY -u DBUS_SESSION_BUS_ADDRESS -u GNOME_KEYRING_CONTROL -u PYTHON_KEYRING_BACKEND \
        HOME="$folder/home" XDG_RUNTIME_DIR="$folder/run" XDG_DATA_HOME="$folder/data" \
        XDG_CONFIG_HOME="$folder/config" XDG_CACHE_HOME="$folder/cache" \
        SECRET_SERVICE_FOLDER="$folder" INVOICETUI_SECRET_SERVICE=1 \
        dbus-run-session --config-file="$folder/bus.conf" -- sh "$0" "$@" || status=$?
    exit "$status"
fi

# printf and not echo: a line end would become part of the password, and an empty password makes no collection.
printf '%s' a-password | gnome-keyring-daemon --unlock --foreground --components=secrets \
    >"$SECRET_SERVICE_FOLDER/daemon.log" 2>&1 &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || :' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The name on the bus comes before the collection does.
tries=0
until dbus-send --session --print-reply --reply-timeout=1000 --dest=org.freedesktop.secrets \
    /org/freedesktop/secrets/collection/login org.freedesktop.DBus.Properties.Get \
    string:org.freedesktop.Secret.Collection string:Locked 2>/dev/null | grep -q 'boolean false'; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$daemon" 2>/dev/null; then
        echo "the Secret Service did not come up:" >&2
        cat "$SECRET_SERVICE_FOLDER/daemon.log" >&2
        exit 70
    fi
    sleep 0.05
done
status=0
"$@" || status=$?
exit "$status"
