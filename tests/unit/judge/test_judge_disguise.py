"""What is shared holds no private word, and everything else as it was."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge.disguise import Disguise
from harness.judge.disguised_run import clean_json, disguise_run
from harness.judge.privacy import is_distinctive, list_private_words, name_shared_node
from harness.records.build import CMakeOption
from harness.records.caveat import Caveat
from harness.records.condition import Neighbour, Quietness
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CompletedProcess, Status
from harness.records.plan import Phase
from harness.records.run import OURS, Run, SettingOrigin, SettingUsed
from harness.records.share import Here, PrivacyRule, PrivateWord
from harness.records.weights import Audio
from tests import factory

USER, HOST, NODE = "jdoe42", "jdoe42-thinkpad", "lab-zen4-7"
HOME = f"/home/{USER}"
UPSTREAM = "https://github.com/ggml-org/whisper.cpp"


def words(*more: PrivateWord) -> tuple[PrivateWord, ...]:
    run = private_run()
    return (*list_private_words([run], Here(user=USER, home=HOME, host=f"{HOST}.corp.example")), *more)


def private_run() -> Run:
    run = factory.run()
    commit = run.source.commit.replace(
        author="Jane Doe", message="secret plan", repo=f"ssh://git@git.corp.example/{USER}/w.git", changes="a" * 40
    )
    option = CMakeOption(name="CMAKE_PREFIX_PATH", value=f"{HOME}/blas", reason="asked for")
    settings = (
        SettingUsed(name="as_node", value=NODE, origin=SettingOrigin.FLAG),
        SettingUsed(name="source", value=f"{HOME}/whisper.cpp", origin=SettingOrigin.FLAG),
        SettingUsed(name="notify", value=f"mail {USER}", origin=SettingOrigin.FILE),
        SettingUsed(name="ref", value="secret-branch", origin=SettingOrigin.FLAG),
    )
    neighbour = Neighbour(pid=4711, name="acme-trader", cpus=0.5)
    quiet = Quietness(wall_s=1.0, cpus=2, other_cpus=0.5, neighbours=(neighbour,))
    result = factory.result("bench_tiny", Phase.BENCHMARK, Status.PASSED).replace(quiet=quiet)
    return run.replace(
        id=f"20260101T000000Z-f24588a2-{run.config.replace(options=(option,)).id}",
        node=run.node.replace(name=NODE),
        source=run.source.replace(commit=commit, mutable=True, path=f"{HOME}/whisper.cpp"),
        config=run.config.replace(options=(option,)),
        environment=(("HOME", HOME), ("USER", USER), ("PATH", f"{HOME}/bin:/usr/bin"), ("OMP_X", "3")),
        settings=settings,
        results=(result,),
        caveats=(Caveat(code="under-load", message="others used 0.50 CPUs (acme-trader 4711: 0.50)"),),
    )


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (f"-I{HOME}/x.h and {HOME}", "-I/home/user/x.h and /home/user"),
        (f"{HOME}y/x.c", "/home/user-1/x.c"),
        (f"Site: {HOST.upper()}, by {USER}.", "Site: computer, by somebody."),
        (f"a{USER}", f"a{USER}"),  # a part of another word is another word
        ("/usr/bin/cc /tmp/x.o ms/pass 1 / 2 whisper/fa=1/model=tiny </testcase>", None),
        (f"/usr/share/{USER}/x", "/usr/share/somebody/x"),
        (f"{UPSTREAM}/{USER}", f"{UPSTREAM}/somebody"),
        ("/data/acme/model.bin", "/shared/folder-1/model.bin"),
        (f"clone {UPSTREAM}/commit/abc", None),
        ("https://git.corp.example/x", "https://private.invalid/1"),
        ("git@git.corp.example:team/w.git", "somebody-1@private.invalid"),
        ("git@github.com:ggml-org/whisper.cpp.git", None),
        ("Signed-off-by: <jane@doe.example>", "Signed-off-by: <somebody-1@private.invalid>"),
        ("at 10.1.2.3, version 10.0.26100.1", "at 192.0.2.1, version 10.0.26100.1"),
        ("token hf_abcdefghijklmnopqrst", "token ***"),
        ("sk-proj-abcdefghijklmnopqrst AKIAIOSFODNN7EXAMPLE", "*** ***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh", "***"),
        ("GPU-3f2a9c1e-1111-2222-3333-444455556666", "GPU-***"),
        ("cd /home/jane && make -C /Users/mary/x", "cd /home/user-1 && make -C /shared/folder-1"),
        (
            "~/acme/x.bin ~jane $HOME/acme/y.bin ~/z.bin",
            "/shared/folder-1/x.bin ~jane /shared/folder-2/y.bin /home/user-1/z.bin",
        ),
        (f"{HOME}/acme/whisper.cpp {HOME}/ {HOME}//acme", "/shared/folder-1/whisper.cpp /home/user/ /shared/folder-1"),
        ("/opt/acme /opt/acme/bin/cc //server/acme/x.c", "/shared/folder-1 /shared/folder-2/cc /shared/folder-3/x.c"),
        ("/dev/shm/acme/x.c /dev/null", "/shared/folder-1/x.c /dev/null"),
        ("\x1b[1m/data/acme/x.c\x1b[0m:3: \x1b[31mjdoe42", "\x1b[1m/shared/folder-1/x.c\x1b[0m:3: \x1b[31msomebody"),
        ("jane@buildbox:w.git <jane@buildbox>", "somebody-1@private.invalid <somebody-2@private.invalid>"),
        ("s3://acme/x smb://fs/acme", "https://private.invalid/1 https://private.invalid/2"),
        (
            "github.com/acme/w github.com/ggml-org/whisper.cpp",
            "https://private.invalid/1 github.com/ggml-org/whisper.cpp",
        ),
        ("100.101.102.103 fe80::1ff:fe23:4567:890a 00:1a:2b:3c:4d:5e", "192.0.2.1 192.0.2.2 192.0.2.3"),
        ("memcpy@GLIBC_2.14 a::b::c 12:34:56 x86_64-linux-gnu/13/cc1", None),
    ],
)
def test_a_text_loses_its_private_words_and_nothing_else(text: str, cleaned: str | None) -> None:
    assert Disguise(words()).clean(text) == (text if cleaned is None else cleaned)


def test_the_same_word_has_the_same_stand_in_and_is_counted() -> None:
    disguise = Disguise([])
    assert (
        disguise.clean("/a/b/c.h /d/e/f.h /a/b/g.h") == "/shared/folder-1/c.h /shared/folder-2/f.h /shared/folder-1/g.h"
    )
    assert [(one.word, one.count) for one in disguise.replaced] == [("/a/b", 2), ("/d/e", 1)]
    assert disguise.clean(disguise.clean("/a/b/c x@y.example https://z.example/q")).count("private.invalid") == 2


def test_common_words_are_replaced_in_their_fields_alone() -> None:
    assert [is_distinctive(word) for word in ("vm", "root", "runner", "encode", "tiny", "1234", "jdoe42")] == [
        *[False] * 6,
        True,
    ]
    run = private_run()
    run = run.replace(node=run.node.replace(name="vm"))
    private = list_private_words([run], Here(user="root", home="/root", host="vm"))
    disguise = Disguise(private)
    assert disguise.clean("the root of a vm in /root/x.h") == "the root of a vm in /home/user/x.h"
    assert disguise_run(run, {one.word: one for one in private}, disguise).node.name.startswith("node-")


def test_a_run_keeps_its_numbers_and_loses_its_names() -> None:
    run = private_run()
    private = words()
    shared = disguise_run(run, {one.word: one for one in private}, Disguise(private))
    text = str(shared)
    for word in (USER, HOST, NODE, HOME, "Jane", "Doe", "corp", "secret", "acme-trader"):
        assert word not in text, word
    assert shared.measurements == run.measurements
    assert (shared.suite, shared.node.cpu, shared.start) == (run.suite, run.node.cpu, run.start)
    assert shared.source.commit.sha == run.source.commit.sha
    assert shared.id.endswith(shared.config.id), "the id has the config that is shared"
    assert shared.caveats[0].message == "others used 0.50 CPUs (program-1 4711: 0.50)"
    assert ("OMP_X", "3") in shared.environment
    again = disguise_run(run, {one.word: one for one in private}, Disguise(private))
    assert again == shared


def test_fields_lose_what_running_text_cannot_show() -> None:
    run = private_run()
    command = CompletedProcess(
        argv=("/data/acme (old) dir/bin/x", "-m", "/data/acme/x.bin"),
        exit_code=0,
        wall_s=1.0,
        user_s=1.0,
        system_s=0.0,
        max_rss_bytes=1,
        start="2026-01-01T00:00:00Z",
    )
    result = run.results[0].replace(completed=command, reason="secret-call is long", step="transcribe_secret_call")
    given = {
        "repo": "../acme-fork",
        "source": "../acme-tree",
        "weights": f"sha256:{'a' * 64}@acme/models",
        "audio": "acme/secret call.wav",
    }
    run = run.replace(
        settings=tuple(SettingUsed(name=name, value=text, origin=SettingOrigin.FLAG) for name, text in given.items()),
        environment=(
            ("GG_BUILD_WHERE", "acme lab"),
            ("GG_BUILD_CUDA", "1"),
            ("GG_BUILD_CC", "gcc"),
            ("TMPDIR", "/mnt/acme"),
        ),
        results=(result,),
        audio=(Audio(name="secret-call", path="/data/acme/secret call.wav", sha256="b" * 64, duration_s=1.0),),
    )
    private = list_private_words([run], Here())
    disguise = Disguise(private)
    shared = disguise_run(run, {one.word: one for one in private}, disguise)
    text = str(shared)
    assert not re.search("acme|secret[-_ ]call", text), text
    assert {one.name: one.value for one in shared.settings}["weights"] == f"sha256:{'a' * 64}"
    assert {("GG_BUILD_CUDA", "1"), ("GG_BUILD_CC", "gcc")} <= set(shared.environment)
    assert shared.results[0].step == "transcribe_recording_1"
    assert disguise.clean("at /data/acme (old) dir/bin/y") == "at /shared/odd-1/y"


def test_what_is_not_known_gets_no_name_and_what_was_shared_keeps_its_own() -> None:
    run = private_run()
    for name in ("unknown", name_shared_node(run)):
        assert name_shared_node(run.replace(node=run.node.replace(name=name))) == name
    llama = run.source.commit.replace(repo="https://github.com/ggerganov/llama.cpp")
    other = run.replace(source=run.source.replace(commit=llama, mutable=False))
    private = list_private_words([other], Here())
    assert disguise_run(other, {one.word: one for one in private}, Disguise(private)).source.commit == llama


def test_what_another_one_measured_says_nothing_of_its_fleet_home_and_recordings() -> None:
    case = Case.of("transcribe", audio="me", model="tiny")
    measured = Measurement(case=case, metric="rtf", value=0.5)
    result = private_run().results[0].replace(case=case, measurements=(measured,))
    audio = Audio(name="me", path="/data/me.wav", sha256="b" * 64, duration_s=1.0)
    database = SettingUsed(name="database", value="postgresql://lab", origin=SettingOrigin.FILE)
    run = private_run().replace(job="lab/r1/zen/n1/nightly", audio=(audio,), results=(result,), settings=(database,))
    private = list_private_words([run], Here())
    shared = disguise_run(run, {one.word: one for one in private}, Disguise(private))
    assert (shared.job, shared.settings[0].value) == ("", "")
    assert not re.search(f"{HOME}|{USER}", str(shared)), shared
    assert [one.case.get("audio") for one in shared.measurements] == [shared.audio[0].name] == ["recording-1"]


def test_the_commit_of_upstream_is_no_secret() -> None:
    run = private_run()
    commit = run.source.commit.replace(repo=UPSTREAM, changes="", author="Georgi")
    run = run.replace(source=run.source.replace(commit=commit, mutable=False), origin=OURS)
    private = list_private_words([run], Here())
    assert disguise_run(run, {one.word: one for one in private}, Disguise(private)).source.commit == commit


_PRIVATE = st.from_regex(re.compile(r"[a-z]{3,8}[0-9]{2}(?:-[a-z]{2,5})?", re.ASCII), fullmatch=True)
_BETWEEN = st.sampled_from(
    [
        " ",
        "/",
        ":",
        "=",
        '"',
        "\n",
        ", ",
        "@",
        "<",
        ">",
        "(",
        "-I/",
        " /",
        "file:///",
        "_",
        "é",
        "/usr/lib/",
        "https://cmake.org/",
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(_PRIVATE, _PRIVATE, st.lists(st.tuples(_BETWEEN, st.text(max_size=8), _BETWEEN), max_size=6))
def test_no_private_word_survives_wherever_it_stands(user: str, node: str, pieces: list[tuple[str, str, str]]) -> None:
    here = Here(user=user, home=f"/home/{user}", host=node)
    names = (user, node)
    text = "".join(f"{before}{name}{between}{other}{before}" for before, other, between in pieces for name in names)
    cleaned = Disguise(list_private_words([], here)).clean(text)
    whole = re.compile(rf"(?<![^\W_])(?:{re.escape(user)}|{re.escape(node)})(?![^\W_])", re.IGNORECASE)
    assert not whole.search(cleaned), cleaned


@given(_JSON)
def test_json_keeps_its_shape_and_its_numbers(value: Any) -> None:
    def numbers(one: Any) -> list[Any]:
        if isinstance(one, dict):
            return [(name, numbers(inner)) for name, inner in one.items()]
        if isinstance(one, list):
            return [numbers(inner) for inner in one]
        return ["text"] if isinstance(one, str) else [one]

    rule = PrivateWord(rule=PrivacyRule.USER, word="jdoe42", stand_in="somebody")
    assert numbers(clean_json(value, {}, Disguise([rule]))) == numbers(value)
