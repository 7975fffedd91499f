import re

import pytest
from hostcart.contract.errors import ApiError
from hostcart.entry.pagination import Page, page_headers, page_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, Page(number=1, size=50)),
        ({"page": "3"}, Page(number=3, size=50)),
        ({"per_page": "100"}, Page(number=1, size=100)),
        ({"page": "1000000000", "per_page": "1", "other": "x"}, Page(number=10**9, size=1)),
    ],
)
def test_pages(query: dict[str, str], page: Page) -> None:
    assert page_of(query) == page


BAD = ["0", "-1", "", " 1", "1 ", "1.0", "1e3", "+1", "abc", "1_0", "99999999999", "1" * 5000, "\u0661", "½"]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("name", ["page", "per_page"])
def test_what_is_no_page(name: str, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        page_of({name: text})
    assert (caught.value.code, caught.value.status) == ("invalid_pagination", 400)
    assert [(error.field, error.code) for error in caught.value.errors] == [(name, "out_of_range")]


def test_a_page_has_a_hundred_at_the_most() -> None:
    with pytest.raises(ApiError, match="invalid_pagination"):
        page_of({"per_page": "101"})


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_raises_anything_else(page: str, per_page: str) -> None:
    found = _outcome({"page": page, "per_page": per_page})
    if isinstance(found, Page):
        assert 1 <= found.number <= 10**9
        assert 1 <= found.size <= 100
    else:
        assert found == "invalid_pagination"


def _outcome(query: dict[str, str]) -> Page | str:
    try:
        return page_of(query)
    except ApiError as error:
        return error.code


_URL = "https://api.example/prod/api/orders"


def links(number: int, size: int, total: int) -> dict[str, int]:
    header = page_headers(_URL, Page(number=number, size=size), total)["Link"]
    found = re.findall(rf'<({_URL})\?page=(\d+)&per_page=(\d+)>; rel="(\w+)"', header)
    assert len(found) == header.count("rel=")
    assert {per_page for _, _, per_page, _ in found} == {str(size)}
    return {relation: int(page) for _, page, _, relation in found}


@pytest.mark.parametrize(
    ("number", "total", "expected"),
    [
        (1, 0, {"first": 1, "last": 1}),
        (1, 50, {"first": 1, "last": 1}),
        (1, 51, {"first": 1, "last": 2, "next": 2}),
        (2, 120, {"first": 1, "last": 3, "prev": 1, "next": 3}),
        (3, 120, {"first": 1, "last": 3, "prev": 2}),
        (9, 120, {"first": 1, "last": 3, "prev": 3}),
    ],
)
def test_links(number: int, total: int, expected: dict[str, int]) -> None:
    assert links(number, 50, total) == expected


@given(st.integers(1, 40), st.integers(1, 100), st.integers(0, 3000))
def test_following_next_reaches_the_last(number: int, size: int, total: int) -> None:
    found = links(number, size, total)
    assert (found["last"] - 1) * size < max(total, 1) <= found["last"] * size
    if "next" in found:
        assert found["next"] == number + 1 <= found["last"]
    else:
        assert number >= found["last"]


def test_the_total_is_told() -> None:
    assert page_headers("", Page(number=1, size=50), 10_000)["X-Total-Count"] == "10000"


def test_links_of_an_address_that_is_not_known_are_relative_to_it() -> None:
    header = page_headers("", Page(number=1, size=50), 1)["Link"]
    assert header == '<?page=1&per_page=50>; rel="first", <?page=1&per_page=50>; rel="last"'
