# shellcheck shell=bash
# Debian packages: only what is missing, no questions, and no service of theirs is started or left enabled.

# What the platform runs on. Redis comes without Debian's service: redis-tools holds the same program under the name
# redis-check-rdb, which serves when it is called redis-server.
# shellcheck disable=SC2034 # used by the scripts that read this file
packages_to_run=(ca-certificates debian-archive-keyring espeak-ng-data libespeak-ng1 passwd redis-tools util-linux)
# shellcheck disable=SC2034
packages_to_simulate_callers=(espeak-ng sip-tester)
# shellcheck disable=SC2034
packages_to_test=(chromium espeak-ng postgresql postgresql-client shellcheck sip-tester)

as_root() { # COMMAND [ARGUMENT…]
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() { # PACKAGE…: prints those that are not installed
    local package
    for package in "$@"; do
        # shellcheck disable=SC2016 # the dollar is dpkg's
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

install_packages() { # PACKAGE…
    local missing quick=()
    command -v apt-get >/dev/null || {
        warn "this is not a Debian system; make sure that you have what these packages hold: $*"
        return 0
    }
    missing=$(missing_packages "$@")
    if [ -z "$missing" ]; then
        note "all are there"
        return 0
    fi
    note "missing: $missing"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail "Debian packages are missing" "installing them needs root rights, and there is no sudo" \
            "run this as root, or have somebody run: apt-get install $missing"
    fi
    _keep_services_off
    # On a machine that is thrown away afterwards, dpkg need not wait for the disk after every file.
    [ -z "${CI:-}" ] || quick=(-o Dpkg::Options::=--force-unsafe-io)
    quietly "package lists" as_root apt-get -qq update ||
        fail "the package lists could not be read" "apt's words are above" "check the network and the machine's sources"
    # shellcheck disable=SC2086 # one word a package
    quietly "installation" as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q \
        -o Dpkg::Use-Pty=0 "${quick[@]}" --no-install-recommends install $missing ||
        fail "Debian packages could not be installed: $missing" "apt's words are above" \
            "run: apt-get install $missing"
}

# For the rest of this stage (a subshell) packages do not start services, and PostgreSQL makes no cluster: the tests
# start servers of their own and a machine should not serve more after them than before.
_keep_services_off() {
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 0755 "$policy"
        # shellcheck disable=SC2064 # the path of now
        trap "as_root rm -f $policy" EXIT
    fi
    if [ ! -d /etc/postgresql ]; then
        as_root mkdir -p "$clusters"
        printf 'create_main_cluster = false\n' | as_root tee "$clusters/callcenter.conf" >/dev/null
    fi
}

# The user as which Asterisk runs when we are root; it owns nothing but Asterisk's own directories.
make_service_user() {
    if [ "$(id -u)" -eq 0 ] && ! getent passwd callcenter >/dev/null; then
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin callcenter ||
            fail "the user callcenter could not be made" "useradd refused" \
                "make a system user and group of that name: Asterisk, which the network can reach, is not run as root"
        note "made the system user callcenter, for Asterisk"
    fi
}
