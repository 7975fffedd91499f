"""What the documents list is what there is."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hostcart.contract.errors import CATALOGUE
from hostcart.contract.statuses import PaymentStatus
from hostcart.domain.site import SiteSpec
from hostcart.use_cases import errors

from local.engine import cloudformation_yaml
from local.engine.workspace import ROOT
from local.sandboxes.sites import _REQUIRED
from tests.unit.docs import markdown
from tests.unit.docs.markdown import DOCS, README

TEMPLATE: Final = cloudformation_yaml.load(ROOT / "template.yaml")
DEFINITION: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "statemachine" / "fulfil_order.asl.yaml").read_text()
)
FOLDERS: Final = ("docs/", "events/", "functions/", "layers/", "local/", "requirements/", "statemachine/")


def _of_type(kind: str) -> list[str]:
    return [name for name, resource in TEMPLATE["Resources"].items() if resource["Type"] == kind]


def test_the_error_table_is_the_catalogue() -> None:
    rows = markdown.table(DOCS / "api.md", "status", "code")
    assert [(code.strip("`"), int(status)) for status, code, _ in rows] == [
        (code, status) for code, (status, _) in CATALOGUE.items()
    ]


def test_the_failure_table_is_what_orders_fail_with() -> None:
    rows = markdown.table(DOCS / "api.md", "`failure.code`")
    assert [row[0].strip("`") for row in rows] == [*errors._DETAILS, errors._UNKNOWN.code]


def test_every_payment_status_is_explained() -> None:
    rows = markdown.table(DOCS / "api.md", "`payment.status`")
    assert {row[0].strip("`") for row in rows} == set(PaymentStatus)


def test_every_parameter_is_in_the_readme() -> None:
    rows = markdown.table(README, "parameter")
    listed = {markdown.codes(row[0])[0]: row[1].strip("`") for row in rows}
    assert list(listed) == list(TEMPLATE["Parameters"])
    defaults = {
        name: str(spec["Default"]) for name, spec in TEMPLATE["Parameters"].items() if "Default" in spec
    }
    assert listed == {name: defaults.get(name, "(none)") or "(empty)" for name in listed}


def test_every_alarm_and_fail_state_is_in_the_runbook() -> None:
    fails = [name for name, state in DEFINITION["States"].items() if _may_end_failed(state)]
    wanted = [*_of_type("AWS::CloudWatch::Alarm"), *fails]
    assert wanted
    assert markdown.headings(DOCS / "runbook.md", 2)[-len(wanted) :] == wanted


def _may_end_failed(state: dict[str, Any]) -> bool:
    return state["Type"] == "Fail" or (state["Type"] == "Task" and "Catch" not in state)


def test_every_entry_of_the_runbook_says_what_to_do_and_what_not() -> None:
    entries = re.split(r"^## ", (DOCS / "runbook.md").read_text().split("\n---\n")[1], flags=re.MULTILINE)[1:]
    for entry in entries:
        for part in ("**Means:**", "**Look at:**", "**Do:**", "**Do not:**"):
            assert part in entry, entry.splitlines()[0]


def test_every_function_is_in_the_readme() -> None:
    text = README.read_text()
    assert [name for name in _of_type("AWS::Serverless::Function") if _folder(name) not in text] == []


def _folder(logical_id: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", logical_id.removesuffix("Function")).lower()


@pytest.mark.parametrize("page", markdown.documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_named_files_exist(page: Path) -> None:
    assert [target for target in markdown.links(page) if not (page.parent / target).exists()] == []
    named = [
        word for word in markdown.codes(page.read_text()) if word.startswith((*FOLDERS, "tests/", "tools/"))
    ]
    missing = [
        word for word in named if " " not in word and "<" not in word and not any(ROOT.glob(word.rstrip("/")))
    ]
    assert missing == []


@pytest.mark.parametrize(
    "page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda page: str(page.relative_to(DOCS))
)
def test_a_decision_says_what_was_refused_and_what_going_back_costs(page: Path) -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d-[a-z0-9-]+", page.stem)
    assert page.read_text().startswith("# ")
    assert markdown.headings(page, 2) == ["Decision", "Refused", "Going back"]


def test_the_site_provisioner_is_promised_the_body_that_it_gets() -> None:
    """Every member of the example is sent, and nothing else."""
    (example,) = re.findall(
        r"^## `PUT /sites/\{id\}`: .*?^    (\{.*?\})$",
        (DOCS / "site-provisioner.md").read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    sent = {field.name for field in fields(SiteSpec)} - {"id"}
    assert set(json.loads(example)) == sent == set(_REQUIRED)
