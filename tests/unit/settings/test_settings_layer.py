"""Settings: each layer beats the one below, and nothing unknown passes."""

import pytest

from harness.errors import UsageError
from harness.records.run import SettingOrigin
from harness.records.secret import HIDDEN
from harness.settings.layer import Settings, layer_settings
from harness.settings.setting import SettingKind
from harness.settings.table import SETTINGS


def layered(
    file: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    flags: dict[str, object] | None = None,
) -> Settings:
    return layer_settings(file=file or {}, file_name="harness.toml", environ=environ or {}, flags=flags or {})


def origin(settings: Settings, name: str) -> SettingOrigin:
    return next(used.origin for used in settings.describe() if used.name == name)


def test_defaults_stand_where_nothing_is_said() -> None:
    settings = layered()
    assert settings.words("model") == ("base",)
    assert settings.number("repetitions") == 5
    assert origin(settings, "model") is SettingOrigin.DEFAULT


@pytest.mark.parametrize(
    ("environ", "flags", "expected", "source"),
    [
        ({}, {}, ("tiny",), SettingOrigin.FILE),
        ({"HARNESS_MODEL": "small,base"}, {}, ("small", "base"), SettingOrigin.ENVIRONMENT),
        ({"HARNESS_MODEL": "small"}, {"model": ["large-v3", "medium"]}, ("large-v3", "medium"), SettingOrigin.FLAG),
        ({"HARNESS_MODEL": ""}, {}, ("tiny",), SettingOrigin.FILE),
    ],
)
def test_stronger_layers_win(
    environ: dict[str, str], flags: dict[str, object], expected: tuple[str, ...], source: SettingOrigin
) -> None:
    settings = layered({"model": ["tiny"]}, environ, flags)
    assert settings.words("model") == expected
    assert origin(settings, "model") is source


def test_a_default_that_is_supplied_gives_way_to_every_layer() -> None:
    assert layered().supply("seed", 42).number("seed") == 42
    assert origin(layered().supply("seed", 42), "seed") is SettingOrigin.DEFAULT
    for given in (layered({"seed": 3}), layered(environ={"HARNESS_SEED": "3"}), layered(flags={"seed": "3"})):
        assert given.supply("seed", 42).number("seed") == 3


def test_keys_of_the_file_may_have_dashes() -> None:
    assert layered({"flash-attn": [0, 1]}).words("flash_attn") == ("0", "1")


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="modle") as caught:
        layered({"modle": "tiny"})
    assert "model" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("repetitions", "many"),
        ("repetitions", -1),
        ("repetitions", 2.5),
        ("repetitions", True),
        ("timeout", "0"),
        ("timeout", "inf"),
        ("timeout", "nan"),
        ("timeout", "m"),
        ("timeout", "5 days"),
        ("timeout", "infh"),
        ("timeout", "-5m"),
        ("tests", "perhaps"),
        ("model", ""),
        ("model", []),
        ("define", "GGML_LLAMAFILE"),
        ("define", "rm -rf=1"),
    ],
)
def test_a_value_of_the_wrong_kind_says_where_it_stands(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"harness.toml: {name}"):
        layered({name: value})


@pytest.mark.parametrize(
    "define",
    ["X_TOKEN=CANARY", "-DMY_SECRET:STRING=CANARY", "DB_PASSWORD=CANARY", "API_KEY=CANARY", "X=https://a:CANARY@b/c"],
)
@pytest.mark.parametrize("layer", ["file", "environ", "flags"])
def test_a_define_that_sounds_like_a_secret_is_refused_and_its_value_is_not_told(define: str, layer: str) -> None:
    given: dict[str, object] = {"HARNESS_DEFINE": define} if layer == "environ" else {"define": [define]}
    with pytest.raises(UsageError) as caught:
        layered(**{layer: given})  # type: ignore[arg-type]
    assert "looks like a secret" in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_defines_may_carry_their_prefix() -> None:
    settings = layered(flags={"define": ["-DGGML_LLAMAFILE=ON", "GGML_OPENMP=OFF"]})
    assert settings.words("define") == ("GGML_LLAMAFILE=ON", "GGML_OPENMP=OFF")


def test_a_mistyped_variable_is_not_ignored() -> None:
    with pytest.raises(UsageError, match="HARNESS_THREAD") as caught:
        layered(environ={"HARNESS_THREAD": "2"})
    assert "HARNESS_THREADS" in caught.value.hint


def test_passwords_in_urls_are_not_described() -> None:
    settings = layered(flags={"weights_mirror": "https://user:s3cret@mirror.example/x"})
    assert settings.text("weights_mirror") == "https://user:s3cret@mirror.example/x"
    described = {used.name: used.value for used in settings.describe()}
    assert described["weights_mirror"] == "https://***@mirror.example/x"


@pytest.mark.parametrize(
    ("written", "seconds"), [("90", 90.0), ("90s", 90.0), ("5m", 300.0), ("1.5h", 5400.0), (2, 2.0), (" 3m ", 180.0)]
)
def test_durations_have_units(written: object, seconds: float) -> None:
    assert layered({"timeout": written}).number("timeout") == seconds


DURATIONS = [setting.name for setting in SETTINGS if setting.kind is SettingKind.SECONDS]
PATHS = [setting.name for setting in SETTINGS if setting.path]


@pytest.mark.parametrize("name", DURATIONS)
def test_every_duration_takes_the_same_forms(name: str) -> None:
    for written, seconds in (("1d", 86_400), ("2h", 7200), ("1h30m", 5400), ("90", 90)):
        assert layered(environ={f"HARNESS_{name.upper()}": written}).number(name) == seconds
    with pytest.raises(UsageError, match="expected a duration") as refused:
        layered(flags={name: "soon"})
    assert "90s, 10m, 1h or 1h30m" in refused.value.what


