"""A module that is imported and not used is not loaded; used, it is the module itself."""

import sys
from pathlib import Path

import pytest
from hostcart.adapters.postponed import postponed

NAME = "module_that_is_not_used"


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{NAME}.py").write_text("answer = 42\n")
    (tmp_path / "user_of_it.py").write_text(f"import {NAME}\ndef used(): return {NAME}.answer\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in (NAME, "user_of_it"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_it_is_loaded_when_it_is_used() -> None:
    with postponed(NAME):
        user = __import__("user_of_it")
    assert NAME not in sys.modules
    assert user.used() == 42
    assert sys.modules[NAME] is __import__(NAME)
    assert not hasattr(user, "nothing")


def test_it_is_loaded_when_it_is_used_within() -> None:
    with postponed(NAME):
        assert __import__("user_of_it").used() == 42
        assert sys.modules[NAME].__file__
    assert sys.modules[NAME].__file__


def test_what_is_loaded_already_stays() -> None:
    loaded = __import__(NAME)
    with postponed(NAME):
        assert __import__("user_of_it").used() == 42
    assert sys.modules[NAME] is loaded


def test_a_submodule_is_not_loaded_a_second_time() -> None:
    with postponed(NAME), pytest.raises(ImportError, match=NAME):
        __import__(f"{NAME}.part")


def test_a_failing_import_leaves_no_stand_in() -> None:
    with pytest.raises(ModuleNotFoundError), postponed(NAME):
        __import__("module_that_does_not_exist")
    assert NAME not in sys.modules


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with postponed(NAME):
        stand_in = __import__(NAME)
    with pytest.raises(AttributeError):
        _ = stand_in.nothing
