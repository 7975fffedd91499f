"""Faults of YAML files are told by path and line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.yaml_file import FileFaultError, read

type Write = Callable[[str], Path]


def test_values_and_lines_are_read(write: Write) -> None:
    source = read(write("a: 1\nb:\n  - x\n  - {c: true}\n"))
    assert source.data == {"a": 1, "b": ["x", {"c": True}]}
    assert source.lines[("b", 1, "c")] == 4
    assert source.fault(("b", 1, "gone"), "is missing").line == 4


def test_an_alias_may_be_used_twice(write: Write) -> None:
    assert read(write("a: &x {b: 1}\nc: *x\n")).data == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a:\n  b: 1\n  b: 2\n", "file.yaml, line 3, a.b: is there twice, the first time in line 2."),
        ("no: 1\n", 'file.yaml, line 1: a key must be text: write "no" in quotes.'),
        ("a: 13:00\n", "file.yaml, line 1, a: write the number in plain digits, or text in quotes."),
        ("a: 0100\n", "file.yaml, line 1, a: write the number in plain digits, or text in quotes."),
        ("a: 2025-13-01\n", "file.yaml, line 1, a: is not a date that exists."),
        ("a: &x\n  - *x\n", "file.yaml, line 1, a.0: an alias may not point to what holds it."),
        ("a: 1\nb: [\n", "file.yaml, line 3: expected the node content, but found '<stream end>'."),
    ],
)
def test_a_fault_names_path_and_line(write: Write, text: str, sentence: str) -> None:
    with pytest.raises(FileFaultError) as caught:
        read(write(text))
    assert caught.value.sentences == (sentence,)


def test_other_encodings_and_tags_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(FileFaultError, match="not UTF-8"):
        read(path)
    path.write_text("a: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(FileFaultError):
        read(path)


def test_a_control_character_is_a_sentence(write: Write) -> None:
    with pytest.raises(FileFaultError):
        read(write("a: \x00\n"))
