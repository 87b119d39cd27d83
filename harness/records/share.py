"""What is shared of runs: the files of an archive, and what stands in them for words that nobody else needs to know."""

from harness.records.record import ExplainedWord, Record

# The domain that stands for all that are private; none of that name can exist.
NOWHERE = "private.invalid"
# The folder that stands for folders.
SHARED = "/shared"


class PrivacyRule(ExplainedWord):
    """Why a word is replaced in what is shared, with one line of meaning."""

    FOLDER = "folder", "A folder or file of the computer that measured: cache, source, home, temporary files."
    PATH = "path", "A path below any other folder that does not belong to the system."
    NODE = "node", "The name of the node or of the computer."
    USER = "user", "The name of the user."
    EMAIL = "e-mail", "An e-mail address."
    ADDRESS = "address", "A URL that is not public knowledge, or an address in a private network."
    COMMIT = "commit", "Author, message and repository of a commit that is not upstream's."
    FILE = "file", "The name of a recording or of weights of the user's own."
    PROGRAM = "program", "Another program that ran at the same time."
    SECRET = "secret", "A login, or what looks like a token."
    RUN = "run", "The id of a run whose CMake options named private folders."


class PrivateWord(Record):
    """A word that is not shared, and what stands for it. Where it is not `distinctive`, only its own fields have it.

    A path stands for all that lies below it.
    """

    rule: PrivacyRule
    word: str
    stand_in: str
    distinctive: bool = True


class Replacement(Record):
    """A word, what stands for it now, and how often."""

    rule: PrivacyRule
    word: str
    stand_in: str
    count: int


class SharedFile(Record):
    """A file of an archive: its path in there, and its length."""

    path: str
    size_bytes: int


class OmittedFile(Record):
    """A file of a bundle that is not shared, and why."""

    path: str
    reason: str


class Here(Record):
    """What identifies the one who shares: the user, the home folder, and the name of the computer; empty if unknown."""

    user: str = ""
    home: str = ""
    host: str = ""


class Share(Record):
    """What is shared of runs: the text to paste, the archive with its files, what was left out, and what was replaced.

    `archive` is empty where nothing was written. The private words themselves are not in it.
    """

    paste: str
    archive: str
    files: tuple[SharedFile, ...]
    omitted: tuple[OmittedFile, ...] = ()
    replaced: tuple[tuple[str, int], ...] = ()
