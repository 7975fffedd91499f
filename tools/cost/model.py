"""The cost of an order by service. Everything that can be counted is counted by `make bench`."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.cost.stack import ROOT, memory_sizes

MEASURED: Final = ROOT / "docs" / "cost" / "measured.json"
FULL_CORE_MB: Final = 1769
"""The memory size that buys one whole virtual processor."""
MILLION: Final = 1_000_000
MONTH_HOURS: Final = 730
MONTH_SECONDS: Final = MONTH_HOURS * 3600

type Json = dict[str, Any]


@dataclass(frozen=True)
class Function:
    """One function's part in an order: how often it runs, on how much memory."""

    name: str
    times: float
    memory_mb: int


@dataclass(frozen=True)
class Model:
    """Prices, assumptions, what was measured, and each function's memory size by its name."""

    prices: Mapping[str, float]
    assumed: Json
    measured: Json
    memory_mb: Mapping[str, int]
    architecture: str = "x86_64"
    monthly_prices: Mapping[str, float] = field(default_factory=dict)

    def cost(self, kind: str, polls: float, orders: float = MILLION) -> dict[str, float]:
        """US dollars by service for one straight order of this kind with so many polls, first of its cart,
        then of the order. It is one of `orders` in a month: the fewer, the more of it is traced."""
        functions = self.functions(kind, polls)
        calls = sum(function.times for function in functions)
        webhooks = self.assumed["webhooks_per_order"]
        requests = 1 + polls + webhooks
        counted = self.measured["dynamodb"]
        steps = counted[kind].values()
        reads = (
            sum(step["read"] for step in steps)
            + polls * counted["polls"][kind]["read"]
            + self.assumed["authorizer_calls_per_order"] * counted["authorizer"]["read"]
            + webhooks * counted["webhook"]["read"]
        )
        writes = sum(step["write"] for step in steps) + webhooks * counted["webhook"]["write"]
        price = self.prices
        return {
            "Step Functions": self.measured["executions"][kind]["transitions"]
            * price["step_functions_transition"],
            "Lambda": self.lambda_dollars(functions),
            "API Gateway": requests * price["api_request"],
            "DynamoDB": writes * price["dynamodb_write_unit"] + reads * price["dynamodb_read_unit"],
            "KMS": self.kms_requests(kind, polls) * price["kms_request"],
            "CloudWatch Logs": calls * self.assumed["log_bytes"] / 1e9 * price["log_gb"],
            "X-Ray": (requests + 1) * self.traced((requests + 1) * orders) * price["xray_trace"],
        }

    def traced(self, requests: float) -> float:
        """The share of so many requests a month that X-Ray's default rule traces: the first of each second,
        and a few in a hundred of all others. They come at random times, evenly over the month."""
        rate = requests / MONTH_SECONDS
        if rate == 0:
            return 1.0
        first = -math.expm1(-rate)  # the seconds with a request in them
        return float(first + self.assumed["xray_share_beyond"] * (rate - first)) / rate

    def kms_requests(self, kind: str, polls: float) -> float:
        """Those of the order's steps, and one for each poll that opens a delivered site's password."""
        steps = float(self.assumed["kms_requests"][kind])
        if kind != "site":
            return steps
        return steps + min(self.order_polls(polls), float(self.assumed["polls_of_a_delivered_order"]))

    def order_polls(self, polls: float) -> float:
        """How many of the polls are of the order, no longer of its cart."""
        return float(polls * self.assumed["order_poll_share"])

    def lambda_dollars(self, functions: Iterable[Function]) -> float:
        """Requests and memory-time."""
        price = self.prices
        return sum(
            function.times * price["lambda_request"]
            + self.gb_seconds(function) * price[f"lambda_gb_second_{self.architecture}"]
            for function in functions
        )

    def functions(self, kind: str, polls: float) -> list[Function]:
        """All functions that run for one order."""
        times: dict[str, float] = {
            "authenticate": self.assumed["authorizer_calls_per_order"],
            f"order_{kind}": 1,
            "get_cart": polls - self.order_polls(polls),
            "get_order": self.order_polls(polls),
            "receive_stripe_webhook": self.assumed["webhooks_per_order"],
            **{
                snake(name): count for name, count in self.measured["executions"][kind]["invocations"].items()
            },
        }
        return [Function(name, count, self.memory(name)) for name, count in times.items()]

    def memory(self, name: str) -> int:
        """The memory size of a function, in MB."""
        return self.memory_mb[name]

    def duration_ms(self, name: str, memory_mb: int) -> float:
        """A warm run: waiting takes its time, computing takes longer on less of a processor."""
        return float(self.assumed["waits_ms"][name] + self.cpu_ms(name) * max(1.0, FULL_CORE_MB / memory_mb))

    def cpu_ms(self, name: str) -> float:
        """Processor time of one warm run."""
        warm = self.measured["warm"]
        if name in {"authenticate", "get_cart", "get_order", "list_orders"}:
            return float(warm["poll"]["ours_ms"])
        if name.startswith("order_"):
            return float(warm["post"]["ours_ms"])
        return float(self.assumed["cpu_ms"].get(name, self.assumed["task_cpu_ms"]))

    def peak_mb(self, name: str) -> float:
        """The largest memory: of the import as measured, or of a request where that was seen to need more."""
        imported = float(self.measured["cold_start"]["functions"][name]["peak_mb"])
        return max(imported, float(self.assumed["request_peak_mb"].get(name, 0)))

    def gb_seconds(self, function: Function) -> float:
        """Billed memory-time of all runs, cold starts included: these have a whole processor."""
        cold_ms = (
            self.assumed["cold_share"] * self.measured["cold_start"]["functions"][function.name]["cpu_ms"]
        )
        seconds = (self.duration_ms(function.name, function.memory_mb) + cold_ms) / 1000
        return float(function.times * seconds * function.memory_mb / 1024)


def missing() -> list[str]:
    """The parts of a bench that was cut off before it measured them."""
    parts = ("cold_start", "warm", "dynamodb", "executions")
    measured = json.loads(MEASURED.read_text())
    return [part for part in parts if part not in measured]


def load(measured: Json | None = None, memory_mb: Mapping[str, int] | None = None, **changes: Any) -> Model:
    """The model from the files of this repository; `measured` in place of the last bench's, `memory_mb` in
    place of the template's sizes."""
    here = Path(__file__).parent
    prices = json.loads((here / "prices.json").read_text())
    return Model(
        prices=prices["prices"],
        monthly_prices=prices["monthly"],
        assumed=json.loads((here / "assumptions.json").read_text()),
        measured=json.loads(MEASURED.read_text()) if measured is None else measured,
        memory_mb={**memory_sizes(), **(memory_mb or {})},
        **changes,
    )


def snake(name: str) -> str:
    """`ChargePayment` -> `charge_payment`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
