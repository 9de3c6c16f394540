# shellcheck shell=bash
# Where the platform keeps what does not belong in the source tree: the private Asterisk, secrets, records, logs.

# default_home: /var/lib/callcenter for root, the user's own data directory otherwise.
default_home() {
    if [ -n "${CALLCENTER_HOME:-}" ]; then
        printf '%s' "$CALLCENTER_HOME"
    elif [ "$(id -u)" -eq 0 ]; then
        printf '/var/lib/callcenter'
    else
        printf '%s/callcenter' "${XDG_DATA_HOME:-$HOME/.local/share}"
    fi
}

# make_home DIRECTORY: creates it, open to nobody else. An unprivileged Asterisk under it is let through by the
# execute bit alone: it can reach the paths it is given and list nothing.
make_home() {
    { mkdir -p "$1" && chmod 0711 "$1"; } || fail "could not create $1" \
        "the file system refused it" "choose another place with --home DIRECTORY or CALLCENTER_HOME"
}
