"""What publishes a new version of the functions behind the alias: their text, and in it the revision."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from local.engine import cloudformation_yaml, translation
from tests.sam_template import ROOT, TEMPLATE, Template
from tools import revision

BEHIND_THE_ALIAS = frozenset(
    name for name, properties in Template().functions.items() if "AutoPublishAlias" in properties
)
VERSION = "AWS::Lambda::Version"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    copy = tmp_path / "template.yaml"
    copy.write_text(TEMPLATE.read_text())
    (tmp_path / "statemachine").symlink_to(ROOT / "statemachine")
    return copy


def versions(template: Path, parameters: Mapping[str, str] | None = None) -> dict[str, str]:
    """The published version's logical id by function: another id is a new version."""
    packages = dict.fromkeys(["", *Template().functions], "s3://packages/one")
    values = Template(parameters).parameters
    made = translation.translate(template, values, {}, packages).template["Resources"]
    return {
        entry["Properties"]["FunctionName"]["Ref"]: logical_id
        for logical_id, entry in made.items()
        if entry["Type"] == VERSION
    }


def revise(template: Path, *deploy: str) -> None:
    config = template.with_name("samconfig.toml")
    assert revision.main([str(template), "--config", str(config), "--", *deploy]) == 0


def test_six_functions_have_a_published_version(template: Path) -> None:
    assert set(versions(template)) == BEHIND_THE_ALIAS
    assert len(BEHIND_THE_ALIAS) == 6


def test_a_parameter_alone_publishes_nothing(template: Path) -> None:
    changed = {"SnapStart": "true", "LogLevel": "DEBUG"}
    assert versions(template, changed) == versions(template)


@pytest.mark.parametrize(
    "deploy", [(), ("--parameter-overrides", "SnapStart=true"), ("--no-confirm-changeset",)]
)
def test_the_same_values_publish_nothing_anew(template: Path, deploy: tuple[str, ...]) -> None:
    revise(template, *deploy)
    before = versions(template)
    template.write_text(TEMPLATE.read_text())  # built anew
    revise(template, *deploy)
    assert versions(template) == before


def test_another_value_publishes_all_six_anew(template: Path) -> None:
    revise(template)
    before = versions(template)
    revise(template, "--parameter-overrides", "SnapStart=true")
    after = versions(template, {"SnapStart": "true"})
    assert [name for name in BEHIND_THE_ALIAS if after[name] == before[name]] == []


@pytest.mark.parametrize("where", ["samconfig.toml", "other.toml", "file"])
def test_values_count_wherever_they_are_kept(template: Path, where: str) -> None:
    kept = template.with_name(where)
    deploy = {
        "samconfig.toml": (),
        "other.toml": ("--config-file", str(kept)),
        "file": ("--parameter-overrides", f"file://{kept}"),
    }[where]
    kept.write_text("LogLevel=INFO")
    revise(template, *deploy)
    before = versions(template)
    kept.write_text("LogLevel=DEBUG")
    revise(template, *deploy)
    assert not set(before.values()) & set(versions(template).values())


def test_a_changed_default_publishes_anew(template: Path) -> None:
    revise(template)
    before = versions(template)
    template.write_text(template.read_text().replace("Default: INFO", "Default: WARNING"))
    revise(template)
    assert not set(before.values()) & set(versions(template).values())


def test_answers_that_are_not_known_yet_publish_anew(template: Path) -> None:
    revise(template, "--guided")
    before = versions(template)
    revise(template, "--guided")
    assert not set(before.values()) & set(versions(template).values())


def test_what_the_build_writes_is_found_too(template: Path) -> None:
    class Plain(yaml.SafeDumper):  # the build writes no anchors
        def ignore_aliases(self, data: object) -> bool:
            return True

    document = cloudformation_yaml.load(template)
    template.write_text(yaml.dump(document, Dumper=Plain))
    revise(template)
    found = Template(document=cloudformation_yaml.load(template)).functions
    told = {found[name]["Description"] for name in BEHIND_THE_ALIAS}
    assert len(told) == 1
    assert told != {"Revision 1"}


def test_no_build_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revision.main([str(tmp_path / "template.yaml")]) == 2
    assert "make build" in capsys.readouterr().err
