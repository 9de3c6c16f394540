# shellcheck shell=bash
# What every set-up command tells the person who runs it: stages with their times, progress of long steps,
# and failures as three plain sentences (what, why, what to do). Everything goes to standard error, so that
# a command may print a result on standard output.

if [ -t 2 ]; then
    _bold=$'\033[1m' _red=$'\033[31m' _yellow=$'\033[33m' _green=$'\033[32m' _plain=$'\033[0m'
else
    _bold='' _red='' _yellow='' _green='' _plain=''
fi

_stage_table=''
stage_status=0

say() { printf '%s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
warn() { printf '%s    Warning: %s%s\n' "$_yellow" "$*" "$_plain" >&2; }

# fail WHAT WHY WHAT-TO-DO: ends the program (or the stage it is called in).
fail() {
    printf '\n%sFailed: %s%s\n' "$_red$_bold" "$1" "$_plain" >&2
    printf '   Why: %s\n' "${2:-unknown}" >&2
    printf '    Do: %s\n\n' "${3:-read the lines above, mend it and run the command again}" >&2
    exit 1
}

now_ms() { date +%s%3N; }

seconds_since() { # MILLISECONDS-AT-START
    local elapsed=$(($(now_ms) - $1))
    printf '%d.%d' $((elapsed / 1000)) $((elapsed % 1000 / 100))
}

# stage NAME COMMAND [ARGUMENT…]: runs COMMAND (usually a shell function) in a subshell in which every failing
# line ends it, prints its time and notes it for stage_table. COMMAND's status is in stage_status afterwards; stage
# itself always succeeds, so that nobody writes `stage … || …`: in a condition bash switches `set -e` off for
# everything inside, and a stage would go on after a failure.
stage() {
    local name=$1 started elapsed
    shift
    started=$(now_ms)
    printf '%s==> %s%s\n' "$_bold" "$name" "$_plain" >&2
    set +e
    (
        set -e
        "$@"
    )
    stage_status=$?
    set -e
    elapsed=$(seconds_since "$started")
    if [ "$stage_status" -eq 0 ]; then
        note "${_green}done${_plain} in $elapsed s"
        _stage_table+="$elapsed|ok|$name"$'\n'
    else
        note "${_red}failed${_plain} after $elapsed s"
        _stage_table+="$elapsed|FAILED|$name"$'\n'
    fi
}

# must_stage: the same, and the end of the program if it failed.
must_stage() {
    stage "$@"
    if [ "$stage_status" -ne 0 ]; then
        stage_table
        exit "$stage_status"
    fi
}

# stage_table: the stages run so far, one line each, with seconds.
stage_table() {
    local elapsed outcome name
    printf '\n%10s  %-7s %s\n' 'seconds' '' 'stage' >&2
    while IFS='|' read -r elapsed outcome name; do
        [ -z "$elapsed" ] || printf '%10s  %-7s %s\n' "$elapsed" "$outcome" "$name" >&2
    done <<<"$_stage_table"
}

# quietly WHAT COMMAND [ARGUMENT…]: runs COMMAND with its output in a file, says every ten seconds that it is
# still at work, and shows the end of the output if it fails. Returns COMMAND's status.
quietly() {
    local what=$1 output pid status started shown=0 waited
    shift
    output=$(mktemp)
    started=$(now_ms)
    "$@" >"$output" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((($(now_ms) - started) / 1000))
        if [ $((waited / 10)) -gt "$shown" ]; then
            shown=$((waited / 10))
            note "$what: $waited s, $(tail -n 1 "$output" | tr -d '\r' | tr -cd '[:print:]' | cut -c1-90)"
        fi
    done
    wait "$pid" && status=0 || status=$?
    if [ "$status" -ne 0 ]; then
        note "$what ended with status $status; the end of its output:"
        tail -n 40 "$output" | sed 's/^/    | /' >&2
    fi
    rm -f "$output"
    return "$status"
}
