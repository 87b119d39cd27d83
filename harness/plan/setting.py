"""Every setting, once: its flag, its variable, its key in harness.toml, and its default."""

from enum import StrEnum

from harness.records.record import Record

Value = str | int | float | bool | tuple[str, ...]
PREFIX = "HARNESS_"


class Kind(StrEnum):
    """How a setting is written: a LIST is repeatable and splits at commas, DEFINES only repeat."""

    TEXT = "text"
    INTEGER = "integer"
    SECONDS = "seconds"
    FLAG = "flag"
    LIST = "list"
    DEFINES = "defines"


class Setting(Record):
    """One setting; `commands` are the verbs that take it."""

    name: str
    kind: Kind
    default: Value
    help: str
    commands: tuple[str, ...]
    metavar: str = ""
    short: str = ""

    @property
    def flag(self) -> str:
        """The long option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()


_EXCHANGE = ("import", "export")
_READ = ("runs", "show", "report")
_WORK = ("run", "build", "models")
_ALL = (*_WORK, *_EXCHANGE, *_READ)
_BUILD = ("run", "build")
_RUN = ("run",)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="model",
        kind=Kind.LIST,
        default=("base",),
        metavar="NAME",
        commands=_RUN,
        help="models to benchmark; repeat or separate by commas; 'all' and 'fast' (tiny, base, small) are groups",
    ),
    Setting(
        name="ref",
        kind=Kind.TEXT,
        default="",
        metavar="REF",
        commands=_BUILD,
        help="release, tag, branch or sha of whisper.cpp (default: the pinned release)",
    ),
    Setting(
        name="repo",
        kind=Kind.TEXT,
        default="",
        metavar="URL|PATH",
        commands=_BUILD,
        help="git repository that --ref is looked up in (default: upstream)",
    ),
    Setting(
        name="source",
        kind=Kind.TEXT,
        default="",
        metavar="DIR",
        commands=_BUILD,
        help="measure this local tree as it is, uncommitted changes included",
    ),
    Setting(
        name="isa",
        kind=Kind.TEXT,
        default="native",
        metavar="NAME",
        commands=_BUILD,
        help="instruction set to build for: 'native', or a name such as sse42, avx, avx2, avx512",
    ),
    Setting(
        name="compiler",
        kind=Kind.TEXT,
        default="auto",
        metavar="NAME",
        commands=_BUILD,
        help="auto, gcc, clang, zig, or the name or path of a C compiler",
    ),
    Setting(
        name="tools",
        kind=Kind.TEXT,
        default="",
        metavar="DIR",
        commands=_BUILD,
        help="take cmake, ctest and ninja from this folder (default: those that come with the harness)",
    ),
    Setting(
        name="define",
        kind=Kind.DEFINES,
        default=(),
        metavar="NAME=VALUE",
        short="-D",
        commands=_BUILD,
        help="further CMake option, for example -D GGML_LLAMAFILE=ON; repeatable",
    ),
    Setting(name="werror", kind=Kind.FLAG, default=False, commands=_BUILD, help="treat compiler warnings as errors"),
    Setting(name="rebuild", kind=Kind.FLAG, default=False, commands=_BUILD, help="build again from an empty folder"),
    Setting(
        name="jobs",
        kind=Kind.INTEGER,
        default=0,
        metavar="N",
        commands=_BUILD,
        help="parallel compile jobs (default: the usable CPUs)",
    ),
    Setting(
        name="bench",
        kind=Kind.LIST,
        default=("memcpy", "mul_mat", "whisper"),
        metavar="NAME",
        commands=_RUN,
        help="benchmarks to run: memcpy, mul_mat, whisper (default: all three)",
    ),
    Setting(
        name="threads",
        kind=Kind.LIST,
        default=(),
        metavar="N",
        commands=_RUN,
        help="thread counts (default: min(4, usable physical cores))",
    ),
    Setting(
        name="flash_attn",
        kind=Kind.LIST,
        default=("0",),
        metavar="0|1",
        commands=_RUN,
        help="flash attention off (0), on (1) or both (0,1); default 0, as in the ggml-ci reports",
    ),
    Setting(
        name="repetitions",
        kind=Kind.INTEGER,
        default=5,
        metavar="N",
        commands=_RUN,
        help="processes per model and setting (default 5)",
    ),
    Setting(
        name="seed",
        kind=Kind.INTEGER,
        default=1,
        metavar="N",
        commands=_RUN,
        help="seed of the order of the cases inside each round",
    ),
    Setting(
        name="no_tests", kind=Kind.FLAG, default=False, commands=_RUN, help="do not build and run whisper.cpp's tests"
    ),
    Setting(
        name="weights",
        kind=Kind.TEXT,
        default="auto",
        metavar="auto|official|synthetic|PATH",
        commands=("run", "models"),
        help="where weights come from (default auto: official when they can be had, else synthetic)",
    ),
    Setting(
        name="weights_mirror",
        kind=Kind.TEXT,
        default="",
        metavar="URL",
        commands=("run", "models"),
        help="base URL to download official weights from instead of the pinned one",
    ),
    Setting(
        name="timeout",
        kind=Kind.SECONDS,
        default=3600.0,
        metavar="SECONDS",
        commands=_RUN,
        help="time limit of one benchmark process (default 3600)",
    ),
    Setting(
        name="node",
        kind=Kind.TEXT,
        default="",
        metavar="NAME",
        commands=_RUN,
        help="name of this node in reports and folders (default: the host name)",
    ),
    Setting(
        name="results",
        kind=Kind.TEXT,
        default="results",
        metavar="DIR",
        commands=("run", *_EXCHANGE, *_READ),
        help="where bundles are written (default: ./results)",
    ),
    Setting(
        name="cache",
        kind=Kind.TEXT,
        default="",
        metavar="DIR",
        commands=_WORK,
        help="where sources, builds and weights are kept (default: the user's cache folder)",
    ),
    Setting(
        name="no_wait",
        kind=Kind.FLAG,
        default=False,
        commands=_BUILD,
        help="exit with 3 instead of waiting when another run is busy on this node",
    ),
    Setting(name="dry_run", kind=Kind.FLAG, default=False, commands=_WORK, help="print the plan and stop"),
    Setting(
        name="json",
        kind=Kind.FLAG,
        default=False,
        commands=tuple(verb for verb in _ALL if verb != "report"),
        help="print the result as JSON on standard output",
    ),
    Setting(name="quiet", kind=Kind.FLAG, default=False, short="-q", commands=_ALL, help="only errors and the result"),
    Setting(
        name="verbose",
        kind=Kind.FLAG,
        default=False,
        short="-v",
        commands=_ALL,
        help="show the output of every child as it comes",
    ),
)
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
