"""The worker's command line, its environment, and the work it is asked for."""

from harness.plan.worker import PIECE, WHOLE, choose_worker_argv, choose_worker_environment
from harness.records.measurement import TABLE_METRICS


def test_the_command_line() -> None:
    argv = choose_worker_argv("/bin/python", "/b/libwhisper.so", gpu=True)
    assert argv == ("/bin/python", "-s", "-P", "-m", "harness.worker", "/b/libwhisper.so")
    planted = choose_worker_argv("/bin/python", "/b/libwhisper.so", gpu=False, plant=0.05)
    assert planted[-4:] == ("--plant", "0.05", "--no-gpu", "/b/libwhisper.so")


def test_the_environment_adds_and_overrides_little() -> None:
    assert choose_worker_environment({"PATH": "/bin"}, "/package") == {
        "KMP_BLOCKTIME": "1",
        "PYTHONPATH": "/package",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    assert choose_worker_environment({"KMP_BLOCKTIME": "200"}, "/p")["KMP_BLOCKTIME"] == "200", "the user's own wins"


def test_all_metrics_of_the_table_have_their_work() -> None:
    names = {metric.name for metric in TABLE_METRICS}
    assert WHOLE.keys() == PIECE.keys() == names


def test_a_piece_of_decoding_has_the_mean_position_of_the_whole() -> None:
    def mean(command: str) -> float:
        _, count, first = command.split()
        return int(first) + (int(count) - 1) / 2

    assert mean(PIECE["decode"]) == mean(WHOLE["decode"])
