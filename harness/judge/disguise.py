"""Words that identify somebody, replaced in texts: the same word by the same stand-in, wherever it stands.

Folders are replaced wherever a path begins with them. Names are replaced as whole words, and only where they are
distinctive: a node that is called `vm` does not spoil the text. Numbers and structure stay as they are.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from harness.records.secret import HIDDEN
from harness.records.share import NOWHERE, SHARED, PrivacyRule, PrivateWord, Replacement

# The folder that stands for a home.
HOME = "/home/user"
_STAND_INS = (SHARED, HOME)
# Folders of the system, which are alike on many computers.
_SYSTEM = re.compile(
    r"/(?:usr|bin|sbin|lib|lib32|lib64|etc|proc|sys|dev(?!/shm)|System|Library|Applications|nix/store|snap"
    r"|opt/(?:homebrew|rocm[^/]*|intel|nvidia|cmake|arm|local))(?:/|$)"
)
_LOOSE = ("/tmp", "/var/tmp", "/private/tmp")  # noqa: S108 - names in texts, nothing is written there
# Where everybody may look already.
_PUBLIC = re.compile(
    r"(?:https?|git|ssh)://(?:git@)?(?:private\.invalid(?:/|$)|(?:raw\.)?(?:github|githubusercontent)\.com/(?:ggml-org|ggerganov)(?:/|$)"
    r"|huggingface\.co/ggerganov(?:/|$)|(?:www\.)?(?:cmake|gnu|gcc\.gnu|llvm|ninja-build|kernel|cppreference)\.org)"
)
_SEGMENT = r"[\w.+@%~-]+"
_STARTS = r"(?:(?<![\w.~/<-])|(?<=-[ILFBT])|(?<=-M[FTQ])|(?<=-isystem)|(?<=file://))"
_ENDS = r"(?![\w-])"
_PARTS = {
    "secret": r"\b(?-i:hf_|gh[oprsu]_|github_pat_|glpat-|xox[abp]-|sk-|npm_|pypi-)[A-Za-z0-9_-]{16,}"
    r"|\b(?-i:AKIA|ASIA)[A-Z0-9]{16}\b|\b(?-i:eyJ)[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){2}"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "url": r"\b(?:(?!file:)[a-z][a-z0-9+.-]{1,20}://|(?:github|gitlab|bitbucket)\.(?:com|org)[/:])[^\s\"'<>|`)\]}]+",
    "mail": r"(?<![\w.+-])[\w.+-]+@"
    r"(?:[\w-]+(?:(?:\.[\w-]+)*\.[a-z][\w-]+(?::[\w./~-]+)?|:[\w./~-]+)|(?<=@)[\w-]+(?=>))",
    "net": r"(?<![\w.])(?:10|100|172|192)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-f]{1,4}::?){4,7}[0-9a-f]{1,4}(?![\w:])",
}
_PATH = (
    rf"(?:{_STARTS}/{{1,2}}{_SEGMENT}(?:/+{_SEGMENT})+"
    rf"|(?<![\w./-])(?:~[\w.-]*|\$HOME|\$\{{HOME\}})(?:/+{_SEGMENT})+)/?"
)
# The home of anybody, and the names at the end of a path that may stay: those of files and of programs.
_ANY_HOME = re.compile(r"(?:/(?:home|Users|var/home|export/home)/[^/]+|~[^/]*|\$\{?HOME\}?)")
_FILE = re.compile(r".+\.[A-Za-z]\w{0,9}")
_PROGRAMS = ("/bin", "/sbin", "/libexec")
_GIT = "git"
_NET = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|.*:")
# Colours, whose letters would look like a part of the word that follows.
_COLOUR = re.compile(r"(\x1b\[[0-9;]*[A-Za-z])")


class Disguise:
    """Replaces private words in texts, and counts what it replaced; what turns up on the way gets a number."""

    def __init__(self, words: Iterable[PrivateWord]) -> None:
        known = sorted((one for one in words if one.distinctive and one.word), key=lambda one: -len(one.word))
        self._known = {one.word.lower(): one for one in known}
        own = _spell(known)
        self._own = re.compile(own or r"(?!)", re.IGNORECASE)
        self._pattern = _compile(own, [one for one in known if one.stand_in == HOME])
        self._numbers: dict[tuple[PrivacyRule, str], str] = {}
        self._counts: Counter[tuple[PrivacyRule, str, str]] = Counter()
        self._ways: dict[str, Callable[[str], str]] = {
            "known": self._replace_known,
            "secret": self._replace_secret,
            "url": self._replace_url,
            "mail": self._replace_mail,
            "net": self._replace_net,
            "home": self._replace_below,
            "path": self._replace_path,
        }

    @property
    def replaced(self) -> tuple[Replacement, ...]:
        """What was replaced so far, by rule, in the order in which it was met."""
        ranks = {rule: rank for rank, rule in enumerate(PrivacyRule)}
        found = [Replacement(rule=key[0], word=key[1], stand_in=key[2], count=n) for key, n in self._counts.items()]
        return tuple(sorted(found, key=lambda one: ranks[one.rule]))

    def clean(self, text: str) -> str:
        """Return a text without private words."""
        if "\x1b" not in text:
            return self._pattern.sub(self._replace, text)
        pieces = _COLOUR.split(text)
        return "".join(
            piece if number % 2 else self._pattern.sub(self._replace, piece) for number, piece in enumerate(pieces)
        )

    def put(self, word: PrivateWord) -> str:
        """Return what stands for the whole value of a field, and count it."""
        if word.word == word.stand_in or not word.word:
            return word.word
        return self._count(word.rule, word.word, word.stand_in)

    def assign(self, rule: PrivacyRule, word: str, form: str) -> str:
        """Return what stands for a word that turned up on the way: `form` with a number, the same for the same word."""
        number = 1 + sum(one is rule for one, _ in self._numbers)
        stand_in = self._numbers.setdefault((rule, word), form.format(number))
        return self._count(rule, word, stand_in)

    def _replace(self, found: re.Match[str]) -> str:
        return self._ways[found.lastgroup or ""](found.group())

    def _keep(self, text: str) -> str:
        """Return what may stay, a path of the system say, without the names that are in it all the same."""
        return self._own.sub(lambda found: self._replace_known(found.group()), text)

    def _replace_known(self, text: str) -> str:
        word = self._known[text.lower()]
        return self._count(word.rule, word.word, word.stand_in)

    def _replace_secret(self, text: str) -> str:
        return self._count(PrivacyRule.SECRET, f"{text[:4]}...", HIDDEN)

    def _replace_url(self, text: str) -> str:
        return (
            self._keep(text)
            if _PUBLIC.match(text if "://" in text else f"https://{text.replace(':', '/', 1)}")
            else self.assign(PrivacyRule.ADDRESS, text, f"https://{NOWHERE}/{{}}")
        )

    def _replace_mail(self, text: str) -> str:
        user, _, rest = text.partition("@")
        public = user == _GIT and _PUBLIC.match(f"ssh://{rest.replace(':', '/', 1)}")
        if public or rest == NOWHERE:
            return text
        return self.assign(PrivacyRule.EMAIL, text, f"somebody-{{}}@{NOWHERE}")

    def _replace_net(self, text: str) -> str:
        return self.assign(PrivacyRule.ADDRESS, text, "192.0.2.{}") if _NET.match(text) else text

    def _replace_path(self, path: str) -> str:
        folder = path.rstrip("/").rpartition("/")[0]
        if _SYSTEM.match(path) or folder in _LOOSE or path.startswith(_STAND_INS):
            return self._keep(path)
        return self._replace_below(path)

    def _replace_below(self, path: str) -> str:
        """Return a path with a number for its folder; only the name of a file or of a program stays."""
        plain = re.sub("/+", "/", path.rstrip("/"))
        folder, _, name = plain.rpartition("/")
        stays = (_FILE.fullmatch(name) or folder.endswith(_PROGRAMS)) and not _ANY_HOME.fullmatch(plain)
        own = f"{self._replace_folder(folder)}/{self._keep(name)}" if stays else self._replace_folder(plain)
        return f"{own}/" if path.endswith("/") else own

    def _replace_folder(self, folder: str) -> str:
        if folder.lower() in self._known:
            return self._replace_known(folder)
        if _ANY_HOME.fullmatch(folder):
            return self.assign(PrivacyRule.FOLDER, folder, f"{HOME}-{{}}")
        return self.assign(PrivacyRule.PATH, folder, f"{SHARED}/folder-{{}}")

    def _count(self, rule: PrivacyRule, word: str, stand_in: str) -> str:
        self._counts[rule, word, stand_in] += 1
        return stand_in


def _spell(known: Sequence[PrivateWord]) -> str:
    """Return the pattern of known words, each as a whole; what is longer comes first. A home ends at its name."""
    return "|".join(
        f"{_STARTS}{re.escape(one.word)}{_ENDS}{'(?!/+[^/ ])' if one.stand_in == HOME else ''}"
        if one.word.startswith("/")
        else rf"(?<![^\W_]){re.escape(one.word)}(?![^\W_])"
        for one in known
    )


def _compile(own: str, homes: Sequence[PrivateWord]) -> re.Pattern[str]:
    """Return the pattern of all that may have to be replaced; `own` are the known words."""
    parts = {"secret": _PARTS["secret"], "known": own, "url": _PARTS["url"], "mail": _PARTS["mail"]}
    below = "|".join(re.escape(one.word) for one in homes)
    parts |= {"home": rf"{_STARTS}(?:{below})(?:/+{_SEGMENT})+/?" if below else "", "net": _PARTS["net"], "path": _PATH}
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in parts.items() if pattern), re.IGNORECASE)
