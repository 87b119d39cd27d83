from pathlib import Path

from harness.system.cmake import find_names


def test_names_stand_in_files_of_cmake_and_backends_are_added_by_half_of_theirs(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "CMakeLists.txt").write_text(
        "if (GGML_LTO) # GGML_OLD\nggml_add_backend(CANN)\nggml_add_backend( zDNN )"
    )
    (tmp_path / "notes.txt").write_text("GGML_NOTED")
    is_named = find_names(tmp_path)
    asked = ("GGML_LTO", "GGML_CANN", "GGML_ZDNN", "GGML_OLD", "GGML_NOTED", "GGML_CAN")
    assert [name for name in asked if is_named(name)] == ["GGML_LTO", "GGML_CANN", "GGML_ZDNN"]
