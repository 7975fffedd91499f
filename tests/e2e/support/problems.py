"""What every refusal looks like."""

from typing import Any

import httpx
from hostcart.contract.errors import CATALOGUE
from hostcart.contract.responses import Problem

type Json = dict[str, Any]


def refused(answer: httpx.Response, code: str) -> Json:
    """The problem, when the answer is the catalogue's refusal of this code in every detail."""
    status, title = CATALOGUE[code]
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        f"{answer.status_code} {answer.text}"
    )
    problem = Problem.model_validate_json(answer.text)
    assert (problem.code, problem.status, problem.title) == (code, status, title), answer.text
    assert problem.request_id
    assert problem.detail
    body: Json = answer.json()
    return body
