"""DynamoDB's expressions, compiled to functions over items; as far as they are used, else UnsupportedError."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

type Item = dict[str, Any]
type Test = Callable[[Item, Mapping[str, str], Item], bool]
type Operand = Callable[[Item, Mapping[str, str], Item], Any]

_TOKENS: Final = re.compile(r"\s*(<=|>=|<>|[=<>(),+-]|[#:]?\w+)")


class UnsupportedError(Exception):
    """An expression that this stand-in does not know."""


def plain(value: Any) -> Any:
    """An attribute value as something that compares: numbers as numbers."""
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    return content


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _split(text)
        self.at = 0

    @property
    def token(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.token
        if wanted and token.upper() not in wanted:
            raise UnsupportedError(f"{token!r} instead of {wanted}")
        self.at += 1
        return token

    def either(self) -> Test:
        left = self.both()
        while self.token.upper() == "OR":
            self.take()
            left = _or(left, self.both())
        return left

    def both(self) -> Test:
        left = self.one()
        while self.token.upper() == "AND":
            self.take()
            left = _and(left, self.one())
        return left

    def one(self) -> Test:
        word = self.token.upper()
        if word == "NOT":
            self.take()
            inner = self.one()
            return lambda item, names, values: not inner(item, names, values)
        if word == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if word in _FUNCTIONS:
            return self.function(self.take().upper())
        return self.comparison()

    def function(self, name: str) -> Test:
        self.take("(")
        path = self.operand()
        arguments = []
        while self.token == ",":
            self.take()
            arguments.append(self.operand())
        self.take(")")
        check = _FUNCTIONS[name]
        return lambda item, names, values: check(
            path(item, names, values), *(argument(item, names, values) for argument in arguments)
        )

    def comparison(self) -> Test:
        left = self.operand()
        word = self.take().upper()
        if word == "BETWEEN":
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda i, n, v: (
                left(i, n, v) is not None
                and plain(low(i, n, v)) <= plain(left(i, n, v)) <= plain(high(i, n, v))
            )
        if word == "IN":
            self.take("(")
            choices = [self.operand()]
            while self.token == ",":
                self.take()
                choices.append(self.operand())
            self.take(")")
            return lambda i, n, v: left(i, n, v) in [choice(i, n, v) for choice in choices]
        if word not in _COMPARISONS:
            raise UnsupportedError(word)
        right, compare = self.operand(), _COMPARISONS[word]
        return lambda i, n, v: (
            left(i, n, v) is not None
            and right(i, n, v) is not None
            and compare(plain(left(i, n, v)), plain(right(i, n, v)))
        )

    def operand(self) -> Operand:
        token = self.take()
        if token.startswith(":"):
            return lambda _item, _names, values: values[token]
        if token == "if_not_exists":
            self.take("(")
            path = self.operand()
            self.take(",")
            other = self.operand()
            self.take(")")
            return lambda i, n, v: path(i, n, v) if path(i, n, v) is not None else other(i, n, v)
        if token.startswith("#"):
            return lambda item, names, _values: item.get(names[token])
        return lambda item, _names, _values: item.get(token)

    def name(self) -> str:
        return self.take()


def _split(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKENS.match(text, at)
        if found is None:
            raise UnsupportedError(text[at:])
        tokens.append(found[1])
        at = found.end()
    return tokens


def _or(left: Test, right: Test) -> Test:
    return lambda i, n, v: left(i, n, v) or right(i, n, v)


def _and(left: Test, right: Test) -> Test:
    return lambda i, n, v: left(i, n, v) and right(i, n, v)


_FUNCTIONS: Final[dict[str, Callable[..., bool]]] = {
    "ATTRIBUTE_EXISTS": lambda value: value is not None,
    "ATTRIBUTE_NOT_EXISTS": lambda value: value is None,
    "BEGINS_WITH": lambda value, start: value is not None and plain(value).startswith(plain(start)),
    "CONTAINS": lambda value, part: value is not None and plain(part) in plain(value),
}
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@lru_cache(maxsize=4096)
def condition(text: str) -> Test:
    """A condition, key condition or filter expression."""
    parser = _Parser(text)
    test = parser.either()
    if parser.token:
        raise UnsupportedError(parser.token)
    return test


type Change = Callable[[Item, Item, Mapping[str, str], Item], None]
"""(item before, item to change, names, values)"""


@lru_cache(maxsize=4096)
def update(text: str) -> tuple[Change, ...]:
    """An update expression as its changes; every operand sees the item as it was before."""
    parser, changes = _Parser(text), []
    section = ""
    while parser.token:
        if parser.token.upper() in {"SET", "REMOVE", "ADD"}:
            section = parser.take().upper()
        elif parser.token == ",":
            parser.take()
        else:
            changes.append(_change(section, parser))
    return tuple(changes)


def _change(section: str, parser: _Parser) -> Change:
    target = parser.name()
    if section == "REMOVE":
        return lambda _before, item, names, _values: item.pop(_named(target, names), None)
    if section == "ADD":
        step = parser.operand()

        def add(before: Item, item: Item, names: Mapping[str, str], values: Item) -> None:
            present = before.get(_named(target, names), {"N": "0"})
            item[_named(target, names)] = _sum(present, step(before, names, values), 1)

        return add
    if section != "SET":
        raise UnsupportedError(section)
    parser.take("=")
    value = parser.operand()
    if parser.token in {"+", "-"}:
        value = _added(value, 1 if parser.take() == "+" else -1, parser.operand())

    def put(before: Item, item: Item, names: Mapping[str, str], values: Item) -> None:
        item[_named(target, names)] = value(before, names, values)

    return put


def _added(left: Operand, sign: int, right: Operand) -> Operand:
    return lambda i, n, v: _sum(left(i, n, v), right(i, n, v), sign)


def _sum(left: Item, right: Item, sign: int) -> Item:
    return {"N": str(plain(left) + sign * plain(right))}


def _named(name: str, names: Mapping[str, str]) -> str:
    return names[name] if name.startswith("#") else name
