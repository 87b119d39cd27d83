"""What a program computed, beside how fast: errors in its text, divergence from a reference, and whether it is right.

Counts and digests, never the text itself: a recording may be private.
"""

from harness.records.record import Record


class TextErrors(Record):
    """What the printed text gets wrong, against the known text of a recording, both normalised.

    `words` are those of the known text, `correct` says of each of them in turn whether it was recognised (`1` or `0`).
    `characters` are those of the known text without spaces between words, `character_errors` the fewest insertions,
    deletions and substitutions between both. `normaliser` names what made upper and lower case, punctuation and
    spellings equal, with its version. `digest` is short and belongs to the printed text, as it was printed, `known` to
    the known text.
    """

    words: int
    substitutions: int
    deletions: int
    insertions: int
    characters: int
    character_errors: int
    correct: str
    normaliser: str
    digest: str
    known: str = ""

    @property
    def errors(self) -> int:
        """The wrong, missing and superfluous words."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def word_error_rate(self) -> float:
        """Errors over the words of the known text; above 1 where there are more errors than words."""
        return self.errors / self.words

    @property
    def character_error_rate(self) -> float:
        """Errors over the characters of the known text."""
        return self.character_errors / self.characters


class TokenDivergence(Record):
    """How far the output distributions of a program lie from those of the reference, over the reference's own tokens.

    The reference is whisper.cpp's CPU backend with F16 weights and without flash attention; `made_by` says which build.
    At each of `positions`, both have heard the same audio and read the same tokens. `agreeing` says of each in turn
    whether both find the same token the most likely one (`1` or `0`). The divergence is Kullback and Leibler's, of the
    reference from the program, in nats: `mean`, `median` with its 95 % interval from `low` to `high`, and `worst`.
    `log_probability` and `reference_log_probability` are the means of the logarithms of what each gives the reference's
    tokens. Left to itself, the program printed other tokens: `token_edits` insertions, deletions and substitutions
    away from the `tokens` of the reference; `digest` is short and belongs to its own tokens. `windows` of the
    recording's `of_windows`, each of 30 s, were looked at.
    """

    windows: int
    of_windows: int
    positions: int
    agreeing: str
    mean: float
    median: float
    low: float
    high: float
    worst: float
    log_probability: float
    reference_log_probability: float
    tokens: int
    token_edits: int
    digest: str
    made_by: str

    @property
    def agreement(self) -> float:
        """The share of positions at which the most likely token is the reference's."""
        return self.agreeing.count("1") / self.positions

    @property
    def token_agreement(self) -> float:
        """One minus the token edits over the tokens of the reference, at least 0."""
        return max(0.0, 1 - self.token_edits / self.tokens) if self.tokens else float(self.token_edits == 0)


class ResultCheck(Record):
    """Whether a build computes what the weights say, on a fixed input, against a plain computation in float32.

    `errors` has, for each of some positions, the length of the difference between both vectors of logits over the
    length of the reference's, both without their means. `tolerance` is how large the largest may be. `agreeing` says
    of each position whether the most likely token is the same (`1` or `0`). `unreal` counts logits that are not
    numbers.
    """

    errors: tuple[float, ...]
    tolerance: float
    agreeing: str
    unreal: int = 0

    @property
    def worst(self) -> float:
        """The largest error."""
        return max(self.errors, default=0.0)

    @property
    def passed(self) -> bool:
        """Whether the result is right."""
        return not self.unreal and bool(self.errors) and self.worst <= self.tolerance


class ServerLoad(Record):
    """What a server answered: `requests` by `clients` at once, `refused` of them not with a text.

    Times are milliseconds from the first byte sent to the last byte received: `median_ms`, `p95_ms`, `worst_ms`.
    `speech_rate` is the seconds of speech that were transcribed per second. `ready_s` is the time from the start of the
    server until it was ready. `first_refusal` says what was wrong with the first one, `digests` are those of the
    different texts, one unless the server is not deterministic. The peak memory of such a step is that of the server.
    """

    clients: int
    requests: int
    refused: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    speech_rate: float
    ready_s: float
    first_refusal: str = ""
    digests: tuple[str, ...] = ()


class TextQuality(Record):
    """What some settings make of all recordings together, by one process for each.

    `errors` of the `words` of the known texts were wrong, missing or superfluous; no known text has no words. At
    `agreeing` of `positions` tokens the most likely one was that of the reference, and `divergence` is the mean of
    Kullback and Leibler's over them, in nats; None if no tokens were compared. `reason` says what could not be looked
    at, empty if everything was.
    """

    words: int = 0
    errors: int = 0
    positions: int = 0
    agreeing: int = 0
    divergence: float | None = None
    reason: str = ""

    @property
    def word_error_rate(self) -> float | None:
        """Errors over words; None without a known text."""
        return self.errors / self.words if self.words else None

    @property
    def agreement(self) -> float | None:
        """The share of positions at which the most likely token is the reference's; None if none were compared."""
        return self.agreeing / self.positions if self.positions else None
