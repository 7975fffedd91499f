"""The HTTP door: what comes in, what goes out, whatever is raised between."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hostcart.contract.errors import CATALOGUE, ApiError, FieldError
from hostcart.contract.responses import Problem
from hostcart.entry.accepted import AGAIN
from hostcart.entry.http import (
    LARGEST_BODY,
    Request,
    Response,
    http_door,
    json_body,
    json_response,
    view_response,
)
from hostcart.ports import (
    DeclinedError,
    MisconfiguredError,
    OutcomeUnknownError,
    RefusedError,
    StoredView,
    UnavailableError,
)

from tests.unit.entry.events import event

type Lines = Callable[[], list[dict[str, Any]]]

SECRET = "sk_live_secret"


def request_of(sent: dict[str, Any]) -> Request:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return json_response(200, {})

    http_door(handle)(sent, None)
    return seen[0]


def answer_to(error: BaseException) -> dict[str, Any]:
    def handle(_: Request) -> Response:
        raise error

    answer: dict[str, Any] = http_door(handle)(event(), None)
    return answer


# --- in --------------------------------------------------------------------------------------------


def test_header_names_have_no_case() -> None:
    request = request_of(event(headers={"X-AUTH-Account": "1", "Content-Type": "text/plain"}))
    assert dict(request.headers) == {"x-auth-account": "1", "content-type": "text/plain"}


def test_absent_maps_are_empty() -> None:
    request = request_of(event())
    assert (request.headers, request.path, request.query, request.authorizer) == ({}, {}, {}, {})
    assert (request.body, request.request_id, request.resource) == (b"", "req-1", "/api/orders")


def test_an_event_with_hardly_anything_is_answered() -> None:
    assert request_of({}).request_id == ""


def test_maps_are_passed_on() -> None:
    sent = event(path={"id": "1"}, query={"page": "2"}, authorizer={"kind": "session"})
    request = request_of(sent)
    assert (request.path, request.query, request.authorizer) == (
        {"id": "1"},
        {"page": "2"},
        {"kind": "session"},
    )


@pytest.mark.parametrize("text", ["{}", "é", "\N{GRINNING FACE}"])
def test_a_body_is_bytes_however_it_came(text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    assert request_of(event(body=text)).body == text.encode()
    assert request_of(event(body=encoded, base64=True)).body == text.encode()


def test_a_lone_surrogate_is_a_bad_body_and_no_crash() -> None:
    assert request_of(event(body="\ud800")).body == b"\xed\xa0\x80"


def test_a_body_is_no_part_of_a_requests_text() -> None:
    assert SECRET not in repr(request_of(event(body=SECRET)))


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", " application/json ;x=y"],
)
def test_json_is_read(media_type: str) -> None:
    assert json_body(request_of(event(body="{}", headers={"content-type": media_type}))) == b"{}"


def test_a_body_without_a_type_is_taken_for_json() -> None:
    assert json_body(request_of(event(body="{}"))) == b"{}"


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "application/json-patch+json"])
def test_another_type_is_refused(media_type: str) -> None:
    with pytest.raises(ApiError) as caught:
        json_body(request_of(event(body="{}", headers={"Content-Type": media_type})))
    assert (caught.value.code, caught.value.status) == ("unsupported_media_type", 415)


def test_a_body_has_a_largest_size() -> None:
    assert len(json_body(request_of(event(body="x" * LARGEST_BODY)))) == LARGEST_BODY
    with pytest.raises(ApiError) as caught:
        json_body(request_of(event(body="x" * (LARGEST_BODY + 1))))
    assert (caught.value.code, caught.value.status) == ("payload_too_large", 413)


# --- out -------------------------------------------------------------------------------------------


def test_an_answer_is_json() -> None:
    answer = http_door(lambda _: json_response(202, {"name": "é"}, {"Location": "/x"}))(event(), None)
    assert answer == {
        "statusCode": 202,
        "headers": {"Content-Type": "application/json", "Location": "/x"},
        "body": '{"name":"é"}',
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_refusal_is_a_problem(code: str) -> None:
    error = ApiError(
        code,
        "What happened.",
        errors=[FieldError("site.plan", "missing", "Missing.")],
        headers={"Allow": "GET"},
    )
    answer = answer_to(error)
    status, title = CATALOGUE[code]
    problem = json.loads(answer["body"])
    assert answer["statusCode"] == status == problem["status"]
    scheme = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    assert answer["headers"] == {"Content-Type": "application/problem+json", "Allow": "GET", **scheme}
    assert problem == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": "What happened.",
        "request_id": "req-1",
        "errors": [{"field": "site.plan", "code": "missing", "message": "Missing."}],
    }
    Problem.model_validate_json(answer["body"])


def test_a_refusal_without_words_has_its_title() -> None:
    problem = json.loads(answer_to(ApiError("not_found"))["body"])
    assert problem["detail"] == "Not found."
    assert "errors" not in problem


def test_extra_members_of_a_problem() -> None:
    error = ApiError("price_changed", extra={"total_cents": 1300, "currency": "usd"})
    problem = json.loads(answer_to(error)["body"])
    assert (problem["total_cents"], problem["currency"]) == (1300, "usd")


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (UnavailableError("rate_limit"), 503, "temporarily_unavailable", "2"),
        (OutcomeUnknownError("timeout"), 503, "temporarily_unavailable", "2"),
        (MisconfiguredError("payments_denied"), 503, "temporarily_unavailable", "60"),
        (RefusedError("invalid_request"), 500, "internal_error", None),
        (DeclinedError("stolen_card", recoverable=False), 500, "internal_error", None),
        (KeyError(SECRET), 500, "internal_error", None),
        (RuntimeError(SECRET), 500, "internal_error", None),
    ],
)
def test_any_other_error_tells_nothing_of_the_inside(
    logged: Lines, error: Exception, status: int, code: str, retry_after: str | None
) -> None:
    answer = answer_to(error)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["code"]) == (status, code)
    assert answer["headers"].get("Retry-After") == retry_after
    assert "Idempotency-Key" not in answer["body"]
    assert "errors" not in problem
    for text in (SECRET, "payments", "rate_limit", "stolen", "Traceback", "Error("):
        assert text not in answer["body"]
    (line,) = logged()
    assert SECRET not in json.dumps(line)
    assert line["request_id"] == "req-1"


def test_a_door_that_takes_a_key_tells_to_repeat_under_it() -> None:
    def handle(_: Request) -> Response:
        raise OutcomeUnknownError("timeout")

    answers = [http_door(handle)(event(), None), http_door(handle, again=AGAIN)(event("POST"), None)]
    told = [json.loads(answer["body"])["detail"] for answer in answers]
    assert told == ["Try again.", "Try again with the same Idempotency-Key."]


def test_an_unexpected_error_is_logged_by_type_and_place(logged: Lines) -> None:
    answer_to(RuntimeError(SECRET))
    (line,) = logged()
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "unexpected_error", "RuntimeError")
    assert any("test_http.py" in place for place in line["at"])


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        answer_to(KeyboardInterrupt())


# --- polls -------------------------------------------------------------------------------------------


def poll(if_none_match: str | None, *, terminal: bool = False) -> Response:
    headers = {} if if_none_match is None else {"If-None-Match": if_none_match}
    view = StoredView(body='{"a":1}', version=7, terminal=terminal)
    return view_response(request_of(event(headers=headers)), view)


def test_a_poll_says_when_to_come_back() -> None:
    moving, ended = poll(None), poll(None, terminal=True)
    assert (moving.status, moving.body) == (ended.status, ended.body) == (200, '{"a":1}')
    assert moving.headers == {"ETag": '"7"', "Cache-Control": "private, no-cache", "Retry-After": "2"}
    assert "Retry-After" not in ended.headers


@pytest.mark.parametrize("tags", ['"7"', 'W/"7"', '"6", "7"', '"6",W/"7"', "*", ' "7" '])
def test_a_client_that_has_it_gets_nothing(tags: str) -> None:
    answer = poll(tags)
    assert (answer.status, answer.body) == (304, "")
    assert answer.headers["ETag"] == '"7"'
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("tags", ["", '"6"', "7", '"77"', 'W/"6", "8"', '"7'])
def test_a_client_that_has_another_gets_it(tags: str) -> None:
    assert poll(tags).status == 200


def test_a_poll_may_be_answered_with_a_joined_body() -> None:
    view = StoredView(body="stored", version=1, terminal=True)
    assert view_response(request_of(event()), view, body=lambda: "joined").body == "joined"


def test_an_unknown_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        ApiError("no_such_code")
