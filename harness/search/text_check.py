"""What the settings of a search make of known recordings: each binary, file of weights and flash attention once."""

from collections.abc import Callable

from harness.judge.text_quality import sum_up_text
from harness.plan.axis import name_binary
from harness.plan.guard import choose_looks, choose_reference_values, explain_blindness, find_excess, require_text
from harness.records.plan import Plan
from harness.records.quality import TextQuality
from harness.records.run import Run
from harness.records.sweep import Values
from harness.run.session import Session
from harness.search.design import SearchDesign
from harness.whisper.quantisation import name_quantised

# What decides about the text: the binary, the type of weights, and flash attention.
_Key = tuple[Values, str, str]


class TextCheck:
    """Looks at the text of settings, which `find_session` makes ready; `blindness` says why it cannot, if it cannot."""

    def __init__(self, design: SearchDesign, find_session: Callable[[Values], Session | None]) -> None:
        self.blindness = ""
        self._model, self._guard, self._start = design.model, design.guard, design.start
        self._find_session = find_session
        self._found: dict[_Key, TextQuality | None] = {}

    def open_eyes(self, run: Run, plan: Plan) -> None:
        """Find out from the plan of a binary whether there is anything to look at.

        Raises UnavailableError if there is not, although there is a limit.
        """
        self.blindness = explain_blindness(plan, run.weights)
        if self._guard.limits:
            require_text(plan, run.weights, f"--max-wer and --max-divergence cannot be checked for {self._model}")

    @property
    def looked(self) -> tuple[TextQuality, ...]:
        """Everything that was found so far."""
        return tuple(text for text in self._found.values() if text)

    def compare(self, values: Values) -> tuple[TextQuality | None, TextQuality | None]:
        """Return how good the text of these settings and that of the reference settings is; None if nobody can look."""
        return self.look(values), self.look(choose_reference_values(self._start))

    def look(self, values: Values) -> TextQuality | None:
        """Return how good the text of these settings is, None if nobody can look; it is looked at only once."""
        session = None if self.blindness else self._find_session(name_binary(values))
        if session is None:
            return None
        key = _name(values)
        if key not in self._found:
            by_name = dict(values)
            model = name_quantised(self._model, by_name["quant"])
            for step in choose_looks(session.plan, model, by_name["fa"]):
                session.do_needed(step)
                session.do(step)
            self._found[key] = sum_up_text(session.run.results, model, by_name["fa"])
        return self._found[key]

    def recall(self, values: Values) -> TextQuality | None:
        """Return what was found of these settings, None if nobody looked yet."""
        return self._found.get(_name(values))

    def find_excess(self, values: Values) -> str:
        """Return why these settings cost too much text, empty if they do not; those of the start never do."""
        if not self._guard.limits or _name(values) == _name(self._start):
            return ""
        return find_excess(*self.compare(values), self._guard)


def _name(values: Values) -> _Key:
    by_name = dict(values)
    return name_binary(values), by_name["quant"], by_name["fa"]
