"""The callback sink: records whatever arrives, answers as its path asks."""

import json
import time

import pytest
import urllib3

from local.sandboxes.callbacks import CallbackSink


def _received(sink: CallbackSink, http: urllib3.PoolManager) -> list[dict[str, object]]:
    taken: list[dict[str, object]] = http.request("GET", f"{sink.url}/_sandbox/received").json()
    return taken


def test_records_what_arrives(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    body = json.dumps({"type": "order.completed"})
    headers = {"Authorization": "Bearer 12345", "Webhook-Id": "msg_1"}
    started = time.time()
    answer = http.request("POST", f"{sink.url}/hooks/orders?x=1", body=body, headers=headers)
    (record,) = _received(sink, http)
    assert answer.status == 200
    assert record["path"] == "/hooks/orders"
    assert record["body"] == {"type": "order.completed"}
    assert record["raw"] == body
    assert isinstance(record["headers"], dict)
    assert record["headers"]["authorization"] == "Bearer 12345"
    assert record["headers"]["webhook-id"] == "msg_1"
    assert isinstance(record["at"], float)
    assert record["at"] >= started


def test_takes_any_method_and_body(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert http.request(method, f"{sink.url}/any", body=b"\xff not json").status == 200
    assert [record["method"] for record in _received(sink, http)] == ["GET", "PUT", "DELETE"]


@pytest.mark.parametrize("status", [204, 410, 500])
def test_answers_the_status_of_its_path(sink: CallbackSink, http: urllib3.PoolManager, status: int) -> None:
    assert http.request("POST", f"{sink.url}/status/{status}/hook").status == status
    assert len(_received(sink, http)) == 1


def test_redirects_and_shows_who_followed(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    answer = http.request("POST", f"{sink.url}/redirect/hook", redirect=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/redirected/hook")
    assert [record["path"] for record in _received(sink, http)] == ["/redirect/hook"]


def test_fails_first_where_the_path_is_flaky(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    statuses = [http.request("POST", f"{sink.url}/flaky/2/hook").status for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_forgets_on_demand(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    http.request("POST", f"{sink.url}/hook")
    assert http.request("DELETE", f"{sink.url}/_sandbox/received").status == 204
    assert _received(sink, http) == []


def test_faults_come_before_recording(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    fault = {"match": "POST /hook", "action": "drop", "times": 1}
    http.request("POST", f"{sink.url}/_sandbox/faults", json=fault)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http.request("POST", f"{sink.url}/hook")
    assert _received(sink, http) == []
    assert http.request("POST", f"{sink.url}/hook").status == 200


def test_its_log_goes_on_after_a_number(sink: CallbackSink, http: urllib3.PoolManager) -> None:
    log = f"{sink.url}/_sandbox/requests"
    http.request("POST", f"{sink.url}/first")
    (first,) = http.request("GET", log).json()
    http.request("POST", f"{sink.url}/second")
    assert [entry["path"] for entry in http.request("GET", f"{log}?after={first['n']}").json()] == ["/second"]
    assert [entry["path"] for entry in http.request("GET", log).json()] == ["/first", "/second"]
