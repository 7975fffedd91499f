"""Turns the built SAM template into what the engine deploys.

Every function becomes a `provided.al2023` function whose package is only a bootstrap: it runs AWS's own
runtime client out of the build folder. So nothing is copied, and exceptions reach the state machine under
their Python names (the engine's native Python runtime reports one name for all).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.engine import cloudformation_yaml
from local.engine.processes import REGION

FUNCTION, LAYER = "AWS::Serverless::Function", "AWS::Serverless::LayerVersion"
MACHINE, API, TABLE = "AWS::Serverless::StateMachine", "AWS::Serverless::Api", "AWS::DynamoDB::Table"

ALARM = "AWS::CloudWatch::Alarm"


@dataclass(frozen=True)
class Function:
    """Where one function's code lies: its folder, its layers' `python` folders, its handler."""

    logical_id: str
    code: Path
    layers: tuple[Path, ...]
    handler: str


@dataclass(frozen=True)
class Translated:
    """A CloudFormation template, and what CloudFormation does not say."""

    template: dict[str, Any]
    gateway_responses: dict[str, dict[str, Any]]
    time_to_live: dict[str, str]
    """Attribute name by the table's logical id."""
    parameters: dict[str, str] = field(default_factory=dict)


def functions(template_path: Path, staged: Path | None = None) -> dict[str, Function]:
    """The template's functions by logical id, with their code below `staged` when that is given."""
    template = cloudformation_yaml.load(template_path)
    folders = _Folders(template_path.parent, staged)
    return {
        logical_id: _function(template, logical_id, folders)
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
    }


def translate(
    template_path: Path,
    parameters: Mapping[str, str],
    environment: Mapping[str, str],
    packages: Mapping[str, str],
) -> Translated:
    """Translate the template at `template_path`.

    Args:
        parameters: values; those that the template does not declare are left out.
        environment: variables added to every function.
        packages: `s3://` address of each function's bootstrap, by logical id; under `""` an empty layer's.
    """
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # samtranslator asks boto3 for the partition
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = cloudformation_yaml.load(template_path)
    given = _parameter_values(template, parameters)
    template["Resources"] = {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if not _sums_metrics(resource)
    }
    for logical_id, resource in template["Resources"].items():
        properties = resource.setdefault("Properties", {})
        match resource["Type"]:
            case str(kind) if kind == FUNCTION:
                _as_bootstrap(properties, environment, packages[logical_id])
            case str(kind) if kind == LAYER:
                properties["ContentUri"] = packages[""]
                resource.pop("Metadata", None)
            case str(kind) if kind == MACHINE:
                _inline_definition(properties, given, template_path.parent)
            case str(kind) if kind == API and isinstance(properties.get("DefinitionUri"), str):
                uri = properties.pop("DefinitionUri")
                properties["DefinitionBody"] = cloudformation_yaml.load(template_path.parent / uri)
    template.get("Globals", {}).get("Function", {}).pop("Layers", None)
    translated: dict[str, Any] = Translator({}, Parser()).translate(template, dict(given))
    translated.pop("Transform", None)
    return Translated(
        template=translated,
        gateway_responses=_gateway_responses(translated),
        time_to_live=_time_to_live(translated),
        parameters={
            name: value for name, value in parameters.items() if name in template.get("Parameters", {})
        },
    )


@dataclass(frozen=True)
class _Folders:
    """Where the template's relative folders lie: below the build, or in the copy of it that runs."""

    build: Path
    staged: Path | None

    def find(self, relative: str) -> Path:
        folder = (self.build / relative).resolve()
        if self.staged is not None and folder.is_relative_to(self.build.resolve()):
            return self.staged / folder.relative_to(self.build.resolve())
        return folder


def _sums_metrics(resource: Mapping[str, Any]) -> bool:
    """Whether this is an alarm on an expression of metrics, which the engine refuses to create."""
    return resource["Type"] == ALARM and "Metrics" in resource.get("Properties", {})


def _function(template: Mapping[str, Any], logical_id: str, folders: _Folders) -> Function:
    properties = template["Resources"][logical_id]["Properties"]
    common = template.get("Globals", {}).get("Function", {})
    references = [*common.get("Layers", []), *properties.get("Layers", [])]
    layers = [
        template["Resources"][ref["Ref"]] for ref in references if isinstance(ref, dict) and "Ref" in ref
    ]
    return Function(
        logical_id=logical_id,
        code=folders.find(properties.get("CodeUri", common.get("CodeUri", "."))),
        layers=tuple(folders.find(layer["Properties"]["ContentUri"]) / "python" for layer in layers),
        handler=properties.get("Handler", common.get("Handler")),
    )


def _as_bootstrap(properties: dict[str, Any], environment: Mapping[str, str], package: str) -> None:
    properties["Runtime"] = "provided.al2023"
    properties["CodeUri"] = package
    properties.pop("Layers", None)
    variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
    variables.update(environment)


def _inline_definition(properties: dict[str, Any], given: Mapping[str, str], base: Path) -> None:
    """Put the definition into the template, as CloudFormation reads it: substitution happens in the text.

    Values known now are filled in before the YAML is read, so that a number stays a number; the others are
    left to CloudFormation.
    """
    if not isinstance(properties.get("DefinitionUri"), str):
        return
    text = (base / properties.pop("DefinitionUri")).read_text()
    later: dict[str, Any] = {}
    for name, value in properties.pop("DefinitionSubstitutions", {}).items():
        known = given.get(value.get("Ref", "")) if isinstance(value, dict) else str(value)
        if known is None:
            later[name] = value
        else:
            text = text.replace(f"${{{name}}}", known)
    properties["Definition"] = yaml.safe_load(text)
    if later:
        properties["DefinitionSubstitutions"] = later


def _parameter_values(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    declared = template.get("Parameters", {})
    defaults = {name: str(spec["Default"]) for name, spec in declared.items() if "Default" in spec}
    return defaults | {name: value for name, value in parameters.items() if name in declared}


def _gateway_responses(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            found |= resource["Properties"].get("Body", {}).get("x-amazon-apigateway-gateway-responses", {})
    return found


def _time_to_live(template: Mapping[str, Any]) -> dict[str, str]:
    specs = {
        logical_id: resource["Properties"].get("TimeToLiveSpecification", {})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == TABLE
    }
    return {logical_id: spec["AttributeName"] for logical_id, spec in specs.items() if spec.get("Enabled")}