def test_no_time_at_all_is_a_duration_where_it_is_the_default() -> None:
    assert layered(flags={"wait_quiet": "0"}).number("wait_quiet") == 0
    for word in ("0", "9999999999"):
        with pytest.raises(UsageError, match="--max-time"):
            layered(flags={"max_time": word})


def test_every_folder_or_file_is_a_path() -> None:
    assert {"results", "cache", "source", "repo", "tools", "compiler", "weights", "audio", "text"} == set(PATHS)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("layer", ["file", "environ", "flags"])
def test_the_home_folder_stands_in_for_its_sign_in_every_path(name: str, layer: str) -> None:
    def expand(path: str) -> str:
        return path.replace("~", "/home/me", 1) if path.startswith("~/") else path

    layers: dict[str, dict[str, str]] = {"file": {}, "environ": {}, "flags": {}}
    layers[layer] = {f"HARNESS_{name.upper()}" if layer == "environ" else name: "~/x"}
    settings = layer_settings(**layers, file_name="harness.toml", expand=expand)
    assert {key: value for key, value, _ in settings.used}[name] in ("/home/me/x", ("/home/me/x",))
    layers[layer] = {f"HARNESS_{name.upper()}" if layer == "environ" else name: "~nobody/x"}
    with pytest.raises(UsageError, match="no home folder found for ~nobody"):
        layer_settings(**layers, file_name="harness.toml", expand=expand)


def test_an_override_is_converted_like_any_layer_and_leaves_the_rest_alone() -> None:
    settings = layered({"model": ["tiny"]})
    changed = settings.override({"threads": "1,2", "define": ["-DGGML_OPENMP=OFF"], "timeout": "5m"}, "threads=1")
    assert changed.words("threads") == ("1", "2")
    assert changed.words("define") == ("GGML_OPENMP=OFF",)
    assert changed.number("timeout") == 300.0
    assert (origin(changed, "threads"), origin(changed, "model")) == (SettingOrigin.FLAG, SettingOrigin.FILE)
    assert settings.words("threads") == ()
    assert settings.override({}, "nothing") == settings


@pytest.mark.parametrize(("name", "value"), [("threads", ""), ("define", ["NONSENSE"]), ("timeout", "soon")])
def test_an_override_that_cannot_be_says_where_it_stands(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"the contender: {name}"):
        layered().override({name: value}, "the contender")


@pytest.mark.parametrize(
    ("file", "environ", "flags", "origin_of_source"),
    [
        ({"source": "tree"}, {}, {"ref": "v1"}, ("v1", "", "")),
        ({"source": "tree"}, {"HARNESS_REPO": "mine"}, {"ref": "v1"}, ("v1", "mine", "")),
        ({"repo": "mine"}, {"HARNESS_SOURCE": "tree"}, {"ref": "v1"}, ("v1", "mine", "")),
        ({"ref": "v1", "repo": "mine"}, {}, {"source": "tree"}, ("", "", "tree")),
        ({"ref": "v1"}, {"HARNESS_SOURCE": "tree"}, {}, ("", "", "tree")),
        ({"repo": "mine"}, {}, {"ref": "v1"}, ("v1", "mine", "")),
        ({"ref": "v1", "source": "tree"}, {}, {}, ("v1", "", "tree")),
        ({"source": "tree"}, {}, {"ref": ""}, ("", "", "tree")),
    ],
)
def test_a_tree_and_a_ref_replace_each_other_in_a_stronger_layer(
    file: dict[str, object], environ: dict[str, str], flags: dict[str, object], origin_of_source: tuple[str, ...]
) -> None:
    """Two in one layer contradict each other: whoever gets the source refuses them."""
    settings = layered(file, environ, flags)
    assert tuple(settings.text(name) for name in ("ref", "repo", "source")) == origin_of_source


@pytest.mark.parametrize(
    ("file", "environ"), [({"fa": [0, 1]}, {}), ({}, {"HARNESS_FA": "0,1"}), ({}, {"HARNESS_FLASH_ATTN": "0,1"})]
)
def test_fa_is_flash_attn_for_short(file: dict[str, object], environ: dict[str, str]) -> None:
    assert layered(file, environ).words("flash_attn") == ("0", "1")


@pytest.mark.parametrize(
    ("file", "environ"),
    [
        ({"fa": [0], "flash_attn": [1]}, {}),
        ({"flash-attn": [0], "flash_attn": [1]}, {}),
        ({}, {"HARNESS_FA": "0", "HARNESS_FLASH_ATTN": "1"}),
    ],
)
def test_one_setting_by_two_names_is_refused(file: dict[str, object], environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"twice|the same setting"):
        layered(file, environ)


def test_what_is_not_a_setting_or_of_another_kind_is_not_looked_up() -> None:
    settings = layered()
    for lookup, name in ((settings.text, "treads"), (settings.number, "models"), (settings.is_default, "")):
        with pytest.raises(KeyError, match="no setting is called"):
            lookup(name)
    for lookup, name in ((settings.text, "threads"), (settings.number, "model"), (settings.flag, "jobs")):
        with pytest.raises(TypeError, match=f"{name} is a setting of the kind"):
            lookup(name)


@pytest.mark.parametrize("value", [["mail", "-s"], {"command": "mail"}])
def test_an_array_is_no_text(value: object) -> None:
    with pytest.raises(UsageError, match="notify: expected text"):
        layered(file={"notify": value})


def test_a_value_that_may_be_secret_is_not_described() -> None:
    described = {one.name: one.value for one in layered(flags={"notify": "curl -H 'X: y'"}).describe()}
    assert described["notify"] == HIDDEN
    assert {one.name: one.value for one in layered().describe()}["notify"] == ""
