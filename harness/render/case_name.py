"""Names of cases for people: what all cases of a benchmark have in common is shown once."""

from collections.abc import Collection, Iterator, Mapping

from harness.records.measurement import Case

# What all cases of a benchmark have in common, by its name.
SharedParams = Mapping[str, frozenset[tuple[str, str]]]


def share_params(cases: Collection[Case]) -> SharedParams:
    """Return, for each benchmark, the parameters that all its cases have in common, except the model."""
    params: dict[str, list[frozenset[tuple[str, str]]]] = {}
    for case in cases:
        named = frozenset(pair for pair in case.params if pair[0] != "model")
        params.setdefault(case.benchmark, []).append(named)
    return {name: frozenset.intersection(*found) for name, found in params.items()}


def shorten_case(case: Case, shared: SharedParams) -> str:
    """Return the name of a case without what it has in common with the others."""
    common = shared.get(case.benchmark, frozenset())
    return "/".join([case.benchmark, *(f"{key}={value}" for key, value in case.params if (key, value) not in common)])


def list_shared(shared: SharedParams) -> Iterator[str]:
    """Yield a line for each benchmark whose cases have something in common."""
    for benchmark, common in shared.items():
        if common:
            yield f"all of {benchmark}: {', '.join(f'{key}={value}' for key, value in sorted(common))}"
