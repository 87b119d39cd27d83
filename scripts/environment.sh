# Sourced by the scripts beside it: makes a virtual environment from a hash-locked set of packages, once.
#
#   make_environment FOLDER LOCK     afterwards FOLDER/bin/python has everything that LOCK names
#
# pip does the installing, so its configuration (index, proxies, certificates) is honoured. When the lock has not
# changed since the last time, nothing is resolved and no network is used.

fail() {
    printf 'harness: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  try:   %s\n' "$2" >&2
    exit 3
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer" "install one, or name it: PYTHON=/path/to/python3 $0"
}

is_ready() { # the same packages, for this checkout (it may have moved), and an interpreter that still runs
    cmp -s "$lock" "$environment/.lock" && [ "$(cat "$environment/.root" 2>/dev/null)" = "$ROOT" ] &&
        [ -x "$environment/bin/python" ]
}

make_environment() {
    environment=$1
    lock=$2
    ! is_ready || return 0
    python=$(find_python) || exit 3
    printf 'harness: setting up %s (once)\n' "$environment" >&2
    mkdir -p "$(dirname "$environment")"
    waited=0
    until mkdir "$environment.busy" 2>/dev/null; do
        [ "$waited" -lt 300 ] || fail "$environment.busy is in the way" "rmdir $environment.busy"
        sleep 1
        waited=$((waited + 1))
    done
    trap 'rmdir "$environment.busy" 2>/dev/null' EXIT
    trap 'exit 130' INT TERM
    if ! is_ready; then # another set-up may have ended while we waited
        "$python" -m venv --clear "$environment" ||
            fail "cannot make a virtual environment with $python" "apt install python3-venv, or another PYTHON=..."
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --require-hashes --requirement "$lock" ||
            fail "pip could not install the locked packages" "look at pip's message above; its index is: pip config list"
        # The package itself comes from the checkout, whatever directory the command is given in.
        "$environment/bin/python" -c 'import sys, sysconfig, pathlib
pathlib.Path(sysconfig.get_path("purelib"), "harness-checkout.pth").write_text(sys.argv[1] + "\n")' "$ROOT"
        printf '%s' "$ROOT" > "$environment/.root"
        cp "$lock" "$environment/.lock"
    fi
    rmdir "$environment.busy" 2>/dev/null
    trap - EXIT INT TERM
}
