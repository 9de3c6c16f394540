# shellcheck shell=bash
# The agent desktop's page: built with Node from the Python environment, so that the machine needs none of its own.

# in_frontend TREE COMMAND [ARGUMENT…]: runs COMMAND in the front end's folder with that Node first on PATH.
in_frontend() {
    (cd "$1/agent_desktop/frontend" && PATH="$1/.venv/bin:$PATH" "${@:2}")
}

# frontend_packages TREE: node_modules as the lock file says.
frontend_packages() {
    local tree=$1 stamp=$1/agent_desktop/frontend/node_modules/.installed-from wanted
    wanted=$(sha256sum <"$tree/agent_desktop/frontend/package-lock.json")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        note "packages are up to date"
        return 0
    fi
    note "installing npm packages"
    quietly "npm ci" in_frontend "$tree" npm ci --no-audit --no-fund --no-progress ||
        fail "the front end's packages could not be installed" "npm's words are above" \
            "check the network and the disk; behind a mirror, set npm_config_registry"
    printf '%s' "$wanted" >"$stamp"
}

# frontend_hash TREE [FIND-ARGUMENT…]: a checksum over names and contents of the front end's files.
frontend_hash() {
    (cd "$1/agent_desktop/frontend" && find . -type f -not -path './node_modules/*' "${@:2}" -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
}

# build_frontend TREE: agent_desktop/static; skipped when nothing it is made of has changed.
build_frontend() {
    local tree=$1 stamp=$1/agent_desktop/frontend/node_modules/.built-from wanted
    wanted=$(frontend_hash "$tree" -not -path './test*')
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -f "$tree/agent_desktop/static/index.html" ]; then
        note "the page is up to date"
        return 0
    fi
    frontend_packages "$tree"
    quietly "build" in_frontend "$tree" npm run build ||
        fail "the page could not be built" "the build's words are above" "run: npm run build in agent_desktop/frontend"
    [ -f "$tree/agent_desktop/static/index.html" ] || fail "the build left no page" \
        "agent_desktop/static/index.html is missing" "see build.outDir in agent_desktop/frontend/vite.config.ts"
    printf '%s' "$wanted" >"$stamp"
}

# check_frontend TREE: its style, types and tests, noted when they pass.
check_frontend() {
    local tree=$1 hash
    hash=$(frontend_hash "$tree")
    in_frontend "$tree" npm run --silent check
    in_frontend "$tree" npm test --silent
    printf '%s' "$hash" >"$tree/agent_desktop/frontend/node_modules/.passed"
}

# recheck_frontend TREE: the same, unless nothing has changed since it last passed.
recheck_frontend() {
    if [ "$(cat "$1/agent_desktop/frontend/node_modules/.passed" 2>/dev/null)" = "$(frontend_hash "$1")" ]; then
        note "unchanged since its tests last passed"
    else
        check_frontend "$1"
    fi
}
