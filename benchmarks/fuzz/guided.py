"""Inputs that reach new branches of the parsers, found by libFuzzer starting from real outputs.

    python -m benchmarks.fuzz.guided TARGET SECONDS

It needs atheris (`pip install --group fuzz`), which has wheels for Linux and needs Clang elsewhere. An input that
breaks the contract is kept in `crash-*`; the corpus in `fuzz-corpus-TARGET`.
"""

import argparse
import sys
from pathlib import Path

# Nothing of the harness may be imported before it is instrumented: the head comes last.
UNFIT = 3


def main() -> None:
    asked = parser().parse_args()
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: pip install --group fuzz", file=sys.stderr)
        sys.exit(UNFIT)
    with atheris.instrument_imports(include=["harness"]):
        from benchmarks.fuzz.target import TARGETS, keeps_contract
    from benchmarks.sitting import print_head

    if asked.target not in TARGETS:
        parser().error(f"no target is called {asked.target!r}: {', '.join(TARGETS)}")
    print_head()
    target = TARGETS[asked.target]
    corpus = Path(f"fuzz-corpus-{asked.target}")
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(text[: target.limit].encode("utf-8", "surrogatepass"))

    def one(data: bytes) -> None:
        keeps_contract(target, data.decode("utf-8", "surrogateescape"))

    options = [f"-max_total_time={asked.seconds}", "-max_len=8192", "-timeout=10", "-verbosity=0"]
    atheris.Setup([sys.argv[0], str(corpus), *options, "-print_final_stats=1"], one)
    atheris.Fuzz()


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("target", metavar="TARGET", help="as in python -m benchmarks.fuzz")
    made.add_argument("seconds", type=int, metavar="SECONDS")
    return made


if __name__ == "__main__":
    main()
