"""What a list's query may say, and what is refused with the parameter's name."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from hostcart.contract.errors import ApiError
from hostcart.contract.statuses import SaleStatus
from hostcart.domain.sales_filter import OrdersWanted, SalesFilter
from hostcart.entry.registrar_query import link, orders_wanted, whole_number


def test_nothing_said_is_the_first_thousand_oldest_first_and_all_of_them() -> None:
    assert orders_wanted({}) == OrdersWanted(page=1, per_page=1000, newest_first=False, filter=SalesFilter())
    assert orders_wanted({"sort": "x", "PAGE": "9"}) == orders_wanted({})  # not ours: passed over


def test_everything_said() -> None:
    query = {
        "page": "3",
        "perPage": "20",
        "dir": "desc",
        "domainName": "*Example.COM",
        "tld": ".CO.UK",
        "createDateStart": "2026-11-01",
        "createDateEnd": "2026-11-30",
        "orderStatus": "failed",
    }
    assert orders_wanted(query) == OrdersWanted(
        page=3,
        per_page=20,
        newest_first=True,
        filter=SalesFilter(
            name="*example.com",
            tld="co.uk",
            since=datetime(2026, 11, 1, tzinfo=UTC),
            until=datetime(2026, 12, 1, tzinfo=UTC),
            status=SaleStatus.FAILED,
        ),
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.com", "example.com"),
        ("example.com.", "example.com"),
        ("BÜCHER.com", "xn--bcher-kva.com"),
        ("bücher.pl.", "xn--bcher-kva.pl"),  # not sold, at least not now
        ("*cher-kva.com", "*cher-kva.com"),
        ("*.com", "*.com"),
        ("*", "*"),
    ],
)
def test_a_domain_s_name_is_compared_as_an_a_label(text: str, name: str) -> None:
    assert orders_wanted({"domainName": text}).filter.name == name


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-11-21T17:30:00Z", "2026-11-21T17:30:00", "2026-11-21T17:30:01"),
        ("2026-11-21T18:30:00+01:00", "2026-11-21T17:30:00", "2026-11-21T17:30:01"),
        ("2026-11-21T17:30:00", "2026-11-21T17:30:00", "2026-11-21T17:30:01"),
        ("2026-11-21T17:30", "2026-11-21T17:30:00", "2026-11-21T17:30:01"),
        ("2026-11-21t12:30-05:00", "2026-11-21T17:30:00", "2026-11-21T17:30:01"),
        ("2026-11-21", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
    ],
)
def test_both_ends_of_a_time_are_wanted(text: str, since: str, until: str) -> None:
    wanted = orders_wanted({"createDateStart": text, "createDateEnd": text}).filter
    assert wanted.since == datetime.fromisoformat(f"{since}+00:00")
    assert wanted.until == datetime.fromisoformat(f"{until}+00:00")


def test_orders_of_the_last_second_are_wanted_and_none_later() -> None:
    wanted = orders_wanted({"createDateEnd": "2026-11-21T17:30:00.9Z"}).filter
    assert wanted.until == datetime(2026, 11, 21, 17, 30, 1, tzinfo=UTC)


WRONG = [
    *(("page", text) for text in ("", "0", "-1", "1.5", "x", "2147483648", "9" * 30, "²", "1 ")),
    *(("perPage", text) for text in ("", "0", "1001", "all")),
    *(("dir", text) for text in ("", "ASC", "down")),
    *(("domainName", text) for text in ("", "a b", "a*b", "**", "x" * 300, "..é", "*bücher.com", "é" * 100)),
    *(("tld", text) for text in ("", "*", "a b", "x" * 80)),
    *(("createDateStart", text) for text in ("", "yesterday", "2026-02-30", "2026-11-21T25:00:00Z")),
    *(("createDateEnd", text) for text in ("20261121", "2026-W47-6", "2026-11-21T1730", "2026-11-21Z")),
    *(("createDateEnd", text) for text in ("x", "9999-12-31", "9999-12-31T23:59:59-12:00")),
    *(("orderStatus", text) for text in ("", "SUCCESS", "done")),
]


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_parameter_is_named(name: str, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        orders_wanted({name: text})
    assert (caught.value.status, caught.value.errors[0].field) == (400, name)
    assert caught.value.detail.startswith(f"{name} must be ")


@pytest.mark.parametrize("text", ["", "0", "x", "-1", "2147483648", "uuid-1"])
def test_an_order_s_id_is_an_int32(text: str) -> None:
    with pytest.raises(ApiError, match="validation_failed"):
        whole_number(text, "orderId", 2**31 - 1)
    assert whole_number("2147483647", "orderId", 2**31 - 1) == 2**31 - 1


def test_links_keep_what_was_asked_for() -> None:
    query = {"perPage": "2", "page": "4", "domainName": "*b&c=d.com", "sort": "x"}
    header = link(query, 4, 9)["Link"]
    relations = {}
    for part in header.split(", "):
        reference, _, relation = part.partition("; ")
        relations[relation] = parse_qs(reference.strip("<>").removeprefix("?"))
    kept = {"perPage": ["2"], "domainName": ["*b&c=d.com"]}
    assert relations == {
        'rel="next"': {**kept, "page": ["5"]},
        'rel="last"': {**kept, "page": ["9"]},
    }


def test_links_are_absolute_where_the_address_is_known() -> None:
    url = "https://api.example/prod/v4/orders"
    assert link({}, 1, 3, url)["Link"] == f'<{url}?page=2>; rel="next", <{url}?page=3>; rel="last"'
