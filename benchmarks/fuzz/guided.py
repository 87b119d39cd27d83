"""Inputs that reach new branches of the parsers, looked for by libFuzzer from real outputs on.

python -m benchmarks.fuzz.guided TARGET SECONDS - needs atheris (`pip install --group fuzz`), which has wheels for Linux
and needs Clang elsewhere. An input that breaks the contract is kept in `crash-*`; the corpus in `fuzz-corpus-TARGET`.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["harness"]):
    from benchmarks.fuzz.target import TARGETS, keeps_contract


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in TARGETS or not sys.argv[2].isdecimal():
        sys.exit(f"python -m benchmarks.fuzz.guided TARGET SECONDS, with one of: {', '.join(TARGETS)}")
    name, seconds = sys.argv[1:]
    target = TARGETS[name]
    corpus = Path(f"fuzz-corpus-{name}")
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(text[: target.limit].encode("utf-8", "surrogatepass"))

    def one(data: bytes) -> None:
        keeps_contract(target, data.decode("utf-8", "surrogateescape"))

    options = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=10", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
