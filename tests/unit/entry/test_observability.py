"""Metrics are log lines in CloudWatch's embedded format; alarms and operators read them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hostcart.entry import observability
from hostcart.entry.observability import EmfMetrics

from local.engine import cloudformation_yaml
from local.engine.workspace import ROOT


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    def forget() -> None:
        observability._emf.cache_clear()
        observability.logger().clear_state()

    forget()
    yield
    forget()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def definition(line: dict[str, Any]) -> dict[str, Any]:
    (found,) = line["_aws"]["CloudWatchMetrics"]
    assert isinstance(found, dict)
    return found


def test_what_has_dimensions_is_counted_without_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics().count("RegistrarRefused", action="register", code="contact_refused")
    (line,) = lines(capsys)
    assert line["RegistrarRefused"] == [1.0]
    assert (line["service"], line["action"], line["code"]) == ("hostcart", "register", "contact_refused")
    sets = [set(names) for names in definition(line)["Dimensions"]]
    assert sets == [{"action", "code", "service"}, {"service"}]


def test_what_has_none_is_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics().seconds("RegistrationTime", 12.5)
    (line,) = lines(capsys)
    assert line["RegistrationTime"] == [12.5]
    assert definition(line)["Dimensions"] == [["service"]]


def test_dimensions_do_not_leak_into_the_next_metric(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics().count("PaymentOutcome", outcome="succeeded")
    EmfMetrics().count("OrdersPlaced", kind="domain")
    _, second = lines(capsys)
    assert "outcome" not in second


def test_a_metric_leads_to_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    observability.logger().set_correlation_id("the-cart")
    EmfMetrics().count("DomainSetupRefused", code="contact_refused")
    (line,) = lines(capsys)
    assert line["correlation_id"] == "the-cart"
    assert all("correlation_id" not in names for names in definition(line)["Dimensions"])


def test_alarms_on_our_metrics_watch_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Namespace, name and dimensions of each, against the lines that the code writes."""
    resources = cloudformation_yaml.load(ROOT / "template.yaml")["Resources"]
    watched = [
        alarm["Properties"]
        for alarm in resources.values()
        if alarm["Type"] == "AWS::CloudWatch::Alarm" and alarm["Properties"].get("Namespace") == "hostcart"
    ]
    assert watched
    code = "".join(path.read_text() for path in (ROOT / "layers/hostcart/python/hostcart").rglob("*.py"))
    for alarm in watched:
        written = re.search(rf'metrics(?:\(\))?\.(count|level)\("{alarm["MetricName"]}"', code)
        assert written is not None, alarm["MetricName"]
        if written[1] == "count":
            EmfMetrics().count(alarm["MetricName"], reason="any")
        else:
            EmfMetrics().level(alarm["MetricName"], 0)
        (line,) = lines(capsys)
        dimensions = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
        assert definition(line)["Namespace"] == alarm["Namespace"]
        assert list(dimensions) in definition(line)["Dimensions"]
        assert {name: line[name] for name in dimensions} == dimensions
