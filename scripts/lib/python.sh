# shellcheck shell=bash
# The Python environment: .venv in the tree, filled from the locked requirements, checksums verified.

# find_python: prints a Python that is new enough, the machine's own first.
find_python() {
    local candidate
    for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# prepare_python TREE GROUP…: GROUP is a name under requirements/. What is up to date is not touched.
prepare_python() {
    local tree=$1 environment=$1/.venv python group stamp wanted fresh=no
    shift
    # An environment that was moved with its tree, or whose Python has gone, cannot be mended.
    if [ -d "$environment" ] && ! "$environment/bin/python" -c "import sys; sys.exit(sys.prefix != '$environment')" \
        2>/dev/null; then
        note "the environment belongs to another place or to a Python that is gone: made anew"
        rm -rf "$environment"
    fi
    if [ ! -x "$environment/bin/python" ]; then
        python=$(find_python) || {
            install_packages python3 python3-venv
            python=$(find_python) || fail "no Python 3.11 or newer was found" \
                "the machine's packages are older" "install Python 3.11 or newer with its venv module"
        }
        note "$("$python" --version) ($python)"
        quietly "virtual environment" "$python" -m venv "$environment" ||
            fail "no virtual environment could be made in $environment" "python's words are above" \
                "apt-get install python3-venv, and check the disk"
        fresh=yes
    fi
    stamp=$environment/.installed-uv
    wanted=$(sha256sum <"$tree/requirements/uv.txt")
    if [ "$fresh" = yes ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        _pip_hint "uv" quietly "uv" "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --require-hashes --requirement "$tree/requirements/uv.txt"
        printf '%s' "$wanted" >"$stamp"
    fi
    for group in "$@"; do
        stamp=$environment/.installed-$group
        wanted=$(sha256sum <"$tree/requirements/$group.txt")
        [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || continue
        note "installing requirements/$group.txt ($(grep -c '^[A-Za-z0-9]' "$tree/requirements/$group.txt") packages)"
        _pip_hint "$group" quietly "$group" "$environment/bin/uv" pip install --python "$environment/bin/python" \
            --no-progress --require-hashes --requirement "$tree/requirements/$group.txt"
        printf '%s' "$wanted" >"$stamp"
    done
    stamp=$environment/.installed-tree
    wanted=$(sha256sum <"$tree/pyproject.toml")
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        _pip_hint "the tree" quietly "the tree itself" "$environment/bin/uv" pip install --quiet \
            --python "$environment/bin/python" --no-deps --no-build-isolation --editable "$tree"
        printf '%s' "$wanted" >"$stamp"
    fi
    note "up to date: $*"
}

_pip_hint() { # WHAT COMMAND [ARGUMENT…]
    local what=$1
    shift
    "$@" || fail "Python packages could not be installed ($what)" "the installer's words are above" \
        "check the network and the disk; behind a mirror, set UV_INDEX_URL and PIP_INDEX_URL"
}
