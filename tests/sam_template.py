"""Reads template.yaml for tests: what a function is given, what its role allows, which routes lead to it."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from local.engine import cloudformation_yaml

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
DEFINITION = ROOT / "statemachine" / "fulfil_order.asl.yaml"
REGION = "eu-central-1"
ACCOUNT = "123456789012"

FUNCTION, MACHINE, API = (
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
    "AWS::Serverless::Api",
)
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "hostcart",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}

type Json = dict[str, Any]


@dataclass(frozen=True)
class Grant:
    """One action on one resource; both as the policy writes them, references resolved."""

    action: str
    resource: str


class Template:
    """The template with values for its parameters (defaults where none is given) and physical ids.

    `physical` maps logical ids to (Ref, Arn); resources that are not in it get ids made from their names.
    """

    def __init__(
        self,
        parameters: Mapping[str, str] | None = None,
        physical: Mapping[str, tuple[str, str]] | None = None,
        document: Json | None = None,
    ) -> None:
        self.document: Json = document or copy.deepcopy(_document())
        self._given = dict(parameters or {})
        self._physical = dict(physical or {})

    def changed(
        self,
        parameters: Mapping[str, str] | None = None,
        physical: Mapping[str, tuple[str, str]] | None = None,
    ) -> "Template":
        """The same template with other values on top of these."""
        return Template(
            {**self._given, **(parameters or {})}, {**self._physical, **(physical or {})}, self.document
        )

    @property
    def resources(self) -> Json:
        found: Json = self.document["Resources"]
        return found

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Values by name; a parameter without default or given value gets a stand-in that fits."""
        return {name: self._parameter(name, spec) for name, spec in self.document["Parameters"].items()}

    def _parameter(self, name: str, spec: Json) -> str:
        if name in self._given:
            return self._given[name]
        if "Default" in spec:
            return str(spec["Default"])
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"
        return arn if name.endswith("Arn") else f"https://{name.lower()}.example"

    def of_type(self, kind: str) -> dict[str, Json]:
        """The resources of a type by logical id."""
        return {name: entry for name, entry in self.resources.items() if entry["Type"] == kind}

    @property
    def functions(self) -> dict[str, Json]:
        """Each function's own properties by logical id."""
        return {name: entry["Properties"] for name, entry in self.of_type(FUNCTION).items()}

    @property
    def common(self) -> Json:
        """What all functions share."""
        found: Json = self.document["Globals"]["Function"]
        return found

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function, resolved."""
        variables = {
            **self.common["Environment"]["Variables"],
            **self.functions[function].get("Environment", {}).get("Variables", {}),
        }
        return {name: str(self.resolve(value)) for name, value in variables.items()}

    def timeout(self, function: str) -> int:
        """Seconds after which Lambda kills the function."""
        own = self.functions[function]
        return int(own["Timeout"] if "Timeout" in own else self.common["Timeout"])

    def statements(self, logical_id: str) -> list[Json]:
        """The inline policy statements of a function or state machine, unresolved."""
        policies = self.resources[logical_id]["Properties"].get("Policies", [])
        return [statement for policy in policies for statement in policy["Statement"]]

    def grants(self, logical_id: str) -> set[Grant]:
        """Every action on every resource that the role of a function or state machine names."""
        return {
            Grant(action, str(self.resolve(resource)))
            for statement in self.statements(logical_id)
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }

    def routes(self) -> Iterator[tuple[str, str, str, Json]]:
        """(function, method, path, event properties) of every API event."""
        for name, properties in self.functions.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == "Api":
                    yield (
                        name,
                        event["Properties"]["Method"],
                        event["Properties"]["Path"],
                        event["Properties"],
                    )

    def substitutions(self) -> dict[str, str]:
        """The state machine's substitutions, resolved."""
        (machine,) = self.of_type(MACHINE).values()
        given = machine["Properties"]["DefinitionSubstitutions"]
        return {name: str(self.resolve(value)) for name, value in given.items()}

    def definition(self) -> Json:
        """The state machine with its substitutions made in the text, as CloudFormation makes them."""
        return copy.deepcopy(_substituted(DEFINITION.read_text(), tuple(self.substitutions().items())))

    def resolve(self, value: Any) -> Any:
        """The value with Ref, Fn::GetAtt and Fn::Sub replaced."""
        match value:
            case {"Ref": name}:
                return self._reference(name)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return self._physical_of(name)[1]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._embedded(found[1])), text)
            case list():
                return [self.resolve(entry) for entry in value]
            case dict():
                return {key: self.resolve(entry) for key, entry in value.items()}
        return value

    def _embedded(self, name: str) -> Any:
        target, _, attribute = name.partition(".")
        return self.resolve({"Fn::GetAtt": [target, attribute]} if attribute else {"Ref": name})

    def _reference(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        return self.parameters[name] if name in self.parameters else self._physical_of(name)[0]

    def _physical_of(self, name: str) -> tuple[str, str]:
        if name not in self.resources:
            raise KeyError(f"the template has no resource {name}")
        if name in self._physical:
            return self._physical[name]
        if self.resources[name]["Type"] == FUNCTION:
            return name, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        return name, f"arn:aws:example:{REGION}:{ACCOUNT}:{name}"


@cache
def _document() -> Json:
    return cloudformation_yaml.load(TEMPLATE)


@cache
def _substituted(text: str, values: tuple[tuple[str, str], ...]) -> Json:
    return substituted(text, dict(values))


def substituted(text: str, values: Mapping[str, str]) -> Json:
    """A definition's text with `${name}` replaced, read as YAML."""
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    definition: Json = yaml.safe_load(text)
    return definition


def folder_of(function: str) -> str:
    """`ChargePaymentFunction` -> `charge_payment`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def listed(value: Any) -> list[Any]:
    """A policy's value as a list."""
    return value if isinstance(value, list) else [value]
