# Sourced by the other scripts: finds a new enough Python; harness/environment does the rest.

fail() {
    printf 'harness: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  try:   %s\n' "$2" >&2
    exit 3
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if "$candidate" -ISc 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer was found" "install one, or PYTHON=/path/to/python3 $0"
}
