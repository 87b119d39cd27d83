from harness.parse.tool.pip import PackageIndex, parse_pip_config, parse_pip_environment


def test_nothing_said_is_the_usual_index() -> None:
    assert parse_pip_config("") == PackageIndex()
    assert parse_pip_environment({"HOME": "/home/me"}) == PackageIndex()


def test_every_option_is_read() -> None:
    text = (
        "global.index-url='https://me:secret@mirror.example/simple'\n"
        "global.extra-index-url='file:///a/simple file:///b/simple'\n"
        "global.find-links='\\n/wheels\\n~/more'\n"
        "global.trusted-host='mirror.example'\n"
        "global.cert='/etc/ca.pem'\n"
        "global.client-cert='/etc/me.pem'\n"
        "global.proxy='http://proxy.example:3128'\n"
        "global.timeout='60'\n"
        "global.no-index='true'\n"
    )
    assert parse_pip_config(text) == PackageIndex(
        index_url="https://me:secret@mirror.example/simple",
        extra_index_urls=("file:///a/simple", "file:///b/simple"),
        find_links=("/wheels", "~/more"),
        trusted_hosts=("mirror.example",),
        cert="/etc/ca.pem",
        client_cert="/etc/me.pem",
        proxy="http://proxy.example:3128",
        timeout_s=60.0,
        no_index=True,
    )


def test_environment_wins_over_command_over_global() -> None:
    lines = [
        ":env:.index-url='https://env.example'",
        "download.cert='/download.pem'",
        "global.cert='/global.pem'",
        "global.index-url='https://global.example'",
        "global.find-links='/global'",
        "install.find-links='/install'",
        "wheel.index-url='https://wheel.example'",
    ]
    for text in ("\n".join(lines), "\n".join(reversed(lines))):
        index = parse_pip_config(text)
        assert index.index_url == "https://env.example"
        assert index.cert == "/download.pem"
        assert index.find_links == ("/install",)  # replaced, not appended


def test_empty_variable_does_not_hide_a_file() -> None:
    text = ":env:.index-url=''\nglobal.index-url='https://global.example'\n"
    assert parse_pip_config(text).index_url == "https://global.example"


def test_foreign_lines_and_values_are_passed_over() -> None:
    text = (
        "WARNING: something = odd\n"
        "global.timeout='soon'\n"
        "global.no-index='perhaps'\n"
        "nonsense\n"
        "global.proxy=unquoted\n"
        'global.cert="it\'s.pem"\n'
    )
    assert parse_pip_config(text) == PackageIndex(proxy="unquoted", cert="it's.pem")


def test_variables_alone_say_the_same() -> None:
    index = parse_pip_environment(
        {
            "PIP_INDEX_URL": "https://mirror.example/simple",
            "PIP_EXTRA_INDEX_URL": "https://one.example https://two.example",
            "PIP_NO_INDEX": "1",
            "PIP_DEFAULT_TIMEOUT": "180",
            "INDEX_URL": "https://other.example",
        }
    )
    assert index == PackageIndex(
        index_url="https://mirror.example/simple",
        extra_index_urls=("https://one.example", "https://two.example"),
        no_index=True,
        timeout_s=180.0,
    )
